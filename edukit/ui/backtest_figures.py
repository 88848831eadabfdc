"""Figures of a backtest: what was predicted beside what happened, and a model beside its baselines; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import plotly.graph_objects as go

from edukit.analytics.intervals import share_interval
from edukit.ui.theme import BANDS, template

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

POINT, LINE, OTHER = BANDS["mastered"][1], "#8c8b86", BANDS["developing"][1]
SIZES = 6, 26
"""Diameters in pixels of the bins with fewest and most answers."""
RELIABILITY_SIZE, BAR_HEIGHT = 420, 44


def reliability_chart(curve: pd.DataFrame) -> go.Figure:
    """What was predicted against what happened; on the line both are the same.

    Args:
        curve: of :meth:`edukit.analytics.prediction.backtest.Backtest.reliability`. The thin lines are 90% intervals of
            the share of right answers (Wilson's), the larger a point the more answers.
    """
    right = curve["is_correct"] * curve["attempts"]
    low, high = share_interval(right, curve["attempts"])
    share = np.sqrt(curve["attempts"] / max(1, curve["attempts"].max()))
    points = go.Scatter(
        x=(100 * curve["p_correct"]).tolist(),
        y=(100 * curve["is_correct"]).tolist(),
        mode="markers",
        marker={"color": POINT, "size": (SIZES[0] + share * (SIZES[1] - SIZES[0])).tolist(), "opacity": 1},
        error_y={
            "array": (100 * np.maximum(high - curve["is_correct"], 0)).tolist(),
            "arrayminus": (100 * np.maximum(curve["is_correct"] - low, 0)).tolist(),
            "color": POINT, "thickness": 1, "width": 0,
        },
        hovertext=[
            f"{row.attempts:,} answers predicted at {row.p_correct:.0%}: {row.is_correct:.0%} were right"
            for row in curve.itertuples()
        ],
        hoverinfo="text",
    )  # fmt: skip
    line = go.Scatter(x=[0, 100], y=[0, 100], mode="lines", line={"color": LINE, "dash": "dot"}, hoverinfo="skip")
    axis: dict[str, Any] = {"range": [-2, 102], "tickvals": [0, 25, 50, 75, 100]}
    layout = go.Layout(
        template=template(),
        width=RELIABILITY_SIZE,
        height=RELIABILITY_SIZE,
        showlegend=False,
        margin={"l": 58, "r": 12, "t": 12, "b": 50},
        xaxis={**axis, "title": {"text": "Predicted, in percent"}},
        yaxis={**axis, "title": {"text": "Right, in percent"}},
    )
    return go.Figure([line, points], layout)


def measures_chart(summary: Mapping[str, Any], measure: str = "auc") -> go.Figure:
    """A measure of the model and of each baseline as bars, the best first.

    Args:
        summary: of :meth:`edukit.analytics.prediction.backtest.Backtest.summary`.
        measure: ``auc`` (higher is better), ``rmse`` or ``ece`` (lower is better).
    """
    found = {"model": summary["model"][measure]} | {
        name.replace("_", " "): row[measure] for name, row in summary["baselines"].items()
    }
    known = {name: value for name, value in found.items() if value is not None}
    names = sorted(known, key=lambda name: known[name], reverse=measure == "auc")
    values = [known[name] for name in names]
    bars = go.Bar(
        x=values,
        y=names,
        orientation="h",
        marker={"color": [POINT if name == "model" else OTHER for name in names]},
        text=[f"{value:.3f}" for value in values],
        textposition="outside",
        hovertext=[f"{name}: {value:.3f}" for name, value in zip(names, values, strict=True)],
        hoverinfo="text",
    )
    layout = go.Layout(
        template=template(),
        height=60 + BAR_HEIGHT * len(names),
        margin={"l": 108, "r": 12, "t": 8, "b": 40},
        xaxis={
            "range": [0.5 if measure == "auc" else 0, 1.12 * max(values, default=1)],
            "title": {"text": measure.upper()},
        },
        yaxis={"type": "category", "autorange": "reversed"},
    )
    return go.Figure(bars, layout)
