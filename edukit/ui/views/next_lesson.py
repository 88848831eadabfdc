"""The next lesson: what to teach next and why, what holds the class up, who sits together, and what is behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets as w

from edukit.analytics.bottlenecks import bottlenecks
from edukit.analytics.held_back import held_back
from edukit.analytics.next_lesson import next_lesson as proposed
from edukit.analytics.readiness import class_readiness
from edukit.analytics.study_groups import study_groups
from edukit.analytics.topic_map import topic_map
from edukit.analytics.wording import counted
from edukit.queries.frames import BOTTLENECKS, STUDY_GROUPS
from edukit.ui.address import NOT_YOURS
from edukit.ui.cards import heading
from edukit.ui.charted import Charted
from edukit.ui.class_page import ClassPage
from edukit.ui.export import file_name
from edukit.ui.export_menu import ExportMenu, Shown
from edukit.ui.lesson_address import FOLDS, SIZES, WantedLesson
from edukit.ui.lesson_cards import (
    TOGETHER_LEAD,
    answer_card,
    block_cards,
    block_table,
    group_cards,
    held_table,
    how_to_read,
    map_sentence,
    who_heading,
)
from edukit.ui.page import controls, of_classes, section
from edukit.ui.topic_figure import topic_graph
from edukit.ui.views.class_comparison import ClassComparison
from edukit.ui.views.lesson_folds import AskNext, LessonFold, LooksWrong, ReadyFor
from edukit.ui.widgets import Panel, asked_query, group, shows

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from edukit.queries.frames import Frame
    from edukit.ui.address import Wanted
    from edukit.workbench import Workbench

NONE = 0
"""Value of no concept: a Dropdown takes None for nothing selected and shows a blank."""
ANY_CONCEPT = ("Choose a concept", NONE)
AS_OF_NOW = "Everything here stands as it is now, from all answers, whatever days are chosen."
NOT_BLOCKING = "The link asks for the concept {}, which holds nobody back in this class now: none is chosen."


def next_lesson(edu: Workbench, *, query: str | None = None) -> w.Widget:
    """The page on a class's next lesson, as a widget.

    Args:
        edu: what the viewer may ask.
        query: ``class=...&concept=...&student=...&size=2...6&aim=informative&beside=...`` and
            ``view=ready,ask,compare,questions`` to open at; None: what the page's address says.
    """
    wanted = WantedLesson.of(asked_query() if query is None else query)
    return of_classes(edu, "next_lesson", lambda classes: _NextLesson(edu, classes, wanted).widget)


class _NextLesson(ClassPage):
    """The widgets of the page; what the class knows is read once, and all but the folds follows from that."""

    def __init__(self, edu: Workbench, classes: pd.DataFrame, wanted: WantedLesson) -> None:
        super().__init__(edu, classes, wanted)
        self._settling = False
        self._groups = STUDY_GROUPS.of([])
        self._answer_shown, self._cards, self._seats = Panel(live=True), Panel(), Panel()
        self._who, self._held = Panel(), Panel()
        self._map = Charted(edu, lambda: self._file(BOTTLENECKS, self._blocking, "bottlenecks"))
        self._concept = w.Dropdown(description="Show whom a concept holds back", options=[ANY_CONCEPT])
        self._size = w.Dropdown(description="Students in a group, at most", options=SIZES, value=wanted.size)
        self._menu = ExportMenu(edu, lambda: self._file(STUDY_GROUPS, self._groups, "groups"))
        self._ready = ReadyFor(edu, is_open="ready" in wanted.folds)
        self._ask = AskNext(edu, is_open="ask" in wanted.folds)
        self._ask.rather(wanted.aim)
        self._wrong = LooksWrong(edu, is_open="questions" in wanted.folds)
        self._compared = ClassComparison(edu, wanted.beside, is_open="compare" in wanted.folds)
        self._on_knowledge: tuple[LessonFold, ...] = (self._ready, self._ask, self._wrong)
        folded = (self._ready.folded, self._ask.folded, self._compared.folded, self._wrong.folded)
        self._folds = dict(zip(FOLDS, folded, strict=True))
        self._choice = controls([self._concept])
        self._legend = Panel()
        self._blocks = section([self._legend, group([self._map.widget], "edukit-topics"), self._cards, self._choice])
        self._whom = section([self._who, self._held])
        together = Panel(html=heading("Who sits together today", TOGETHER_LEAD))
        self._together = section([together, controls([self._size]), self._seats, self._menu])
        folds = [fold.widget for fold in folded]
        self._begin(wanted, self._answer_shown, self._blocks, self._whom, self._together, *folds)
        self._concept.observe(lambda _change: self._turn(self._show_held), "value")
        self._size.observe(lambda _change: self._turn(self._turn_to_class, self._show_groups), "value")
        self._map.chart.on_click(self._clicked)
        self._cards.on_pick(lambda _student, concept_id: self._choose(concept_id))
        for fold in (*self._on_knowledge, self._compared):
            fold.on_change(self._keep_address)

    def _fetch(self) -> None:
        """Read what the class knows, once, and tell what follows from it."""
        class_id = self._bar.class_id
        self._standing = self._edu.class_knowledge(class_id)
        self._blocking = bottlenecks(*self._standing)
        lesson = proposed(self._standing.known, self._blocking, class_readiness(*self._standing))
        self._answer_shown.html = answer_card(lesson)
        for fold in self._on_knowledge:
            fold.about_class(class_id, self._bar.class_name, self._standing)
        self._compared.about_class(class_id, self._bar.class_name)

    def _offer(self, wanted: Wanted) -> list[str]:
        """Offer the concepts that hold somebody back, and choose; sentences about what a link asks for in vain."""
        ids = self._blocking["concept_id"].tolist()
        self._settling = True
        try:
            self._concept.options = [ANY_CONCEPT, *zip(self._blocking["concept"], ids, strict=True)]
            self._concept.value = wanted.concept_id if wanted.concept_id in ids else NONE
        finally:
            self._settling = False
        missing = wanted.concept_id is not None and not self._concept.value
        faults = [NOT_BLOCKING.format(wanted.concept_id)] if missing else []
        if not self._ask.offer(wanted.student_id):
            faults.append(NOT_YOURS.format(f"the student {wanted.student_id}", "choose one"))
        return faults

    def _remarks(self) -> list[str]:
        return [] if self._bar.days.all else [AS_OF_NOW]

    def _turn_to_class(self) -> None:
        """Groups of another class, or of another size, are none to keep."""
        self._groups = STUDY_GROUPS.of([])

    def _show(self) -> None:
        """Show what was read, in all parts that are open."""
        known = self._standing.known
        someone = bool(len(known.students) and len(known.concepts))
        for part in (self._blocks, self._together, *(fold.widget for fold in self._folds.values())):
            shows(part, when=someone)
        shows(self._choice, when=len(self._blocking))
        self._show_held()
        if someone:
            self._show_map()
            self._show_groups()
        for fold in self._folds.values():
            fold.renew()

    def _show_map(self) -> None:
        drawn = topic_map(*self._standing, self._blocking)
        # They may have been chosen anew on another page.
        thresholds = self._edu.mastery_thresholds
        self._legend.html = heading("What holds the class up") + how_to_read(thresholds)
        figure = None if drawn.topics.empty else topic_graph(drawn, thresholds)
        self._map.menu.label = f"Export ({counted(len(self._blocking), 'concept')})"
        self._map.show(figure, map_sentence(drawn, self._blocking), block_table(self._blocking))
        self._cards.html = block_cards(self._blocking)

    def _show_held(self) -> None:
        concept_id = self._concept.value
        shows(self._whom, when=concept_id)
        if not concept_id:
            return
        self._who.html = who_heading(self._concept.label)
        held = held_back(*self._standing, concept_id=concept_id)
        self._held.html = held_table(held, self._concept.label, self._bar.class_id, concept_id)

    def _show_groups(self) -> None:
        self._groups = study_groups(self._standing.known, size=self._size.value, keep=self._groups)
        self._menu.label = f"Export ({counted(len(self._groups), 'student')})"
        self._seats.html = group_cards(self._groups, self._bar.class_id)

    def _turn(self, *steps: Callable[[], object]) -> None:
        """Something else was chosen of what was read."""
        if not self._settling:
            self._answer(self._faults.clear, *steps)

    def _clicked(self, point: dict[str, object]) -> None:
        match point.get("customdata"):
            case int() | float() as concept_id if concept_id > 0:
                self._choose(int(concept_id))

    def _choose(self, concept_id: int | None) -> None:
        """Show whom a concept holds back and bring the reader there."""
        if concept_id in {id_ for _, id_ in self._concept.options}:
            self._concept.value = concept_id
            self._who.arrive()

    def _file(self, frame: Frame, rows: pd.DataFrame, what: str) -> Shown:
        """Exactly the rows that are shown, in the order shown."""
        return Shown(frame, rows, file_name(what, self._bar.class_name), {"class_": self._bar.class_id})

    def _state(self) -> WantedLesson:
        return WantedLesson(
            self._bar.class_id,
            self._ask.student_id,
            self._concept.value or None,
            view=",".join(name for name, fold in self._folds.items() if fold.is_open),
            size=self._size.value,
            aim=self._ask.aim,
            beside=self._compared.beside,
            days=self._bar.days,
        )
