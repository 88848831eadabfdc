"""Mastery week by week: where each student stood on each concept when a week was over."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from edukit.analytics.mastery import evidence_path, posterior

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

DAYS_OF_A_WEEK = 7
SCORES = (
    "student_id", "concept_id", "week", "mastery_score", "mastery_low", "mastery_high", "total_attempts",
    "correct_attempts",
)  # fmt: skip


def monday(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def last_monday(today: date) -> date:
    """The Monday that "last week" begins on: six days ago or more, so that on a Monday it is not today."""
    return monday(today - timedelta(days=DAYS_OF_A_WEEK - 1))


def weeks_of(attempted_at: pd.Series[pd.Timestamp], by: list[Any], zone: ZoneInfo) -> pd.Series[Any]:
    """The Monday of each attempt's week; clocks that ran back do not take an attempt to a week before the last one's.

    Args:
        attempted_at: moments, in the order of each student's attempts; NaT: unknown.
        by: what tells whose attempt it is, one for each, or several columns of it.
        zone: of the calendar.

    Returns:
        Mondays without a zone; an attempt of unknown time is of the week of the one before it, NaT: nothing is known.
    """
    days = attempted_at.dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
    week = (days - pd.to_timedelta(days.dt.day_of_week, unit="D")).astype("datetime64[s]")
    latest = week.groupby(by, sort=False).cummax()
    known: pd.Series[Any] = latest.groupby(by, sort=False).ffill()
    return known


def weekly_mastery(attempts: pd.DataFrame, *, zone: ZoneInfo, since: date) -> pd.DataFrame:
    """The mastery, by the rule, after the last attempt of each week in which a student answered on a concept.

    The last week's is what :func:`edukit.analytics.mastery.concept_mastery` gives of all attempts.

    Args:
        attempts: as ``concept_mastery`` takes them.
        zone: of the institution's calendar.
        since: Monday of the first week that is wanted; what came before counts, too.

    Returns:
        The columns of ``SCORES``, by student, concept and week (a Monday without a zone). What has no time has no
        week.
    """
    if attempts["attempted_at"].isna().all():
        no_week = pd.Series(dtype="datetime64[s]")
        return _scores(attempts.iloc[:0].assign(answers=0, correct=0, right=0.0, wrong=0.0, week=no_week))
    path = evidence_path(attempts)
    key = ["student_id", "concept_id"]
    path["week"] = weeks_of(path["attempted_at"], [path[name] for name in key], zone)
    of_a_week = path[path["week"] >= pd.Timestamp(since)]
    return _scores(of_a_week.drop_duplicates([*key, "week"], keep="last"))


def _scores(ends: pd.DataFrame) -> pd.DataFrame:
    score, low, high = posterior(ends["right"], ends["wrong"])
    figures = {"mastery_score": score, "mastery_low": low, "mastery_high": high}
    named = ends.rename(columns={"answers": "total_attempts", "correct": "correct_attempts"})
    return named.assign(**figures)[list(SCORES)].reset_index(drop=True)
