"""The model that predicts the next answer: fitted once, applied to any students, stored as JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
from scipy.special import expit

from edukit.analytics.prediction.ability import Ability, fit_ability
from edukit.analytics.prediction.attempts import members
from edukit.analytics.prediction.calibration import calibration_columns, fit_calibration, log_loss
from edukit.analytics.prediction.history import States, last_states, replay
from edukit.analytics.prediction.logistic import Logistic, fit_logistic
from edukit.analytics.prediction.recording import SKILL_FEATURES, STUDENT_FEATURES, describe_states
from edukit.analytics.prediction.tables import (
    CountTable,
    counted,
    keyed,
    logit_of,
    rate_features,
    rates,
)
from edukit.analytics.prediction.trees import Trees, grow

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

    from edukit.analytics.prediction.attempts import Attempts
    from edukit.analytics.prediction.tables import Counts

FOLDS: Final = 10
"""By student: rates are learned on the others."""
DECIDING: Final = 2
"""The first of the folds decide between models and calibrate."""
LEARNED_FROM: Final = 250_000
"""Attempts that models learn from, of students drawn at random where there are more; the tables count them all."""
LEAST_DECIDING: Final = 300
"""Attempts in the deciding folds below which nothing can be decided: the logistic model it is, on all attempts."""


@dataclass(frozen=True)
class MasteryModel:
    """What predicts answers and scores mastery.

    Attributes:
        overall: share of right answers (0-1).
        items, skills: names that the tables know, one a code.
        tables: counts by item, skill and pieces of history.
        chosen: the model that predicted the deciding students better.
        calibration: log-odds that are added to its own.
        ability: the score's model.
        median_logit: (number of skills,) log-odds of each skill's median item.
        losses: log loss of each kind of model on the deciding students; empty when there was nothing to decide.
    """

    overall: float
    items: NDArray[Any]
    skills: list[tuple[Hashable, ...]]
    tables: dict[str, CountTable]
    chosen: Logistic | Trees
    calibration: Logistic
    ability: Ability
    median_logit: NDArray[np.float64]
    losses: dict[str, float]

    @property
    def name(self) -> str:
        """The kind of model: ``boosted`` or ``logistic``."""
        return "boosted" if isinstance(self.chosen, Trees) else "logistic"

    def replay(self, attempts: Attempts) -> tuple[NDArray[np.float64], NDArray[np.int64], States]:
        """Features, keys and the last states of attempts that were coded with this model's ``items`` and ``skills``."""
        return replay(attempts, self.difficulty(attempts), items=len(self.items), skills=len(self.skills))

    def last_states(self, attempts: Attempts) -> States:
        """The last states alone, to the bit as :meth:`replay` gives them, and sooner."""
        return last_states(attempts, self.difficulty(attempts), items=len(self.items), skills=len(self.skills))

    def difficulty(self, attempts: Attempts) -> NDArray[np.float64]:
        """How often each attempt's item and its skill are answered right by all (0-1); (n, 2)."""
        by_code = {"skill": self.tables["skill"].of(attempts.skill), "item": self.tables["item"].of(attempts.item)}
        return _difficulty(by_code, self.overall)

    def predict(self, attempts: Attempts) -> NDArray[np.float64]:
        """Probability (0-1) that each attempt is right, from its student's earlier ones; (n,).

        Args:
            attempts: coded with this model's ``items`` and ``skills``; students need not be known.
        """
        features, keys, _ = self.replay(attempts)
        counts = {"skill": self.tables["skill"].of(attempts.skill), "item": self.tables["item"].of(attempts.item)}
        counts |= {name: self.tables[name].of(column) for name, column in keyed(keys).items()}
        logit = self.chosen.logit(np.column_stack([rate_features(counts, self.overall), features]))
        return np.asarray(expit(logit + self.calibration.logit(calibration_columns(logit))))

    def mastery(self, states: States, *, at: float) -> pd.DataFrame:
        """The score of each student and concept that has attempts.

        Args:
            states: of a replay by this model.
            at: moment of it in seconds, as attempts have them; NaN: right after the last attempt.

        Returns:
            ``student`` and ``skill`` (codes), ``mastery_score``, ``mastery_low``, ``mastery_high`` (0-100; the last
            two bound the central 90%), ``total_attempts``, ``correct_attempts``, ``last_at`` (seconds; NaN: unknown).
        """
        keep = states.is_concept
        pairs = (states.skills[keep], states.pair_student[keep], states.pair_skill[keep], states.is_concept[keep])
        return self.score(States(states.students, *pairs), at=at)

    def score(self, states: States, *, at: float) -> pd.DataFrame:
        """The score of every pair in ``states``, whether it has attempts or not; otherwise as :meth:`mastery`."""
        p_correct, low, high = self.scored(states, at=at)
        attempts = states.skills["attempts"]
        return pd.DataFrame(
            {
                "student": states.pair_student,
                "skill": states.pair_skill,
                "mastery_score": p_correct,
                "mastery_low": low,
                "mastery_high": high,
                "total_attempts": attempts.astype(np.int64),
                "correct_attempts": states.skills["wins"].astype(np.int64),
                "last_at": np.where(attempts > 0, states.skills["last_at"], np.nan),
            }
        )

    def scored(self, states: States, *, at: float) -> NDArray[np.float64]:
        """The scores of all pairs in ``states`` and the ends of their intervals (0-100), without a frame's cost."""
        features = np.empty((len(states.skills), len(SKILL_FEATURES) + len(STUDENT_FEATURES)))
        describe_states(states.pair_student, states.students, states.skills, at, features)
        # The last one is for concepts that are new to the model.
        medians = np.append(self.median_logit, logit_of(np.array(self.overall)))
        median = medians[np.minimum(states.pair_skill, len(medians) - 1)]
        return 100.0 * self.ability.scored(median, features)


def fit_model(attempts: Attempts, *, rng: np.random.Generator) -> MasteryModel:
    """Fit a model; every choice is made by students whose answers the models to choose from have not seen.

    Args:
        attempts: coded; may be few, or none.
        rng: draws the folds and what the trees look at.
    """
    is_correct = attempts.is_correct
    overall = float((is_correct.sum() + 1.0) / (len(attempts) + 2.0))
    drawn = rng.permutation(len(attempts.students))
    fold = (drawn % FOLDS)[attempts.student]
    tables, counts = {}, {}
    for name, codes in (("skill", attempts.skill), ("item", attempts.item)):
        tables[name], counts[name] = counted(codes, is_correct, fold)
    difficulty = _difficulty(counts, overall)
    features, keys, _ = replay(attempts, difficulty, items=len(attempts.items), skills=len(attempts.skills))
    for name, column in keyed(keys).items():
        tables[name], counts[name] = counted(column, is_correct, fold)
    chosen = _learned_from(attempts, drawn)
    some, rows = attempts.of_students(chosen), np.flatnonzero(chosen[attempts.student])
    features = features[rows]
    of_some = {name: (right[rows], count[rows]) for name, (right, count) in counts.items()}
    columns = np.column_stack([rate_features(of_some, overall), features])
    best, calibration, losses = _choose(columns, some.is_correct, some.student, deciding=fold[rows] < DECIDING, rng=rng)
    return MasteryModel(
        overall,
        attempts.items,
        attempts.skills,
        tables,
        best,
        calibration,
        fit_ability(some, logit_of(difficulty[rows, 0]), features, rng),
        _median_logit(attempts, tables, overall),
        losses,
    )


def _learned_from(attempts: Attempts, drawn: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The students whose attempts models learn from: as they are drawn, until those are enough."""
    order = np.argsort(drawn)
    count = np.bincount(attempts.student, minlength=len(drawn))[order]
    chosen = np.zeros(len(drawn), dtype=bool)
    chosen[order[np.cumsum(count) - count < LEARNED_FROM]] = True
    return chosen


def _choose(
    columns: NDArray[np.float64],
    is_correct: NDArray[np.float64],
    student: NDArray[np.int64],
    *,
    deciding: NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[Logistic | Trees, Logistic, dict[str, float]]:
    """The better kind of model, its calibration, and the log loss of each kind."""
    answers = is_correct[deciding]
    learning = is_correct[~deciding]
    if len(answers) < LEAST_DECIDING or len(np.unique(learning)) < len((0.0, 1.0)):
        nothing = Logistic(0.0, np.zeros(calibration_columns(np.zeros(0)).shape[1]))
        return fit_logistic(columns, is_correct), nothing, {}
    grown = grow(columns[~deciding], learning, seed=int(rng.integers(2**31)))
    models: dict[str, Logistic | Trees] = {
        "logistic": fit_logistic(columns[~deciding], learning),
        "boosted": grown.shortened(columns[deciding], answers),
    }
    logits = {name: model.logit(columns[deciding]) for name, model in models.items()}
    losses = {name: log_loss(answers, logit) for name, logit in logits.items()}
    best = min(losses, key=lambda name: losses[name])
    return models[best], fit_calibration(logits[best], answers, student[deciding]), losses


def _difficulty(counts: dict[str, Counts], overall: float) -> NDArray[np.float64]:
    found = rates(counts, overall)
    return np.column_stack([found["item"], found["skill"]])


def _median_logit(attempts: Attempts, tables: dict[str, CountTable], overall: float) -> NDArray[np.float64]:
    """Log-odds of the median item of each skill, over the items that were asked for it alone or in a set."""
    every = np.arange(len(attempts.skills))
    rate = rates({"skill": tables["skill"].of(every)}, overall)["skill"]
    pair = np.unique(attempts.item * len(every) + attempts.skill)
    item, skill = pair // max(len(every), 1), pair % max(len(every), 1)
    counts = {"skill": tables["skill"].of(skill), "item": tables["item"].of(item)}
    start, member = members(attempts.skills)
    size = np.diff(start)[skill]
    row = np.repeat(np.arange(len(pair)), size)
    within = np.arange(len(row)) - np.repeat(np.cumsum(size) - size, size)
    items = pd.Series(rates(counts, overall)["item"][row])
    medians = items.groupby(member[start[skill[row]] + within]).median()
    rate[medians.index.to_numpy()] = medians.to_numpy()
    return logit_of(rate)
