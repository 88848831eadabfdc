"""What viewers cost a server: the memory that each adds, and what stays when they have gone.

It is the private memory of the server and of all that it has started: what each shares with nobody. One viewer is
there before and all the while, and is not counted: a first fork makes what was its parent's alone shared, and kernels
that edukit keeps ready for the next are there from then on.
"""

from __future__ import annotations

import time
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import psutil
from load import Figure
from opening.browsing import browser, shown, visit, visitor
from opening.comparing import OURS, against
from opening.servers import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from opening.school import School
    from opening.servers import Server
    from playwright.sync_api import Browser

VIEWERS = (1, 5, 20)
MOST = {"stock": 0.25}
SETTLED = 0.01
SETTLE_SECONDS, LEFT_SECONDS, LOOK_SECONDS = 20.0, 180.0, 1.0
"""Longer than a kernel outlives its page: a minute and a half in edukit."""


def memory(sides: Sequence[str], students: int, python: Path | None, viewers: Sequence[int] = VIEWERS) -> list[Figure]:
    """Private memory a viewer of each side, on a fresh server, and what is left when all viewers have gone."""
    of: dict[str, dict[int, float]] = {}
    left = {}
    for side in sides:
        with serving([side], students, python) as (school, servers), browser() as chromium:
            of[side], left[side] = _grown(chromium, servers[side], school, viewers)
    figures = []
    for number in viewers:
        each = {side: grown[number] for side, grown in of.items()}
        figures += against(f"{students} students, {number} viewers: private memory a viewer", "MiB", each, MOST)
    if OURS in left:
        name = f"{students} students: processes left by {viewers[-1]} viewers"
        figures.append(Figure(name, left[OURS], "processes", goal="= 0", holds=left[OURS] == 0))
    return figures


def _grown(chromium: Browser, server: Server, school: School, viewers: Sequence[int]) -> tuple[dict[int, float], int]:
    """MiB a viewer with so many of them there, and how many processes stay when they have left."""
    grown = {}
    with ExitStack() as exits:
        for number in range(viewers[-1] + 1):
            # Each has a browser's cache, cookies and page of their own.
            context = exits.enter_context(visitor(chromium, server, school))
            shown(exits.enter_context(visit(context)), server)
            if number == 0:
                before = _settled(server)
                idle = len(_processes(server)) - (server.side == OURS)
            elif number in viewers:
                grown[number] = (_settled(server) - before) / number / 2**20
    if server.side == OURS:
        _wait(lambda: len(_processes(server)) <= idle, LEFT_SECONDS)
    return grown, max(0, len(_processes(server)) - idle)


def _processes(server: Server) -> list[psutil.Process]:
    return [server.process, *server.process.children(recursive=True)]


def _private(server: Server) -> int:
    """Bytes that the server and all that it has started share with nobody."""
    total = 0
    for process in _processes(server):
        with suppress(psutil.NoSuchProcess):
            total += process.memory_full_info().uss
    return total


def _settled(server: Server) -> int:
    """The same, when it does not change any more."""
    seen = [_private(server)]

    def rests() -> bool:
        seen.append(_private(server))
        return abs(seen[-1] - seen[-2]) <= SETTLED * seen[-2]

    _wait(rests, SETTLE_SECONDS)
    return seen[-1]


def _wait(until: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(LOOK_SECONDS)
        if until():
            return
