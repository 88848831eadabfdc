"""The folded section with a student's path on one concept, week by week."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import ipywidgets as w

from edukit.analytics.wording import counted
from edukit.queries.frames import MASTERY_DATES, MASTERY_HISTORY
from edukit.ui.charted import Charted
from edukit.ui.export import file_name
from edukit.ui.export_menu import Shown
from edukit.ui.fold import Folded
from edukit.ui.page import controls
from edukit.ui.path_figure import path_chart, path_sentence, path_table
from edukit.ui.widgets import Panel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from edukit.workbench import Workbench

NONE = 0
"""Value of no concept: a Dropdown takes None for nothing selected and shows a blank."""
ANY_CONCEPT = ("Choose a concept", NONE)
TITLE = "Mastery over time"
ABOUT = (
    "On one concept, week by week, with its interval; and, where the rule scores, when it was mastered, and lost again."
)
CHOOSE = "Choose a concept to see the student's path on it."
HOW_TO_READ = (
    '<p class="lead">Each point is the score after the last answer of a week; the band is where it lay in nine cases '
    "of ten. Dotted lines are where levels begin{}.</p>"
)
DATED = "; a star says when the concept was mastered, a cross when it was lost. One slip takes nothing away"


class StudentPath:
    """A concept to choose, and the path on it; all of a student's weeks are fetched once, when it is opened."""

    def __init__(self, edu: Workbench, concept_id: int | None, *, on_change: Callable[[], object]) -> None:
        """Build it; nothing is fetched yet.

        Args:
            edu: what the viewer may ask.
            concept_id: which concept a link asks for, and so opens it; None: it stays folded.
            on_change: called when it is opened or closed, or another concept is chosen.
        """
        self._kept = concept_id or NONE
        self._edu, self._on_change, self._settling = edu, on_change, False
        self._student_id, self._name, self._fetched = 0, "", False
        self._history, self._dates = MASTERY_HISTORY.of([]), MASTERY_DATES.of([])
        self._concept = w.Dropdown(description="Concept over time", options=[ANY_CONCEPT])
        self._charted = Charted(edu, self._taken_out, live=True)
        self._how_to_read = Panel()
        body = [controls([self._concept]), self._how_to_read, self._charted.widget]
        self._folded = Folded(TITLE, ABOUT, body, fill=self._fill, is_open=bool(concept_id))
        self._folded.on_turn(on_change)
        self._concept.observe(lambda _change: self._chosen(), "value")
        self.widget = self._folded.widget

    @property
    def concept_id(self) -> int | None:
        """The concept whose path is shown."""
        return (self._concept.value or None) if self._folded.is_open else None

    def show(self, student_id: int, name: str, mastery: pd.DataFrame) -> None:
        """Offer the concepts of a student's mastery; the one that was chosen stays, where they have answered on it."""
        self._student_id, self._name, self._fetched = student_id, name, False
        ids = mastery["concept_id"].tolist()
        with self._settled():
            self._concept.options = [ANY_CONCEPT, *zip(mastery["concept"], ids, strict=True)]
            self._concept.value = self._kept if self._kept in ids else NONE
        self._folded.renew()

    @contextmanager
    def _settled(self) -> Iterator[None]:
        self._settling = True
        try:
            yield
        finally:
            self._settling = False

    def _chosen(self) -> None:
        if not self._settling:
            self._kept = self._concept.value
            self._folded.renew()
            self._on_change()

    def _fill(self) -> None:
        if not self._concept.value:
            self._charted.show(None, CHOOSE, "")
            return
        if not self._fetched:
            self._fetch()
        weeks, dates = self._own(self._history), self._own(self._dates)
        edu = self._edu
        self._charted.menu.label = f"Export ({counted(len(weeks), 'week')})"
        self._charted.show(
            path_chart(weeks, dates, edu.mastery_thresholds, edu.time_zone) if len(weeks) else None,
            path_sentence(weeks, dates, self._concept.label),
            path_table(weeks) if len(weeks) else "",
        )

    def _fetch(self) -> None:
        self._history = self._edu.mastery_history(self._student_id)
        # Dates are the rule's: beside a line of the model's they would say that it crossed where it did not.
        by_rule = not self._edu.mastery_is_modelled
        self._dates = self._edu.mastery_dates(self._student_id) if by_rule else MASTERY_DATES.of([])
        self._how_to_read.html = HOW_TO_READ.format(DATED if by_rule else "")
        self._fetched = True

    def _own(self, frame: pd.DataFrame) -> pd.DataFrame:
        rows: pd.DataFrame = frame[frame["concept_id"] == self._concept.value]
        return rows.reset_index(drop=True)

    def _taken_out(self) -> Shown:
        """Exactly the rows that are shown, in the order shown."""
        rows = self._own(self._history)
        return Shown(MASTERY_HISTORY, rows, file_name("path", self._name), {"student_id": self._student_id})
