"""The one way to a session: what is the same in each, whatever the server is like."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import select, text

from edukit.db.bulk import in_one_wait
from edukit.db.session import REST_SECONDS, engine_for, let_go, session_for
from edukit.errors import StoreError
from edukit.models import Institution

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Database
    from sqlalchemy.orm import Session


def test_moments_come_in_utc_whatever_the_servers_zone(database: Database) -> None:
    """A database that lives in Nepal gives the same moment, in UTC and no other zone, as text of SQL too."""
    at = datetime(2026, 6, 30, 20, tzinfo=UTC)
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {admin.info.dbname} SET timezone = 'Asia/Kathmandu'")
        admin.execute("INSERT INTO institutions (id, name, created_at) VALUES (1, 'Hill', %s)", [at])
    with session_for(database.viewer) as session:
        found = session.scalars(select(Institution.created_at)).one()
        assert (found, found.tzinfo) == (at, UTC)
        assert session.scalar(text("SELECT created_at::text FROM institutions")) == "2026-06-30 20:00:00+00"


def test_a_login_that_is_let_go_leaves_nothing(database: Database) -> None:
    """Its connections are closed and its engine is forgotten; until then it is the same one, for every session."""
    viewer = database.app
    connected = "SELECT FROM pg_stat_activity WHERE usename = %s AND datname = current_database()"
    with session_for(viewer) as session:
        name = session.scalar(text("SELECT session_user"))
    engine = engine_for(viewer.database_url)
    assert engine_for(viewer.database_url) is engine
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        assert admin.execute(connected, [name]).rowcount == 1
        let_go(viewer)
        until = time.monotonic() + 30
        while admin.execute(connected, [name]).rowcount and time.monotonic() < until:
            time.sleep(0.01)
        assert admin.execute(connected, [name]).rowcount == 0
    assert engine_for(viewer.database_url) is not engine
    let_go(viewer)
    let_go(viewer)


def test_a_connection_that_is_lost_meanwhile_is_a_store_away(database: Database) -> None:
    """What a statement meets whose server has gone is no fault of edukit's own, whichever way it is sent."""

    def ask_and_lose(ask: Callable[[Session], object]) -> None:
        with session_for(database.app) as session:
            backend = session.scalar(text("SELECT pg_backend_pid()"))
            with psycopg.connect(database.admin_url, autocommit=True) as admin:
                admin.execute("SELECT pg_terminate_backend(%s)", [backend])
            ask(session)

    def as_it_stands(session: Session) -> None:
        with in_one_wait(session) as send:
            send(b"SELECT 1", {})

    for ask in (lambda session: session.scalar(text("SELECT 1")), as_it_stands):
        with pytest.raises(StoreError, match="ended the connection"):
            ask_and_lose(ask)


@pytest.mark.parametrize("rests", [0, REST_SECONDS + 1])
def test_a_connection_that_was_ended_in_the_pool_is_made_anew(
    database: Database, monkeypatch: pytest.MonkeyPatch, rests: int
) -> None:
    """Whoever comes next does not notice, whether the one before has just left or long ago."""
    with session_for(database.app) as session:
        backend = session.scalar(text("SELECT pg_backend_pid()"))
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        assert admin.execute("SELECT pg_terminate_backend(%s, 20000)", [backend]).fetchone() == (True,)
    now = time.monotonic() + rests
    monkeypatch.setattr("edukit.db.session.monotonic", lambda: now)
    with session_for(database.app) as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) != backend


def test_a_long_rest_is_ended_by_a_ping(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that has rested long is asked for a sign of life, and one that gives none is made anew."""
    asked = []

    def lost(driver: object) -> None:
        asked.append(driver)
        raise psycopg.OperationalError

    with session_for(database.app) as session:
        backend = session.scalar(text("SELECT pg_backend_pid()"))
    monkeypatch.setattr(engine_for(database.app.database_url).dialect, "do_ping", lost)
    with session_for(database.app) as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) == backend
    assert not asked
    later = time.monotonic() + REST_SECONDS + 1
    monkeypatch.setattr("edukit.db.session.monotonic", lambda: later)
    with session_for(database.app) as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) != backend
    assert len(asked) == 1
