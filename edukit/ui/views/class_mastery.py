"""The class mastery dashboard: where a class stands, and who needs help on what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from edukit.analytics.help import needs_help
from edukit.analytics.wording import counted
from edukit.queries.frames import CLASS_MASTERY
from edukit.ui.address import Wanted
from edukit.ui.cards import figures_row, heading, help_list, legend, sentence
from edukit.ui.charted import Charted
from edukit.ui.class_page import ClassPage
from edukit.ui.days import in_words
from edukit.ui.export import file_name
from edukit.ui.export_menu import Shown
from edukit.ui.figures import mastery_heatmap, students_in_order
from edukit.ui.page import controls, of_classes, section
from edukit.ui.summary import ClassSummary, chart_sentence
from edukit.ui.tables import score_table
from edukit.ui.views.student_answers import StudentAnswers
from edukit.ui.widgets import Pager, Panel, asked_query, group, shows

if TYPE_CHECKING:
    import pandas as pd

    from edukit.workbench import Workbench

STUDENTS_A_PAGE = 60
NO_STUDENTS = "Nobody is enrolled in this class now, so there is no mastery to show."
NO_ANSWERS = "No answers have been given in this class yet. The chart appears with the first one."
ORDERS = (("Most need first", "need"), ("By name", "name"))
CHART_LEAD = (
    "Students by concepts, in the order of the curriculum, as they stand now. Choose a cell to see the answers behind "
    "it."
)


def class_mastery(edu: Workbench, *, query: str | None = None) -> w.Widget:
    """The dashboard of a teacher's classes, as a widget.

    Args:
        edu: what the viewer may ask.
        query: ``class=...&student=...&concept=...&sort=need|name&from=...&to=...`` to open at; None: what the page's
            address says.
    """
    wanted = Wanted.of(asked_query() if query is None else query)
    return of_classes(edu, "class_mastery", lambda classes: _ClassMastery(edu, classes, wanted).widget)


class _ClassMastery(ClassPage):
    """The widgets of the page and what they show; the class is fetched once, when it is chosen."""

    def __init__(self, edu: Workbench, classes: pd.DataFrame, wanted: Wanted) -> None:
        super().__init__(edu, classes, wanted)
        self._order = w.Dropdown(options=ORDERS, value=wanted.order, description="Order of students")
        self._figures, self._help = Panel(), Panel()
        self._pager = Pager(STUDENTS_A_PAGE, on_turn=lambda: self._answer(self._show_page))
        self._answers = StudentAnswers(edu, on_change=self._keep_address)
        self._mastery = Charted(edu, self._file, live=True, above=[controls([self._order, self._pager.widget])])
        head = heading("Mastery by student and concept", CHART_LEAD) + legend(edu.mastery_thresholds)
        chart = section([Panel(html=head), self._mastery.widget])
        self._charts = group([section([self._help]), chart, self._answers.widget])
        self._begin(wanted, self._figures, self._charts)
        self._order.observe(lambda _change: self._answer(self._show), "value")
        for names in (self._mastery.chart, self._help):
            names.on_pick(self._answers.choose)

    def _fetch(self) -> None:
        """Fetch the class, once, and show what is said of all of it."""
        class_id, days, thresholds = self._bar.class_id, self._bar.days, self._edu.mastery_thresholds
        row, self._frame = (
            self._edu.classes(class_id, days.since, days.until).iloc[0],
            self._edu.class_mastery(class_id),
        )
        summary = ClassSummary.of(row, self._frame, thresholds)
        empty = "" if len(self._frame) else sentence(NO_ANSWERS if summary.students else NO_STUDENTS)
        self._figures.html = figures_row(summary, thresholds, in_words(days)) + empty
        self._help.html = help_list(needs_help(self._frame, thresholds), thresholds)
        shows(self._charts, when=len(self._frame))

    def _offer(self, wanted: Wanted) -> list[str]:
        chosen = wanted.student_id, wanted.concept_id
        return self._answers.offer(self._bar.class_id, self._frame, *chosen, days=self._bar.days)

    def _show(self) -> None:
        """Put the students in order and turn to the page of the chosen one."""
        self._students = students_in_order(self._frame, self._order.value)["student_id"].tolist()
        chosen = self._answers.student_id
        self._pager.start(len(self._students), self._students.index(chosen) if chosen in self._students else 0)
        self._show_page()

    def _renew(self) -> None:
        at = self._pager.places.start
        self._answer(self._read_anew, lambda: self._pager.turn_to(at), self._show_page)

    def _show_page(self) -> None:
        shown = self._students[self._pager.places]
        place = {student_id: place for place, student_id in enumerate(shown)}
        rows = self._frame[self._frame["student_id"].isin(shown)]
        in_order = rows.assign(place=rows["student_id"].map(place)).sort_values(["place", "concept_order"])
        self._shown = in_order.drop(columns="place").reset_index(drop=True)
        self._mastery.menu.label = f"Export ({counted(len(shown), 'student')})"
        order, thresholds = self._order.value, self._edu.mastery_thresholds
        self._mastery.show(
            mastery_heatmap(self._shown, thresholds, order=order) if shown else None,
            chart_sentence(self._frame, thresholds),
            score_table(self._shown, order, self._bar.class_id) if shown else "",
        )

    def _file(self) -> Shown:
        """Exactly the rows that are shown, in the order shown."""
        class_id = self._bar.class_id
        return Shown(CLASS_MASTERY, self._shown, file_name("mastery", self._bar.class_name), {"class_": class_id})

    def _state(self) -> Wanted:
        return Wanted(
            self._bar.class_id,
            self._answers.student_id,
            self._answers.concept_id,
            self._order.value,
            days=self._bar.days,
        )
