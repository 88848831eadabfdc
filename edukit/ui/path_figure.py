"""A student's path on a concept, week by week: the chart, the sentence that says it, and the table beside it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from edukit.analytics.wording import counted
from edukit.ui.cards import each
from edukit.ui.score_words import whole
from edukit.ui.student_cards import day
from edukit.ui.tables import table
from edukit.ui.theme import BANDS, template

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

HEIGHT, LABELS = 320, 6
"""Pixels of the chart, and weeks that are named below it, at most: as many as a phone has room for."""
LINE, BAND, EDGE = BANDS["mastered"][1], "rgba(92, 158, 210, 0.28)", "rgba(128, 128, 128, 0.7)"
HIGHEST_BELOW = 93
"""A level that begins above it leaves no room for the label of 100."""
MARKS = {"mastered_week": ("mastered", "star", BANDS["mastered"][1]), "lost_week": ("lost", "x", BANDS["beginning"][0])}
"""What is marked above the line: words, sign and colour."""


def path_chart(weeks: pd.DataFrame, dates: pd.DataFrame, thresholds: Sequence[float]) -> go.Figure:
    """The score at the end of each week with answers, inside its interval, and when the concept was mastered and lost.

    Args:
        weeks: rows of the frame ``mastery_history`` on one concept, one at least.
        dates: the row of the frame ``mastery_dates`` on it, or none.
        thresholds: scores at which *developing*, *proficient* and *mastered* begin.
    """
    mondays = weeks["week_start"].dt.strftime("%Y-%m-%d").tolist()
    edge = {"x": mondays, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    band = [
        go.Scatter(y=weeks["mastery_low"].tolist(), name="lower end", **edge),
        go.Scatter(y=weeks["mastery_high"].tolist(), name="upper end", fill="tonexty", fillcolor=BAND, **edge),
    ]
    line = go.Scatter(
        x=mondays,
        y=weeks["mastery_score"].tolist(),
        mode="lines+markers",
        line={"color": LINE, "width": 2},
        marker={"size": 8, "color": LINE},
        hovertext=[_hover(row) for row in each(weeks)],
        hoverinfo="text",
        name="score",
    )
    marks = [
        go.Scatter(
            x=[monday.strftime("%Y-%m-%d")],
            y=[104],
            mode="markers",
            marker={"symbol": sign, "size": 12, "color": colour},
            hovertext=[f"{words} in the week of {day(monday)}"],
            hoverinfo="text",
            name=words,
        )
        for monday, (words, sign, colour) in _marked(dates)
    ]
    return go.Figure([*band, line, *marks], _layout(weeks["week_start"].tolist(), thresholds))


def path_sentence(weeks: pd.DataFrame, dates: pd.DataFrame, concept: str) -> str:
    """What the chart shows, for those who do not see it."""
    if weeks.empty:
        return f"No week with an answer on {concept} is known yet, so there is no path to show."
    first, last = weeks.iloc[0], weeks.iloc[-1]
    lowest, highest = (whole(float(end)) for end in (weeks["mastery_score"].min(), weeks["mastery_score"].max()))
    stands = f"{_score(last)} ({last['level']}) in the week of {day(last['week_start'])}"
    said = (
        f"{concept}, {counted(len(weeks), 'week')} with answers: {stands}"
        if len(weeks) == 1
        else f"{concept}, {counted(len(weeks), 'week')} with answers: from {_score(first)} in the week of "
        f"{day(first['week_start'])} to {stands}; lowest {lowest}, highest {highest}"
    )
    return f"{said}; {dates['words'].iloc[0]}" if len(dates) else f"{said}."


def path_table(weeks: pd.DataFrame) -> str:
    """The weeks as a table, the latest first."""
    head = "".join(
        f'<th scope="col">{name}</th>'
        for name in ("Week of", "Score", "90% interval", "Level", "Answers until then", "Right")
    )
    body = "".join(
        f'<tr><th scope="row">{day(row.week_start)}</th><td class="number">{whole(row.mastery_score)}</td>'
        f"<td>{whole(row.mastery_low)} to {whole(row.mastery_high)}</td><td>{escape(row.level)}</td>"
        f'<td class="number">{row.total_attempts:,}</td><td class="number">{row.correct_attempts:,}</td></tr>'
        for row in each(weeks.iloc[::-1])
    )
    return table("Mastery week by week, the latest first", head, body, kind="answers")


def _score(row: Any) -> str:
    low, high = whole(row["mastery_low"]), whole(row["mastery_high"])
    return f"{whole(row['mastery_score'])} (90% interval {low} to {high})"


def _hover(row: Any) -> str:
    return (
        f"Week of {day(row.week_start)}<br>Score {whole(row.mastery_score)}, 90% interval {whole(row.mastery_low)} to "
        f"{whole(row.mastery_high)}<br>{counted(row.total_attempts, 'answer')} until then, "
        f"{row.correct_attempts:,} right"
    )


def _marked(dates: pd.DataFrame) -> list[tuple[pd.Timestamp, tuple[str, str, str]]]:
    """The weeks in which the concept was mastered, and lost again."""
    return [(monday, mark) for name, mark in MARKS.items() for monday in dates[name].dropna()]


def _layout(weeks: Sequence[pd.Timestamp], thresholds: Sequence[float]) -> go.Layout:
    told = weeks[:: -(-len(weeks) // LABELS) or 1]
    return go.Layout(
        template=template(),
        height=HEIGHT,
        margin={"l": 36, "r": 16, "t": 8, "b": 34},
        showlegend=False,
        hovermode="closest",
        xaxis={"type": "date", "tickvals": told, "ticktext": [f"{week.day} {week:%b}" for week in told]},
        yaxis={"range": [-4, 110], "tickvals": [0, *thresholds, *([100] if thresholds[-1] <= HIGHEST_BELOW else [])]},
        shapes=[
            {
                "type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": score, "y1": score, "layer": "below",
                "line": {"color": EDGE, "width": 1, "dash": "dot"},
            }
            for score in thresholds
        ],
    )  # fmt: skip
