"""How often what was answered right: counts by item, by skill, and by either together with a piece of history.

Each rate is drawn towards that of its parent by so many answers' worth of it (an empirical Bayes mean with a fixed
strength): an item's towards its skill's, an item's after another towards the item's. A key that was never seen
therefore says what its parent says. A model learns from rates that leave out the student's own fold, or it would
trust them more than it may.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from edukit.analytics.prediction.recording import KEYS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Counts = tuple[NDArray[np.float64], NDArray[np.float64]]
    """(n,) right answers and (n,) answers."""

PARENTS: Final = {
    "skill": ("", 20.0),
    "item": ("skill", 8.0),
    "item_by_skill_answers": ("item", 8.0),
    "skill_by_skill_answers": ("skill", 8.0),
    "after_item": ("item", 5.0),
    "after_skill": ("skill", 10.0),
    "item_by_answers": ("item", 8.0),
    "after_item_before": ("item", 5.0),
    "skill_by_counts": ("skill", 10.0),
    "item_by_counts": ("item", 8.0),
    "transition": ("item", 5.0),
    "left_item": ("", 20.0),
}
"""For each table its parent (empty: all answers), and how many answers the parent's rate weighs."""
RATE_FEATURES: Final = (*PARENTS, "item_rate", "item_count", "after_item_count", "item_by_counts_count", "how_usual")


@dataclass(frozen=True)
class CountTable:
    """Right answers and answers of each key.

    Attributes:
        key: (k,) rising.
        right, count: (k,) whole numbers.
    """

    key: NDArray[np.int64]
    right: NDArray[np.int64]
    count: NDArray[np.int64]

    def of(self, keys: NDArray[np.int64]) -> Counts:
        """The counts of keys; zeros where one was never seen."""
        if not len(self.key):
            return np.zeros(len(keys)), np.zeros(len(keys))
        place = np.minimum(np.searchsorted(self.key, keys), len(self.key) - 1)
        found = self.key[place] == keys
        return np.where(found, self.right[place], 0).astype(float), np.where(found, self.count[place], 0).astype(float)


def counted(
    keys: NDArray[np.int64], is_correct: NDArray[np.float64], fold: NDArray[np.int64]
) -> tuple[CountTable, Counts]:
    """A table of answers, and for each of them its key's counts without those of its own fold.

    Args:
        keys: (n,) of answers; negative: none.
        is_correct: (n,) 0.0 or 1.0.
        fold: (n,) from 0; all answers of a student are in one.
    """
    place, key = pd.factorize(keys, sort=True)  # by hashing: np.unique sorts all of them
    count = np.bincount(place, minlength=len(key))
    right = np.bincount(place, weights=is_correct, minlength=len(key))
    folds = int(fold.max(initial=0)) + 1
    own = place * folds + fold
    own_right = np.bincount(own, weights=is_correct, minlength=len(key) * folds)[own]
    own_count = np.bincount(own, minlength=len(key) * folds)[own]
    # A key that was seen once is kept: that others came this way at all tells more than how they answered.
    return CountTable(key, right.astype(np.int64), count), (right[place] - own_right, (count[place] - own_count) * 1.0)


def rates(counts: dict[str, Counts], overall: float) -> dict[str, NDArray[np.float64]]:
    """Each table's rates (0-1), drawn towards its parent's; parents come first in ``counts`` where they are there."""
    found: dict[str, NDArray[np.float64]] = {}
    for name, (right, count) in counts.items():
        parent, strength = PARENTS[name]
        base = found[parent] if parent else overall
        found[name] = (right + strength * base) / (count + strength)
    return found


def rate_features(counts: dict[str, Counts], overall: float) -> NDArray[np.float64]:
    """What the tables say of each attempt, (n, len(RATE_FEATURES)).

    Log-odds less the parent's, so that a key without answers says nothing; the item's log-odds; how many answers
    stand behind some; and how usual it is that this item comes after the one before it.
    """
    logits = {name: logit_of(rate) for name, rate in rates(counts, overall).items()}
    base = float(logit_of(np.array(overall)))
    columns = [logit - (logits[PARENTS[name][0]] if PARENTS[name][0] else base) for name, logit in logits.items()]
    support = {name: np.log1p(count) for name, (_, count) in counts.items()}
    return np.column_stack([
        *columns,
        logits["item"],
        *(support[name] for name in ("item", "after_item", "item_by_counts")),
        support["transition"] - support["left_item"],
    ])  # fmt: skip


def keyed(keys: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """The columns of a replay's keys by the names of their tables."""
    return {name: keys[:, column] for column, name in enumerate(KEYS)}


def logit_of(rate: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-odds of rates, which stay away from 0 and 1."""
    bounded = np.clip(rate, 1e-3, 1.0 - 1e-3)
    return np.log(bounded / (1.0 - bounded))
