"""Who needs help: only those whose answers are enough to say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.help import needs_help

if TYPE_CHECKING:
    from random import Random

THRESHOLDS = (50.0, 80.0, 95.0)
COLUMNS = [
    "student_id", "student", "concept_id", "concept_order", "mastery_score", "mastery_low", "mastery_high",
    "total_attempts",
]  # fmt: skip
SCORES = st.none() | st.lists(st.floats(0, 100), min_size=3, max_size=3).map(sorted)


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    """Students by concepts with any scores and intervals around them, some missing."""
    rows = []
    for student in range(draw(st.integers(0, 5))):
        for concept in range(draw(st.integers(0, 4))):
            low, score, high = draw(SCORES) or (None, None, None)
            rows.append((student, f"S{student}", concept, concept, score, low, high, draw(st.integers(0, 5))))
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(COLUMNS[4:7], "float64"))


@given(frames())
def test_who_is_named_and_who_is_not(frame: pd.DataFrame) -> None:
    """Exactly the rows below the first threshold with their interval below the second, from three answers on."""
    needs = needs_help(frame, THRESHOLDS)
    wanted = {
        (row.student_id, row.concept_id)
        for row in frame.itertuples()
        if row.mastery_score < 50 and row.mastery_high < 80 and row.total_attempts >= 3
    }
    assert set(zip(needs["student_id"], needs["concept_id"], strict=True)) == wanted
    assert len(needs) == len(wanted)


@given(frames())
def test_most_urgent_first(frame: pd.DataFrame) -> None:
    """Concepts stand together by how many need help, and the lowest score stands first within each."""
    needs = needs_help(frame, THRESHOLDS)
    assert needs["students_in_need"].is_monotonic_decreasing
    for _, rows in needs.groupby("concept_id", sort=False):
        assert rows["mastery_score"].is_monotonic_increasing
        assert (rows["students_in_need"] == len(rows)).all()
        assert rows.index.tolist() == list(range(rows.index[0], rows.index[0] + len(rows)))


@given(frames(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(frame: pd.DataFrame, random: Random) -> None:
    """The same rows in any order give the same answer."""
    places = list(range(len(frame)))
    random.shuffle(places)
    pd.testing.assert_frame_equal(needs_help(frame.iloc[places], THRESHOLDS), needs_help(frame, THRESHOLDS))


def test_few_answers_prove_little() -> None:
    """A low score with a wide interval names nobody, nor does a wrong answer or two, whatever the interval."""
    rows = [(1, "A", 7, 0, 33.0, 5.0, 85.0, 4), (2, "B", 7, 0, 20.0, 5.0, 41.0, 3), (3, "C", 7, 0, 20.0, 5.0, 41.0, 2)]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    assert needs_help(frame, THRESHOLDS)["student"].tolist() == ["B"]
