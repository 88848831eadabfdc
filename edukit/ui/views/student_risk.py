"""The risk dashboard: who may fall behind and why, and what is done about it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import ipywidgets as w

from edukit.ui.address import ANOTHER, NOT_YOURS, Wanted
from edukit.ui.cards import heading, lead, notice, sentence
from edukit.ui.chart import Chart
from edukit.ui.export import csv_file, file_name
from edukit.ui.figures import students_in_order
from edukit.ui.links import navigation
from edukit.ui.page import controls, of_classes, page, section, told
from edukit.ui.risk_cards import (
    age_of,
    everybody,
    levels_sentence,
    levels_table,
    nothing_predicted,
    predicted,
    ranked,
    risk_figures,
)
from edukit.ui.risk_figures import levels_chart
from edukit.ui.summary import counted
from edukit.ui.views.risk_case import RiskCase
from edukit.ui.widgets import Address, Download, Pager, Panel, asked_query, class_picker, served_by_voila

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from edukit.workbench import Workbench

CARDS_A_PAGE, STUDENTS_A_PAGE = 12, 60
NO_STUDENTS = "Nobody is enrolled in this class now, so there is nobody to look after."
NOBODY = "Nobody is at risk: every student of whom something is known is at the level low."
MENTORED = "Of each class you see those whom you mentor: every figure here is of them alone."
LIST_LEAD = "Everybody above the level low, the highest score first, with what speaks for it."


def student_risk(edu: Workbench, *, query: str | None = None) -> w.Widget:
    """The dashboard of who may fall behind in a class, as a widget.

    Args:
        edu: what the viewer may ask and do.
        query: ``class=...&student=...`` to open at; None: what the page's address says.
    """
    wanted = Wanted.of(asked_query() if query is None else query)
    return of_classes(edu, "student_risk", wanted.class_id, lambda classes: _StudentRisk(edu, classes, wanted).widget)


class _StudentRisk:
    """The widgets of the page and what they show; the class is fetched when it is chosen, and after each act."""

    def __init__(self, edu: Workbench, classes: pd.DataFrame, wanted: Wanted) -> None:
        self._edu = edu
        self._whose = [MENTORED] if edu.role == "mentor" else []
        self._class_ids = set(classes["class_id"])
        self._address, self._pages = Address(live=served_by_voila()), Panel()
        self._class = class_picker(classes)
        self._notice, self._summary = Panel(live=True), Panel(live=True)
        self._figures, self._empty, self._levels, self._list, self._table = (Panel() for _ in range(5))
        self._chart = Chart()
        self._cards = Pager(CARDS_A_PAGE, on_turn=self._turn)
        self._lines = Pager(STUDENTS_A_PAGE, on_turn=self._turn)
        self._download = Download("Download CSV", self._file)
        self._case = RiskCase(edu, on_change=self._keep_address, on_act=self._renew)
        self._charts, self._students = self._arranged()
        self._body = w.VBox([self._figures, self._empty, self._charts, self._students])
        choice = controls([self._class])
        choice.add_class("edukit-class")
        self.widget = page([self._pages, self._address, choice, self._notice, self._body])
        self._open(wanted)
        self._keep_address()
        self._class.observe(lambda _change: self._change_class(), "value")
        for names in (self._list, self._table):
            names.on_pick(self._case.choose)

    def _arranged(self) -> tuple[w.VBox, w.VBox]:
        """What shows predictions, and what shows students."""
        levels = section([Panel(html=heading("By level and trend")), self._summary, self._chart, self._levels])
        listed = section([Panel(html=heading("Who may need you", LIST_LEAD)), self._cards.widget, self._list])
        whole = [Panel(html=heading("Everybody in the class")), controls([self._lines.widget]), self._download]
        return w.VBox([listed, levels]), w.VBox([self._case.widget, section([*whole, self._table])])

    def _open(self, wanted: Wanted) -> None:
        """Show what the link asks for, and say what it asks for in vain."""
        faults = [*self._whose, *wanted.faults]
        if wanted.class_id in self._class_ids:
            self._class.value = wanted.class_id
        elif wanted.class_id is not None:
            faults.append(NOT_YOURS.format(f"class {wanted.class_id}", ANOTHER))
        self._faults = faults
        with self._told():
            self._fetch()
            faults += self._case.offer(self._frame, self._class.value, wanted.student_id)

    def _change_class(self) -> None:
        """Show another class; the student stays chosen where the class has them too."""
        self._faults = self._whose
        with self._told():
            self._fetch()
            self._case.offer(self._frame, self._class.value, self._case.student_id)
        self._keep_address()

    def _renew(self) -> None:
        """Show what somebody has just done, at the same place of the lists, which may have become shorter."""
        with self._told():
            self._fetch(anew=False)
            self._case.renew(self._frame)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say what goes wrong inside the block, else what is to be known of the page as long as it shows the class."""
        with told(self._notice, instead_of=self._body):
            yield
            self._notice.html = notice([*self._faults, *age_of(self._frame, self._edu.now)])

    def _fetch(self, *, anew: bool = True) -> None:
        """Fetch the class, and begin its lists anew or stay where they are."""
        self._frame = _named(self._edu.risk(self._class.value))
        rows = predicted(self._frame)
        for pager, total in ((self._cards, int((rows["risk_level"] != "low").sum())), (self._lines, len(self._frame))):
            pager.start(total, 0 if anew else max(min(pager.places.start, total - 1), 0))
        self._show()

    def _show(self) -> None:
        """Show what is said of all of the class, and the pages of its lists."""
        rows = predicted(self._frame)
        self._figures.html = risk_figures(self._frame)
        nothing = NO_STUDENTS if self._frame.empty else nothing_predicted(self._frame) if rows.empty else ""
        self._empty.html = sentence(nothing) if nothing else ""
        self._charts.layout.display = None if len(rows) else "none"
        self._students.layout.display = None if len(self._frame) else "none"
        if len(rows):
            self._chart.summary = levels_sentence(self._frame)
            self._summary.html = lead(self._chart.summary)
            self._levels.html = levels_table(self._frame)
            self._chart.show(levels_chart(self._frame))
        self._show_pages()

    def _turn(self) -> None:
        with self._told():
            self._show_pages()

    def _show_pages(self) -> None:
        rows = predicted(self._frame)
        worrying = rows[rows["risk_level"] != "low"]
        self._list.html = (
            ranked(worrying.iloc[self._cards.places], self._class.value) if len(worrying) else sentence(NOBODY)
        )
        self._shown = self._frame.iloc[self._lines.places]
        self._table.html = everybody(self._shown, self._class.value)
        self._download.label = f"Download CSV ({counted(len(self._shown), 'student')})"

    def _file(self) -> tuple[str, bytes]:
        """Exactly the rows that are shown, in the order shown; days are days and no midnights."""
        self._edu.record_export("risk", rows=len(self._shown), class_=self._class.value)
        days = {name: self._shown[name].dt.date for name in ("predicted_on", "compared_on", "responded_to")}
        return file_name("risk", self._class.label), csv_file(self._shown.assign(**days))

    def _keep_address(self) -> None:
        self._pages.html = navigation("student_risk", self._class.value, role=self._edu.role)
        self._address.parameters = Wanted(self._class.value, self._case.student_id).parameters()


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame ``risk`` with its students called as on the other pages: those of one name are numbered."""
    names = students_in_order(frame.assign(mastery_score=float("nan")), "name").set_index("student_id")["student"]
    return frame.assign(student=frame["student_id"].map(names).astype(frame["student"].dtype))
