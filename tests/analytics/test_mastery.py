"""Mastery: a posterior that means what it says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from edukit.analytics.mastery import DECAY, LEVELS, concept_mastery, mastery_level

ANSWERS = st.lists(st.booleans(), min_size=1, max_size=40)


def attempts(answers: list[bool], *, student: int = 1, concept: int = 1) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "student_id": student,
            "concept_id": concept,
            "sequence": range(len(answers)),
            "is_correct": answers,
            "time_taken_seconds": 2.0,
            "confidence": np.nan,
            "attempted_at": pd.Series(pd.NaT, index=range(len(answers)), dtype="datetime64[us, UTC]"),
        }
    )


def score(answers: list[bool]) -> float:
    return float(concept_mastery(attempts(answers))["mastery_score"].iloc[0])


def test_by_hand() -> None:
    """Right, wrong, right: weights DECAY squared, DECAY and 1 on the prior, quantiles by another library."""
    row = concept_mastery(attempts([True, False, True])).iloc[0]
    right, wrong = 1 + DECAY**2, DECAY
    assert row["mastery_score"] == pytest.approx(100 * (0.5 + right) / (1 + right + wrong))
    low, high = beta(0.5 + right, 0.5 + wrong).interval(0.90)
    assert (row["mastery_low"], row["mastery_high"]) == pytest.approx((100 * low, 100 * high))
    assert (row["total_attempts"], row["correct_attempts"], row["avg_time_seconds"]) == (3, 2, 2.0)


@given(ANSWERS)
def test_the_interval_holds_the_score(answers: list[bool]) -> None:
    """0 <= low <= score <= high <= 100 for every history."""
    row = concept_mastery(attempts(answers)).iloc[0]
    assert 0 <= row["mastery_low"] <= row["mastery_score"] <= row["mastery_high"] <= 100


@given(ANSWERS, st.data())
def test_a_right_answer_never_lowers(answers: list[bool], data: st.DataObject) -> None:
    """Turning any wrong answer into a right one raises the score."""
    index = data.draw(st.integers(0, len(answers) - 1))
    better, worse = list(answers), list(answers)
    better[index], worse[index] = True, False
    assert score(better) > score(worse)


@given(ANSWERS)
def test_one_slip_does_not_reset(answers: list[bool]) -> None:
    """A wrong answer after a long right run costs less than a quarter of the score."""
    assert score([*answers, *[True] * 20, False]) > 0.75 * score([*answers, *[True] * 20])


def test_twelve_right_answers_are_mastery() -> None:
    """The highest level can be reached, and not by luck: twelve right answers, not eleven."""
    assert score([True] * 11) < 95 <= score([True] * 12)


def test_recent_answers_count_more() -> None:
    """The same answers in rising order score higher than in falling order."""
    assert score([False, False, True, True]) > score([True, True, False, False])


def test_the_interval_narrows_with_evidence() -> None:
    """Twenty answers of one kind bound the score closer than two."""
    width = [
        float((row["mastery_high"] - row["mastery_low"]).iloc[0])
        for row in (concept_mastery(attempts([True] * count)) for count in (2, 20))
    ]
    assert width[1] < width[0]


@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(random: object) -> None:
    """Attempts are put in order by their sequence, students and concepts kept apart."""
    frame = pd.concat([attempts([True, False], student=2), attempts([False, True, True]), attempts([True], concept=2)])
    shuffled = frame.sample(frac=1, random_state=random.randrange(2**32))  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(concept_mastery(frame), concept_mastery(shuffled))


def test_no_attempts_no_rows() -> None:
    """The empty frame has the same columns."""
    empty = concept_mastery(attempts([True]).iloc[:0])
    assert empty.empty
    assert list(empty) == list(concept_mastery(attempts([True])))


def test_levels_begin_at_their_threshold() -> None:
    """A score of exactly a threshold has the higher level; a missing score has none."""
    levels = mastery_level([0, 49.9, 50, 80, 94.9, 95, 100, float("nan")], (50, 80, 95))
    wanted = [LEVELS[0], LEVELS[0], LEVELS[1], LEVELS[2], LEVELS[2], LEVELS[3], LEVELS[3]]
    assert list(levels)[:-1] == wanted
    assert pd.isna(levels[-1])
