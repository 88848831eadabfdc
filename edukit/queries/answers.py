"""Answers in bulk, as arrays of numbers: what models are fitted to and replayed over."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import Double, cast, func, select

from edukit.db.bulk import read_array
from edukit.db.functions import microseconds
from edukit.models import QuestionAttempt, QuestionConcept

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

ANSWERS = {
    "student_id": "i8",
    "question_id": "i8",
    "sequence": "i8",
    "is_correct": "?",
    "attempted_us": "f8",
    "time_taken_seconds": "f8",
    "confidence": "f8",
}
"""Columns of :func:`answers`: NaN is unknown; ``attempted_us`` counts microseconds since 1970."""
ATTEMPTS_OF = {"student_id": "i8", "attempts": "i8"}


def attempts_by_student(
    session: Session, *, institution_id: int, student_ids: Sequence[int] | None = None
) -> NDArray[Any]:
    """How many attempts each student (None: of all) has made, by their id; columns of ``ATTEMPTS_OF``."""
    attempt = QuestionAttempt
    query = (
        select(attempt.student_id, func.count().label("attempts"))
        .where(attempt.institution_id == institution_id)
        .group_by(attempt.student_id)
        .order_by(attempt.student_id)
    )
    if student_ids is not None:
        query = query.where(attempt.student_id == func.any(list(student_ids)))
    return read_array(session, query, ATTEMPTS_OF)


def answers(session: Session, *, institution_id: int, student_ids: Sequence[int] | NDArray[np.int64]) -> NDArray[Any]:
    """Every attempt of the students, once, in no order; columns of ``ANSWERS``."""
    attempt = QuestionAttempt
    query = select(
        attempt.student_id,
        attempt.question_id,
        attempt.sequence,
        attempt.is_correct,
        *(
            func.coalesce(cast(value, Double), float("nan")).label(name)
            for name, value in (
                ("attempted_us", microseconds(attempt.attempted_at)),
                ("time_taken_seconds", attempt.time_taken_seconds),
                ("confidence", attempt.confidence),
            )
        ),
    ).where(attempt.institution_id == institution_id, attempt.student_id == func.any([int(one) for one in student_ids]))
    return read_array(session, query, ANSWERS)


def concepts_asked(
    session: Session, *, institution_id: int, question_ids: NDArray[np.int64]
) -> dict[int, tuple[int, ...]]:
    """The concepts that each of the questions asks for; one that asks for none is not there."""
    asked = QuestionConcept
    query = select(asked.question_id, asked.concept_id).where(
        asked.institution_id == institution_id, asked.question_id == func.any(question_ids.tolist())
    )
    found = defaultdict(list)
    for question_id, concept_id in session.execute(query):
        found[question_id].append(concept_id)
    return {question_id: tuple(sorted(concepts)) for question_id, concepts in found.items()}
