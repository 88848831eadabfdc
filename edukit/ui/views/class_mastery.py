"""The class mastery dashboard: where a class stands, and who needs help on what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from edukit.analytics.help import needs_help
from edukit.ui.address import ANOTHER, NOT_YOURS, Wanted
from edukit.ui.cards import figures_row, heading, help_list, lead, legend, notice, sentence
from edukit.ui.chart import Chart
from edukit.ui.export import csv_file, file_name
from edukit.ui.figures import mastery_heatmap, students_in_order
from edukit.ui.links import navigation
from edukit.ui.page import controls, of_classes, page, section, told
from edukit.ui.summary import ClassSummary, chart_sentence, counted
from edukit.ui.tables import score_table
from edukit.ui.views.student_answers import StudentAnswers
from edukit.ui.widgets import Address, Download, Pager, Panel, asked_query, class_picker, served_by_voila

if TYPE_CHECKING:
    import pandas as pd

    from edukit.workbench import Workbench

STUDENTS_A_PAGE = 60
NO_STUDENTS = "Nobody is enrolled in this class now, so there is no mastery to show."
NO_ANSWERS = "No answers have been given in this class yet. The chart appears with the first one."
ORDERS = (("Most need first", "need"), ("By name", "name"))
CHART_LEAD = "Students by concepts, in the order of the curriculum. Choose a cell to see the answers behind it."


def class_mastery(edu: Workbench, *, query: str | None = None) -> w.Widget:
    """The dashboard of a teacher's classes, as a widget.

    Args:
        edu: what the viewer may ask.
        query: ``class=...&student=...&concept=...&sort=need|name`` to open at; None: what the page's
            address says.
    """
    wanted = Wanted.of(asked_query() if query is None else query)
    return of_classes(edu, "class_mastery", wanted.class_id, lambda classes: _ClassMastery(edu, classes, wanted).widget)


class _ClassMastery:
    """The widgets of the page and what they show; the class is fetched once, when it is chosen."""

    def __init__(self, edu: Workbench, classes: pd.DataFrame, wanted: Wanted) -> None:
        self._edu = edu
        self._class_ids = set(classes["class_id"])
        self._address = Address(live=served_by_voila())
        self._class = class_picker(classes)
        self._order = w.Dropdown(options=ORDERS, value=wanted.order, description="Order of students")
        self._links = Panel()
        self._notice, self._summary = Panel(live=True), Panel(live=True)
        self._figures, self._empty, self._help, self._scores = Panel(), Panel(), Panel(), Panel()
        self._pager, self._chart = Pager(STUDENTS_A_PAGE, on_turn=self._change_page), Chart()
        self._answers = StudentAnswers(edu, on_change=self._keep_address)
        self._download = Download("Download CSV", self._file)
        self._charts = self._arranged()
        self._body = w.VBox([self._figures, self._empty, self._charts])
        choice = controls([self._class])
        choice.add_class("edukit-class")
        self.widget = page([self._address, self._links, choice, self._notice, self._body])
        self._open(wanted)
        self._keep_address()
        self._observe()

    def _arranged(self) -> w.VBox:
        title = Panel(html=heading("Mastery by student and concept", CHART_LEAD))
        scale = Panel(html=legend(self._edu.mastery_thresholds))
        choices = controls([self._order, self._pager.widget])
        chart = section([title, self._summary, choices, scale, self._chart])
        table = section([Panel(html=heading("The same as a table")), self._download, self._scores])
        return w.VBox([section([self._help]), chart, self._answers.widget, table])

    def _observe(self) -> None:
        self._class.observe(lambda _change: self._change_class(), "value")
        self._order.observe(lambda _change: self._change_order(), "value")
        for names in (self._chart, self._help):
            names.on_pick(self._answers.choose)

    def _open(self, wanted: Wanted) -> None:
        """Show what the link asks for, and say what it asks for in vain."""
        faults = list(wanted.faults)
        if wanted.class_id in self._class_ids:
            self._class.value = wanted.class_id
        elif wanted.class_id is not None:
            faults.append(NOT_YOURS.format(f"class {wanted.class_id}", ANOTHER))
        with told(self._notice, instead_of=self._body):
            self._fetch()
            faults += self._answers.offer(self._class.value, self._frame, wanted.student_id, wanted.concept_id)
            self._show_students()
            self._notice.html = notice(faults)

    def _change_class(self) -> None:
        """Show another class; the student stays chosen where the class has them too."""
        with told(self._notice, instead_of=self._body):
            self._fetch()
            self._answers.offer(self._class.value, self._frame, self._answers.student_id, self._answers.concept_id)
            self._show_students()
        self._keep_address()

    def _change_order(self) -> None:
        with told(self._notice, instead_of=self._body):
            self._show_students()
        self._keep_address()

    def _change_page(self) -> None:
        with told(self._notice, instead_of=self._body):
            self._show_page()

    def _fetch(self) -> None:
        """Fetch the class, once, and show what is said of all of it."""
        class_id, thresholds = self._class.value, self._edu.mastery_thresholds
        row, self._frame = self._edu.classes(class_id).iloc[0], self._edu.class_mastery(class_id)
        summary = ClassSummary.of(row, self._frame, thresholds)
        self._figures.html = figures_row(summary, thresholds)
        self._help.html = help_list(needs_help(self._frame, thresholds), thresholds)
        self._chart.summary = chart_sentence(self._frame, thresholds)
        self._summary.html = lead(self._chart.summary)
        self._empty.html = "" if len(self._frame) else sentence(NO_ANSWERS if summary.students else NO_STUDENTS)
        self._charts.layout.display = None if len(self._frame) else "none"

    def _show_students(self) -> None:
        """Put the students in order and turn to the page of the chosen one."""
        self._students = students_in_order(self._frame, self._order.value)["student_id"].tolist()
        chosen = self._answers.student_id
        self._pager.start(len(self._students), self._students.index(chosen) if chosen in self._students else 0)
        self._show_page()

    def _show_page(self) -> None:
        shown = self._students[self._pager.places]
        place = {student_id: place for place, student_id in enumerate(shown)}
        rows = self._frame[self._frame["student_id"].isin(shown)]
        in_order = rows.assign(place=rows["student_id"].map(place)).sort_values(["place", "concept_order"])
        self._shown = in_order.drop(columns="place").reset_index(drop=True)
        self._scores.html = score_table(self._shown, self._order.value, self._class.value)
        self._download.label = f"Download CSV ({counted(len(shown), 'student')})"
        if shown:
            self._chart.show(mastery_heatmap(self._shown, self._edu.mastery_thresholds, order=self._order.value))

    def _file(self) -> tuple[str, bytes]:
        """Exactly the rows that are shown, in the order shown."""
        self._edu.record_export("class_mastery", rows=len(self._shown), class_=self._class.value)
        return file_name("mastery", self._class.label), csv_file(self._shown)

    def _keep_address(self) -> None:
        chosen = Wanted(self._class.value, self._answers.student_id, self._answers.concept_id, self._order.value)
        self._address.parameters = chosen.parameters()
        self._links.html = navigation("class_mastery", self._class.value)
