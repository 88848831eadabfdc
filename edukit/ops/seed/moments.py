"""Moments of the school year: a day's number and a local hour as a time in UTC.

What happens is compared and put in order by ticks: whole microseconds since 1970.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from edukit.db.ids import time_ordered_uuids

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from edukit.ops.seed.calendar import SchoolYear

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000


def moments(year: SchoolYear, day: NDArray[np.int64], hour: NDArray[np.float64]) -> pd.DatetimeIndex:
    """The local hour (0-24) of each day, counted from the year's first, in UTC."""
    local = np.datetime64(year.starts_on, "us") + ((day * 24 + hour) * 3.6e9).astype("timedelta64[us]")
    # An hour that the clocks skip or repeat in one night of the year is moved on, or taken as the first.
    zoned = pd.DatetimeIndex(local).tz_localize(
        year.time_zone, ambiguous=np.ones(len(local), dtype=bool), nonexistent="shift_forward"
    )
    return zoned.tz_convert("UTC").as_unit("us")


def recent_moments(
    rng: np.random.Generator, year: SchoolYear, count: int, *, hours: tuple[float, float], days: int
) -> pd.DatetimeIndex:
    """So many moments, at random between these local hours of the year's last ``days`` days, the very last left out."""
    # The last day may not be over yet.
    day = len(year.days) - 2 - rng.integers(0, min(len(year.days) - 1, days), count)
    return moments(year, day, rng.uniform(*hours, count))


def uuids_at(rng: np.random.Generator, when: pd.Series[pd.Timestamp] | pd.DatetimeIndex) -> pd.Series[Any]:
    """An id of version 7 for each moment, which must be in UTC."""
    microseconds = pd.DatetimeIndex(when).as_unit("us").asi8
    return pd.Series(time_ordered_uuids(rng, microseconds), dtype=object)


def ticks(year: SchoolYear, day: ArrayLike, hour: ArrayLike) -> NDArray[np.int64]:
    """The local hour (0-24) of each day of the year, counted from its first."""
    days, hours = np.broadcast_arrays(np.asarray(day, dtype=np.int64), np.asarray(hour, dtype=np.float64))
    return moments(year, days, hours).as_unit("us").asi8


def tick(moment: datetime) -> int:
    """One aware moment."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def ticks_of(moment: pd.Series[pd.Timestamp]) -> NDArray[np.int64]:
    """A column of moments in UTC, none missing."""
    return pd.DatetimeIndex(moment).as_unit("us").asi8


def shown(microseconds: ArrayLike) -> pd.DatetimeIndex:
    """The same as moments in UTC, ready for a table."""
    return pd.DatetimeIndex(np.asarray(microseconds, dtype=np.int64).astype("datetime64[us]")).tz_localize("UTC")


def local_days(microseconds: ArrayLike, year: SchoolYear) -> NDArray[np.float64]:
    """How many days after the first midnight of the year each was, by the school's clocks."""
    local = shown(microseconds).tz_convert(year.time_zone).tz_localize(None).as_unit("us").asi8
    return (local - np.datetime64(year.starts_on, "us").astype(np.int64)) / DAY
