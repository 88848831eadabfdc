"""Rules of columns: what is a key, a flag, a number, and what is told of the rest."""

from __future__ import annotations

import numpy as np
import pytest

from edukit.importers.delimited import Chunk
from edukit.importers.report import BadRows
from edukit.importers.rules import CheckedChunk


def checked(*texts: str) -> CheckedChunk:
    return CheckedChunk(Chunk({"x": list(texts)}, list(range(2, 2 + len(texts)))))


def test_keys_are_trimmed_and_whole_numbers_lose_their_point() -> None:
    """The same key however it was written; words for missing are missing."""
    keys = checked("17", " 17 ", "17.0", "1.50", "", "NaN", "None", "x.0").keys("x", required=False)
    assert keys.tolist() == ["17", "17", "17", "1.50", None, None, None, "x.0"]


@pytest.mark.parametrize("text", ["2", "-1", "0.5", "true", "", "nan"])
def test_a_flag_is_0_or_1(text: str) -> None:
    """Anything but 0 and 1 (or 0.0 and 1.0) breaks the rule."""
    chunk = checked("0", "1.0", text)
    assert chunk.flags("x")[:2].tolist() == [False, True]
    assert chunk.settle(BadRows("f")).tolist() == [True, True, False]


@pytest.mark.parametrize("text", ["abc", "1,5", "1_0x", "9" * 400, "--1"])
def test_what_is_no_number_breaks_the_rule(text: str) -> None:
    """A number that is none, or is endless, is set aside; a missing one is missing."""
    chunk = checked("1.5", "", text)
    numbers = chunk.numbers("x", "must be finite", lambda given: np.abs(given) < 1e300, required=False)
    assert numbers[0] == 1.5
    assert np.isnan(numbers[1])
    assert chunk.settle(BadRows("f")).tolist() == [True, True, False]


def test_a_row_is_told_of_once_and_only_twenty_are_shown() -> None:
    """The count is of rows, not of rules; the first twenty stand in the order of the file."""
    bad_rows = BadRows("f")
    chunk = checked(*["5", ""] * 40)
    chunk.keys("x")
    chunk.flags("x")
    chunk.settle(bad_rows)
    assert bad_rows.count == 80
    assert [row.line for row in bad_rows.first] == list(range(2, 22))
    assert str(bad_rows.first[0]) == "line 2: x must be 0 or 1; it is '5'"
