"""A student's answers, by concept: the drill-down below a chart."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import ipywidgets as w
import numpy as np
import pandas as pd

from edukit.analytics.days import ALL_DAYS, Days
from edukit.ui.cards import heading, sentence
from edukit.ui.days import in_words
from edukit.ui.explanation_card import explanation_card
from edukit.ui.figures import concepts_in_order, students_in_order
from edukit.ui.links import student_link
from edukit.ui.page import controls, section, told
from edukit.ui.tables import answer_strips, answers_table, asks_for
from edukit.ui.widgets import Panel, group

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edukit.workbench import Workbench

CHOOSE = "Choose a student here, by a name above, or by a cell of the chart."
TITLE = "One student's answers"
NONE = 0
"""Value of the first option of each picker: a Dropdown takes None for nothing selected and shows a blank."""
ANY_STUDENT, ANY_CONCEPT = ("Choose a student", NONE), ("All concepts", NONE)


class StudentAnswers:
    """Pickers for a student and a concept of a class, the marks in order, and the table of answers."""

    def __init__(self, edu: Workbench, *, on_change: Callable[[], object]) -> None:
        self._edu = edu
        self._on_change = on_change
        self._settling = False
        self._concepts = pd.DataFrame({"concept_id": [], "concept": []})
        self._frame: pd.DataFrame | None = None
        self._of_concepts: pd.DataFrame | None = None
        """What is known of the class's concepts; None: not asked for yet."""
        self._class_id: int | None = None
        self._days = ALL_DAYS
        self._title = Panel(html=heading(TITLE, arrival=True))
        self._notice = Panel(live=True)
        self._why, self._answers = Panel(), Panel()
        self._shown = group([self._why, self._answers])
        self._student = w.Dropdown(description="Student", options=[ANY_STUDENT])
        self._concept = w.Dropdown(description="Concept", options=[ANY_CONCEPT])
        for choice in (self._student, self._concept):
            choice.observe(self._chosen, "value")
        self.widget = section([self._title, controls([self._student, self._concept]), self._notice, self._shown])

    @property
    def student_id(self) -> int | None:
        """The chosen student."""
        return self._student.value or None

    @property
    def concept_id(self) -> int | None:
        """The chosen concept; None: all."""
        return self._concept.value or None

    def offer(
        self, class_id: int, frame: pd.DataFrame, student_id: int | None, concept_id: int | None, *, days: Days
    ) -> list[str]:
        """Offer the students and concepts of a class and choose; sentences about what is not among them.

        Args:
            class_id: of the class.
            frame: its rows of the frame ``class_mastery``.
            student_id: whom to choose; None: nobody.
            concept_id: which concept; None: all.
            days: only answers of these days are shown.
        """
        self._class_id, self._days, self._frame, self._of_concepts = class_id, days, frame, None
        students, self._concepts = students_in_order(frame, "name"), concepts_in_order(frame)
        ids, concept_ids = students["student_id"].tolist(), self._concepts["concept_id"].tolist()
        with self._settled():
            names = zip(students["student"], ids, strict=True)
            concept_names = zip(self._concepts["concept"], concept_ids, strict=True)
            self._student.options = [ANY_STUDENT, *names]
            self._concept.options = [ANY_CONCEPT, *concept_names]
            self._student.value = student_id if student_id in ids else NONE
            self._concept.value = concept_id if concept_id in concept_ids else NONE
        self._show()
        missing = (("student", student_id, self.student_id), ("concept", concept_id, self.concept_id))
        return [
            f"The link asks for the {kind} {wanted}, not found in this class: no {kind} is chosen."
            for kind, wanted, found in missing
            if wanted is not None and found is None
        ]

    def choose(self, student_id: int | None, concept_id: int | None) -> None:
        """Show a student's answers on a concept (None: on all) and bring the reader there."""
        with self._settled():
            self._student.value, self._concept.value = student_id or NONE, concept_id or NONE
        self._chosen()
        self._title.arrive()

    @contextmanager
    def _settled(self) -> Iterator[None]:
        """Several choices change together: answer once, at the end."""
        self._settling = True
        try:
            yield
        finally:
            self._settling = False

    def _chosen(self, _change: object = None) -> None:
        if not self._settling:
            self._show()
            self._on_change()

    def _show(self) -> None:
        self._title.html = heading(TITLE, arrival=True) + self._way_on()
        with told(self._notice, instead_of=self._shown):
            self._why.html = self._explained()
            self._answers.html = sentence(CHOOSE) if self.student_id is None else self._answers_of(self.student_id)

    def _explained(self) -> str:
        """How the chosen score comes about; empty: none is chosen."""
        if self._frame is None or self._class_id is None or self.student_id is None or self.concept_id is None:
            return ""
        if self._of_concepts is None:
            self._of_concepts = self._edu.concept_explanations(self._class_id)
        return explanation_card(self._edu, self._frame, self.student_id, self.concept_id, self._of_concepts)

    def _way_on(self) -> str:
        """The chosen student's name as a link to their page."""
        if self.student_id is None:
            return ""
        return (
            f'<p class="lead">Of {student_link(self._student.label, self.student_id, self._class_id)}, by concept'
            f"{'' if self._days.all else ', ' + in_words(self._days)}.</p>"
        )

    def _answers_of(self, student_id: int) -> str:
        """The answers on the chosen concept, or on those of the class; in whatever class they were given."""
        attempts = self._edu.attempts(student_id=student_id, concept_id=self.concept_id)
        concepts = self._concepts
        if self.concept_id is not None:
            concepts = concepts[concepts["concept_id"] == self.concept_id]
        else:
            attempts = attempts[
                np.any([asks_for(attempts, concept_id) for concept_id in concepts["concept_id"]], axis=0)
            ]
        attempts = self._days.among(attempts, "attempted_at")
        if attempts.empty:
            return sentence("No answers yet." if self._days.all else f"No answers {in_words(self._days)}.")
        return answer_strips(attempts, concepts) + answers_table(attempts)
