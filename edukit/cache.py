"""The cache: how long what is kept, under which keys, and a reader that asks Redis before PostgreSQL.

Whatever is kept follows from PostgreSQL and can be lost at any time: with Redis away, slow or full, everything is
loaded from where it follows. Nothing is deleted when a class changes: each has a generation, a word that nobody can
guess and that the server's worker replaces after the change is committed, and what is kept stands under the
generation that it was loaded in. Where there is none, nothing is kept.

Class 7 of institution 1, and its user 12, a teacher (0: whoever keeps the machine); an analyst who
reads names is a ``namedanalyst``. This table has every key:

===================================  ==========  ==========================================================
key                                  written by  holds
===================================  ==========  ==========================================================
``cache:{1:12:teacher}:KIND:7:…``    the viewer  JSON: seconds that loading took, until when it is kept, the value
``generation:{1:7}``                 the worker  the generation of the class
``updates:{1:7}``                    the worker  a stream: the latest transactions that changed the class
``leaderboard:{1:7}``                the worker  the board: points as scores, students as members
``leaderboard:{1:7}:ledger``         the worker  the state of the ledger that the board follows from
``session:{SHA-256}``                the server  JSON: a sign-in, by the hash of its session's id
``sessions:{account:7}``             the server  which sign-ins an account has
``ratelimit:{…}``                    the server  who tried to sign in how often: the ``limits`` library's
===================================  ==========  ==========================================================

What stands in braces places a key in a cluster: all keys of a class, or of a viewer, are on one of its servers. A
viewer's kernel reaches what it has kept itself and reads what the worker writes of their own classes; Redis refuses
it the rest (:mod:`edukit.serving.redis_login`). Within that, who may see a class now is asked of PostgreSQL first.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass
from math import log
from random import Random, SystemRandom
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from edukit.queries.frames.as_json import columns_of, frame_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd
    from redis.client import Pipeline

    from edukit.queries.classroom import Key
    from edukit.queries.frames import Frame

    T = TypeVar("T")

SECONDS: Final[Mapping[str, int]] = MappingProxyType(
    {
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
do not know lives as long as what it is like; how long sessions live is a setting."""
TIMEOUT_SECONDS: Final = 0.1
LEFT_ALONE_SECONDS: Final = 5.0
LOADER_SECONDS: Final = 5.0
WAIT_SECONDS: Final = 0.3
_LOOK_SECONDS: Final = 0.02
_NOT_WHAT_WAS_KEPT = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)


def generation_key(institution_id: int, class_id: int | str) -> str:
    """Where the generation of a class stands."""
    return f"generation:{{{institution_id}:{class_id}}}"


def updates_key(institution_id: int, class_id: int | str) -> str:
    """Where the stream of a class's updates stands."""
    return f"updates:{{{institution_id}:{class_id}}}"


def grievances_key(institution_id: int) -> str:
    """Where the stream of updates of an institution's grievances stands, which the server alone reads."""
    return f"updates:{{{institution_id}:grievances}}"


def board_keys(institution_id: int, class_id: int | str) -> tuple[str, str]:
    """Where the board of a class stands, and the state of the ledger that it follows from."""
    board = f"leaderboard:{{{institution_id}:{class_id}}}"
    return board, f"{board}:ledger"


def kept_key(scope: str, rest: str) -> str:
    """Where a viewer, given by institution, user and role (``1:12:teacher``), keeps something."""
    return f"cache:{{{scope}}}:{rest}"


@dataclass(frozen=True)
class _Entry:
    """What was kept: the value, what it cost to load, and how long it may be kept yet."""

    value: Any
    cost_seconds: float
    left_seconds: float


class Cache:
    """One process's way to what is kept; safe to share between threads, and never in anybody's way.

    Args:
        redis_url: a viewer's login, whose name says whose it is, such as ``edukit_v_…:1:12:teacher``: what they
            load is kept for them alone. None, or anybody else's login: nothing is kept.
        rng: of early refreshes; None: the system's.
    """

    def __init__(self, redis_url: str | None, *, rng: Random | None = None) -> None:
        self._rng = rng or SystemRandom()
        self._left_alone_until = 0.0
        seconds = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}
        self._client = redis_url and redis.Redis.from_url(redis_url, **seconds, retry=Retry(NoBackoff(), 0))
        name = self._client and self._client.get_connection_kwargs().get("username")
        self._scope = (name or "").partition(":")[2]

    def close(self) -> None:
        """Let go of the connections; used again, it would connect anew."""
        if self._client:
            self._client.close()

    def frame(self, kind: str, class_: Key, declared: Frame, load: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """A frame as declared, kept or loaded: equal in every value and dtype."""
        return self.get_or_load(
            kind,
            class_,
            load,
            to_json=lambda frame: columns_of(frame, declared),
            of_json=lambda columns: frame_of(columns, declared),
        )

    def get_or_load(
        self,
        kind: str,
        class_: Key,
        load: Callable[[], T],
        *,
        to_json: Callable[[T], Any] = lambda value: value,
        of_json: Callable[[Any], T] = lambda value: value,
    ) -> T:
        """What is kept of a class, else what ``load`` gives, which is then kept.

        One loader is at work at a time; others wait for it a little, then load for themselves. Now and then somebody
        loads a little before the end, so that not everybody does at the end.

        Args:
            kind: a row of :data:`SECONDS`.
            class_: ids of the institution and of the class that it is about.
            load: loads it from PostgreSQL; it alone may raise.
            to_json: what is kept of it.
            of_json: and back.
        """
        (key,) = self._keys(kind, [class_])
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
        classes: Sequence[Key],
        load: Callable[[list[Key]], Mapping[Key, T]],
        *,
        to_json: Callable[[T], Any] = lambda value: value,
        of_json: Callable[[Any], T] = lambda value: value,
    ) -> dict[Key, T]:
        """What is kept of each class; what is missing is loaded at once, by whoever misses it, and kept."""
        keys = {class_: key for class_, key in zip(classes, self._keys(kind, classes), strict=True) if key is not None}
        entries = zip(keys, self._entries(list(keys.values()), of_json), strict=True)
        # One draw for all: whoever loads early loads together what is loaded at once.
        draw = self._rng.random()
        kept = {class_: entry.value for class_, entry in entries if entry is not None and not _is_early(entry, draw)}
        missing = [class_ for class_ in classes if class_ not in kept]
        if not missing:
            return kept
        began = time.perf_counter()
        loaded = load(missing)
        fresh = {keys[class_]: to_json(loaded[class_]) for class_ in missing if class_ in keys}
        self._keep(kind, fresh, time.perf_counter() - began)
        return {**kept, **loaded}

    def board(self, institution_id: int, class_id: int) -> dict[int, int] | None:
        """Points by student on the board of a class; None: it is not there."""
        board, ledger = board_keys(institution_id, class_id)
        told = self._pipe(lambda pipe: (pipe.get(ledger), pipe.zrange(board, 0, -1, withscores=True)), transaction=True)
        if told is None or told[0] is None:
            return None
        return {int(student_id): int(points) for student_id, points in told[1]}

    def _keys(self, kind: str, classes: Sequence[Key]) -> list[str | None]:
        """The key of each class in its generation; None: it has none, or Redis is away."""
        if kind not in SECONDS:
            raise KeyError(kind)
        generations = self._values([generation_key(*class_) for class_ in classes])
        return [
            None if generation is None else kept_key(self._scope, f"{kind}:{class_id}:{generation.decode()}")
            for (_, class_id), generation in zip(classes, generations, strict=True)
        ]

    def _entries(self, keys: Sequence[str], of_json: Callable[[Any], Any]) -> list[_Entry | None]:
        return [_entry_of(text, of_json) for text in self._values(keys)]

    def _values(self, keys: Sequence[str]) -> list[bytes | None]:
        """What stands under each key, asked at once; None: nothing, or it is not theirs to read; or Redis is away."""
        # Not MGET: it would refuse all for one class that is new to the viewer, and to their login not yet known.
        told = self._pipe(lambda pipe: [pipe.get(key) for key in keys], raises=False) if keys else None
        return [value if isinstance(value, bytes) else None for value in told or [None] * len(keys)]

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

    def _pipe(
        self, fill: Callable[[Pipeline], object], *, transaction: bool = False, raises: bool = True
    ) -> list[Any] | None:
        """What Redis answers to several commands at once; None: it is away, or refuses one that must not be."""

        def ask(client: redis.Redis) -> list[Any]:
            with client.pipeline(transaction=transaction) as pipe:
                fill(pipe)
                return pipe.execute(raise_on_error=raises)

        return self._ask(ask)

    def _ask(self, ask: Callable[[redis.Redis], T]) -> T | None:
        """What Redis answers; None: it refuses, or it is away, and is then left alone for a while."""
        if not (self._client and self._scope) or time.monotonic() < self._left_alone_until:
            return None
        try:
            return ask(self._client)
        except redis.exceptions.NoPermissionError:
            return None
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
