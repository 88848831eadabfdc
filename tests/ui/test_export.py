"""Exports hold the rows, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from edukit.ui.export import FORMULA_STARTS, csv_file, file_name


def read(content: bytes) -> list[list[str]]:
    """The cells of a file."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1, max_size=5))
def test_no_cell_is_a_formula(texts: list[str]) -> None:
    """Whatever the text, no cell of the file begins like a formula, and nothing but a quote was added."""
    rows = read(csv_file(pd.DataFrame({"text": texts, "place": range(len(texts))})))[1:]
    assert len(rows) == len(texts)
    for (cell, _), text in zip(rows, texts, strict=True):
        assert not cell.startswith(FORMULA_STARTS)
        assert cell == ("'" + text if text.startswith(FORMULA_STARTS) else text)


def test_numbers_stay_numbers() -> None:
    """A negative number is a number, not a formula."""
    assert read(csv_file(pd.DataFrame({"score": [-1.5, 2.0], "id": [-3, 890512434838561]})))[1:] == [
        ["-1.5", "-3"],
        ["2.0", "890512434838561"],
    ]


def test_the_frame_comes_back(school: type) -> None:
    """The file read again is the frame: names, scores to the last digit, gaps, times."""
    frame = school((5, 4)).class_mastery(1000)
    again = pd.read_csv(io.BytesIO(csv_file(frame)), parse_dates=["last_attempted_at"])
    pd.testing.assert_frame_equal(again, frame, check_dtype=False, check_exact=True)


def test_excel_knows_it_is_utf_8() -> None:
    """The file begins with the byte order mark."""
    assert csv_file(pd.DataFrame({"name": ["Zoë"]})).startswith(b"\xef\xbb\xbfname\r\n")


def test_file_names_are_plain() -> None:
    """A class's name makes a file name without separators of any system."""
    assert file_name("mastery", "7B Maths / ../x") == "mastery-7B-Maths-x"
    assert file_name("mastery", "7B", suffix=".xlsx") == "mastery-7B.xlsx"


def test_a_file_can_be_written_in_parts() -> None:
    """Parts without a head continue the first: together they are the file of the whole."""
    frame = pd.DataFrame({"name": ["Zoë", "=1", "李"], "score": [1.5, None, 3.0]})
    parts = [csv_file(frame.iloc[:1]), csv_file(frame.iloc[1:2], head=False), csv_file(frame.iloc[2:], head=False)]
    assert b"".join(parts) == csv_file(frame)
