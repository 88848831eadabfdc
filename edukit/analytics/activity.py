"""Activity: a student's days gathered into weeks."""

from __future__ import annotations

import pandas as pd

SUMMED = ["attempts", "correct_attempts", "minutes", "submissions"]


def weekly(activity: pd.DataFrame, *, until: pd.Timestamp) -> pd.DataFrame:
    """Every week, Monday to Sunday, from the first with activity to that of a day; one without any is zeros.

    Args:
        activity: rows of the frame ``activity``.
        until: a day of the last week, as today; what was done later has its weeks too.

    Returns:
        ``week`` (its Monday), ``attempts``, ``correct_attempts``, ``minutes``, ``submissions`` and
        ``correct_share`` (0-1; missing: no answers in that week). No rows where there is no activity.
    """
    days = activity["active_on"]
    mondays = days - pd.to_timedelta(days.dt.day_of_week, unit="D")
    sums = activity.groupby(mondays.rename("week"))[SUMMED].sum()
    if len(sums):
        last = max(sums.index[-1], until.normalize() - pd.Timedelta(days=until.day_of_week))
        sums = sums.reindex(pd.date_range(sums.index[0], last, freq="7D", name="week"), fill_value=0)
    share = sums["correct_attempts"] / sums["attempts"].where(sums["attempts"] > 0)
    return sums.assign(correct_share=share.astype("float64")).reset_index()


def days_of_weeks(weeks: int, *, until: pd.Timestamp) -> int:
    """How many days there are up to a day, itself included, from the Monday on with which so many weeks begin."""
    return 7 * (weeks - 1) + until.day_of_week + 1
