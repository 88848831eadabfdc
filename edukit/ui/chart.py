"""The chart: a plotly figure in a page, in JupyterLab or in any Voilà, without plotly's own widget.

That widget sends 5 MB of JavaScript with every figure; this one sends numbers, once, and the page loads plotly once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets as t

from edukit.ui.figure_state import pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import plotly.graph_objects as go

CHART = "edukit-chart"
"""CSS class of the box around a chart."""
PLOTLY = Path(__file__).parents[1] / "frontend" / "static" / "plotly.js"
"""What draws: plotly.js with the traces of :data:`~edukit.ui.figure_state.DRAWN`."""


class Chart(anywidget.AnyWidget):
    """A figure that can be shown, changed, clicked, selected in, zoomed and saved.

    Beside its traits its state has the pieces of the figure that was shown last, one for each property of a trace or
    of the layout. So an update is what has changed and no more, and a page that comes later reads all of it.

    Args:
        figure: what to show at once; None: nothing yet.
        summary: what it says, as plain text.
    """

    _esm = Path(__file__).with_name("chart.js")
    summary = t.Unicode("").tag(sync=True)
    """What the chart says, in plain words: its name for those who do not see it, reachable by keyboard."""
    clicked: t.Dict[str, Any] = t.Dict({}).tag(sync=True)
    """The last point that was clicked or touched: ``trace`` and ``index`` (of a heatmap ``[row, column]``), ``x``,
    ``y``, ``z`` and ``customdata`` where it has them, and ``count``, which makes each click a change."""
    selected: t.Dict[str, Any] = t.Dict({}).tag(sync=True)
    """What is selected: ``points`` as in ``clicked`` and ``range`` by axis; empty when nothing is."""
    ranges: t.Dict[str, Any] = t.Dict({}).tag(sync=True)
    """The range that each axis shows, as ``{"xaxis": [low, high]}``, once the reader has zoomed."""

    def __init__(self, figure: go.Figure | None = None, *, summary: str = "") -> None:
        self._pieces = {} if figure is None else pieces(figure)
        # Not added afterwards: anywidget's view hears of no class that comes later.
        super().__init__(summary=summary, _dom_classes=(CHART,))
        self.on_msg(self._answer)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(summary={self.summary!r})"

    def show(self, figure: go.Figure) -> None:
        """Draw the figure in place of the last one, by sending what differs.

        Raises:
            TypeError: it has a trace that charts cannot draw.
        """
        before, self._pieces = self._pieces, pieces(figure, self._pieces)
        changed = [name for name, piece in self._pieces.items() if name not in before or before[name] != piece]
        self.send_state(changed)

    def on_click(self, act: Callable[[dict[str, Any]], object]) -> None:
        """Call ``act(point)`` when a point is clicked or touched, with what :attr:`clicked` says of it."""
        self.observe(lambda change: act(change["new"]), "clicked")

    def on_pick(self, act: Callable[[int, int], object]) -> None:
        """Call ``act(student_id, concept_id)`` when a point is clicked whose ``customdata`` is these two."""

        def picked(point: dict[str, Any]) -> None:
            match point.get("customdata"):
                case [int() | float() as student_id, int() | float() as concept_id]:
                    act(int(student_id), int(concept_id))

        self.on_click(picked)

    def save_png(self, name: str) -> None:
        """Let the browser save what is shown as a picture of that name, in the colours of its theme."""
        self.send({"save": name.removesuffix(".png")})

    def get_state(self, key: str | Iterable[str] | None = None, drop_defaults: bool = False) -> dict[str, Any]:  # noqa: FBT001, FBT002 - ipywidgets' own signature
        """All of the state, or what is asked for; pages that come later are told all of it."""
        if key is None:
            state: dict[str, Any] = super().get_state(drop_defaults=drop_defaults)
            return state | self._pieces
        names = {key} if isinstance(key, str) else set(key)
        state = super().get_state(names - self._pieces.keys(), drop_defaults)
        return state | {name: self._pieces[name] for name in names & self._pieces.keys()}

    def _answer(self, _widget: object, asked: Any, _buffers: object) -> None:
        """Send plotly to a page that nobody else gives it to."""
        if asked == {"ask": "plotly"}:
            self.send({"plotly": True}, [PLOTLY.read_bytes()])
