"""Whom a migration holds up: those who read and write are let through, and the migration is tried again."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest

from edukit.db.roles import url_of
from edukit.ops import watch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Database

# Half a second of patience, and what a busy machine adds; far below the timeout of the migration's lock.
HELD_UP_SECONDS = 3.0
LOCK_TIMEOUT = "10s"
SCHOOL = """
INSERT INTO institutions (id, name) VALUES (1, 'North');
INSERT INTO users (institution_id, id, role, name)
    SELECT 1, n, 'student', 'Student ' || n FROM generate_series(1, 100) n;
INSERT INTO students (institution_id, id) SELECT 1, n FROM generate_series(1, 100) n;
INSERT INTO questions (institution_id, id) SELECT 1, n FROM generate_series(1, 100) n;
"""
ANSWERS = """
INSERT INTO question_attempts (institution_id, id, student_id, question_id, sequence, is_correct)
SELECT 1, gen_random_uuid(), 1 + n % 100, 1 + n / 100 % 100, n, n % 3 > 0 FROM generate_series(1, {}) n
"""
READ = "SELECT count(*) FROM question_attempts WHERE institution_id = 1 AND student_id = 7 AND is_correct"
WIDEN = "ALTER TABLE question_attempts ADD COLUMN more TEXT"
WIDEN_BOTH = "ALTER TABLE question_attempts ADD COLUMN more TEXT; ALTER TABLE topics ADD COLUMN more TEXT"


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads of the test's own."""
    with ThreadPoolExecutor(4) as pool:
        yield pool


@contextmanager
def held(database: Database, table: str) -> Iterator[None]:
    """Somebody else's long read of a table."""
    with psycopg.connect(database.app.database_url) as connection:
        connection.execute(f"SELECT FROM {table} LIMIT 1")
        yield


def widen(database: Database, statement: str, *, autocommit: bool = True) -> None:
    """Migrate, as often as it takes."""
    owner = url_of("edukit_owner", database.admin_url)

    def once() -> None:
        with psycopg.connect(owner, autocommit=autocommit) as connection:
            connection.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
            with watch.watched(connection, owner):
                connection.execute(statement)

    watch.retry(once)


def until_it_waits(database: Database, statement: str, seconds: float = 30) -> None:
    """Wait until the migration waits for a lock."""
    query = (
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query = %s"
    )
    end = time.monotonic() + seconds
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        while not connection.execute(query, [statement]).rowcount:
            assert time.monotonic() < end, "it did not wait"
            time.sleep(0.01)


def widened(database: Database) -> set[str]:
    """The tables that have been widened."""
    query = "SELECT attrelid::regclass::text FROM pg_attribute WHERE attname = 'more'"
    with psycopg.connect(database.admin_url) as connection:
        return {name for (name,) in connection.execute(query).fetchall()}


def test_readers_and_writers_are_not_held_up(database: Database, pool: ThreadPoolExecutor) -> None:
    """Whoever reads or writes attempts waits a moment, though the migration that they queue behind waits for long."""
    with psycopg.connect(database.app.database_url) as connection:
        connection.execute(SCHOOL)
        connection.execute(ANSWERS.format(200_000))
    done = threading.Event()
    reader = pool.submit(longest, database.viewer.database_url, READ, done)
    writer = pool.submit(longest, database.app.database_url, ANSWERS.format(1), done)
    try:
        with held(database, "question_attempts"):
            widening = pool.submit(widen, database, WIDEN)
            until_it_waits(database, WIDEN)
            time.sleep(2 * HELD_UP_SECONDS)
        widening.result(60)
    finally:
        done.set()
    for seconds, times in (reader.result(), writer.result()):
        assert seconds < HELD_UP_SECONDS
        assert times > 100
    assert widened(database) == {"question_attempts"}


def longest(url: str, statement: str, done: threading.Event) -> tuple[float, int]:
    """The longest and the number of many runs of a statement, each in a transaction of its own."""
    took = []
    with psycopg.connect(url, autocommit=True) as connection:
        while not done.is_set():
            started = time.monotonic()
            connection.execute(statement)
            took.append(time.monotonic() - started)
    return max(took), len(took)


def test_nobody_else_ends_in_a_deadlock(database: Database, pool: ThreadPoolExecutor) -> None:
    """A transaction that has what the migration wants, and wants what it has, is let through in time."""
    with psycopg.connect(database.app.database_url) as other:
        other.execute("SELECT FROM topics")
        widening = pool.submit(widen, database, WIDEN_BOTH)
        until_it_waits(database, WIDEN_BOTH)
        started = time.monotonic()
        other.execute("SELECT FROM question_attempts")
        assert time.monotonic() - started < HELD_UP_SECONDS
    widening.result(60)
    assert widened(database) == {"question_attempts", "topics"}


@pytest.mark.parametrize("autocommit", [True, False], ids=["alone", "in a transaction"])
def test_who_hears_of_it_first_is_locked_out(
    database: Database, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, *, autocommit: bool
) -> None:
    """A migration that hears of its end before the watch does counts as locked out, and is tried again."""
    cancel = "SELECT pg_cancel_backend(%(pid)s)"
    assert cancel in watch._LET_THROUGH
    monkeypatch.setattr(watch, "_LET_THROUGH", watch._LET_THROUGH.replace(cancel, f"{cancel}, pg_sleep(1)"))
    with held(database, "topics"):
        widening = pool.submit(widen, database, WIDEN_BOTH, autocommit=autocommit)
        until_it_waits(database, WIDEN_BOTH)
        with psycopg.connect(database.app.database_url) as other:
            other.execute("SELECT FROM topics")
    widening.result(60)
    assert widened(database) == {"question_attempts", "topics"}


def test_another_end_is_not_tried_again(migrated: Database) -> None:
    """A statement that was ended, but not by the watch, fails as it is: nobody waited for it."""
    owner = url_of("edukit_owner", migrated.admin_url)
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("SET statement_timeout = '50ms'")
        with pytest.raises(psycopg.errors.QueryCanceled), watch.watched(connection, owner):
            connection.execute("SELECT pg_sleep(5)")
