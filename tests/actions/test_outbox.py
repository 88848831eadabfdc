"""Who changes something leaves word of it: once for each class and student, heard at the commit and not before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from edukit.actions.grievances import file_grievance
from edukit.actions.outbox import tell_outbox
from edukit.db.session import session_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from conftest import Database
    from sqlalchemy.orm import Session

    AddSchool = Callable[[Session, int], None]

LEFT = text("SELECT id, class_id, student_id FROM outbox WHERE institution_id = 1 ORDER BY class_id, student_id")


def entries(session: Session) -> list[tuple[UUID, int | None, int | None]]:
    return [tuple(row) for row in session.execute(LEFT)]


def test_a_row_is_left_for_each_class_and_student(session: Session, add_school: AddSchool) -> None:
    """Two classes and a student, one of them named twice, are three rows of one INSERT, with UUIDs of version 7."""
    add_school(session, 1)
    statements: list[str] = []
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", lambda *given: statements.append(given[2]))
    tell_outbox(session, institution_id=1, class_ids=(2, 1, 2), student_ids=iter([1]))
    assert len(statements) == 1
    left = entries(session)
    assert [about for _, *about in left] == [[1, None], [2, None], [None, 1]]
    assert {id_.version for id_, *_ in left} == {7}


def test_many_are_told_of_like_few(session: Session) -> None:
    """Of more students than a statement is written for each has a row of its own, as few would."""
    session.execute(text("INSERT INTO institutions (id, name) VALUES (1, 'North')"))
    people = "SELECT 1, g, 'student', 'S' FROM generate_series(1, 1500) g"
    session.execute(text(f"INSERT INTO users (institution_id, id, role, name) {people}"))
    session.execute(text("INSERT INTO students (institution_id, id) SELECT 1, g FROM generate_series(1, 1500) g"))
    tell_outbox(session, institution_id=1, student_ids=range(1, 1501))
    left = entries(session)
    assert [about for _, *about in left] == [[None, student] for student in range(1, 1501)]
    assert {id_.version for id_, *_ in left} == {7}


def test_a_step_in_a_grievance_tells_of_the_grievance_alone(session: Session, add_school: AddSchool) -> None:
    """Who complains, and in which class, stands in no row."""
    add_school(session, 1)
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    id_ = file_grievance(
        session, institution_id=1, student_id=1, category="grade", severity="low", description="x", now=now, by=1
    )
    told = session.execute(text("SELECT class_id, student_id, grievance_id FROM outbox WHERE institution_id = 1"))
    assert {tuple(row) for row in told} == {(None, None, id_)}


def test_nothing_is_left_of_nobody(session: Session, add_school: AddSchool) -> None:
    """Without classes and students there is no row."""
    add_school(session, 1)
    tell_outbox(session, institution_id=1)
    assert entries(session) == []


def test_a_class_of_another_institution_is_refused(session: Session, add_school: AddSchool) -> None:
    """Word of a class that the institution does not have cannot be left."""
    add_school(session, 1)
    with pytest.raises(IntegrityError, match="outbox_classes_fk"):
        tell_outbox(session, institution_id=1, class_ids=[77])


def test_who_waits_is_woken_by_the_commit(database: Database, add_school: AddSchool) -> None:
    """The teacher's login may leave word; a listener hears nothing of what is undone, and what is committed."""
    with session_for(database.app) as session:
        add_school(session, 1)
    with psycopg.connect(database.admin_url, autocommit=True) as listener:
        listener.execute("LISTEN edukit_outbox")
        with session_for(database.app) as session:
            tell_outbox(session, institution_id=1, class_ids=[1])
            session.rollback()
        assert list(listener.notifies(timeout=0.2)) == []
        with session_for(database.app) as session:
            tell_outbox(session, institution_id=1, class_ids=[1])
        assert len(list(listener.notifies(timeout=5, stop_after=1))) == 1
