"""Files of frames: read back they are the frame, and no cell of them is a formula."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.escape import unescape

from edukit.errors import ActionError
from edukit.ops.formats import FORMATS, write_parquet
from edukit.queries.frames import Column, Frame
from edukit.ui import export, workbook
from edukit.ui.export import FORMULA_STARTS, csv_file
from edukit.ui.workbook import write_xlsx

if TYPE_CHECKING:
    from collections.abc import Callable

HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@x",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff201",
    '=HYPERLINK("http://x","y")',
    "#N/A",
    "_x003D_1",
    "<f>1</f>",
    "ليلى أحمد",
    "李明",
    "🦉 <script>",
    " two  spaces ",
    "007",
    "TRUE",
    'say "1,2"; 3',
]
MOMENT = datetime(2026, 6, 28, 16, 41, 57, 878730, tzinfo=UTC)
FRAME = Frame(
    "school",
    (
        Column("student_id", "int64", "id of the student"),
        Column("sequence", "int64", "order, of more digits than Excel keeps"),
        Column("hint_count", "Int64", "hints asked for", nullable=True),
        Column("mastery_score", "float64", "0-100", nullable=True),
        Column("is_correct", "bool", "whether right"),
        Column("late", "boolean", "whether late", nullable=True),
        Column("student", "str", "name"),
        Column("answer", "str", "answer as given", nullable=True),
        Column("attempted_at", "datetime64[us, UTC]", "when", nullable=True),
        Column("week_start", "datetime64[us]", "Monday", nullable=True),
    ),
)


def hostile_school() -> pd.DataFrame:
    """A row for each hostile text, with gaps wherever there may be one."""
    monday = datetime(2026, 6, 22)  # noqa: DTZ001 - a day of the calendar
    return FRAME.of(
        (
            727_724_851_204_102 + place, -(2**53) + place, None if place % 3 == 0 else place,
            None if place % 4 == 0 else place / 7, place % 2 == 0, None if place % 5 == 0 else place % 2 == 0, text,
            None if place % 2 else text, None if place % 6 == 0 else MOMENT + timedelta(days=place),
            None if place % 7 == 0 else monday,
        )
        for place, text in enumerate(HOSTILE)
    )  # fmt: skip


def written(format_: str, frame: pd.DataFrame, declared: Frame = FRAME) -> bytes:
    """The bytes of a file."""
    file = io.BytesIO()
    FORMATS[format_](frame, declared, file, lambda _: None)
    return file.getvalue()


def sheets(content: bytes) -> list[list[tuple[Any, ...]]]:
    """The values of each sheet of a workbook, as Excel takes them."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [[tuple(map(in_excel, row)) for row in sheet.iter_rows(values_only=True)] for sheet in book]


def in_excel(value: Any) -> Any:
    """What Excel makes of a cell's value: openpyxl does not undo the escapes of ECMA-376."""
    return unescape(value) if isinstance(value, str) else value


@pytest.mark.parametrize("rows", [len(HOSTILE), 0])
def test_parquet_is_the_frame(rows: int) -> None:
    """Read again it is equal, dtypes included; each field knows what it means and whether it may be null."""
    frame = hostile_school().iloc[:rows]
    content = written("parquet", frame)
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(content)), frame, check_exact=True)
    schema = pq.read_schema(io.BytesIO(content))
    for column in FRAME.columns:
        field = schema.field(column.name)
        assert field.nullable == column.nullable
        assert field.metadata[b"meaning"].decode() == column.meaning


@pytest.mark.parametrize("rows", [len(HOSTILE), 0])
def test_csv_is_the_frame(rows: int) -> None:
    """Read again it is equal but for the quote before a formula; times are ISO 8601 with their zone."""
    frame = hostile_school().iloc[:rows]
    read = list(csv.reader(io.StringIO(written("csv", frame).decode("utf-8-sig"), newline="")))
    assert read[0] == [column.name for column in FRAME.columns]
    assert len(read) == rows + 1
    for row, (_, was) in zip(read[1:], frame.iterrows(), strict=True):
        told = dict(zip(read[0], row, strict=True))
        assert int(told["student_id"]) == was["student_id"]
        assert told["student"] == ("'" if was["student"].startswith(FORMULA_STARTS) else "") + was["student"]
        assert (told["mastery_score"] == "") == pd.isna(was["mastery_score"])
        assert told["mastery_score"] == "" or float(told["mastery_score"]) == was["mastery_score"]
        assert told["hint_count"] == ("" if was["hint_count"] is pd.NA else str(was["hint_count"]))
        assert told["attempted_at"] == ("" if was["attempted_at"] is pd.NaT else was["attempted_at"].isoformat())
        assert told["attempted_at"] == "" or told["attempted_at"].endswith("+00:00")


@pytest.mark.parametrize("rows", [len(HOSTILE), 0])
def test_a_workbook_is_the_frame(rows: int) -> None:
    """Text to the letter, numbers to 15 digits, times to the millisecond; the second sheet is describe()."""
    frame = hostile_school().iloc[:rows]
    first, second = sheets(written("xlsx", frame))
    assert first[0] == tuple(column.name for column in FRAME.columns)
    assert len(first) == rows + 1
    for row, was in zip(first[1:], frame.itertuples(index=False), strict=True):
        told = was._make(row)
        assert told.student_id == was.student_id
        # 16 digits: Excel would make zeros of the last.
        assert told.sequence == str(was.sequence)
        assert told.student == was.student
        assert (told.mastery_score is None) == pd.isna(was.mastery_score)
        assert told.mastery_score is None or told.mastery_score == pytest.approx(was.mastery_score, rel=1e-15)
        for name in ("hint_count", "late", "answer", "week_start"):
            value = getattr(was, name)
            assert getattr(told, name) == (None if pd.isna(value) else value)
        assert told.is_correct is was.is_correct
        assert (told.attempted_at is None) == (was.attempted_at is pd.NaT)
        if told.attempted_at is not None:
            assert abs(pd.Timestamp(told.attempted_at, tz="UTC") - was.attempted_at) <= pd.Timedelta("1ms")
    assert [row[:3] for row in second[1:]] == [(each.name, each.dtype, each.nullable) for each in FRAME.columns]
    assert {row[0]: row[3] for row in second}["attempted_at"] == "when (UTC)"


def test_no_cell_of_a_workbook_is_a_formula_or_an_error() -> None:
    """In the file itself: no element f, every text a string, and a hostile one marked as if typed after a quote."""
    content = written("xlsx", hostile_school())
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        styles = re.findall(r"<xf [^>]*>", parts.read("xl/styles.xml").decode().partition("<cellXfs")[2])
    assert "<f>" not in sheet
    assert "<f " not in sheet
    kinds = set(re.findall(r'<c [^>]*?t="(\w+)"', sheet))
    assert kinds == {"inlineStr", "n", "b"}
    quoted = [place for place, style in enumerate(styles) if 'quotePrefix="1"' in style]
    texts = re.findall(r'<c r="G\d+"(?: s="(\d+)")? t="inlineStr"', sheet)[1:]
    marked = [text.startswith(FORMULA_STARTS) or text == "#N/A" for text in HOSTILE]
    assert [style != "" and int(style) in quoted for style in texts] == marked


def test_long_ids_are_shown_with_all_their_digits() -> None:
    """An id is a number, and not shown as 7.28E+14."""
    book = openpyxl.load_workbook(io.BytesIO(written("xlsx", hostile_school())))
    assert book["school"]["A2"].value == 727_724_851_204_102
    assert book["school"]["A2"].number_format == "0"


TEXT = Frame("text", (Column("text", "str", "any text"),))


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1, max_size=20))
def test_any_text_comes_back_from_a_workbook(texts: list[str]) -> None:
    """Control characters, what looks like an escape, spaces at the ends: nothing is lost, and all of it is text."""
    content = written("xlsx", TEXT.of([(text,) for text in texts]), TEXT)
    rows = sheets(content)[0][1:]
    assert [row[0] or "" for row in rows] == texts
    assert all(cell.data_type != "f" for (cell,) in openpyxl.load_workbook(io.BytesIO(content))["text"].iter_rows(2))


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), max_size=20))
def test_any_text_comes_back_from_parquet(texts: list[str]) -> None:
    """To the letter."""
    frame = TEXT.of([(text,) for text in texts])
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(written("parquet", frame, TEXT))), frame)


@pytest.mark.parametrize("format_", FORMATS)
def test_pieces_make_the_whole(format_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Written in steps of five rows the file holds the same, and each step tells how far it is."""
    frame = hostile_school()
    shares: list[float] = []
    monkeypatch.setattr(export, "STEP", 5)
    file = io.BytesIO()
    FORMATS[format_](frame, FRAME, file, shares.append)
    assert shares == pytest.approx([5 / 22, 10 / 22, 15 / 22, 20 / 22, 1])
    monkeypatch.undo()
    readers: dict[str, Callable[[bytes], Any]] = {
        "csv": lambda content: content,
        "xlsx": sheets,
        "parquet": lambda content: pd.read_parquet(io.BytesIO(content)).to_dict("list"),
    }
    assert str(readers[format_](file.getvalue())) == str(readers[format_](written(format_, frame)))
    assert format_ != "csv" or file.getvalue() == csv_file(frame)


def test_what_excel_cannot_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sheet's last row and a cell's last letter go in; one more of either is refused, not cut off."""
    longest = "x" * 32_767
    assert sheets(written("xlsx", TEXT.of([(longest,)]), TEXT))[0][1] == (longest,)
    with pytest.raises(ActionError, match=r"32,767 letters.*export csv or parquet"):
        written("xlsx", TEXT.of([(longest + "x",)]), TEXT)
    monkeypatch.setattr(workbook, "XLSX_ROWS", 3)
    assert len(sheets(written("xlsx", TEXT.of([("a",), ("b",)]), TEXT))[0]) == 3
    with pytest.raises(ActionError, match="holds 2 rows and a head, and there are 3: export csv or parquet"):
        write_xlsx(TEXT.of([("a",), ("b",), ("c",)]), TEXT, io.BytesIO(), lambda _: None)


def test_a_null_where_none_is_declared_is_no_file() -> None:
    """Parquet's promise that a column has no nulls is kept, or there is an error."""
    with pytest.raises(ValueError, match="null"):
        write_parquet(pd.DataFrame({"text": pd.Series([None], dtype="str")}), TEXT, io.BytesIO(), lambda _: None)
