"""The class dashboard's data, as its teacher's login reads it, without a cache: each question that the page asks."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from at_scale.refit import NOW
from at_scale.school import A_CLASS, CLASS, TEACHER
from load import Figure
from pydantic import SecretStr

import edukit
from edukit.actions.practice import refresh_mastery
from edukit.db.minting import mint
from edukit.db.roles import url_of
from edukit.db.session import Viewer, session_for
from edukit.settings import Settings
from edukit.ui.views.class_mastery import class_mastery

if TYPE_CHECKING:
    from collections.abc import Callable

    from edukit.workbench import Workbench

CONCEPTS = 60
GOAL_MS, MOST_GROWN = 30.0, 1.25
"""A median's goal, and how many times that of the smallest school it may be in the largest: what is noise."""
GRID = "class_mastery"
OPENED = f"class={CLASS}&student=1&concept=61"


def reads(url: str, attempts: int, runs: int) -> list[Figure]:
    """The median of each question, by as many opens of the page."""
    with session_for(Viewer(url_of("edukit_app", url))) as session:
        # Of a school in which no model holds, the rule's.
        refresh_mastery(session, institution_id=1, now=NOW, student_ids=range(1, A_CLASS + 1))
        login = mint(session, institution_id=1, user_id=TEACHER, database_url=url, lives=timedelta(hours=2))
    settings = Settings(viewer_url=SecretStr(login.database_url), frozen_now=NOW)
    asked = _Asked(runs)
    with edukit.connect(settings) as edu:
        frame = edu.class_mastery(CLASS)
        assert len(frame) == A_CLASS * CONCEPTS
        assert frame["mastery_score"].notna().all()
        asked.edu = edu
        for _ in range(runs + 1):
            class_mastery(asked, query=OPENED)  # type: ignore[arg-type]
    return [_figure(name, attempts, took) for name, took in asked.milliseconds().items()]


def grown(figures: list[Figure]) -> list[Figure]:
    """How the grid's time grows from the smallest school to the largest."""
    times = [figure.value for figure in figures if figure.name.startswith(f"{GRID}, ")]
    if len(times) < 2:
        return []
    growth = times[-1] / times[0]
    goal, holds = f"<= {MOST_GROWN:g} x", growth <= MOST_GROWN
    return [Figure(f"{GRID}: time from the smallest school to the largest", growth, "x", goal=goal, holds=holds)]


def _figure(name: str, attempts: int, milliseconds: float) -> Figure:
    goal, holds = (f"<= {GOAL_MS:g} ms", milliseconds <= GOAL_MS) if name == GRID else (None, None)
    return Figure(f"{name}, {attempts:,} attempts", milliseconds, "ms", goal=goal, holds=holds)


class _Asked:
    """A Workbench that keeps how long each of its methods took, call by call."""

    edu: Workbench

    def __init__(self, runs: int) -> None:
        self._runs = runs
        self._took: dict[str, list[float]] = defaultdict(list)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.edu, name)
        return self._timed(name, value) if callable(value) else value

    def _timed(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            start = time.perf_counter()
            try:
                return method(*args, **options)
            finally:
                self._took[name].append(1000 * (time.perf_counter() - start))

        return call

    def milliseconds(self) -> dict[str, float]:
        """The median of each, but for the first open, which loads and keeps what later ones need."""
        return {
            name: statistics.median(took[len(took) // (self._runs + 1) :]) for name, took in sorted(self._took.items())
        }
