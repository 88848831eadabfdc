"""How well answers are predicted of students that a model has not seen, beside what simple rules make of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from edukit.analytics.prediction.calibration import auc, ece, reliability, rmse
from edukit.analytics.prediction.model import fit_model

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from numpy.typing import NDArray

    from edukit.analytics.prediction.attempts import Attempts

    Predictor = Callable[[Attempts, Attempts], NDArray[np.float64]]
    """From attempts to learn by and those to predict, of other students but with the same codes: (n,) of 0-1."""

FOLDS: Final = 5
RECENCY, PRIOR_ANSWERS = 0.9, 2.0
"""Weight of each answer beside the one after it, and how many answers the concept's mean weighs."""


@dataclass(frozen=True)
class Backtest:
    """What was predicted of which attempts, and how well.

    Attributes:
        n_train: attempts that a model was fitted to; with folds their mean.
        model, fit_seconds: kind of model (with folds, of most), and mean time of a fit with its features.
        predictions: one row an attempt that was predicted: ``row`` (of the table), ``skill``, ``is_correct``,
            ``fold``, and the probabilities (0-1) ``model`` and one column a baseline.
    """

    n_train: int
    model: str
    fit_seconds: float
    predictions: pd.DataFrame

    def summary(self) -> dict[str, Any]:
        """Sizes and measures; with folds, means over them. A measure that does not exist (AUC of one class) is None."""
        names = [str(name) for name in self.predictions if name not in _NOT_PREDICTED]
        measured = {name: self._measured(name) for name in names}
        model = {"name": self.model, **measured.pop("model"), "fit_seconds": self.fit_seconds}
        return {"n_train": self.n_train, "n_test": len(self.predictions), "model": model, "baselines": measured}

    def reliability(self) -> pd.DataFrame:
        """The model's reliability curve over all predictions."""
        return reliability(self.predictions["is_correct"].to_numpy(), self.predictions["model"].to_numpy())

    def by(self, labels: pd.Series[Any]) -> pd.DataFrame:
        """Measures of the model in each part of the predictions, the largest first.

        Args:
            labels: (number of predictions,) name of the part that each belongs to.

        Returns:
            The label, ``attempts``, ``auc``, ``rmse``, ``ece``.
        """
        parts = self.predictions.groupby(labels.to_numpy(), sort=False)
        rows = [{str(labels.name): label, "attempts": len(part), **_measures(part, "model")} for label, part in parts]
        columns = [str(labels.name), "attempts", "auc", "rmse", "ece"]
        found = pd.DataFrame(rows, columns=columns)
        return found.sort_values("attempts", ascending=False, kind="stable", ignore_index=True)

    def _measured(self, name: str) -> dict[str, float | None]:
        folds = pd.DataFrame([_measures(part, name) for _, part in self.predictions.groupby("fold")], dtype=float)
        means = folds.mean() if len(folds) else pd.Series(dtype=float)
        return {measure: _or_none(means.get(measure, np.nan)) for measure in ("auc", "rmse", "ece")}


_NOT_PREDICTED = ("row", "skill", "is_correct", "fold")


def backtest(  # noqa: PLR0913 - what differs from one backtest to another
    splits: Iterable[tuple[Attempts, Attempts]],
    *,
    baselines: Mapping[str, Predictor],
    seed: int,
    seconds: Callable[[], float],
    progress: Callable[[str, float], None],
    total: int = 1,
) -> Backtest:
    """Fit to the first attempts of each split, predict its second ones, and let the baselines do so too.

    Args:
        splits: attempts of some students and of others, with the same codes; ``total`` of them.
        baselines: by name.
        seed: of each fit.
        seconds: a clock to measure fits by.
        progress: called with what is being done and the share done (0-1).
        total: how many splits there are.
    """
    predictions, sizes, took, kinds = [], [], [], []
    for fold, (train, test) in enumerate(splits):
        progress(f"fold {fold + 1} of {total}: model", fold / total)
        began = seconds()
        model = fit_model(train, rng=np.random.default_rng(seed))
        took.append(seconds() - began)
        sizes.append(len(train))
        kinds.append(model.name)
        found = {"row": test.rows, "skill": test.skill, "is_correct": test.is_correct, "fold": fold}
        found["model"] = model.predict(test)
        for place, (name, predict) in enumerate(baselines.items()):
            progress(f"fold {fold + 1} of {total}: {name}", (fold + (place + 1) / (len(baselines) + 1)) / total)
            found[name] = predict(train, test)
        predictions.append(pd.DataFrame(found))
    kind = max(kinds, key=kinds.count)
    return Backtest(round(float(np.mean(sizes))), kind, float(np.mean(took)), pd.concat(predictions, ignore_index=True))


def by_student(attempts: Attempts, *, seed: int, folds: int = FOLDS) -> Iterable[tuple[Attempts, Attempts]]:
    """Splits by student: each is in the second part of one of them."""
    fold = np.random.default_rng(seed).permutation(len(attempts.students)) % folds
    return ((attempts.of_students(fold != one), attempts.of_students(fold == one)) for one in range(folds))


def concept_mean(train: Attempts, test: Attempts) -> NDArray[np.float64]:
    """How often what the question asks for was answered right."""
    rate = train.is_correct.mean() if len(train) else 0.5
    right = np.bincount(train.skill, weights=train.is_correct, minlength=len(train.skills))
    count = np.bincount(train.skill, minlength=len(train.skills))
    return np.asarray(((right + rate) / (count + 1.0))[test.skill])


def recency_mean(train: Attempts, test: Attempts) -> NDArray[np.float64]:
    """The student's own answers on it, the latest weighing most, drawn towards the concept's mean."""
    pair = pd.Series(test.student * len(test.skills) + test.skill)
    before = pair.groupby(pair).cumcount().to_numpy()
    # Weights that rise by the answer rather than fall with its age give the same mean, and sum up in one pass.
    weight = RECENCY ** -np.minimum(before, 2_000).astype(float)
    right = pd.Series(weight * test.is_correct).groupby(pair).cumsum().to_numpy() - weight * test.is_correct
    every = pd.Series(weight).groupby(pair).cumsum().to_numpy() - weight
    scale = weight * RECENCY  # of the answer before this one
    mean = concept_mean(train, test)
    return np.asarray((right / scale + PRIOR_ANSWERS * mean) / (every / scale + PRIOR_ANSWERS))


BASELINES: Final[dict[str, Predictor]] = {"concept_mean": concept_mean, "recency_mean": recency_mean}
"""What a model must beat."""


def _measures(part: pd.DataFrame, name: str) -> dict[str, float]:
    is_correct, p_correct = part["is_correct"].to_numpy(), part[name].to_numpy()
    return {"auc": auc(is_correct, p_correct), "rmse": rmse(is_correct, p_correct), "ece": ece(is_correct, p_correct)}


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
