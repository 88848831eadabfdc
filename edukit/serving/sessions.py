"""Sessions: who has signed in, found by the hash of the random word in their browser's cookie.

Redis keeps them, and what it says holds: a session that is gone there has ended. While it is away this process goes
by its own memory, lets nobody in whom it has not met, and when it is back writes and ends there what was begun and
ended meanwhile.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
import time
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from edukit.errors import StoreError
from edukit.serving.kept_sessions import (
    Seen,
    Session,
    end_until,
    index_of,
    key_of,
    open_sessions,
    session_of,
    show_in,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from edukit.ops.stores import Stores
    from edukit.settings import Settings

    T = TypeVar("T")

ID_BYTES: Final = 32
TIMEOUT_SECONDS: Final = 0.5
"""A busy machine answers later than an idle one, and who is taken for away is left alone for a while."""
LEFT_ALONE_SECONDS: Final = 5.0
TOUCHES: Final = 180
"""How often at most Redis is told, while a session could be idle, that it was seen: pages ask for much at once."""
MOST_REMEMBERED: Final = 10_000
_log = logging.getLogger(__name__)


@dataclass
class _Kept:
    """A session as this process remembers it."""

    session: Session
    seen_at: datetime
    told_at: datetime
    """When Redis was last told that it was seen."""
    is_written: bool


class _AwayError(Exception):
    """Redis does not answer."""


class Sessions:
    """One process's way to the sessions; safe to share between threads.

    Args:
        redis_url: the server's own login.
        idle: how long a session lasts after it was last seen.
        longest: how long after the sign-in it lasts at most.
        clock: tells the moment.
    """

    def __init__(
        self,
        redis_url: str,
        *,
        idle: timedelta,
        longest: timedelta,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.on_end: list[Callable[[str], None]] = []
        self._idle, self._longest, self._clock = idle, longest, clock
        self._lock, self._catching_up = threading.Lock(), threading.Lock()
        self._left_alone_until = 0.0
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        # What Redis has not heard: sessions that have ended, and accounts with all that began until a moment.
        self._ended: OrderedDict[str, int] = OrderedDict()
        self._ended_accounts: dict[int, datetime] = {}
        self._client = redis.Redis.from_url(
            redis_url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def begin(self, session: Session) -> str:
        """Begin a session; the word for its cookie, which is kept nowhere."""
        word = secrets.token_urlsafe(ID_BYTES)
        now = self._clock()
        self._remember(name_of(word), _Kept(session, now, now, is_written=False))
        try:
            # It is written as whatever Redis has not heard is.
            self._ask(lambda client: client.ping())
        except _AwayError:
            _log.warning("Redis is away: who signs in now is remembered by this server alone until it is back.")
        return word

    def get(self, name: str) -> Session | None:
        """The session of that name; None: there is none, or it has ended.

        Raises:
            StoreError: Redis is away, and this process has not met the session: it may be open.
        """
        try:
            text = self._ask(lambda client: client.get(key_of(name)))
        except _AwayError as error:
            kept = self._kept.get(name)
            if kept is None and name not in self._ended:
                message = "Redis does not answer, so it cannot be told who asks: try again in a minute."
                raise StoreError(message) from error
            session = kept.session if kept and kept.seen_at + self._idle > self._clock() else None
        else:
            session = session_of(text)
        if session is None or session.signed_in_at + self._longest <= self._clock():
            self._forget(name)
            return None
        if name not in self._kept:
            # Begun by another process: when that heard of it last is not known here.
            self._remember(name, _Kept(session, self._clock(), datetime.min.replace(tzinfo=UTC), is_written=True))
        return session

    def is_alive(self, session: str) -> bool:
        """Whether the session of that name is known to be open."""
        try:
            return self.get(session) is not None
        except StoreError:
            return False

    def touch(self, session: str) -> None:
        """Let a session last on from now, for as long as any may last since its sign-in."""
        now = self._clock()
        with self._lock:
            kept = self._kept.get(session)
            if kept is None:
                return
            kept.seen_at = now
            self._kept.move_to_end(session)
            if now - kept.told_at < self._idle / TOUCHES:
                return
            kept.told_at = now
        lasts = self._lasts(kept.session, now)

        def tell(client: redis.Redis) -> None:
            with client.pipeline(transaction=False) as pipe:
                pipe.pexpire(key_of(session), lasts)
                pipe.zadd(index_of(kept.session.account_id), {session: now.timestamp()}, xx=True)
                pipe.pexpire(index_of(kept.session.account_id), self._longest)
                pipe.execute()

        try:
            self._ask(tell)
        except _AwayError:
            kept.told_at = datetime.min.replace(tzinfo=UTC)

    def end(self, session: str) -> None:
        """End the session of that name, wherever it was begun."""
        kept = self._kept.get(session)
        with self._lock:
            self._note_ends({session: kept.session.account_id if kept else 0})
        self._forget(session, always=True)
        self._tell_ends()

    def end_all(self, account_id: int) -> bool:
        """End every session of an account that has begun until now; False: Redis is away, and hears of it later."""
        now = self._clock()
        with self._lock:
            self._ended_accounts[account_id] = now
            theirs = [name for name, kept in self._kept.items() if kept.session.account_id == account_id]
            self._note_ends(dict.fromkeys(theirs, account_id))
        for name in theirs:
            self._forget(name)
        return self._tell_ends()

    def show_in(self, theme: str, account_id: int, user: tuple[int, int]) -> None:
        """Show the open sessions of a user in a theme; while Redis is away, those that this process alone knows."""
        with self._lock:
            for kept in self._kept.values():
                if (kept.session.institution_id, kept.session.user_id) == user:
                    kept.session = replace(kept.session, theme=theme)
        with suppress(_AwayError):
            self._ask(lambda client: show_in(theme, client, account_id, user))

    def of_accounts(self, account_id: int | None = None) -> list[Seen] | None:
        """The open sessions of an account, or of all; those seen last come first. None: Redis is away."""
        try:
            return self._ask(lambda client: open_sessions(client, account_id))
        except _AwayError:
            return None

    def _lasts(self, session: Session, now: datetime) -> timedelta:
        return max(min(self._idle, session.signed_in_at + self._longest - now), timedelta(milliseconds=1))

    def _remember(self, name: str, kept: _Kept) -> None:
        with self._lock:
            self._kept[name] = kept
            while len(self._kept) > MOST_REMEMBERED:
                self._kept.popitem(last=False)

    def _forget(self, name: str, *, always: bool = False) -> None:
        """Know a session no more, and say so to whoever asked, if it was known."""
        with self._lock:
            known = self._kept.pop(name, None)
        if known or always:
            for tell in self.on_end:
                tell(name)

    def _note_ends(self, ended: Mapping[str, int]) -> None:
        """Remember sessions that have ended, and whose they were, until Redis has heard of it."""
        self._ended.update(ended)
        while len(self._ended) > MOST_REMEMBERED:
            self._ended.popitem(last=False)

    def _tell_ends(self) -> bool:
        try:
            self._ask(lambda client: client.ping())
        except _AwayError:
            return False
        return True

    def _ask(self, ask: Callable[[redis.Redis], T]) -> T:
        """What Redis answers, after it has heard what happened while it was away."""
        if time.monotonic() < self._left_alone_until:
            raise _AwayError
        try:
            self._catch_up()
            return ask(self._client)
        except (redis.RedisError, OSError) as error:
            self._left_alone_until = time.monotonic() + LEFT_ALONE_SECONDS
            raise _AwayError from error

    def _catch_up(self) -> None:
        """Tell Redis what it has not heard; one thread at a time, or a beginning could overtake its end."""
        with self._lock:
            if not (self._ended or self._ended_accounts or any(not kept.is_written for kept in self._kept.values())):
                return
        with self._catching_up:
            self._tell_all()

    def _tell_all(self) -> None:
        with self._lock:
            begun = {name: kept for name, kept in self._kept.items() if not kept.is_written}
            ended, accounts = dict(self._ended), dict(self._ended_accounts)
        for account_id, until in accounts.items():
            end_until(self._client, account_id, until)
        now = self._clock()
        with self._client.pipeline(transaction=False) as pipe:
            for name, kept in begun.items():
                pipe.set(key_of(name), text_of(kept.session), px=self._lasts(kept.session, now))
                pipe.zadd(index_of(kept.session.account_id), {name: kept.seen_at.timestamp()})
                pipe.pexpire(index_of(kept.session.account_id), self._longest)
            for name, account_id in ended.items():
                pipe.delete(key_of(name))
                pipe.zrem(index_of(account_id), name)
            pipe.execute()
        self._heard(begun, ended, accounts)

    def _heard(self, begun: dict[str, _Kept], ended: dict[str, int], accounts: dict[int, datetime]) -> None:
        """Redis knows of these now."""
        with self._lock:
            for kept in begun.values():
                kept.is_written = True
            for name in ended:
                self._ended.pop(name, None)
            for account_id, until in accounts.items():
                if self._ended_accounts.get(account_id) == until:
                    del self._ended_accounts[account_id]


def sessions_in(stores: Stores, settings: Settings) -> Sessions:
    """The sessions in the stores' Redis."""
    idle, longest = timedelta(minutes=settings.session_minutes), timedelta(hours=settings.session_hours)
    return Sessions(stores.redis_url, idle=idle, longest=longest)


def name_of(word: str) -> str:
    """The name by which the server knows the session of a cookie's word."""
    return hashlib.sha256(word.encode(errors="surrogatepass")).hexdigest()
