"""Classes, as frames."""

from __future__ import annotations

import re
from operator import ge, lt
from typing import TYPE_CHECKING, Any
from unicodedata import combining, normalize

from sqlalchemy import and_, func, select

from edukit.errors import NotFound
from edukit.models import Class, ClassTeacher, Enrolment, Institution, QuestionAttempt, Topic, User
from edukit.queries.frames import CLASS_NAMES, CLASSES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    import pandas as pd
    from sqlalchemy import ColumnElement, Subquery
    from sqlalchemy.orm import InstrumentedAttribute, Session

    Key = tuple[int, int]
    """Ids of an institution and of a class of it."""
    Answers = tuple[int, int, datetime | None]
    """Answers, right ones among them, and the latest's moment."""


def by_name(name: str) -> list[tuple[str, int, str]]:
    """What names of classes are sorted by: without accents, and numbers by their size, so that 7B comes before 10A."""
    plain = name.casefold()
    if not plain.isascii():
        plain = "".join(sign for sign in normalize("NFKD", plain) if not combining(sign))
    parts = ((words, digits.lstrip("0")) for words, digits in re.findall(r"(\D*)(\d*)", plain))
    return [(words, len(digits), digits) for words, digits in parts]


def class_names(session: Session) -> pd.DataFrame:
    """Every class that the session may see, by institution and name: columns of ``frames.CLASS_NAMES``."""
    query = select(Institution.name, Class.id, Class.name).join(Institution, Institution.id == Class.institution_id)
    rows = session.execute(query).all()
    return CLASS_NAMES.of(sorted(rows, key=lambda row: (row[0], by_name(row[2]), row[1])))


def classes(
    session: Session,
    *,
    only: Key | None = None,
    answers: Callable[[list[Key]], Mapping[Key, Answers]] | None = None,
) -> pd.DataFrame:
    """Every class that the session may see, by institution and name: columns of ``frames.CLASSES``.

    Args:
        session: any.
        only: this class alone; None: all.
        answers: gives the answers of the classes, as :func:`answers_given` does; None: that is asked.
    """
    teachers, enrolled = _teachers(), _enrolled()
    query = (
        select(
            Institution.id,
            Institution.name,
            Class.id,
            Class.name,
            Topic.name,
            teachers.c.names,
            func.coalesce(enrolled.c.students, 0),
        )
        .join(Institution, Institution.id == Class.institution_id)
        .outerjoin(Topic, and_(Topic.institution_id == Class.institution_id, Topic.id == Class.subject_id))
        .outerjoin(teachers, and_(teachers.c.institution_id == Class.institution_id, teachers.c.class_id == Class.id))
        .outerjoin(enrolled, and_(enrolled.c.institution_id == Class.institution_id, enrolled.c.class_id == Class.id))
    )
    if only is not None:
        query = query.where(Class.institution_id == only[0], Class.id == only[1])
    rows = sorted(session.execute(query).all(), key=lambda row: (row[1], by_name(row[3]), row[2]))
    keys = [(row[0], row[2]) for row in rows]
    given = answers(keys) if answers else answers_given(session, classes=keys)
    return CLASSES.of((*row[1:], *given[key]) for key, row in zip(keys, rows, strict=True))


def answers_given(
    session: Session, *, classes: Sequence[Key], since: datetime | None = None, until: datetime | None = None
) -> dict[Key, Answers]:
    """The answers given for each of the classes: how many, how many right, and the latest.

    Args:
        session: any.
        classes: which ones.
        since: only answers from this moment on; None: from the first. One without a time is in no span of time.
        until: only answers before this moment; None: to the last.
    """
    attempt = QuestionAttempt
    institutions, ids = ({key[place] for key in classes} for place in range(2))
    query = (
        select(
            attempt.institution_id,
            attempt.class_id,
            func.count(),
            func.count().filter(attempt.is_correct),
            func.max(attempt.attempted_at),
        )
        .where(attempt.institution_id.in_(institutions), attempt.class_id.in_(ids))
        .where(*within(attempt.attempted_at, since, until))
        .group_by(attempt.institution_id, attempt.class_id)
    )
    found = {(row[0], row[1]): (row[2], row[3], row[4]) for row in session.execute(query)}
    return {key: found.get(key, (0, 0, None)) for key in classes}


def within(
    column: InstrumentedAttribute[Any], since: datetime | None, until: datetime | None
) -> list[ColumnElement[bool]]:
    """The conditions that a moment lies in a span of time; None: there is no end on that side."""
    ends = ((ge, since), (lt, until))
    return [compared(column, moment) for compared, moment in ends if moment is not None]


def _teachers() -> Subquery:
    # Ordered before they are gathered: SQLite knows no order within an aggregate before 3.44.
    ordered = (
        select(ClassTeacher.institution_id, ClassTeacher.class_id, User.name)
        .join(User, and_(User.institution_id == ClassTeacher.institution_id, User.id == ClassTeacher.teacher_id))
        # By class first, which is how they are gathered: sorted once more, names would lose their order.
        .order_by(ClassTeacher.institution_id, ClassTeacher.class_id, User.name)
        .subquery()
    )
    of_class = (ordered.c.institution_id, ordered.c.class_id)
    return select(*of_class, func.aggregate_strings(ordered.c.name, ", ").label("names")).group_by(*of_class).subquery()


def _enrolled() -> Subquery:
    of_class = (Enrolment.institution_id, Enrolment.class_id)
    return (
        select(*of_class, func.count().label("students"))
        .where(Enrolment.left_at.is_(None))
        .group_by(*of_class)
        .subquery()
    )


def find_class(session: Session, class_: int | str) -> tuple[int, int]:
    """``(institution_id, class_id)`` of a class given by its id or name; digits that are no name are an id.

    Raises:
        NotFound: the session sees no such class, or several of that name.
    """
    query = select(Class.institution_id, Class.id).order_by(Class.id)
    found = session.execute(query.where(Class.name == class_)).all() if isinstance(class_, str) else []
    if not found and re.fullmatch(r"\d{1,18}", str(class_), re.ASCII):
        found = session.execute(query.where(Class.id == int(class_))).all()
    if not found:
        message = f"There is no class {class_!r} among those you may see; classes() lists them."
        raise NotFound(message)
    if len(found) > 1:
        ids = ", ".join(str(row[1]) for row in found[:5])
        message = f"{len(found)} classes are called {class_!r}: give the id of the one you mean ({ids})."
        raise NotFound(message)
    return found[0][0], found[0][1]
