"""How concepts are learned is written where everybody may read it, when the model beside it takes over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from edukit.actions.concept_tracing import LEAST_STUDENTS, replace_tracing
from edukit.queries.mastery_models import TRACING, concept_tracing

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy.orm import Session

FITTED = datetime(2026, 5, 4, 8, tzinfo=UTC)
ROWS = """
    INSERT INTO institutions (id, name) VALUES (1, 'North'), (2, 'South');
    INSERT INTO topics (institution_id, id, name) VALUES (1, 1, 'T'), (2, 1, 'T');
    INSERT INTO concepts (institution_id, id, topic_id, name) VALUES
        (1, 1, 1, 'a'), (1, 2, 1, 'b'), (1, 3, 1, 'c'), (2, 1, 1, 'a');"""


@pytest.fixture(autouse=True)
def _school(session: Session) -> None:
    """Two institutions whose concepts have the same ids."""
    session.execute(text(ROWS))


def traced(concept_id: int, **more: Any) -> dict[str, Any]:
    known = dict.fromkeys(TRACING, 0.25) | {"forget_se": None, "students": LEAST_STUDENTS, "attempts": 40}
    return {name: value for name, value in known.items() if name != "fitted_at"} | {"concept_id": concept_id} | more


def replaced(session: Session, *parameters: dict[str, Any], institution_id: int = 1) -> pd.DataFrame:
    replace_tracing(session, institution_id=institution_id, parameters=parameters, fitted_at=FITTED)
    return concept_tracing(session, institution_id=institution_id)


def test_what_is_written_is_read(session: Session) -> None:
    """Each figure of each concept, with what is missing missing and when it was fitted; in order of the ids."""
    found = replaced(session, traced(3), traced(1, slip=0.75))
    assert {name: str(dtype) for name, dtype in found.dtypes.items()} == TRACING
    assert found["concept_id"].tolist() == [1, 3]
    assert found["slip"].tolist() == [0.75, 0.25]
    assert found["forget_se"].isna().all()
    assert (found["fitted_at"] == FITTED).all()


def test_the_next_takes_its_place(session: Session) -> None:
    """What is not in the new fit is gone, and another institution's stays."""
    replaced(session, traced(1), institution_id=2)
    replaced(session, traced(1), traced(2))
    assert replaced(session, traced(2, guess=0.5))["concept_id"].tolist() == [2]
    assert replaced(session).empty
    assert len(concept_tracing(session, institution_id=2)) == 1


def test_few_students_are_not_told_of(session: Session) -> None:
    """A concept that fewer have answered on than the least, or that was deleted meanwhile, is not written at all."""
    assert replaced(session, traced(1, students=LEAST_STUDENTS - 1), traced(2), traced(9))["concept_id"].tolist() == [2]
