"""Trees as arrays: what they say is what the library that grew them says."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from edukit.analytics.prediction.trees import Trees, grow, taken_from


@pytest.fixture
def answers() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    columns = rng.normal(size=(3_000, 6)).round(1)  # many ties with thresholds
    return columns, (rng.random(3_000) < 1.0 / (1.0 + np.exp(-columns[:, 0] * columns[:, 1]))).astype(float)


def test_the_arrays_say_what_scikit_learn_says(answers: tuple[np.ndarray, np.ndarray]) -> None:
    """Log-odds agree to 1e-9, on rows that were and were not seen."""
    columns, is_correct = answers
    grown = HistGradientBoostingClassifier(max_iter=40, early_stopping=False, random_state=0)
    grown.fit(columns, is_correct.astype(int))
    other = np.random.default_rng(6).normal(scale=3.0, size=(2_000, 6))
    for rows in (columns, other):
        np.testing.assert_allclose(taken_from(grown).logit(rows), grown.decision_function(rows), rtol=0, atol=1e-9)


def test_only_trees_that_help_others_are_kept(answers: tuple[np.ndarray, np.ndarray]) -> None:
    """Of trees grown on noise few are left, and the first ones stay as they are."""
    columns, is_correct = answers
    noise = np.random.default_rng(7).permutation(is_correct)
    trees = grow(columns, noise, seed=1, trees=60)
    kept = trees.shortened(columns, np.random.default_rng(8).permutation(is_correct))
    assert 1 <= len(kept.root) - 1 < 30
    nodes = kept.root[-1]
    np.testing.assert_array_equal(kept.value, trees.value[:nodes])
    assert isinstance(kept, Trees)
