"""Mastery: what a student's answers on a concept say of the next one.

The score is the mean of a Beta posterior over recency-weighted answers (Beta-Bernoulli with exponential
forgetting of evidence, as in West & Harrison, *Bayesian Forecasting and Dynamic Models*, 1997, ch. 14):
the latest answer weighs 1, the one before it ``DECAY``, and so on, on top of Jeffreys' prior. Twelve
right answers in a row reach 95.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import betaincinv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

DECAY = 0.95
PRIOR = (0.5, 0.5)
INTERVAL = 0.90
LEVELS = ("beginning", "developing", "proficient", "mastered")
_ORDERED = pd.CategoricalDtype([*LEVELS], ordered=True)


def concept_mastery(attempts: pd.DataFrame) -> pd.DataFrame:
    """One row for each student and concept that has attempts, in that order.

    Args:
        attempts: one row for each attempt and concept, in any order: ``student_id``, ``concept_id``,
            ``sequence`` (what orders a student's attempts), ``is_correct`` (bool),
            ``time_taken_seconds`` and ``confidence`` (NaN: unknown), ``attempted_at`` (NaT: unknown).

    Returns:
        ``student_id``, ``concept_id``, ``mastery_score``, ``mastery_low``, ``mastery_high`` (0-100; the
        last two bound the central 90%), ``total_attempts``, ``correct_attempts``, ``avg_time_seconds``,
        ``avg_confidence``, ``last_attempted_at``.
    """
    ordered = _in_order(attempts)
    groups = ordered.groupby(["student_id", "concept_id"], sort=False)
    later = groups.cumcount(ascending=False).to_numpy()
    correct = ordered["is_correct"].to_numpy(dtype=float)
    weight = DECAY**later
    ordered = ordered.assign(correct=correct, right=weight * correct, wrong=weight * (1.0 - correct))
    rows = (
        ordered.groupby(["student_id", "concept_id"], sort=False)
        .agg(
            right=("right", "sum"),
            wrong=("wrong", "sum"),
            total_attempts=("correct", "size"),
            correct_attempts=("correct", "sum"),
            avg_time_seconds=("time_taken_seconds", "mean"),
            avg_confidence=("confidence", "mean"),
            last_attempted_at=("attempted_at", "max"),
        )
        .reset_index()
    )
    score, low, high = posterior(rows.pop("right"), rows.pop("wrong"))
    rows.insert(2, "mastery_score", score)
    rows.insert(3, "mastery_low", low)
    rows.insert(4, "mastery_high", high)
    return rows.astype({"total_attempts": "int64", "correct_attempts": "int64"})


def evidence_path(attempts: pd.DataFrame) -> pd.DataFrame:
    """What the score rests on after each answer: right and wrong ones, those before counting less and less.

    Args:
        attempts: as :func:`concept_mastery` takes them.

    Returns:
        The rows by student, concept and order, with ``right`` and ``wrong`` as :func:`posterior` takes them, and
        ``answers`` and ``correct``, how many there were so far, and right ones among them.
    """
    ordered = _in_order(attempts)
    is_correct = ordered["is_correct"].astype("float64")
    groups = is_correct.groupby([ordered["student_id"], ordered["concept_id"]], sort=False)
    answers = groups.cumcount() + 1
    # What an exponentially weighted mean has in its denominator: the weights of so many answers.
    weight = (1.0 - DECAY**answers) / (1.0 - DECAY)
    right = groups.ewm(alpha=1.0 - DECAY).mean().to_numpy() * weight
    return ordered.assign(right=right, wrong=weight - right, answers=answers, correct=groups.cumsum().astype("int64"))


def mastery_level(score: ArrayLike, thresholds: Sequence[float]) -> pd.Categorical:
    """The level of each score (0-100); a missing score has none."""
    return pd.Categorical.from_codes(_level_of(score, thresholds), dtype=_ORDERED)


def with_levels(frame: pd.DataFrame, thresholds: Sequence[float]) -> pd.DataFrame:
    """The frame with the ``level`` of each ``mastery_score``, missing where there is none."""
    # A place of -1 is the last: what is missing.
    return frame.assign(
        level=pd.array([*LEVELS, None], dtype="str").take(_level_of(frame["mastery_score"], thresholds))
    )


def _level_of(score: ArrayLike, thresholds: Sequence[float]) -> NDArray[np.intp]:
    """The place of each score's level among ``LEVELS``; -1: it is missing."""
    scores = np.asarray(score, dtype=float)
    return np.where(np.isnan(scores), -1, np.searchsorted(thresholds, scores, side="right"))


def posterior(right: ArrayLike, wrong: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The score and the ends of its interval (0-100) of so many right and wrong answers, each by its weight."""
    alpha = PRIOR[0] + np.asarray(right, dtype=float)
    beta = PRIOR[1] + np.asarray(wrong, dtype=float)
    tail = (1.0 - INTERVAL) / 2.0
    return (
        100.0 * alpha / (alpha + beta),
        100.0 * betaincinv(alpha, beta, tail),
        100.0 * betaincinv(alpha, beta, 1.0 - tail),
    )


def _in_order(attempts: pd.DataFrame) -> pd.DataFrame:
    """Attempts by student, concept and order."""
    # Two answers of one moment: the right one counts as the earlier, so that the result never depends on row order.
    return attempts.sort_values(
        ["student_id", "concept_id", "sequence", "is_correct"], ascending=[True, True, True, False], ignore_index=True
    )
