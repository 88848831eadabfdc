"""The watchdog: it ends what logins that have ended, or that look for too long, still do in the database.

A policy stops a login at its next statement. What it began before runs on, and its holder may have set
``statement_timeout`` to nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final, Self

from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from edukit.db.minting import LONGEST, end_overstayed, forget
from edukit.db.session import CONNECT_SECONDS, driver_url

if TYPE_CHECKING:
    from datetime import timedelta
    from types import TracebackType

    from sqlalchemy import Connection

    from edukit.db.session import Viewer

LOOK_SECONDS: Final = 0.5
FORGET_SECONDS: Final = 600.0
PAUSE_SECONDS: Final = 1.0
STOP_SECONDS: Final = 10.0
_log = logging.getLogger(__name__)


class Watchdog(threading.Thread):
    """Looks twice a second, until stopped.

    Args:
        viewer: the application's login.
        longest: how long a statement or a transaction of a viewer may take.
    """

    def __init__(self, viewer: Viewer, *, longest: timedelta = LONGEST) -> None:
        super().__init__(name="edukit watchdog", daemon=True)
        # Of its own: it must look also when every connection of the server's waits for something.
        self._engine = create_engine(
            driver_url(viewer.database_url),
            poolclass=NullPool,
            connect_args={"connect_timeout": CONNECT_SECONDS, "application_name": "edukit watchdog"},
        )
        self._longest = longest
        self._next_forgetting = 0.0
        self._stopped = threading.Event()
        self._is_told_away = False

    def run(self) -> None:
        """Look until stopped; while PostgreSQL is away, try again every second."""
        while not self._stopped.is_set():
            try:
                with self._engine.connect() as connection:
                    self._look(connection)
            except SQLAlchemyError as error:
                self._tell_away(error)
            except Exception:  # noqa: BLE001 - without it logins that have ended would see on, and nobody know
                _log.exception("The watchdog met what it does not know, and goes on")
            self._stopped.wait(PAUSE_SECONDS)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self.join(STOP_SECONDS)

    def _look(self, connection: Connection) -> None:
        while not self._stopped.is_set():
            with Session(connection) as session, session.begin():
                end_overstayed(session, longest=self._longest)
            if time.monotonic() >= self._next_forgetting:
                self._forget(connection)
            self._is_told_away = False
            self._stopped.wait(LOOK_SECONDS)

    def _forget(self, connection: Connection) -> None:
        """Drop logins that ended long ago. Where that fails it is tried again the next time, and the look goes on."""
        self._next_forgetting = time.monotonic() + FORGET_SECONDS
        with Session(connection) as session, session.begin():
            forget(session)

    def _tell_away(self, error: SQLAlchemyError) -> None:
        """Say it once, not every second."""
        if not self._is_told_away:
            _log.warning("Nobody looks after viewers' connections until PostgreSQL answers: %s", type(error).__name__)
        self._is_told_away = True
