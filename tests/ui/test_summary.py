"""The figures of a class are counts that can be checked by hand."""

from __future__ import annotations

import pandas as pd

from edukit.analytics.wording import counted
from edukit.ui.summary import ClassSummary, chart_sentence

THRESHOLDS = (50.0, 80.0, 95.0)
ROW = pd.Series({"students": 2, "attempts": 4, "correct_attempts": 3})
FRAME = pd.DataFrame(
    {
        "student_id": [1, 1, 2, 2],
        "concept_id": [7, 8, 7, 8],
        "concept": ["Add", "Divide", "Add", "Divide"],
        "concept_order": [0, 1, 0, 1],
        "mastery_score": [90.0, 30.0, 50.0, None],
    }
)


def test_counts() -> None:
    """A score at the threshold is not below it; a missing one is no score."""
    summary = ClassSummary.of(ROW, FRAME, THRESHOLDS)
    assert summary == ClassSummary(2, 4, 0.75, 50.0, 3, 1, 1)


def test_nothing_is_not_zero() -> None:
    """Without answers there is no share and no median."""
    summary = ClassSummary.of(ROW * 0, FRAME.head(0), THRESHOLDS)
    assert summary.right_share is None
    assert summary.median_score is None


def test_the_chart_in_a_sentence() -> None:
    """The sentence tells size, who is below, the weakest and strongest concept, and the gaps."""
    assert chart_sentence(FRAME, THRESHOLDS) == (
        "2 students by 2 concepts: 1 of 3 scores is below 50; weakest is Divide (median 30), strongest Add (70); "
        "1 cell without answers yet."
    )
    assert chart_sentence(FRAME.head(0), THRESHOLDS) == "Nobody has answered yet."


def test_numbers_with_nouns() -> None:
    """One has no s, and some nouns have a plural of their own."""
    assert (counted(1, "class", "classes"), counted(0, "class", "classes")) == ("1 class", "0 classes")
    assert (counted(1, "student"), counted(1200, "student")) == ("1 student", "1,200 students")
