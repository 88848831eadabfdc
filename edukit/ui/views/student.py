"""A student's page: who they are, what they master and do, their work and what is said of it, risk and points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w
import pandas as pd

from edukit.analytics.activity import days_of_weeks, weekly
from edukit.analytics.wording import counted
from edukit.errors import NotFound
from edukit.queries.frames import STUDENT_MASTERY
from edukit.ui.address import NOT_YOURS, Wanted
from edukit.ui.cards import heading, lead, legend, sentence
from edukit.ui.charted import Charted
from edukit.ui.class_page import ClassPage
from edukit.ui.days import in_words
from edukit.ui.export import file_name
from edukit.ui.export_menu import ExportMenu, Shown
from edukit.ui.figures import students_in_order
from edukit.ui.links import link, offers
from edukit.ui.page import of_classes, section
from edukit.ui.student_cards import (
    LATEST_WEEKS,
    WEEKLY,
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
from edukit.ui.views.student_path import StudentPath
from edukit.ui.views.student_work import StudentWork, on_days
from edukit.ui.widgets import Panel, asked_query, group, shows

if TYPE_CHECKING:
    from typing import Any

    from edukit.queries.frames import Frame
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
WEEKS_LEAD = "Answers in all classes and on their own; weeks begin on Mondays."


def student(edu: Workbench, *, query: str | None = None) -> w.Widget:
    """A student's page, as a widget.

    Args:
        edu: what the viewer may ask.
        query: ``student=...&class=...&concept=...&from=...&to=...`` to open at; None: what the page's address says.
    """
    wanted = Wanted.of(asked_query() if query is None else query)
    return of_classes(edu, "student", lambda classes: _Student(edu, classes, wanted).widget)


class _Student(ClassPage):
    """The widgets of the page and what they show; everything of a student is fetched once, when they are chosen."""

    def __init__(self, edu: Workbench, classes: pd.DataFrame, wanted: Wanted) -> None:
        self._row: pd.Series[Any] | None = None
        self._target = wanted.student_id
        self._settling = False
        self._student = w.Dropdown(description="Student", options=[ANY_STUDENT])
        super().__init__(edu, classes, wanted, beside=[self._student])
        self._who, self._mastery, self._risk, self._points = Panel(), Panel(), Panel(), Panel()
        self._menu = ExportMenu(edu, lambda: self._file(STUDENT_MASTERY, self._frame, "mastery"))
        self._path = StudentPath(edu, wanted.concept_id, on_change=self._keep_address)
        self._weeks = Charted(edu, lambda: self._file(WEEKLY, self._weekly, "weeks"))
        self._work = StudentWork(edu, on_said=self._show_who)
        weeks = section([Panel(html=heading("Week by week", WEEKS_LEAD)), self._weeks.widget])
        standing = section([self._risk]), section([self._points])
        mastery = section([self._mastery, self._menu])
        self._all = group([mastery, self._path.widget, weeks, self._work.widget, *standing])
        self._begin(wanted, self._who, self._all)
        self._student.observe(self._change_student, "value")

    def _fetch(self) -> None:
        """Fetch who the student is."""
        self._row = self._own() if self._target is None else self._found(self._target)
        # Whose classes they are is known only now; what is heard of them counts from before they were read.
        self._updates.classes = sorted({self._bar.class_id, *self._classes_of_student()})

    def _turn_to_class(self) -> None:
        """A student who is in the other class too stays chosen."""
        if self._bar.class_id not in self._classes_of_student():
            self._target = self._row = None

    def _change_student(self, _change: object) -> None:
        if not self._settling:
            self._target = self._student.value or None
            self._answer(self._faults.clear, self._read, self._show)

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

    def _offer(self, wanted: Wanted) -> list[str]:
        """Offer the students of the class, and the chosen one also where they are not in it."""
        if wanted.class_id not in self._bar.class_ids:
            theirs = (class_id for class_id in self._classes_of_student() if class_id in self._bar.class_ids)
            self._bar.choose(next(theirs, self._bar.class_id))
        self._offer_students()
        missing = self._row is None and wanted.student_id is not None
        return [NOT_YOURS.format(f"the student {wanted.student_id}", "choose one")] if missing else []

    def _offer_students(self) -> None:
        enrolled = self._edu.students(self._bar.class_id)
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
        """Fetch what the student has done, once, and show them."""
        shows(self._all, when=self._row is not None)
        if self._row is None:
            self._who.html = sentence(self._nobody)
            return
        edu, student_id, days = self._edu, int(self._row["student_id"]), self._bar.days
        work, here = edu.submissions(student_id), bool(pd.isna(self._row["departed_at"]))
        self._frame = edu.student_mastery(student_id)
        active = days.among(edu.activity(student_id, self._days_back()), "active_on")
        self._done = active if not days.all else None
        self._show_who(work)
        self._show_mastery()
        self._path.show(student_id, self._row["student"], self._frame)
        self._show_weeks(active)
        may_tell = here and edu.may_act
        self._work.show(student_id, self._row["student"], work, edu.feedback(student_id), days, may_tell=may_tell)
        done = days.among(edu.interventions(student_id=student_id), "happened_at")
        self._risk.html = risk_part(
            edu.risk_history(student_id), done, self._way_to("student_risk", "Open the risk page"), in_words(days)
        )
        badges, ledger = edu.badges(student_id), edu.points_ledger(student_id)
        self._points.html = points_part(
            days.among(badges, "unlocked_at"), days.among(ledger, "occurred_at"), in_words(days)
        )

    def _days_back(self) -> int | None:
        """How many days of activity there are to fetch, up to today; None: all."""
        first = self._bar.days.first
        if self._bar.days.all:
            return days_of_weeks(WEEKS, until=pd.Timestamp(self._edu.today))
        return None if first is None else max((self._edu.today - first).days + 1, 0)

    def _way_to(self, page: str, words: str, **asked: str) -> str:
        """The way to what can be done, for who is offered it: in the class that is shown, or else one of theirs."""
        theirs = [class_id for class_id in self._classes_of_student() if class_id in self._bar.class_ids]
        if self._row is None or not theirs or not offers(self._edu.role, page):
            return ""
        class_id = self._bar.class_id if self._bar.class_id in theirs else theirs[0]
        return link(words, page, class_=class_id, student=int(self._row["student_id"]), **asked)

    def _show_who(self, work: pd.DataFrame) -> None:
        if self._row is not None:
            days = self._bar.days
            work = on_days(work, days)
            self._who.html = who(self._row) + standing_row(self._row, work, self._done, in_words(days))

    def _show_mastery(self) -> None:
        thresholds = self._edu.mastery_thresholds
        head = heading("Mastery by topic", MASTERY_LEAD) + legend(thresholds)
        way = self._way_to("next_lesson", "What to ask next", view="ask")
        onward = f'<p class="onward">{way}</p>' if way else ""
        said = lead(mastery_sentence(self._frame, thresholds))
        self._mastery.html = head + said + mastery_table(self._frame) + onward
        self._menu.label = f"Export ({counted(len(self._frame), 'concept')})"

    def _show_weeks(self, active: pd.DataFrame) -> None:
        """Show the weeks up to today, or to the last day that is chosen."""
        today = self._edu.today
        weeks = weekly(active, until=pd.Timestamp(min(self._bar.days.last or today, today)))
        when = in_words(self._bar.days) or LATEST_WEEKS
        self._weekly = weeks.iloc[::-1]
        self._weeks.menu.label = f"Export ({counted(len(weeks), 'week')})"
        self._weeks.show(
            weekly_answers(weeks) if weeks["attempts"].sum() else None,
            weeks_sentence(weeks, when),
            weeks_table(weeks) if len(weeks) else "",
        )

    def _file(self, frame: Frame, rows: pd.DataFrame, what: str) -> Shown:
        """Exactly the rows that are shown, in the order shown."""
        student_id, name = (NONE, "") if self._row is None else (int(self._row["student_id"]), self._row["student"])
        return Shown(frame, rows, file_name(what, name), {"student_id": student_id})

    def _state(self) -> Wanted:
        student_id = None if self._row is None else int(self._row["student_id"])
        concept_id = None if student_id is None else self._path.concept_id
        return Wanted(self._bar.class_id, student_id, concept_id, days=self._bar.days)
