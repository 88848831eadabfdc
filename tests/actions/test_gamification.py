"""Stored points are what the pure function makes of the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from sqlalchemy import text

from edukit.actions.gamification import name_on_boards, refresh_points
from edukit.analytics.points import standing
from edukit.db.session import session_for
from edukit.errors import ActionError, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Database, House
    from sqlalchemy.orm import Session

AS_OF = datetime(2026, 3, 1, 20, tzinfo=UTC)
STORED = "SELECT * FROM student_points WHERE institution_id = :institution ORDER BY student_id"
EVENTS = """
    SELECT student_id, event_type, points_awarded, xp_awarded, occurred_at
    FROM gamification_events WHERE institution_id = :institution"""
COLUMNS = ["student_id", "points", "xp", "level", "current_streak", "best_streak", "last_active_on"]


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


def test_stored_points_follow_from_the_ledger(session: Session, institution: int) -> None:
    """Read by plain SQL and computed anew, every sum, level, streak and day is the stored one."""
    stored = rows(session, STORED, institution)
    computed = standing(rows(session, EVENTS, institution), today=AS_OF.date(), time_zone="Europe/Zurich")
    assert len(stored) == 3
    assert stored[COLUMNS].to_numpy().tolist() == computed[COLUMNS].to_numpy().tolist()
    assert (stored["computed_at"] == AS_OF).all()


def test_an_event_moves_the_points_of_one(session: Session, institution: int) -> None:
    """After one more event, a refresh of its student changes that row and no other; a day later streaks may end."""
    before = rows(session, STORED, institution)
    one, later = int(before["student_id"].iloc[0]), AS_OF + timedelta(days=30)
    event = text(
        "INSERT INTO gamification_events (institution_id, id, student_id, event_type, points_awarded, xp_awarded,"
        " occurred_at) VALUES (:institution, gen_random_uuid(), :student, 'practice', 7, 11, :at)"
    )
    session.execute(event, {"institution": institution, "student": one, "at": later})
    assert refresh_points(session, institution_id=institution, now=later, student_ids=[one]) == 1
    after = rows(session, STORED, institution)
    pd.testing.assert_frame_equal(after.iloc[1:], before.iloc[1:])
    gained = after.iloc[0][["points", "xp"]] - before.iloc[0][["points", "xp"]]
    assert gained.tolist() == [7, 11]
    assert (after["current_streak"].iloc[0], after["last_active_on"].iloc[0]) == (1, later.date())


def test_who_has_no_event_has_a_row(session: Session, institution: int) -> None:
    """Of all students, one without events stands at nothing on level 1."""
    new = text(
        "WITH one AS (INSERT INTO users (institution_id, id, role, name) VALUES (:institution, 5, 'student', 'New'))"
        " INSERT INTO students (institution_id, id) VALUES (:institution, 5)"
    )
    session.execute(new, {"institution": institution})
    assert refresh_points(session, institution_id=institution, now=AS_OF) == 4
    row = rows(session, STORED, institution).set_index("student_id").loc[5]
    assert row[["points", "xp", "level", "current_streak", "best_streak"]].tolist() == [0, 0, 1, 0, 0]
    assert row["last_active_on"] is None


def test_a_student_is_named_by_agreement(session: Session, institution: int) -> None:
    """Agreement is kept and taken back, each time with an audit event, and told to the student's classes."""
    student, class_id = session.execute(
        text("SELECT student_id, class_id FROM enrolments WHERE left_at IS NULL AND institution_id = :institution"),
        {"institution": institution},
    ).first() or (0, 0)
    named = text(
        "SELECT u.name, named_on_boards FROM students s JOIN users u USING (institution_id, id) WHERE id = :id"
    )
    for agreed in (True, False, True):
        session.execute(text("DELETE FROM outbox"))
        given = {"institution_id": institution, "student_id": student, "now": AS_OF, "by": student}
        name = name_on_boards(session, **given, agreed=agreed)
        assert tuple(session.execute(named, {"id": student}).one()) == (name, agreed)
        told = {tuple(row) for row in session.execute(text("SELECT class_id, student_id FROM outbox"))}
        assert {(class_id, None), (None, student)} <= told
    audited = text(
        "SELECT action FROM audit_events WHERE resource = :what AND user_id = :student ORDER BY created_at, id"
    )
    found = session.scalars(audited, {"what": f"students/{student}", "student": student}).all()
    assert sorted(found) == ["hide_on_boards", "name_on_boards", "name_on_boards"]


def test_nobody_is_named_who_is_not_there(session: Session, institution: int) -> None:
    """No student of that id, and one who has left, are refused."""
    session.execute(text("UPDATE users SET departed_at = now() WHERE id = (SELECT min(id) FROM students)"))
    left = int(session.scalar(text("SELECT min(id) FROM students")) or 0)
    for student, error in ((5, NotFound), (left, ActionError)):
        with pytest.raises(error, match="nothing was done"):
            name_on_boards(session, institution_id=institution, student_id=student, agreed=True, now=AS_OF, by=None)
