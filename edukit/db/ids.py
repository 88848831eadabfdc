"""Ids made by edukit: 53-bit integers for things, UUIDs for happenings.

A thing's id is 41 bits of milliseconds since 2020 and 12 random bits: it sorts by time, is exact in a
browser's numbers and can be made without asking a server. A happening's is a UUID of version 7, made where it
happened: a retry has the same, and is the same row. One that was imported gets the UUID
(version 5, RFC 9562) of its source row, so that loading it again finds it.
"""

from __future__ import annotations

import hashlib
import threading
from datetime import UTC, datetime, timedelta
from os import urandom
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_MS = 1_577_836_800_000  # 2020-01-01T00:00:00Z
RANDOM_BITS = 12
_DRAWN = 0xFFF << 64 | (1 << 62) - 1  # of a UUID of version 7, beside the moment, the version and the variant
NAMESPACE = UUID("6c1f0c2e-7f0b-5d0e-9d3c-2f6d6f0a3b11")  # edukit's own, chosen once


class Ids:
    """A source of ids, each greater than the one before; safe to share between threads."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._last = 0
        self._lock = threading.Lock()

    def take(self, count: int, now: datetime) -> NDArray[np.int64]:
        """``count`` consecutive new ids of the moment ``now``, increasing."""
        start = (int(now.timestamp() * 1000) - EPOCH_MS) << RANDOM_BITS
        with self._lock:
            start |= int(self._rng.integers(1 << RANDOM_BITS))
            first = max(start, self._last + 1)
            self._last = first + count - 1
        return np.arange(first, first + count, dtype=np.int64)


def derived_uuids(names: Iterable[str]) -> list[UUID]:
    """The UUIDv5 of each name, in edukit's namespace."""
    prefix = NAMESPACE.bytes
    sha1 = hashlib.sha1
    return [UUID(bytes=sha1(prefix + name.encode(), usedforsecurity=False).digest()[:16], version=5) for name in names]


def new_uuids(moment: datetime, count: int = 1) -> list[UUID]:
    """The ids of happenings of one moment: UUIDs of version 7."""
    begin = (moment - _EPOCH) // timedelta(milliseconds=1) << 80 | 7 << 76 | 2 << 62
    # Of the system's random bytes: to seed a generator for a few takes longer than all else here.
    return [UUID(int=begin | int.from_bytes(urandom(10)) & _DRAWN) for _ in range(count)]


def time_ordered_uuids(rng: np.random.Generator, microseconds: NDArray[np.int64]) -> list[UUID]:
    """UUIDs of version 7 (RFC 9562) for moments since 1970: milliseconds, then random bits."""
    count = len(microseconds)
    high = ((microseconds // 1000) << 16) | 0x7000 | rng.integers(1 << 12, size=count)
    low = rng.integers(1 << 62, size=count)
    return [UUID(int=upper << 64 | 1 << 63 | lower) for upper, lower in zip(high.tolist(), low.tolist(), strict=True)]
