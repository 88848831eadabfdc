"""The one way to a session: :func:`session_for` a viewer."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
from psycopg.errors import AdminShutdown, InvalidAuthorizationSpecification
from psycopg.pq import Format
from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError
from sqlalchemy.orm import Session

from edukit.db.bulk import NumbersDumper
from edukit.errors import SignedOut, StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.engine.interfaces import ExecutionContext
    from sqlalchemy.pool import PoolProxiedConnection

CONNECT_SECONDS = 5
REST_SECONDS = 60
"""Networks forget connections of which they have heard nothing for some minutes."""
MINTED = "edukit_v_"
"""How the name of a login begins that was minted for somebody."""
ENDED = "Your sign-in has ended, and nothing was changed: sign in again, and you are back here."
IN_BINARY = "edukit_in_binary"
"""Execution option: the rows come in binary. Numbers in thousands are read in a third of the time; moments that the
driver then gives are not always in the session's time zone."""
_LOST = "PostgreSQL ended the connection: look whether what was asked for is done, and try again."
_engines: dict[str, Engine] = {}
# What the server says to a login that has ended: at a statement, or by ending its connection.
SHOWN_OUT = (InvalidAuthorizationSpecification, AdminShutdown)


@dataclass(frozen=True)
class Viewer:
    """Who is looking: a login of the database, which decides what it may."""

    database_url: str = field(repr=False)


@contextmanager
def session_for(viewer: Viewer) -> Iterator[Session]:
    """A session of the viewer's login; commits when the block ends, rolls back when it raises.

    Raises:
        StoreError: the database does not answer, refuses the login, or was lost meanwhile.
        SignedOut: it is a viewer's login, and has ended.
    """
    engine = engine_for(viewer.database_url)
    try:
        connection = engine.connect()
    except OperationalError as error:
        if is_minted(engine.url) and _is_refused(error):
            raise SignedOut(ENDED) from error
        raise StoreError(_unreachable(engine.url, error)) from error
    driver: Any = connection.connection.driver_connection
    try:
        with connection, Session(connection, expire_on_commit=False) as session, session.begin():
            yield session
    except (DBAPIError, psycopg.Error) as error:
        if is_minted(engine.url) and isinstance(getattr(error, "orig", error), SHOWN_OUT):
            raise SignedOut(ENDED) from error
        # What goes to the driver without SQLAlchemy is told by the driver.
        if driver.closed or (isinstance(error, DBAPIError) and error.connection_invalidated):
            raise StoreError(_LOST) from error
        raise


def is_minted(url: URL) -> bool:
    """Whether an address is a login that was minted for somebody."""
    return (url.username or "").startswith(MINTED)


def _is_refused(error: OperationalError) -> bool:
    """Whether a server that answers lets a login in no more: connecting gives no class of error that says so."""
    told = str(error.orig)
    return "is not permitted to log in" in told or "password authentication failed" in told


def engine_for(database_url: str) -> Engine:
    """The process's engine for a login; a kernel or a command needs few connections at once."""
    return _engines.get(database_url) or _engines.setdefault(database_url, new_engine(database_url))


def let_go(viewer: Viewer) -> None:
    """Close the connections of a login that is not used again, and forget it."""
    if engine := _engines.pop(viewer.database_url, None):
        engine.dispose()


def new_engine(database_url: str) -> Engine:
    """An engine that nobody else has; it connects to nothing until it is used."""
    engine = create_engine(
        driver_url(database_url),
        pool_size=2,
        max_overflow=6,
        pool_recycle=3600,
        # What is sent stands in no error: it may be a name, or a word in confidence.
        hide_parameters=True,
        connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "edukit"},
    )
    event.listen(engine, "connect", _agree)
    # Of the dialect: an event of the engine would make each of its connections slower to get.
    event.listen(engine, "do_execute", _as_asked)
    _look_whether_alive(engine)
    return engine


def _as_asked(cursor: Any, _statement: str, _parameters: Any, context: ExecutionContext) -> None:
    if context.execution_options.get(IN_BINARY):
        cursor.format = Format.BINARY


def _agree(driver: psycopg.Connection[Any], _record: object) -> None:
    """Moments come in UTC, whatever the server's zone, so that nobody need turn them; arrays go as numbers."""
    driver.adapters.register_dumper(np.ndarray, NumbersDumper)
    driver.execute("SET TIME ZONE 'UTC'")
    driver.commit()


def _look_whether_alive(engine: Engine) -> None:
    """Have another connection made where one that waits in the pool was ended.

    Whoever ends one says so, and reading that takes no answer; a ping before each transaction takes as long as a small
    question. What a network has forgotten is told by a ping alone.
    """

    @event.listens_for(engine, "checkin")
    def _rest(_driver: object, record: PoolProxiedConnection) -> None:
        record.info["resting_since"] = monotonic()

    @event.listens_for(engine, "checkout")
    def _look(driver: psycopg.Connection[Any], record: PoolProxiedConnection, _proxy: object) -> None:
        try:
            # First comes what was said at last, and then that there is no more.
            driver.pgconn.consume_input()
            driver.pgconn.consume_input()
            if monotonic() - record.info.get("resting_since", monotonic()) > REST_SECONDS:
                engine.dialect.do_ping(driver)  # type: ignore[arg-type]
        except psycopg.OperationalError as error:
            raise InvalidatePoolError from error


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
