"""Migrations on a database that others use meanwhile: who waits for whom, how long, and what a failure leaves."""

from __future__ import annotations

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
from alembic.command import check

from edukit.db.roles import url_of
from edukit.errors import MigrationError
from edukit.ops import migrate, watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Database, House

FIRST = "20261121_0800"
WIDENED = "20261121_1100"
OPEN = "20261121_1300"
VALIDATED = "20261121_1110"
LOCK_SECONDS = 2.0

SCHOOL = """
INSERT INTO institutions (id, name) VALUES (1, 'North');
INSERT INTO users (institution_id, id, role, name)
    SELECT 1, n, 'student', 'Student ' || n FROM generate_series(1, 100) n;
INSERT INTO students (institution_id, id) SELECT 1, n FROM generate_series(1, 100) n;
INSERT INTO questions (institution_id, id) SELECT 1, n FROM generate_series(1, 100) n;
INSERT INTO topics (institution_id, id, name) SELECT 1, n, 'Topic ' || n FROM generate_series(1, 6) n;
INSERT INTO classes (institution_id, id, name) SELECT 1, n, 'Class ' || n FROM generate_series(1, 6) n;
"""
# Written by several at a time, each on rows of their own, for a tenth of a second.
WRITES = [
    "UPDATE users SET name = name WHERE id = {0}",
    "UPDATE topics SET name = name WHERE id = {0}",
    "UPDATE questions SET created_at = created_at WHERE id = {0}",
    "UPDATE classes SET name = name WHERE id = {0}",
    "SELECT count(*) FROM concept_mastery",
]


@pytest.fixture
def first(house: House) -> Iterator[Database]:
    """A database at the first revision, with a school in it."""
    with house.database(migrated=False) as database:
        migrate.upgrade(database.admin_url, FIRST)
        with psycopg.connect(database.app.database_url) as connection:
            connection.execute(SCHOOL)
        yield database


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Threads of the test's own."""
    with ThreadPoolExecutor(4) as pool:
        yield pool


@contextmanager
def held(database: Database, table: str, mode: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A transaction of somebody else's that has a lock."""
    with psycopg.connect(database.admin_url) as connection:
        connection.execute(f"LOCK TABLE {table} IN {mode} MODE")
        yield connection


def until(true: Callable[[], object], seconds: float = 30) -> None:
    """Wait until something is true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not become true"
        time.sleep(0.01)


def migration_waits(database: Database, statement: str = "") -> bool:
    """Whether the owner waits for a lock just now, in a statement that begins so."""
    with psycopg.connect(database.admin_url) as connection:
        query = """
            SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename = 'edukit_owner'
                AND wait_event_type = 'Lock' AND starts_with(query, %s)
        """
        return connection.execute(query, [statement]).rowcount > 0


def migration_goes_on(database: Database, statement: str) -> bool:
    """Whether the owner is in a statement that begins so, also where it looks up from waiting: for a deadlock, once."""
    with psycopg.connect(database.admin_url) as connection:
        query = """
            SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename = 'edukit_owner'
                AND state = 'active' AND starts_with(query, %s)
        """
        return connection.execute(query, [statement]).rowcount > 0


def unfinished(database: Database) -> list[str]:
    """Indexes that are not used, constraints that are not validated, and tables that everybody sees to this day."""
    with psycopg.connect(database.admin_url) as connection:
        query = """
            SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid
            UNION ALL SELECT conname FROM pg_constraint WHERE NOT convalidated
            UNION ALL SELECT relname FROM pg_class WHERE to_regclass('viewers') IS NOT NULL AND NOT relrowsecurity
                AND relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
        """
        return [name for (name,) in connection.execute(query).fetchall()]


def columns(database: Database) -> list[tuple[object, ...]]:
    """The columns of every table."""
    with psycopg.connect(database.admin_url) as connection:
        query = (
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2"
        )
        return connection.execute(query).fetchall()


def expect_whole(database: Database) -> None:
    """The newest schema, with nothing left over."""
    migrate.expect_newest(database.admin_url)
    assert unfinished(database) == []
    check(migrate.config(url_of("edukit_owner", database.admin_url), output=io.StringIO()))


@pytest.mark.parametrize("mode", ["ACCESS SHARE", "ROW EXCLUSIVE"])
def test_a_lock_that_stays_stops_it(first: Database, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader or writer who stays is waited for a lock timeout at each try; then one sentence says who and where."""
    monkeypatch.setattr(watch, "LOCKED_OUT_SECONDS", LOCK_SECONDS + 1)
    with held(first, "question_attempts", mode) as other:
        started = time.monotonic()
        sentence = (
            rf"stopped at revision {FIRST}, which is whole: it waited in vain for table question_attempts "
            rf"\(process {other.info.backend_pid}, \w+\)\. Mend that"
        )
        with pytest.raises(MigrationError, match=sentence):
            migrate.upgrade(first.admin_url)
        seconds = time.monotonic() - started
    assert 2 * LOCK_SECONDS < seconds < 3 * LOCK_SECONDS + 3
    migrate.upgrade(first.admin_url)
    expect_whole(first)


def test_it_goes_on_when_the_lock_goes(first: Database, pool: ThreadPoolExecutor) -> None:
    """A migration that got no lock at its first try gets it at a later one."""
    with held(first, "question_attempts", "ACCESS SHARE"):
        upgrade = pool.submit(migrate.upgrade, first.admin_url)
        time.sleep(LOCK_SECONDS + 0.5)
        assert migrate.current(first.admin_url) == FIRST
    upgrade.result(60)
    expect_whole(first)


@pytest.mark.parametrize("orders", [(1, 1), (-1, -1), (1, -1)], ids=["parents", "children", "both"])
def test_it_gets_through_writers_of_several_tables(first: Database, orders: tuple[int, int]) -> None:
    """Who steadily writes several tables in a transaction, in whatever order, cannot keep the migration out."""
    done = threading.Event()
    with ThreadPoolExecutor(6) as pool:
        writers = [
            pool.submit(write_in_turn, first.app.database_url, [w.format(n) for w in WRITES[:: orders[n % 2]]], done)
            for n in range(1, 7)
        ]
        try:
            migrate.upgrade(first.admin_url)
        finally:
            done.set()
    assert all(writer.result() > 0 for writer in writers)
    migrate.upgrade(first.admin_url)
    expect_whole(first)


def write_in_turn(url: str, statements: list[str], done: threading.Event) -> int:
    """Run the statements in one transaction, over and over; how often that was."""
    times = 0
    with psycopg.connect(url) as connection:
        while not done.is_set():
            for statement in statements:
                connection.execute(statement)
                time.sleep(0.1 / len(statements))
            connection.commit()
            times += 1
    return times


def test_a_second_process_waits_its_turn(first: Database, pool: ThreadPoolExecutor) -> None:
    """While one process migrates, another changes nothing; it goes on when the first has ended."""
    with psycopg.connect(url_of("edukit_owner", first.admin_url), autocommit=True) as other:
        migrate.hold_migrations(other)
        upgrade = pool.submit(migrate.upgrade, first.admin_url)
        time.sleep(1)
        assert not upgrade.done()
        assert migrate.current(first.admin_url) == FIRST
        # An index that the first builds would wait for a transaction that the second keeps open.
        query = """
            SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename = 'edukit_owner'
                AND pid <> pg_backend_pid() AND xact_start < clock_timestamp() - interval '0.5 s'
        """
        assert other.execute(query).rowcount == 0
    upgrade.result(60)
    expect_whole(first)


def test_a_turn_that_never_comes_is_one_sentence(migrated: Database) -> None:
    """A process that waits too long for another says so."""
    owner = url_of("edukit_owner", migrated.admin_url)
    with psycopg.connect(owner) as other, psycopg.connect(owner) as mine:
        migrate.hold_migrations(other)
        with pytest.raises(MigrationError, match="Another process has been migrating"):
            migrate.hold_migrations(mine, seconds=0.2)


@pytest.mark.parametrize(
    ("at", "table", "mode", "statement"),
    [
        (WIDENED, "question_attempts", "SHARE UPDATE EXCLUSIVE", "ALTER TABLE question_attempts VALIDATE"),
        (WIDENED, "accounts", "ROW EXCLUSIVE", "CREATE UNIQUE INDEX CONCURRENTLY"),
        (OPEN, "sync_operations", "ROW EXCLUSIVE", "ALTER TABLE sync_operations ENABLE ROW"),
    ],
)
def test_a_killed_migration_is_completed_by_the_next(  # noqa: PLR0913, PLR0917
    house: House, tmp_path: Path, first: Database, at: str, table: str, mode: str, statement: str
) -> None:
    """Killed while it validates, builds an index or isolates tables, it leaves what the next upgrade completes."""
    migrate.upgrade(first.admin_url, at)
    program = "import sys; from edukit.ops import migrate; migrate.upgrade(sys.argv[1])"
    with held(first, table, mode):
        process = house.begun("-c", program, first.admin_url, log=tmp_path / "log")
        until(lambda: migration_waits(first, statement))
        process.kill()
        assert process.wait(10) == -9
        # The server notices when the statement ends: by then the lock timeout has broken it off.
        until(lambda: not migration_goes_on(first, statement))
    assert migrate.current(first.admin_url) == at
    assert unfinished(first) != []
    migrate.upgrade(first.admin_url)
    expect_whole(first)


def test_a_connection_that_ends_is_one_sentence(first: Database, pool: ThreadPoolExecutor) -> None:
    """A server that ends the migration's connection leaves the revision before, and the sentence says so."""
    with held(first, "question_attempts", "ACCESS SHARE") as other:
        upgrade = pool.submit(migrate.upgrade, first.admin_url)
        until(lambda: migration_waits(first))
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_locks "
            "WHERE NOT granted AND relation = 'question_attempts'::regclass"
        )
        with pytest.raises(MigrationError, match=rf"stopped at revision {FIRST}, which is whole: terminating"):
            upgrade.result(60)
    migrate.upgrade(first.admin_url)
    expect_whole(first)


def test_what_was_reached_is_kept(first: Database) -> None:
    """A revision that fails changes nothing; those before it stay, and the sentence says where and why."""
    with psycopg.connect(url_of("edukit_owner", first.admin_url)) as owner:
        owner.execute("CREATE TABLE badges ()")
    with pytest.raises(MigrationError, match=rf"stopped at revision {VALIDATED}, which is whole: .*badges.* exists"):
        migrate.upgrade(first.admin_url)
    assert ("feedback", "id") not in columns(first)
    with psycopg.connect(url_of("edukit_owner", first.admin_url)) as owner:
        owner.execute("DROP TABLE badges")
    migrate.upgrade(first.admin_url)
    expect_whole(first)
