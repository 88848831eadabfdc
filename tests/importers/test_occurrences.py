"""Counting what came before."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edukit.importers.occurrences import Occurrences

BATCHES = st.lists(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=20), max_size=8)


@given(BATCHES)
def test_counts_are_those_of_a_plain_counter(batches: list[list[tuple[str, int]]]) -> None:
    """However rows are cut into batches, each gets the number of equal rows before it."""
    occurrences, before = Occurrences(), Counter[tuple[str, int]]()
    for batch in batches:
        texts = np.array([text for text, _ in batch], dtype=object)
        numbers = np.array([number for _, number in batch], dtype=np.int64)
        expected = []
        for row in batch:
            expected.append(before[row])
            before[row] += 1
        assert occurrences.take([texts, numbers]).tolist() == expected
