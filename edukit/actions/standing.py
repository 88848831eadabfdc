"""What is there before an answer is written: all that recording it asks of the database."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from sqlalchemy import select

from edukit.actions.practice import is_offline, mastery_lock
from edukit.db.bulk import in_one_wait
from edukit.models import Class, Question, QuestionAttempt, Student
from edukit.models.mastery import MODEL_FORMAT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

# Rows that point at the student may be added meanwhile, as by a load, which waits when it comes to mastery.
_TURN: Final = b"""
    SELECT pg_advisory_xact_lock_shared(hashtextextended(%(lock)s, 0)) FROM students
    WHERE institution_id = %(here)s AND id = %(student)s FOR NO KEY UPDATE"""
# At once: each question of its own would take as long as the whole. How many ids an array holds is kept from the
# planner, which would otherwise plan anew each time, for longer than the plan takes.
_STANDING: Final = b"""
    SELECT m.id, m.format, s.model_id, s.format, s.last_sequence, s.state,
        (SELECT max(a.sequence) FROM question_attempts a
            WHERE a.institution_id = %(here)s AND a.student_id = %(student)s),
        ARRAY(SELECT a.id FROM question_attempts a
            WHERE a.institution_id = %(here)s AND a.id = ANY (ARRAY(SELECT unnest(%(attempts)s::uuid[])))),
        ARRAY(SELECT q.id FROM questions q WHERE q.institution_id = %(here)s AND q.id = ANY (asked.questions)),
        ARRAY(SELECT c.id FROM classes c
            WHERE c.institution_id = %(here)s AND c.id = ANY (ARRAY(SELECT unnest(%(classes)s::bigint[])))),
        ARRAY(SELECT ARRAY[k.question_id, k.concept_id] FROM question_concepts k
            WHERE k.institution_id = %(here)s AND k.question_id = ANY (asked.questions)
            ORDER BY k.question_id, k.concept_id),
        (SELECT i.time_zone FROM institutions i WHERE i.id = %(here)s),
        ARRAY(SELECT e.class_id FROM enrolments e WHERE e.institution_id = %(here)s AND e.student_id = %(student)s)
    FROM (SELECT ARRAY(SELECT unnest(%(questions)s::bigint[])) questions) asked
    LEFT JOIN mastery_models m ON m.institution_id = %(here)s AND m.status = 'serving'
    LEFT JOIN mastery_states s ON s.institution_id = %(here)s AND s.student_id = %(student)s"""


class Named(NamedTuple):
    """Ids that attempts have or name."""

    attempts: Sequence[UUID]
    questions: Sequence[int]
    classes: Sequence[int]


class Kept(NamedTuple):
    """A state as it is stored; None in each field: it is not."""

    model_id: int | None = None
    format: int | None = None
    last_sequence: int | None = None
    state: bytes | None = None


class Standing(NamedTuple):
    """What is there.

    Attributes:
        there: those that are there of the ids that were asked for.
        model_id: the model that serves; None: none does, or one that another edukit has stored otherwise, which gives
            way to the rule, as in a refresh.
        kept: the student's state.
        last_sequence: where the latest of the student's attempts stands; None: there is none.
        asked: the concepts of each question that asks for any.
        time_zone: IANA name of that in which the institution counts its days and weeks.
        enrolled: classes that the student is or was in.
    """

    there: Named
    model_id: int | None = None
    kept: Kept = Kept()
    last_sequence: int | None = None
    asked: Mapping[int, tuple[int, ...]] = MappingProxyType({})
    time_zone: str = "UTC"
    enrolled: Sequence[int] = ()


def standing(session: Session, *, institution_id: int, student_id: int, named: Named) -> Standing | None:
    """What is there of a student and of what their attempts name; None: the institution has no such student.

    It waits until nobody else writes of the student; until the transaction ends nobody does, and the model that serves
    stays.

    Args:
        session: the caller commits. A device's own store has no models and states, and one writes at a time.
        institution_id: institution of the student.
        student_id: who has answered.
        named: what to look for.
    """
    if is_offline(session):
        if session.get(Student, (institution_id, student_id)) is None:
            return None
        columns: dict[Any, Sequence[Any]] = {
            QuestionAttempt.id: named.attempts, Question.id: named.questions, Class.id: named.classes
        }  # fmt: skip
        here = {column: column.class_.institution_id == institution_id for column in columns}
        return Standing(
            Named(*(session.scalars(select(one).where(here[one], one.in_(ids))).all() for one, ids in columns.items()))
        )
    whose = {"here": institution_id, "student": student_id}
    # Arrays are of one type whatever they hold: a statement is prepared for types.
    asked = {
        "attempts": list(named.attempts),
        "questions": np.array(named.questions, np.int64),
        "classes": np.array(named.classes, np.int64),
    }
    with in_one_wait(session) as send:
        turn = send(_TURN, whose | {"lock": mastery_lock(institution_id)})
        found = send(_STANDING, whose | asked)
    if not turn:
        return None
    (row,) = found
    model_id, model_format, *kept, last_sequence, attempts, questions, classes, concepts, time_zone, enrolled = row
    there = Named(attempts, questions, classes)
    of_questions: dict[int, tuple[int, ...]] = {}
    for question_id, concept_id in concepts:
        of_questions[question_id] = (*of_questions.get(question_id, ()), concept_id)
    readable = model_id if model_format == MODEL_FORMAT else None
    return Standing(there, readable, Kept(*kept), last_sequence, of_questions, time_zone, enrolled)
