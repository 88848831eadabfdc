"""Marks beside a score: where it is unsure, and where it has changed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from edukit.analytics.mastery_marks import marked

THRESHOLDS = (50.0, 80.0, 95.0)


def row(score: float, low: float, high: float, answers: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"student_id": [1], "concept_id": [7], "mastery_score": score, "mastery_low": low, "mastery_high": high,
         "total_attempts": answers}
    )  # fmt: skip


@pytest.mark.parametrize(
    ("figures", "unsure"),
    [
        ((70, 60, 79, 9), False),
        ((70, 49, 80, 9), True),
        ((70, 49, 79, 9), False),
        ((70, 50, 90, 9), False),
        ((90, 85, 95, 2), True),
        ((np.nan, np.nan, np.nan, 0), False),
    ],
)
def test_unsure(figures: tuple[float, float, float, int], unsure: bool) -> None:  # noqa: FBT001
    """Few answers, or an interval from needing help to needing none; where there are no answers, nothing is marked."""
    assert marked(row(*figures), None, THRESHOLDS)["unsure"].tolist() == [unsure]


def test_changes_stand_beside_their_score() -> None:
    """A change is that of its student and concept; all other rows have none, in their order."""
    frame = pd.concat([row(70, 60, 79, 9), row(20, 10, 30, 9).assign(concept_id=8)], ignore_index=True)
    changes = pd.DataFrame({"student_id": [1], "concept_id": [8], "change": [-12.0]})
    assert marked(frame, changes, THRESHOLDS)["change"].fillna(0).tolist() == [0, -12]
    assert marked(frame, changes.head(0), THRESHOLDS)["change"].isna().all()
