"""What every part of the Workbench stands on: a viewer, the moment, and the two kinds of session."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from psycopg.errors import InsufficientPrivilege
from sqlalchemy.exc import ProgrammingError

from edukit.actions.profiles import choose_mastery_thresholds
from edukit.cache import Cache
from edukit.db.session import session_for
from edukit.errors import ActionError, NotFound
from edukit.queries.classroom import find_class
from edukit.queries.mastery_history import own_model
from edukit.queries.outbox import Horizon, horizon, is_pending, pending_classes
from edukit.queries.people import institution_of, looking
from edukit.queries.preferences import own_thresholds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date, datetime

    import pandas as pd
    from sqlalchemy.orm import Session

    from edukit.db.session import Viewer
    from edukit.queries.classroom import Key
    from edukit.queries.frames import Frame
    from edukit.queries.people import Looking
    from edukit.settings import Settings

    T = TypeVar("T")

ONLY_READS = (
    "This login only reads, and nothing was changed: students, parents and analysts look; teachers, mentors and admins "
    "act, in the dashboards that `edukit up` serves."
)
ACTING = ("teacher", "mentor", "admin")
IN_NOBODYS_NAME = (
    "Nobody is told in whose name this is done, and nothing was done: set EDUKIT_USER to the e-mail address of your "
    "account."
)
NOT_THEIRS = (
    "That is not yours to do, and nothing was changed: teachers and mentors act for their own classes and students, "
    "admins for their institution."
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

    def horizon(self) -> Horizon:
        """How far the database has come: by which transactions a change is not in what is read from now on."""
        with self._reading() as session:
            return horizon(session)

    @cached_property
    def _cache(self) -> Cache:
        url = self._settings.viewer_redis_url
        return Cache(None if url is None else url.get_secret_value())

    @cached_property
    def _looking(self) -> Looking:
        """Who looks. A login is one user's for good."""
        with session_for(self._viewer) as session:
            return looking(session)

    @property
    def role(self) -> str:
        """As what the viewer looks: student, teacher, mentor, parent, admin or analyst."""
        return self._looking.role

    @property
    def time_zone(self) -> str:
        """IANA name of the time zone in which the viewer's institution counts its days."""
        return self._looking.time_zone

    @property
    def today(self) -> date:
        """The day of that institution's calendar."""
        return self.now.astimezone(ZoneInfo(self.time_zone)).date()

    @property
    def may_act(self) -> bool:
        """Whether the viewer may act, and not only look."""
        return self.role in ACTING

    @cached_property
    def _acting(self) -> int:
        """The user in whose name something is done.

        Raises:
            ActionError: the viewer only reads, or is whoever keeps the machine, in nobody's name.
        """
        if self._looking.user_id is None:
            raise ActionError(IN_NOBODYS_NAME)
        # Asked beforehand: what is written to a view of pseudonyms fails in the words of views.
        if not self.may_act:
            raise ActionError(ONLY_READS)
        return self._looking.user_id

    @property
    def mastery_thresholds(self) -> tuple[float, float, float]:
        """Scores (0-100) at which *developing*, *proficient* and *mastered* begin: as the viewer has chosen them."""
        with self._reading() as session:
            return self._thresholds(session)

    @property
    def mastery_is_modelled(self) -> bool:
        """Whether a fitted model scores mastery at the viewer's institution, and not the rule."""
        with self._reading() as session:
            return own_model(session) is not None

    def choose_mastery_thresholds(self, scores: Sequence[float] | None) -> None:
        """Choose at which scores the levels begin for the viewer, on every page, from now on.

        Args:
            scores: at which *developing*, *proficient* and *mastered* begin (0-100); None: where the institution has
                set them.

        Raises:
            ActionError: they do not rise, or whoever keeps the machine looks in nobody's name; nothing was changed.
        """
        if self._looking.user_id is None:
            raise ActionError(IN_NOBODYS_NAME)
        with self._writing() as session:
            choose_mastery_thresholds(session, scores=scores)

    def _thresholds(self, session: Session) -> tuple[float, float, float]:
        """The one place that says where the levels begin: what the viewer has chosen, else what is set."""
        # Asked anew each time: it may have been chosen on another page.
        chosen = None if self._looking.user_id is None else own_thresholds(session)
        return chosen or self._settings.mastery_thresholds

    def _of_those(
        self, session: Session, method: str, class_: int | str | None, student_id: int | None
    ) -> tuple[int, int | None]:
        """The ids of the institution and of the class that a method is asked about; None: it is about a student alone.

        Raises:
            NotFound: no such class or student, or several classes of that name.
            TypeError: neither a class nor a student was given.
        """
        if class_ is not None:
            return find_class(session, class_)
        if student_id is None:
            message = f"{method}() needs a class or a student_id: everybody at once would not fit a notebook"
            raise TypeError(message)
        return institution_of(session, student_id), None

    def _kept(
        self, session: Session, kind: str, class_: Key, declared: Frame, load: Callable[[], pd.DataFrame]
    ) -> pd.DataFrame:
        """A frame of a class, from the cache where it is kept.

        Whoever has changed it sees it at once: until the worker has heard of a change, the database is read.
        """
        institution_id, class_id = class_
        if is_pending(session, institution_id=institution_id, class_id=class_id):
            return load()
        return self._cache.frame(kind, class_, declared, load)

    def _kept_each(  # noqa: PLR0913, PLR0917 - each is a part of what is kept
        self,
        session: Session,
        kind: str,
        classes: Sequence[Key],
        load: Callable[[list[Key]], Mapping[Key, T]],
        to_json: Callable[[T], Any] = lambda value: value,
        of_json: Callable[[Any], T] = lambda value: value,
    ) -> dict[Key, T]:
        """Something of each of several classes, from the cache where it is kept; the rest is loaded at once."""
        told = pending_classes(session)
        kept = self._cache.get_or_load_each(
            kind,
            [key for key in classes if key not in told],
            load,
            to_json=to_json,
            of_json=of_json,
        )
        changed = [key for key in classes if key in told]
        fresh = load(changed) if changed else {}
        return {**kept, **fresh}

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with session_for(self._viewer) as session:
            yield session

    @contextmanager
    def _writing(self) -> Iterator[Session]:
        """A session whose writes are committed together at the end.

        Raises:
            ActionError: it is not the viewer's to do.
        """
        try:
            with session_for(self._viewer) as session:
                yield session
        except ProgrammingError as error:
            if isinstance(error.orig, InsufficientPrivilege):
                raise ActionError(NOT_THEIRS) from error
            raise


def uuid_of(what: str, text: str | UUID) -> UUID:
    """The id of a happening, as the frames give it.

    Raises:
        NotFound: it is no id at all.
    """
    try:
        return UUID(str(text))
    except ValueError:
        message = f"There is no {what} {str(text)[:40]!r}: the frames list their ids."
        raise NotFound(message) from None
