"""Exports: the rows on the screen as a file that a spreadsheet opens without surprises."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from pandas.api.types import is_datetime64_any_dtype, is_object_dtype, is_string_dtype

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

STEP = 20_000
"""Rows between two tellings of how far it is."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet takes for the start of a formula, full-width forms included.

Source: OWASP, *CSV Injection*.
"""


def csv_file(frame: pd.DataFrame, *, head: bool = True) -> bytes:
    """The frame as CSV in UTF-8: with the mark that Excel needs, no index, and no cell that is a formula.

    Numbers stay numbers and times are ISO 8601; text that starts like a formula gets a ``'`` before it. Without its
    head it has neither mark nor names, and continues a file that has.
    """
    safe = frame.copy()
    for name, column in frame.items():
        if is_datetime64_any_dtype(column):
            safe[name] = column.map(lambda moment: moment.isoformat(), na_action="ignore")
        elif is_string_dtype(column) or is_object_dtype(column):
            safe[name] = column.map(neutralised, na_action="ignore")
    rows = safe.to_csv(index=False, header=head, lineterminator="\r\n").encode()
    return codecs.BOM_UTF8 + rows if head else rows


def pieces(frame: pd.DataFrame, progress: Callable[[float], object]) -> Iterator[pd.DataFrame]:
    """The frame in pieces of rows, one after the other; after each the share that is done (0-1) is told."""
    for start in range(0, len(frame), STEP):
        yield frame.iloc[start : start + STEP]
        progress(min(1.0, (start + STEP) / len(frame)))


def neutralised(value: object) -> object:
    """The value, or text that a spreadsheet would run as a formula with a ``'`` before it."""
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def file_name(*parts: str, suffix: str = "") -> str:
    """A name for a file from words of any kind: ``file_name("mastery", "7B Maths")`` is ``mastery-7B-Maths``."""
    words = "-".join("".join(letter if letter.isalnum() else " " for letter in part).strip() for part in parts)
    return "-".join(words.split())[:80] + suffix
