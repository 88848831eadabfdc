"""A load tells the outbox of whom it changed: once for each class, however many answers there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from edukit.importers.attempts import COLUMNS as TIDY
from edukit.importers.attempts import load_attempts
from edukit.queries.outbox import is_pending, pending_classes

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from conftest import Write
    from sqlalchemy.orm import Session

    from edukit.db.ids import Ids

MOMENT = 1_500_000_000
TOLD = "SELECT class_id, student_id FROM outbox ORDER BY 1, 2"
ENROLLED = "SELECT DISTINCT class_id, student_id FROM enrolments"


def load(session: Session, path: Path, ids: Ids, now: datetime) -> list[tuple[int | None, int | None]]:
    """Load a file into an empty outbox; what is told there then."""
    session.execute(text("DELETE FROM outbox"))
    load_attempts(session, path, institution="North", ids=ids, now=now)
    return [tuple(row) for row in session.execute(text(TOLD))]


def test_a_load_tells_of_its_class_and_students_once(session: Session, write: Write, ids: Ids, now: datetime) -> None:
    """Sixty answers of three students in a class are one entry for the class and one for each student."""
    path = write([TIDY, *((number % 3, number, MOMENT + number, 1, 5) for number in range(60))])
    told = load(session, path, ids, now)
    enrolled = {tuple(row) for row in session.execute(text(ENROLLED))}
    (class_id,) = {class_id for class_id, _ in enrolled}
    assert told == [(class_id, None), *((None, student_id) for student_id in sorted(who for _, who in enrolled))]
    institution_id = session.scalar(text("SELECT id FROM institutions"))
    assert pending_classes(session) == {(institution_id, class_id)}
    assert is_pending(session, institution_id=institution_id, class_id=class_id)
    assert is_pending(session, institution_id=institution_id, student_id=told[-1][1])
    assert not is_pending(session, institution_id=institution_id, class_id=class_id + 1)
    assert not is_pending(session, institution_id=institution_id + 1, class_id=class_id)


def test_only_who_changed_is_told_of(session: Session, write: Write, ids: Ids, now: datetime) -> None:
    """Of a file loaded before, with one more answer, its student and class are told of; of the same, nobody."""
    rows = [(number % 3, number, MOMENT + number, 1, 5) for number in range(30)]
    load(session, write([TIDY, *rows]), ids, now)
    assert load(session, write([TIDY, *rows]), ids, now) == []
    told = load(session, write([TIDY, *rows, (1, 77, MOMENT + 99, 0, 5)]), ids, now)
    student = session.scalar(text("SELECT id FROM users WHERE name = 'Student 1'"))
    class_id = session.scalar(text("SELECT id FROM classes"))
    assert told == [(class_id, None), (None, student)]
