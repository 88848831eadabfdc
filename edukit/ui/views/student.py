"""A student's page: who they are, what they master and do, their work and what is said of it, risk and points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w
import pandas as pd

from edukit.analytics.activity import days_of_weeks, weekly
from edukit.errors import NotFound
from edukit.ui.address import ANOTHER, NOT_YOURS, Wanted
from edukit.ui.cards import heading, lead, legend, notice, sentence
from edukit.ui.chart import Chart
from edukit.ui.export import csv_file, file_name
from edukit.ui.figures import students_in_order
from edukit.ui.links import link, navigation, offers
from edukit.ui.page import controls, of_classes, page, section, told
from edukit.ui.student_cards import (
    WEEKS,
    mastery_sentence,
    mastery_table,
    standing_row,
    weeks_sentence,
    weeks_table,
    who,
)
from edukit.ui.student_figures import weekly_answers
from edukit.ui.student_standing import points_part, risk_part
from edukit.ui.summary import counted
from edukit.ui.views.student_work import StudentWork
from edukit.ui.widgets import Address, Download, Panel, asked_query, class_picker, served_by_voila

if TYPE_CHECKING:
    from typing import Any

    from edukit.workbench import Workbench

CHOOSE = "Choose a class, and then a student."
NOBODY = "Nobody is enrolled in this class now. Choose another class."
NONE = 0
"""Value of no student: a Dropdown takes None for nothing selected and shows a blank."""
ANY_STUDENT = ("Choose a student", NONE)
MASTERY_LEAD = (
    "A score is the chance, in percent, that the next answer is right; the thin line is where it lies in nine cases of "
    "ten. It rests on all of the student's answers on the concept."
)
WEEKS_LEAD = f"Answers in all classes and on their own in the last {WEEKS} weeks, which begin on Mondays."


def student(edu: Workbench, *, query: str | None = None) -> w.Widget:
    """A student's page, as a widget.

    Args:
        edu: what the viewer may ask.
        query: ``student=...&class=...`` to open at; None: what the page's address says.
    """
    wanted = Wanted.of(asked_query() if query is None else query)
    return of_classes(edu, "student", wanted.class_id, lambda classes: _Student(edu, classes, wanted).widget)


class _Student:
    """The widgets of the page and what they show; everything of a student is fetched once, when they are chosen."""

    def __init__(self, edu: Workbench, classes: pd.DataFrame, wanted: Wanted) -> None:
        self._edu = edu
        self._class_ids = set(classes["class_id"])
        self._row: pd.Series[Any] | None = None
        self._settling = False
        self._address, self._pages = Address(live=served_by_voila()), Panel()
        self._class = class_picker(classes)
        self._student = w.Dropdown(description="Student", options=[ANY_STUDENT])
        self._notice, self._empty, self._who = Panel(live=True), Panel(), Panel()
        self._mastery, self._download = Panel(), Download("Download CSV", self._file)
        self._weeks, self._chart, self._weeks_table = Panel(), Chart(), Panel()
        self._work = StudentWork(edu, on_said=self._show_who)
        self._risk, self._points = Panel(), Panel()
        self._all = self._arranged()
        self._body = w.VBox([self._empty, self._all])
        choices = controls([self._class, self._student])
        choices.add_class("edukit-class")
        self.widget = page([self._pages, self._address, choices, self._notice, self._body])
        self._open(wanted)
        self._class.observe(self._change_class, "value")
        self._student.observe(self._change_student, "value")

    def _arranged(self) -> w.VBox:
        scale = Panel(html=heading("Mastery by topic", MASTERY_LEAD) + legend(self._edu.mastery_thresholds))
        weeks = Panel(html=heading("Week by week", WEEKS_LEAD))
        return w.VBox(
            [
                self._who,
                section([scale, self._download, self._mastery]),
                section([weeks, self._weeks, self._chart, self._weeks_table]),
                self._work.widget,
                section([self._risk]),
                section([self._points]),
            ]
        )

    def _open(self, wanted: Wanted) -> None:
        """Show what the link asks for, and say what it asks for in vain."""
        faults = list(wanted.faults)
        with told(self._notice, instead_of=self._body):
            if wanted.student_id is None:
                self._row = self._own()
            else:
                self._row = self._found(wanted.student_id)
                if self._row is None:
                    faults.append(NOT_YOURS.format(f"the student {wanted.student_id}", "choose one"))
            if wanted.class_id is not None and wanted.class_id not in self._class_ids:
                faults.append(NOT_YOURS.format(f"class {wanted.class_id}", ANOTHER))
            theirs = [wanted.class_id, *self._classes_of_student(), self._class.value]
            self._class.value = next(class_id for class_id in theirs if class_id in self._class_ids)
            self._offer()
            self._show()
            self._notice.html = notice(faults)
        self._keep_address()

    def _change_class(self, _change: object) -> None:
        """Offer the students of another class; one who is in it too stays chosen."""
        with told(self._notice, instead_of=self._body):
            if self._class.value not in self._classes_of_student():
                self._row = None
            self._offer()
            self._show()
        self._keep_address()

    def _change_student(self, _change: object) -> None:
        if self._settling:
            return
        with told(self._notice, instead_of=self._body):
            self._row = self._found(self._student.value) if self._student.value else None
            self._show()
        self._keep_address()

    def _own(self) -> pd.Series[Any] | None:
        """The viewer, where they are a student; else None."""
        return self._found(int(self._edu.me()["user_id"].iloc[0])) if self._edu.role == "student" else None

    def _found(self, student_id: int) -> pd.Series[Any] | None:
        """The student of that id; None: there is none."""
        try:
            return self._edu.student(student_id).iloc[0]
        except NotFound:
            return None

    def _classes_of_student(self) -> list[int]:
        """The classes that the chosen student is enrolled in."""
        if self._row is None or pd.isna(self._row["class_ids"]):
            return []
        return [int(class_id) for class_id in self._row["class_ids"].split(",")]

    def _offer(self) -> None:
        """Offer the students of the class, and the chosen one also where they are not in it."""
        enrolled = self._edu.students(self._class.value)
        roster = students_in_order(enrolled.assign(mastery_score=float("nan")), "name")
        options = [ANY_STUDENT, *zip(roster["student"], roster["student_id"].tolist(), strict=True)]
        value = NONE if self._row is None else int(self._row["student_id"])
        if self._row is not None and value not in set(roster["student_id"]):
            options.append((f"{self._row['student']}, not in this class now", value))
        self._settling = True
        self._student.options, self._student.value = options, value
        self._settling = False
        self._nobody = NOBODY if roster.empty else CHOOSE

    def _show(self) -> None:
        """Fetch the chosen student, once, and show them."""
        self._pages.html = navigation("student", self._class.value, role=self._edu.role)
        self._all.layout.display = "none" if self._row is None else None
        self._empty.html = sentence(self._nobody) if self._row is None else ""
        if self._row is None:
            return
        row, edu, student_id = self._row, self._edu, int(self._row["student_id"])
        work, here = edu.submissions(student_id), bool(pd.isna(row["departed_at"]))
        self._show_who(work)
        self._frame = edu.student_mastery(student_id)
        self._show_mastery()
        days = edu.activity(student_id, days_of_weeks(WEEKS, until=row["today"]))
        self._show_weeks(weekly(days, until=row["today"]))
        self._work.show(student_id, row["student"], work, edu.feedback(student_id), may_tell=here and edu.may_act)
        done = edu.interventions(student_id=student_id)
        self._risk.html = risk_part(edu.risk_history(student_id), done, self._risk_link())
        self._points.html = points_part(edu.badges(student_id), edu.points_ledger(student_id))

    def _risk_link(self) -> str:
        """The way to what can be done, for who is offered it: in the class that is shown, or else one of theirs."""
        theirs = [class_id for class_id in self._classes_of_student() if class_id in self._class_ids]
        if self._row is None or not theirs or not offers(self._edu.role, "student_risk"):
            return ""
        class_id = self._class.value if self._class.value in theirs else theirs[0]
        return link("Open the risk page", "student_risk", class_=class_id, student=int(self._row["student_id"]))

    def _show_who(self, work: pd.DataFrame) -> None:
        if self._row is not None:
            self._who.html = who(self._row) + standing_row(self._row, work)

    def _show_mastery(self) -> None:
        summary = mastery_sentence(self._frame, self._edu.mastery_thresholds)
        self._mastery.html = lead(summary) + mastery_table(self._frame)
        self._download.label = f"Download CSV ({counted(len(self._frame), 'concept')})"

    def _show_weeks(self, weeks: pd.DataFrame) -> None:
        self._chart.summary = weeks_sentence(weeks)
        self._weeks.html = lead(self._chart.summary)
        self._weeks_table.html = weeks_table(weeks)
        self._chart.layout.display = None if weeks["attempts"].sum() else "none"
        if len(weeks):
            self._chart.show(weekly_answers(weeks))

    def _file(self) -> tuple[str, bytes]:
        """Exactly the concepts that are shown, in the order shown."""
        student_id, name = (0, "") if self._row is None else (int(self._row["student_id"]), self._row["student"])
        self._edu.record_export("student_mastery", rows=len(self._frame), student_id=student_id)
        return file_name("mastery", name), csv_file(self._frame)

    def _keep_address(self) -> None:
        student_id = None if self._row is None else int(self._row["student_id"])
        self._address.parameters = Wanted(self._class.value, student_id).parameters()
