"""Recording attempts: stored with the mastery that follows, once, whole or not at all, and equal to a replay."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import pandas as pd
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from edukit.actions.attempts import Attempt, record_attempts
from edukit.actions.mastery_models import FittedTo, record_validation, retire_model, serve_model, store_candidate
from edukit.actions.mastery_scoring import TRACING, read_coded
from edukit.actions.practice import refresh_mastery
from edukit.analytics.prediction.model import fit_model
from edukit.analytics.prediction.storage import as_json
from edukit.analytics.prediction.tracing import traced_concepts
from edukit.db.session import session_for
from edukit.errors import ActionError, NotFound
from edukit.offline.store import offline_session, open_store
from edukit.queries.answers import attempts_by_student

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Database, House
    from sqlalchemy.orm import Session

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)
MODEL = 4_100_200_300  # decoded models are kept by institution and id: no other test has this one
STUDENT, CLASSMATE, QUESTIONS = 1, 2, 12
# Questions ask for one concept, for two, or (12) for none; concept 6 and questions 10 and 11 are new to the model.
SCHOOL = """
    INSERT INTO institutions (id, name) VALUES (1, 'North'), (2, 'South');
    INSERT INTO users (institution_id, id, role, name)
        SELECT i, g, 'student', 'S' || g FROM generate_series(1, 30) g, generate_series(1, 2) i;
    INSERT INTO students (institution_id, id) SELECT institution_id, id FROM users;
    INSERT INTO topics (institution_id, id, name) VALUES (1, 1, 'T');
    INSERT INTO concepts (institution_id, id, topic_id, name) SELECT 1, g, 1, 'C' || g FROM generate_series(1, 6) g;
    INSERT INTO questions (institution_id, id) SELECT 1, g FROM generate_series(1, 12) g;
    INSERT INTO question_concepts (institution_id, question_id, concept_id)
        SELECT 1, g, 1 + g % 5 FROM generate_series(1, 9) g
        UNION ALL VALUES (1, 3, 3), (1, 10, 6), (1, 11, 6), (1, 11, 1);
    INSERT INTO classes (institution_id, id, name) VALUES (1, 1, '7B'), (1, 2, '7C'), (1, 3, '7D');
    INSERT INTO enrolments (institution_id, id, class_id, student_id)
        VALUES (1, 1, 1, 1), (1, 2, 2, 1), (1, 3, 2, 2);"""
ANSWERS = """
    INSERT INTO question_attempts (institution_id, id, student_id, question_id, sequence, attempted_at, is_correct)
    SELECT 1, gen_random_uuid(), s, 1 + (s * 7 + k * 5) % 9, 1700000000000000 + k * 60000000,
        timestamptz '2023-11-14 22:13:20Z' + k * interval '1 minute', (hashint8(s * 100 + k) & 1023) < 400 + 20 * k
    FROM generate_series(3, 30) s, generate_series(1, 24) k"""
DEVICE = """
    INSERT INTO institutions (id, name) VALUES (1, 'North');
    INSERT INTO users (institution_id, id, role, name) VALUES (1, 1, 'student', 'A');
    INSERT INTO students (institution_id, id) VALUES (1, 1);
    INSERT INTO topics (institution_id, id, name) VALUES (1, 1, 'T');
    INSERT INTO concepts (institution_id, id, topic_id, name) VALUES (1, 1, 1, 'C');
    INSERT INTO questions (institution_id, id) VALUES (1, 1);
    INSERT INTO question_concepts (institution_id, question_id, concept_id) VALUES (1, 1, 1)"""
STORED = "SELECT * FROM concept_mastery WHERE institution_id = 1 AND student_id = {} ORDER BY concept_id"
ALL = ("question_attempts", "concept_mastery", "mastery_states", "outbox")
KILLED = """
import os, signal, sys
from datetime import datetime, timedelta
from uuid import UUID
from edukit.actions import attempts, mastery_states
from edukit.db.session import Viewer, session_for
written = getattr(mastery_states, sys.argv[2])
def killing(*given, **named):
    done = written(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(mastery_states, sys.argv[2], killing)
now = datetime.fromisoformat(sys.argv[3])
one = attempts.Attempt(id=UUID(int=5), question_id=1, is_correct=True, attempted_at=now - timedelta(hours=1))
with session_for(Viewer(sys.argv[1])) as session:
    attempts.record_attempts(session, institution_id=1, student_id=1, attempts=[one], now=now)
"""


def fitted(session: Session) -> None:
    """Fit a model with its tracing to the school's answers, and let it serve."""
    here: dict[str, Any] = {"institution_id": 1}
    attempts, _ = read_coded(session, 1, attempts_by_student(session, **here)["student_id"])
    parameters = as_json(fit_model(attempts, rng=np.random.default_rng(1))) | {TRACING: traced_concepts(attempts)}
    store_candidate(session, **here, model_id=MODEL, parameters=parameters, fitted=FittedTo(None, None, 9, 9, NOW))
    record_validation(session, **here, metrics={}, holds=True, now=NOW)
    serve_model(session, **here, model_id=MODEL, now=NOW, progress=lambda _share: None)


@pytest.fixture(scope="module")
def school(house: House) -> Iterator[Database]:
    """A school whose students 3 to 30 have answered, scored by a model: leave it as it is."""
    with house.database() as database:
        with psycopg.connect(database.admin_url) as admin:
            admin.execute(SCHOOL)
            admin.execute(ANSWERS)
        with session_for(database.app) as session:
            fitted(session)
        yield database


@pytest.fixture
def committed(school: Database) -> Iterator[Database]:
    """The school, for tests that commit: what they have written of its first students is deleted."""
    yield school
    with psycopg.connect(school.admin_url) as admin:
        for table in ("mastery_states", "concept_mastery", "question_attempts"):
            admin.execute(f"DELETE FROM {table} WHERE student_id < 3")
        admin.execute("DELETE FROM outbox")


@pytest.fixture(params=["model", "rule"])
def session(school: Database, request: pytest.FixtureRequest) -> Iterator[Session]:
    """A session on that school whose writes are undone at the end; with the model, and once more with the rule."""
    with session_for(school.app) as session:
        if request.param == "rule":
            retire_model(session, institution_id=1, status="serving")
        session.execute(text("DELETE FROM outbox"))
        yield session
        session.rollback()


def attempt(number: int, minutes: float = 0, question_id: int = 1, **more: Any) -> Attempt:
    """An answer, so many minutes before now."""
    at = NOW - timedelta(minutes=minutes)
    return Attempt(
        **{"id": UUID(int=number), "question_id": question_id, "is_correct": True, "attempted_at": at} | more
    )


def record(session: Session, *attempts: Attempt, student_id: int = STUDENT, now: datetime = NOW) -> int:
    return record_attempts(session, institution_id=1, student_id=student_id, attempts=attempts, now=now)


def stored(session: Session, student_id: int = STUDENT) -> pd.DataFrame:
    result = session.execute(text(STORED.format(student_id)))
    return pd.DataFrame(result.all(), columns=list(result.keys())).drop(columns="computed_at")


@contextmanager
def undone(session: Session) -> Iterator[None]:
    """What is written in the block is undone at its end."""
    savepoint = session.begin_nested()
    try:
        yield
    finally:
        savepoint.rollback()


def history(session: Session, student_id: int = STUDENT) -> pd.DataFrame:
    query = "SELECT * FROM mastery_history WHERE institution_id = 1 AND student_id = {} ORDER BY concept_id, week"
    result = session.execute(text(query.format(student_id)))
    return pd.DataFrame(result.all(), columns=list(result.keys()))


def refreshed(session: Session, student_id: int = STUDENT, now: datetime = NOW) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What a refresh would store; it is undone."""
    with undone(session):
        refresh_mastery(session, institution_id=1, now=now, student_ids=[student_id])
        return stored(session, student_id), history(session, student_id)


def expect_replay(session: Session, student_id: int = STUDENT, now: datetime = NOW) -> None:
    found, whole = (stored(session, student_id), history(session, student_id)), refreshed(session, student_id, now)
    pd.testing.assert_frame_equal(found[0], whole[0], rtol=1e-12, atol=1e-9)
    # The past is kept in single precision.
    pd.testing.assert_frame_equal(found[1], whole[1], rtol=1e-6)


def count(session: Session, table: str) -> int:
    return int(session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


answered = st.builds(
    attempt,
    number=st.integers(1, 60),
    minutes=st.integers(0, 20_000),
    question_id=st.integers(1, QUESTIONS),
    is_correct=st.booleans(),
    time_taken_seconds=st.none() | st.floats(0, 900),
    confidence=st.none() | st.floats(0, 1),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    attempts=st.lists(answered, min_size=1, max_size=14, unique_by=lambda one: one.id),
    cuts=st.lists(st.integers(0, 14), max_size=14),
    again=st.integers(0, 14),
    by_time=st.booleans(),
)
def test_recording_equals_a_replay(
    session: Session, attempts: list[Attempt], cuts: list[int], again: int, *, by_time: bool
) -> None:
    """Any concepts and sets of them, one by one or some at once, in order or late, some twice: equal to 1e-9."""
    if by_time:
        attempts = sorted(attempts, key=lambda one: one.attempted_at)
    with undone(session):
        for part in np.split(np.array(attempts, dtype=object), sorted(cuts)):
            assert record(session, *part) == len(part)
        assert record(session, *attempts[:again]) == 0
        expect_replay(session)
        assert count(session, "mastery_states") == 1


def test_what_follows_from_an_answer_is_written(session: Session) -> None:
    """The attempt with all that is told of it, mastery of its concepts, and word of the student and their classes."""
    whole = attempt(
        1, 5, 3, class_id=2, time_taken_seconds=2.5, hint_count=1, confidence=0.5, answer="½", selected_option=2,
        xp_earned=7,
    )  # fmt: skip
    assert record(session, whole) == 1
    row = session.execute(text("SELECT * FROM question_attempts WHERE student_id = 1")).one()
    assert {name: getattr(row, name) for name in vars(whole)} == vars(whole)
    assert row.sequence == (whole.attempted_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    found = stored(session)
    assert found["concept_id"].tolist() == [3, 4]
    assert found["last_attempted_at"].tolist() == [whole.attempted_at] * 2
    assert found["avg_time_seconds"].tolist() == [2.5, 2.5]
    told = session.execute(text("SELECT class_id, student_id FROM outbox")).all()
    assert sorted(told, key=str) == [(1, None), (2, None), (None, 1)]


def test_an_answer_moves_every_concept_of_the_student(session: Session) -> None:
    """By the model an answer on one concept also tells of the others; by the rule it does not. Nobody else's moves."""
    model = session.scalar(text("SELECT count(*) FROM mastery_models WHERE status = 'serving'"))
    record(session, attempt(1, 9, 1), attempt(2, 8, 2))
    before, of_other = stored(session).set_index("concept_id"), stored(session, 3)
    record(session, attempt(3, 1, 1, is_correct=False))
    after = stored(session).set_index("concept_id")
    moved = (after["mastery_score"] != before["mastery_score"]).to_dict()
    assert moved == {2: True, 3: bool(model)}
    pd.testing.assert_frame_equal(stored(session, 3), of_other)
    assert after["p_known"].notna().tolist() == [bool(model)] * 2


def test_recording_again_does_nothing(session: Session) -> None:
    """A retry is harmless, also beside something new: nothing moves, and nobody is told twice."""
    record(session, attempt(1, 5, time_taken_seconds=0.1))
    kept = {table: session.execute(text(f"SELECT * FROM {table} ORDER BY 2, 3")).all() for table in ALL}
    once_more = attempt(1, 5, time_taken_seconds=0.1)
    assert record(session, once_more, once_more, now=NOW + timedelta(days=9)) == 0
    assert {table: session.execute(text(f"SELECT * FROM {table} ORDER BY 2, 3")).all() for table in ALL} == kept
    assert record(session, once_more, attempt(2, 4)) == 1
    expect_replay(session)


def test_an_id_is_one_attempts(session: Session) -> None:
    """What has the id of another attempt is refused with all that differs, of the student's own or of another's."""
    first = attempt(1, 5, confidence=0.5)
    record(session, first)
    other = replace(first, is_correct=False, confidence=None)
    differs = r"is there already, and is another: is_correct is False and was True; confidence is None and was 0\.5\."
    for send in (
        lambda: record(session, other),
        lambda: record(session, attempt(2, 5, confidence=0.5), replace(other, id=UUID(int=2))),
    ):
        with pytest.raises(ActionError, match=differs + " Nothing was recorded: give what is new an id of its own"):
            send()
    with pytest.raises(ActionError, match="is another: student_id is 2 and was 1"):
        record(session, first, student_id=CLASSMATE)
    assert session.scalar(text("SELECT count(*) FROM question_attempts WHERE student_id <= 2")) == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"time_taken_seconds": -3.0, "hint_count": -1}, r"seconds is -3.0 and must be 0 or more, and finite; hint_co"),
        ({"time_taken_seconds": float("nan")}, "time_taken_seconds is nan and must be"),
        ({"time_taken_seconds": float("inf")}, "time_taken_seconds is inf and must be"),
        ({"confidence": 1.5}, r"confidence is 1\.5 and must be from 0 to 1\. Nothing was recorded: mend it"),
        ({"selected_option": 40_000}, "selected_option is 40000 and must be from 0 to 32,767"),
        ({"answer": "a\0b"}, "answer has a NUL or half of a character"),
        ({"answer": "well \ud83d"}, "answer has a NUL or half of a character"),
        ({"minutes": -1}, r"attempted_at is 2026-05-04T08:01:00\+00:00 and must not be after 2026-05-04T08:00:00"),
        ({"attempted_at": datetime(2026, 1, 1)}, "2026-01-01T00:00:00 and must have a time zone"),  # noqa: DTZ001
    ],
)
def test_what_is_impossible_is_refused(session: Session, wrong: dict[str, Any], told: str) -> None:
    """Each message has the name, the rule, the value and the next step; what came with it is not stored, either."""
    with pytest.raises(ActionError, match=told):
        record(session, attempt(1, 9), attempt(2, **wrong))
    assert session.scalar(text("SELECT count(*) FROM question_attempts WHERE student_id = 1")) == 0


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"student_id": 77}, "no student 77 at institution 1"),
        ({"institution_id": 9}, "no student 1 at institution 9"),
        ({"attempts": [attempt(1, question_id=99), attempt(2, question_id=98)]}, "no question 98, 99 at institution 1"),
        ({"attempts": [attempt(1, class_id=9)]}, "no class 9 at institution 1"),
        ({"institution_id": 2}, "no question 1 at institution 2"),
    ],
)
def test_what_is_not_there_is_refused(session: Session, given: dict[str, Any], told: str) -> None:
    """A student, question or class of nobody or of another institution is named, and nothing is stored."""
    whole = {"institution_id": 1, "student_id": STUDENT, "attempts": [attempt(1)], "now": NOW} | given
    with pytest.raises(NotFound, match=told + r"\. Nothing was recorded"):
        record_attempts(session, **whole)
    assert session.scalar(text("SELECT count(*) FROM question_attempts WHERE student_id < 3")) == 0


def test_what_others_wrote_is_seen(session: Session) -> None:
    """A state is gone on from only where it knows all: a refresh forgets it, a later answer of others outdates it."""
    record(session, attempt(1, 50), attempt(2, 40, 2))
    insert = text("""
        INSERT INTO question_attempts
            (institution_id, id, student_id, question_id, sequence, attempted_at, is_correct)
        SELECT 1, gen_random_uuid(), 1, 4, extract(epoch FROM at)::bigint * 1000000, at, false
        FROM (SELECT CAST(:at AS timestamptz)) given (at)""")
    session.execute(insert, {"at": NOW - timedelta(minutes=30)})
    record(session, attempt(3, 20, 5))
    expect_replay(session)
    session.execute(insert, {"at": NOW - timedelta(minutes=45)})
    refresh_mastery(session, institution_id=1, now=NOW, student_ids=[STUDENT])
    assert count(session, "mastery_states") == 0
    record(session, attempt(4, 10, 6))
    expect_replay(session)


def test_another_model_or_format_begins_anew(session: Session) -> None:
    """A state of what scored before, or one that is written otherwise, is not gone on from."""
    record(session, attempt(1, 50), attempt(2, 40, 2))
    retire_model(session, institution_id=1, status="serving")
    record(session, attempt(3, 20, 5))
    refresh_mastery(session, institution_id=1, now=NOW, student_ids=[STUDENT])
    expect_replay(session)
    record(session, attempt(4, 10, 3))
    session.execute(text("UPDATE mastery_states SET format = 99, state = 'other'"))
    record(session, attempt(5, 5, 4))
    expect_replay(session)


def test_one_who_has_answered_before_is_followed(session: Session) -> None:
    """A student whose answers were loaded: the first one recorded reads those before it, the next goes on."""
    record(session, attempt(1, 9, 3), student_id=5)
    expect_replay(session, 5)
    record(session, attempt(2, 8, 11), student_id=5)
    expect_replay(session, 5)


def recorded(school: Database, *attempts: Attempt) -> None:
    with session_for(school.app) as session:
        record(session, *attempts)


def wait_for_a_waiter(school: Database) -> None:
    """Return once somebody waits for a lock that another holds."""
    waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with psycopg.connect(school.admin_url, autocommit=True) as connection:
        until = monotonic() + 20
        while not connection.execute(waiting).rowcount:
            assert monotonic() < until, "nobody waits"
            sleep(0.01)


def meanwhile(school: Database, act: Callable[[], object], then: Callable[[Session], object]) -> None:
    """An answer is recorded and not committed, somebody acts and waits, something is done, and only then committed."""
    with session_for(school.app) as first:
        record(first, attempt(1, 9))
        waiting = threading.Thread(target=act)
        waiting.start()
        wait_for_a_waiter(school)
        then(first)
    waiting.join(30)
    assert not waiting.is_alive()


def test_two_writers_of_one_student_wait_for_each_other(committed: Database) -> None:
    """The second of two at once goes on from what the first has done; who records of another student waits for none."""

    def other_writers(first: Session) -> None:
        with session_for(committed.app) as beside:
            record(beside, attempt(3, 9), student_id=CLASSMATE)
        record(first, attempt(4, 7, 3))

    meanwhile(committed, lambda: recorded(committed, attempt(2, 8, 2)), other_writers)
    with session_for(committed.app) as session:
        expect_replay(session)
        assert session.scalar(text("SELECT count(*) FROM question_attempts WHERE student_id = 1")) == 3


def test_a_refresh_waits_for_who_records(committed: Database) -> None:
    """Mastery that is refreshed while an answer is recorded knows that answer."""

    def refresh() -> None:
        with session_for(committed.app) as session:
            refresh_mastery(session, institution_id=1, now=NOW, student_ids=[STUDENT])

    meanwhile(committed, refresh, lambda first: record(first, attempt(2, 7, 3)))
    with session_for(committed.app) as session:
        assert stored(session)["total_attempts"].tolist() == [1, 1, 1]
        expect_replay(session)


@pytest.mark.parametrize("after", ["record_answers", "packed_state", "record_mastery", "write_answers"])
def test_killed_in_the_middle_nothing_is_half_done(house: House, committed: Database, after: str) -> None:
    """A writer that is killed before it writes, after it or before it commits leaves nothing; a retry is whole."""
    before = contents(committed)
    told = house.python("-c", KILLED, committed.app.database_url, after, NOW.isoformat())
    assert told.returncode == -signal.SIGKILL, told.stderr
    assert contents(committed) == before
    recorded(committed, attempt(5, 60))
    with session_for(committed.app) as session:
        expect_replay(session)


def contents(school: Database) -> list[list[tuple[Any, ...]]]:
    with psycopg.connect(school.admin_url) as admin:
        return [admin.execute(f"SELECT t::text FROM {table} t ORDER BY 1").fetchall() for table in ALL]


def test_a_device_records_too(tmp_path: Path) -> None:
    """In an offline store attempts are stored, refused and scored by the rule the same; it has no states to keep."""
    store = open_store(tmp_path / "school.db")
    with offline_session(store, writes=True) as session:
        for statement in DEVICE.strip().split(";\n"):
            session.execute(text(statement))
        assert record(session, attempt(1, 9), attempt(2, 5, is_correct=False, time_taken_seconds=3.25)) == 2
        assert record(session, attempt(1, 9)) == 0
        with pytest.raises(ActionError, match="is_correct is False and was True"):
            record(session, attempt(1, 9, is_correct=False))
        with pytest.raises(NotFound, match="no question 9"):
            record(session, attempt(3, question_id=9))
        found = session.execute(text("SELECT total_attempts, correct_attempts, p_known FROM concept_mastery")).all()
        assert found == [(2, 1, None)]
    store.dispose()
