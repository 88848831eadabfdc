"""Days that somebody chose hold what happened on them, by the calendar of their place."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.days import Days

ZONES = ["UTC", "Europe/Zurich", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kathmandu", "America/Sao_Paulo"]
DAYS = st.none() | st.dates(date(2014, 1, 1), date(2027, 1, 1))
MOMENTS = st.lists(st.none() | st.datetimes(datetime(2014, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001


def moments(values: list[datetime | None]) -> pd.DataFrame:
    """A frame of these moments, as those of edukit are typed."""
    return pd.DataFrame({"at": pd.Series(values, dtype="datetime64[us, UTC]")})


@given(MOMENTS, DAYS, DAYS, st.sampled_from(ZONES))
def test_a_moment_lies_on_its_day(
    values: list[datetime | None], first: date | None, last: date | None, zone: str
) -> None:
    """What stays is what lies on one of the days by the calendar there, and the same as lies between the two ends."""
    days, kept = Days(first, last, zone), []
    for value in values:
        day = value and value.astimezone(ZoneInfo(zone)).date()
        if days.all or (day and (first is None or first <= day) and (last is None or day <= last)):
            kept.append(value)
    found = days.among(moments(values), "at")["at"].tolist()
    assert [None if pd.isna(one) else one for one in found] == kept
    between = [one for one in kept if one and (days.since or one) <= one < (days.until or one + timedelta(seconds=1))]
    assert between == [one for one in kept if one]


def test_days_of_the_calendar_are_taken_as_they_are() -> None:
    """A column of days is not turned into another zone's."""
    frame = pd.DataFrame({"on": pd.date_range("2026-06-01", periods=5).astype("datetime64[s]")})
    days = Days(date(2026, 6, 2), date(2026, 6, 4), "Pacific/Kiritimati")
    assert days.among(frame, "on")["on"].dt.day.tolist() == [2, 3, 4]


def test_one_of_several_columns_is_enough() -> None:
    """A row stays where any of the columns lies within."""
    at = pd.Series(["2026-06-01", "2026-06-09", None], dtype="datetime64[us, UTC]")
    frame = pd.DataFrame({"due": at, "handed_in": at.shift(-1), "n": np.arange(3)})
    assert Days(date(2026, 6, 9)).among(frame, "due", "handed_in")["n"].tolist() == [0, 1]


def test_no_rows_stay_none() -> None:
    """A frame without rows keeps its columns and types."""
    empty = moments([])
    pd.testing.assert_frame_equal(Days(date(2026, 6, 9)).among(empty, "at"), empty)
