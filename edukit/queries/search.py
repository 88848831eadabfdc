"""The search, as a frame: students and classes by a part of their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from sqlalchemy import and_, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from edukit.models import Class, Enrolment, Student, Topic, User
from edukit.queries.frames import FOUND

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import InstrumentedAttribute, Session

    Rows = Select[*tuple[Any, ...]]

MOST = 20
"""Students and classes that are found unless more are asked for, of each."""
MOST_WORDS = 8
ESCAPE = "\\"


def find(session: Session, text: str, *, class_id: int | None = None, most: int = MOST) -> pd.DataFrame:
    """Students who are still there and classes in use whose name has every word of a text: columns of ``frames.FOUND``.

    Upper and lower case are the same, also beyond ASCII. Students come first, each kind by name.

    Args:
        session: of a login that sees what may be found.
        text: words in any order, each a part of the name; of no words nothing is found.
        class_id: the class that a student is found in if they are in it; else, or None: the one made first.
        most: how many of each kind.
    """
    words = normalize("NFC", text.replace("\0", " ")).split()[:MOST_WORDS]
    if not words:
        return FOUND.of([])
    asked = (_students(words, class_id), _classes(words))
    return FOUND.of([tuple(row) for query in asked for row in session.execute(query.limit(most)).all()])


def _students(words: list[str], class_id: int | None) -> Rows:
    here = and_(
        Enrolment.institution_id == Student.institution_id,
        Enrolment.student_id == Student.id,
        Enrolment.left_at.is_(None),
    )
    of_class = and_(Class.institution_id == Enrolment.institution_id, Class.id == Enrolment.class_id)
    enrolled = select(Class).join(Enrolment, of_class).where(here, Class.archived_at.is_(None)).correlate(Student)
    one = enrolled.with_only_columns(Class.id).order_by((Class.id == class_id).desc(), Class.id).limit(1)
    names = enrolled.with_only_columns(func.string_agg(Class.name, aggregate_order_by(literal(", "), Class.name)))
    return (
        select(literal("student"), Student.id, User.name, one.scalar_subquery(), names.scalar_subquery())
        .join(User, and_(User.institution_id == Student.institution_id, User.id == Student.id))
        .where(User.departed_at.is_(None), *_has(User.name, words))
        .order_by(User.name, Student.id)
    )


def _classes(words: list[str]) -> Rows:
    return (
        select(literal("class"), Class.id, Class.name, Class.id, Topic.name)
        .outerjoin(Topic, and_(Topic.institution_id == Class.institution_id, Topic.id == Class.subject_id))
        .where(Class.archived_at.is_(None), *_has(Class.name, words))
        .order_by(Class.name, Class.id)
    )


def _has(name: InstrumentedAttribute[str], words: list[str]) -> list[ColumnElement[bool]]:
    """That a name has each word as it stands: none of its signs stands for others."""
    plain = [word.replace(ESCAPE, ESCAPE * 2).replace("%", ESCAPE + "%").replace("_", ESCAPE + "_") for word in words]
    return [name.ilike(f"%{word}%", escape=ESCAPE) for word in plain]
