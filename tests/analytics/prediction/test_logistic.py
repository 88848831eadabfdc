"""Logistic regression with signs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from edukit.analytics.prediction.logistic import fit_logistic


def test_weights_are_found_and_signs_kept() -> None:
    """The truth comes back; a weight that is told to be positive is never below zero."""
    rng = np.random.default_rng(1)
    columns = rng.normal(size=(40_000, 2)) * [1.0, 50.0]
    is_correct = (rng.random(40_000) < expit(0.3 + columns @ [1.2, -0.02])).astype(float)
    free = fit_logistic(columns, is_correct)
    np.testing.assert_allclose([free.intercept, *free.weight], [0.3, 1.2, -0.02], atol=0.05)
    told = fit_logistic(columns, is_correct, signs=[1, 1])
    assert told.weight[1] == 0.0


@pytest.mark.parametrize("answers", [[], [1.0], [0.0] * 50, [1.0] * 50])
def test_answers_that_are_all_alike_give_finite_odds(answers: list[float]) -> None:
    """None, one, all right, all wrong: the log-odds are numbers, and lean where the answers do."""
    columns = np.ones((len(answers), 3))
    found = fit_logistic(columns, np.array(answers))
    logit = found.logit(np.ones((1, 3)))[0]
    assert np.isfinite(logit)
    assert np.sign(logit) == (np.sign(np.mean(answers) - 0.5) if answers else 0.0)


@pytest.mark.parametrize("signs", [[], [1, -1, 0, 1, 0]])
def test_nothing_near_is_likelier(signs: list[int]) -> None:
    """At the weights that are found the slope is nothing, but where a sign keeps a weight from going on."""
    rng = np.random.default_rng(3)
    columns = rng.normal(size=(3_000, 5)) @ rng.normal(size=(5, 5))
    is_correct = (rng.random(3_000) < expit(1.0 + columns @ [2.0, 1.0, -0.5, -1.0, 0.0])).astype(float)
    offset = rng.normal(size=3_000)
    found = fit_logistic(columns, is_correct, signs=signs, penalty=3.0, offset=offset)
    scale = columns.std(axis=0)
    wrong = expit(offset + found.logit(columns)) - is_correct
    slope = wrong @ ((columns - columns.mean(axis=0)) / scale) + 3.0 * found.weight * scale
    kept = (found.weight == 0.0) & (np.array(signs or [0] * 5) * slope > 0.0)
    np.testing.assert_allclose(slope[~kept], 0.0, atol=1e-4)
    assert kept.any() == bool(signs)
