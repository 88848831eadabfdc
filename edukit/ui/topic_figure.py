"""The figure of a class's topics: what needs what, where the class stands, what holds it up. Frame to Figure, pure."""

from __future__ import annotations

from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from edukit.analytics.wording import counted
from edukit.ui.figures import shortened
from edukit.ui.score_words import whole
from edukit.ui.theme import INK_ON_SCALE, LIGHT, UNANSWERED, mastery_scale, template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edukit.analytics.topic_map import TopicMap

COLUMNS, ROW, WIDTH = (168, 300), 112, 1000
"""Pixels from step to step, at least and at most, from topic to topic within one, and of the whole where there is room.
"""
ACROSS, ABOVE, BELOW = 78, 34, 70
"""Pixels that the outermost topics and their names take on each side."""
SMALLEST, LARGEST = 26, 54
"""Diameters in pixels of a topic that holds nothing up, and of that which holds up most."""
LINE_LETTERS, LINES = 19, 3
"""Letters in a line below a topic, and its lines, at most."""
EDGE = "rgba(128, 128, 128, 0.55)"


def topic_graph(drawn: TopicMap, thresholds: Sequence[float]) -> go.Figure:
    """Topics from left to right in the steps in which they can be learnt, each with a line to what it needs.

    Args:
        drawn: what :func:`edukit.analytics.topic_map.topic_map` gave, of one topic at least.
        thresholds: scores at which *developing*, *proficient* and *mastered* begin.

    Returns:
        A figure of two traces: the lines, and the topics, whose colour is the median score, whose size and number
        are what they hold up, and whose ``customdata`` is the concept that blocks most (-1: none).
    """
    rows = drawn.topics
    x = rows["step"].to_numpy(dtype=float)
    y = (rows["place"] - (rows.groupby("step")["place"].transform("size") - 1) / 2).to_numpy(dtype=float)
    ends = _ends(drawn, x * _column(x), y * ROW)
    lines = go.Scatter(
        x=[None if place is None else place / _column(x) for place in ends[0]],
        y=[None if place is None else place / ROW for place in ends[1]],
        mode="lines",
        line={"color": EDGE, "width": 1.5},
        hoverinfo="skip",
        name="needs",
    )
    return go.Figure([lines, _topics(rows, x, y, thresholds)], _layout(rows, x, y))


def _ends(drawn: TopicMap, x: Any, y: Any) -> tuple[list[float | None], list[float | None]]:
    """From where to where the lines go, in pixels, with None between two: from circle to circle, and into none."""
    places = pd.Index(drawn.topics["topic_id"])
    start, end = (places.get_indexer(drawn.needs[name]) for name in ("prerequisite_id", "topic_id"))
    radius, long = _sizes(drawn.topics) / 2, np.hypot(x[end] - x[start], y[end] - y[start])
    gap = np.full(len(start), None)
    found = []
    for axis in (x, y):
        way = (axis[end] - axis[start]) / long
        found.append(np.column_stack([axis[start] + way * radius[start], axis[end] - way * radius[end], gap]))
    return found[0].ravel().tolist(), found[1].ravel().tolist()


def _column(x: Any) -> float:
    """Pixels from step to step."""
    least, most = COLUMNS
    return float(min(most, max(least, (WIDTH - 2 * ACROSS) / max(x.max(initial=0), 1))))


def _topics(rows: pd.DataFrame, x: Any, y: Any, thresholds: Sequence[float]) -> go.Scatter:
    blocked, score = rows["blocked"].to_numpy(dtype=float), rows["median_score"].to_numpy(dtype=float)
    holds, scale = blocked > 0, mastery_scale(thresholds)
    return go.Scatter(
        x=x,
        y=y,
        mode="markers+text",
        marker={
            "size": _sizes(rows),
            "color": [UNANSWERED if np.isnan(one) else _colour(one, scale) for one in score],
            "opacity": 1,
            "line": {
                "width": np.where(holds, 2.5, 0.5).tolist(),
                "color": np.where(holds, LIGHT["wrong"], EDGE).tolist(),
            },
        },
        text=[f"{number:,.0f}" if number else "" for number in blocked],
        textfont={"size": 12, "color": INK_ON_SCALE},
        hovertext=[_hover(row) for row in rows.to_dict("records")],
        hoverinfo="text",
        customdata=rows["concept_id"].tolist(),
        name="topics",
    )


def _sizes(rows: pd.DataFrame) -> Any:
    """The diameter of each topic: by area, as areas are what is seen."""
    blocked = rows["blocked"].to_numpy(dtype=float)
    return (np.sqrt(blocked / max(blocked.max(initial=0), 1)) * LARGEST).clip(SMALLEST, LARGEST)


def _colour(score: float, scale: list[tuple[float, str]]) -> str:
    """The colour of a score: that at the start of its level, since a circle is too small for shades."""
    return [colour for edge, colour in scale[::2] if 100 * edge <= score][-1]


def _hover(row: dict[Any, Any]) -> str:
    title = f"<b>{escape(row['topic'])}</b><br>"
    if np.isnan(row["median_score"]):
        return f"{title}No answers yet"
    stands = (
        f"{title}Median score {whole(row['median_score'])}, {counted(row['students_answered'], 'student')} answered"
    )
    if not row["blocked"]:
        return f"{stands}<br>Holds nothing up"
    return f"{stands}<br>{counted(row['students_weak'], 'student')} weak, holds up {row['blocked']:,} in all"


def _label(name: str) -> str:
    lines = wrap(name, LINE_LETTERS, break_long_words=True)
    kept = lines[:LINES] if len(lines) <= LINES else [*lines[: LINES - 1], shortened(" ".join(lines[LINES - 1 :]), 18)]
    return "<br>".join(escape(line) for line in kept)


def _layout(rows: pd.DataFrame, x: Any, y: Any) -> go.Layout:
    steps, half = x.max(initial=0), np.abs(y).max(initial=0)
    column = _column(x)
    return go.Layout(
        template=template(),
        width=int(2 * ACROSS + column * steps),
        height=int(ABOVE + ROW * 2 * half + BELOW),
        margin=dict.fromkeys("lrtb", 0),
        showlegend=False,
        hovermode="closest",
        # Circles are cut off at the ends of an axis.
        xaxis={"visible": False, "range": [-ACROSS / column, steps + ACROSS / column]},
        yaxis={"visible": False, "range": [half + BELOW / ROW, -half - ABOVE / ROW]},
        annotations=[
            {
                "x": across, "y": down, "text": _label(name), "showarrow": False, "yanchor": "top",
                "yshift": -size / 2 - 1, "font": {"size": 12},
            }
            for across, down, name, size in zip(
                x.tolist(), y.tolist(), rows["topic"], _sizes(rows).tolist(), strict=True
            )
        ],
    )  # fmt: skip
