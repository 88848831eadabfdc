"""The folded section with a student's path on one concept, week by week."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import ipywidgets as w

from edukit.analytics.mastery_dates import mastery_dates
from edukit.analytics.wording import counted
from edukit.queries.frames import MASTERY_HISTORY
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
ABOUT = "On one concept, week by week, with its interval; and when it was mastered, and lost again."
CHOOSE = "Choose a concept to see the student's path on it."
HOW_TO_READ = (
    '<p class="lead">Each point is the score after the last answer of a week; the band is where it lay in nine cases '
    "of ten. Dotted lines are where levels begin; a star says in which week the concept was mastered, a cross in which "
    "it was lost. One slip takes nothing away.</p>"
)


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
        self._history = MASTERY_HISTORY.of([])
        self._concept = w.Dropdown(description="Concept over time", options=[ANY_CONCEPT])
        self._charted = Charted(edu, self._taken_out, live=True)
        body = [controls([self._concept]), Panel(html=HOW_TO_READ), self._charted.widget]
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
            self._history, self._fetched = self._edu.mastery_history(self._student_id), True
        # They may have been chosen anew on another page.
        weeks, thresholds = self._own(), self._edu.mastery_thresholds
        dates = mastery_dates(weeks, thresholds)
        self._charted.menu.label = f"Export ({counted(len(weeks), 'week')})"
        self._charted.show(
            path_chart(weeks, dates, thresholds) if len(weeks) else None,
            path_sentence(weeks, dates, self._concept.label),
            path_table(weeks) if len(weeks) else "",
        )

    def _own(self) -> pd.DataFrame:
        """The weeks of the concept that is chosen."""
        rows: pd.DataFrame = self._history[self._history["concept_id"] == self._concept.value]
        return rows.reset_index(drop=True)

    def _taken_out(self) -> Shown:
        """Exactly the rows that are shown, in the order shown."""
        return Shown(MASTERY_HISTORY, self._own(), file_name("path", self._name), {"student_id": self._student_id})
