"""What is shown can be taken out, exactly, and only when that is recorded."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from edukit.errors import StoreError
from edukit.queries.frames import Column, Frame
from edukit.ui.chart import Chart
from edukit.ui.export import csv_file
from edukit.ui.export_menu import ExportMenu, Shown

if TYPE_CHECKING:
    from collections.abc import Mapping

DECLARED = Frame(
    "marks", (Column("name", "str", "a name"), Column("mark", "float64", "0-100"), Column("id", "int64", ""))
)
ROWS = pd.DataFrame({"mark": [1.5, None], "name": ["=Ada", "<b>"]})


class Desk:
    """Records, or fails to."""

    def __init__(self) -> None:
        self.recorded: list[Mapping[str, Any]] = []
        self.fails: Exception | None = None

    def record_export(self, frame: str, **details: Any) -> None:
        """What a Workbench writes down."""
        if self.fails is not None:
            raise self.fails
        self.recorded.append({"frame": frame, **details})


class Menu:
    """A menu of the rows, with what reaches the page."""

    def __init__(self, shown: Shown | None = None, chart: Chart | None = None) -> None:
        self.desk, self.sent, self.count = Desk(), [], 0
        self.asked_for = 0
        self.widget = ExportMenu(self.desk, lambda: self._shown(shown), chart=chart)
        self.widget.send = lambda message, buffers=None: self.sent.append((message, buffers))

    def _shown(self, shown: Shown | None) -> Shown:
        self.asked_for += 1
        return shown or Shown(DECLARED, ROWS, "marks-7B", {"class_": 7})

    def ask(self, format_: str) -> None:
        """Choose an entry."""
        self.count += 1
        self.widget.asked = {"format": format_, "count": self.count}


def test_a_file_is_made_when_it_is_asked_for() -> None:
    """Nothing is made before, and each time that it is asked for it is made anew."""
    menu = Menu()
    assert (menu.asked_for, menu.sent, menu.desk.recorded) == (0, [], [])
    menu.ask("csv")
    menu.ask("csv")
    assert menu.asked_for == 2
    (message, (content,)) = menu.sent[0]
    assert message == {"name": "marks-7B.csv", "type": "text/csv;charset=utf-8"}
    assert content == csv_file(ROWS)
    assert menu.desk.recorded == [{"frame": "marks", "rows": 2, "format_": "csv", "class_": 7}] * 2


def test_a_workbook_holds_the_same_rows_and_what_they_mean() -> None:
    """The columns that are shown in the order shown, no formula among them, and a sheet that says what they are."""
    menu = Menu()
    menu.ask("xlsx")
    ((message, (content,)),) = menu.sent
    assert message["name"] == "marks-7B.xlsx"
    sheets = pd.read_excel(BytesIO(content), sheet_name=None)
    pd.testing.assert_frame_equal(sheets["marks"], ROWS, check_dtype=False)
    assert sheets["what the columns are"]["column"].tolist() == ["mark", "name"]
    assert menu.desk.recorded[0]["format_"] == "xlsx"


def test_a_picture_is_recorded_before_the_chart_makes_it() -> None:
    """Without a chart there is none to choose; with one it is recorded, and then made by the page."""
    assert set(Menu().widget.formats) == {"csv", "xlsx", "print"}
    chart, saved = Chart(), []
    menu = Menu(chart=chart)
    chart.send = lambda message, _buffers=None: saved.append((message, len(menu.desk.recorded)))
    menu.ask("png")
    assert saved == [({"save": "marks-7B"}, 1)]
    assert (menu.sent, menu.desk.recorded[0]["format_"]) == ([], "png")
    menu.ask("print")
    assert menu.sent == [({"print": True}, None)]


@pytest.mark.parametrize("format_", ["csv", "xlsx", "png", "print"])
def test_what_is_not_recorded_is_not_handed_out(format_: str) -> None:
    """The page says why, and the next that is recorded is handed out."""
    menu = Menu(chart=Chart())
    menu.desk.fails = StoreError("PostgreSQL does not answer.")
    menu.ask(format_)
    assert (menu.sent, menu.widget.refusal) == ([], "PostgreSQL does not answer.")
    menu.desk.fails = None
    menu.ask("csv")
    assert (len(menu.sent), menu.widget.refusal) == (1, "")


def test_what_excel_cannot_hold_is_neither_recorded_nor_handed_out() -> None:
    """A text that is too long is told."""
    menu = Menu(Shown(DECLARED, pd.DataFrame({"name": ["x" * 40_000]}), "long"))
    menu.ask("xlsx")
    assert (menu.sent, menu.desk.recorded) == ([], [])
    assert "A cell of Excel holds" in menu.widget.refusal


def test_what_is_not_offered_is_not_made() -> None:
    """A page cannot ask for a format that its menu has not."""
    menu = Menu()
    for format_ in ("png", "parquet", "", "../csv"):
        menu.ask(format_)
    assert (menu.sent, menu.desk.recorded, menu.widget.refusal) == ([], [], "")


def test_a_fault_makes_no_file_and_says_so() -> None:
    """What cannot be made is not handed out: the reader is told, with a number, and the fault is raised."""
    menu = ExportMenu(Desk(), lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        menu.asked = {"format": "csv", "count": 1}
    assert "There is no file" in menu.refusal
    assert "reference number is" in menu.refusal
