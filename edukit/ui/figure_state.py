"""A figure as state of a widget: pieces that JSON can hold, and numbers as bytes."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
from plotly.utils import PlotlyJSONEncoder

if TYPE_CHECKING:
    from collections.abc import Mapping

    import plotly.graph_objects as go
    from numpy.typing import NDArray

DRAWN = ("bar", "heatmap", "scatter")
"""The traces that the page can draw: those that ``frontend/src/plotly.js`` is built with."""
PLAIN = frozenset({"geojson", "layer", "layers", "range"})
"""Properties in which plotly takes no bytes."""
DIMENSIONS = 3
"""How many dimensions plotly takes in bytes."""
FLOATS, WHOLE = (4, 8), ("i1", "u1", "i2", "u2", "i4", "u4")
"""Bytes of the floats that plotly.js reads, and its whole numbers, which have no eight bytes."""


def pieces(figure: go.Figure, before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The properties of a figure, each under its place, as ``data.0.z`` or ``layout.xaxis``.

    Args:
        figure: what to show.
        before: the pieces of the figure that was shown before it.

    Returns:
        The pieces, and under ``figure`` which of them there are (``traces``, ``layout``) and the figure's ``number``,
        which is that of ``before`` if nothing differs.

    Raises:
        TypeError: it has a trace that is not in :data:`DRAWN`.
    """
    traces = [trace.to_plotly_json() | {"type": trace.type} for trace in figure.data]
    for trace in traces:
        if trace["type"] not in DRAWN:
            raise TypeError(
                f"A chart draws {', '.join(DRAWN)}, and this figure has a {trace['type']}: show the figure by itself."
            )
    layout = figure.layout.to_plotly_json()
    places = {f"data.{index}": trace for index, trace in enumerate(traces)} | {"layout": layout}
    held = {f"{place}.{name}": portable(value, name) for place, part in places.items() for name, value in part.items()}
    last: dict[str, Any] = dict(before or {})
    number = last.pop("figure", {"number": 0})["number"]
    told = {"traces": [list(trace) for trace in traces], "layout": list(layout)}
    return held | {"figure": told | {"number": number + (held != last)}}


def portable(value: object, name: str = "") -> Any:
    """The value as JSON holds it, with arrays of numbers as bytes that plotly.js takes as they are.

    What is not a finite number is null, but in bytes it stays.
    """
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if isfinite(value) else None
        case dict():
            return {key: portable(one, key) for key, one in value.items()}
        case list() | tuple():
            return [portable(one) for one in value]
        case np.ndarray():
            return _packed(value, name)
    return portable(PlotlyJSONEncoder().default(value))


def _packed(array: NDArray[Any], name: str) -> Any:
    """An array of numbers as dtype, shape and bytes; any other as a list."""
    dtype = _packable(array)
    if dtype is None or not array.size or array.ndim > DIMENSIONS or name in PLAIN:
        return portable(array.astype(str).tolist() if array.dtype.kind == "M" else array.tolist())
    shape = ",".join(map(str, array.shape))
    return {"dtype": dtype, "shape": shape, "bdata": array.astype(f"<{dtype}").tobytes()}


def _packable(array: NDArray[Any]) -> str | None:
    """The smallest type of plotly.js that holds the numbers; None: there is none."""
    if array.dtype.kind == "f" and array.dtype.itemsize in FLOATS:
        return f"f{array.dtype.itemsize}"
    if array.dtype.kind not in "iu" or not array.size:
        return None
    low, high = int(array.min()), int(array.max())
    return next((one for one in WHOLE if np.iinfo(one).min <= low and high <= np.iinfo(one).max), None)
