"""Awards of points: ledger, standing, badges and outbox in step, whoever awards and takes back, and when."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pandas as pd
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from edukit.actions.gamification import AWARDED_FOR, award, correct, refresh_points
from edukit.analytics.points import standing
from edukit.db.session import session_for
from edukit.errors import ActionError, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Database, House
    from sqlalchemy.orm import Session

AS_OF = datetime(2026, 3, 1, 20, tzinfo=UTC)
EVENTS = text("""
    SELECT student_id, event_type, points_awarded, xp_awarded, occurred_at
    FROM gamification_events WHERE institution_id = 1 ORDER BY id""")
SCHOOL = """
    INSERT INTO institutions (id, name, time_zone) VALUES (1, 'School', 'Europe/Zurich');
    INSERT INTO accounts (id, email) VALUES (9, 'teacher@demo.example');
    INSERT INTO users (institution_id, id, account_id, role, name) VALUES
        (1, 9, 9, 'teacher', 'Ms Fern'), (1, 11, NULL, 'student', 'A'), (1, 12, NULL, 'student', 'B'),
        (1, 13, NULL, 'student', 'C');
    INSERT INTO students (institution_id, id) VALUES (1, 11), (1, 12), (1, 13);
    INSERT INTO classes (institution_id, id, name) VALUES (1, 21, '7B'), (1, 22, '7C');
    INSERT INTO enrolments (institution_id, id, class_id, student_id, left_at) VALUES
        (1, 31, 21, 11, NULL), (1, 32, 21, 12, NULL), (1, 33, 22, 11, NULL), (1, 34, 21, 13, '2026-02-01');
    INSERT INTO badges (institution_id, id, name, rarity, criteria) VALUES
        (1, 41, 'First Step', 'common', '{"submissions": 1}'),
        (1, 42, 'Good Listener', 'common', '{"comments_acted_on": 2}'),
        (1, 43, 'Three in a Row', 'rare', '{"current_streak": 3}'),
        (1, 44, 'Rich', 'epic', '{"points": 109, "level": 2}'),
        (1, 45, 'Right', 'epic', '{"correct_answers": 1}'),
        (1, 46, 'By hand', 'epic', '{}');
    """
COUNTED = text("""
    SELECT student_id, event_type, points_awarded, xp_awarded, occurred_at, class_id, user_id, badge_id
    FROM gamification_events WHERE student_id = :student ORDER BY occurred_at, badge_id NULLS FIRST""")
BADGES_OF = text("SELECT badge_id FROM student_badges WHERE student_id = :student ORDER BY 1")
WHOLE: dict[str, Any] = {"institution_id": 1, "student_id": 11, "class_id": 21, "event_type": "practice", "by": 9}
steps = st.lists(
    st.tuples(
        st.integers(0, 3),  # days since the step before
        st.sampled_from([11, 12]),
        st.sampled_from(AWARDED_FOR) | st.none(),  # None: take an event back
        st.integers(0, 100),
        st.integers(0, 1000),
    ),
    max_size=8,
)


@pytest.fixture(scope="module")
def school(house: House) -> Iterator[Database]:
    """A database with a small school; leave it as it is."""
    with house.database() as database:
        with psycopg.connect(database.admin_url) as admin:
            admin.execute(SCHOOL)
        yield database


@pytest.fixture
def acting(school: Database) -> Iterator[Session]:
    """A session of the teacher's login whose writes are undone at the end."""
    with session_for(school.app) as session:
        yield session
        session.rollback()


def events_of(session: Session) -> pd.DataFrame:
    result = session.execute(EVENTS)
    frame = pd.DataFrame(result.all(), columns=list(result.keys()))
    return frame.astype({"occurred_at": "datetime64[us, UTC]"})


def standing_of(session: Session, student: int) -> dict[str, Any]:
    found = session.execute(text("SELECT * FROM student_points WHERE student_id = :student"), {"student": student})
    return dict(found.one()._mapping)


def told(session: Session) -> set[tuple[int | None, int | None]]:
    return {tuple(row) for row in session.execute(text("SELECT class_id, student_id FROM outbox"))}


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(steps=steps)
def test_standings_follow_from_the_ledger_after_any_steps(
    school: Database, steps: list[tuple[int, int, str | None, int, int]]
) -> None:
    """After any awards and corrections each stored standing is the pure function of the student's whole ledger."""
    with session_for(school.app) as session:
        now, events = AS_OF, []
        for days, student, kind, points, xp in steps:
            now += timedelta(days=days)
            if kind is not None:
                given = {**WHOLE, "student_id": student, "event_type": kind}
                events.append(award(session, **given, points=points, xp=xp, now=now))
            elif events:
                correct(session, institution_id=1, event_id=events.pop(points % len(events)), now=now, by=9)
        ledger = events_of(session)
        computed = standing(ledger, today=now.date(), time_zone="Europe/Zurich").set_index("student_id")
        for student in computed.index:
            stored, today = standing_of(session, student), now.date()
            assert [stored[name] for name in ("points", "xp", "level", "best_streak", "last_active_on")] == (
                computed.loc[student, ["points", "xp", "level", "best_streak", "last_active_on"]].tolist()
            )
            # Who was last renewed earlier has the streak of that day.
            if stored["computed_at"].date() == today:
                assert stored["current_streak"] == computed.loc[student, "current_streak"]
        session.rollback()


def test_an_award_is_whole(acting: Session) -> None:
    """An award is one event with everything that was said of it, the standing that follows, and word in the outbox."""
    id_ = award(acting, **WHOLE, points=5, xp=7, now=AS_OF)
    assert id_.version == 7
    (event,) = acting.execute(COUNTED, {"student": 11})
    assert tuple(event) == (11, "practice", 5, 7, AS_OF, 21, 9, None)
    stored = standing_of(acting, 11)
    assert [stored[name] for name in ("points", "xp", "level", "current_streak", "computed_at")] == [5, 7, 1, 1, AS_OF]
    assert told(acting) == {(21, None), (None, 11)}


def test_an_award_tried_twice_is_one(acting: Session) -> None:
    """The same award with the same id is added once; another with that id is refused."""
    id_ = UUID(int=7)
    for _ in range(2):
        assert award(acting, **WHOLE, points=5, xp=5, now=AS_OF, event_id=id_) == id_
    assert standing_of(acting, 11)["points"] == 5
    with pytest.raises(ActionError, match=r"Another award has the id .* make a new id"):
        award(acting, **WHOLE, points=6, xp=5, now=AS_OF, event_id=id_)


def test_badges_come_when_they_are_reached_and_once(acting: Session) -> None:
    """Each badge comes with the award that reaches it, with its own event; what else it needs is left to others."""
    award(acting, **{**WHOLE, "event_type": "submission"}, points=1, xp=1, now=AS_OF)
    assert acting.scalars(BADGES_OF, {"student": 11}).all() == [41]
    for day in (1, 2):
        award(acting, **{**WHOLE, "event_type": "feedback"}, points=0, xp=0, now=AS_OF + timedelta(days=day))
    assert acting.scalars(BADGES_OF, {"student": 11}).all() == [41, 42, 43]
    earned = [tuple(row)[1:] for row in acting.execute(COUNTED, {"student": 11}) if row.badge_id]
    assert [event[-1] for event in earned] == [41, 42, 43]
    assert [event[:3] for event in earned] == [
        ("achievement", 10, 25),
        ("achievement", 10, 25),
        ("achievement", 25, 25),
    ]
    assert {event[4:6] for event in earned} == {(None, None)}


def test_a_badge_may_reach_another(acting: Session) -> None:
    """The points of one badge may be what the next one asks for: both come with the same award."""
    award(acting, **{**WHOLE, "event_type": "submission"}, points=99, xp=80, now=AS_OF)
    assert acting.scalars(BADGES_OF, {"student": 11}).all() == [41, 44]
    assert standing_of(acting, 11)["points"] == 99 + 10 + 50


def test_what_is_taken_back_stays_in_the_ledger(acting: Session) -> None:
    """A correction stands beside the award with its points below 0, by whoever took it back; badges stay."""
    id_ = award(acting, **{**WHOLE, "event_type": "submission"}, points=8, xp=9, now=AS_OF)
    later = AS_OF + timedelta(days=2)
    assert correct(acting, institution_id=1, event_id=id_, now=later, by=9) != id_
    events = [tuple(row) for row in acting.execute(COUNTED, {"student": 11})]
    assert events[0][1:4] == ("submission", 8, 9)
    assert events[-1] == (11, "correction", -8, -9, later, 21, 9, None)
    stored = standing_of(acting, 11)
    assert (stored["points"], stored["last_active_on"]) == (10, AS_OF.date())
    assert acting.scalars(BADGES_OF, {"student": 11}).all() == [41]


def test_what_was_taken_back_reaches_no_badge(acting: Session) -> None:
    """A badge for two comments acted on comes with the second that stands: one that was taken back is none of them."""
    given = {**WHOLE, "event_type": "feedback", "points": 1, "xp": 1}
    correct(acting, institution_id=1, event_id=award(acting, **given, now=AS_OF), now=AS_OF, by=9)
    award(acting, **given, now=AS_OF + timedelta(hours=1))
    assert 42 not in acting.scalars(BADGES_OF, {"student": 11}).all()
    award(acting, **given, now=AS_OF + timedelta(hours=2))
    assert 42 in acting.scalars(BADGES_OF, {"student": 11}).all()


def test_nothing_is_taken_back_twice_nor_a_badge(acting: Session) -> None:
    """An award is taken back once; a correction, an event with a badge and one that is not there are refused."""
    id_ = award(acting, **{**WHOLE, "event_type": "submission"}, points=8, xp=9, now=AS_OF)
    correction = correct(acting, institution_id=1, event_id=id_, now=AS_OF, by=9)
    with_badge = acting.scalar(text("SELECT id FROM gamification_events WHERE badge_id = 41"))
    before = events_of(acting)
    for event_id, reason in (
        (id_, "taken back before"),
        (correction, "is itself a correction"),
        (with_badge, "came with a badge"),
    ):
        with pytest.raises(ActionError, match=reason):
            correct(acting, institution_id=1, event_id=event_id, now=AS_OF, by=9)
    with pytest.raises(NotFound, match=r"no award .* ledger"):
        correct(acting, institution_id=1, event_id=UUID(int=5), now=AS_OF, by=9)
    pd.testing.assert_frame_equal(events_of(acting), before)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"points": 101}, "0 to 100 points, not 101"),
        ({"points": -1}, "0 to 100 points, not -1"),
        ({"xp": 1001}, "0 to 1,000 experience points, not 1,001"),
        ({"event_type": "correction"}, "not for 'correction'"),
        ({"event_type": "shoe"}, "not for 'shoe'"),
        ({"student_id": 13}, "C is not enrolled in 7B now, and nothing"),
        ({"student_id": 99}, "Student 99 is not enrolled in 7B now"),
        ({"class_id": 77}, "A is not enrolled in class 77 now"),
        ({"class_id": 22, "student_id": 12}, "B is not enrolled in 7C now"),
    ],
)
def test_an_award_against_a_rule_is_refused(acting: Session, change: dict[str, Any], reason: str) -> None:
    """Too many points, too few, for nothing known, to who left, never was there or is in another class: no row."""
    with pytest.raises(ActionError, match=reason):
        award(acting, **{**WHOLE, "points": 1, "xp": 1, "now": AS_OF, **change})
    assert events_of(acting).empty
    assert told(acting) == set()


def test_awards_at_the_same_time_are_all_counted(database: Database) -> None:
    """Eight sessions award to one student at once, and every point is in the standing; each badge comes once."""
    with psycopg.connect(database.admin_url) as admin:
        admin.execute(SCHOOL)
    start = threading.Barrier(8)

    def once(number: int) -> None:
        with session_for(database.app) as session:
            start.wait(30)
            given = {**WHOLE, "class_id": 21 + number % 2, "event_type": "submission"}
            award(session, **given, points=number, xp=10, now=AS_OF)

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(once, number) for number in range(1, 9)]:
            done.result()
    with session_for(database.app) as session:
        assert acted(session) == (8, 36, 36 + 10, 80 + 25)


def acted(session: Session) -> tuple[Any, ...]:
    """Awards and their points in the ledger, and the points and experience of the standing."""
    counted = session.execute(
        text("SELECT count(*), sum(points_awarded) FROM gamification_events WHERE event_type = 'submission'")
    ).one()
    stored = standing_of(session, 11)
    return (*counted, stored["points"], stored["xp"])


def test_a_refresh_waits_for_an_award(database: Database) -> None:
    """A refresh of everybody, begun while an award is not committed yet, counts the award."""
    with psycopg.connect(database.admin_url) as admin:
        admin.execute(SCHOOL)

    def refresh() -> None:
        with session_for(database.app) as session:
            refresh_points(session, institution_id=1, now=AS_OF)

    with ThreadPoolExecutor(1) as pool:
        with session_for(database.app) as session:
            award(session, **WHOLE, points=5, xp=5, now=AS_OF)
            done = pool.submit(refresh)
            with pytest.raises(TimeoutError):
                done.result(0.5)
        done.result(30)
    with session_for(database.app) as session:
        assert standing_of(session, 11)["points"] == 5
