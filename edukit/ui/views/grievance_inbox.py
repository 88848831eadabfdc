"""The inbox: which grievances are shown, a page at a time, and the file of exactly those."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from edukit.ui.cards import heading, sentence
from edukit.ui.export import csv_file, file_name
from edukit.ui.grievance_address import CHOICES, WantedGrievances
from edukit.ui.grievance_cards import inbox, inbox_figures
from edukit.ui.page import controls, section
from edukit.ui.summary import counted
from edukit.ui.widgets import Download, Pager, Panel

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
        self._download = Download("Download CSV", self._file)
        title = Panel(html=heading("Inbox", HOW_TO_READ.format(" and to act" if edu.may_act else "")))
        choices = controls([*self._choices.values(), self._pager.widget])
        rows = section([title, choices, self._empty, self._list, self._download])
        self.widget = w.VBox([self._figures, rows])
        self._list.on_choice(on_open)
        for choice in self._choices.values():
            choice.observe(self._change, "value")

    @property
    def chosen(self) -> WantedGrievances:
        """What the filters let through."""
        status, category, whose = (self._choices[name].value for name in ("status", "category", "whose"))
        return WantedGrievances(status=status, category=category, whose=whose)

    def show(self, frame: pd.DataFrame) -> None:
        """Show the rows of the frame ``grievances`` that the filters let through."""
        self._frame = frame
        self._figures.html = inbox_figures(frame)
        self._filter()

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
        self._download.label = f"Download CSV ({counted(len(self._shown), 'grievance')})"

    def _nothing(self) -> str:
        if self._frame.empty:
            return NONE_YET
        return (
            NONE_WAITS
            if self.chosen == WantedGrievances()
            else NONE_FITS.format(counted(len(self._frame), "grievance"))
        )

    def _file(self) -> tuple[str, bytes]:
        """Exactly the rows that are shown, in the order shown."""
        self._edu.record_export("grievances", rows=len(self._shown))
        return file_name("grievances", self.chosen.status), csv_file(self._shown)
