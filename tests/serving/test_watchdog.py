"""The watchdog ends what logins do that have ended, or that look for too long."""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url, text

from edukit.db.minting import Login, mint
from edukit.db.roles import url_of
from edukit.db.session import Viewer, session_for
from edukit.serving.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Database, House

LONG = timedelta(hours=1)
SHORT = timedelta(seconds=2)


@pytest.fixture
def login(school: Database) -> Callable[..., Login]:
    """Mints a login of an analyst, which lives for a while."""

    def make(lives: timedelta = LONG) -> Login:
        with session_for(school.app) as session:
            there = session.scalar(text("SELECT min(id) FROM institutions"))
            return mint(session, institution_id=there, user_id=None, database_url=school.admin_url, lives=lives)

    return make


@pytest.fixture
def admin(school: Database) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection of who keeps the database."""
    with psycopg.connect(school.admin_url, autocommit=True) as admin:
        yield admin


def connections(admin: psycopg.Connection[tuple[object, ...]], login: Login) -> int:
    return admin.execute("SELECT FROM pg_stat_activity WHERE usename = %s", [login.name]).rowcount


@contextlib.contextmanager
def connected(login: Login) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    connection = psycopg.connect(login.database_url)
    with contextlib.closing(connection):
        yield connection


@pytest.mark.parametrize("state", ["at rest", "in a transaction"])
def test_a_login_that_ends_takes_its_connections(
    state: str,
    school: Database,
    login: Callable[..., Login],
    admin: psycopg.Connection[tuple[object, ...]],
    eventually: Callable[[Callable[[], object]], bool],
) -> None:
    """When a login expires its connection is ended, be it at rest or inside a transaction; another's is not."""
    short, long = login(SHORT), login()
    with Watchdog(school.app), connected(short) as ends, connected(long) as stays:
        ends.autocommit = state == "at rest"
        ends.execute("SELECT 1")
        assert connections(admin, short) == 1
        assert eventually(lambda: connections(admin, short) == 0)
        assert stays.execute("SELECT 1").fetchone() == (1,)


def test_a_statement_that_never_ends_is_ended(school: Database, login: Callable[..., Login]) -> None:
    """A viewer who lets statements take for ever is ended at the limit all the same; who only rests is not."""
    with Watchdog(school.app, longest=SHORT), connected(login()) as rests, connected(login()) as asks:
        rests.autocommit = asks.autocommit = True
        asks.execute("SET statement_timeout = 0")
        with pytest.raises(psycopg.errors.AdminShutdown):
            asks.execute("SELECT pg_sleep(600)")
        assert rests.execute("SELECT 1").fetchone() == (1,)


def test_a_transaction_that_is_left_open_is_ended(
    school: Database,
    login: Callable[..., Login],
    admin: psycopg.Connection[tuple[object, ...]],
    eventually: Callable[[Callable[[], object]], bool],
) -> None:
    """A viewer who begins and does nothing holds locks and old rows no longer than a statement may take."""
    minted = login()
    with Watchdog(school.app, longest=SHORT), connected(minted) as left:
        left.execute("SELECT 1")
        assert connections(admin, minted) == 1
        assert eventually(lambda: connections(admin, minted) == 0)


def test_it_goes_on_when_postgresql_is_back(
    house: House,
    login: Callable[..., Login],
    admin: psycopg.Connection[tuple[object, ...]],
    eventually: Callable[[Callable[[], object]], bool],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """While nobody is let in it says so once, and afterwards it ends what is to be ended as before."""
    name = admin.info.dbname
    open_or_shut = "ALTER DATABASE {} ALLOW_CONNECTIONS {}"
    app = url_of(
        "edukit_app", make_url(house.stores.database_url).set(database=name).render_as_string(hide_password=False)
    )
    with Watchdog(Viewer(app)), psycopg.connect(house.stores.database_url, autocommit=True) as keeper:
        keeper.execute(sql.SQL(open_or_shut).format(sql.Identifier(name), sql.SQL("false")))
        try:
            end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename = 'edukit_app'"
            keeper.execute(end, [name])
            assert eventually(lambda: caplog.records)
        finally:
            keeper.execute(sql.SQL(open_or_shut).format(sql.Identifier(name), sql.SQL("true")))
        short = login(SHORT)
        with connected(short):
            assert eventually(lambda: connections(admin, short) == 0)
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_logins_that_ended_long_ago_are_forgotten(
    school: Database,
    login: Callable[..., Login],
    admin: psycopg.Connection[tuple[object, ...]],
    eventually: Callable[[Callable[[], object]], bool],
) -> None:
    """What ended yesterday is no role of the database any more; what is alive is."""
    old, new = login(), login()
    yesterday = "UPDATE viewers SET revoked_at = clock_timestamp() - interval '1 day' WHERE login = %s"
    admin.execute(yesterday, [old.name])
    roles = "SELECT rolname FROM pg_roles WHERE rolname = ANY (%s)"
    with Watchdog(school.app):
        assert eventually(lambda: admin.execute(roles, [[old.name, new.name]]).fetchall() == [(new.name,)])
