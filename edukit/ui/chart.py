"""A chart in the page (stands in until the chart that carries no plotly of its own is there)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w
import traitlets as t
from plotly.graph_objs import FigureWidget

if TYPE_CHECKING:
    from collections.abc import Callable

    import plotly.graph_objects as go

CHART = "edukit-chart"
"""CSS class of the box around a chart."""
CHART_CONFIG = {"displayModeBar": False, "displaylogo": False, "showTips": False, "responsive": True}
"""What plotly is told of every chart."""


class Chart(w.Box):  # type: ignore[misc]
    """A figure in the page. The one place that knows which widget draws it."""

    summary = t.Unicode("")

    def __init__(self, figure: go.Figure | None = None, *, summary: str = "") -> None:
        super().__init__([], summary=summary)
        self.add_class(CHART)
        self._figure: FigureWidget | None = None
        self._picked: Callable[[int, int], object] = lambda _student, _concept: None
        if figure is not None:
            self.show(figure)

    def show(self, figure: go.Figure) -> None:
        """Draw the figure; the next one must have traces of the same kinds."""
        if self._figure is None:
            self._figure = FigureWidget(figure)
            self._figure._config = dict(CHART_CONFIG)  # noqa: SLF001 - FigureWidget has no other way to its configuration
            for trace in self._figure.data:
                trace.on_click(self._clicked)
            self.children = [self._figure]
            return
        # In place and in one message: a new FigureWidget would send 5 MB of JavaScript each time.
        with self._figure.batch_update():
            for shown, wanted in zip(self._figure.data, figure.data, strict=True):
                shown.update(wanted.to_plotly_json())
            self._figure.layout.update(figure.layout.to_plotly_json())

    def save_png(self, name: str) -> None:
        """Save a picture of it."""

    def on_pick(self, act: Callable[[int, int], object]) -> None:
        """Call ``act(student_id, concept_id)`` when a cell is clicked or touched."""
        self._picked = act

    def _clicked(self, trace: Any, points: Any, _state: object) -> None:
        if trace.customdata is None:
            return
        for row, column in points.point_inds[:1]:
            student_id, concept_id = trace.customdata[row][column]
            self._picked(int(student_id), int(concept_id))
