"""Following updates: one reader of Redis for all open pages, which says which classes and grievances have changed.

It holds one connection, and none while nobody follows anything. Of a class or grievance the latest entry alone is said:
the worker sees to it that whoever has missed others need not hear them. PostgreSQL is not asked.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import redis
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from edukit.serving.renewal import GRIEVANCES, Span
from edukit.serving.worker import POLL_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NAME: Final = "edukit-updates"
"""How Redis calls its connection."""
TIMEOUT_SECONDS: Final = 5.0
BLOCK_MS: Final = 250
"""How long it waits at most before it reads, too, what has come to be followed meanwhile."""
PAUSE_SECONDS: Final = 1.0
RENEWED_SECONDS: Final = POLL_SECONDS + 1
Subject = tuple[str, str]
"""What an update is about: its stream's key, and of a stream of many things which of them; a class's has one alone."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class News:
    """What there is to say to who follows: a Redis, and the latest transactions that changed each subject."""

    run: str
    """The run of Redis that says it."""
    is_lost: bool
    """Whether what happened before is unknown: another run of Redis may have lost what this one was told."""
    transactions: Mapping[Subject, Span]


@dataclass(eq=False)
class Follower:
    """A page that is open: which streams it follows, and what has not been said to it."""

    keys: frozenset[str]
    run: str = ""
    """The run of Redis that it last heard of."""
    _untold: dict[Subject, Span] = field(default_factory=dict)
    _is_lost: bool = False
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def hear(self, run: str, transactions: Mapping[Subject, Span]) -> None:
        """Take in what of it is theirs."""
        theirs = {subject: span for subject, span in transactions.items() if subject[0] in self.keys}
        if theirs or run != self.run:
            self._is_lost |= self.run not in {"", run}
            self.run = run
            self._untold |= theirs
            self._woken.set()

    async def news(self, seconds: float) -> News | None:
        """What has not been said, as soon as there is something; None: there was nothing for so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        if not self._woken.is_set():
            return None
        self._woken.clear()
        news = News(self.run, self._is_lost, self._untold)
        self._untold, self._is_lost = {}, False
        return news

    def leave(self) -> None:
        """Wait no longer."""
        self._woken.set()


class Updates:
    """The streams of updates that open pages follow; everything of it in one event loop.

    Args:
        redis_url: the server's own login.
    """

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url
        self._followers: set[Follower] = set()
        self._positions: dict[str, bytes] = {}
        # Of each stream, what came last at the end.
        self._latest: dict[str, dict[Subject, Span]] = {}
        self._run = ""
        self._reader: asyncio.Task[None] | None = None
        self._is_told_away = False

    @contextmanager
    def following(self, keys: frozenset[str], run: str = "") -> Iterator[Follower]:
        """Somebody who follows streams, and is first told of the latest in each.

        Args:
            keys: of the streams.
            run: the run of Redis that they last heard of.
        """
        follower = Follower(keys, run)
        self._followers.add(follower)
        if self._reader is None:
            self._reader = asyncio.create_task(self._read_on())
        elif self._run:
            follower.hear(self._run, {one: span for key in keys for one, span in self._latest.get(key, {}).items()})
        try:
            yield follower
        finally:
            self._followers.discard(follower)

    async def close(self) -> None:
        """Let go of the connection; nobody is told any more."""
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader

    async def _read_on(self) -> None:
        """Read while somebody follows; while Redis is away, try again every second."""
        try:
            while self._followers:
                try:
                    async with aclosing(self._client()) as client:
                        await self._read(client)
                except (redis.RedisError, OSError) as error:
                    self._tell_away(error)
                    await asyncio.sleep(PAUSE_SECONDS)
                except Exception:  # noqa: BLE001 - pages that hear of nothing any more would look up to date
                    _log.exception("What tells open pages of new data met what it does not know, and goes on")
                    await asyncio.sleep(PAUSE_SECONDS)
        finally:
            self._reader, self._run = None, ""

    def _client(self) -> Redis:
        return Redis.from_url(
            self._redis_url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
            client_name=NAME,
            single_connection_client=True,
        )

    async def _read(self, client: Redis) -> None:
        run = str((await client.info("server"))["run_id"])
        if run != self._run:
            if self._run:
                # Another run may have lost its latest writes: what it has kept counts once the worker has looked.
                await asyncio.sleep(RENEWED_SECONDS)
            self._run, self._positions, self._latest = run, {}, {}
        self._is_told_away = False
        while self._followers:
            keys = frozenset[str]().union(*(follower.keys for follower in self._followers))
            await self._place(client, keys)
            self._tell({})
            heard: Any = await client.xread({key: self._positions[key] for key in keys}, block=BLOCK_MS)
            for key, entries in heard:
                self._tell(self._take(key.decode(), entries))

    async def _place(self, client: Redis, keys: frozenset[str]) -> None:
        """Begin with the latest of each stream that nobody followed before; forget those that nobody follows."""
        for key in self._positions.keys() - keys:
            del self._positions[key]
            self._latest.pop(key, None)
        # One by one: a pipeline would take another connection.
        for key in keys - self._positions.keys():
            self._positions[key] = b"0-0"
            entries: Any = await client.xrevrange(key, count=GRIEVANCES)
            self._tell(self._take(key, entries[::-1]))

    def _take(self, key: str, entries: list[tuple[bytes, dict[bytes, bytes]]]) -> dict[Subject, Span]:
        """The latest of each subject among some entries; from the last of them the stream is read on."""
        taken = {(key, fields.get(b"grievance", b"").decode()): Span.of(fields) for _, fields in entries}
        if entries:
            self._positions[key], _ = entries[-1]
            others = {one: span for one, span in self._latest.get(key, {}).items() if one not in taken}
            # Whoever comes hears no more of grievances than is kept, however long this one reads.
            self._latest[key] = dict([*others.items(), *taken.items()][-GRIEVANCES:])
        return taken

    def _tell(self, transactions: Mapping[Subject, Span]) -> None:
        for follower in self._followers:
            follower.hear(self._run, transactions)

    def _tell_away(self, error: Exception) -> None:
        """Say it once, not every second."""
        if not self._is_told_away:
            _log.warning("Open pages hear of no new data until Redis answers: %s", type(error).__name__)
        self._is_told_away = True
