"""Bulk copy: every type survives, conflicts leave rows alone or update them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from edukit.db.copy import copy_rows, read_columns, read_numbers
from edukit.models import (
    Class,
    ConceptMastery,
    Document,
    DocumentEmbedding,
    Institution,
    Question,
    QuestionAttempt,
    Student,
    User,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

WHEN = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture
def school(session: Session) -> Session:
    """An institution with one student, one class, one question."""
    copy_rows(session, Institution, pd.DataFrame({"id": [1], "name": ["Ñandú 学校"]}))
    copy_rows(session, User, pd.DataFrame({"institution_id": [1], "id": [2], "role": ["student"], "name": ["O'Brien"]}))
    copy_rows(session, Student, pd.DataFrame({"institution_id": [1], "id": [2]}))
    copy_rows(
        session,
        Class,
        pd.DataFrame({"institution_id": [1], "id": [3], "name": ["7B"], "starts_on": [WHEN.date()]}),
    )
    copy_rows(session, Question, pd.DataFrame({"institution_id": [1], "id": [4], "difficulty": [0.25]}))
    return session


def attempts(**changes: object) -> pd.DataFrame:
    row = {
        "institution_id": 1,
        "id": UUID(int=9),
        "student_id": 2,
        "question_id": 4,
        "class_id": 3,
        "sequence": 2**52,
        "attempted_at": WHEN,
        "is_correct": True,
        "time_taken_seconds": 1.5,
        "hint_count": 2,
        "confidence": 0.5,
        "answer": 'tab\tquote"back\\slash\nline',
    }
    return pd.DataFrame([row | changes])


def test_every_type_survives(school: Session) -> None:
    """Integers, floats, booleans, text, dates, moments and UUIDs come back as they went."""
    assert copy_rows(school, QuestionAttempt, attempts()) == 1
    stored = school.scalars(select(QuestionAttempt)).one()
    assert {name: getattr(stored, name) for name in attempts()} == attempts().iloc[0].to_dict()
    assert school.scalars(select(Class.starts_on)).one() == WHEN.date()
    assert school.scalars(select(Question.difficulty)).one() == 0.25


def test_missing_values_become_null(school: Session) -> None:
    """None, NaN, NaT and NA are all null."""
    missing = {"class_id": pd.NA, "attempted_at": pd.NaT, "time_taken_seconds": float("nan"), "answer": None}
    copy_rows(school, QuestionAttempt, attempts(**missing))
    stored = school.scalars(select(QuestionAttempt)).one()
    assert [getattr(stored, name) for name in missing] == [None] * 4


def test_nullable_integers_stay_integers(school: Session) -> None:
    """A column of pandas' nullable integers with a gap keeps every digit of its ids."""
    frame = pd.concat([attempts(), attempts(id=UUID(int=10), class_id=pd.NA)], ignore_index=True)
    copy_rows(school, QuestionAttempt, frame.astype({"class_id": "Int64", "hint_count": "Int16"}))
    assert set(school.scalars(select(QuestionAttempt.class_id))) == {3, None}


def test_a_row_that_is_there_is_left_alone(school: Session) -> None:
    """Writing the same key again adds nothing and changes nothing."""
    copy_rows(school, QuestionAttempt, attempts())
    assert copy_rows(school, QuestionAttempt, attempts(answer="other")) == 0
    assert school.scalars(select(QuestionAttempt.answer)).one() != "other"


def test_an_update_replaces(school: Session) -> None:
    """With on_conflict="update" the new values win."""
    from edukit.models import Concept, Topic

    copy_rows(school, Topic, pd.DataFrame({"institution_id": [1], "id": [5], "name": ["T"]}))
    copy_rows(school, Concept, pd.DataFrame({"institution_id": [1], "id": [6], "topic_id": [5], "name": ["C"]}))
    row = {
        "institution_id": 1, "student_id": 2, "concept_id": 6, "mastery_score": 50.0, "mastery_low": 5.0,
        "mastery_high": 95.0, "total_attempts": 1, "correct_attempts": 0, "computed_at": WHEN,
    }  # fmt: skip
    for score in (50.0, 60.0):
        copy_rows(school, ConceptMastery, pd.DataFrame([row | {"mastery_score": score}]), on_conflict="update")
    assert school.scalars(select(ConceptMastery.mastery_score)).one() == 60.0


def test_an_empty_frame_writes_nothing(school: Session) -> None:
    """No rows, no statement, no error."""
    assert copy_rows(school, QuestionAttempt, attempts().iloc[:0]) == 0


def test_another_institutions_row_is_refused(school: Session) -> None:
    """A student of one institution cannot have an attempt in another: the key says so."""
    copy_rows(school, Institution, pd.DataFrame({"id": [10], "name": ["other"]}))
    with pytest.raises(Exception, match="foreign key") as caught:
        copy_rows(school, QuestionAttempt, attempts(institution_id=10))
    assert isinstance(caught.value, DBAPIError) or "ForeignKey" in type(caught.value).__name__


def test_vectors_survive(school: Session) -> None:
    """A vector goes into its table whole, and whoever reads it on the same connection gets what they always got."""
    copy_rows(school, User, pd.DataFrame({"institution_id": [1], "id": [7], "role": ["teacher"], "name": ["T"]}))
    document = {"institution_id": 1, "id": 8, "user_id": 7, "kind": "note", "content": "a text"}
    copy_rows(school, Document, pd.DataFrame([document]))
    vector = np.linspace(-1, 1, 1536, dtype=np.float32)
    row = {"institution_id": 1, "document_id": 8, "model": "line", "embedding": vector}
    before = school.execute(text("SELECT '[1,2]'::vector")).scalar_one()
    assert copy_rows(school, DocumentEmbedding, pd.DataFrame([row])) == 1
    stored = np.array(school.scalars(select(DocumentEmbedding.embedding)).one(), dtype=np.float32)
    assert (stored == vector).all()
    assert school.execute(text("SELECT '[1,2]'::vector")).scalar_one() == before == "[1,2]"


def test_a_vector_of_another_length_is_refused(school: Session) -> None:
    """A vector that does not have the column's length is an error, not cut."""
    row = {"institution_id": 1, "document_id": 8, "model": "line", "embedding": np.ones(3, dtype=np.float32)}
    with pytest.raises(Exception, match="expected 1536 dimensions"):
        copy_rows(school, DocumentEmbedding, pd.DataFrame([row]))


def test_numbers_come_as_they_were_written(school: Session) -> None:
    """By name and dtype, null as NaN, the same when there are none; what is asked next comes as it always did."""
    copy_rows(school, QuestionAttempt, attempts(sequence=-(2**40), confidence=None, time_taken_seconds=0.1))
    attempt = QuestionAttempt
    query = select(
        attempt.sequence, attempt.is_correct, attempt.time_taken_seconds, attempt.confidence, Class.starts_on
    ).join(Class, (Class.institution_id == attempt.institution_id) & (Class.id == attempt.class_id))
    dtypes = {"sequence": "int64", "right": "bool", "seconds": "float64", "sure": "float64", "day": "datetime64[s]"}
    found = read_numbers(school, query, dtypes)
    assert {name: values.dtype.name for name, values in found.items()} == dtypes
    assert [values.tolist() for values in found.values()][:3] == [[-(2**40)], [True], [pytest.approx(0.1)]]
    assert np.isnan(found["sure"]).all()
    assert found["day"].tolist() == [datetime(2026, 3, 1)]  # noqa: DTZ001 - a day has no zone
    none = read_columns(school, query.where(attempt.sequence == 0), dtypes)
    assert none.empty
    assert none.dtypes.equals(pd.DataFrame(found).dtypes)
    (moment,) = school.scalars(select(attempt.attempted_at))
    assert (moment, moment.tzinfo) == (WHEN, UTC)
