"""What one student earned, and the forms that award points and take them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w
import pandas as pd

from edukit.analytics.wording import counted
from edukit.db.ids import new_uuids
from edukit.errors import EdukitError
from edukit.ui.boards import AWARDED_FOR, badge_list, ledger_table
from edukit.ui.cards import heading, notice, refused
from edukit.ui.clicks import Clicks
from edukit.ui.faults import unexpected
from edukit.ui.page import controls, section
from edukit.ui.widgets import Panel, group, shows

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from edukit.workbench import Workbench

MOST_POINTS = 100
HOW_MANY = f"Nothing was awarded: say how many points first, 1 to {MOST_POINTS}."
LEAD = (
    "What is awarded counts on this class's board at once, and stays in the ledger below. With it comes every badge "
    "that asks only for points, experience, a level, days in a row, pieces of work or comments acted on, once they "
    "are reached; no other badge is given here."
)
TAKEN_BACK = "Taken back from {}: the award and this stay in the ledger, and badges that came with it stay with them."
UNCERTAIN = "It is not known whether the points were awarded. Press the button once more: they count once."
CAME_THROUGH = "The points that you awarded first stand in the ledger all the same, and were not awarded twice."


class StudentAwards:
    """Badges and ledger of a student of a class, and the form; ``on_change`` is called when points have changed."""

    def __init__(self, edu: Workbench, *, on_change: Callable[[], object]) -> None:
        self._edu, self._on_change = edu, on_change
        self._class_id, self._student_id, self._name = 0, 0, ""
        self._badges = pd.DataFrame()
        self._event_id: UUID | None = None
        self._clicks = Clicks()
        self._title, self._earned, self._ledger = Panel(), Panel(), Panel()
        self._said = Panel(live=True)
        # Not one that is bounded: it would award what it made of a number that is too high.
        self._points = w.IntText(description=f"Points (1 to {MOST_POINTS})")
        options = [(words, kind) for kind, words in AWARDED_FOR.items()]
        self._what = w.Dropdown(description="What for", options=options)
        self._send = w.Button(description="Award points")
        self._send.add_class("edukit-send")
        choices = controls([self._points, self._what, self._send])
        self._form = group([Panel(html="<h3>Award points</h3>"), choices], "edukit-form")
        self.widget = section([self._title, self._earned, self._form, self._said, self._ledger])
        self._points.observe(self._begin, "value")
        self._send.on_click(lambda _button: self._award())
        self._ledger.on_choice(self._take_back)
        self.hide()

    def hide(self) -> None:
        """Show nobody: nothing of a student stays in the page."""
        shows(self.widget, when=False)
        self._title.html = self._earned.html = self._ledger.html = self._said.html = ""
        self._student_id = 0
        self._begin_anew()

    def show(self, class_id: int, student_id: int, name: str) -> None:
        """Show what a student earned, and offer to award them points on a class's board."""
        if (class_id, student_id) != (self._class_id, self._student_id):
            self._said.html = ""
            self._begin_anew()
        self._class_id, self._student_id, self._name = class_id, student_id, name
        self._badges = self._edu.badges(student_id)
        self._title.html = heading(f"What {name} earned", LEAD)
        self._earned.html = badge_list(self._badges)
        self._ledger.html = ledger_table(self._edu.points_ledger(student_id), undo=self._edu.may_act)
        shows(self._form, when=self._edu.may_act)
        shows(self.widget, when=True)

    def _begin(self, _change: object) -> None:
        """Another award is typed: what was said of the one before is over."""
        if self._points.value:
            self._said.html = ""
            self._event_id = self._event_id or new_uuids(self._edu.now)[0]

    def _begin_anew(self) -> None:
        """Empty the form: what is typed next is another award."""
        self._event_id, self._points.value = None, 0

    def _award(self) -> None:
        """Award what was typed; however often it is tried before it is known to be there, it is one award."""
        points, what, had = self._points.value, self._what.value, set(self._badges["badge_id"])
        if not self._clicks.meant():
            return
        if not points:
            self._said.html = notice([HOW_MANY])
            return
        try:
            self._edu.award_points(self._class_id, self._student_id, points, what, event_id=self._event_id)
        except EdukitError as error:
            self._said.html = refused(error)
            self._look_for_it()
            return
        except Exception:
            self._said.html = notice([UNCERTAIN])
            self._look_for_it()
            raise
        said = f"{self._name} has {counted(points, 'point')} more for {AWARDED_FOR[what]}."
        self._begin_anew()
        if self._told(said):
            new = self._badges[~self._badges["badge_id"].isin(had)]["name"].tolist()
            self._said.html = notice([f"{said} With it came: {', '.join(new)}." if new else said])

    def _look_for_it(self) -> None:
        """Look whether an award that failed is there all the same, as where only its answer was lost."""
        try:
            there = str(self._event_id) in set(self._edu.points_ledger(self._student_id)["event_id"])
        except EdukitError:
            return
        if there:
            self._begin_anew()
            self._told(CAME_THROUGH)

    def _take_back(self, event_id: str) -> None:
        if not self._clicks.meant():
            return
        try:
            self._edu.correct_points(event_id)
        except EdukitError as error:
            self._said.html = refused(error)
            return
        except Exception:
            self._said.html = notice([unexpected()])
            raise
        self._told(TAKEN_BACK.format(self._name))

    def _told(self, done: str) -> bool:
        """Say what has been done, and then show how things stand; whether they could be fetched."""
        self._said.html = notice([done])
        self._clicks.changed()
        try:
            self._on_change()
        except EdukitError as error:
            self._said.html = notice([done]) + refused(error)
            return False
        return True
