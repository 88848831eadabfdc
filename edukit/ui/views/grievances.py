"""The grievances dashboard: what waits for an answer, each grievance with its steps, and how it goes over time."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import ipywidgets as w

from edukit.analytics.wording import counted
from edukit.errors import NotFound
from edukit.queries.frames import GRIEVANCE_FIGURES
from edukit.ui.address import NOT_YOURS
from edukit.ui.cards import heading, notice
from edukit.ui.charted import Charted
from edukit.ui.clicks import Clicks
from edukit.ui.date_range import DateRange
from edukit.ui.export_menu import Shown
from edukit.ui.grievance_address import WantedGrievances
from edukit.ui.grievance_figures import weeks_chart, weeks_legend, weeks_sentence, weeks_table
from edukit.ui.page import controls, of_classes, page, section, told
from edukit.ui.updates import Updates
from edukit.ui.views.grievance_case import GrievanceCase
from edukit.ui.views.grievance_filing import Filing
from edukit.ui.views.grievance_inbox import Inbox
from edukit.ui.widgets import Address, Panel, asked_query, group, served_by_voila, shows

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from edukit.workbench import Workbench

WEEKS_SHOWN = 52
WEEKS_LEAD = (
    "Week by week from Monday: the latest year, or the weeks of the days that are chosen. What came back counts as "
    "resolved in its week, and as reopened."
)
NO_WEEKS = "The chart appears with the first grievance."
NO_WEEKS_THEN = "There was no grievance in these weeks, nor before them."
FILED = "The grievance is filed and assigned to {}."
FILED_TO_NOBODY = "The grievance is filed. No rule names anybody for it: it is nobody's until it is assigned."


def grievances(edu: Workbench, *, query: str | None = None) -> w.Widget:
    """The grievances that the viewer may see, as a widget.

    Args:
        edu: what the viewer may ask and do.
        query: ``grievance=...`` to open one, ``class=...&status=...&category=...&whose=mine|nobody&from=...&to=...``;
            None: what the page's address says.
    """
    wanted = WantedGrievances.of(asked_query() if query is None else query)
    return of_classes(
        edu,
        "grievances",
        lambda classes: _Grievances(edu, classes, wanted).widget,
        also_without=True,
    )


class _Grievances:
    """The inbox or one grievance, whichever is open; opening the page reads and writes nothing."""

    def __init__(self, edu: Workbench, classes: pd.DataFrame, wanted: WantedGrievances) -> None:
        self._edu = edu
        self._class_id = wanted.class_id if wanted.class_id in set(classes["class_id"]) else None
        self._wanted = wanted
        self._address, self._clicks = Address(live=served_by_voila()), Clicks()
        self._notice = Panel(live=True)
        self._updates = Updates(edu, on_wanted=self._renew)
        self._dates = DateRange(replace(wanted.days, time_zone=edu.time_zone), today=edu.today)
        self._inbox = Inbox(edu, wanted, on_open=self._open, on_change=self._keep_address)
        self._case = GrievanceCase(edu, self._clicks, on_back=self._leave, on_step=self._show_all)
        self._weeks = Charted(edu, self._file)
        self._filing = Filing(edu, self._clicks, classes, self._class_id, on_filed=self._filed)
        title = Panel(html=heading("Over time", WEEKS_LEAD) + weeks_legend())
        bar = group([self._dates], "edukit-controls", "edukit-bar")
        over_time = section([title, self._weeks.widget])
        self._all = group([bar, self._inbox.widget, self._filing.widget, over_time])
        self._body = group([self._all, self._case.widget])
        again = w.Button(description="Try again")
        again.on_click(lambda _button: self._try_again())
        self._again = controls([again])
        self._start(wanted)
        self._dates.on_change(self._renew)
        self.widget = page([self._address, self._updates, self._notice, self._again, self._body])

    def _start(self, wanted: WantedGrievances) -> None:
        """Show what the link asks for, and say what it asks for in vain."""
        faults = list(wanted.faults)
        if wanted.class_id != self._class_id:
            faults.append(NOT_YOURS.format(f"class {wanted.class_id}", "no class is chosen"))
        with self._told():
            self._show_all()
            if wanted.grievance_id is not None:
                try:
                    self._case.show(wanted.grievance_id)
                except NotFound:
                    faults.append(NOT_YOURS.format("a grievance", "here are those that you may see"))
            self._notice.html = notice(faults)
            self._turn()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Show what goes wrong in place of the page, with a way to try again."""
        shows(self._again, when=True)
        with told(self._notice, instead_of=self._body):
            yield
            shows(self._again, when=False)

    def _try_again(self) -> None:
        """Show what was to be shown, all of it as it stands now."""
        self._start(self._wanted)

    def _renew(self) -> None:
        """Show everything as it stands now, at the same place; what was typed stays."""
        with self._told():
            self._show_all()
            self._case.renew()
            self._turn()

    def _open(self, grievance_id: str) -> None:
        self._wanted = replace(self._wanted, grievance_id=grievance_id)
        with self._told():
            self._case.show(grievance_id)
            self._turn()
            self._case.arrive()
        self._clicks.changed()

    def _leave(self) -> None:
        self._wanted = replace(self._wanted, grievance_id=None)
        self._case.leave()
        self._turn()

    def _filed(self, grievance_id: str) -> None:
        """Open what was just filed, and say where it went.

        Raises:
            EdukitError: it cannot be shown now; what is shown stays.
        """
        self._show_all()
        self._case.show(grievance_id)
        self._wanted = replace(self._wanted, grievance_id=grievance_id)
        self._turn()
        self._case.arrive()
        self._case.tell(FILED.format(self._case.holder) if self._case.holder else FILED_TO_NOBODY)

    def _show_all(self) -> None:
        """Show the inbox and the figures as they stand now, and hear of what comes after."""
        self._updates.follow([], grievances=True)
        self._inbox.show(self._edu.grievances(), self._dates.days)
        shows(self._filing.widget, when=self._edu.may_act)
        self._show_weeks(self._edu.grievance_figures())

    def _show_weeks(self, weeks: pd.DataFrame) -> None:
        """Show the latest year, or the weeks in which the chosen days lie."""
        days = self._dates.days
        shown = weeks.tail(WEEKS_SHOWN) if days.all else days.weeks.among(weeks, "week_start")
        over = bool(len(shown)) and shown["week_start"].iloc[-1] < weeks["week_start"].iloc[-1]
        self._shown_weeks = shown.iloc[::-1]
        self._weeks.menu.label = f"Export ({counted(len(shown), 'week')})"
        if shown.empty:
            self._weeks.show(None, NO_WEEKS if days.all else NO_WEEKS_THEN, "")
        else:
            self._weeks.show(weeks_chart(shown), weeks_sentence(shown, over=over), weeks_table(shown))

    def _file(self) -> Shown:
        """Exactly the weeks of the table, in its order."""
        rows = self._shown_weeks.assign(week_start=self._shown_weeks["week_start"].dt.date)
        return Shown(GRIEVANCE_FIGURES, rows, "grievances-by-week")

    def _turn(self) -> None:
        """Show the inbox, or the grievance that is open, and keep that in the address."""
        opened = self._case.grievance_id is not None
        shows(self._all, when=not opened)
        shows(self._case.widget, when=opened)
        self._keep_address()

    def _keep_address(self) -> None:
        opened = self._case.grievance_id
        chosen = replace(self._inbox.chosen, class_id=self._class_id, grievance_id=opened, days=self._dates.days)
        self._address.parameters = chosen.parameters()
