"""Answers in bulk, as arrays of numbers: what models are fitted to and replayed over."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, literal_column, select

from edukit.db.bulk import MOMENT, REAL, read_array
from edukit.models import Class, Concept, QuestionAttempt, QuestionConcept

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

ANSWERS = {
    "student_id": "i8",
    "question_id": "i8",
    "sequence": "i8",
    "is_correct": "?",
    "attempted_us": MOMENT,
    "time_taken_seconds": REAL,
    "confidence": REAL,
}
"""Columns of :func:`answers`: NaN is unknown; ``attempted_us`` counts microseconds since 1970."""
_NO_MOMENT: ColumnElement[Any] = literal_column("timestamptz '-infinity'")
_NO_REAL: ColumnElement[Any] = literal_column("real 'NaN'")
ATTEMPTS_OF = {"student_id": "i8", "attempts": "i8"}


class Seen(NamedTuple):
    """Answers with the names of what they are about.

    Attributes:
        answers: columns of ``ANSWERS`` and ``class_id`` (0: on their own), in no order.
        concepts: names of those that each question asks for, in order; of concepts of one name, with the id.
        classes: name of the class that each answer was given for; None: none, or one that is not to be seen.
    """

    answers: NDArray[Any]
    concepts: dict[int, tuple[str, ...]]
    classes: list[str | None]


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
    theirs = attempt.student_id == func.any([int(one) for one in student_ids])
    query = select(*_columns()).where(attempt.institution_id == institution_id, theirs)
    return read_array(session, query, ANSWERS)


def answers_seen(session: Session) -> Seen:
    """Every answer that the session sees, as models of the next one learn from it."""
    asked = QuestionConcept
    query = select(*_columns(), func.coalesce(QuestionAttempt.class_id, 0))
    found = read_array(session, query, {**ANSWERS, "class_id": "i8"})
    named = dict(session.execute(select(Concept.id, Concept.name)).all())
    count = Counter(named.values())
    concepts = defaultdict(list)
    for question_id, concept_id in session.execute(select(asked.question_id, asked.concept_id)):
        name = named[concept_id]
        concepts[question_id].append(name if count[name] == 1 else f"{name} ({concept_id})")
    classes = dict(session.execute(select(Class.id, Class.name)).all())
    by_class = [classes.get(class_id) for class_id in found["class_id"].tolist()]
    return Seen(found, {question: tuple(sorted(names)) for question, names in concepts.items()}, by_class)


def _columns() -> list[ColumnElement[Any]]:
    """What ``ANSWERS`` says of attempts."""
    attempt = QuestionAttempt
    return [
        attempt.student_id.expression,
        attempt.question_id.expression,
        attempt.sequence.expression,
        attempt.is_correct.expression,
        func.coalesce(attempt.attempted_at, _NO_MOMENT),
        func.coalesce(attempt.time_taken_seconds, _NO_REAL),
        func.coalesce(attempt.confidence, _NO_REAL),
    ]


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
