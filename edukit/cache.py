"""The cache: how long what is kept, under which keys, and a reader that asks Redis before PostgreSQL.

Whatever is kept follows from PostgreSQL and can be lost at any time: with Redis away, slow or full, everything is
loaded from where it follows. Nothing is deleted when a class or a student changes: each has a generation, a word
that nobody can guess and that the server's worker replaces after the change is committed, and what is kept stands
under the generation that it was loaded in. Where there is none, nothing is kept.

===================================  ==========  ==========================================================
key                                  written by  holds
===================================  ==========  ==========================================================
``cache:{class:7}:KIND:…``           everybody   JSON: seconds that loading took, until when it is kept, the value
``generation:{class:7}``             the worker  the generation of class 7 (or of a ``student``)
``updates:{class:7}``                the worker  a stream, with an entry for each generation
``leaderboard:{7}``                  the worker  the board of class 7: points as scores, students as members
``leaderboard:{7}:ledger``           the worker  JSON: institution, and the state of the ledger it follows from
===================================  ==========  ==========================================================

The cache knows no row-level security. Who may see a class is asked of PostgreSQL before the cache is asked.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass
from math import log
from random import Random, SystemRandom
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from edukit.queries.frames.as_json import columns_of, frame_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd
    from redis.client import Pipeline

    from edukit.queries.frames import Frame

    T = TypeVar("T")

SECONDS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "session": 3_600,
        "student_streak": 300,
        "leaderboard": 300,
        "standings": 21_600,
        "student_progress": 600,
        "progress_summary": 900,
        "chapter_mastery": 1_800,
        "practised_concepts": 1_800,
        "feedback_suggestions": 1_800,
        "default": 1_800,
        "daily_analytics": 3_600,
        "student_profile": 7_200,
        "question_content": 86_400,
    }
)
"""For how long each kind may be kept; where the source systems disagree, the shorter life was taken. What they
do not know lives as long as what it is like."""
TIMEOUT_SECONDS: Final = 0.1
LEFT_ALONE_SECONDS: Final = 5.0
LOADER_SECONDS: Final = 5.0
WAIT_SECONDS: Final = 0.3
_LOOK_SECONDS: Final = 0.02
_NOT_WHAT_WAS_KEPT = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)


@dataclass(frozen=True)
class Scope:
    """A class or a student of an institution: what has a generation of its own."""

    what: Literal["class", "student"]
    institution_id: int
    id: int

    def __str__(self) -> str:
        # What stands in braces places a key in a cluster: all keys of one scope are on one of its servers.
        return f"{{{self.what}:{self.id}}}"

    @property
    def generation_key(self) -> str:
        """Where its generation stands."""
        return f"generation:{self}"

    @property
    def updates_key(self) -> str:
        """Where its stream of updates stands."""
        return f"updates:{self}"

    def key(self, kind: str, generation: str) -> str:
        """Where what was loaded of it in a generation stands."""
        return f"cache:{self}:{kind}:{self.institution_id}:{generation}"


def board_keys(class_id: int) -> tuple[str, str]:
    """Where the board of a class stands, and the state of the ledger that it follows from."""
    board = f"leaderboard:{{{class_id}}}"
    return board, f"{board}:ledger"


@dataclass(frozen=True)
class _Entry:
    """What was kept: the value, what it cost to load, and how long it may be kept yet."""

    value: Any
    cost_seconds: float
    left_seconds: float


class Cache:
    """One process's way to what is kept; safe to share between threads, and never in anybody's way.

    Args:
        redis_url: a login that may read generations and boards and write ``cache:*``; None: nothing is kept.
        rng: of early refreshes; None: the system's.
    """

    def __init__(self, redis_url: str | None, *, rng: Random | None = None) -> None:
        self._rng = rng or SystemRandom()
        self._left_alone_until = 0.0
        self._client = redis_url and redis.Redis.from_url(
            redis_url,
            socket_timeout=TIMEOUT_SECONDS,
            socket_connect_timeout=TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    def close(self) -> None:
        """Let go of the connections; used again, it would connect anew."""
        if self._client:
            self._client.close()

    def frame(self, kind: str, scope: Scope, declared: Frame, load: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """A frame as declared, kept or loaded: equal in every value and dtype."""
        return self.get_or_load(
            kind,
            scope,
            load,
            to_json=lambda frame: columns_of(frame, declared),
            of_json=lambda columns: frame_of(columns, declared),
        )

    def get_or_load(
        self,
        kind: str,
        scope: Scope,
        load: Callable[[], T],
        *,
        to_json: Callable[[T], Any] = lambda value: value,
        of_json: Callable[[Any], T] = lambda value: value,
    ) -> T:
        """What is kept of a scope, else what ``load`` gives, which is then kept.

        One loader is at work at a time; others wait for it a little, then load for themselves. Now and then somebody
        loads a little before the end, so that not everybody does at the end.

        Args:
            kind: a row of :data:`SECONDS`.
            scope: what it is about.
            load: loads it from PostgreSQL; it alone may raise.
            to_json: what is kept of it.
            of_json: and back.
        """
        (key,) = self._keys(kind, [scope])
        if key is None:
            return load()
        (entry,) = self._entries([key], of_json)
        if entry is not None and not _is_early(entry, self._rng.random()):
            return cast("T", entry.value)
        lock = f"{key}:loader"
        has_lock = self._ask(lambda client: client.set(lock, 1, nx=True, px=int(LOADER_SECONDS * 1000)))
        if not has_lock and (entry := entry or self._wait(key, of_json)) is not None:
            return cast("T", entry.value)
        try:
            began = time.perf_counter()
            value = load()
            self._keep(kind, {key: to_json(value)}, time.perf_counter() - began)
        finally:
            if has_lock:
                # Whoever took longer than it lasts may take away another's: two load then, which does no harm.
                self._ask(lambda client: client.delete(lock))
        return value

    def get_or_load_each(
        self,
        kind: str,
        scopes: Sequence[Scope],
        load: Callable[[list[Scope]], Mapping[Scope, T]],
        *,
        to_json: Callable[[T], Any] = lambda value: value,
        of_json: Callable[[Any], T] = lambda value: value,
    ) -> dict[Scope, T]:
        """What is kept of each scope; what is missing is loaded at once, by whoever misses it, and kept."""
        keys = {scope: key for scope, key in zip(scopes, self._keys(kind, scopes), strict=True) if key is not None}
        entries = zip(keys, self._entries(list(keys.values()), of_json), strict=True)
        # One draw for all: whoever loads early loads together what is loaded at once.
        draw = self._rng.random()
        kept = {scope: entry.value for scope, entry in entries if entry is not None and not _is_early(entry, draw)}
        missing = [scope for scope in scopes if scope not in kept]
        if not missing:
            return kept
        began = time.perf_counter()
        loaded = load(missing)
        fresh = {keys[scope]: to_json(loaded[scope]) for scope in missing if scope in keys}
        self._keep(kind, fresh, time.perf_counter() - began)
        return {**kept, **loaded}

    def board(self, institution_id: int, class_id: int) -> dict[int, int] | None:
        """Points by student on the board of a class; None: it is not there."""
        board, ledger = board_keys(class_id)
        told = self._pipe(lambda pipe: (pipe.get(ledger), pipe.zrange(board, 0, -1, withscores=True)), transaction=True)
        if told is None or not _is_of(told[0], institution_id):
            return None
        return {int(student_id): int(points) for student_id, points in told[1]}

    def _keys(self, kind: str, scopes: Sequence[Scope]) -> list[str | None]:
        """The key of each scope in its generation; None: it has none, or Redis is away."""
        if kind not in SECONDS:
            raise KeyError(kind)
        generations = self._values([scope.generation_key for scope in scopes])
        return [
            None if generation is None else scope.key(kind, generation.decode())
            for scope, generation in zip(scopes, generations, strict=True)
        ]

    def _entries(self, keys: Sequence[str], of_json: Callable[[Any], Any]) -> list[_Entry | None]:
        return [_entry_of(text, of_json) for text in self._values(keys)]

    def _values(self, keys: Sequence[str]) -> list[bytes | None]:
        """What stands under each key, asked at once; all None: Redis is away."""
        told = self._ask(lambda client: client.mget(keys)) if keys else None
        return cast("list[bytes | None]", told) if told else [None] * len(keys)

    def _wait(self, key: str, of_json: Callable[[Any], T]) -> _Entry | None:
        """What another loader keeps within a moment."""
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until and time.monotonic() >= self._left_alone_until:
            time.sleep(_LOOK_SECONDS)
            (entry,) = self._entries([key], of_json)
            if entry is not None:
                return entry
        return None

    def _keep(self, kind: str, values: Mapping[str, Any], cost_seconds: float) -> None:
        until = round(time.time() + SECONDS[kind], 3)
        texts = {key: json.dumps([round(cost_seconds, 6), until, value]) for key, value in values.items()}
        if texts:
            self._pipe(lambda pipe: [pipe.set(key, text, ex=SECONDS[kind]) for key, text in texts.items()])

    def _pipe(self, fill: Callable[[Pipeline], object], *, transaction: bool = False) -> list[Any] | None:
        """What Redis answers to several commands at once; None: it is away."""

        def ask(client: redis.Redis) -> list[Any]:
            with client.pipeline(transaction=transaction) as pipe:
                fill(pipe)
                return pipe.execute()

        return self._ask(ask)

    def _ask(self, ask: Callable[[redis.Redis], T]) -> T | None:
        """What Redis answers; None: it is away, and is left alone for a while."""
        if not self._client or time.monotonic() < self._left_alone_until:
            return None
        try:
            return ask(self._client)
        except (redis.RedisError, OSError):
            self._left_alone_until = time.monotonic() + LEFT_ALONE_SECONDS
            return None


def _is_early(entry: _Entry, draw: float) -> bool:
    """Whether to load anew before the end: the likelier the nearer it is and the longer loading takes."""
    # "Optimal probabilistic cache stampede prevention" (Vattani, Chierichetti, Lowenstein, VLDB 2015).
    return entry.left_seconds <= -entry.cost_seconds * log(1 - draw)


def _entry_of(text: bytes | None, of_json: Callable[[Any], Any]) -> _Entry | None:
    # Whoever can write to the cache may have written anything: what is not as it was kept is not there.
    with suppress(*_NOT_WHAT_WAS_KEPT):
        if text is not None:
            cost_seconds, until, value = json.loads(text)
            return _Entry(of_json(value), float(cost_seconds), float(until) - time.time())
    return None


def _is_of(ledger: bytes | None, institution_id: int) -> bool:
    return ledger is not None and json.loads(ledger)[0] == institution_id
