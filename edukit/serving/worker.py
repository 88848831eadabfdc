"""The worker: beside the dashboards it hears of every change and renews what Redis holds of it.

It is the only one that writes boards, generations and updates, and it keeps the logins of viewers as they should be.
What it could not do, because PostgreSQL or Redis is away, waits in the outbox.
"""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Self

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.exc import SQLAlchemyError

from edukit.db.roles import url_of
from edukit.db.session import CONNECT_SECONDS, Viewer, engine_for, session_for
from edukit.errors import EdukitError
from edukit.serving.redis_login import drop_logins, renew_logins
from edukit.serving.redis_room import make_room
from edukit.serving.renewal import renew_all, renew_told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from edukit.ops.stores import Stores

TIMEOUT_SECONDS: Final = 5.0
LISTEN_SECONDS: Final = 0.5
POLL_SECONDS: Final = 5.0
RENEW_SECONDS: Final = 600.0
"""How often all boards are compared with the ledger, should one be behind although nobody told."""
PAUSE_SECONDS: Final = 1.0
STOP_SECONDS: Final = 10.0
_AWAY = (redis.RedisError, psycopg.Error, SQLAlchemyError, EdukitError, OSError)
_log = logging.getLogger(__name__)


class Worker(threading.Thread):
    """Renews what is told in the outbox of the stores, until stopped.

    Args:
        stores: its PostgreSQL is read as the application, its Redis written with the server's own login.
    """

    def __init__(self, stores: Stores) -> None:
        super().__init__(name="edukit worker", daemon=True)
        self._viewer = Viewer(url_of("edukit_app", stores.database_url))
        seconds = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}
        self._client = redis.Redis.from_url(stores.redis_url, **seconds, retry=Retry(NoBackoff(), 0))
        self._stopped = threading.Event()
        self._is_told_away = False
        self._run = ""
        self._moves = True
        self._next_renewal = self._next_look = self._next_logins = 0.0

    def run(self) -> None:
        """Work until stopped; while a store is away, try again every second."""
        while not self._stopped.is_set():
            try:
                with self._listening() as heard:
                    self._work(heard)
            except _AWAY as error:
                self._tell_away(error)
            except Exception:  # noqa: BLE001 - boards that nobody renews any more would look right for a long time
                _log.exception("The worker met what it does not know, and goes on")
            self._run, self._next_look = "", 0.0
            self._stopped.wait(PAUSE_SECONDS)

    def stop(self) -> None:
        """Stop and wait until it has; what is not done waits for the next worker."""
        self._stopped.set()
        if self.is_alive():
            self.join(STOP_SECONDS)
        self._client.close()
        engine_for(self._viewer.database_url).dispose()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @contextmanager
    def _listening(self) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
        address = self._viewer.database_url
        with psycopg.connect(address, autocommit=True, connect_timeout=CONNECT_SECONDS) as connection:
            connection.execute("LISTEN edukit_outbox")
            yield connection

    def _work(self, heard: psycopg.Connection[tuple[object, ...]]) -> None:
        while not self._stopped.is_set():
            if time.monotonic() >= self._next_look:
                self._renew_told()
            if time.monotonic() >= self._next_renewal:
                self._renew_all()
            if time.monotonic() >= self._next_logins:
                self._renew_logins()
            # A commit wakes it; it also looks by itself, and sees whether Redis is there.
            if any(True for _ in heard.notifies(timeout=LISTEN_SECONDS, stop_after=1)):
                self._next_look = 0.0

    def _renew_told(self) -> None:
        self._meet_redis()
        told = 1
        while told and not self._stopped.is_set():
            with session_for(self._viewer) as session:
                told = renew_told(session, self._client)
        self._next_look = time.monotonic() + POLL_SECONDS

    def _meet_redis(self) -> None:
        """See whether it is the same Redis: one that was started again may lack its latest writes, and logins."""
        run = str(self._client.info("server").get("run_id"))
        if run != self._run:
            self._run, self._moves, self._next_logins = run, True, 0.0
            self._renew_all()

    def _renew_all(self) -> None:
        with session_for(self._viewer) as session:
            renew_all(session, self._client, move=self._moves)
        self._next_renewal = time.monotonic() + RENEW_SECONDS
        self._moves = self._is_told_away = False

    def _renew_logins(self) -> None:
        with session_for(self._viewer) as session:
            renew_logins(session, self._client)
        for scope in make_room(self._client):
            drop_logins(self._client, scope)
        self._next_logins = time.monotonic() + POLL_SECONDS

    def _tell_away(self, error: Exception) -> None:
        """Say it once, not every second."""
        if not self._is_told_away:
            lines = [line for line in str(error).splitlines() if line.strip()]
            _log.warning("What is cached waits to be renewed: %s", lines[0] if lines else type(error).__name__)
        self._is_told_away = True
