"""When a concept was mastered, and lost again, from the mastery after each answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from edukit.analytics.mastery import evidence_path, posterior
from edukit.analytics.wording import counted
from edukit.queries.frames import MASTERY_DATES

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

MASTERED, LOST, NOT_YET = "mastered", "lost again", "not yet"


def mastery_path(attempts: pd.DataFrame) -> pd.DataFrame:
    """The mastery after each answer, of which the last is what :func:`~edukit.analytics.mastery.concept_mastery` gives.

    Args:
        attempts: of one student or several, as ``concept_mastery`` takes them, in any order.

    Returns:
        The rows by student, concept and order, with ``mastery_score``, ``mastery_low``, ``mastery_high`` (0-100) and
        ``answers``, how many there were so far.
    """
    path = evidence_path(attempts)
    score, low, high = posterior(path.pop("right"), path.pop("wrong"))
    return path.assign(mastery_score=score, mastery_low=low, mastery_high=high)


def mastery_dates(
    path: pd.DataFrame, concepts: pd.DataFrame, *, mastered_from: float, lost_below: float, zone: ZoneInfo
) -> pd.DataFrame:
    """Each concept that one student has answered on, in the order of the curriculum: when it was mastered, and lost.

    Between the two scores nothing changes, so that one slip takes away nothing and mastery does not flicker.

    Args:
        path: what :func:`mastery_path` gives of one student, or any other model's path with its columns.
        concepts: ``concept_id``, ``topic_id``, ``topic``, ``concept`` and ``concept_order``.
        mastered_from: least score (0-100) that is mastery.
        lost_below: score (0-100) below which it is lost again.
        zone: of the days in the words.

    Returns:
        Columns of ``frames.MASTERY_DATES``.
    """
    rows = [
        {"concept_id": concept_id, **_dated(of.reset_index(drop=True), mastered_from, lost_below, zone)}
        for concept_id, of in path.groupby("concept_id")
    ]
    names = [column.name for column in MASTERY_DATES.columns]
    dated = pd.DataFrame(rows, columns=["concept_id", *(name for name in names if name not in concepts)])
    for name in ("mastered_at", "lost_at"):
        dated[name] = pd.to_datetime(dated[name], utc=True)
    found = concepts.merge(dated.astype({"concept_id": "int64"}), on="concept_id")
    return MASTERY_DATES.typed(found.sort_values("concept_order", ignore_index=True))


def _dated(of: pd.DataFrame, mastered_from: float, lost_below: float, zone: ZoneInfo) -> dict[str, Any]:
    """What the path on one concept says."""
    gained, lost = _turns(of["mastery_score"].tolist(), mastered_from, lost_below)
    found = {
        "state": NOT_YET if not gained else MASTERED if len(gained) > len(lost) else LOST,
        "times_mastered": len(gained),
        "times_lost": len(lost),
        "total_attempts": len(of),
        "mastered_at": pd.NaT,
        "lost_at": pd.NaT,
        "mastered_after": pd.NA,
    }
    last = of.iloc[-1]
    if gained:
        then = of.iloc[gained[-1]]
        figures = {f"mastered_{name}": float(then[f"mastery_{name}"]) for name in ("score", "low", "high")}
        found |= {"mastered_at": then["attempted_at"], "mastered_after": int(then["answers"]), **figures}
        last = then
    else:
        found |= dict.fromkeys(("mastered_score", "mastered_low", "mastered_high"), np.nan)
    if found["state"] == LOST:
        found["lost_at"] = of["attempted_at"].iloc[lost[-1]]
    return {**found, "words": _words(found, last, zone)}


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


def _words(found: dict[str, Any], then: pd.Series[Any], zone: ZoneInfo) -> str:
    # Rounded down, as everywhere: one below mastery must not read as mastery.
    score, low, high = (int(then[f"mastery_{name}"]) for name in ("score", "low", "high"))
    stood = f"{score}, 90% interval {low} to {high}"
    after = f"after {counted(int(then['answers']), 'answer')} ({stood})"
    if found["state"] == NOT_YET:
        return f"not mastered yet {after}."
    mastered = f"mastered {_day(found['mastered_at'], zone)} {after}"
    since = "held since" if found["state"] == MASTERED else f"lost {_day(found['lost_at'], zone)}"
    return f"{mastered}, {since}."


def _day(moment: Any, zone: ZoneInfo) -> str:
    """``on 3 May 2026``, on that place's calendar."""
    if pd.isna(moment):
        return "at a time that is not known"
    there = pd.Timestamp(moment).tz_convert(zone)
    return f"on {there.day} {there:%B %Y}"
