"""A frame as a workbook of Excel, with no cell that is a formula."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ERROR_CODES
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from pandas.api.types import is_datetime64_any_dtype, is_integer_dtype

from edukit.errors import ActionError
from edukit.ui.export import FORMULA_STARTS, pieces

if TYPE_CHECKING:
    from collections.abc import Callable

    from openpyxl.worksheet.worksheet import Worksheet

    from edukit.queries.frames import Frame

# Source: Microsoft, "Excel specifications and limits".
XLSX_ROWS = 1_048_576
XLSX_LETTERS = 32_767
XLSX_DIGITS = 15
XLSX_SHOWN_DIGITS = 11
"""Longer integers are shown as 7.28E+14 unless told otherwise."""

# What XML cannot hold or reads as something else, and what looks like the escape for it (ECMA-376, ST_Xstring).
_NOT_IN_XML = re.compile("[\0-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def write_xlsx(frame: pd.DataFrame, declared: Frame, file: BinaryIO, progress: Callable[[float], object]) -> None:
    """A sheet of the rows, and a second one that says what the columns are.

    Text is text, whatever it starts with. Times are Excel's own, which know no zone: they are UTC, to the
    millisecond. Integers of more than 15 digits, which Excel would round, are text.

    Raises:
        ActionError: more rows, or a longer text, than Excel takes.
    """
    _check_limits(frame)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(declared.name[:31])
    _head(sheet, [column.name for column in declared.columns])
    columns = {column.name: _as_text(frame[column.name]) for column in declared.columns}
    try:
        for piece in pieces(pd.DataFrame(columns), progress):
            for row in zip(*(_values(sheet, piece[name]) for name in piece.columns), strict=True):
                sheet.append(row)
    except BaseException:
        # Left open, it would complain when it is collected.
        with suppress(Exception):
            sheet.close()
        raise
    about = book.create_sheet("what the columns are")
    _head(about, ["column", "dtype", "nullable", "meaning"])
    for column in declared.columns:
        about.append([column.name, column.dtype, column.nullable, column.meaning + _zone(columns[column.name])])
    book.save(file)


def _check_limits(frame: pd.DataFrame) -> None:
    if len(frame) >= XLSX_ROWS:
        message = (
            f"A sheet of Excel holds {XLSX_ROWS - 1:,} rows and a head, and there are {len(frame):,}: "
            "export csv or parquet."
        )
        raise ActionError(message)


def _head(sheet: Worksheet, names: list[str]) -> None:
    sheet.freeze_panes = "A2"
    for place, name in enumerate(names, 1):
        sheet.column_dimensions[get_column_letter(place)].width = max(18, len(name) + 2)
    cells = [WriteOnlyCell(sheet, name) for name in names]
    for cell in cells:
        cell.font = Font(bold=True)
    sheet.append(cells)


def _as_text(column: pd.Series[Any]) -> pd.Series[Any]:
    """A column of integers of which Excel would round one: as text; any other as it is."""
    return column.astype("str") if _longer(column, XLSX_DIGITS) else column


def _longer(column: pd.Series[Any], digits: int) -> bool:
    return is_integer_dtype(column.dtype) and bool((column.abs() >= 10**digits).any())


def _zone(column: pd.Series[Any]) -> str:
    return " (UTC)" if isinstance(column.dtype, pd.DatetimeTZDtype) else ""


def _values(sheet: Worksheet, column: pd.Series[Any]) -> list[Any]:
    """The values of a column as openpyxl takes them, None where missing."""
    if is_datetime64_any_dtype(column.dtype):
        moments = column.dt.tz_localize(None) if isinstance(column.dtype, pd.DatetimeTZDtype) else column
        return [None if moment is pd.NaT else moment for moment in moments.dt.to_pydatetime()]
    values = column.astype(object).where(column.notna(), None).tolist()
    if _longer(column, XLSX_SHOWN_DIGITS):
        return [None if value is None else _whole(sheet, value) for value in values]
    return [_text(sheet, value) if isinstance(value, str) else value for value in values]


def _whole(sheet: Worksheet, number: int) -> WriteOnlyCell:
    """An integer that is shown with all its digits."""
    cell = WriteOnlyCell(sheet, number)
    cell.number_format = "0"
    return cell


def _text(sheet: Worksheet, text: str) -> str | WriteOnlyCell:
    """A text as a cell that stays text: also for who edits it in Excel, as if it had been typed with a ``'``."""
    escaped = _NOT_IN_XML.sub(lambda letter: f"_x{ord(letter[0]):04X}_", text)
    # What lies beyond would be cut off without a word.
    if len(escaped) > XLSX_LETTERS:
        message = f"A cell of Excel holds {XLSX_LETTERS:,} letters, and a text has more: export csv or parquet."
        raise ActionError(message)
    if not text.startswith(FORMULA_STARTS) and text not in ERROR_CODES:
        return escaped
    cell = WriteOnlyCell(sheet, escaped)
    cell.data_type = "s"
    cell.quotePrefix = True
    return cell
