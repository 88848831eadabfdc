"""Opens of all sides, turn by turn, and what is told of them."""

from __future__ import annotations

import statistics
import sys
from collections import Counter, defaultdict
from dataclasses import fields
from typing import TYPE_CHECKING

from load import Figure
from opening.browsing import Opened, opened, visitor
from opening.comparing import OURS, against

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from opening.school import School
    from opening.servers import Server
    from playwright.sync_api import Browser

CACHES = ("cold", "warm")
PHASES = [field.name for field in fields(Opened)]
TRIES = 3
LINE_NAME = "10 Mbit/s"
LINE = {"latency": 40.0, "downloadThroughput": 10e6 / 8, "uploadThroughput": 5e6 / 8}
"""Milliseconds of each answer, and bytes a second."""
MOST = {
    "ready": {"stock": 1 / 6, "panel": 0.75, "streamlit": 1 / 1.8},
    "heading": {"panel": 0.25},
    "controls": {"panel": 0.5},
    "figure": {"panel": 0.6},
    "update": {"panel": 0.5, "streamlit": 0.5},
}
"""Which part of a peer's time edukit may take at most."""


def opens(chromium: Browser, servers: Mapping[str, Server], school: School, rounds: int) -> list[Figure]:
    """Open all sides, each as often as there are rounds: the figures of each phase."""
    times: dict[tuple[str, str], list[Opened]] = defaultdict(list)
    failed: Counter[str] = Counter()
    # The first open of each loads what a server loads once: it is nobody's time.
    for number, sides in enumerate(_rotated(list(servers), rounds + 1)):
        for side in sides:
            for cache, one in zip(CACHES, _visit(chromium, servers[side], school, failed), strict=True):
                if number:
                    times[side, cache].append(one)
        print(f"{school.students} students, round {number} of {rounds}", file=sys.stderr)
    size = f"{school.students} students"
    told = [Figure(f"{size}: opens of {side} that never got ready", count, "opens") for side, count in failed.items()]
    ready = {cache: [one.ready for one in times[OURS, cache]] for cache in CACHES if (OURS, cache) in times}
    ours = [_caching(size, ready)] if ready else []
    return [figure for cache in CACHES for figure in _told(size, cache, times)] + ours + _unanswered(size, times) + told


def caching(chromium: Browser, server: Server, school: School, rounds: int) -> list[Figure]:
    """What a warm cache gives edukit over a line as a school has: on this machine there is hardly a way to save."""
    ready: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        with visitor(chromium, server, school) as context:
            for cache in CACHES:
                ready[cache].append(opened(context, server, line=LINE).ready)
    return [_caching(f"{school.students} students, over {LINE_NAME}", ready)]


def _rotated(sides: list[str], rounds: int) -> Iterator[list[str]]:
    for number in range(rounds):
        first = number % len(sides)
        yield sides[first:] + sides[:first]


def _visit(chromium: Browser, server: Server, school: School, failed: Counter[str]) -> list[Opened]:
    """Somebody comes for the first time, and again."""
    for attempt in range(1, TRIES + 1):
        try:
            with visitor(chromium, server, school) as context:
                return [opened(context, server) for _ in CACHES]
        except AssertionError as failure:
            if server.side == OURS or attempt == TRIES:
                raise
            failed[server.side] += 1
            print(failure, file=sys.stderr)
    raise AssertionError(server.side)


def _told(size: str, cache: str, times: Mapping[tuple[str, str], Sequence[Opened]]) -> list[Figure]:
    """A figure of each phase, against each peer that was opened."""
    of_cache = {side: of for (side, kind), of in times.items() if kind == cache}
    figures = []
    for phase in PHASES:
        known = {
            side: [getattr(one, phase) for one in of if getattr(one, phase) is not None]
            for side, of in of_cache.items()
        }
        medians = {side: statistics.median(each) for side, each in known.items() if each}
        figures += against(f"{size}, {cache}: {phase.replace('_', ' ')}", "ms", medians, MOST.get(phase))
    return figures


def _unanswered(size: str, times: Mapping[tuple[str, str], Sequence[Opened]]) -> list[Figure]:
    """How many opens of a peer ended with a change of class that showed nothing."""
    counts: Counter[str] = Counter()
    for (side, _), of in times.items():
        counts[side] += sum(one.update is None for one in of)
    return [
        Figure(f"{size}: opens of {side} that left a change unanswered", count, "opens")
        for side, count in counts.items()
        if count
    ]


def _caching(size: str, ready: Mapping[str, Sequence[float]]) -> Figure:
    """What a warm cache gives edukit."""
    cold, warm = (statistics.median(ready[cache]) for cache in CACHES)
    goal = "< 1 of cold"
    return Figure(f"{size}: ready, warm, cold", warm, "ms", peer=cold, ratio=warm / cold, goal=goal, holds=warm < cold)
