"""The class mastery dashboard: where a class stands, and who needs help on what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w

from edukit.analytics.class_sentence import class_sentence
from edukit.analytics.days import Days
from edukit.analytics.help import needs_help
from edukit.analytics.mastery_marks import marked
from edukit.analytics.mastery_weeks import last_monday
from edukit.analytics.wording import counted
from edukit.queries.frames import CLASS_MASTERY
from edukit.ui.address import Wanted
from edukit.ui.cards import figures_row, heading, help_list, legend, said, sentence
from edukit.ui.change_cards import change_cards
from edukit.ui.charted import Charted
from edukit.ui.class_page import ClassPage
from edukit.ui.days import in_words
from edukit.ui.export import file_name
from edukit.ui.export_menu import Shown
from edukit.ui.figures import mastery_heatmap, students_in_order
from edukit.ui.links import link
from edukit.ui.page import controls, of_classes, section
from edukit.ui.score_words import DOWN, UNSURE, UP
from edukit.ui.summary import ClassSummary, chart_sentence
from edukit.ui.tables import score_table
from edukit.ui.thresholds import Thresholds
from edukit.ui.views.student_answers import StudentAnswers
from edukit.ui.widgets import Pager, Panel, asked_query, group, shows

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

    from edukit.workbench import Workbench

STUDENTS_A_PAGE = 60
NO_STUDENTS = "Nobody is enrolled in this class now, so there is no mastery to show."
NO_ANSWERS = "No answers have been given in this class yet. The chart appears with the first one."
ORDERS = (("Most need first", "need"), ("By study group", "group"), ("By name", "name"))
CONCEPT_ORDERS = (("As the curriculum has them", "curriculum"), ("Weakest topic first", "weakest"))
CHART_LEAD = (
    "Students by concepts, as they stand now. Choose a cell for how its score comes about, and the answers behind it."
)
GROUPS_LEAD = "Before a name stands the group in which the student would sit with others who have the same gap."
MARKS = ((UNSURE, "unsure: few or mixed answers"), (f"{UP} {DOWN}", "rose, fell since last week by more than chance"))


def class_mastery(edu: Workbench, *, query: str | None = None) -> w.Widget:
    """The dashboard of a teacher's classes, as a widget.

    Args:
        edu: what the viewer may ask.
        query: ``class=...&student=...&concept=...&sort=need|group|name&topics=curriculum|weakest&from=...&to=...`` to
            open at; None: what the page's address says.
    """
    wanted = Wanted.of(asked_query() if query is None else query)
    return of_classes(edu, "class_mastery", lambda classes: _ClassMastery(edu, classes, wanted).widget)


class _ClassMastery(ClassPage):
    """The widgets of the page and what they show; the class is fetched once, when it is chosen."""

    def __init__(self, edu: Workbench, classes: pd.DataFrame, wanted: Wanted) -> None:
        super().__init__(edu, classes, wanted)
        self._order = w.Dropdown(options=ORDERS, value=wanted.order, description="Order of students")
        self._concepts = w.Dropdown(options=CONCEPT_ORDERS, value=wanted.concept_order, description="Order of concepts")
        self._figures, self._changed, self._help, self._head = Panel(), Panel(), Panel(), Panel()
        self._pager = Pager(STUDENTS_A_PAGE, on_turn=lambda: self._answer(self._show_page))
        self._answers = StudentAnswers(edu, on_change=self._keep_address)
        self._thresholds = Thresholds(edu, on_change=self._renew)
        self._groups: pd.Series[Any] | None = None
        orders = controls([self._order, self._concepts, self._pager.widget])
        self._mastery = Charted(edu, self._file, live=True, above=[orders])
        chart = section([self._head, self._thresholds, self._mastery.widget])
        self._charts = group([section([self._help]), section([self._changed]), chart, self._answers.widget])
        self._begin(wanted, self._figures, self._charts)
        for order in (self._order, self._concepts):
            order.observe(lambda _change: self._answer(self._show), "value")
        for names in (self._mastery.chart, self._help, self._changed):
            names.on_pick(self._answers.choose)

    def _fetch(self) -> None:
        """Fetch the class, once, and show what is said of all of it."""
        class_id, days, thresholds = self._bar.class_id, self._bar.days, self._edu.mastery_thresholds
        row, frame, changes = (
            self._edu.classes(class_id, days.since, days.until).iloc[0],
            self._edu.class_mastery(class_id),
            self._edu.mastery_changes(class_id),
        )
        since = last_monday(self._edu.today)
        self._frame, self._levels, self._groups = marked(frame, changes, thresholds), thresholds, None
        of_class = class_sentence(self._bar.class_name, frame, changes, thresholds, since=since)
        summary = ClassSummary.of(row, frame, thresholds)
        told = said(of_class) if len(frame) else sentence(NO_ANSWERS if summary.students else NO_STUDENTS)
        onward = link("What to teach next, and who sits together", "next_lesson", class_=class_id)
        told += f'<p class="onward">{onward}</p>' if summary.students else ""
        self._figures.html = told + figures_row(summary, thresholds, in_words(days))
        self._help.html = help_list(needs_help(frame, thresholds), thresholds)
        self._changed.html = change_cards(changes, since, answered=self._answered(frame, since))
        self._thresholds.scores = list(thresholds)
        shows(self._charts, when=len(frame))

    def _answered(self, frame: pd.DataFrame, since: date) -> int | None:
        """How many scores have got answers since a day; None: no answer has a time."""
        timed = frame.dropna(subset="last_attempted_at")
        return len(Days(since, None, self._edu.time_zone).among(timed, "last_attempted_at")) if len(timed) else None

    def _offer(self, wanted: Wanted) -> list[str]:
        chosen = wanted.student_id, wanted.concept_id
        return self._answers.offer(self._bar.class_id, self._frame, *chosen, days=self._bar.days)

    def _show(self) -> None:
        """Put the students in order and turn to the page of the chosen one."""
        lead_text = f"{CHART_LEAD} {GROUPS_LEAD}" if self._order.value == "group" else CHART_LEAD
        self._head.html = heading("Mastery by student and concept", lead_text) + legend(self._levels, MARKS)
        self._students = students_in_order(self._placed(), self._order.value)["student_id"].tolist()
        chosen = self._answers.student_id
        self._pager.start(len(self._students), self._students.index(chosen) if chosen in self._students else 0)
        self._show_page()

    def _placed(self) -> pd.DataFrame:
        """The rows of the class, with the students' study groups where they are in the order of these."""
        if self._order.value != "group" or self._frame.empty:
            return self._frame
        if self._groups is None:
            self._groups = self._edu.study_groups(self._bar.class_id).set_index("student_id")["group"]
        return self._frame.assign(group=self._frame["student_id"].map(self._groups).astype("Int64"))

    def _renew(self) -> None:
        at = self._pager.places.start
        self._answer(self._read_anew, lambda: self._pager.turn_to(at), self._show_page)

    def _show_page(self) -> None:
        shown = self._students[self._pager.places]
        place = {student_id: place for place, student_id in enumerate(shown)}
        frame, orders = self._placed(), {"order": self._order.value, "concept_order": self._concepts.value}
        rows = frame[frame["student_id"].isin(shown)]
        in_order = rows.assign(place=rows["student_id"].map(place)).sort_values(["place", "concept_order"])
        self._shown = in_order.drop(columns="place").reset_index(drop=True)
        self._mastery.menu.label = f"Export ({counted(len(shown), 'student')})"
        self._mastery.show(
            mastery_heatmap(self._shown, self._levels, **orders) if shown else None,
            chart_sentence(self._frame, self._levels),
            score_table(self._shown, class_id=self._bar.class_id, **orders) if shown else "",
        )

    def _file(self) -> Shown:
        """Exactly the rows that are shown, in the order shown."""
        class_id, rows = self._bar.class_id, CLASS_MASTERY.typed(self._shown)
        return Shown(CLASS_MASTERY, rows, file_name("mastery", self._bar.class_name), {"class_": class_id})

    def _state(self) -> Wanted:
        return Wanted(
            self._bar.class_id,
            self._answers.student_id,
            self._answers.concept_id,
            self._order.value,
            self._concepts.value,
            days=self._bar.days,
        )
