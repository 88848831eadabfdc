"""Turning a chunk's text into values, column by column; rows that break a rule are set aside."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.importers.report import SHOWN

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from edukit.importers.delimited import Chunk
    from edukit.importers.report import BadRows

MAX_KEY_CHARACTERS = 200
_MISSING = {"", "na", "nan", "n/a", "<na>", "null", "none"}
# A column of whole numbers with gaps is often written as floats: 17.0 is 17.
_WHOLE = re.compile(r"([+-]?\d+)\.0*")
_FLAGS = {"0": False, "1": True}


class CheckedChunk:
    """The columns of a chunk as values; each distinct text is checked once, however often it occurs.

    A column that the file lacks reads as missing throughout. Call :meth:`settle` after the last column.
    """

    def __init__(self, chunk: Chunk) -> None:
        self._chunk = chunk
        self._bad = np.zeros(len(chunk.lines), dtype=bool)
        self._found: list[tuple[NDArray[np.intp], str, str]] = []

    def keys(self, column: str, *, required: bool = True, most: int = MAX_KEY_CHARACTERS) -> NDArray[np.object_]:
        """Keys or names as text, None where missing."""
        codes, texts = self._coded(column)
        keys = np.array([_key(text) for text in texts], dtype=object)
        absent = np.array([key is None for key in keys], dtype=bool)
        if required:
            self._refuse(column, "must not be missing", absent[codes])
        self._refuse(
            column, f"must have at most {most} characters", np.array([len(text) > most for text in texts], bool)[codes]
        )
        return np.asarray(keys[codes], dtype=object)

    def flags(self, column: str) -> NDArray[np.bool_]:
        """Truth values written as 0 and 1."""
        codes, texts = self._coded(column)
        values = [_FLAGS.get(_key(text) or "") for text in texts]
        self._refuse(column, "must be 0 or 1", np.array([value is None for value in values], bool)[codes])
        return np.array(values, dtype=bool)[codes]

    def numbers(
        self, column: str, rule: str, allowed: Callable[[NDArray[np.float64]], NDArray[np.bool_]], *, required: bool
    ) -> NDArray[np.float64]:
        """Numbers, NaN where missing; one that is not ``allowed``, or is no number, breaks ``rule``."""
        codes, texts = self._coded(column)
        absent = np.array([_key(text) is None for text in texts], dtype=bool)
        values = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(dtype=np.float64)
        broken = np.where(absent, required, np.isnan(values) | ~allowed(values))
        self._refuse(column, rule, broken.astype(bool)[codes])
        return np.asarray(values[codes], dtype=np.float64)

    def texts(self, column: str) -> NDArray[np.object_]:
        """Text as it stands, None where empty."""
        given = self._given(column)
        given[given == ""] = None
        return given

    def refuse(self, column: str, rule: str, broken: NDArray[np.bool_]) -> None:
        """Set rows aside by a rule of the importer's own."""
        self._refuse(column, rule, broken)

    @property
    def good(self) -> NDArray[np.bool_]:
        """Which rows break no rule so far."""
        return ~self._bad

    def settle(self, bad_rows: BadRows) -> NDArray[np.bool_]:
        """Hand the bad rows over; which rows are good."""
        for rows, column, rule in self._found:
            given = self._chunk.columns[column]
            for row in rows[:SHOWN]:
                bad_rows.add(self._chunk.lines[row], column, rule, repr(given[row]))
            bad_rows.count += max(0, len(rows) - SHOWN)
        self._found = []
        return self.good

    def _refuse(self, column: str, rule: str, broken: NDArray[np.bool_]) -> None:
        # A row is told of once, by the first rule that it breaks.
        rows = np.flatnonzero(broken & ~self._bad)
        if len(rows):
            self._bad[rows] = True
            self._found.append((rows, column, rule))

    def _given(self, column: str) -> NDArray[np.object_]:
        texts = self._chunk.columns.get(column)
        return np.array(texts if texts is not None else [""] * len(self._chunk.lines), dtype=object)

    def _coded(self, column: str) -> tuple[NDArray[np.intp], NDArray[np.object_]]:
        codes, texts = pd.factorize(self._given(column))
        return codes, np.asarray(texts, dtype=object)


def _key(text: str) -> str | None:
    plain = text.strip()
    if plain.casefold() in _MISSING:
        return None
    whole = _WHOLE.fullmatch(plain)
    return whole[1] if whole else plain
