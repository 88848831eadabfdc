"""Gradient-boosted trees as plain arrays, and the loop that evaluates them.

They are grown by scikit-learn's histogram gradient boosting (after Ke et al., *LightGBM*, 2017) and then leave it:
what is stored is numbers, and what predicts is ours, so that a model needs neither a pickle nor the library that
grew it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

TREES, LEARNING_RATE = 160, 0.1
GROWING = {
    "max_leaf_nodes": 31, "min_samples_leaf": 60, "l2_regularization": 5.0, "max_features": 0.3, "max_bins": 63,
}  # fmt: skip


@dataclass(frozen=True)
class Trees:
    """A sum of trees.

    Attributes:
        base: log-odds before the first tree.
        root: (trees + 1,) place of each tree's first node, and the number of nodes.
        feature, threshold, left, right, value: (nodes,); at ``feature`` -1 the tree ends and adds ``value``, else
            a value up to ``threshold`` goes ``left``, a larger one ``right``.
    """

    base: float
    root: NDArray[np.int64]
    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: NDArray[np.float64]

    def logit(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Log-odds of a right answer for each row of (n, columns)."""
        total = np.full(len(features), self.base)
        _add(features, self.root, self.feature, self.threshold, self.left, self.right, self.value, total)
        return total

    def shortened(self, features: NDArray[np.float64], is_correct: NDArray[np.float64]) -> Trees:
        """So many of the first trees as predict other answers best, by their log loss."""
        total = np.full(len(features), self.base)
        losses = []
        for tree in range(len(self.root) - 1):
            root = self.root[tree : tree + 2]
            _add(features, root, self.feature, self.threshold, self.left, self.right, self.value, total)
            losses.append(float(np.mean(np.logaddexp(0.0, total) - is_correct * total)))
        return self._first(int(np.argmin(losses)) + 1) if losses else self

    def _first(self, trees: int) -> Trees:
        kept = slice(int(self.root[trees]))
        return Trees(
            self.base,
            self.root[: trees + 1],
            self.feature[kept],
            self.threshold[kept],
            self.left[kept],
            self.right[kept],
            self.value[kept],
        )


def grow(features: NDArray[np.float64], is_correct: NDArray[np.float64], *, seed: int, trees: int = TREES) -> Trees:
    """Grow trees that predict right answers.

    Args:
        features: (n, columns), without NaN.
        is_correct: (n,) 0.0 or 1.0, both there.
        seed: of the choice of columns at each node.
        trees: how many.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    growing = HistGradientBoostingClassifier(
        max_iter=trees, learning_rate=LEARNING_RATE, early_stopping=False, random_state=seed, **GROWING
    )
    # One thread: several spin while they wait for each other, and where cores are shared with other work that
    # made a fit of 3 seconds one of 90.
    with threadpool_limits(1, user_api="openmp"):
        return taken_from(growing.fit(features, is_correct.astype(int)))


def taken_from(grown: Any) -> Trees:
    """The trees of a fitted ``HistGradientBoostingClassifier`` of two classes, as arrays."""
    nodes = [stage[0].nodes for stage in grown._predictors]  # noqa: SLF001 - there is no public way to them
    root = np.concatenate([[0], np.cumsum([len(tree) for tree in nodes])]).astype(np.int64)
    every = np.concatenate(nodes)
    first = np.repeat(root[:-1], np.diff(root))
    leaf = every["is_leaf"].astype(bool)
    return Trees(
        float(np.ravel(grown._baseline_prediction)[0]),  # noqa: SLF001
        root,
        np.where(leaf, -1, every["feature_idx"]).astype(np.int64),
        np.where(leaf, 0.0, every["num_threshold"]),
        np.where(leaf, 0, first + every["left"]).astype(np.int64),
        np.where(leaf, 0, first + every["right"]).astype(np.int64),
        np.where(leaf, every["value"], 0.0),
    )


@njit(cache=True, nogil=True)
def _add(features, root, feature, threshold, left, right, value, total):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0913, PLR0917
    for row in range(len(total)):
        for tree in range(len(root) - 1):
            node = root[tree]
            while feature[node] >= 0:
                node = left[node] if features[row, feature[node]] <= threshold[node] else right[node]
            total[row] += value[node]
