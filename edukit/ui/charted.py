"""A chart with the sentence that says what it says, the table behind it, and the menu to take them out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edukit.ui.cards import behind, lead
from edukit.ui.chart import Chart
from edukit.ui.export_menu import ExportMenu
from edukit.ui.widgets import Panel, group, shows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import ipywidgets as w
    import plotly.graph_objects as go

    from edukit.ui.export_menu import Shown
    from edukit.workbench import Workbench


class Charted:
    """A chart and what stands for it: for who does not see it, the sentence and the table."""

    def __init__(
        self,
        edu: Workbench,
        shown: Callable[[], Shown],
        *,
        live: bool = False,
        above: Sequence[w.Widget] = (),
    ) -> None:
        """Build it; nothing is drawn yet.

        Args:
            edu: where it is recorded that something is taken out.
            shown: the rows behind the chart.
            live: whether a screen reader says the sentence aloud when it changes.
            above: what stands between the sentence and the chart.
        """
        self.chart = Chart()
        self.menu = ExportMenu(edu, shown, chart=self.chart)
        self._sentence, self._table = Panel(live=live), Panel()
        self._drawn, self._behind = group([*above, self.chart]), group([self._table, self.menu], "edukit-behind")
        self.widget = group([self._sentence, self._drawn, self._behind])

    def show(self, figure: go.Figure | None, sentence: str, table: str) -> None:
        """Draw a figure.

        Args:
            figure: None: there is nothing to draw.
            sentence: what the chart says, in plain text.
            table: the same as a table, as HTML; empty: there is none.
        """
        self._sentence.html = lead(sentence)
        self._table.html = behind(table) if table else ""
        for box, there in ((self._drawn, figure is not None), (self._behind, bool(table))):
            shows(box, when=there)
        if figure is not None:
            self.chart.summary = sentence
            self.chart.show(figure)
