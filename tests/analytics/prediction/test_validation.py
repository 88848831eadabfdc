"""A new model serves only where answers of students that none has learned from say that it may."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.prediction.attempts import Attempts
from edukit.analytics.prediction.validation import (
    HELD_OUT,
    HELD_OUT_AT_MOST,
    MARGIN,
    held_out,
    sampled,
    validate,
)


def answered(is_correct: list[float], student: list[int]) -> Attempts:
    """Attempts of which only who answered, and whether rightly, is of interest."""
    count = len(student)
    zeros = np.zeros(count, dtype=np.int64)
    students = np.arange(max(student, default=-1) + 1)
    none = np.full(count, np.nan)
    return Attempts(
        np.array(student, dtype=np.int64), zeros, zeros, np.array(is_correct, dtype=float), none, students, zeros[:1],
        [(1,)], np.arange(count),
    )  # fmt: skip


def test_a_fifth_is_held_out() -> None:
    """Whatever their ids are like, about a fifth of the students is for validation, and never too many."""
    for ids in (np.arange(5_000), np.arange(5_000) << 12, 10**15 + np.arange(5_000) * 7):
        assert held_out(ids).mean() == pytest.approx(HELD_OUT, abs=0.02)
    assert held_out(np.arange(50_000)).sum() == HELD_OUT_AT_MOST


@given(st.integers(0, 60_000), st.integers(0, 60_000))
def test_who_was_learned_from_is_never_held_out(before: int, joined: int) -> None:
    """As students join, nobody comes over to those who are held out."""
    ids = (np.arange(before + joined) * 1_000_003 + 17).astype(np.int64)
    assert not (held_out(ids)[:before] & ~held_out(ids[:before])).any()


def test_a_sample_has_room() -> None:
    """Nobody held out is learned from; all others are where there is room, and else so many that it is used."""
    ids, attempts = np.arange(1_000), np.full(1_000, 10)
    out = held_out(ids)
    np.testing.assert_array_equal(sampled(ids, attempts, most=10_000), ~out)
    some = sampled(ids, attempts, most=3_005)
    assert (int(some.sum()), (some & out).any()) == (300, False)
    assert sampled(ids, attempts, most=3).sum() == 1
    assert sampled(ids[:0], attempts[:0], most=3).sum() == 0


def test_a_better_model_holds() -> None:
    """One that is nearer to the answers of most students is good enough beside all, and its measures say how near."""
    rng = np.random.default_rng(2)
    student = np.repeat(np.arange(50), 20)
    p_true = rng.uniform(0.2, 0.9, 1_000)
    test = answered((rng.random(1_000) < p_true).astype(float).tolist(), student.tolist())
    found = validate(test, {"model": p_true, "serving": 0.5 * p_true + 0.25, "concept_mean": np.full(1_000, 0.55)})
    assert found.failed == []
    assert found.measures["model"]["auc"] == pytest.approx(found.measures["serving"]["auc"])
    assert (found.n_test, found.students) == (1_000, 50)
    assert all(mean < bound < 0.0 for mean, bound in found.worse_by.values())


def test_a_worse_or_unproven_model_does_not() -> None:
    """Worse by more than the margin is refused, as good as the one that serves is not; a baseline must be beaten."""
    rng = np.random.default_rng(2)
    student = np.repeat(np.arange(50), 20).tolist()
    p_true = rng.uniform(0.2, 0.9, 1_000)
    test = answered((rng.random(1_000) < p_true).astype(float).tolist(), student)
    blurred = 0.5 * p_true + 0.25
    assert validate(test, {"model": blurred, "serving": p_true}).failed == ["serving"]
    assert validate(test, {"model": p_true, "serving": p_true, "recency_mean": p_true}).failed == ["recency_mean"]


def test_few_students_prove_little() -> None:
    """The same gain is proven by many students and not by two, who may be alike by chance; by one nothing is."""
    right = [1.0, 1.0, 1.0, 0.0]
    better, rival = np.array([0.8, 0.7, 0.6, 0.45]), np.array([0.7, 0.7, 0.7, 0.4])
    many = validate(
        answered(right * 100, np.repeat(np.arange(100), 4).tolist()),
        {"model": np.tile(better, 100), "concept_mean": np.tile(rival, 100) - 0.05},
    )
    assert many.failed == []
    one = validate(answered(right, [0] * 4), {"model": better, "concept_mean": rival - 0.05})
    assert one.failed == ["concept_mean"]
    assert one.worse_by["concept_mean"][1] == np.inf


def test_nobody_held_out_proves_nothing() -> None:
    """Without any answer to predict the model is refused, and what has no value is told as none."""
    found = validate(answered([], []), {"model": np.empty(0), "concept_mean": np.empty(0)})
    assert found.failed == ["concept_mean"]
    assert found.as_json()["measures"]["model"] == dict.fromkeys(("auc", "rmse", "ece", "log_loss"))
    assert found.as_json()["margin"] == MARGIN
