"""Watch over a migration: nobody waits for it long, and what it waits for in vain has a name.

A lock timeout alone does not keep that promise. A transaction that locks ten tables may wait for each of them up
to its timeout, and meanwhile holds up whoever asks for those that it has already.
"""

from __future__ import annotations

import contextlib
import threading
import time
from contextlib import contextmanager
from functools import partial
from random import SystemRandom
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.pq import TransactionStatus
from sqlalchemy.exc import DBAPIError

from edukit.errors import MigrationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Under PostgreSQL's deadlock_timeout of 1 s: a reader or writer who waits for the migration while it waits for
# them is let through before the server would end one of the two.
PATIENCE_SECONDS = 0.5
# How long what was locked out is tried again.
LOCKED_OUT_SECONDS = 120.0
_LOOK_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0
_JITTER = SystemRandom()

# Only those who read and write rows: whoever changes tables too, or tidies them, can wait. Of two who wait for each
# other, one has to give way at once.
_LET_THROUGH = """
    SELECT pg_cancel_backend(%(pid)s) FROM pg_locks
    WHERE NOT granted AND locktype = 'relation' AND mode IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')
        AND %(pid)s = ANY (pg_blocking_pids(pid))
        AND (
            waitstart < clock_timestamp() - make_interval(secs => %(patience)s)
            OR pid = ANY (pg_blocking_pids(%(pid)s))
        )
    LIMIT 1
"""
_WAITS_FOR = """
    SELECT CASE WHEN locked.relation IS NULL THEN 'an older transaction' ELSE 'table ' || locked.relation::regclass END,
        coalesce(' (process ' || holder.pid || ', ' || holder.usename || ')', '')
    FROM pg_locks locked LEFT JOIN pg_stat_activity holder ON holder.pid = ANY (pg_blocking_pids(locked.pid))
    WHERE locked.pid = %(pid)s AND NOT locked.granted
    LIMIT 1
"""


class LockedOut(MigrationError):  # noqa: N818 - it reads as the sentence that it is: locked out
    """A migration did not get a lock, or gave its locks back because others waited: it may be tried again."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.since = time.monotonic()


@contextmanager
def watched(connection: psycopg.Connection[Any], conninfo: str) -> Iterator[None]:
    """Let everybody through whom a connection holds up for longer than half a second.

    A statement in a transaction of its own is tried again by itself; all others are the caller's to try again.

    Args:
        connection: what migrates, inside the block.
        conninfo: address of the database as the same role.

    Raises:
        LockedOut: it was ended to let others through, or got no lock itself; says what it waited for.
    """
    with psycopg.connect(conninfo, autocommit=True) as own:
        watch = Watch(own, connection.info.backend_pid)
        factory = connection.cursor_factory
        connection.cursor_factory = type("Watched", (_WatchedCursor,), {"watch": watch})
        watch.start()
        try:
            yield
        except (DBAPIError, psycopg.Error) as error:
            if locked_out := watch.locked_out(error):
                raise locked_out from error
            raise
        finally:
            watch.stop()
            connection.cursor_factory = factory


def retry(run: Callable[[], object]) -> Any:
    """Run it, and again after ever longer pauses while it is locked out.

    Raises:
        LockedOut: it still was :data:`LOCKED_OUT_SECONDS` after it was for the first time.
    """
    since = None
    longest = 0.1
    while True:
        try:
            return run()
        except LockedOut as error:
            # What was tried again inside, for as long, is not tried again here.
            error.since = since = min(since or error.since, error.since)
            if time.monotonic() > since + LOCKED_OUT_SECONDS:
                raise
        # Never in step with those who hold the lock by turns.
        time.sleep(_JITTER.uniform(0.01, longest))
        longest = min(2 * longest, _LONGEST_PAUSE_SECONDS)


class Watch(threading.Thread):
    """Looks at the server's locks, many times a second."""

    def __init__(self, connection: psycopg.Connection[Any], pid: int) -> None:
        super().__init__(name="edukit migration watch", daemon=True)
        self._waited_for = ("", "")
        self._has_ended_it = False
        self._connection = connection
        self._asked = {"pid": pid, "patience": PATIENCE_SECONDS}
        self._stopped = threading.Event()
        self._looking = threading.Lock()

    def run(self) -> None:
        """Look until told to stop; a server that is gone is the migration's to tell."""
        with contextlib.suppress(psycopg.Error):
            while not self._stopped.wait(_LOOK_SECONDS):
                with self._looking:
                    self._look()

    def stop(self) -> None:
        """Stop looking."""
        self._stopped.set()
        self.join()

    def locked_out(self, error: Exception) -> LockedOut | None:
        """What an error of the migration means, if it was locked out."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        # Whom a look ends often hears of it before the look itself does.
        with self._looking:
            has_ended_it, self._has_ended_it = self._has_ended_it, False
        refused = isinstance(cause, psycopg.errors.LockNotAvailable | psycopg.errors.DeadlockDetected)
        if refused or (has_ended_it and isinstance(cause, psycopg.errors.QueryCanceled)):
            return LockedOut(f"it waited in vain for {''.join(self._waited_for) or 'a lock'}")
        return None

    def _look(self) -> None:
        if waits_for := self._connection.execute(_WAITS_FOR, self._asked).fetchone():
            what, holder = waits_for
            # A wait that ends just now is still listed but has no holder any more: an earlier look saw who it was.
            if holder or what != self._waited_for[0]:
                self._waited_for = (what, holder)
        if self._connection.execute(_LET_THROUGH, self._asked).fetchone():
            self._has_ended_it = True


class _WatchedCursor(psycopg.Cursor[Any]):
    """Tries again what is a transaction of its own."""

    watch: Watch

    def execute(self, query: Any, params: Any = None, **options: Any) -> _WatchedCursor:
        """Execute it, again while it is locked out; what is built concurrently leaves something and is not."""
        run = partial(super().execute, query, params, **options)
        is_own = self.connection.autocommit and self.connection.info.transaction_status == TransactionStatus.IDLE
        if is_own and "CONCURRENTLY" not in str(query):
            retry(partial(self._try, run))
        else:
            run()
        return self

    def _try(self, run: Callable[[], object]) -> None:
        """Run it once; an error that means so becomes LockedOut."""
        try:
            run()
        except psycopg.Error as error:
            if locked_out := self.watch.locked_out(error):
                raise locked_out from error
            raise
