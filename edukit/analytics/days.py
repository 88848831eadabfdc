"""Days that somebody chose: which moments and days lie within them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Days:
    """Days of an institution's calendar, the first and the last included; None: there is no end on that side."""

    first: date | None = None
    last: date | None = None
    time_zone: str = "UTC"
    """IANA name: what a day is there."""

    @property
    def all(self) -> bool:
        """Whether there is no end on either side."""
        return self.first is None and self.last is None

    @property
    def since(self) -> datetime | None:
        """The moment (UTC) at which they begin; None: they always have."""
        return None if self.first is None else self._midnight(self.first)

    @property
    def until(self) -> datetime | None:
        """The moment (UTC) at which they are over; None: they never are."""
        return None if self.last is None else self._midnight(self.last + timedelta(days=1))

    @property
    def weeks(self) -> Days:
        """The days of all weeks, from Monday to Sunday, in which they lie."""
        first = self.first and self.first - timedelta(days=self.first.weekday())
        last = self.last and self.last + timedelta(days=6 - self.last.weekday())
        return Days(first, last, self.time_zone)

    def among(self, frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
        """The rows of a frame of which something happened on these days, in their order.

        Args:
            frame: any; it comes back as it is where the days have no end on either side.
            columns: of moments, or of days of that calendar; a row stays where one of them lies within. What has no
                time lies on no day.
        """
        if self.all:
            return frame
        inside = [self._holds(frame[column]).to_numpy(dtype=bool) for column in columns]
        kept: pd.DataFrame = frame[np.any(inside, axis=0)]
        return kept.reset_index(drop=True)

    def _holds(self, column: pd.Series[Any]) -> pd.Series[bool]:
        first, last = (None if day is None else pd.Timestamp(day) for day in (self.first, self.last))
        days = column
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            days = column.dt.tz_convert(self.time_zone).dt.tz_localize(None).dt.normalize()
        inside = column.notna()
        if first is not None:
            inside &= days >= first
        if last is not None:
            inside &= days <= last
        return inside

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), ZoneInfo(self.time_zone)).astimezone(UTC)


ALL_DAYS = Days()
