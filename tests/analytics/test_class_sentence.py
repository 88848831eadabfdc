"""A class in a sentence: each case in its words, and some words whatever the figures."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.class_sentence import class_sentence

SINCE = date(2026, 6, 22)
THRESHOLDS = (50.0, 80.0, 95.0)
MOMENT = pd.Timestamp("2026-06-25", tz="UTC")
NAMES = ("fractions", "dividing fractions", "decimals")


def grid(scores: list[list[float | None]], *, timed: bool = True) -> pd.DataFrame:
    """Students by concepts; intervals of ten points on both sides."""
    rows = [
        {"student_id": student, "student": f"S{student}", "concept_id": concept, "concept": NAMES[concept],
         "concept_order": concept, "mastery_score": np.nan if score is None else score}
        for student, row in enumerate(scores) for concept, score in enumerate(row)
    ]  # fmt: skip
    frame = pd.DataFrame(
        rows, columns=["student_id", "student", "concept_id", "concept", "concept_order", "mastery_score"]
    )
    return frame.assign(
        mastery_high=(frame["mastery_score"] + 10).clip(upper=100),
        total_attempts=5,
        last_attempted_at=pd.Series(MOMENT if timed else pd.NaT, index=frame.index, dtype="datetime64[us, UTC]"),
    )


def moved(*directions: str) -> pd.DataFrame:
    return pd.DataFrame({"direction": list(directions)}, dtype="str")


def said(frame: pd.DataFrame, *directions: str) -> str:
    return class_sentence("7B", frame, moved(*directions), THRESHOLDS, since=SINCE)


def test_the_sentence() -> None:
    """What most can do, what most need help on, and what has moved."""
    frame = grid([[90, 30, 60]] * 9 + [[85, 60, 30]] * 12 + [[40, 70, 70]] * 7)
    assert said(frame, *["rose"] * 14, *["fell"] * 3) == (
        "Most of 7B (21 of 28) are proficient in “fractions”; 12 need help on “decimals”, more than on any other "
        "concept; since Monday 22 June 14 scores rose and 3 scores fell."
    )


@pytest.mark.parametrize(
    ("scores", "beginning"),
    [
        ([], "Nobody in 7B has answered yet."),
        ([[None], [None]], "Nobody in 7B has answered yet."),
        ([[60]] * 3, "Nobody in 7B is proficient in anything yet; nobody surely needs help"),
        ([[85]] * 3, "All 3 in 7B are proficient in “fractions”; nobody surely needs help"),
        ([[85]], "The one student in 7B is proficient in “fractions”;"),
        ([[20]], "Nobody in 7B is proficient in anything yet; 1 needs help on “fractions”;"),
        ([[20, 20]], "Nobody in 7B is proficient in anything yet; 1 needs help on “fractions”;"),
        (
            [[85, 60], *[[60, 60]] * 3],
            "No more than 1 of 4 in 7B is proficient in any one concept, which is “fractions”",
        ),
        ([[85, 85], [85, 85]], "All 2 in 7B are proficient in “fractions”"),
    ],
)
def test_cases(scores: list[list[float | None]], beginning: str) -> None:
    """An empty class, one student, all right, all wrong, and ties by the curriculum's order."""
    assert said(grid(scores)).startswith(beginning)


def test_what_moved() -> None:
    """Only what there is is told; without times nothing is said of then."""
    frame = grid([[60]])
    assert said(frame).endswith("since Monday 22 June no score has moved beyond chance.")
    assert said(frame, "fell").endswith("since Monday 22 June 1 score fell.")
    assert "since" not in said(grid([[60]], timed=False))


@given(st.lists(st.lists(st.none() | st.floats(0, 100), min_size=2, max_size=2), max_size=6))
def test_any_class(scores: list[list[Any]]) -> None:
    """Whatever the figures, it is one sentence without a gap."""
    text = said(grid(scores))
    assert text[0].isupper()
    assert text.endswith(".")
    assert "nan" not in text.lower()
