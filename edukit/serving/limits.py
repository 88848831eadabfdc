"""How often somebody may fail to sign in: by account, by address and by both, in windows that slide with the clock.

Only failures count, and what is being tried counts as failed until it is known. A stranger who tries the names of
others soon has to wait, and the others, who come from elsewhere, hardly ever. The windows stand in Redis, so that all
servers share them; while it is away this process counts by itself, and more strictly.
"""

from __future__ import annotations

import hashlib
import ipaddress
import threading
import time
from collections import Counter
from math import ceil
from typing import TYPE_CHECKING, Final

import redis
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

if TYPE_CHECKING:
    from limits import RateLimitItem

TIMEOUT_SECONDS: Final = 0.5
"""A busy machine answers later than an idle one, and who is taken for away is left alone for a while."""
LEFT_ALONE_SECONDS: Final = 5.0
KEYS: Final = "ratelimit"
FAILURES: Final = {"both": ((5, 1), (10, 15)), "account": ((100, 60),), "address": ((100, 15),)}
"""How many failures within how many minutes."""
ALONE: Final = {"both": ((3, 1), (5, 15)), "account": ((20, 60),), "address": ((30, 15),)}
"""The same while Redis is away."""
ENTRIES: Final = RateLimitItemPerMinute(1000, 60, "entries")
"""How often an account may be entered: each leaves a session and an audit event."""
SHARED_BITS: Final = 64
"""Of an address of IPv6: who has one has all that begin so."""


class Limits:
    """Who has to wait before the next try; safe to share between threads.

    Args:
        redis_url: the server's own login.
    """

    def __init__(self, redis_url: str) -> None:
        patience = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}
        shared = RedisStorage(redis_url, key_prefix=KEYS, retry=Retry(NoBackoff(), 0), **patience)  # type: ignore[arg-type]
        self._shared, self._alone = MovingWindowRateLimiter(shared), MovingWindowRateLimiter(MemoryStorage())
        self._left_alone_until = 0.0
        self._under_way: Counter[str] = Counter()
        self._lock = threading.Lock()

    def begin(self, account: str, address: str) -> int:
        """Begin a try; 0: it may be made, and must be told how it ended; else seconds to wait.

        Args:
            account: as it was typed, whether there is one or not.
            address: from where.
        """
        keys = _keys(account, address)
        with self._lock:
            wait = self._wait(keys)
            if not wait:
                self._under_way.update(keys.values())
        return wait

    def end(self, account: str, address: str, *, failed: bool) -> None:
        """End a try that was begun."""
        keys = _keys(account, address)
        if failed:
            self._count(keys)
        with self._lock:
            self._under_way.subtract(keys.values())
            self._under_way += Counter()  # forgets those of which none is under way

    def enter(self, account: str) -> int:
        """Count an entry; 0: it may be made, else seconds to wait."""
        key = _hash(account)
        limiter = self._alone if self._is_away() else self._shared
        try:
            is_free = limiter.hit(ENTRIES, key)
        except (redis.RedisError, OSError):
            self._leave_alone()
            limiter, is_free = self._alone, self._alone.hit(ENTRIES, key)
        return 0 if is_free else _seconds_until(limiter.get_window_stats(ENTRIES, key).reset_time)

    def _wait(self, keys: dict[str, str]) -> int:
        if not self._is_away():
            try:
                return self._wait_by(self._shared, _windows(FAILURES), keys)
            except (redis.RedisError, OSError):
                self._leave_alone()
        return self._wait_by(self._alone, _windows(ALONE), keys)

    def _wait_by(
        self, limiter: MovingWindowRateLimiter, windows: list[tuple[str, RateLimitItem]], keys: dict[str, str]
    ) -> int:
        waits = [0]
        for kind, window in windows:
            stats = limiter.get_window_stats(window, keys[kind])
            if stats.remaining <= 0:
                waits.append(_seconds_until(stats.reset_time))
            elif stats.remaining <= self._under_way[keys[kind]]:
                waits.append(1)
        return max(waits)

    def _count(self, keys: dict[str, str]) -> None:
        # Here they always count, so that nothing is forgotten when Redis goes.
        for kind, window in _windows(ALONE):
            self._alone.hit(window, keys[kind])
        if not self._is_away():
            try:
                for kind, window in _windows(FAILURES):
                    self._shared.hit(window, keys[kind])
            except (redis.RedisError, OSError):
                self._leave_alone()

    def _is_away(self) -> bool:
        return time.monotonic() < self._left_alone_until

    def _leave_alone(self) -> None:
        self._left_alone_until = time.monotonic() + LEFT_ALONE_SECONDS


def _windows(limits: dict[str, tuple[tuple[int, int], ...]]) -> list[tuple[str, RateLimitItem]]:
    return [
        (kind, RateLimitItemPerMinute(amount, minutes, kind))
        for kind, windows in limits.items()
        for amount, minutes in windows
    ]


def _keys(account: str, address: str) -> dict[str, str]:
    """By what is counted. What was typed may be a password in the wrong place: it is not kept as it stands."""
    called, place = account.strip().lower(), _place(address)
    return {"both": _hash(f"{called}\n{place}"), "account": _hash(called), "address": _hash(place)}


def _place(address: str) -> str:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 4:  # noqa: PLR2004 - IPv4
        return address
    return str(ipaddress.ip_network((int(found), SHARED_BITS), strict=False))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _seconds_until(moment: float) -> int:
    return max(1, ceil(moment - time.time()))
