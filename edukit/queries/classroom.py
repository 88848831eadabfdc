"""Classes, as frames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select

from edukit.errors import NotFound
from edukit.models import Class, ClassTeacher, Enrolment, Institution, QuestionAttempt, Topic, User
from edukit.queries.frames import CLASSES

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import ColumnElement, ScalarSelect
    from sqlalchemy.orm import Session


def classes(session: Session) -> pd.DataFrame:
    """Every class that the session may see, by institution and name: columns of ``frames.CLASSES``."""
    query = (
        select(
            Institution.name,
            Class.id,
            Class.name,
            Topic.name,
            _teachers(),
            _enrolled(),
            _given(func.count()),
            _given(func.max(QuestionAttempt.attempted_at)),
        )
        .join(Institution, Institution.id == Class.institution_id)
        .outerjoin(Topic, and_(Topic.institution_id == Class.institution_id, Topic.id == Class.subject_id))
        .order_by(Institution.name, Class.name, Class.id)
    )
    return CLASSES.of(session.execute(query).all())


def _teachers() -> ScalarSelect[str]:
    return (
        select(func.string_agg(User.name, ", "))
        .select_from(ClassTeacher)
        .join(User, and_(User.institution_id == ClassTeacher.institution_id, User.id == ClassTeacher.teacher_id))
        .where(ClassTeacher.institution_id == Class.institution_id, ClassTeacher.class_id == Class.id)
        .scalar_subquery()
    )


def _enrolled() -> ScalarSelect[int]:
    return (
        select(func.count())
        .select_from(Enrolment)
        .where(
            Enrolment.institution_id == Class.institution_id,
            Enrolment.class_id == Class.id,
            Enrolment.left_at.is_(None),
        )
        .scalar_subquery()
    )


def _given(aggregate: ColumnElement[Any]) -> ScalarSelect[Any]:
    """An aggregate over the answers given for the class."""
    return (
        select(aggregate)
        .select_from(QuestionAttempt)
        .where(QuestionAttempt.institution_id == Class.institution_id, QuestionAttempt.class_id == Class.id)
        .scalar_subquery()
    )


def find_class(session: Session, class_: int | str) -> tuple[int, int]:
    """``(institution_id, class_id)`` of a class given by its id or name.

    Raises:
        NotFound: the session sees no such class, or several of that name.
    """
    wanted = Class.id == class_ if isinstance(class_, int) else Class.name == class_
    found = session.execute(select(Class.institution_id, Class.id).where(wanted).order_by(Class.id)).all()
    if not found:
        message = f"There is no class {class_!r} among those you may see; classes() lists them."
        raise NotFound(message)
    if len(found) > 1:
        ids = ", ".join(str(row[1]) for row in found[:5])
        message = f"{len(found)} classes are called {class_!r}: give the id of the one you mean ({ids})."
        raise NotFound(message)
    return found[0][0], found[0][1]
