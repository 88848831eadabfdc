"""The inbox: which grievances are shown, a page at a time, and the file of exactly those."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from edukit.analytics.days import ALL_DAYS, Days
from edukit.analytics.wording import counted
from edukit.queries.frames import GRIEVANCES
from edukit.ui.cards import heading, sentence
from edukit.ui.days import in_words
from edukit.ui.export import file_name
from edukit.ui.export_menu import ExportMenu, Shown
from edukit.ui.grievance_address import CHOICES, WantedGrievances
from edukit.ui.grievance_cards import inbox, inbox_figures
from edukit.ui.page import controls, section
from edukit.ui.widgets import Pager, Panel, group

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from edukit.workbench import Workbench

A_PAGE = 50
HOW_TO_READ = (
    "The most urgent first: what waits before what is done, the severest first, then the oldest. Choose one to read it"
    "{}. Who complains is not shown."
)
NONE_YET = "There is no grievance yet that is yours to see."
NONE_FILED = "No grievance that is yours to see was filed {}. Choose other days above."
NONE_WAITS = "No grievance is waiting. Choose another status to see those that are done."
NONE_FITS = "None of the {} fits this choice. Choose another status, category or person."


class Inbox:
    """Figures, filters, the list, its pages and its file."""

    def __init__(
        self,
        edu: Workbench,
        wanted: WantedGrievances,
        *,
        on_open: Callable[[str], object],
        on_change: Callable[[], object],
    ) -> None:
        self._edu, self._on_change = edu, on_change
        self._days = ALL_DAYS
        self._figures, self._list, self._empty = Panel(), Panel(), Panel(live=True)
        self._choices = {
            name: w.Dropdown(
                description=name.capitalize(),
                options=[(words, value) for value, words in choices.items()],
                value=getattr(wanted, name),
            )
            for name, choices in CHOICES.items()
        }
        self._pager = Pager(A_PAGE, on_turn=self._show_page, noun="grievance")
        self._menu = ExportMenu(edu, self._file)
        title = Panel(html=heading("Inbox", HOW_TO_READ.format(" and to act" if edu.may_act else "")))
        choices = controls([*self._choices.values(), self._pager.widget])
        rows = section([title, choices, self._empty, self._list, self._menu])
        self.widget = group([self._figures, rows])
        self._list.on_choice(on_open)
        for choice in self._choices.values():
            choice.observe(self._change, "value")

    @property
    def chosen(self) -> WantedGrievances:
        """What the filters let through."""
        status, category, whose = (self._choices[name].value for name in ("status", "category", "whose"))
        return WantedGrievances(status=status, category=category, whose=whose)

    def show(self, frame: pd.DataFrame, days: Days) -> None:
        """Show the rows of the frame ``grievances`` that were filed on these days and that the filters let through."""
        at = self._pager.places.start
        self._frame, self._days = days.among(frame, "filed_at"), days
        self._figures.html = inbox_figures(self._frame, in_words(days))
        self._filter()
        self._pager.turn_to(at)
        self._show_page()

    def _change(self, _change: object) -> None:
        self._filter()
        self._on_change()

    def _filter(self) -> None:
        """Begin at the first page of what the filters let through."""
        self._rows = self.chosen.among(self._frame)
        self._empty.html = "" if len(self._rows) else sentence(self._nothing())
        self._pager.start(len(self._rows), 0)
        self._show_page()

    def _show_page(self) -> None:
        self._shown = self._rows.iloc[self._pager.places]
        self._list.html = inbox(self._shown) if len(self._shown) else ""
        self._menu.label = f"Export ({counted(len(self._shown), 'grievance')})"

    def _nothing(self) -> str:
        if self._frame.empty:
            return NONE_YET if self._days.all else NONE_FILED.format(in_words(self._days))
        return (
            NONE_WAITS
            if self.chosen == WantedGrievances()
            else NONE_FITS.format(counted(len(self._frame), "grievance"))
        )

    def _file(self) -> Shown:
        """Exactly the rows that are shown, in the order shown."""
        return Shown(GRIEVANCES, self._shown, file_name("grievances", self.chosen.status))
