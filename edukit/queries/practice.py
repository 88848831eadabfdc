"""Practice: attempts and the mastery that follows from them, as frames."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sqlalchemy import String, and_, cast, exists, func, select

from edukit.db.copy import read_columns, read_numbers
from edukit.db.functions import microseconds, uuid_text
from edukit.models import (
    Class,
    Concept,
    ConceptMastery,
    Enrolment,
    Question,
    QuestionAttempt,
    QuestionConcept,
    User,
)
from edukit.queries.curriculum import concepts
from edukit.queries.frames import ATTEMPTS, CLASS_MASTERY
from edukit.queries.frames.frame import inferred

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from sqlalchemy import ScalarSelect
    from sqlalchemy.orm import InstrumentedAttribute, Session

    from edukit.queries.classroom import Key

    Columns = dict[str, NDArray[Any]]

EVIDENCE = {
    "student_id": "int64",
    "concept_id": "int64",
    "sequence": "int64",
    "is_correct": "bool",
    "time_taken_seconds": "float64",
    "confidence": "float64",
    "attempted_us": "float64",
}

MASTERY = {
    "student_id": "int64",
    "concept_id": "int64",
    "mastery_score": "float64",
    "mastery_low": "float64",
    "mastery_high": "float64",
    "total_attempts": "int64",
    "correct_attempts": "int64",
    "last_attempted_us": "float64",
}
_KEY = ("student_id", "concept_id")
_COUNTS = ("total_attempts", "correct_attempts", "class_attempts", "class_correct")

ASKS = and_(
    QuestionConcept.institution_id == QuestionAttempt.institution_id,
    QuestionConcept.question_id == QuestionAttempt.question_id,
)


def mastery_evidence(session: Session, *, institution_id: int, student_ids: Sequence[int]) -> pd.DataFrame:
    """Every attempt of the students, once for each concept of its question, in no order.

    The columns that :func:`edukit.analytics.mastery.concept_mastery` takes.
    """
    attempt = QuestionAttempt
    query = (
        select(
            attempt.student_id,
            QuestionConcept.concept_id,
            attempt.sequence,
            attempt.is_correct,
            attempt.time_taken_seconds,
            attempt.confidence,
            microseconds(attempt.attempted_at),
        )
        .join(QuestionConcept, ASKS)
        .where(attempt.institution_id == institution_id, attempt.student_id.in_(student_ids))
    )
    frame = read_columns(session, query, EVIDENCE)
    return frame.assign(attempted_at=_moments(frame.pop("attempted_us").to_numpy()))


def students_asked(session: Session, *, institution_id: int, question_ids: Sequence[int]) -> Sequence[int]:
    """The students who have answered any of the questions."""
    attempt = QuestionAttempt
    query = select(attempt.student_id).where(
        attempt.institution_id == institution_id, attempt.question_id == func.any(list(question_ids))
    )
    return session.scalars(query.distinct()).all()


def practised_concepts(session: Session, *, classes: Sequence[Key]) -> dict[Key, list[int]]:
    """The concepts that each class has practised, by id.

    Args:
        session: any that sees them.
        classes: ``(institution_id, class_id)`` of each.
    """
    attempt = QuestionAttempt
    institutions, ids = ({key[place] for key in classes} for place in range(2))
    # Each question once before its concepts are looked up: most are answered many times.
    asked = (
        select(attempt.institution_id, attempt.class_id, attempt.question_id)
        .distinct()
        .where(attempt.institution_id.in_(institutions), attempt.class_id.in_(ids))
        .subquery()
    )
    same = (
        QuestionConcept.institution_id == asked.c.institution_id,
        QuestionConcept.question_id == asked.c.question_id,
    )
    query = (
        select(asked.c.institution_id, asked.c.class_id, QuestionConcept.concept_id)
        .distinct()
        .join(QuestionConcept, and_(*same))
    )
    found = defaultdict(list)
    for institution_id, class_id, concept_id in session.execute(query):
        found[institution_id, class_id].append(concept_id)
    return {key: sorted(found[key]) for key in classes}


def class_mastery(session: Session, *, institution_id: int, class_id: int) -> pd.DataFrame:
    """Every enrolled student of a class on every concept that the class has practised, answered or not.

    By student and by place of the concept in the curriculum; columns of ``frames.CLASS_MASTERY``, with
    ``level`` left empty: its thresholds are the caller's.
    """
    roster = _roster(session, institution_id, class_id)
    given = _given_for_class(session, institution_id, class_id)
    taught = concepts(session, institution_id=institution_id)
    taught = taught[taught["concept_id"].isin(given["concept_id"])]
    mastery = _mastery(session, institution_id, class_id)
    student, concept = np.indices((len(roster), len(taught))).reshape(2, -1)
    # Columns are made at their full length and type at once: a class is looked at more often than anything else.
    grid: dict[Any, Any] = {name: values.array.take(student) for name, values in roster.items()}
    grid |= {name: values.array.take(concept) for name, values in taught.items()}
    told = _placed(mastery, roster, taught) | _placed(given, roster, taught)
    told |= {name: np.nan_to_num(told[name]) for name in _COUNTS}
    moments = _moments(told.pop("last_attempted_us"))
    level = pd.array([pd.NA], dtype="str").take(np.zeros_like(student))
    known = {"concept_order": concept, "last_attempted_at": moments, "level": level}
    return CLASS_MASTERY.typed({**grid, **told, **known})


def _moments(since_1970: NDArray[np.float64]) -> pd.DatetimeIndex:
    """Moments of so many microseconds since 1970; NaN: none."""
    is_known = ~np.isnan(since_1970)
    moments = np.where(is_known, since_1970, 0.0).astype("int64").astype("datetime64[us]")
    return pd.DatetimeIndex(np.where(is_known, moments, np.datetime64("NaT", "us")), tz="UTC")


def _placed(part: Columns, roster: pd.DataFrame, taught: pd.DataFrame) -> Columns:
    """What is told of students and concepts, at the place of each of the roster on each that is taught; NaN: nothing.

    Merging them by their keys takes several times as long.
    """
    student = pd.Index(roster["student_id"]).get_indexer(part["student_id"])
    concept = pd.Index(taught["concept_id"]).get_indexer(part["concept_id"])
    there = (student >= 0) & (concept >= 0)
    at = (student * len(taught) + concept)[there]
    placed = {name: np.full(len(roster) * len(taught), np.nan) for name in part if name not in _KEY}
    for name, values in placed.items():
        values[at] = part[name][there]
    return placed


def attempts(
    session: Session,
    *,
    institution_id: int,
    class_id: int | None = None,
    student_id: int | None = None,
    concept_id: int | None = None,
) -> pd.DataFrame:
    """Attempts, by student and in order; columns of ``frames.ATTEMPTS``.

    Of a class, a student or a concept, or of several of these at once.
    """
    attempt = QuestionAttempt
    query = (
        select(
            uuid_text(attempt.id),
            attempt.student_id,
            User.name,
            Class.name,
            attempt.question_id,
            func.coalesce(Question.body, Question.source_key, ""),
            _concepts_of_question(Concept.name, ", "),
            _concepts_of_question(Concept.id, ","),
            attempt.sequence,
            attempt.attempted_at,
            attempt.is_correct,
            attempt.time_taken_seconds,
            attempt.hint_count,
            attempt.confidence,
            attempt.answer,
        )
        .join(User, and_(User.institution_id == attempt.institution_id, User.id == attempt.student_id))
        .join(Question, and_(Question.institution_id == attempt.institution_id, Question.id == attempt.question_id))
        .outerjoin(Class, and_(Class.institution_id == attempt.institution_id, Class.id == attempt.class_id))
        .where(attempt.institution_id == institution_id)
        .order_by(User.name, attempt.student_id, attempt.sequence, attempt.id)
    )
    asked = ((attempt.class_id, class_id), (attempt.student_id, student_id))
    query = query.where(*(column == value for column, value in asked if value is not None))
    if concept_id is not None:
        query = query.where(exists().where(ASKS, QuestionConcept.concept_id == concept_id))
    return ATTEMPTS.of(session.execute(query).all())


def _roster(session: Session, institution_id: int, class_id: int) -> pd.DataFrame:
    query = (
        select(User.id, User.name)
        .join(Enrolment, and_(Enrolment.institution_id == User.institution_id, Enrolment.student_id == User.id))
        .where(
            Enrolment.institution_id == institution_id,
            Enrolment.class_id == class_id,
            Enrolment.left_at.is_(None),
        )
        .order_by(User.name, User.id)
    )
    return inferred(session.execute(query).all(), ["student_id", "student"])


def _given_for_class(session: Session, institution_id: int, class_id: int) -> Columns:
    """How many answers each student gave for the class on each concept, and how many of them right."""
    query = (
        select(
            QuestionAttempt.student_id,
            QuestionConcept.concept_id,
            func.count(),
            func.count().filter(QuestionAttempt.is_correct),
        )
        .join(QuestionConcept, ASKS)
        .where(QuestionAttempt.institution_id == institution_id, QuestionAttempt.class_id == class_id)
        .group_by(QuestionAttempt.student_id, QuestionConcept.concept_id)
    )
    return read_numbers(session, query, dict.fromkeys([*_KEY, "class_attempts", "class_correct"], "int64"))


def _mastery(session: Session, institution_id: int, class_id: int) -> Columns:
    """The stored mastery of everybody who is or was enrolled in the class."""
    stored = ConceptMastery
    members = select(Enrolment.student_id).where(
        Enrolment.institution_id == institution_id, Enrolment.class_id == class_id
    )
    query = select(
        stored.student_id,
        stored.concept_id,
        stored.mastery_score,
        stored.mastery_low,
        stored.mastery_high,
        stored.total_attempts,
        stored.correct_attempts,
        microseconds(stored.last_attempted_at),
    ).where(stored.institution_id == institution_id, stored.student_id.in_(members))
    return read_numbers(session, query, MASTERY)


def _concepts_of_question(column: InstrumentedAttribute[Any], separator: str) -> ScalarSelect[Any]:
    """What stands in a column of the concepts that an attempt's question asks for, in its order."""
    # Ordered before it is gathered: SQLite knows no order within an aggregate before 3.44.
    ordered = (
        select(cast(column, String).label("value"))
        .select_from(QuestionConcept)
        .join(
            Concept,
            and_(Concept.institution_id == QuestionConcept.institution_id, Concept.id == QuestionConcept.concept_id),
        )
        .where(ASKS)
        .order_by(column)
        .correlate(QuestionAttempt)
        .subquery()
    )
    return select(func.aggregate_strings(ordered.c.value, separator)).scalar_subquery()
