"""The one way to a session: :func:`session_for` a viewer."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from edukit.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

CONNECT_SECONDS = 5


@dataclass(frozen=True)
class Viewer:
    """Who is looking: a database login, and the account in whose name it acts. The database decides what it may."""

    database_url: str = field(repr=False)
    account: str | None = None
    """E-mail address or username; None: it acts in nobody's name."""


@contextmanager
def session_for(viewer: Viewer) -> Iterator[Session]:
    """A session of the viewer's login; commits when the block ends, rolls back when it raises.

    Raises:
        StoreError: the database does not answer or refuses the login.
    """
    engine = engine_for(viewer.database_url)
    try:
        connection = engine.connect()
    except OperationalError as error:
        raise StoreError(_unreachable(engine.url, error)) from error
    with connection, Session(connection, expire_on_commit=False) as session, session.begin():
        yield session


@cache
def engine_for(database_url: str) -> Engine:
    """The process's engine for a login; a kernel or a command needs few connections at once."""
    engine = create_engine(
        driver_url(database_url),
        pool_size=2,
        max_overflow=8,
        pool_pre_ping=True,
        pool_recycle=3600,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "edukit"},
    )
    event.listen(engine, "connect", _in_utc)
    return engine


def _in_utc(driver: psycopg.Connection[Any], _record: object) -> None:
    """Moments come in UTC, whatever the server's zone, so that nobody need turn them."""
    driver.execute("SET TIME ZONE 'UTC'")
    driver.commit()


def driver_url(database_url: str) -> URL:
    """The address with psycopg 3 as its driver, however its scheme was spelt."""
    return make_url(database_url.replace("postgres://", "postgresql://", 1)).set(drivername="postgresql+psycopg")


def _unreachable(url: URL, error: OperationalError) -> str:
    where = url.host or url.query.get("host", "the local socket")
    reason = str(error.orig).strip().splitlines()[-1] if str(error.orig).strip() else "no answer"
    return (
        f"PostgreSQL at {where} did not let {url.username} in to {url.database!r}: {reason}. "
        "See `edukit doctor` for the state of the stores."
    )
