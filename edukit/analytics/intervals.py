"""90% intervals of shares and correlations that hold for small counts, and are never missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Bounds = tuple[NDArray[np.float64], NDArray[np.float64]]

Z = float(ndtri(0.95))
"""Standard deviations to either end of a central 90% interval."""
LEAST_PAIRS = 4
"""A correlation of fewer pairs may be anything."""


def share_interval(right: ArrayLike, count: ArrayLike) -> Bounds:
    """Wilson's interval of each share ``right / count`` (0-1); of none at all it is 0 to 1.

    E. B. Wilson, *Probable inference, the law of succession, and statistical inference*, JASA 22, 1927.
    """
    hits, size = np.asarray(right, dtype=np.float64), np.asarray(count, dtype=np.float64)
    share = hits / np.maximum(size, 1)
    whole = size + Z**2
    middle = (hits + Z**2 / 2) / whole
    half = Z * np.sqrt(size * share * (1 - share) + Z**2 / 4) / whole
    # Of none right, or of all, an end is the share itself, and rounding must not part them.
    low, high = np.where(hits <= 0, 0.0, middle - half), np.where(hits >= size, 1.0, middle + half)
    return np.clip(low, 0, 1), np.clip(high, 0, 1)


def correlation_interval(correlation: float, pairs: int) -> tuple[float, float]:
    """Fisher's interval of a correlation (-1 to 1) of so many pairs; of fewer than four it is -1 to 1.

    R. A. Fisher, *On the probable error of a coefficient of correlation*, Metron 1, 1921.
    """
    if pairs < LEAST_PAIRS:
        return -1.0, 1.0
    middle, half = np.arctanh(np.clip(correlation, -1 + 1e-9, 1 - 1e-9)), Z / np.sqrt(pairs - 3)
    return float(np.tanh(middle - half)), float(np.tanh(middle + half))
