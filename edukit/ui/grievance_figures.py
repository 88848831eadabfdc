"""Grievances week by week: the chart, the sentence that says it, and the table beside it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from edukit.analytics.wording import counted
from edukit.ui.listing import listing
from edukit.ui.theme import BANDS, COUNTS, template

if TYPE_CHECKING:
    from collections.abc import Sequence

FILED, RESOLVED, OPEN = BANDS["beginning"][0], BANDS["mastered"][1], "#8c8b86"
"""Colours of what came, what was settled, and what is left: seen on light and on dark, and apart by place as well."""
HEIGHT, TICKS = 360, 8


def weeks_chart(weeks: pd.DataFrame) -> go.Figure:
    """What was open at the end of each week, above what was filed and resolved in it: ``grievance_figures``."""
    mondays = weeks["week_start"].dt.strftime("%Y-%m-%d").tolist()
    hover = [_told(*row) for row in weeks.itertuples(index=False)]
    common = {"x": mondays, "hovertext": hover, "hoverinfo": "text"}
    left = go.Scatter(
        y=weeks["open_at_end"].tolist(),
        mode="lines+markers",
        line={"color": OPEN, "width": 2, "shape": "hv"},
        marker={"size": 6},
        name="open",
        **common,
    )
    bars = [
        go.Bar(y=weeks[name].tolist(), marker={"color": colour}, name=name, yaxis="y2", **common)
        for name, colour in (("filed", FILED), ("resolved", RESOLVED))
    ]
    return go.Figure([left, *bars], _layout(mondays))


def weeks_sentence(weeks: pd.DataFrame, *, over: bool = False) -> str:
    """What the chart shows, for those who do not see it, and whether the last of its weeks is over."""
    sums = weeks[["filed", "resolved", "reopened"]].sum()
    now = int(weeks["open_at_end"].iloc[-1])
    back = f", and {int(sums['reopened']):,} came back" if sums["reopened"] else ""
    return (
        f"In {counted(len(weeks), 'week')} {counted(int(sums['filed']), 'grievance')} came and "
        f"{int(sums['resolved']):,} {'was' if sums['resolved'] == 1 else 'were'} resolved{back}; "
        f"{now:,} {('was' if over else 'is') if now == 1 else ('were' if over else 'are')} open or in progress "
        f"{'at the end of the last week' if over else 'now'}."
    )


def weeks_table(weeks: pd.DataFrame) -> str:
    """The same as a table, the latest week first."""
    rows = weeks.iloc[::-1]
    median = rows["median_days_to_resolve"].map("{:.1f}".format, na_action="ignore")
    shown = pd.DataFrame(
        {
            "week from": rows["week_start"].dt.strftime("%Y-%m-%d").tolist(),
            **{name: rows[name].tolist() for name in ("filed", "resolved", "reopened")},
            "open at its end": rows["open_at_end"].tolist(),
            "median days to resolve": median.tolist(),
        }
    )
    return f'<div class="edukit-weeks">{listing(shown, "Grievances week by week, the latest first")}</div>'


def weeks_legend() -> str:
    """Which colour is what."""
    keys = ((FILED, "filed"), (RESOLVED, "resolved"), (OPEN, "open or in progress at the end of the week"))
    items = "".join(
        f'<li><i class="swatch" style="background:{colour}"></i>{escape(name)}</li>' for colour, name in keys
    )
    return f'<ul class="legend">{items}</ul>'


def _told(  # noqa: PLR0913, PLR0917 - one argument for each figure that the reader sees
    monday: pd.Timestamp, filed: int, resolved: int, reopened: int, left: int, days: float
) -> str:
    back = f", {reopened:,} reopened" if reopened else ""
    took = "" if np.isnan(days) else f"<br>Median {days:.1f} days to resolve"
    return f"Week of {monday.day} {monday:%b %Y}<br>{filed:,} filed, {resolved:,} resolved{back}<br>{left:,} open{took}"


def _layout(mondays: Sequence[str]) -> go.Layout:
    titles = (("Open at the end of the week", 1.0), ("Filed and resolved in the week", 0.4))
    return go.Layout(
        template=template(),
        height=HEIGHT,
        margin={"l": 40, "r": 12, "t": 28, "b": 34},
        showlegend=False,
        barmode="group",
        bargap=0.2,
        xaxis={
            "type": "date",
            "anchor": "y2",
            "tickformat": "%-d %b",
            "tickvals": mondays[:: -(-len(mondays) // TICKS)],
        },
        yaxis={"domain": [0.56, 1], **COUNTS, "nticks": 4},
        yaxis2={"domain": [0, 0.4], **COUNTS, "nticks": 4},
        annotations=[
            {
                "text": text, "x": 0, "xref": "paper", "xanchor": "left", "y": y, "yref": "paper", "yanchor": "bottom",
                "showarrow": False, "font": {"size": 13},
            }
            for text, y in titles
        ],
    )  # fmt: skip
