"""Points: where each student stands by the ledger of gamification events.

Experience makes levels along a triangular curve: level ``n`` begins at ``50 * n * (n - 1)`` experience
points (0, 100, 300, 600, 1,000, ...), so that each level takes 100 points more than the one before it. A streak is a
run of days of the institution's calendar, each with an event that the student earned; a correction is no such
event, since it is somebody else's doing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from datetime import date

    from numpy.typing import ArrayLike, NDArray

LEVEL_XP = 50
"""Level ``n`` begins at ``LEVEL_XP * n * (n - 1)`` experience points."""
CORRECTION = "correction"


def standing(events: pd.DataFrame, *, today: date, time_zone: str) -> pd.DataFrame:
    """One row for each student who has events, in the order of their ids.

    Args:
        events: one row for each event, in any order: ``student_id``, ``event_type``, ``points_awarded``,
            ``xp_awarded``, ``occurred_at`` (aware).
        today: day of the institution's calendar on which the standing is taken.
        time_zone: IANA time zone of the institution's days.

    Returns:
        ``student_id``, ``points``, ``xp`` (sums of what was awarded), ``level`` (from 1), ``current_streak`` (days in
        a row up to today, or to yesterday as long as today has none), ``best_streak``, ``last_active_on`` (a
        date; None: corrections only).
    """
    sums = events.groupby("student_id", sort=True)[["points_awarded", "xp_awarded"]].sum()
    earned = events[events["event_type"] != CORRECTION]
    local = pd.DatetimeIndex(earned["occurred_at"]).tz_convert(time_zone).tz_localize(None)
    day = local.to_numpy().astype("datetime64[D]").astype(np.int64)
    runs = _streaks(earned["student_id"].to_numpy(dtype=np.int64), day, np.datetime64(today).astype(np.int64))
    rows = sums.join(runs, how="left")
    last = rows["last_day"].tolist()
    return pd.DataFrame(
        {
            "student_id": rows.index.to_numpy(dtype=np.int64),
            "points": rows["points_awarded"].to_numpy(dtype=np.int64),
            "xp": rows["xp_awarded"].to_numpy(dtype=np.int64),
            "level": level(rows["xp_awarded"].to_numpy(dtype=np.int64)),
            "current_streak": rows["current_streak"].fillna(0).to_numpy(dtype=np.int64),
            "best_streak": rows["best_streak"].fillna(0).to_numpy(dtype=np.int64),
            "last_active_on": pd.Series(
                [None if np.isnan(value) else np.datetime64(int(value), "D").astype(object) for value in last],
                dtype=object,
            ),
        }
    )


def level(xp: ArrayLike) -> NDArray[np.int64]:
    """The level (from 1) that so many experience points reach."""
    points = np.maximum(np.asarray(xp, dtype=np.int64), 0)
    # Whole numbers: at a threshold a rounded root could fall on either side.
    reached = np.arange(1, 2 + int(np.sqrt(int(points.max(initial=0)) / LEVEL_XP)) + 1, dtype=np.int64)
    return np.searchsorted(LEVEL_XP * reached * (reached - 1), points, side="right").astype(np.int64)


def _streaks(student: NDArray[np.int64], day: NDArray[np.int64], today: np.int64) -> pd.DataFrame:
    """By student: the current and the best run of days, and the last day, as days since 1970."""
    days = pd.DataFrame({"student_id": student, "day": day}).drop_duplicates().sort_values(["student_id", "day"])
    # Days in a row are as far from their place in the order as their neighbours are.
    days["run"] = days["day"] - np.arange(len(days))
    runs = days.groupby(["student_id", "run"], sort=True)["day"].agg(["size", "max"]).reset_index()
    runs["current"] = runs["size"].where(runs["max"] >= today - 1, 0)
    of_student = runs.groupby("student_id", sort=True)
    return pd.DataFrame(
        {
            "current_streak": of_student["current"].last(),
            "best_streak": of_student["size"].max(),
            "last_day": of_student["max"].max(),
        }
    )
