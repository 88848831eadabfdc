"""Vectors of texts by feature hashing: texts that share words and pairs of words lie close, no model needed.

Each word and each pair of neighbours is hashed to a place and a sign in the vector, counts are dampened, and the
vector has the length 1 (Weinberger et al., "Feature hashing for large scale multitask learning", 2009).
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.models.documents import DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MODEL = "hashed-words-1"
"""Name of this way of making vectors; another number for every change of it."""
_WORD = re.compile(r"[^\W_]+")
_SAY_LITTLE = frozenset(
    _WORD.findall(
        "a about all an and are as at be but by can do does for from give had has have how i if in is it its me my no "
        "not of on one or so than that the their them then there they this to was we what when which who why will with "
        "you your"
    )
)


def embed(text: str) -> NDArray[np.float32]:
    """The vector of a text: 1536 numbers of length 1 together, or all zero for a text without a telling word."""
    words = [word for word in _WORD.findall(text.lower()) if word not in _SAY_LITTLE]
    vector = np.zeros(DIMENSIONS, dtype=np.float32)
    for feature, count in Counter([*words, *(" ".join(pair) for pair in pairwise(words))]).items():
        place, sign = _hashed(feature)
        vector[place] += sign * (1 + np.log(count))
    length = float(np.linalg.norm(vector))
    return vector / np.float32(length) if length else vector


@lru_cache(maxsize=1 << 16)
def _hashed(feature: str) -> tuple[int, float]:
    digest = int.from_bytes(hashlib.blake2b(feature.encode(), digest_size=8).digest())
    return digest // 2 % DIMENSIONS, 1.0 if digest % 2 else -1.0


def embedding_rows(rows: pd.DataFrame, key: str, texts: Sequence[str]) -> pd.DataFrame:
    """The vectors of the rows' texts, as the table whose rows are found by ``key`` takes them."""
    return pd.DataFrame(
        {
            "institution_id": rows["institution_id"].to_numpy(),
            key: rows["id"].to_numpy(),
            "model": MODEL,
            "embedding": pd.Series([embed(text) for text in texts], dtype=object),
            "created_at": rows["created_at"].array,
        }
    )
