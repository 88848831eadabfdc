"""The backtest: each student is predicted once, by a model that has not seen them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from edukit.analytics.prediction.attempts import Attempts, coded
from edukit.analytics.prediction.backtest import (
    BASELINES,
    PRIOR_ANSWERS,
    RECENCY,
    backtest,
    by_student,
    concept_mean,
    recency_mean,
)

if TYPE_CHECKING:
    from conftest import School


def said(stage: str, share: float) -> None:
    assert stage
    assert 0.0 <= share < 1.0


def test_every_student_is_predicted_once(school: School) -> None:
    """Folds part the students: no student is on both sides, and all attempts are predicted."""
    attempts = school.attempts
    rows = []
    for train, test in by_student(attempts, seed=3, folds=4):
        assert not set(train.students) & set(test.students)
        assert len(train) + len(test) == len(attempts)
        rows.append(test.rows)
    assert sorted(np.concatenate(rows).tolist()) == list(range(len(attempts)))


def test_the_model_beats_the_baselines(school: School) -> None:
    """In the same run: the summary has its promised form, and the model ranks answers best."""
    splits = list(by_student(school.attempts, seed=3, folds=2))
    clock = iter(range(100))
    found = backtest(splits, baselines=BASELINES, seed=1, seconds=lambda: next(clock), progress=said, total=2)
    summary = found.summary()
    assert set(summary) == {"n_train", "n_test", "model", "baselines"}
    assert set(summary["model"]) == {"name", "auc", "rmse", "ece", "fit_seconds"}
    assert summary["n_test"] == len(school.frame)
    assert summary["model"]["fit_seconds"] == 1.0
    for name in ("concept_mean", "recency_mean"):
        assert summary["model"]["auc"] > summary["baselines"][name]["auc"]
        assert summary["model"]["rmse"] < summary["baselines"][name]["rmse"]
    assert found.reliability()["attempts"].sum() == summary["n_test"]
    halves = found.by(pd.Series(np.arange(len(found.predictions)) % 2, name="half"))
    assert halves["attempts"].sum() == summary["n_test"]


def test_a_measure_that_does_not_exist_is_none(school: School) -> None:
    """Where all answers are right there is no AUC, and the rest is a number."""
    attempts = coded(school.frame.head(200).assign(is_correct=1.0))
    summary = backtest(
        by_student(attempts, seed=1, folds=2), baselines={}, seed=1, seconds=lambda: 0.0, progress=said, total=2
    ).summary()
    assert summary["model"]["auc"] is None
    assert summary["model"]["rmse"] < 0.2


def made(answers: list[float]) -> Attempts:
    count = len(answers)
    columns = {"student_id": "s", "item_id": "i", "concept_ids": "k", "is_correct": answers, "at": np.nan}
    return coded(pd.DataFrame(columns, index=range(count)))


def test_baselines_are_what_they_say() -> None:
    """The concept's mean, and the student's own answers weighed by age, each by its formula."""
    answers = [1.0, 0.0, 0.0, 1.0, 1.0]
    attempts = made(answers)
    mean = concept_mean(attempts, attempts)
    assert mean == pytest.approx(np.full(5, 3.6 / 6.0))
    expected = []
    for place in range(5):
        weights = RECENCY ** np.arange(place)[::-1]
        right = float(weights @ np.array(answers[:place]))
        expected.append((right + PRIOR_ANSWERS * mean[0]) / (weights.sum() + PRIOR_ANSWERS))
    assert recency_mean(attempts, attempts) == pytest.approx(expected)


def test_recency_of_very_many_answers_is_a_number() -> None:
    """Weights of thousands of answers do not overflow."""
    attempts = made([1.0, 0.0] * 20_000)
    assert np.isfinite(recency_mean(attempts, attempts)).all()
