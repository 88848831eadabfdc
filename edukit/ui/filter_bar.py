"""The controls at the head of a page: which class and which days it is about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edukit.ui.address import ANOTHER, NOT_YOURS
from edukit.ui.date_range import DateRange
from edukit.ui.widgets import class_picker, group

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import ipywidgets as w
    import pandas as pd

    from edukit.analytics.days import Days
    from edukit.workbench import Workbench


class FilterBar:
    """A class and days to choose, with what stands beside them; it opens at what a link asks for."""

    def __init__(  # noqa: PLR0913 - one for each thing that it shows
        self,
        edu: Workbench,
        classes: pd.DataFrame,
        class_id: int | None,
        days: Days,
        *,
        beside: Sequence[w.Widget] = (),
        last: Sequence[w.Widget] = (),
    ) -> None:
        """Build it.

        Args:
            edu: whose calendar the days are of.
            classes: the frame ``class_names``, of one class at least.
            class_id: which one a link asks for; None: it does not say.
            days: which days it asks for.
            beside: other choices, between the class and the days.
            last: what stands after the days.
        """
        self._class = class_picker(classes)
        self._dates = DateRange(replace(days, time_zone=edu.time_zone), today=edu.today)
        self.class_ids = set(classes["class_id"])
        self.faults = [] if class_id is None else self._at(class_id)
        """Sentences about a class that is asked for in vain."""
        self.widget = group([self._class, *beside, self._dates, *last], "edukit-controls", "edukit-bar")

    @property
    def class_id(self) -> int:
        """The chosen class."""
        return int(self._class.value)

    @property
    def class_name(self) -> str:
        """How the chosen class is called."""
        return str(self._class.label)

    @property
    def days(self) -> Days:
        """The chosen days."""
        return self._dates.days

    def choose(self, class_id: int) -> None:
        """Choose another class, which is among them."""
        self._class.value = class_id

    def on_class(self, act: Callable[[], object]) -> None:
        """Call ``act()`` when another class is chosen."""
        self._class.observe(lambda _change: act(), "value")

    def on_days(self, act: Callable[[], object]) -> None:
        """Call ``act()`` when other days are chosen."""
        self._dates.on_change(act)

    def _at(self, class_id: int) -> list[str]:
        if class_id not in self.class_ids:
            return [NOT_YOURS.format(f"class {class_id}", ANOTHER)]
        self._class.value = class_id
        return []
