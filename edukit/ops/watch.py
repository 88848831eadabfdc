"""Watch over a migration: nobody waits for it long, and what it waits for in vain has a name.

A lock timeout alone does not keep that promise. A transaction that locks ten tables may wait for each of them up
to its timeout, and meanwhile holds up whoever asks for those that it has already.
"""

from __future__ import annotations

import contextlib
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy.exc import DBAPIError

from edukit.errors import MigrationError

if TYPE_CHECKING:
    from collections.abc import Iterator

# Under PostgreSQL's deadlock_timeout of 1 s: a reader or writer who waits for the migration while it waits for
# them is let through before the server would end one of the two.
PATIENCE_SECONDS = 0.5
_LOOK_SECONDS = 0.05

# Only those who read and write rows: whoever changes tables too, or tidies them, can wait.
_LET_THROUGH = """
    SELECT pg_cancel_backend(%(pid)s) FROM pg_locks
    WHERE NOT granted AND locktype = 'relation' AND mode IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')
        AND waitstart < clock_timestamp() - make_interval(secs => %(patience)s)
        AND %(pid)s = ANY (pg_blocking_pids(pid))
    LIMIT 1
"""
_WAITS_FOR = """
    SELECT CASE WHEN locked.relation IS NULL THEN 'an older transaction' ELSE 'table ' || locked.relation::regclass END
        || coalesce(' (process ' || holder.pid || ', ' || holder.usename || ')', '')
    FROM pg_locks locked LEFT JOIN pg_stat_activity holder ON holder.pid = ANY (pg_blocking_pids(locked.pid))
    WHERE locked.pid = %(pid)s AND NOT locked.granted
    LIMIT 1
"""


class LockedOut(MigrationError):  # noqa: N818 - it reads as the sentence that it is: locked out
    """A migration did not get a lock, or gave its locks back because others waited: it may be tried again."""


@contextmanager
def watched(conninfo: str, pid: int) -> Iterator[None]:
    """Let everybody through whom process ``pid`` of the server holds up for longer than half a second.

    Args:
        conninfo: address of the database as the same role.
        pid: the server's process that migrates, inside the block.

    Raises:
        LockedOut: it was ended to let others through, or got no lock itself; says what it waited for.
    """
    with psycopg.connect(conninfo, autocommit=True) as own:
        watch = _Watch(own, pid)
        watch.start()
        try:
            yield
        except (DBAPIError, psycopg.Error) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            refused = isinstance(cause, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected)
            if refused or (watch.has_ended_it and isinstance(cause, psycopg.errors.QueryCanceled)):
                message = f"it waited in vain for {watch.waited_for or 'a lock'}"
                raise LockedOut(message) from error
            raise
        finally:
            watch.stop()


class _Watch(threading.Thread):
    """Looks at the server's locks, many times a second."""

    def __init__(self, connection: psycopg.Connection[tuple[object, ...]], pid: int) -> None:
        super().__init__(name="edukit migration watch", daemon=True)
        self.waited_for: str | None = None
        self.has_ended_it = False
        self._connection = connection
        self._asked = {"pid": pid, "patience": PATIENCE_SECONDS}
        self._stopped = threading.Event()

    def run(self) -> None:
        """Look until told to stop; a server that is gone is the migration's to tell."""
        with contextlib.suppress(psycopg.Error):
            while not self._stopped.wait(_LOOK_SECONDS):
                if waits_for := self._connection.execute(_WAITS_FOR, self._asked).fetchone():
                    self.waited_for = str(waits_for[0])
                if self._connection.execute(_LET_THROUGH, self._asked).fetchone():
                    self.has_ended_it = True

    def stop(self) -> None:
        """Stop looking."""
        self._stopped.set()
        self.join()
