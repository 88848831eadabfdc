"""What the score's model says of each student and concept: compiled, as a page's worth is scored at every answer.

What is said of one row is said here once: scores are computed row by row, and a fit asks for the columns of all rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from edukit.analytics.compiled import compiled
from edukit.analytics.prediction.recording import FEATURES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edukit.analytics.prediction.ability import Ability

    Floats = NDArray[np.float64]
    Places = NDArray[np.int64]

SIGNS: Final = {
    "skill_attempts": 0, "skill_wins": 1, "skill_fails": -1,
    "skill_residual_fast": 1, "skill_residual": 1, "skill_residual_all": 1, "skill_streak": 1,
    "skill_gap": -1, "skill_away": -1,
    "attempts": 0, "wins": 1, "fails": -1, "residual": 1, "residual_slow": 1, "residual_all": 1, "concepts": 0,
}  # fmt: skip
"""What the score hangs on, and the sign of its weight: answers as they are, forgetting never as learning."""
KNOTS: Final = 6
PRECISIONS: Final = 4
TAIL: Final = 1.6448536269514722  # the normal quantile that leaves 5% on either side
LOGISTIC: Final = np.pi / 8.0
"""MacKay (1992): E expit(x) of normal x is about expit(mean / sqrt(1 + variance * pi / 8))."""
_PLACES: Final = np.array([FEATURES.index(name) for name in SIGNS])
_EVIDENCE: Final = np.array([
    FEATURES.index(name)
    for name in ("skill_information", "skill_attempts", "information", "attempts", "skill_gap", "skill_away", "gap")
])  # fmt: skip
_SKILL_ATTEMPTS: Final = 1  # among the evidence
_STEADY: Final = 50.0
"""Attempts on a skill up to which each adds as much as the one before; their logarithm alone levels off too soon."""
_FIRST: Final = 3  # columns before those of the features in ``SIGNS``


def columns(item_logit: Floats, features: Floats) -> Floats:
    """What log-odds are linear in: the item's, whether the skill is new, the attempts on it, what is in ``SIGNS``.

    Args:
        item_logit: (n,) log-odds of the item among all students.
        features: (n, at least those of skill and student) from a history.
    """
    found = np.empty((len(features), _FIRST + len(SIGNS)))
    _fill_columns(item_logit, features[:, _PLACES], evidence_in(features), found)
    return found


def ramps(logit: Floats, knots: Floats) -> Floats:
    """Log-odds in pieces, one between each two knots and one at either end, which each rise by what it rises there."""
    found = np.empty((len(logit), len(knots) + 1))
    _fill_ramps(logit, knots, found)
    return found


def evidence_in(features: Floats) -> Floats:
    """The columns of features that how sure a score is hangs on, (n, 7)."""
    return np.ascontiguousarray(features[:, _EVIDENCE])


def precisions(spread: Floats, evidence: Floats) -> Floats:
    """What each kind of evidence adds, (4, n): that of the skill by information and attempts, then the student's.

    Args:
        spread: (8,) as :class:`edukit.analytics.prediction.ability.Ability` has it.
        evidence: (n, 7) as :func:`evidence_in` gives it.
    """
    found = np.empty((len(evidence), PRECISIONS))
    _fill_precisions(spread, evidence, found)
    return found.T


def scores(item_logit: Floats, features: Floats, model: Ability) -> Floats:
    """The probability (0-1) of a right answer, and the ends of its central 90% interval: (3, n).

    Args:
        item_logit: (n,) log-odds of the item among all students.
        features: (n, at least those of skill and student) from a history.
        model: by which.
    """
    found = np.empty((3, len(features)))
    answers, bends = ((one.intercept, one.weight) for one in (model.answers, model.bends))
    _fill_scores(item_logit, features, (_PLACES, _EVIDENCE), answers, model.knots, bends, model.spread, found)
    return found


@compiled
def _fill_columns(item_logit: Floats, told: Floats, evidence: Floats, out: Floats) -> None:
    for row in range(len(item_logit)):
        _column(item_logit[row], told[row], evidence[row], out[row])


@compiled
def _fill_ramps(logit: Floats, knots: Floats, out: Floats) -> None:
    for row in range(len(logit)):
        _ramp(logit[row], knots, out[row])


@compiled
def _fill_precisions(spread: Floats, evidence: Floats, out: Floats) -> None:
    for row in range(len(evidence)):
        _precision(spread, evidence[row], out[row])


@compiled
def _fill_scores(  # noqa: PLR0913, PLR0917 - compiled, positional
    item_logit: Floats,
    features: Floats,
    places: tuple[Places, Places],
    answers: tuple[float, Floats],
    knots: Floats,
    bends: tuple[float, Floats],
    spread: Floats,
    out: Floats,
) -> None:
    # Where features stand is an argument: what is compiled and kept would not notice that it has changed.
    column, ramp, precision = np.empty(len(answers[1])), np.empty(len(bends[1])), np.empty(PRECISIONS)
    for row in range(len(features)):
        evidence = features[row][places[1]]
        _column(item_logit[row], features[row][places[0]], evidence, column)
        _ramp(answers[0] + _dot(column, answers[1]), knots, ramp)
        logit = bends[0] + _dot(ramp, bends[1])
        _precision(spread, evidence, precision)
        variance = spread[0] + 1.0 / (1.0 / spread[1] + precision.sum())
        centre, half = logit * np.sqrt(1.0 + LOGISTIC * variance), TAIL * np.sqrt(variance)
        out[0, row] = _expit(logit)
        out[1, row] = min(_expit(centre - half), out[0, row])
        out[2, row] = max(_expit(centre + half), out[0, row])


@compiled
def _column(item_logit: float, told: Floats, evidence: Floats, out: Floats) -> None:
    out[0] = item_logit
    out[1] = 1.0 if evidence[_SKILL_ATTEMPTS] == 0.0 else 0.0
    out[2] = min(np.expm1(evidence[_SKILL_ATTEMPTS]), _STEADY)
    out[_FIRST:] = told


@compiled
def _ramp(logit: float, knots: Floats, out: Floats) -> None:
    out[0] = min(logit, knots[0])
    for piece in range(1, len(knots)):
        out[piece] = min(max(logit, knots[piece - 1]), knots[piece])
    out[len(knots)] = max(logit, knots[-1])


@compiled
def _precision(spread: Floats, evidence: Floats, out: Floats) -> None:
    # In the order of ``_EVIDENCE``, and of ``Ability.spread`` behind its first two.
    by_time, by_attempts = spread[6], spread[7]
    skill_gap, away, gap = evidence[4], evidence[5], evidence[6]
    kept = np.exp(-by_time * skill_gap - by_attempts * max(away, 0.0))
    kept_of_student = np.exp(-by_time * gap)
    out[0] = kept * spread[2] * evidence[0]
    out[1] = kept * spread[3] * np.expm1(evidence[1])
    out[2] = kept_of_student * spread[4] * evidence[2]
    out[3] = kept_of_student * spread[5] * np.expm1(evidence[3])


@compiled
def _dot(left: Floats, right: Floats) -> float:
    total = 0.0
    for place in range(len(left)):
        total += left[place] * right[place]
    return total


@compiled
def _expit(logit: float) -> float:
    return float(1.0 / (1.0 + np.exp(-logit)))
