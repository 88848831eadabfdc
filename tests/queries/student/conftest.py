"""What the tests of one student's frames share: some students of the demo school, and a school made by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.rows import dict_row

from edukit.settings import Settings
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from conftest import Database, House

    Rows = Callable[..., list[dict[str, object]]]
    Plain = Callable[..., list[tuple[object, ...]]]

NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)


@pytest.fixture
def rows(house: House, demo: Workbench) -> Rows:
    """What a plain statement says of the demo school, as its administrator."""
    assert demo

    def found(sql: str, **values: object) -> list[dict[str, object]]:
        with psycopg.connect(house.stores.database_url, row_factory=dict_row) as connection:
            connection.execute("SET TIME ZONE 'UTC'")
            return connection.execute(sql, values).fetchall()

    return found


@pytest.fixture
def plain() -> Plain:
    """The columns of a frame as tuples of Python's own values, None where a value is missing."""

    def found(frame: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
        chosen = frame[list(columns)].astype(object)
        return [tuple(row) for row in chosen.where(chosen.notna(), None).to_numpy()]

    return found


@pytest.fixture(params=[0, 7, 19, 31, 44, 59], ids=lambda place: f"student-{place}")
def student_id(request: pytest.FixtureRequest, rows: Rows) -> int:
    """Some students whom the demo's reader sees, by their answers from the fewest (0) to the most (59)."""
    counted = rows(
        "SELECT id FROM students s WHERE institution_id = (SELECT min(id) FROM institutions)"
        " ORDER BY (SELECT count(*) FROM question_attempts a WHERE a.student_id = s.id), id",
    )
    return int(str(counted[request.param * len(counted) // 60]["id"]))


@pytest.fixture
def states(database: Database) -> Workbench:
    """A student with an assignment in each state, another of a class they left, and one who has nothing."""
    day = "timestamptz '2026-06-30 20:00Z' + interval '1 day' *"
    with psycopg.connect(database.admin_url) as admin:
        admin.execute(f"""
            SET session_replication_role = replica;
            INSERT INTO institutions (id, name, time_zone) VALUES (1, 'School', 'Pacific/Kiritimati');
            INSERT INTO users (institution_id, id, role, name)
            VALUES (1, 1, 'student', 'Ada'), (1, 2, 'student', 'Bo'), (1, 3, 'teacher', 'Cy');
            INSERT INTO students (institution_id, id) VALUES (1, 1), (1, 2);
            INSERT INTO classes (institution_id, id, name) VALUES (1, 1, '7A'), (1, 2, '7B');
            INSERT INTO enrolments (institution_id, id, class_id, student_id, enrolled_at, left_at) VALUES
                (1, 1, 1, 1, {day} -60, NULL), (1, 2, 2, 1, {day} -60, {day} -10);
            INSERT INTO assignments (institution_id, id, class_id, title, assigned_at, due_at) VALUES
                (1, 1, 1, 'open', {day} -5, {day} 5), (1, 2, 1, 'missing', {day} -9, {day} -4),
                (1, 3, 1, 'handed in', {day} -9, {day} 3), (1, 4, 1, 'waiting for feedback', {day} -9, {day} -2),
                (1, 5, 1, 'has feedback', {day} -9, {day} -6), (1, 6, 1, 'before they came', {day} -99, {day} -70),
                (1, 7, 1, 'not set yet', {day} 1, {day} 9), (1, 8, 2, 'after they left', {day} -20, {day} -5),
                (1, 9, 2, 'missing there', {day} -30, {day} -15), (1, 10, 1, 'open without end', NULL, NULL),
                (1, 11, 1, 'waiting again', {day} -9, {day} -7);
            INSERT INTO submissions (institution_id, id, assignment_id, student_id, submitted_at)
            SELECT 1, lpad(n::text, 32, '0')::uuid, a, 1, {day} at FROM (VALUES
                (3, 3, -1), (4, 4, -1), (5, 5, -7), (11, 11, -8), (12, 11, -3)) AS given (n, a, at);
            INSERT INTO feedback (institution_id, id, submission_id, student_id, teacher_id, created_at)
            SELECT 1, id, id, 1, 3, submitted_at FROM submissions WHERE assignment_id = 5 OR id::text LIKE '%11';
            INSERT INTO student_points (
                institution_id, student_id, points, xp, level, current_streak, best_streak, last_active_on, computed_at
            ) VALUES (1, 1, 5, 5, 1, 3, 4, '2026-06-30', {day} -1), (1, 2, 5, 5, 1, 3, 4, '2026-06-29', {day} -1)
        """)
    return Workbench(database.viewer, Settings(frozen_now=NOW))
