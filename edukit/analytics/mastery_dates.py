"""When a concept was mastered, and lost again, from the mastery at the end of each week."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import pandas as pd

from edukit.analytics.wording import counted
from edukit.queries.frames import MASTERY_DATES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MASTERED, LOST, NOT_YET = "mastered", "lost again", "not yet"


def mastery_dates(weeks: pd.DataFrame, thresholds: Sequence[float]) -> pd.DataFrame:
    """Each concept of which there is a week: the one in which it was mastered, and the one in which it was lost.

    Lost is what falls below *proficient*: between that and *mastered* nothing changes, so that one slip takes away
    nothing and mastery does not flicker. What was gained and lost within one week is not seen.

    Args:
        weeks: rows of the frame ``mastery_history`` of one student, those of a concept in order.
        thresholds: scores (0-100) at which *developing*, *proficient* and *mastered* begin.

    Returns:
        Columns of ``frames.MASTERY_DATES``, in the order of the curriculum.
    """
    _, lost_below, mastered_from = thresholds
    by_concept = groupby(weeks.sort_values("concept_order", kind="stable").to_dict("records"), itemgetter("concept_id"))
    rows = [_dated([*of], mastered_from, lost_below) for _, of in by_concept]
    names = [column.name for column in MASTERY_DATES.columns]
    return MASTERY_DATES.typed(pd.DataFrame(rows, columns=names))


def _dated(of: list[dict[Any, Any]], mastered_from: float, lost_below: float) -> dict[str, Any]:
    """What the weeks of one concept say."""
    gained, lost = _turns([week["mastery_score"] for week in of], mastered_from, lost_below)
    state = NOT_YET if not gained else MASTERED if len(gained) > len(lost) else LOST
    found = {name: of[-1][name] for name in ("concept_id", "topic", "concept", "concept_order", "total_attempts")}
    found |= {"state": state, "times_mastered": len(gained), "times_lost": len(lost)}
    then = of[gained[-1]] if gained else of[-1]
    if gained:
        figures = {f"mastered_{name}": then[f"mastery_{name}"] for name in ("score", "low", "high")}
        found |= {"mastered_week": then["week_start"], "mastered_after": then["total_attempts"], **figures}
    if state == LOST:
        found["lost_week"] = of[lost[-1]]["week_start"]
    return {**found, "words": _words(found, then)}


def _turns(scores: list[float], mastered_from: float, lost_below: float) -> tuple[list[int], list[int]]:
    """The places at which mastery was gained, and those at which it was lost."""
    gained: list[int] = []
    lost: list[int] = []
    for place, score in enumerate(scores):
        holds = len(gained) > len(lost)
        if not holds and score >= mastered_from:
            gained.append(place)
        elif holds and score < lost_below:
            lost.append(place)
    return gained, lost


def _words(found: Mapping[str, Any], then: Mapping[Any, Any]) -> str:
    # Rounded down, as everywhere: one below mastery must not read as mastery.
    score, low, high = (int(then[f"mastery_{name}"]) for name in ("score", "low", "high"))
    after = f"after {counted(then['total_attempts'], 'answer')} ({score}, 90% interval {low} to {high})"
    if found["state"] == NOT_YET:
        return f"not mastered yet {after}."
    since = "held since" if found["state"] == MASTERED else f"lost in {_week(found['lost_week'])}"
    return f"mastered in {_week(found['mastered_week'])} {after}, {since}."


def _week(monday: pd.Timestamp) -> str:
    return f"the week of {monday.day} {monday:%B %Y}"
