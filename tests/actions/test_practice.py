"""Stored mastery is what the pure function makes of the attempts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from sqlalchemy import text

from edukit.actions.practice import refresh_mastery
from edukit.analytics.mastery import concept_mastery
from edukit.db.session import session_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Database, House
    from sqlalchemy.orm import Session

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
STORED = "SELECT * FROM concept_mastery WHERE institution_id = :institution ORDER BY student_id, concept_id"
ATTEMPTS = """
    SELECT student_id, concept_id, sequence, is_correct, time_taken_seconds, confidence, attempted_at
    FROM question_attempts JOIN question_concepts USING (institution_id, question_id)
    WHERE institution_id = :institution"""


@pytest.fixture(scope="module")
def school(house: House) -> Iterator[Database]:
    """A small demo school: leave it as it is."""
    with house.school(students=6, as_of=AS_OF) as database:
        yield database


@pytest.fixture
def session(school: Database) -> Iterator[Session]:
    """A session on that school whose writes are undone at the end."""
    with session_for(school.app) as session:
        yield session
        session.rollback()


@pytest.fixture
def institution(session: Session) -> int:
    """The first institution of the school."""
    return int(session.scalar(text("SELECT min(id) FROM institutions")) or 0)


def rows(session: Session, query: str, institution: int) -> pd.DataFrame:
    result = session.execute(text(query), {"institution": institution})
    return pd.DataFrame(result.all(), columns=list(result.keys()))


def test_stored_mastery_follows_from_the_attempts(session: Session, institution: int) -> None:
    """Read by plain SQL and computed anew, every score, interval, count and date is the stored one."""
    stored = rows(session, STORED, institution)
    attempts = rows(session, ATTEMPTS, institution).astype({"time_taken_seconds": float, "confidence": float})
    computed = concept_mastery(attempts)
    assert len(stored) > 20
    for column in ("student_id", "concept_id", "total_attempts", "correct_attempts"):
        assert stored[column].tolist() == computed[column].tolist()
    for column in ("mastery_score", "mastery_low", "mastery_high", "avg_time_seconds"):
        assert stored[column].tolist() == pytest.approx(computed[column].tolist(), rel=1e-6)
    assert stored["last_attempted_at"].tolist() == computed["last_attempted_at"].tolist()


def test_a_refresh_without_news_changes_no_figure(session: Session, institution: int) -> None:
    """Computed again for everybody, only the moment of the computation moves."""
    before = rows(session, STORED, institution)
    later = datetime(2026, 3, 2, tzinfo=UTC)
    assert refresh_mastery(session, institution_id=institution, now=later) == len(before)
    after = rows(session, STORED, institution)
    assert (after["computed_at"] == later).all()
    pd.testing.assert_frame_equal(before.drop(columns="computed_at"), after.drop(columns="computed_at"))


def test_a_refresh_of_some_leaves_the_others(session: Session, institution: int) -> None:
    """Only the students asked for are computed."""
    stored = rows(session, STORED, institution)
    one = int(stored["student_id"].iloc[0])
    written = refresh_mastery(
        session, institution_id=institution, now=datetime(2026, 3, 2, tzinfo=UTC), student_ids=[one]
    )
    assert written == (stored["student_id"] == one).sum()
    moved = rows(session, STORED, institution).query("computed_at != @AS_OF")
    assert set(moved["student_id"]) == {one}
