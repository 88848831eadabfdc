"""The figures at the head of a class, and the chart in one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edukit.analytics.wording import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


@dataclass(frozen=True)
class ClassSummary:
    """A class in a few numbers. ``scores`` counts the pairs of a student and a concept that have one."""

    students: int
    answers: int
    right_share: float | None
    """Share of the class's answers that are right, 0-1; None: there are no answers."""
    median_score: float | None
    """Median of the scores, 0-100; None: there are none."""
    scores: int
    below: int
    """Scores below the first threshold."""
    unanswered: int
    """Pairs of a student and a concept without answers."""

    @classmethod
    def of(cls, row: pd.Series[Any], frame: pd.DataFrame, thresholds: Sequence[float]) -> ClassSummary:
        """Count.

        Args:
            row: of the class in the frame ``classes``. Answers are counted there, because one at a question
                with two concepts stands in two rows of ``frame``.
            frame: rows of the frame ``class_mastery``.
            thresholds: scores at which *developing*, *proficient* and *mastered* begin.
        """
        scores = frame["mastery_score"].dropna()
        answers = int(row["attempts"])
        return cls(
            students=int(row["students"]),
            answers=answers,
            right_share=int(row["correct_attempts"]) / answers if answers else None,
            median_score=float(scores.median()) if len(scores) else None,
            scores=len(scores),
            below=int((scores < thresholds[0]).sum()),
            unanswered=len(frame) - len(scores),
        )


def chart_sentence(frame: pd.DataFrame, thresholds: Sequence[float]) -> str:
    """What the heatmap shows, for those who do not see it."""
    scored = frame.dropna(subset="mastery_score")
    if scored.empty:
        return "Nobody has answered yet."
    students, concepts = frame["student_id"].nunique(), frame["concept_id"].nunique()
    medians = scored.groupby(["concept_order", "concept"])["mastery_score"].median().reset_index()
    below = int((scored["mastery_score"] < thresholds[0]).sum())
    unanswered = len(frame) - len(scored)
    sentence = (
        f"{counted(students, 'student')} by {counted(concepts, 'concept')}: {below:,} of "
        f"{counted(len(scored), 'score')} {'is' if below == 1 else 'are'} below {thresholds[0]:g}"
    )
    if concepts > 1:
        ranked = medians.sort_values("mastery_score", kind="stable")
        (weakest, least), (strongest, most) = ranked[["concept", "mastery_score"]].iloc[[0, -1]].to_numpy()
        sentence += f"; weakest is {weakest} (median {least:.0f}), strongest {strongest} ({most:.0f})"
    return sentence + (f"; {counted(unanswered, 'cell')} without answers yet." if unanswered else ".")
