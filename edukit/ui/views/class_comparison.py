"""The folded section that shows a class beside others of its subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from edukit.analytics.wording import counted
from edukit.queries.frames import CLASS_COMPARISON
from edukit.ui.cards import legend
from edukit.ui.charted import Charted
from edukit.ui.comparison_figure import comparison_chart, comparison_sentence, comparison_table
from edukit.ui.export import file_name
from edukit.ui.export_menu import Shown
from edukit.ui.fold import Folded
from edukit.ui.page import controls
from edukit.ui.widgets import Panel
from edukit.workbench.comparison import MOST_COMPARED

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from edukit.workbench import Workbench

EVERY = 0
"""Value of all classes: a Dropdown takes None for nothing selected and shows a blank."""
ALL_OTHERS = ("All of the subject", EVERY)
FIRST_OTHERS = ("The first eight of the subject", EVERY)
"""Where there are as many as are compared at most: whether there are more is not known here."""
TITLE = "Your classes side by side"
ABOUT = "By topic: how many students of each class are at which level, with the interval of those who are proficient."
INTERVAL = (
    '<p class="lead">From the left: mastered, proficient, developing, beginning. The line is where the share who are '
    "proficient or above lies in nine cases of ten.</p>"
)


class ClassComparison:
    """A class beside others; it is fetched when it is opened, and when others are chosen."""

    def __init__(self, edu: Workbench, *, is_open: bool) -> None:
        self._edu, self._class_id, self._class_name, self._settling = edu, 0, "", False
        self._rows = CLASS_COMPARISON.of([])
        self._with = w.Dropdown(description="Beside", options=[ALL_OTHERS])
        self._charted = Charted(edu, self._taken_out, live=True, above=[controls([self._with])])
        self._head = Panel()
        self.folded = Folded(TITLE, ABOUT, [self._head, self._charted.widget], fill=self._fetch, is_open=is_open)
        self._with.observe(lambda _change: self._chosen(), "value")

    def on_change(self, act: Callable[[], object]) -> None:
        """Call ``act()`` after it was opened or closed."""
        self.folded.on_turn(act)

    def about_class(self, class_id: int, class_name: str) -> None:
        """Take another class, beside all others at first; it is shown at the next renewal."""
        if class_id != self._class_id:
            self._class_id, self._class_name = class_id, class_name
            self._offer(CLASS_COMPARISON.of([]))

    def _chosen(self) -> None:
        if not self._settling:
            self.folded.renew()

    def _fetch(self) -> None:
        others = [self._with.value] if self._with.value else None
        self._rows = self._edu.compare_classes(self._class_id, others)
        # They may have been chosen anew on another page.
        self._head.html = INTERVAL + legend(self._edu.mastery_thresholds)
        if others is None:
            self._offer(self._rows)
        self._charted.menu.label = f"Export ({counted(len(self._rows), 'row')})"
        self._charted.show(
            comparison_chart(self._rows) if len(self._rows) else None,
            comparison_sentence(self._rows),
            comparison_table(self._rows) if len(self._rows) else "",
        )

    def _offer(self, rows: pd.DataFrame) -> None:
        """Offer the classes that were read, to stand beside it one by one."""
        classes = rows[rows["class_id"].notna() & (rows["class_id"] != self._class_id)].drop_duplicates("class_id")
        names = zip(classes["class_name"], classes["class_id"].astype("int64").tolist(), strict=True)
        self._settling = True
        try:
            self._with.options = [FIRST_OTHERS if len(classes) >= MOST_COMPARED - 1 else ALL_OTHERS, *names]
        finally:
            self._settling = False

    def _taken_out(self) -> Shown:
        """Exactly the rows that are shown, in the order shown."""
        return Shown(CLASS_COMPARISON, self._rows, file_name("classes", self._class_name), {"class_": self._class_id})
