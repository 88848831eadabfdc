"""Intervals of shares and correlations that hold for small counts, and are never missing; of 90% unless told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Bounds = tuple[NDArray[np.float64], NDArray[np.float64]]

Z = float(ndtri(0.95))
"""Standard deviations to either end of a central 90% interval."""
Z_SURE = float(ndtri(0.995))
"""The same of a 99% interval: where hundreds are looked at, one in twenty of them would be wrong by luck."""
LEAST_PAIRS = 4
"""A correlation of fewer pairs may be anything."""


def share_interval(right: ArrayLike, count: ArrayLike, *, z: float = Z) -> Bounds:
    """Wilson's interval of each share ``right / count`` (0-1); of none at all it is 0 to 1.

    E. B. Wilson, *Probable inference, the law of succession, and statistical inference*, JASA 22, 1927.
    """
    hits, size = np.asarray(right, dtype=np.float64), np.asarray(count, dtype=np.float64)
    share = hits / np.maximum(size, 1)
    whole = size + z**2
    middle = (hits + z**2 / 2) / whole
    half = z * np.sqrt(size * share * (1 - share) + z**2 / 4) / whole
    # Of none right, or of all, an end is the share itself, and rounding must not part them.
    low, high = np.where(hits <= 0, 0.0, middle - half), np.where(hits >= size, 1.0, middle + half)
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


def correlation_interval(correlation: ArrayLike, pairs: ArrayLike, *, z: float = Z) -> Bounds:
    """Fisher's interval of each correlation (-1 to 1) of so many pairs; of fewer than four it is -1 to 1.

    R. A. Fisher, *On the probable error of a coefficient of correlation*, Metron 1, 1921.
    """
    found, count = np.asarray(correlation, dtype=np.float64), np.asarray(pairs, dtype=np.float64)
    middle = np.arctanh(np.clip(found, -1 + 1e-9, 1 - 1e-9))
    half = z / np.sqrt(np.maximum(count, LEAST_PAIRS) - 3)
    few = count < LEAST_PAIRS
    return np.where(few, -1.0, np.tanh(middle - half)), np.where(few, 1.0, np.tanh(middle + half))
