"""The folded sections of the page on the next lesson: who is ready for what, what to ask whom, what looks wrong."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

import ipywidgets as w

from edukit.analytics.next_question import AIMS
from edukit.analytics.readiness import class_readiness, ready_to_learn
from edukit.analytics.wording import counted
from edukit.queries.frames import CLASS_READINESS, ITEM_ANALYSIS, NEXT_QUESTIONS
from edukit.ui.cards import sentence
from edukit.ui.export import file_name
from edukit.ui.export_menu import ExportMenu, Shown
from edukit.ui.figures import students_in_order
from edukit.ui.fold import Folded
from edukit.ui.lesson_tables import (
    item_table,
    items_sentence,
    question_table,
    readiness_sentence,
    readiness_table,
    ready_names,
)
from edukit.ui.page import controls
from edukit.ui.widgets import Panel, shows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from edukit.analytics.knowledge import Standing
    from edukit.queries.frames import Frame
    from edukit.workbench import Workbench

NONE = 0
"""Value of no student: a Dropdown takes None for nothing selected and shows a blank."""
ANY_STUDENT = ("Choose a student", NONE)
AIM_WORDS = {"useful": "What helps most", "informative": "What tells most of what they know"}
CHOOSE_STUDENT = "Choose a student above to see what to ask them next."


class LessonFold(ABC):
    """A folded section on a class; what it shows is fetched when it is opened."""

    title: ClassVar[str]
    about: ClassVar[str]
    frame: ClassVar[Frame]
    file: ClassVar[str]
    """Name of a file with what is shown, before the class's."""

    def __init__(self, edu: Workbench, *, is_open: bool) -> None:
        self._edu = edu
        self._shown: pd.DataFrame
        self._class_id, self._class_name = 0, ""
        self._standing: Standing
        self._menu = ExportMenu(edu, self._taken_out)
        self._on_change: Callable[[], object] = lambda: None
        self.folded = Folded(self.title, self.about, [*self._parts(), self._menu], fill=self._fill, is_open=is_open)
        self.folded.on_turn(self._changed)

    def on_change(self, act: Callable[[], object]) -> None:
        """Call ``act()`` after it was opened or closed, or something in it was chosen."""
        self._on_change = act

    def _changed(self) -> None:
        self._on_change()

    def about_class(self, class_id: int, class_name: str, standing: Standing) -> None:
        """Take what is known of a class; it is shown at the next :meth:`edukit.ui.fold.Folded.renew`."""
        self._class_id, self._class_name, self._standing = class_id, class_name, standing

    @abstractmethod
    def _parts(self) -> Sequence[w.Widget]:
        """What is unfolded."""

    @abstractmethod
    def _fill(self) -> None:
        """Fetch it, and show it."""

    def _taken_out(self) -> Shown:
        """Exactly the rows that are shown, in the order shown."""
        return Shown(self.frame, self._shown, file_name(self.file, self._class_name), {"class_": self._class_id})

    def _show_rows(self, rows: pd.DataFrame, noun: str) -> None:
        self._shown = rows
        self._menu.label = f"Export ({counted(len(rows), noun)})"
        shows(self._menu, when=len(rows))


class ReadyFor(LessonFold):
    """What the class may learn next, and who."""

    title = "What the class is ready for"
    about = "By concept: who knows it, who knows all that it needs, and who waits for what."
    frame, file = CLASS_READINESS, "readiness"

    def _parts(self) -> Sequence[w.Widget]:
        self._table, self._names = Panel(), Panel(live=True)
        self._table.on_pick(self._name)
        return [self._table, self._names]

    def _fill(self) -> None:
        rows = class_readiness(*self._standing)
        self._table.html = sentence(readiness_sentence(rows)) + readiness_table(rows)
        self._names.html = ""
        self._show_rows(rows, "concept")

    def _name(self, _student_id: int | None, concept_id: int | None) -> None:
        """Say who is ready for a concept."""
        rows = ready_to_learn(*self._standing)
        self._names.html = ready_names(rows[rows["concept_id"] == concept_id], self._class_id)
        self._names.arrive()


class AskNext(LessonFold):
    """What to ask a student next."""

    title = "What to ask one student next"
    about = "Questions that fit what a student knows, with the chance that they are right."
    frame, file = NEXT_QUESTIONS, "next-questions"

    def _parts(self) -> Sequence[w.Widget]:
        self._student = w.Dropdown(description="Student", options=[ANY_STUDENT])
        self._aim = w.Dropdown(description="Rather", options=[(AIM_WORDS[aim], aim) for aim in AIMS])
        self._table, self._settling = Panel(live=True), False
        for choice in (self._student, self._aim):
            choice.observe(lambda _change: self._chosen(), "value")
        return [controls([self._student, self._aim]), self._table]

    @property
    def student_id(self) -> int | None:
        """The chosen student."""
        return self._student.value or None

    @property
    def aim(self) -> str:
        """What the questions are rather for."""
        return str(self._aim.value)

    def rather(self, aim: str) -> None:
        """Choose what the questions are for, before anything is shown."""
        with self._settled():
            self._aim.value = aim

    def offer(self, student_id: int | None) -> bool:
        """Offer the students of the class and choose one of them (None: nobody); whether they are there."""
        named = students_in_order(self._standing.known.students.assign(mastery_score=float("nan")), "name")
        ids = named["student_id"].tolist()
        with self._settled():
            self._student.options = [ANY_STUDENT, *zip(named["student"], ids, strict=True)]
            self._student.value = student_id if student_id in ids else NONE
        return student_id is None or student_id in ids

    @contextmanager
    def _settled(self) -> Iterator[None]:
        self._settling = True
        try:
            yield
        finally:
            self._settling = False

    def _chosen(self) -> None:
        if not self._settling:
            self.folded.renew()
            self._on_change()

    def _fill(self) -> None:
        if not self._student.value:
            self._table.html = sentence(CHOOSE_STUDENT)
            shows(self._menu, when=False)
            return
        rows = self._edu.next_questions(self._student.value, self._aim.value, class_=self._class_id)
        self._table.html = question_table(rows, self._student.label)
        self._show_rows(rows, "question")

    def _taken_out(self) -> Shown:
        return Shown(
            self.frame, self._shown, file_name(self.file, self._student.label), {"student_id": self._student.value}
        )


class LooksWrong(LessonFold):
    """Questions of the class that look wrong."""

    title = "Questions that look wrong"
    about = "Of the questions that the class has answered: how hard they are, and what to look at."
    frame, file = ITEM_ANALYSIS, "questions"

    def _parts(self) -> Sequence[w.Widget]:
        self._table = Panel()
        return [self._table]

    def _fill(self) -> None:
        rows = self._edu.item_analysis(self._class_id)
        self._table.html = sentence(items_sentence(rows)) + item_table(rows)
        self._show_rows(rows, "question")
