"""Answers in bulk are the attempts that are there, of the institution and the students that are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import text

from edukit.queries.answers import ANSWERS, answers, answers_seen, attempts_by_student, concepts_asked

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

ROWS = """
    INSERT INTO institutions (id, name) VALUES (1, 'North'), (2, 'South');
    INSERT INTO users (institution_id, id, role, name) VALUES
        (1, 1, 'student', 'A'), (1, 2, 'student', 'B'), (1, 3, 'student', 'C'), (2, 1, 'student', 'D');
    INSERT INTO students (institution_id, id) VALUES (1, 1), (1, 2), (1, 3), (2, 1);
    INSERT INTO topics (institution_id, id, name) VALUES (1, 1, 'T'), (2, 1, 'T');
    INSERT INTO concepts (institution_id, id, topic_id, name) VALUES (1, 7, 1, 'p'), (1, 8, 1, 'q'), (2, 9, 1, 'r');
    INSERT INTO questions (institution_id, id) VALUES (1, 1), (1, 2), (2, 1);
    INSERT INTO question_concepts (institution_id, question_id, concept_id) VALUES (1, 1, 8), (1, 1, 7), (2, 1, 9);
    INSERT INTO question_attempts
        (institution_id, id, student_id, question_id, sequence, is_correct, attempted_at, time_taken_seconds,
        confidence)
    VALUES
        (1, gen_random_uuid(), 1, 1, 5, true, '2026-01-01 00:00:00.000001Z', 1.5, 0.25),
        (1, gen_random_uuid(), 1, 2, 6, false, NULL, NULL, NULL),
        (1, gen_random_uuid(), 2, 2, -7, true, NULL, 3, NULL),
        (2, gen_random_uuid(), 1, 1, 8, true, NULL, NULL, NULL);"""
WHOLE = [
    (1, 1, 5, True, 1_767_225_600_000_001.0, 1.5, 0.25),
    (1, 2, 6, False, None, None, None),
    (2, 2, -7, True, None, 3.0, None),
]


@pytest.fixture(autouse=True)
def _school(session: Session) -> None:
    """Two students who have answered, one who has not, and another school with the same ids."""
    session.execute(text(ROWS))


def found(session: Session, students: list[int]) -> list[tuple[object, ...]]:
    rows = answers(session, institution_id=1, student_ids=students)
    assert list(rows.dtype.names) == list(ANSWERS)
    plain = [tuple(None if value != value else value for value in row) for row in rows.tolist()]  # noqa: PLR0124 - NaN
    return sorted(plain, key=lambda row: row[:3])


def test_answers_are_the_attempts(session: Session) -> None:
    """Each once with its order, moment, seconds and confidence, what is unknown as NaN; only whose are asked for."""
    assert found(session, [1, 2, 3]) == WHOLE
    assert found(session, [2]) == WHOLE[2:]
    assert found(session, []) == []


def test_attempts_are_counted_by_student(session: Session) -> None:
    """Of all or of some, by id; who has not answered is not there."""
    assert attempts_by_student(session, institution_id=1).tolist() == [(1, 2), (2, 1)]
    assert attempts_by_student(session, institution_id=1, student_ids=[2, 3]).tolist() == [(2, 1)]
    assert attempts_by_student(session, institution_id=3).tolist() == []


def test_concepts_are_those_of_the_questions(session: Session) -> None:
    """In order of their ids; a question that asks for none is not there."""
    assert concepts_asked(session, institution_id=1, question_ids=np.array([1, 2])) == {1: (7, 8)}


def test_answers_seen_are_named(session: Session) -> None:
    """Every answer with its class, and questions with their concepts' names; two of one name are told apart by id."""
    classes = text("INSERT INTO classes (institution_id, id, name) VALUES (1, 4, '7B')")
    given = text("UPDATE question_attempts SET class_id = 4 WHERE institution_id = 1 AND student_id = 2")
    twice = text("UPDATE concepts SET name = 'p' WHERE id = 9")
    for statement in (classes, given, twice, text("DELETE FROM question_concepts WHERE institution_id = 2")):
        session.execute(statement)
    found = answers_seen(session)
    assert found.concepts == {1: ("p (7)", "q")}
    assert sorted(zip(found.answers["sequence"].tolist(), found.classes, strict=True)) == [
        (-7, "7B"), (5, None), (6, None), (8, None),
    ]  # fmt: skip
    assert found.answers["class_id"].tolist().count(4) == 1
