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

    from edukit.workbench import Workbench

EVERY = 0
"""Value of all classes: a Dropdown takes None for nothing selected and shows a blank."""
ALL_OTHERS = ("All of the subject", EVERY)
FIRST_OTHERS = ("The first eight of the subject", EVERY)
NOT_ALIKE = (
    '<p class="lead">The link asks for the class {} beside it, which is not taught the same, not yours to see or not '
    "there any more: choose one.</p>"
)
TITLE = "Your classes side by side"
ABOUT = "By topic: how many students of each class are at which level, with the interval of those who are proficient."
INTERVAL = (
    '<p class="lead">From the left: mastered, proficient, developing, beginning. The line is where the share who are '
    "proficient or above lies in nine cases of ten.</p>"
)


class ClassComparison:
    """A class beside others; it is fetched when it is opened, and when others are chosen."""

    def __init__(self, edu: Workbench, beside: int | None, *, is_open: bool) -> None:
        """Build it; nothing is fetched yet.

        Args:
            edu: what the viewer may ask.
            beside: id of the one class that a link asks for; None: all of the subject.
            is_open: whether it is open from the beginning.
        """
        self._edu, self._class_id, self._class_name, self._settling = edu, 0, "", False
        self._beside, self._rows = beside or EVERY, CLASS_COMPARISON.of([])
        self._with = w.Dropdown(description="Beside", options=[ALL_OTHERS])
        self._charted = Charted(edu, self._taken_out, live=True, above=[controls([self._with])])
        self._head = Panel()
        self.folded = Folded(TITLE, ABOUT, [self._head, self._charted.widget], fill=self._fetch, is_open=is_open)
        self._with.observe(lambda _change: self._chosen(), "value")

    def on_change(self, act: Callable[[], object]) -> None:
        """Call ``act()`` after it was opened or closed, or others were chosen."""
        self._on_change = act
        self.folded.on_turn(act)

    @property
    def beside(self) -> int | None:
        """The one class that stands beside it, or will once it is opened."""
        return self._beside or None

    def about_class(self, class_id: int, class_name: str) -> None:
        """Take another class, beside all others at first; it is shown at the next renewal."""
        if class_id != self._class_id:
            if self._class_id:
                self._beside = EVERY
            self._class_id, self._class_name = class_id, class_name

    def _chosen(self) -> None:
        if not self._settling:
            self._beside = self._with.value
            self.folded.renew()
            self._on_change()

    def _fetch(self) -> None:
        alike = self._edu.classes_alike(self._class_id)
        asked = self._beside
        if asked not in alike or asked == self._class_id:
            self._beside = EVERY
        self._offer(alike)
        self._rows = self._edu.compare_classes(self._class_id, [self._beside] if self._beside else None)
        # They may have been chosen anew on another page.
        said = INTERVAL + legend(self._edu.mastery_thresholds)
        self._head.html = said if asked == self._beside else NOT_ALIKE.format(asked) + said
        self._charted.menu.label = f"Export ({counted(len(self._rows), 'row')})"
        self._charted.show(
            comparison_chart(self._rows) if len(self._rows) else None,
            comparison_sentence(self._rows),
            comparison_table(self._rows) if len(self._rows) else "",
        )

    def _offer(self, alike: dict[int, str]) -> None:
        """Offer all that are taught the same, to stand beside it one by one."""
        every = FIRST_OTHERS if len(alike) > MOST_COMPARED else ALL_OTHERS
        self._settling = True
        try:
            self._with.options = [every, *((name, id_) for id_, name in alike.items() if id_ != self._class_id)]
            self._with.value = self._beside
        finally:
            self._settling = False

    def _taken_out(self) -> Shown:
        """Exactly the rows that are shown, in the order shown."""
        return Shown(CLASS_COMPARISON, self._rows, file_name("classes", self._class_name), {"class_": self._class_id})
