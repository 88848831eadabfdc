"""The score that is shown: how likely a right answer is on a concept's median item, and how sure that is.

The best prediction of the next answer uses much that a score must not hang on: which question came just before,
and patterns that a right answer can make look worse. The score is therefore a model of its own on fewer features,
additive in log-odds, whose weights have a sign: every feature that hangs on answers can only rise (or only fall)
when a wrong answer becomes a right one, and its weight is not below (above) zero. So the score never falls by it.
What the features say together is bent by rising pieces until it is calibrated.

How far true log-odds lie from the score's is one variance, prior to evidence and drawn down by it. It is fitted to
runs of a student's consecutive answers on a skill, all predicted from what was known before the first: beyond the
prediction they agree exactly as far as students differ in what the prediction does not know. Evidence loses
weight with time and with attempts elsewhere, so that intervals widen again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import minimize

from edukit.analytics.compiled import compiled
from edukit.analytics.prediction.ability_scoring import (
    KNOTS,
    LOGISTIC,
    SIGNS,
    columns,
    evidence_in,
    precisions,
    ramps,
    scores,
)
from edukit.analytics.prediction.logistic import Logistic, fit_logistic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edukit.analytics.prediction.attempts import Attempts

RUNS: Final = 20_000
RUN: Final = 5
"""Runs of consecutive answers that the variance is fitted to at most, and their length."""
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(7)
_WEIGHTS /= _WEIGHTS.sum()
_START = np.log([0.02, 0.6, 0.3, 0.02, 0.02, 0.005, 0.06, 0.1])
_BOUNDS = [  # of their logarithms; last, of what is learnt from one answer to the next
    (-7.0, 1.0),
    (-4.0, 2.0),
    (-6.0, 3.0),
    (-9.0, 1.0),
    (-9.0, 1.0),
    (-9.0, 0.0),
    (-3.0, 0.0),
    (-6.0, 0.0),
    (-1.0, 1.0),
]


@dataclass(frozen=True)
class Ability:
    """The score's model.

    Attributes:
        answers: log-odds from the item's difficulty, whether the skill is new, the attempts on it, and the features
            in ``SIGNS``.
        knots: (KNOTS,) log-odds between which what those say is bent,
        bends: by slopes that are not below zero.
        spread: (8,) variance of log-odds that no evidence draws down, and the rest of it without any; precision that
            a skill's recent information, its attempts, the student's recent information and all attempts add; rates
            at which evidence is lost with the logarithm of minutes, and of attempts elsewhere.
    """

    answers: Logistic
    knots: NDArray[np.float64]
    bends: Logistic
    spread: NDArray[np.float64]

    def later(self, item_logit: NDArray[np.float64], features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds of right answers to several items, none of which was answered: (n, items) of each student.

        Args:
            item_logit: (n, items) log-odds of the items among all students.
            features: (n, at least those of skill and student) from a history.
        """
        first = self.answers.logit(columns(item_logit[:, 0], features))[:, None]
        logit = first + self.answers.weight[0] * (item_logit - item_logit[:, :1])
        return self.bends.logit(ramps(logit.ravel(), self.knots)).reshape(logit.shape)

    def scored(self, item_logit: NDArray[np.float64], features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities (0-1) of a right answer to one item each, and the ends of their central 90% intervals: (3, n).

        Args:
            item_logit: (n,).
            features: as above.
        """
        return scores(item_logit, features, self)


def fit_ability(
    attempts: Attempts, item_logit: NDArray[np.float64], features: NDArray[np.float64], rng: np.random.Generator
) -> Ability:
    """Fit the score's model to attempts.

    Args:
        attempts: coded, (n).
        item_logit: (n,) of the attempts' items, out of fold.
        features: (n, len(FEATURES)) of their replay.
        rng: draws the runs of answers that the variance is fitted to.
    """
    told = columns(item_logit, features)
    answers = fit_logistic(told, attempts.is_correct, signs=[1, 0, 0, *SIGNS.values()])
    logit = answers.logit(told)
    knots = np.quantile(logit, np.linspace(0.05, 0.95, KNOTS)) if len(logit) else np.zeros(KNOTS)
    bends = fit_logistic(ramps(logit, knots), attempts.is_correct, signs=[1] * (KNOTS + 1), penalty=1.0)
    places = _runs(attempts, rng)
    start, there = places[:, 0], places >= 0
    sign = np.where(there, 2.0 * attempts.is_correct[places] - 1.0, 0.0)
    bent = Ability(answers, knots, bends, np.exp(_START))
    # All answers of a run as they were predicted before the first: only the items are their own.
    predicted = bent.later(item_logit[places], features[start])
    return replace(bent, spread=_fit_spread(predicted, sign, evidence_in(features[start])))


def _runs(attempts: Attempts, rng: np.random.Generator) -> NDArray[np.int64]:
    """Places of answers and of those after them by the student on the skill, (runs, RUN); -1: there are no more."""
    pair = attempts.student * len(attempts.skills) + attempts.skill
    order = np.append(np.argsort(pair, kind="stable"), -1)
    ordered = np.append(pair[order[:-1]], -1)
    places = np.sort(rng.permutation(len(attempts))[:RUNS])[:, None] + np.arange(RUN)
    places = np.minimum(places, len(attempts))
    return np.where(ordered[places] == ordered[places[:, :1]], order[places], -1)


def _variance_and_slopes(
    spread: NDArray[np.float64], evidence: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The variance, (n,), and its slopes along the logarithms of the parameters, (8, n)."""
    floor, prior, *_, by_time, by_attempts = spread
    *_, skill_gap, away, gap = evidence.T
    parts = precisions(spread, evidence)
    of_skill, of_student = parts[:2].sum(axis=0), parts[2:].sum(axis=0)
    drawn = 1.0 / (1.0 / prior + of_skill + of_student)
    lost = [
        by_time * (skill_gap * of_skill + gap * of_student),
        by_attempts * np.maximum(away, 0.0) * of_skill,
    ]
    slopes = np.square(drawn) * np.stack([np.full(len(drawn), 1.0 / prior), *-parts, *lost])
    return floor + drawn, np.vstack([np.full(len(drawn), floor), slopes])


def _fit_spread(
    predicted: NDArray[np.float64], sign: NDArray[np.float64], evidence: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Maximise the likelihood of runs of answers whose log-odds share one normal deviation."""

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        variance, slopes = _variance_and_slopes(np.exp(parameters[:8]), evidence)
        along = np.empty((2, len(predicted)))
        likelihood = _log_likelihood(predicted, sign, variance, parameters[8], _NODES, _WEIGHTS, along)
        # Where there are few runs the variance stays near where it starts.
        away = np.append(parameters[:8] - _START, 100.0 * parameters[8])
        prior = 0.5 * np.sum(away[:8] ** 2) + 50.0 * parameters[8] ** 2
        slope = away - np.append(slopes @ along[0], along[1].sum())
        return float((prior - likelihood) / (len(predicted) + 1.0)), slope / (len(predicted) + 1.0)

    start = np.append(_START, 0.0)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=_BOUNDS, options={"maxiter": 40}).x
    return np.asarray(np.exp(found[:8]))


@compiled
def _log_likelihood(predicted, sign, variance, learning, nodes, weights, along):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0913, PLR0917
    """Of all runs; what is learnt from one answer to the next shifts the log-odds by ``learning``.

    Its slopes along each run's variance and along what is learnt are written to ``along``, (2, runs).
    """
    total = 0.0
    for run in range(len(predicted)):
        stretch, deviation = np.sqrt(1.0 + LOGISTIC * variance[run]), np.sqrt(variance[run])
        likelihood, by_variance, by_learning = 0.0, 0.0, 0.0
        for node in range(len(nodes)):
            product, along_variance, along_learning = weights[node], 0.0, 0.0
            for step in range(predicted.shape[1]):
                if sign[run, step] != 0.0:
                    centre = predicted[run, step] + learning * step
                    p_seen = 1.0 / (1.0 + np.exp(-sign[run, step] * (centre * stretch + nodes[node] * deviation)))
                    product *= p_seen
                    surprise = sign[run, step] * (1.0 - p_seen)
                    along_variance += 0.5 * surprise * (centre * LOGISTIC / stretch + nodes[node] / deviation)
                    along_learning += surprise * step * stretch
            likelihood += product
            by_variance += product * along_variance
            by_learning += product * along_learning
        along[0, run], along[1, run] = by_variance / likelihood, by_learning / likelihood
        total += np.log(likelihood)
    return total
