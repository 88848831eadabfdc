"""Knowledge: who knows which concept, and how surely, as students by concepts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from edukit.analytics.wording import scored

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Marks = NDArray[np.bool_]
    Figures = NDArray[np.float64]


@dataclass(frozen=True)
class Knowledge:
    """Scores (0-100) of students by concepts, and what they say at one bar; without an answer all are 0.

    A concept is known from the bar on, and weak below it where an answer was wrong. Without a wrong answer it is
    neither: nothing shows that it is not known, be it that there are no answers, or too few to reach the bar.
    """

    students: pd.DataFrame
    """``student_id`` and ``student``, a row each, by id."""
    concepts: pd.DataFrame
    """``concept_id``, ``topic_id``, ``topic``, ``concept``, ``concept_order``, ``questions``, a column each."""
    score: Figures
    low: Figures
    high: Figures
    answers: NDArray[np.int64]
    wrong: NDArray[np.int64]
    known_at: float
    """The bar: least score (0-100) of what counts as known."""

    @property
    def answered(self) -> Marks:
        """Whether there is any evidence."""
        return self.answers > 0

    @property
    def known(self) -> Marks:
        """Whether the score reaches the bar."""
        return self.answered & (self.score >= self.known_at)

    @property
    def asked(self) -> Marks:
        """Which concepts have questions, so that it can be shown who knows them: those of others may be withdrawn."""
        return self.concepts["questions"].to_numpy() > 0

    @property
    def surely_known(self) -> Marks:
        """Whether the whole interval does."""
        return self.answered & (self.low >= self.known_at)

    @property
    def weak(self) -> Marks:
        """Whether the score is below the bar, and an answer was wrong."""
        return (self.wrong > 0) & (self.score < self.known_at)

    @property
    def surely_weak(self) -> Marks:
        """Whether the whole interval is below it, and an answer was wrong."""
        return (self.wrong > 0) & (self.high < self.known_at)

    @property
    def perhaps_weak(self) -> Marks:
        """Whether any of the interval is."""
        return self.answered & (self.low < self.known_at)

    def told(self, student: int, concept: int) -> str:
        """A score with its interval and evidence, in words, by its two places."""
        score, low, high = (figures[student, concept] for figures in (self.score, self.low, self.high))
        return scored(score, low, high, int(self.answers[student, concept]))

    def relation(self, needs: pd.DataFrame) -> Marks:
        """Which concept (first) needs which (second): ``concept_id``, ``prerequisite_id``; others are left out."""
        ids = pd.Index(self.concepts["concept_id"])
        concept, needed = (ids.get_indexer(needs[name]) for name in ("concept_id", "prerequisite_id"))
        here = (concept >= 0) & (needed >= 0)
        found = np.zeros((len(ids), len(ids)), dtype=np.bool_)
        found[concept[here], needed[here]] = True
        return found

    def waiting_relation(self, needs: pd.DataFrame) -> Marks:
        """Which concept (first) may wait for which (second): it needs it, and questions ask for both.

        Where none does any more, nobody could show that they know it now, whatever they once answered: it would wait,
        or be waited for, for good.
        """
        return self.relation(needs) & np.outer(self.asked, self.asked)


class Standing(NamedTuple):
    """Who knows what, and what each concept needs first."""

    known: Knowledge
    needs: pd.DataFrame
    """Every concept and what it needs, as :func:`~edukit.analytics.prerequisites.concept_needs` has it."""


def knowledge(students: pd.DataFrame, concepts: pd.DataFrame, mastery: pd.DataFrame, *, known_at: float) -> Knowledge:
    """Students by concepts, whatever the order of the rows.

    Args:
        students: ``student_id`` and ``student``, once each.
        concepts: as in :class:`Knowledge`, once each.
        mastery: ``student_id``, ``concept_id``, ``mastery_score``, ``mastery_low``, ``mastery_high`` (0-100),
            ``total_attempts`` and ``correct_attempts``, once a student and concept; others than those above are left
            out.
        known_at: least score of what counts as known.
    """
    by_id = students.sort_values("student_id", ignore_index=True)
    in_order = concepts.sort_values(["concept_order", "concept_id"], ignore_index=True)
    row = pd.Index(by_id["student_id"]).get_indexer(mastery["student_id"])
    column = pd.Index(in_order["concept_id"]).get_indexer(mastery["concept_id"])
    scored = (mastery["mastery_score"].notna() & (mastery["total_attempts"] > 0)).to_numpy()
    here = (row >= 0) & (column >= 0) & scored
    places = row[here], column[here]
    score, low, high, answers, right = every = [np.zeros((len(by_id), len(in_order))) for _ in range(5)]
    names = ("mastery_score", "mastery_low", "mastery_high", "total_attempts", "correct_attempts")
    for figures, name in zip(every, names, strict=True):
        figures[places] = mastery[name].to_numpy(dtype=np.float64)[here]
    given, wrong = answers.astype(np.int64), (answers - right).astype(np.int64)
    return Knowledge(by_id, in_order, score, low, high, given, wrong, known_at)
