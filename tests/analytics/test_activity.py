"""Weeks of activity: nothing is lost, and none is left out."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.activity import SUMMED, days_of_weeks, weekly
from edukit.queries.frames import ACTIVITY

DAYS = st.dictionaries(
    st.dates(date(2024, 1, 1), date(2026, 12, 31)),
    st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(0, 90), st.integers(0, 3)),
    max_size=12,
)
TODAY = pd.Timestamp(2026, 7, 1)


@given(DAYS, st.dates(date(2024, 1, 1), date(2026, 12, 31)))
def test_weeks_hold_the_days(days: dict[date, tuple[int, int, int, int]], today: date) -> None:
    """Each week is the sum of its days, Monday to Sunday; from the first to today's there is each, once."""
    frame = ACTIVITY.of(
        (day, answers + right, right, minutes, work) for day, (answers, right, minutes, work) in days.items()
    )
    weeks = weekly(frame.sort_values("active_on"), until=pd.Timestamp(today))
    assert weeks["week"].dt.day_of_week.eq(0).all()
    assert weeks["week"].diff().dropna().eq(pd.Timedelta(days=7)).all()
    own = {week: [0] * len(SUMMED) for week in weeks["week"]}
    for day, *figures in frame[["active_on", *SUMMED]].itertuples(index=False):
        week = day - timedelta(days=day.weekday())
        own[week] = [sum(both) for both in zip(own[week], figures, strict=True)]
    assert {week: sums for week, *sums in weeks[["week", *SUMMED]].itertuples(index=False)} == own
    assert weeks[SUMMED].sum().tolist() == frame[SUMMED].sum().tolist()
    if days:
        assert weeks["week"].iloc[0] <= frame["active_on"].min()
        last = weeks["week"].iloc[-1]
        latest = max(frame["active_on"].max(), pd.Timestamp(today))
        assert last <= latest < last + pd.Timedelta(days=7)


def test_share_is_of_the_answers() -> None:
    """Right answers by answers; a week without answers has none, rather than zero."""
    frame = ACTIVITY.of(
        [(date(2026, 6, 1), 4, 3, 10, 0), (date(2026, 6, 7), 4, 1, 10, 0), (date(2026, 6, 15), 0, 0, 0, 1)]
    )
    weeks = weekly(frame, until=TODAY)
    assert weeks["week"].dt.day.tolist() == [1, 8, 15, 22, 29]
    assert weeks["correct_share"].tolist() == pytest.approx([0.5] + [float("nan")] * 4, nan_ok=True)


def test_silent_weeks_up_to_today_are_there() -> None:
    """Who has done nothing since March has a week of zeros for each that has passed, and for this one."""
    weeks = weekly(ACTIVITY.of([(date(2026, 3, 4), 4, 3, 10, 0)]), until=pd.Timestamp(2026, 6, 28))
    assert weeks["attempts"].tolist() == [4] + [0] * 16
    assert weeks["week"].iloc[-1] == pd.Timestamp(2026, 6, 22)


@pytest.mark.parametrize("today", pd.date_range("2026-06-22", "2026-06-28"))
def test_a_year_begins_on_a_monday(today: pd.Timestamp) -> None:
    """Whatever day it is, the 52 weeks are whole but for what is to come of this one."""
    first = today - pd.Timedelta(days=days_of_weeks(52, until=today) - 1)
    assert first == pd.Timestamp(2025, 6, 30)
    assert len(weekly(ACTIVITY.of([(first.date(), 1, 1, 1, 0)]), until=today)) == 52


def test_no_days_are_no_weeks() -> None:
    """A student who did nothing has the same columns and no rows."""
    weeks = weekly(ACTIVITY.of([]), until=TODAY)
    assert weeks.empty
    assert list(weeks) == ["week", *SUMMED, "correct_share"]
