"""Migrations: Alembic, configured in code, run as the owner."""

from __future__ import annotations

import io
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import create_engine, pool
from sqlalchemy.exc import PendingRollbackError, SQLAlchemyError

from edukit.db.extensions import create_extensions, use_extensions
from edukit.db.roles import make_roles, url_of
from edukit.db.session import driver_url
from edukit.errors import MigrationError
from edukit.ops.watch import LockedOut, retry, watched
from edukit.settings import shipped

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

    from sqlalchemy import URL

LOCK_TIMEOUT = "2s"
LOCK_SECONDS = 1800.0
ADVISORY_KEY = 0x6564756B6974  # "edukit"


def config(owner_url: str, *, output: TextIO | None = None) -> Config:
    """Alembic's configuration for a database, as its owner."""
    made = Config(stdout=output, output_buffer=output) if output else Config()
    made.set_main_option("script_location", str(shipped("migrations")).replace("%", "%%"))
    made.set_main_option("sqlalchemy.url", owner_url.replace("%", "%%"))
    made.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(hour).2d%%(minute).2d_%%(slug)s")
    made.set_main_option("path_separator", "os")
    return made


def upgrade(admin_url: str, revision: str = "head") -> None:
    """Make the roles and bring the schema up to ``revision``, while others read and write.

    It waits :data:`LOCK_TIMEOUT` for a lock, holds nobody up for longer than
    :data:`~edukit.ops.watch.PATIENCE_SECONDS`, and tries again for :data:`~edukit.ops.watch.LOCKED_OUT_SECONDS`.
    A revision that was reached is kept, whatever becomes of the next.

    Raises:
        MigrationError: the schema was made by a newer edukit, or stays locked.
    """
    make_roles(admin_url)
    _refuse_newer(admin_url)
    owner_url = url_of("edukit_owner", admin_url)
    with psycopg.connect(conninfo_of(driver_url(admin_url))) as admin:
        create_extensions(admin)
    _retrying(admin_url, partial(command.upgrade, config(owner_url), revision))
    if current(admin_url) == newest():
        _retrying(admin_url, partial(_use_extensions, conninfo_of(driver_url(owner_url))))


def downgrade(admin_url: str, revision: str) -> None:
    """Bring the schema down to ``revision``; ``base`` is the empty database.

    Raises:
        MigrationError: there is no such revision, or the schema stays locked.
    """
    make_roles(admin_url)
    _retrying(admin_url, partial(command.downgrade, config(url_of("edukit_owner", admin_url)), revision))


def current(admin_url: str) -> str | None:
    """The revision that the database is at; None when it is empty."""
    engine = create_engine(driver_url(admin_url), poolclass=pool.NullPool)
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def expect_newest(admin_url: str) -> None:
    """Refuse a schema that is not the newest.

    Raises:
        MigrationError: there is none yet, or it is another.
    """
    at = current(admin_url)
    if at != newest():
        found = "has no schema yet" if at is None else f"is at revision {at}, and this edukit expects {newest()}"
        message = f"The database {found}: run `edukit up` or `edukit migrate upgrade` first."
        raise MigrationError(message)


def newest() -> str:
    """The newest revision that this edukit knows."""
    return str(ScriptDirectory.from_config(config("")).get_current_head())


def history() -> str:
    """All revisions, the newest first, one a line."""
    output = io.StringIO()
    command.history(config("", output=output))
    return output.getvalue().rstrip()


def autogenerate(admin_url: str, message: str) -> list[str]:
    """Bring the schema up and write the migration that leads on to the models; the paths of the new files."""
    upgrade(admin_url)
    made = command.revision(config(url_of("edukit_owner", admin_url)), message=message, autogenerate=True)
    scripts = made if isinstance(made, list) else [made]
    return [script.path for script in scripts if script is not None]


def _use_extensions(conninfo: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as owner:
        hold_migrations(owner)
        owner.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        with watched(owner, conninfo):
            use_extensions(owner)


def hold_migrations(connection: psycopg.Connection[Any], *, seconds: float = LOCK_SECONDS) -> None:
    """Take the lock of which a database has one, so that only one process at a time migrates it.

    It is asked for again and again, in a transaction each, rather than waited for: a transaction that stays open
    keeps an index from being built concurrently, which the holder of the lock may be doing.

    Raises:
        MigrationError: another process has it for longer than ``seconds``.
    """
    until = time.monotonic() + seconds
    while True:
        taken = connection.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_KEY]).fetchone()
        connection.commit()
        if taken and taken[0]:
            return
        if time.monotonic() > until:
            message = "Another process has been migrating this database for a long time: wait for it, or end it."
            raise MigrationError(message)
        time.sleep(0.05)


def _refuse_newer(admin_url: str) -> None:
    at = current(admin_url)
    known = {script.revision for script in ScriptDirectory.from_config(config("")).walk_revisions()}
    if at is not None and at not in known:
        message = (
            f"The database is at revision {at}, which this edukit does not know: it was made by a newer one. "
            "Install that version again (pip install --upgrade edukit), or restore a backup made before it."
        )
        raise MigrationError(message)


def _retrying(admin_url: str, run: Callable[[], None]) -> None:
    """Run it, and again while it is locked out; what stops it becomes one sentence."""
    try:
        retry(run)
    except LockedOut as error:
        raise MigrationError(_stopped(admin_url, str(error))) from error
    except (SQLAlchemyError, psycopg.Error) as error:
        cause: BaseException = error
        # A connection that ends within an autocommit_block() ends Alembic's way out of it, too.
        while isinstance(cause, PendingRollbackError) and cause.__context__:
            cause = cause.__context__
        cause = getattr(cause, "orig", None) or cause
        raise MigrationError(_stopped(admin_url, str(cause).strip().splitlines()[0])) from error
    except CommandError as error:
        message = f"No such migration: {error}. See `edukit migrate history` for the revisions."
        raise MigrationError(message) from error


def conninfo_of(url: URL) -> str:
    """The address as psycopg itself takes it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _stopped(admin_url: str, reason: str) -> str:
    """What stopped a migration and what is kept: revisions are, and a step of the next is done again."""
    at = current(admin_url) or "base"
    return (
        f"The migration stopped at revision {at}, which is whole: {reason.rstrip('.')}. "
        "Mend that, then run the command again: it goes on from there."
    )
