"""Whether a new model may take the place of what serves: both predict students that neither has learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from edukit.analytics.prediction.calibration import auc, ece, rmse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from edukit.analytics.prediction.attempts import Attempts

HELD_OUT: Final = 0.2
"""Share of the students that no model ever learns from: a model would seem better to whom it has learned by heart."""
HELD_OUT_AT_MOST: Final = 2_000
MARGIN: Final = 0.005
"""Log loss (nats an answer) by which a new model may be worse than the one that serves; it must beat the baselines."""
SERVING: Final = "serving"
"""The name of the model that serves, among what the new one is held against."""
ONE_SIDED_95: Final = 1.6448536269514722
_FURTHEST = 1e-6  # from 0 and 1, that a probability is taken to be


@dataclass(frozen=True)
class Validation:
    """What a new model and what it is held against predicted of the same answers.

    Attributes:
        n_test: answers.
        students: whose they are.
        measures: of each by name, ``model`` first: ``auc``, ``rmse``, ``ece``, ``log_loss``; None: there is none.
        worse_by: the model's log loss less that of each other, its mean and the bound that it is below with 95%
            confidence, by students; of one student the bound is infinite.
    """

    n_test: int
    students: int
    measures: dict[str, dict[str, float | None]]
    worse_by: dict[str, tuple[float, float]]

    @property
    def failed(self) -> list[str]:
        """What it is not shown to be good enough beside: worse than what serves by the margin, or than a baseline."""
        return [
            name
            for name, (_, bound) in self.worse_by.items()
            if not (bound <= MARGIN if name == SERVING else bound < 0.0)
        ]

    def as_json(self) -> dict[str, Any]:
        """Sizes and measures, by name; a bound that there is none of is None."""
        worse = {name: {"mean": mean, "bound": _or_none(bound)} for name, (mean, bound) in self.worse_by.items()}
        return {
            "n_test": self.n_test,
            "students": self.students,
            "measures": self.measures,
            "worse_by": worse,
            "margin": MARGIN,
            "failed": self.failed,
        }


def held_out(students: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which students are for validation only: the same ones always, for the choice hangs on their ids alone.

    That the number is bounded lets some go over to the others as students join, and none come back.

    Args:
        students: (n,) ids of all who have answered.
    """
    place = _mixed(students)
    chosen = place < HELD_OUT
    if chosen.sum() > HELD_OUT_AT_MOST:
        chosen &= place <= np.partition(place[chosen], HELD_OUT_AT_MOST - 1)[HELD_OUT_AT_MOST - 1]
    return chosen


def sampled(students: NDArray[np.int64], attempts: NDArray[np.int64], *, most: int) -> NDArray[np.bool_]:
    """Which students a model learns from: of those not held out as many as have so many attempts together, at random.

    Args:
        students: (n,) ids of all who have answered.
        attempts: (n,) how many each has made.
        most: attempts that a fit has room for; one student's are taken in any case.
    """
    order = np.argsort(_mixed(students + 1), kind="stable")
    others = order[~held_out(students)[order]]
    before = np.cumsum(attempts[others]) - attempts[others]
    taken = others[before + attempts[others] <= most] if len(others) else others
    chosen = np.zeros(len(students), dtype=bool)
    chosen[taken if len(taken) else others[:1]] = True
    return chosen


def validate(test: Attempts, predictions: Mapping[str, NDArray[np.float64]]) -> Validation:
    """Hold a model's predictions against others' of the same answers.

    Args:
        test: (n,) answers of students whom none of them has learned from.
        predictions: (n,) probabilities (0-1) by name: first ``model``, then what it is held against.
    """
    losses = {name: _losses(test.is_correct, p_correct) for name, p_correct in predictions.items()}
    return Validation(
        len(test),
        len(test.students),
        {
            name: {
                "auc": _or_none(auc(test.is_correct, p_correct)),
                "rmse": _or_none(rmse(test.is_correct, p_correct)),
                "ece": _or_none(ece(test.is_correct, p_correct)),
                "log_loss": _or_none(float(np.mean(losses[name])) if len(test) else np.nan),
            }
            for name, p_correct in predictions.items()
        },
        {
            name: _mean_and_bound(losses["model"] - loss, test.student)
            for name, loss in losses.items()
            if name != "model"
        },
    )


def _losses(is_correct: NDArray[np.float64], p_correct: NDArray[np.float64]) -> NDArray[np.float64]:
    p_right = np.clip(p_correct, _FURTHEST, 1.0 - _FURTHEST)
    return -np.log(np.where(is_correct > 0.0, p_right, 1.0 - p_right))


def _mean_and_bound(difference: NDArray[np.float64], student: NDArray[np.int64]) -> tuple[float, float]:
    """The mean and its upper bound: answers of one student are not independent, so students are what varies.

    The linearised variance of a ratio of sums over clusters (Cochran, *Sampling Techniques*, 1977, ch. 6).
    """
    total, count = np.bincount(student, weights=difference), np.bincount(student)
    students = int((count > 0).sum())
    if students < 2:  # noqa: PLR2004 - of one there is no telling how others differ
        return float(np.mean(difference)) if len(difference) else 0.0, float("inf")
    mean = total.sum() / count.sum()
    spread = np.sum((total - mean * count) ** 2) * students / (students - 1)
    return float(mean), float(mean + ONE_SIDED_95 * np.sqrt(spread) / count.sum())


def _mixed(ids: NDArray[np.int64]) -> NDArray[np.float64]:
    """Each id as a number in [0, 1) that tells nothing of it: the finalizer of SplitMix64 (Steele et al. 2014)."""
    mixed = ids.astype(np.uint64)
    with np.errstate(over="ignore"):
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (mixed ^ (mixed >> np.uint64(31))).astype(float) / 2.0**64


def _or_none(value: float) -> float | None:
    return value if np.isfinite(value) else None
