"""Refitting the model of mastery: from the attempts in the database to everybody's new mastery, step by step.

The model is fitted as `edukit models refit mastery` does it. What comes when everybody has their new mastery, the weeks
that have passed, is timed apart.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from datetime import UTC, datetime
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from load import Figure

from edukit.ops.refitting import refit_mastery

if TYPE_CHECKING:
    from edukit.ops.stores import Stores

NOW = datetime(2026, 6, 1, tzinfo=UTC)
AFTER = "looking"
GOAL_SECONDS, GOAL_MIB, GOAL_ATTEMPTS = 60.0, 4_096.0, 10_000_000


def refitted(url: str, attempts: int) -> tuple[list[Figure], list[str]]:
    """The figures of a refit, and what the command says."""
    before = os.getloadavg()[0]
    seconds, told = _timed(url)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << (20 if sys.platform == "darwin" else 10))
    # The school of a goal has some attempts more: the class that is looked at.
    goal = GOAL_SECONDS if GOAL_ATTEMPTS <= attempts < 1.1 * GOAL_ATTEMPTS else None
    size = f", {attempts:,} attempts"
    whole = sum(value for step, value in seconds.items() if step != AFTER)
    return [
        *(Figure(f"refit: {step}{size}", value, "s") for step, value in seconds.items()),
        Figure(
            f"refit: to new mastery{size}",
            whole,
            "s",
            goal=None if goal is None else f"<= {goal:g} s",
            holds=None if goal is None else whole <= goal,
        ),
        Figure(f"refit: peak memory{size}", peak, "MiB", goal=f"<= {GOAL_MIB:g} MiB", holds=peak <= GOAL_MIB),
        Figure(f"refit: load of the machine before{size}", before, ""),
    ], told


def grown(whole: dict[int, float]) -> list[Figure]:
    """How the time grows from each size to the next one, beside the number of attempts."""
    sizes = sorted(whole)
    return [
        Figure(
            f"refit: time from {few:,} to {many:,} attempts",
            whole[many] / whole[few],
            "x",
            goal=f"<= {many / few:.1f} x",
            holds=whole[many] / whole[few] <= many / few,
        )
        for few, many in pairwise(sizes)
    ]


def _timed(url: str) -> tuple[dict[str, float], list[str]]:
    """The seconds of each step, and what the command says."""
    began = [("", time.perf_counter())]

    def progress(stage: str, _share: float) -> None:
        step = stage.rpartition(", ")[2].partition(" ")[0]
        if step != began[-1][0]:
            began.append((step, time.perf_counter()))

    stores = cast("Stores", SimpleNamespace(database_url=url))
    told = refit_mastery(stores, institution=None, now=NOW, progress=progress)
    ends = [*(at for _, at in began[1:]), time.perf_counter()]
    return {step or "counting": end - at for (step, at), end in zip(began, ends, strict=True)}, told
