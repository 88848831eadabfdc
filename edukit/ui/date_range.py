"""Two days to choose, by a few usual spans or one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets as t

from edukit.analytics.days import Days
from edukit.ui.days import asked_days, parameters
from edukit.ui.widgets import Script, script

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date


class DateRange(Script):
    """Days of a calendar, the first and the last included; either may be left open."""

    _esm = script("date_range.js")
    chosen = t.Dict({"from": "", "to": ""}).tag(sync=True)
    """Both days, as ``2026-06-01``; empty: there is no end on that side. They change together."""
    today = t.Unicode("").tag(sync=True)
    """The day on which the usual spans end."""

    def __init__(self, days: Days, *, today: date) -> None:
        super().__init__(chosen=parameters(days), today=today.isoformat(), _dom_classes=("edukit-days",))
        self._time_zone = days.time_zone

    @property
    def days(self) -> Days:
        """The days that are chosen; what is no day is none."""
        days = asked_days(self.chosen, [])
        return Days(days.first, days.last, self._time_zone)

    def on_change(self, act: Callable[[], object]) -> None:
        """Call ``act()`` when other days are chosen."""

        def chosen(_change: Any) -> None:
            act()

        self.observe(chosen, "chosen")
