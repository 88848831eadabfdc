"""Logistic regression whose weights may be told their sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import solve_triangular
from scipy.optimize import lsq_linear
from scipy.special import expit
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PENALTY = 10.0
"""Half of it times the squared weights (of columns scaled to a deviation of 1) is added to the log loss's sum."""
_STEPS, _HALVINGS = 100, 30
_ENOUGH = 1e-12  # of the loss, that a last step gains
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
    mean, scale = np.zeros(features.shape[1]), np.ones(features.shape[1])
    if len(features):
        mean, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > _CONSTANT, scale, 1.0)
    scaled = np.column_stack([np.ones(len(features)), (features - mean) / scale])
    low, high = np.array([_BOUNDS[sign] for sign in (0, *(signs or [0] * len(mean)))]).T
    penalties = np.append(0.0, np.full(len(mean), penalty))
    # One thread, as trees are grown by.
    with threadpool_limits(1, user_api="blas"):
        found = _climbed(scaled, is_correct, offset, penalties, (low, high))
    weight = found[1:] / scale
    return Logistic(float(found[0] - mean @ weight), weight)


def _climbed(
    columns: NDArray[np.float64],
    is_correct: NDArray[np.float64],
    offset: NDArray[np.float64] | float,
    penalties: NDArray[np.float64],
    bounds: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """The likeliest weights within bounds: by Newton's steps, each cut short until it leads up.

    A few passes over the columns do, where a climb by gradients alone takes hundreds.
    """

    def loss(weights: NDArray[np.float64], logit: NDArray[np.float64]) -> float:
        # One right and one wrong answer beside those that were given: the log-odds stay finite.
        prior = 2.0 * np.logaddexp(0.0, weights[0]) - weights[0]
        return float(np.sum(np.logaddexp(0.0, logit) - is_correct * logit) + prior + 0.5 * penalties @ weights**2)

    weights = np.zeros(columns.shape[1])
    logit = offset + columns @ weights
    least = loss(weights, logit)
    for _ in range(_STEPS):
        p_correct, prior = expit(logit), expit(weights[0])
        slope = (p_correct - is_correct) @ columns + penalties * weights
        slope[0] += 2.0 * prior - 1.0
        curvature = (columns * (p_correct * (1.0 - p_correct))[:, None]).T @ columns + np.diag(penalties)
        curvature[0, 0] += 2.0 * prior * (1.0 - prior)
        step = _lowest(curvature, slope, weights, bounds) - weights
        if -slope @ step <= _ENOUGH * (1.0 + least):
            return weights + step
        for halved in range(_HALVINGS):
            there = weights + step * 0.5**halved
            logit_there = offset + columns @ there
            if (reached := loss(there, logit_there)) < least:
                weights, logit, least = there, logit_there, reached
                break
        else:
            break
    return weights


def _lowest(
    curvature: NDArray[np.float64],
    slope: NDArray[np.float64],
    weights: NDArray[np.float64],
    bounds: tuple[NDArray[np.float64], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Where the parabola with this slope and curvature at the weights is lowest within bounds."""
    root = np.linalg.cholesky(curvature)
    target = root.T @ weights - solve_triangular(root, slope, lower=True)
    if np.isinf(bounds).all():
        return np.asarray(solve_triangular(root.T, target))
    return np.asarray(lsq_linear(root.T, target, bounds=bounds, method="bvls").x)


_BOUNDS = {1: (0.0, np.inf), -1: (-np.inf, 0.0), 0: (-np.inf, np.inf)}
