"""The school year of the demo: its days, and what is a school day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SETTLED_DAYS = 28
"""A year younger than this has too little to show: until then the demo shows the year before."""

SATURDAY = 5


@dataclass(frozen=True)
class SchoolYear:
    """A school's year from the first day of September to early July, seen at a moment.

    ``days`` are the year's days so far, ``is_school_day`` tells which of them had lessons, and
    ``progress`` how much of the year's lessons had passed by each (0-1).
    """

    starts_on: date
    ends_on: date
    time_zone: str
    days: NDArray[np.datetime64]
    is_school_day: NDArray[np.bool_]
    progress: NDArray[np.float64]

    @property
    def weekday(self) -> NDArray[np.int64]:
        """0 for Monday, for each day."""
        return (self.days.astype("datetime64[D]").astype(np.int64) + 3) % 7

    @property
    def weeks(self) -> float:
        """School weeks so far."""
        return float(self.is_school_day.sum()) / 5

    def moment(self, day: date, hour: int = 8) -> datetime:
        """An hour of a day at the school, in UTC."""
        return datetime.combine(day, time(hour), tzinfo=ZoneInfo(self.time_zone)).astimezone(UTC)


def first_day(as_of: datetime) -> date:
    """First of the September whose school year the demo shows at ``as_of``."""
    settled = (as_of - timedelta(days=SETTLED_DAYS)).date()
    return date(settled.year - (settled.month < 9), 9, 1)  # noqa: PLR2004 - September


def school_year(as_of: datetime, time_zone: str, *, half_term_day: int) -> SchoolYear:
    """The school year at ``as_of``; its half-term holidays begin on that day of October and February."""
    start = first_day(as_of)
    end = date(start.year + 1, 7, 3)
    today = as_of.astimezone(ZoneInfo(time_zone)).date()
    whole = np.arange(np.datetime64(start), np.datetime64(end) + 1)
    weekday = (whole.astype(np.int64) + 3) % 7
    lessons = (weekday < SATURDAY) & ~_holiday(whole, start.year, half_term_day)
    progress = np.cumsum(lessons) / max(int(lessons.sum()), 1)
    so_far = whole <= np.datetime64(today)
    return SchoolYear(start, end, time_zone, whole[so_far], lessons[so_far], progress[so_far])


def _holiday(days: NDArray[np.datetime64], year: int, half_term_day: int) -> NDArray[np.bool_]:
    spans = (
        (date(year, 10, half_term_day), 9),
        (date(year, 12, 20), 15),
        (date(year + 1, 2, half_term_day - 8), 9),
        (date(year + 1, 4, half_term_day - 9), 14),
        (date(year + 1, 5, half_term_day), 5),
    )
    free = np.zeros(len(days), dtype=bool)
    for start, length in spans:
        first = np.datetime64(start)
        free |= (days >= first) & (days < first + length)
    return free
