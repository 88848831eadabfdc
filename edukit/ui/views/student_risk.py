"""The risk dashboard: who may fall behind and why, and what is done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edukit.analytics.wording import counted
from edukit.queries.frames import RISK
from edukit.ui.address import Wanted
from edukit.ui.cards import heading, sentence
from edukit.ui.charted import Charted
from edukit.ui.class_page import ClassPage
from edukit.ui.export import file_name
from edukit.ui.export_menu import ExportMenu, Shown
from edukit.ui.figures import students_in_order
from edukit.ui.page import controls, of_classes, section
from edukit.ui.risk_cards import (
    LEVELS,
    age_of,
    everybody,
    levels,
    levels_sentence,
    levels_table,
    nothing_predicted,
    predicted,
    ranked,
    risk_figures,
)
from edukit.ui.risk_figures import levels_chart
from edukit.ui.views.risk_case import RiskCase
from edukit.ui.widgets import Pager, Panel, asked_query, group, shows

if TYPE_CHECKING:
    import ipywidgets as w
    import pandas as pd

    from edukit.workbench import Workbench

CARDS_A_PAGE, STUDENTS_A_PAGE = 12, 60
NO_STUDENTS = "Nobody is enrolled in this class now, so there is nobody to look after."
NOBODY = "Nobody is at risk: every student of whom something is known is at the level low."
MENTORED = "Of each class you see those whom you mentor: every figure here is of them alone."
LIST_LEAD = "Everybody above the level low, the highest score first, with what speaks for it."
OF_ONE = (
    "The days that are chosen say which predictions and interventions of one student are shown; the class stands as it "
    "is now."
)


def student_risk(edu: Workbench, *, query: str | None = None) -> w.Widget:
    """The dashboard of who may fall behind in a class, as a widget.

    Args:
        edu: what the viewer may ask and do.
        query: ``class=...&student=...&from=...&to=...`` to open at; None: what the page's address says.
    """
    wanted = Wanted.of(asked_query() if query is None else query)
    return of_classes(edu, "student_risk", lambda classes: _StudentRisk(edu, classes, wanted).widget)


class _StudentRisk(ClassPage):
    """The widgets of the page and what they show; the class is fetched when it is chosen, and after each act."""

    def __init__(self, edu: Workbench, classes: pd.DataFrame, wanted: Wanted) -> None:
        super().__init__(edu, classes, wanted)
        self._figures, self._list, self._table = Panel(), Panel(), Panel()
        self._levels = Charted(edu, self._levels_file, live=True)
        self._cards = Pager(CARDS_A_PAGE, on_turn=lambda: self._answer(self._show_pages))
        self._lines = Pager(STUDENTS_A_PAGE, on_turn=lambda: self._answer(self._show_pages))
        self._menu = ExportMenu(edu, lambda: self._file(self._shown))
        self._case = RiskCase(edu, on_change=self._keep_address, on_act=self._renew)
        self._charts, self._students = self._arranged()
        self._begin(wanted, self._figures, self._charts, self._students)
        for names in (self._list, self._table):
            names.on_pick(self._case.choose)

    def _arranged(self) -> tuple[w.Box, w.Box]:
        """What shows predictions, and what shows students."""
        by_level = section([Panel(html=heading("By level and trend")), self._levels.widget])
        listed = section([Panel(html=heading("Who may need you", LIST_LEAD)), self._cards.widget, self._list])
        whole = [Panel(html=heading("Everybody in the class")), controls([self._lines.widget]), self._table, self._menu]
        return group([listed, by_level]), group([self._case.widget, section(whole)])

    def _offer(self, wanted: Wanted) -> list[str]:
        return self._case.offer(self._frame, self._bar.class_id, wanted.student_id, self._bar.days)

    def _remarks(self) -> list[str]:
        whose = [MENTORED] if self._edu.role == "mentor" else []
        days = [] if self._bar.days.all else [OF_ONE]
        return [*whose, *age_of(self._frame, self._edu.now), *days]

    def _renew(self) -> None:
        """Show what somebody has just done, at the same place of the lists, which may have become shorter."""
        at = [pager.places.start for pager in (self._cards, self._lines)]
        with self._told():
            self._read()
            for pager, place in zip((self._cards, self._lines), at, strict=True):
                pager.turn_to(place)
            self._show()
            self._case.renew(self._frame)

    def _fetch(self) -> None:
        """Fetch the class, and begin its lists anew."""
        self._frame = _named(self._edu.risk(self._bar.class_id))
        rows = predicted(self._frame)
        self._cards.start(int((rows["risk_level"] != "low").sum()), 0)
        self._lines.start(len(self._frame), 0)

    def _show(self) -> None:
        """Show what is said of all of the class, and the pages of its lists."""
        rows = predicted(self._frame)
        nothing = NO_STUDENTS if self._frame.empty else nothing_predicted(self._frame) if rows.empty else ""
        self._figures.html = risk_figures(self._frame) + (sentence(nothing) if nothing else "")
        shows(self._charts, when=len(rows))
        shows(self._students, when=len(self._frame))
        if len(rows):
            self._levels.show(levels_chart(self._frame), levels_sentence(self._frame), levels_table(self._frame))
        self._show_pages()

    def _show_pages(self) -> None:
        rows = predicted(self._frame)
        worrying, class_id = rows[rows["risk_level"] != "low"], self._bar.class_id
        self._list.html = ranked(worrying.iloc[self._cards.places], class_id) if len(worrying) else sentence(NOBODY)
        self._shown = self._frame.iloc[self._lines.places]
        self._table.html = everybody(self._shown, class_id)
        self._menu.label = f"Export ({counted(len(self._shown), 'student')})"

    def _file(self, rows: pd.DataFrame) -> Shown:
        """Exactly the rows that are shown, in the order shown; days are days and no midnights."""
        days = {name: rows[name].dt.date for name in ("predicted_on", "compared_on", "responded_to")}
        class_id, called = self._bar.class_id, file_name("risk", self._bar.class_name)
        return Shown(RISK, rows.assign(**days), called, {"class_": class_id})

    def _levels_file(self) -> Shown:
        class_id, called = self._bar.class_id, file_name("risk-levels", self._bar.class_name)
        return Shown(LEVELS, levels(self._frame), called, {"class_": class_id})

    def _state(self) -> Wanted:
        return Wanted(self._bar.class_id, self._case.student_id, days=self._bar.days)


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame ``risk`` with its students called as on the other pages: those of one name are numbered."""
    names = students_in_order(frame.assign(mastery_score=float("nan")), "name").set_index("student_id")["student"]
    return frame.assign(student=frame["student_id"].map(names).astype(frame["student"].dtype))
