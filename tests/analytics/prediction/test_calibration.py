"""Measures of probabilities, against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import roc_auc_score

from edukit.analytics.prediction.calibration import (
    auc,
    calibration_columns,
    ece,
    fit_calibration,
    log_loss,
    reliability,
    rmse,
)
from edukit.analytics.prediction.logistic import fit_logistic


def answered(
    rng: np.random.Generator, *, students: int, each: int = 100, off: float = 0.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log-odds that a model gives, answers, and whose they are: each student is better or worse than it says.

    Together they are as it says where ``off`` is 0, and as much higher in log-odds as it is.
    """
    student = np.repeat(np.arange(students), each)
    logit = rng.uniform(-1.5, 1.5, len(student))
    p_correct = expit(logit + off) + rng.choice([-0.12, 0.12], students)[student]
    return logit, (rng.random(len(student)) < p_correct).astype(float), student


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


def test_shares_lie_as_far_off_by_chance_as_is_told() -> None:
    """Of answers that come as they are predicted, shares spread around the predictions by the standard error."""
    rng = np.random.default_rng(5)
    p_correct = rng.random(3000)
    curves = [reliability((rng.random(3000) < p_correct).astype(float), p_correct) for _ in range(400)]
    off = np.array([(curve["is_correct"] - curve["p_correct"]) / curve["standard_error"] for curve in curves])
    np.testing.assert_allclose(off.std(axis=0), 1, atol=0.15)
    assert np.isfinite(off).all()


def test_a_model_that_is_right_is_left_nearly_as_it_is() -> None:
    """Where a correction is chance alone, less than half of its harm is taken over, on average of 200 classes."""
    rng = np.random.default_rng(4)
    grid = np.linspace(-1.5, 1.5, 301)
    harm = {"whole": 0.0, "taken": 0.0}
    for _ in range(200):
        logit, is_correct, student = answered(rng, students=40)
        taken = fit_calibration(logit, is_correct, student)
        whole = fit_logistic(calibration_columns(logit), is_correct, offset=logit)
        for name, added in (("whole", whole), ("taken", taken)):
            harm[name] += log_loss(expit(grid), grid + added.logit(calibration_columns(grid))) - log_loss(
                expit(grid), grid
            )
    assert 0 < harm["taken"] < 0.5 * harm["whole"]


def test_a_model_that_is_off_is_mended() -> None:
    """Of many students the correction is taken nearly whole; their log-odds come out as they are."""
    logit, is_correct, student = answered(np.random.default_rng(5), students=1000, off=0.4)
    added = fit_calibration(logit, is_correct, student).logit(calibration_columns(logit))
    np.testing.assert_allclose(added, 0.4, atol=0.12)


def test_students_count_and_not_their_answers() -> None:
    """The same answers twenty times over are no surer sign: as much of the correction is taken as of them once."""
    logit, is_correct, student = answered(np.random.default_rng(6), students=30, off=0.15)
    shares = []
    for times in (1, 20):
        many = [np.tile(each, times) for each in (logit, is_correct, student)]
        whole = fit_logistic(calibration_columns(many[0]), many[1], offset=many[0])
        shares.append(fit_calibration(*many).weight / whole.weight)
    assert 0.1 < shares[0][0] < 0.9
    np.testing.assert_allclose(shares[1], shares[0], rtol=1e-6)


@pytest.mark.parametrize("students", [1, 4])
def test_too_few_students_tell_nothing(students: int) -> None:
    """Of no more students than a correction has dimensions nothing is taken, however many their answers are."""
    found = fit_calibration(*answered(np.random.default_rng(7), students=students, off=1.0))
    assert (found.intercept, found.weight.tolist()) == (0.0, [0.0] * 3)


def test_log_odds_all_alike() -> None:
    """Columns that are one another's multiples make no correction that is not finite."""
    logit, is_correct, student = answered(np.random.default_rng(8), students=50, off=1.0)
    found = fit_calibration(np.zeros_like(logit), is_correct, student)
    assert np.isfinite([found.intercept, *found.weight]).all()
