"""Many visitors: how long the server takes until a page is complete, without a browser that would take longer."""

from __future__ import annotations

import asyncio
import statistics
import time
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import httpx
from load import Figure
from opening.comparing import OURS, against
from opening.servers import serving
from opening.visits import VISITS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from opening.servers import Server

PEOPLE, SECONDS = 10, 10.0
MANY = 50
WAIT_SECONDS = 120.0
MOST = {"stock": 1 / 30}


def crowds(sides: Sequence[str], students: int, python: Path | None, rounds: int, many: int = MANY) -> list[Figure]:
    """Ten opens in ten seconds and ten at once, on a fresh server each; edukit also a crowd of which none may fail."""
    calm: dict[str, list[float]] = {side: [] for side in sides}
    rush: dict[str, list[float]] = {side: [] for side in sides}
    answered = asked = 0
    for number in range(rounds):
        for side in (*sides[number % len(sides) :], *sides[: number % len(sides)]):
            with serving([side], students, python) as (_, servers):
                server = servers[side]
                asyncio.run(_crowd(server, 1, 0))  # what a server loads once is nobody's time
                calm[side] += _complete(side, asyncio.run(_crowd(server, PEOPLE, SECONDS)))
                rush[side] += _complete(side, asyncio.run(_crowd(server, PEOPLE, 0)))
                if side == OURS:
                    took = asyncio.run(_crowd(server, many, 0))
                    asked, answered = asked + many, answered + sum(isinstance(one, float) for one in took)
                    for failure in (one for one in took if not isinstance(one, float)):
                        print(f"one of {many}: {failure!r}")
    size = f"{students} students, server side"
    figures = against(f"{size}: ten opens in ten seconds", "ms", _medians(calm), MOST)
    figures += against(f"{size}: ten opens at once", "ms", _medians(rush))
    if asked:
        name = f"{size}: {many} opens at once, complete"
        figures.append(Figure(name, answered, "opens", goal=f"= {asked}", holds=answered == asked))
    return figures


def _complete(side: str, took: Sequence[float | BaseException]) -> list[float]:
    failures = [one for one in took if not isinstance(one, float)]
    assert not failures, f"{side}: {len(failures)} of {len(took)} opens failed: {failures[0]!r}"
    return [one for one in took if isinstance(one, float)]


def _medians(seconds: Mapping[str, list[float]]) -> dict[str, float]:
    return {side: 1000 * statistics.median(of) for side, of in seconds.items()}


async def _crowd(server: Server, people: int, seconds: float) -> list[float | BaseException]:
    """So many visitors come, one after another in so many seconds; the seconds that each waits, or why in vain.

    All stay until the last has what they came for.
    """
    async with AsyncExitStack() as exits:
        limits = httpx.Limits(max_connections=people)
        browser = httpx.AsyncClient(trust_env=False, timeout=WAIT_SECONDS, limits=limits, cookies=dict(server.cookies))
        await exits.enter_async_context(browser)

        async def visit(number: int) -> float:
            await asyncio.sleep(number * seconds / people)
            start = time.perf_counter()
            async with asyncio.timeout(WAIT_SECONDS):
                await VISITS[server.side](server, browser, exits)
            return time.perf_counter() - start

        return await asyncio.gather(*(visit(number) for number in range(people)), return_exceptions=True)
