"""What the next step of learning follows from: mastery as stored, answers by question, and the bank of questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import Integer, and_, cast, func, select

from edukit.models import (
    Class,
    Concept,
    ConceptMastery,
    Enrolment,
    Question,
    QuestionAttempt,
    QuestionConcept,
    Student,
    User,
)
from edukit.queries.frames.frame import MOMENT, by_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

MASTERY = {
    "student_id": "int64", "concept_id": "int64", "mastery_score": "float64", "mastery_low": "float64",
    "mastery_high": "float64", "total_attempts": "int64", "correct_attempts": "int64",
}  # fmt: skip
ANSWERS = {
    "student_id": "int64", "question_id": "int64", "sequence": "int64", "is_correct": "bool",
    "time_taken_seconds": "float64", "selected_option": "Int64", "answer": "str",
}  # fmt: skip
BANK = {
    "question_id": "int64", "concept_id": "Int64", "concept": "str", "question": "str", "difficulty": "float64",
    "options": "object", "correct_option": "Int64",
}  # fmt: skip
COUNTS = {"question_id": "int64", "answers": "int64", "right": "int64"}
LEARNERS = {"student_id": "int64", "student": "str"}
TOPIC_SCORES = {"class_id": "int64", "student_id": "int64", "topic_id": "int64", "mastery_score": "float64"}
OF_SUBJECT = {"class_id": "int64", "class_name": "str"}
LATEST = {"question_id": "int64", "attempted_at": MOMENT}


def learners(
    session: Session, *, institution_id: int, class_id: int | None = None, student_id: int | None = None
) -> pd.DataFrame:
    """A student, or everybody enrolled in a class now, or that student if they are: the columns of ``LEARNERS``."""
    query = select(User.id, User.name).join(
        Student, and_(Student.institution_id == User.institution_id, Student.id == User.id)
    )
    query = query.where(User.institution_id == institution_id)
    if class_id is not None:
        query = query.where(User.id.in_(_members(institution_id, class_id)))
    if student_id is not None:
        query = query.where(User.id == student_id)
    return _typed(session, query.order_by(User.name, User.id), LEARNERS)


def subject_of_class(session: Session, *, institution_id: int, class_id: int) -> int | None:
    """The topic that a class is taught; None: it has no subject."""
    return session.scalar(select(Class.subject_id).where(Class.institution_id == institution_id, Class.id == class_id))


def stored_mastery(
    session: Session, *, institution_id: int, class_id: int | None = None, student_id: int | None = None
) -> pd.DataFrame:
    """The mastery of a student, or of everybody enrolled in a class now, on whatever they have answered.

    By student and concept; the columns of ``MASTERY``, scores 0-100.
    """
    known = ConceptMastery
    query = select(*(getattr(known, name) for name in MASTERY)).where(known.institution_id == institution_id)
    if class_id is not None:
        query = query.where(known.student_id.in_(_members(institution_id, class_id)))
    if student_id is not None:
        query = query.where(known.student_id == student_id)
    return _typed(session, query.order_by(known.student_id, known.concept_id), MASTERY)


def topic_scores(session: Session, *, institution_id: int, class_ids: Sequence[int]) -> pd.DataFrame:
    """Where everybody enrolled in each class now stands on each topic that they have answered on: ``TOPIC_SCORES``.

    By class, student and topic; a score is the mean (0-100) of the topic's concepts with an answer.
    """
    known, seat = ConceptMastery, Enrolment
    query = (
        select(seat.class_id, known.student_id, Concept.topic_id, func.avg(known.mastery_score))
        .join(known, and_(known.institution_id == seat.institution_id, known.student_id == seat.student_id))
        .join(Concept, and_(Concept.institution_id == known.institution_id, Concept.id == known.concept_id))
        .where(
            seat.institution_id == institution_id,
            seat.class_id.in_(list(class_ids)),
            seat.left_at.is_(None),
            known.total_attempts > 0,
        )
        .group_by(seat.class_id, known.student_id, Concept.topic_id)
        .order_by(seat.class_id, known.student_id, Concept.topic_id)
    )
    return _typed(session, query, TOPIC_SCORES)


def classes_of_subject(session: Session, *, institution_id: int, subject_id: int | None) -> pd.DataFrame:
    """The classes that are taught a topic, or those without a subject, by name: the columns of ``OF_SUBJECT``."""
    query = select(Class.id, Class.name).where(
        Class.institution_id == institution_id, Class.subject_id.is_not_distinct_from(subject_id)
    )
    return _typed(session, query.order_by(Class.name, Class.id), OF_SUBJECT)


def class_answers(session: Session, *, institution_id: int, class_id: int) -> pd.DataFrame:
    """Every answer that was given for a class, by student and in order: the columns of ``ANSWERS``."""
    attempt = QuestionAttempt
    query = (
        select(*(getattr(attempt, name) for name in ANSWERS))
        .where(attempt.institution_id == institution_id, attempt.class_id == class_id)
        .order_by(attempt.student_id, attempt.sequence, attempt.id)
    )
    return _typed(session, query, ANSWERS)


def question_bank(
    session: Session,
    *,
    institution_id: int,
    concept_ids: Sequence[int] | None = None,
    question_ids: Sequence[int] | None = None,
) -> pd.DataFrame:
    """Questions, once for each concept that they ask for or without one, by id: the columns of ``BANK``.

    Of the questions that ask for any of the concepts, or of certain ones. ``difficulty`` is the expected
    share of wrong answers (0-1; NaN: nobody said).
    """
    asks = QuestionConcept
    query = (
        select(
            Question.id, Concept.id, Concept.name, func.coalesce(Question.body, Question.source_key, ""),
            Question.difficulty, Question.options, Question.correct_option,
        )
        .outerjoin(asks, and_(asks.institution_id == Question.institution_id, asks.question_id == Question.id))
        .outerjoin(Concept, and_(Concept.institution_id == asks.institution_id, Concept.id == asks.concept_id))
        .where(Question.institution_id == institution_id)
    )  # fmt: skip
    if concept_ids is not None:
        wanted = select(asks.question_id).where(
            asks.institution_id == institution_id, asks.concept_id.in_(list(concept_ids))
        )
        query = query.where(Question.id.in_(wanted))
    if question_ids is not None:
        query = query.where(Question.id.in_(list(question_ids)))
    return _typed(session, query.order_by(Question.id, Concept.id), BANK)


def question_counts(session: Session, *, institution_id: int, student_id: int) -> pd.DataFrame:
    """How often each question was answered for the classes that a student is in now: the columns of ``COUNTS``.

    Only as far as the session sees those answers: a student sees their own.
    """
    attempt = QuestionAttempt
    theirs = select(Enrolment.class_id).where(
        Enrolment.institution_id == institution_id, Enrolment.student_id == student_id, Enrolment.left_at.is_(None)
    )
    # Read first: the planner counts on an index for ids that it knows, and not for those of a subquery.
    class_ids = list(session.scalars(theirs.order_by(Enrolment.class_id)))
    query = (
        select(attempt.question_id, func.count(), func.sum(cast(attempt.is_correct, Integer)))
        .where(attempt.institution_id == institution_id, attempt.class_id.in_(class_ids))
        .group_by(attempt.question_id)
        .order_by(attempt.question_id)
    )
    return _typed(session, query, COUNTS)


def latest_answers(session: Session, *, institution_id: int, student_id: int, most: int) -> pd.DataFrame:
    """What a student answered last, the latest first, so many at most: the columns of ``LATEST``."""
    attempt = QuestionAttempt
    query = (
        select(attempt.question_id, attempt.attempted_at)
        .where(attempt.institution_id == institution_id, attempt.student_id == student_id)
        .order_by(attempt.sequence.desc(), attempt.id.desc())
        .limit(most)
    )
    return _typed(session, query, LATEST)


def _members(institution_id: int, class_id: int) -> Select[int]:
    """The ids of everybody enrolled in a class now."""
    return select(Enrolment.student_id).where(
        Enrolment.institution_id == institution_id, Enrolment.class_id == class_id, Enrolment.left_at.is_(None)
    )


def _typed(session: Session, query: Select[*tuple[Any, ...]], dtypes: dict[str, str]) -> pd.DataFrame:
    """The rows of a query as a frame with these columns and types, the same when there are none."""
    columns = zip(dtypes.items(), by_column(session.execute(query).all(), len(dtypes)), strict=True)
    return pd.DataFrame({name: pd.Series(values, dtype=dtype) for (name, dtype), values in columns})
