"""What every part of the Workbench stands on: a viewer, the moment, and the two kinds of session."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg.errors import InsufficientPrivilege
from sqlalchemy.exc import ProgrammingError

from edukit.db.session import session_for
from edukit.errors import ActionError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

    from edukit.db.session import Viewer
    from edukit.settings import Settings

ONLY_READS = (
    "This login only reads, and nothing was changed: a teacher's dashboards are served by `edukit up`; in a notebook "
    "of your own you look, and the `edukit` commands write."
)


class Desk:
    """One viewer at one moment."""

    def __init__(self, viewer: Viewer, settings: Settings) -> None:
        self._viewer = viewer
        self._settings = settings

    @property
    def now(self) -> datetime:
        """The moment that everything is shown as of (UTC)."""
        return self._settings.now

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with session_for(self._viewer) as session:
            yield session

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        """A session whose writes are committed together at the end.

        Raises:
            ActionError: the viewer's login only reads.
        """
        try:
            with session_for(self._viewer) as session:
                yield session
        except ProgrammingError as error:
            if isinstance(error.orig, InsufficientPrivilege):
                raise ActionError(ONLY_READS) from error
            raise
