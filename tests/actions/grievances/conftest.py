"""What the tests of grievances share: one database, and in it a small school for each test."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import text

from edukit.actions.departure import depart_user
from edukit.actions.grievances import file_grievance
from edukit.db.roles import url_of
from edukit.db.session import Viewer, engine_for, session_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from conftest import Database, House
    from sqlalchemy.orm import Session

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)
STUDENT, TEACHER, ADMIN = 1, 3, 6
NUMBERS = count(100)
EVENTS = """
    SELECT e.sequence, e.action, e.actor_id, e.from_status, e.to_status, e.assigned_to, e.routing_rule_id, d.details,
        e.occurred_at
    FROM grievance_events e
    LEFT JOIN grievance_event_details d ON (d.institution_id, d.event_id) = (e.institution_id, e.id)
    WHERE e.grievance_id = %s ORDER BY e.sequence"""
ROW = "SELECT status, assigned_to, resolution, resolved_at FROM grievances WHERE id = %s"
SCHOOL = """
INSERT INTO institutions (id, name) VALUES ({n}, 'School {n}');
INSERT INTO accounts (id, email) VALUES ({n}3, 'teacher@school{n}.example');
INSERT INTO users (institution_id, id, account_id, role, name) VALUES
    ({n}, 1, NULL, 'student', 'Zoë <b>{n}</b>'), ({n}, 2, NULL, 'student', '李雷'), ({n}, 3, {n}3, 'teacher', 'T'),
    ({n}, 4, NULL, 'parent', 'P'), ({n}, 5, NULL, 'mentor', 'M'), ({n}, 6, NULL, 'admin', 'A');
INSERT INTO students (institution_id, id) VALUES ({n}, 1), ({n}, 2);
INSERT INTO grievance_routing_rules (institution_id, id, category, authority_id, valid_from)
VALUES ({n}, 1, 'grade', 6, '2026-01-01Z')
"""


@dataclass(frozen=True)
class School:
    """An institution of the test's own: users 1 to 6, of whom the admin answers grievances of grades."""

    database: Database
    number: int

    def file(self, **how: Any) -> UUID:
        """File a grievance of the student as the teacher, with what is told otherwise; committed."""
        told = {"student_id": STUDENT, "category": "grade", "severity": "low", "description": "Why?", "by": TEACHER}
        with session_for(self.database.app) as session:
            return file_grievance(session, institution_id=self.number, **{"now": NOW, **told, **how})

    def case(self, grievance_id: UUID, by: int = TEACHER, now: datetime = NOW) -> dict[str, Any]:
        """What every step in a grievance is given."""
        return {"institution_id": self.number, "grievance_id": grievance_id, "now": now, "by": by}

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the administrator reads."""
        with psycopg.connect(self.database.admin_url) as connection:
            return connection.execute(query, values).fetchall()

    def history(self, grievance_id: UUID) -> list[tuple[Any, ...]]:
        """The steps of a grievance, with their words."""
        return self.rows(EVENTS, grievance_id)

    def row(self, grievance_id: UUID) -> tuple[Any, ...]:
        """Status, holder, resolution and when that was."""
        return self.rows(ROW, grievance_id)[0]

    @contextmanager
    def leaving(self, user_id: int) -> Iterator[Session]:
        """A user departs: done when the block begins, committed when it ends."""
        eraser = Viewer(url_of("edukit_eraser", self.database.admin_url))
        with session_for(eraser) as session:
            depart_user(session, institution_id=self.number, user_id=user_id, now=NOW)
            yield session
        engine_for(eraser.database_url).dispose()

    def depart(self, user_id: int) -> None:
        """A user has departed."""
        with self.leaving(user_id):
            pass

    def wait_for_a_waiter(self) -> None:
        """Return once somebody waits for a lock that another holds."""
        waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        with psycopg.connect(self.database.admin_url, autocommit=True) as connection:
            until = monotonic() + 20
            while not connection.execute(waiting).rowcount:
                assert monotonic() < until, "nobody waits"
                sleep(0.01)


@pytest.fixture(scope="module")
def database_of_schools(house: House) -> Iterator[Database]:
    """A database with room for a school for each example."""
    with house.database() as database:
        yield database


@pytest.fixture
def empty_school(database_of_schools: Database) -> Any:
    """Makes a school of which nothing is there yet but its number, at each call."""
    return lambda: School(database_of_schools, next(NUMBERS))


@pytest.fixture
def one(empty_school: Any) -> School:
    """A school of the test's own, whose grievances of grades go to the admin."""
    school: School = empty_school()
    with session_for(school.database.app) as session:
        for statement in SCHOOL.format(n=school.number).strip().split(";\n"):
            session.execute(text(statement))
    return school
