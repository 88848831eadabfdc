"""What the tests of the page on the next lesson share: classes in memory, and the page as its reader uses it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import ipywidgets as w
import numpy as np
import pandas as pd
import pytest

from edukit.analytics.class_comparison import class_comparison
from edukit.analytics.knowledge import Standing, knowledge
from edukit.analytics.prerequisites import concept_needs
from edukit.queries.frames import CLASS_NAMES, ITEM_ANALYSIS, NEXT_QUESTIONS
from edukit.queries.outbox import Horizon
from edukit.ui.fold import Fold
from edukit.ui.views.next_lesson import next_lesson
from edukit.ui.widgets import Address, Panel

if TYPE_CHECKING:
    from collections.abc import Iterator

THRESHOLDS = (50.0, 80.0, 95.0)
NAME = "<b>Zoë</b> &amp; 李雷"


class Lessons:
    """Classes of so many students by topics, which form a chain or none; the Workbench's methods, and what was called.

    Who is at place ``p`` scores ``10 p`` on the first topic and nothing on the last; class ids are 1, 2, ….
    """

    mastery_thresholds = THRESHOLDS
    role, time_zone, today = "teacher", "Europe/Zurich", date(2026, 6, 30)

    def __init__(self, *sizes: tuple[int, int], chain: bool = True, answered: bool = True) -> None:
        self.calls: list[str] = []
        self.exports: list[tuple[str, int]] = []
        self.fails: Exception | None = None
        self._sizes, self._chain, self._answered = sizes, chain, answered

    def horizon(self) -> Horizon:
        """How far the database has come."""
        return Horizon(1, ())

    def class_names(self) -> pd.DataFrame:
        """The frame ``class_names``."""
        return CLASS_NAMES.of(("School", place, f"Class {place}") for place in range(1, len(self._sizes) + 1))

    def class_knowledge(self, class_: int) -> Standing:
        """Who knows what."""
        self._called("class_knowledge")
        students, topics = self._sizes[class_ - 1]
        ids = [*range(2, 2 + topics)]
        tree = pd.DataFrame({"topic_id": [1, *ids], "parent_id": pd.array([None] + [1] * topics, dtype="Int64")})
        edges = pd.DataFrame({"topic_id": ids[1:], "prerequisite_id": ids[:-1]}, dtype="int64")
        concepts = pd.DataFrame({"concept_id": [100 + id_ for id_ in ids], "topic_id": ids, "questions": 5})
        concepts["topic"] = [f"Topic <{id_}>" for id_ in ids]
        concepts["concept"] = [f"Concept <{id_}>" for id_ in ids]
        concepts["concept_order"] = range(topics)
        people = pd.DataFrame({"student_id": np.arange(students) + 1000 * class_})
        people["student"] = pd.Series([f"{NAME} {place:03d}" for place in range(students)], dtype="str")
        mastery = people.merge(concepts[:-1] if self._answered else concepts[:0], how="cross")
        score = (mastery["student_id"] % 1000 * 10 + 7 * mastery["concept_order"]) % 101
        mastery = mastery.assign(mastery_score=score.astype(float), total_attempts=6, correct_attempts=4)
        mastery["mastery_low"], mastery["mastery_high"] = (score - 15).clip(0), (score + 15).clip(upper=100)
        known = knowledge(people, concepts, mastery, known_at=THRESHOLDS[1])
        return Standing(known, concept_needs(concepts, tree, edges if self._chain else edges[:0]))

    def next_questions(self, student_id: int, aim: str, *, class_: int) -> pd.DataFrame:
        """The frame ``next_questions``, of one question."""
        self._called(f"next_questions {student_id} {aim} {class_}")
        row = (1, 9, "What is <i>?", 102, "Topic", "Concept", 0.75, 0.6, 0.9, 0.19, 0.7, 40, 6, "In reach.")
        return NEXT_QUESTIONS.of([row])

    def item_analysis(self, class_: int) -> pd.DataFrame:
        """The frame ``item_analysis``, of two questions of which one looks wrong."""
        self._called(f"item_analysis {class_}")
        rows = ITEM_ANALYSIS.of([_value(column.dtype, place) for column in ITEM_ANALYSIS.columns] for place in range(2))
        return rows.assign(question=["Why <u>?", "What?"], words=["Look at the key.", "Fine."], suspicions=[1, 0])

    def classes_alike(self, class_: int) -> dict[int, str]:
        """All of them, whichever is meant."""
        self._called(f"classes_alike {class_}")
        return {place: f"Class {place}" for place in range(1, len(self._sizes) + 1)}

    def compare_classes(self, class_: int, others: list[int] | None = None) -> pd.DataFrame:
        """The frame ``class_comparison``, of two topics."""
        self._called(f"compare_classes {class_} {others}")
        ids = [class_, *(others or [id_ for id_ in range(1, len(self._sizes) + 1) if id_ != class_])][:8]
        classes = pd.DataFrame({"class_id": ids, "class_name": [f"Class {id_}" for id_ in ids]})
        topics = pd.DataFrame({"topic_id": [2, 3], "topic": ["Topic <2>", "Topic <3>"]})
        people = [(id_, 1000 * id_ + place) for id_ in ids for place in range(self._sizes[id_ - 1][0])]
        scores = pd.DataFrame(people, columns=["class_id", "student_id"]).merge(topics, how="cross")
        scores["mastery_score"] = (scores["student_id"] % 1000 * 10.0) % 101
        return class_comparison(scores, classes, topics, thresholds=THRESHOLDS)

    def record_export(self, frame: str, *, rows: int, **_of: object) -> None:
        """That a file is taken out."""
        self.exports.append((frame, rows))

    def _called(self, method: str) -> None:
        self.calls.append(method)
        if self.fails is not None:
            raise self.fails


def _value(dtype: str, place: int) -> object:
    return {"str": "text", "bool": True}.get(dtype, 0.5 if dtype == "float64" else 12 + place)


class Page:
    """A page as its reader sees and uses it."""

    def __init__(self, edu: Any, query: str = "") -> None:
        self.view = next_lesson(edu, query=query)

    def walk(self) -> Iterator[w.Widget]:
        """All widgets, hidden or not."""
        return _walk(self.view)

    @property
    def html(self) -> str:
        """All the HTML of the panels that are not hidden."""
        return _shown(self.view)

    @property
    def kept(self) -> dict[str, str]:
        """What the page's address says."""
        (address,) = (one for one in self.walk() if isinstance(one, Address))
        return {name: value for name, value in address.parameters.items() if value}

    def picker(self, description: str) -> w.Dropdown:
        """The picker of that name."""
        return next(one for one in self.walk() if isinstance(one, w.Dropdown) and one.description == description)

    def fold(self, title: str) -> Fold:
        """The heading of a folded section."""
        return next(one for one in self.walk() if isinstance(one, Fold) and title in one.title)

    def panel(self, words: str) -> Panel:
        """The first panel with these words."""
        return next(one for one in self.walk() if isinstance(one, Panel) and words in one.html)


def _walk(widget: w.Widget) -> Iterator[w.Widget]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _walk(child)


def _shown(widget: w.Widget) -> str:
    if getattr(widget, "layout", None) is not None and getattr(widget.layout, "display", None) == "none":
        return ""
    own = widget.html if isinstance(widget, Panel) else ""
    return own + "".join(_shown(child) for child in getattr(widget, "children", ()))


@pytest.fixture(autouse=True)
def _outside_voila(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    monkeypatch.delenv("QUERY_STRING", raising=False)


@pytest.fixture
def lessons() -> type[Lessons]:
    """Build classes by their sizes: ``lessons((30, 5), (4, 5))``."""
    return Lessons


@pytest.fixture
def opened() -> type[Page]:
    """Opens the page at an address: ``opened(edu, "class=1")``."""
    return Page
