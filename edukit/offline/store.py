"""The offline store: a SQLite file with the tables of :mod:`edukit.offline.schema`, and the way to a session on it."""

from __future__ import annotations

import re
import sqlite3
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from edukit.errors import EdukitError, MigrationError, StoreError
from edukit.offline.schema import offline_schema, triggers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import ExceptionContext

BUSY_SECONDS = 10
OLDEST_SQLITE = (3, 37)  # the first with STRICT tables
APPLICATION = 0x65647531  # "edu1", in the file's header: this SQLite file is edukit's
SCHEMA = 5  # in the file's header, too; a change of the offline schema counts on
IN_USE = "is in use by another program ({reason}): try again when that is done"
# By SQLite's code, what befell a file and what to do; the rest is a mistake in a statement, and SQLAlchemy's.
FAILURES = {
    sqlite3.SQLITE_CORRUPT: (
        "is damaged ({reason}): put a copy back, or save what is left with `sqlite3 FILE .recover` and name a new file"
    ),
    sqlite3.SQLITE_NOTADB: "cannot be opened as an offline store ({reason}): name a file of edukit's, or a new one",
    sqlite3.SQLITE_READONLY: "cannot be written ({reason}): let yourself write the file and its folder",
    sqlite3.SQLITE_BUSY: IN_USE,
    sqlite3.SQLITE_LOCKED: IN_USE,
    sqlite3.SQLITE_FULL: "has no room to grow ({reason}): free some on its disk and do the last step again",
}


def open_store(path: Path) -> Engine:
    """The offline store in a file, made if there is none; threads and processes may share it.

    Whoever opened it disposes of the engine.

    Raises:
        StoreError: the file cannot be opened or is something else, or this Python's SQLite is too old. Work with
            the engine raises it, too, when the file fails: damaged, in use, not to be written, no room.
        MigrationError: another edukit made the file, with another schema.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        message = f"Offline work needs SQLite 3.37 or newer, and this Python has {sqlite3.sqlite_version}: use another."
        raise StoreError(message)
    engine = _engine(path)
    try:
        if not path.exists():
            path.touch(mode=0o600)
        _make_or_check(engine, path)
    except (OSError, DatabaseError, sqlite3.Error) as error:
        engine.dispose()
        cause = error.orig if isinstance(error, DatabaseError) else error
        raise StoreError(_failure(path, cause) or _unopened(path, cause)) from error
    except EdukitError:
        engine.dispose()
        raise
    return engine


@contextmanager
def offline_session(store: Engine, *, writes: bool = False) -> Iterator[Session]:
    """A session on the store; commits when the block ends, rolls back when it raises.

    Only one that ``writes`` can: it waits its turn at the start, so that what it has read cannot change
    before it writes.
    """
    connection = store.connect().execution_options(writes=writes)
    with connection, Session(connection, expire_on_commit=False) as session, session.begin():
        yield session


def _engine(path: Path) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(path)), connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    event.listen(engine, "handle_error", partial(_on_error, path))
    return engine


def _on_connect(connection: sqlite3.Connection, _: object) -> None:
    connection.execute("PRAGMA foreign_keys = ON")


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql(f"PRAGMA query_only = {'OFF' if writes else 'ON'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _on_error(path: Path, context: ExceptionContext) -> None:
    error = context.original_exception
    missing = re.match(r"no such table: (?:main\.)?(\w+)", str(error))
    if missing:
        message = f"{missing[1]} is not in the offline store: connect to the school's database for it."
        raise StoreError(message) from error
    # The code without more in it is also query_only's: then it is the session that only reads, not the file.
    writes = context.connection is not None and context.connection.get_execution_options().get("writes", False)
    if not writes and getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_READONLY:
        message = f"{path} is only read in this session ({error}): ask for one with writes=True."
        raise StoreError(message) from error
    if failure := _failure(path, error):
        raise StoreError(failure) from error


def _unopened(path: Path, cause: BaseException | None) -> str:
    reason = cause.strerror if isinstance(cause, OSError) else cause
    return f"{path} {FAILURES[sqlite3.SQLITE_NOTADB].format(reason=reason)}."


def _failure(path: Path, error: BaseException | None) -> str | None:
    """What befell the file, as a sentence with the next step; none if the error is not the file's."""
    # The lower byte is the kind; what SQLite knows more exactly is above it.
    failure = FAILURES.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    return f"{path} {failure.format(reason=error)}." if failure else None


def _make_or_check(engine: Engine, path: Path) -> None:
    with engine.connect() as connection:
        found = _marks(connection)
    if found == (0, 0, 0):
        # What is known of students is nobody else's to read, in a file that was there empty, too; SQLite makes
        # those beside it with its mode.
        path.chmod(0o600)
        found = _make(engine)
    application, schema, _ = found
    if application != APPLICATION:
        message = f"{path} is a SQLite file, but not an offline store of edukit's: name another, or a new one."
        raise StoreError(message)
    if schema != SCHEMA:
        advice = "update edukit" if schema > SCHEMA else "sync it with the edukit that made it, then name a new file"
        message = f"{path} has the schema {schema} of offline stores, and this edukit knows {SCHEMA}: {advice}."
        raise MigrationError(message)


def _make(engine: Engine) -> tuple[Any, ...]:
    """Make the schema in an empty file; the marks that it then has."""
    with engine.connect().execution_options(writes=True) as connection:
        # Readers go on while one writes. It is kept in the file, and is not for a file of somebody else's.
        connection.connection.driver_connection.execute("PRAGMA journal_mode = WAL")  # type: ignore[union-attr]
        with connection.begin():
            # Another process may have opened the new file at the same moment.
            if _marks(connection) == (0, 0, 0):
                schema = offline_schema()
                schema.create_all(connection)
                for statement in triggers(schema):
                    connection.exec_driver_sql(statement)
                connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION}")
                connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA}")
            return _marks(connection)


def _marks(connection: Connection) -> tuple[Any, ...]:
    """What the file is: application, schema, and how many things are defined in it."""
    marks = "SELECT * FROM pragma_application_id, pragma_user_version, (SELECT count(*) FROM sqlite_master)"
    return tuple(connection.exec_driver_sql(marks).one())
