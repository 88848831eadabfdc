"""Measures of probabilities, against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from edukit.analytics.prediction.calibration import auc, ece, reliability, rmse


def test_auc_is_that_of_scikit_learn() -> None:
    """Ties count half."""
    rng = np.random.default_rng(3)
    p_correct = rng.random(500).round(1)
    is_correct = (rng.random(500) < p_correct).astype(float)
    assert auc(is_correct, p_correct) == pytest.approx(roc_auc_score(is_correct, p_correct))


def test_measures_of_answers_all_alike_and_of_none() -> None:
    """AUC does not exist; the others do, unless there is nothing."""
    ones, half = np.ones(4), np.full(4, 0.5)
    assert np.isnan(auc(ones, half))
    assert (rmse(ones, half), ece(ones, half)) == (0.5, 0.5)
    assert np.isnan([auc(ones[:0], half[:0]), rmse(ones[:0], half[:0]), ece(ones[:0], half[:0])]).all()


def test_the_curve_compares_what_was_predicted_with_what_happened() -> None:
    """Bins of equal width, without empty ones; a probability of 1 is in the last."""
    curve = reliability(np.array([0.0, 1.0, 1.0, 0.0]), np.array([0.1, 0.1, 1.0, 1.0]), bins=4)
    assert curve["p_from"].tolist() == [0.0, 0.75]
    assert curve["attempts"].tolist() == [2, 2]
    assert curve["is_correct"].tolist() == [0.5, 0.5]
    assert ece(np.array([0.0, 1.0, 1.0, 0.0]), np.array([0.1, 0.1, 1.0, 1.0]), bins=4) == pytest.approx(0.45)
