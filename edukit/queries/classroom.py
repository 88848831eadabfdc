"""Classes, as frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Integer, and_, cast, func, select

from edukit.errors import NotFound
from edukit.models import Class, ClassTeacher, Enrolment, Institution, QuestionAttempt, Topic, User
from edukit.queries.frames import CLASSES

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import ScalarSelect, Subquery
    from sqlalchemy.orm import Session


def classes(session: Session) -> pd.DataFrame:
    """Every class that the session may see, by institution and name: columns of ``frames.CLASSES``."""
    given = _given()
    query = (
        select(
            Institution.name,
            Class.id,
            Class.name,
            Topic.name,
            _teachers(),
            _enrolled(),
            func.coalesce(given.c.attempts, 0),
            func.coalesce(given.c.correct_attempts, 0),
            given.c.last_attempted_at,
        )
        .join(Institution, Institution.id == Class.institution_id)
        .outerjoin(Topic, and_(Topic.institution_id == Class.institution_id, Topic.id == Class.subject_id))
        .outerjoin(given, and_(given.c.institution_id == Class.institution_id, given.c.class_id == Class.id))
        .order_by(Institution.name, Class.name, Class.id)
    )
    return CLASSES.of(session.execute(query).all())


def _given() -> Subquery:
    """The answers given for each class: how many, how many right, and the latest."""
    attempt = QuestionAttempt
    return (
        select(
            attempt.institution_id,
            attempt.class_id,
            func.count().label("attempts"),
            func.sum(cast(attempt.is_correct, Integer)).label("correct_attempts"),
            func.max(attempt.attempted_at).label("last_attempted_at"),
        )
        .where(attempt.class_id.is_not(None))
        .group_by(attempt.institution_id, attempt.class_id)
        .subquery()
    )


def _teachers() -> ScalarSelect[str]:
    # Ordered before it is gathered: SQLite knows no order within an aggregate before 3.44.
    ordered = (
        select(User.name)
        .select_from(ClassTeacher)
        .join(User, and_(User.institution_id == ClassTeacher.institution_id, User.id == ClassTeacher.teacher_id))
        .where(ClassTeacher.institution_id == Class.institution_id, ClassTeacher.class_id == Class.id)
        .order_by(User.name)
        .correlate(Class)
        .subquery()
    )
    return select(func.aggregate_strings(ordered.c.name, ", ")).scalar_subquery()


def _enrolled() -> ScalarSelect[int]:
    return (
        select(func.count())
        .select_from(Enrolment)
        .where(
            Enrolment.institution_id == Class.institution_id,
            Enrolment.class_id == Class.id,
            Enrolment.left_at.is_(None),
        )
        .correlate(Class)
        .scalar_subquery()
    )


def find_class(session: Session, class_: int | str) -> tuple[int, int]:
    """``(institution_id, class_id)`` of a class given by its id or name.

    Raises:
        NotFound: the session sees no such class, or several of that name.
    """
    wanted = Class.name == class_ if isinstance(class_, str) else Class.id == int(class_)
    found = session.execute(select(Class.institution_id, Class.id).where(wanted).order_by(Class.id)).all()
    if not found:
        message = f"There is no class {class_!r} among those you may see; classes() lists them."
        raise NotFound(message)
    if len(found) > 1:
        ids = ", ".join(str(row[1]) for row in found[:5])
        message = f"{len(found)} classes are called {class_!r}: give the id of the one you mean ({ids})."
        raise NotFound(message)
    return found[0][0], found[0][1]
