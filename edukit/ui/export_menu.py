"""What is shown, to take out: as a file, as a picture, on paper; each is recorded before it is handed out."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

import traitlets as t

from edukit.errors import EdukitError
from edukit.queries.frames import Frame
from edukit.ui.export import csv_file
from edukit.ui.faults import reference
from edukit.ui.widgets import Script, script

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from edukit.ui.chart import Chart
    from edukit.workbench import Workbench

FILES = {"csv": "Table as CSV", "xlsx": "Table for Excel (XLSX)"}
PICTURE, PAPER = {"png": "Picture of the chart (PNG)"}, {"print": "Print the page"}
TYPES = {
    "csv": "text/csv;charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
NO_FILE = "There is no file, by a fault of edukit. Reload the page; if it comes back, tell your administrator."


@dataclass(frozen=True)
class Shown:
    """Exactly what is shown."""

    frame: Frame
    """What the columns are."""
    rows: pd.DataFrame
    """In the order shown; with some of the frame's columns, or all."""
    called: str
    """Name of the file, without its ending."""
    of: Mapping[str, int] = field(default_factory=dict)
    """Whose alone: ``class_`` or ``student_id``, as it is recorded."""


class ExportMenu(Script):
    """A menu that unfolds: a table as CSV and for Excel, a picture of the chart, the page on paper."""

    _esm = script("export_menu.js")
    label = t.Unicode("Export").tag(sync=True)
    formats: t.Dict[str, str] = t.Dict({}).tag(sync=True)
    """What is offered, each with its words."""
    asked: t.Dict[str, Any] = t.Dict({}).tag(sync=True)
    """The last choice: ``format``, and ``count``, which makes each choice a change."""
    refusal = t.Unicode("").tag(sync=True)
    """Why nothing was handed out, and what to do next."""

    def __init__(self, edu: Workbench, shown: Callable[[], Shown], *, chart: Chart | None = None) -> None:
        """Offer to take out what ``shown()`` gives when it is asked for.

        Args:
            edu: where it is recorded.
            shown: what is shown.
            chart: of which there is a picture to take; None: of none.
        """
        offered = {**FILES, **(PICTURE if chart is not None else {}), **PAPER}
        super().__init__(formats=offered, _dom_classes=("edukit-export",))
        self._edu, self._shown, self._chart = edu, shown, chart

    def file(self, format_: str) -> tuple[str, bytes]:
        """Name and content of what is shown as csv or xlsx; empty for what the browser makes. It is recorded.

        Raises:
            ActionError: it could not be recorded, or Excel cannot hold it.
        """
        shown = self._shown()
        content = _made(shown, format_)
        self._edu.record_export(shown.frame.name, rows=len(shown.rows), format_=format_, **shown.of)
        return f"{shown.called}.{format_}", content

    @t.observe("asked")
    def _answer(self, _change: object) -> None:
        self.refusal = ""
        try:
            self._hand_out(self.asked["format"])
        except EdukitError as error:
            self.refusal = str(error)
        except Exception:
            self.refusal = f"{NO_FILE} {reference()}"
            raise

    def _hand_out(self, format_: str) -> None:
        if format_ not in self.formats:
            return
        name, content = self.file(format_)
        if format_ in TYPES:
            self.send({"name": name, "type": TYPES[format_]}, [content])
        elif format_ == "print":
            self.send({"print": True})
        elif self._chart is not None:
            self._chart.save_png(name)


def _made(shown: Shown, format_: str) -> bytes:
    if format_ == "csv":
        return csv_file(shown.rows)
    if format_ == "xlsx":
        # Takes long to import, and few ask for it.
        from edukit.ui.workbook import write_xlsx

        file = BytesIO()
        write_xlsx(shown.rows, _told_columns(shown), file, lambda _share: None)
        return file.getvalue()
    return b""


def _told_columns(shown: Shown) -> Frame:
    """The declaration of the frame, of the columns that are shown."""
    declared = {column.name: column for column in shown.frame.columns}
    return Frame(shown.frame.name, tuple(declared[str(name)] for name in shown.rows.columns))
