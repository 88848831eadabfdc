"""Boards, badges and the ledger: the frames equal plain SQL, and their cost does not grow with the class."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import event, text

import edukit
from edukit.actions.gamification import award, correct
from edukit.db.session import engine_for, session_for
from edukit.queries import gamification
from edukit.queries.frames import FRAMES
from edukit.settings import Settings
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Database, House
    from sqlalchemy.orm import Session

NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)
# Students 1 to n are in class 1; n + 1 left it; student 1 is in class 2 as well, and class 3 is nobody's.
SCHOOL = """
    INSERT INTO institutions (id, name, time_zone) VALUES (1, 'School', 'Pacific/Auckland');
    INSERT INTO accounts (id, email) VALUES (999, 'teacher@demo.example');
    INSERT INTO users (institution_id, id, role, name) SELECT 1, s, 'student', 'Student ' || s
    FROM generate_series(1, %(students)s + 1) AS s;
    INSERT INTO users (institution_id, id, account_id, role, name) VALUES (1, 999, 999, 'teacher', 'Ms Fern');
    INSERT INTO students (institution_id, id, named_on_boards)
    SELECT 1, id, id %% 2 = 1 FROM users WHERE role = 'student';
    INSERT INTO classes (institution_id, id, name) VALUES (1, 1, '7A'), (1, 2, '7B'), (1, 3, 'empty');
    INSERT INTO class_teachers (institution_id, class_id, teacher_id) VALUES (1, 1, 999), (1, 2, 999), (1, 3, 999);
    INSERT INTO enrolments (institution_id, id, class_id, student_id, left_at)
    SELECT 1, id, 1, id, CASE WHEN id > %(students)s THEN timestamptz '2026-06-01 00:00Z' END FROM students;
    INSERT INTO enrolments (institution_id, id, class_id, student_id) VALUES (1, 9999, 2, 1);
    INSERT INTO badges (institution_id, id, name, rarity, description) VALUES
        (1, 1, 'First', 'common', 'The first.'), (1, 2, 'Last', 'epic', NULL);
    INSERT INTO student_badges (institution_id, student_id, badge_id, unlocked_at)
    SELECT 1, id, b, timestamptz '2026-06-01 00:00Z' + b * interval '1 day'
    FROM students, generate_series(1, id %% 3) AS b;
    INSERT INTO gamification_events (institution_id, id, student_id, class_id, event_type, points_awarded, occurred_at)
    SELECT 1, gen_random_uuid(), s.id, c, 'practice', s.id %% 4, timestamptz '2026-06-30 19:00Z' - d * interval '1 day'
    FROM students AS s, generate_series(1, 2) AS c, generate_series(0, 9) AS d WHERE s.id %% 4 > 0;
    INSERT INTO student_points (
        institution_id, student_id, points, xp, level, current_streak, best_streak, last_active_on, computed_at
    ) SELECT 1, id, 9, 10 * id, 2, 3, 4, CASE WHEN id %% 2 = 1 THEN date '2026-06-30' ELSE date '2026-06-29' END,
        timestamptz '2026-06-30 00:00Z'
    FROM students WHERE id %% 5 > 0;
    """


def make_school(database: Database, students: int) -> Workbench:
    """A teacher's Workbench on a class of so many students."""
    with psycopg.connect(database.admin_url, cursor_factory=psycopg.ClientCursor) as admin:
        admin.execute(SCHOOL, {"students": students})
    return Workbench(database.teacher, Settings(frozen_now=NOW))


@pytest.fixture(scope="module")
def school(house: House) -> Iterator[Database]:
    """A class of seven; leave it as it is."""
    with house.database() as database:
        make_school(database, 7)
        yield database


@pytest.fixture
def edu(school: Database) -> Workbench:
    """A teacher's Workbench on the class of seven."""
    return Workbench(school.teacher, Settings(frozen_now=NOW))


@pytest.fixture
def acting(school: Database) -> Iterator[Session]:
    """A session of the teacher's login whose writes are undone at the end."""
    with session_for(school.teacher) as session:
        yield session
        session.rollback()


def test_boards_of_the_demo_equal_sql(house: House) -> None:
    """In each class of the demo: who is on the board, their points, recent points, ranks and badges are plain SQL's."""
    edu = house.demo
    told = text("""
        WITH own AS (
            SELECT e.class_id, e.student_id, coalesce(sum(g.points_awarded), 0) AS points,
                coalesce(sum(g.points_awarded) FILTER (WHERE g.occurred_at > :since), 0) AS recent,
                (SELECT count(*) FROM student_badges b WHERE b.student_id = e.student_id) AS badges
            FROM enrolments e LEFT JOIN gamification_events g USING (institution_id, class_id, student_id)
            WHERE e.left_at IS NULL GROUP BY 1, 2
        )
        SELECT class_id, student_id, points, recent, badges, rank() OVER (PARTITION BY class_id ORDER BY points DESC)
        FROM own ORDER BY 1, 2""")
    with session_for(edu._viewer) as session:
        counted = {tuple(row) for row in session.execute(told, {"since": NOW - timedelta(days=7)})}
    columns = ["student_id", "points", "recent_points", "badges", "rank"]
    boards = {class_id: edu.leaderboard(class_id) for class_id in edu.classes()["class_id"].tolist()}
    rows = {(class_id, *row) for class_id, board in boards.items() for row in board[columns].to_numpy().tolist()}
    assert rows == counted
    assert sum(row[3] for row in rows) > 0


def test_a_board_tells_what_is_so(edu: Workbench) -> None:
    """Everybody enrolled now and nobody else, with who has no award and no standing yet; names by consent."""
    board = edu.leaderboard("7A").set_index("student_id")
    assert sorted(board.index) == [*range(1, 8)]
    assert board["rank"].tolist() == [1, 1, 3, 3, 5, 5, 7]
    assert board.index.tolist() == [3, 7, 2, 6, 1, 5, 4]
    assert board.loc[[3, 4], ["points", "recent_points", "badges"]].to_numpy().tolist() == [[30, 21, 0], [0, 0, 1]]
    assert board.loc[[1, 2], "shown_name"].tolist() == ["Student 1", "A classmate"]
    assert board.loc[5, ["xp", "level", "current_streak", "best_streak"]].tolist() == [0, 1, 0, 0]
    assert board["last_active_on"].isna().tolist() == [number == 5 for number in board.index]
    assert edu.leaderboard(3).empty


def test_a_streak_that_is_over_is_not_shown(edu: Workbench) -> None:
    """In Auckland it is July the first: who was last there on the day before yesterday has no streak any more."""
    board = edu.leaderboard(1).set_index("student_id")
    assert (board.loc[1, "last_active_on"].date(), board.loc[1, "current_streak"]) == (date(2026, 6, 30), 3)
    assert (board.loc[2, "last_active_on"].date(), board.loc[2, "current_streak"]) == (date(2026, 6, 29), 0)


def test_neighbours_are_rows_of_the_board(edu: Workbench) -> None:
    """Two above and two below, as they stand on the board; who is not on it is told."""
    board = edu.leaderboard(1)
    assert edu.neighbours(1, 6)["student_id"].tolist() == board["student_id"].tolist()[1:6]
    assert edu.neighbours("7A", 4, around=1)["rank"].tolist() == [5, 7]
    with pytest.raises(edukit.NotFound, match=r"student 8 on the board of class 1; leaderboard\(\)"):
        edu.neighbours(1, 8)


def test_badges_are_a_students_own(edu: Workbench) -> None:
    """The latest first, with rarity and reason; nobody's are empty, and an unknown student is told."""
    assert edu.badges(2)[["name", "rarity"]].to_numpy().tolist() == [["Last", "epic"], ["First", "common"]]
    assert edu.badges(2)["description"].isna().tolist() == [True, False]
    assert edu.badges(3).empty
    with pytest.raises(edukit.NotFound):
        edu.badges(77)


def test_the_ledger_tells_what_was_taken_back(acting: Session) -> None:
    """Each event with its class, badge and author, the latest first; an award that a correction takes back says so."""
    given: dict[str, Any] = {"institution_id": 1, "student_id": 4, "class_id": 1, "by": 999}
    first = award(acting, **given, event_type="practice", points=5, xp=6, now=NOW)
    award(acting, **given, event_type="feedback", points=1, xp=1, now=NOW + timedelta(hours=1))
    correct(acting, institution_id=1, event_id=first, now=NOW + timedelta(hours=2), by=None)
    frame = gamification.points_ledger(acting, institution_id=1, student_id=4)
    assert frame["event_type"].tolist() == ["correction", "feedback", "practice"]
    assert frame["taken_back"].tolist() == [False, False, True]
    assert frame[["points", "xp", "class_name"]].to_numpy().tolist() == [[-5, -6, "7A"], [1, 1, "7A"], [5, 6, "7A"]]
    assert frame["awarded_by"].fillna("").tolist() == ["", "Ms Fern", "Ms Fern"]
    assert UUID(frame["event_id"].iloc[2]) == first


def test_frames_fit_their_declarations(house: House, edu: Workbench) -> None:
    """Columns, dtypes and nullability are those that describe() tells."""
    demo = house.demo
    board = demo.leaderboard(int(demo.classes()["class_id"].iloc[0]))
    student_id = int(board["student_id"].iloc[0])
    found = {"leaderboard": board, "badges": demo.badges(student_id), "points_ledger": demo.points_ledger(student_id)}
    assert all(len(frame) for frame in found.values())
    for name, frame in [*found.items(), ("leaderboard", edu.leaderboard(3)), ("points_ledger", edu.points_ledger(4))]:
        declared = {column.name: column for column in FRAMES[name].columns}
        assert {column: str(dtype) for column, dtype in frame.dtypes.items()} == {
            column.name: column.dtype for column in declared.values()
        }
        assert not frame[[column for column in declared if not declared[column].nullable]].isna().any(axis=None)


@pytest.mark.parametrize("students", [1, 400])
def test_a_board_costs_the_same_for_any_class(database: Database, students: int) -> None:
    """A class of one and a class of 400 are the same number of statements."""
    edu = make_school(database, students)
    edu.classes()
    sent: list[str] = []
    engine = engine_for(database.teacher.database_url)
    event.listen(engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    assert len(edu.leaderboard(1)) == students
    assert len(sent) <= 5


def test_what_is_done_at_the_desk_is_done_by_somebody(database: Database) -> None:
    """An award and its correction stand in the ledger in the name of the viewer's account, and the board follows."""
    edu = make_school(database, 3)
    before = edu.leaderboard(1).set_index("student_id").loc[2, "points"]
    event_id = edu.award_points("7A", 2, 9)
    assert edu.leaderboard(1).set_index("student_id").loc[2, "points"] == before + 9
    row = edu.points_ledger(2).iloc[0]
    assert row[["event_type", "points", "xp", "awarded_by"]].tolist() == ["achievement", 9, 9, "Ms Fern"]
    edu.correct_points(str(event_id))
    assert edu.leaderboard(1).set_index("student_id").loc[2, "points"] == before
    for unknown in (UUID(int=1), "shoe"):
        with pytest.raises(edukit.NotFound, match=r"no award .* ledger|no award 'shoe'"):
            edu.correct_points(unknown)


def test_who_only_reads_awards_nothing(database: Database) -> None:
    """A student's login only reads and is told so in a sentence, and so is a viewer in nobody's name."""
    make_school(database, 3)
    for viewer, reason in ((database.minted(1, 2), "This login only reads"), (database.viewer, "in whose name")):
        with pytest.raises(edukit.ActionError, match=reason):
            Workbench(viewer, Settings(frozen_now=NOW)).award_points(1, 2, 9)


def test_recent_points_are_those_of_the_days_asked_for(edu: Workbench) -> None:
    """From one moment up to, and without, another; the standing is the same, and days to come add nothing."""
    whole = edu.leaderboard(1).set_index("student_id")
    some = edu.leaderboard(1, "2026-06-25T00:00Z", "2026-06-27T00:00Z").set_index("student_id")
    assert some.loc[[3, 2, 4], "recent_points"].tolist() == [6, 4, 0]
    assert some["points"].equals(whole["points"])
    assert edu.leaderboard(1, until="2026-06-21T20:00Z").set_index("student_id").loc[3, "recent_points"] == 3
    assert edu.leaderboard(1, since="2026-07-01")["recent_points"].sum() == 0
    with pytest.raises(edukit.ActionError, match="since takes a moment"):
        edu.leaderboard(1, "June")
