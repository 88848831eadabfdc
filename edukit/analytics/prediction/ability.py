"""The score that is shown: how likely a right answer is on a concept's median item, and how sure that is.

The best prediction of the next answer uses much that a score must not hang on: which question came just before,
and patterns that a right answer can make look worse. The score is therefore a model of its own on fewer features,
additive in log-odds, whose weights have a sign: every feature that hangs on answers can only rise (or only fall)
when a wrong answer becomes a right one, and its weight is not below (above) zero. So the score never falls by it.

How far true log-odds lie from the score's is one variance, prior to evidence and drawn down by it. It is fitted to
pairs of a student's consecutive answers on a skill, both predicted from what was known before the first: beyond
the prediction they agree exactly as far as the students differ in what the prediction does not know. Evidence loses
weight with time and with attempts elsewhere, so that intervals widen again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit

from edukit.analytics.prediction.history import FEATURES
from edukit.analytics.prediction.logistic import Logistic, fit_logistic

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edukit.analytics.prediction.attempts import Attempts

SIGNS: Final = {
    "skill_attempts": 0, "skill_wins": 1, "skill_fails": -1,
    "skill_residual_fast": 1, "skill_residual": 1, "skill_residual_all": 1, "skill_streak": 1,
    "skill_gap": -1, "skill_away": -1,
    "attempts": 0, "wins": 1, "fails": -1, "residual": 1, "residual_slow": 1, "residual_all": 1, "concepts": 0,
}  # fmt: skip
"""What the score hangs on, and the sign of its weight: answers as they are, forgetting never as learning."""
_COLUMNS = [FEATURES.index(name) for name in SIGNS]
_EVIDENCE = [
    FEATURES.index(name)
    for name in ("skill_information", "skill_attempts", "information", "attempts", "skill_gap", "skill_away", "gap")
]

TAIL: Final = 1.6448536269514722  # the normal quantile that leaves 5% on either side
PAIRS: Final = 20_000
_LOGISTIC = np.pi / 8.0  # MacKay (1992): E expit(x) of normal x is about expit(mean / sqrt(1 + variance * pi / 8))
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(9)
_START = np.log([0.6, 0.3, 0.02, 0.02, 0.005, 0.06, 0.1])
_BOUNDS = [(-4.0, 2.0), (-6.0, 3.0), (-9.0, 1.0), (-9.0, 1.0), (-9.0, 0.0), (-3.0, 0.0), (-6.0, 0.0), (-1.0, 1.0)]


@dataclass(frozen=True)
class Ability:
    """The score's model.

    Attributes:
        answers: log-odds from the item's difficulty (first) and the features in ``SIGNS``.
        spread: (7,) variance of log-odds without evidence; precision that a skill's recent information, its
            attempts, the student's recent information and all attempts add; shares of the evidence's logarithm that
            are lost with the logarithm of minutes, and of attempts elsewhere.
    """

    answers: Logistic
    spread: NDArray[np.float64]

    def logit(self, item_logit: NDArray[np.float64], features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds of a right answer.

        Args:
            item_logit: (n,) log-odds of the item among all students.
            features: (n, at least those of skill and student) from a history.
        """
        return self.answers.logit(np.column_stack([item_logit, features[:, _COLUMNS]]))

    def variance(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """How far, in squared log-odds, the truth may lie from the score's; (n,)."""
        return _variance(self.spread, features[:, _EVIDENCE])

    def scored(
        self, item_logit: NDArray[np.float64], features: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Probabilities (0-1) of a right answer, and the ends of their central 90% intervals; arguments as above."""
        logit, variance = self.logit(item_logit, features), self.variance(features)
        centre, half = logit * np.sqrt(1.0 + _LOGISTIC * variance), TAIL * np.sqrt(variance)
        p_correct = expit(logit)
        return p_correct, np.minimum(expit(centre - half), p_correct), np.maximum(expit(centre + half), p_correct)


def fit_ability(
    attempts: Attempts, item_logit: NDArray[np.float64], features: NDArray[np.float64], rng: np.random.Generator
) -> Ability:
    """Fit the score's model to attempts.

    Args:
        attempts: coded, (n).
        item_logit: (n,) of the attempts' items, out of fold.
        features: (n, len(FEATURES)) of their replay.
        rng: draws the pairs of answers that the variance is fitted to.
    """
    columns = np.column_stack([item_logit, features[:, _COLUMNS]])
    answers = fit_logistic(columns, attempts.is_correct, signs=[1, *SIGNS.values()])
    first, second = _pairs(attempts, rng)
    logit = answers.logit(columns)
    # The second answer as it was predicted before the first: only the item is the second's.
    later = logit[first] + answers.weight[0] * (item_logit[second] - item_logit[first])
    is_correct = (attempts.is_correct[first], attempts.is_correct[second])
    return Ability(answers, _fit_spread(logit[first], later, is_correct, features[first][:, _EVIDENCE]))


def _pairs(attempts: Attempts, rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places of consecutive answers of a student on a skill, and of those after them."""
    pair = attempts.student * len(attempts.skills) + attempts.skill
    order = np.argsort(pair, kind="stable")
    first = np.flatnonzero(np.diff(pair[order]) == 0)
    chosen = np.sort(rng.permutation(len(first))[:PAIRS])
    return order[first[chosen]], order[first[chosen] + 1]


def _variance(spread: NDArray[np.float64], evidence: NDArray[np.float64]) -> NDArray[np.float64]:
    prior, recent, each, student_recent, student_each, by_time, by_attempts = spread
    skill_information, skill_attempts, information, attempts, skill_gap, away, gap = evidence.T
    kept = np.exp(-by_time * skill_gap - by_attempts * np.maximum(away, 0.0))
    of_skill = kept * (recent * skill_information + each * np.expm1(skill_attempts))
    of_student = np.exp(-by_time * gap) * (student_recent * information + student_each * np.expm1(attempts))
    return np.asarray(1.0 / (1.0 / prior + of_skill + of_student))


def _fit_spread(
    logit: NDArray[np.float64],
    later: NDArray[np.float64],
    is_correct: tuple[NDArray[np.float64], NDArray[np.float64]],
    evidence: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Maximise the likelihood of pairs of answers whose log-odds share one normal deviation."""
    signs = tuple(2.0 * answer - 1.0 for answer in is_correct)

    def loss(parameters: NDArray[np.float64]) -> float:
        variance = _variance(np.exp(parameters[:7]), evidence)
        stretch, deviation = np.sqrt(1.0 + _LOGISTIC * variance), np.sqrt(variance)
        # What was learnt between the two answers shifts the second.
        centres = (logit * stretch, (later + parameters[7]) * stretch)
        likelihood = np.zeros(len(logit))
        for node, weight in zip(_NODES, _WEIGHTS, strict=True):
            both = [log_expit(sign * (centre + node * deviation)) for sign, centre in zip(signs, centres, strict=True)]
            likelihood += weight * np.exp(both[0] + both[1])
        # Where there are few pairs the variance stays near where it starts.
        prior = 0.5 * np.sum((parameters[:7] - _START) ** 2) + 50.0 * parameters[7] ** 2
        return float((prior - np.sum(np.log(likelihood / _WEIGHTS.sum()))) / (len(logit) + 1.0))

    found = minimize(loss, np.append(_START, 0.0), method="L-BFGS-B", bounds=_BOUNDS, options={"maxiter": 40}).x
    return np.asarray(np.exp(found[:7]))
