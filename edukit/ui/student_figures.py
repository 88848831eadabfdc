"""Figures of one student: frame to Figure, pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import plotly.graph_objects as go

from edukit.ui.theme import BANDS, template

if TYPE_CHECKING:
    from collections.abc import Sequence

ANSWERS, SHARE = BANDS["mastered"][1], BANDS["beginning"][0]
WEEKS_HEIGHT = 320
LABELS = 6
"""Weeks that are named below the chart, at most: as many as a phone has room for."""


def weekly_answers(weeks: pd.DataFrame) -> go.Figure:
    """Answers a week as bars, and below them the share of right ones as a line.

    Args:
        weeks: what :func:`edukit.analytics.activity.weekly` gave.
    """
    mondays = weeks["week"].dt.strftime("%Y-%m-%d").tolist()
    hover = [_week(*row) for row in weeks[["week", "attempts", "correct_attempts"]].itertuples(index=False)]
    common = {"x": mondays, "hovertext": hover, "hoverinfo": "text"}
    bars = go.Bar(y=weeks["attempts"].tolist(), marker={"color": ANSWERS}, name="answers", **common)
    line = go.Scatter(
        y=[None if pd.isna(share) else 100 * share for share in weeks["correct_share"]],
        mode="lines+markers",
        line={"color": SHARE, "width": 2},
        marker={"size": 7},
        name="right, in percent",
        yaxis="y2",
        **common,
    )
    return go.Figure([bars, line], _layout(weeks["week"].tolist()))


def _week(monday: pd.Timestamp, answers: int, right: int) -> str:
    """A week in words."""
    share = f"<br>{right:,} right: {right / answers:.0%}" if answers else ""
    return f"Week of {monday.day} {monday:%b %Y}<br>{answers:,} {'answer' if answers == 1 else 'answers'}{share}"


def _layout(weeks: Sequence[pd.Timestamp]) -> go.Layout:
    titles = (("Answers a week", 1.0), ("Right, in percent", 0.36))
    told = weeks[:: -(-len(weeks) // LABELS) or 1]
    names = [f"{week.day} {week:%b}" for week in told]
    return go.Layout(
        template=template(),
        height=WEEKS_HEIGHT,
        margin={"l": 44, "r": 12, "t": 26, "b": 34},
        showlegend=False,
        bargap=0.25,
        xaxis={"type": "date", "anchor": "y2", "tickvals": told, "ticktext": names},
        yaxis={"domain": [0.46, 1], "rangemode": "tozero", "nticks": 4},
        yaxis2={"domain": [0, 0.28], "range": [-6, 106], "tickvals": [0, 50, 100]},
        annotations=[
            {
                "text": text, "x": 0, "xref": "paper", "xanchor": "left", "y": y, "yref": "paper", "yanchor": "bottom",
                "showarrow": False, "font": {"size": 13},
            }
            for text, y in titles
        ],
    )  # fmt: skip
