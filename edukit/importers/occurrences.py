"""Counting how often a key came before, over a file that does not fit into memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Occurrences:
    """How often each key was taken before: 12 bytes for each different key.

    Keys are 64-bit hashes. Two keys with one hash share a count: their numbers then have gaps but are still
    unique and still the same for the same file, which is all that identity and order need.
    """

    def __init__(self) -> None:
        self._keys = np.empty(0, dtype=np.uint64)
        self._counts = np.empty(0, dtype=np.uint32)

    def take(self, columns: Sequence[NDArray[np.generic]]) -> NDArray[np.int64]:
        """For each row of the columns, how often the same values were taken before, in earlier calls or rows."""
        hashes = _hashed(columns)
        keys, inverse, counts = np.unique(hashes, return_inverse=True, return_counts=True)
        at = np.searchsorted(self._keys, keys)
        known = np.zeros(len(keys), dtype=bool)
        inside = at < len(self._keys)
        known[inside] = self._keys[at[inside]] == keys[inside]
        earlier = np.zeros(len(keys), dtype=np.int64)
        earlier[known] = self._counts[at[known]]
        self._counts[at[known]] += counts[known].astype(np.uint32)
        self._keys = np.insert(self._keys, at[~known], keys[~known])
        self._counts = np.insert(self._counts, at[~known], counts[~known].astype(np.uint32))
        within = pd.Series(inverse).groupby(inverse).cumcount().to_numpy()
        return np.asarray(earlier[inverse] + within, dtype=np.int64)


def _hashed(columns: Sequence[NDArray[np.generic]]) -> NDArray[np.uint64]:
    frame = pd.DataFrame(dict(enumerate(columns)))
    return np.asarray(pd.util.hash_pandas_object(frame, index=False), dtype=np.uint64)
