"""Logistic regression whose weights may be told their sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PENALTY = 10.0
"""Half of it times the squared weights (of columns scaled to a deviation of 1) is added to the log loss's sum."""
_ITERATIONS = 200
_CONSTANT = 1e-9  # a deviation that is rounding


@dataclass(frozen=True)
class Logistic:
    """Log-odds that are linear in the columns.

    Attributes:
        intercept: of all columns at zero.
        weight: (columns,).
    """

    intercept: float
    weight: NDArray[np.float64]

    def logit(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds of a right answer for each row of (n, columns)."""
        return np.asarray(self.intercept + features @ self.weight)


def fit_logistic(
    features: NDArray[np.float64],
    is_correct: NDArray[np.float64],
    *,
    signs: Sequence[int] = (),
    penalty: float = PENALTY,
    offset: NDArray[np.float64] | float = 0.0,
) -> Logistic:
    """Fit by penalised maximum likelihood; with all answers alike, or none, it is finite all the same.

    Args:
        features: (n, columns), without NaN.
        is_correct: (n,) 0.0 or 1.0.
        signs: (columns,) 1: the weight is not below 0; -1: not above; 0: any. Empty: any.
        penalty: on the squares of weights.
        offset: (n,) log-odds to which these are added.
    """
    columns = features.shape[1]
    mean = features.mean(axis=0) if len(features) else np.zeros(columns)
    scale = features.std(axis=0) if len(features) else np.ones(columns)
    scale = np.where(scale > _CONSTANT, scale, 1.0)
    scaled = (features - mean) / scale

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logit = offset + weights[0] + scaled @ weights[1:]
        wrong = expit(logit) - is_correct
        # One right and one wrong answer beside those that were given: the log-odds stay finite.
        prior = expit(weights[0])
        value = np.sum(np.logaddexp(0.0, logit) - is_correct * logit) + 2.0 * np.logaddexp(0.0, weights[0]) - weights[0]
        slope = np.concatenate([[wrong.sum() + 2.0 * prior - 1.0], wrong @ scaled + penalty * weights[1:]])
        return float(value + 0.5 * penalty * np.sum(weights[1:] ** 2)), slope

    bounds = [(None, None)] + [_BOUNDS[sign] for sign in (signs or [0] * columns)]
    found = minimize(
        loss, np.zeros(columns + 1), jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": _ITERATIONS}
    ).x
    weight = found[1:] / scale
    return Logistic(float(found[0] - mean @ weight), weight)


_BOUNDS = {1: (0.0, None), -1: (None, 0.0), 0: (None, None)}
