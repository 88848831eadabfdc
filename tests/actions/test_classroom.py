"""Taking classes away: what has a history is put away, what has none is deleted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from edukit.actions.classroom import remove_class
from edukit.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    AddSchool = Callable[[Session, int], None]

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
OWNED = """
    SELECT (SELECT count(*) FROM classes WHERE id = :id), (SELECT count(*) FROM assignments WHERE class_id = :id),
        (SELECT count(*) FROM class_teachers WHERE class_id = :id),
        (SELECT count(*) FROM enrolments WHERE class_id = :id)"""
ACTS = "SELECT action, resource, user_id FROM audit_events WHERE resource LIKE 'classes/%'"
WITHOUT = 2


def test_a_class_without_history_is_deleted(session: Session, add_school: AddSchool) -> None:
    """It goes with its assignments, teachers and enrolments; the act is recorded."""
    add_school(session, 1)
    assert remove_class(session, institution_id=1, class_id=WITHOUT, now=NOW, by=6) == "deleted"
    assert session.execute(text(OWNED), {"id": WITHOUT}).one() == (0, 0, 0, 0)
    assert session.execute(text(ACTS)).all() == [("delete", "classes/2", 6)]


@pytest.mark.parametrize(
    ("history", "column"),
    [("submissions", "assignment_id"), ("question_attempts", "class_id"), ("gamification_events", "class_id")],
)
def test_a_class_with_history_is_archived(session: Session, add_school: AddSchool, history: str, column: str) -> None:
    """One piece of work, answer or award is enough: all that it owns stays, and its enrolments end."""
    add_school(session, 1)
    moved = f"jsonb_build_object('id', gen_random_uuid(), '{column}', {WITHOUT})"
    session.execute(
        text(f"INSERT INTO {history} SELECT (jsonb_populate_record(h, {moved})).* FROM {history} h LIMIT 1")
    )
    before = session.execute(text(OWNED), {"id": WITHOUT}).one()
    assert remove_class(session, institution_id=1, class_id=WITHOUT, now=NOW) == "archived"
    assert session.execute(text(OWNED), {"id": WITHOUT}).one() == before == (1, 1, 1, 1)
    state = text("""
        SELECT archived_at, (SELECT left_at FROM enrolments WHERE class_id = c.id) FROM classes c WHERE id = :id""")
    assert session.execute(state, {"id": WITHOUT}).one() == (NOW, NOW)
    assert session.execute(text(ACTS)).all() == [("archive", "classes/2", None)]


def test_other_classes_stay(session: Session, add_school: AddSchool) -> None:
    """Neither the class beside it nor that of the same id elsewhere is touched."""
    add_school(session, 1)
    add_school(session, 2)
    others = text("SELECT * FROM classes WHERE (institution_id, id) <> (1, :id) ORDER BY institution_id, id")
    before = session.execute(others, {"id": WITHOUT}).all()
    remove_class(session, institution_id=1, class_id=WITHOUT, now=NOW)
    assert session.execute(others, {"id": WITHOUT}).all() == before
    assert len(before) == 3


def test_an_unknown_class_is_named(session: Session, add_school: AddSchool) -> None:
    """Nothing is removed by a wrong number."""
    add_school(session, 1)
    with pytest.raises(NotFound, match="no class 99 at institution 1"):
        remove_class(session, institution_id=1, class_id=99, now=NOW)
