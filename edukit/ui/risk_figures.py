"""Figures of risk: a class by level and trend, and a student's scores over time. Frame to Figure, pure."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from edukit.analytics.risk import THRESHOLDS, TRENDS
from edukit.analytics.wording import counted
from edukit.models.risk import RISK_LEVELS
from edukit.ui.cards import each
from edukit.ui.risk_cards import KINDS, predicted
from edukit.ui.risk_history import thinned
from edukit.ui.score_words import last_seen, whole
from edukit.ui.student_cards import day
from edukit.ui.theme import BANDS, COUNTS, INK_ON_SCALE, template

if TYPE_CHECKING:
    from numpy.typing import NDArray

GREY = "#8c8b86"
TREND_COLOURS = {
    "rising": BANDS["beginning"][0],
    "steady": BANDS["developing"][0],
    "falling": BANDS["mastered"][0],
    "new": BANDS["proficient"][0],
}
"""Colours of where scores go; each bar says it in words as well."""
LINE, ACTED = BANDS["beginning"][0], BANDS["mastered"][1]
LABELLED = 0.25
"""Share of the longest bar in which a count and a word have room."""
LEVELS_HEIGHT, SCORES_HEIGHT = 220, 340


def levels_chart(frame: pd.DataFrame) -> go.Figure:
    """How many students of the frame ``risk`` are at each level, by where their scores go."""
    rows = predicted(frame)
    counts = pd.crosstab(rows["risk_level"], rows["trend"]).reindex(
        index=list(RISK_LEVELS), columns=list(TRENDS), fill_value=0
    )
    longest = int(counts.sum(axis=1).max())
    bars = [
        go.Bar(
            y=list(RISK_LEVELS),
            x=counts[trend].tolist(),
            orientation="h",
            name=trend,
            marker={"color": TREND_COLOURS[trend]},
            text=[_label(count, trend, longest) for count in counts[trend].tolist()],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": INK_ON_SCALE, "size": 12},
            hovertext=[
                f"{counted(count, 'student')} {level}, {trend}"
                for level, count in zip(RISK_LEVELS, counts[trend].tolist(), strict=True)
            ],
            hoverinfo="text",
        )
        for trend in TRENDS
    ]
    layout = go.Layout(
        template=template(),
        height=LEVELS_HEIGHT,
        barmode="stack",
        bargap=0.25,
        showlegend=False,
        margin={"l": 64, "r": 12, "t": 8, "b": 32},
        xaxis={**COUNTS, "nticks": 6},
        yaxis={"type": "category"},
    )
    return go.Figure(bars, layout)


def _label(count: int, trend: str, longest: int) -> str:
    """What stands in a bar: as much as has room on a phone."""
    if not count:
        return ""
    return f"{count} {trend}" if count > LABELLED * longest else str(count)


def scores_chart(history: pd.DataFrame, done: pd.DataFrame) -> go.Figure:
    """A student's scores over time, thinned where they are many, with what was said of them and what was done.

    Args:
        history: the frame ``risk_history``, one row at least.
        done: the frame ``interventions`` of the student.
    """
    history = thinned(history)
    days = [on.strftime("%Y-%m-%d") for on in history["predicted_on"]]
    scores = go.Scatter(
        x=days,
        y=history["risk_score"].tolist(),
        mode="lines+markers",
        line={"color": LINE, "width": 2},
        marker={"size": 6},
        hovertext=[_prediction(row) for row in each(history)],
        hoverinfo="text",
        name="score",
    )
    said = history[history["response"].notna()]
    answers = go.Scatter(
        x=[on.strftime("%Y-%m-%d") for on in said["predicted_on"]],
        y=said["risk_score"].tolist(),
        mode="markers",
        marker={
            "size": 13,
            "color": GREY,
            "symbol": ["x" if answer == "dismissed" else "circle-open" for answer in said["response"]],
            "line": {"width": 2},
        },
        hovertext=[f"{row.response.capitalize()} by {escape(row.responded_by)}" for row in each(said)],
        hoverinfo="text",
        name="answer",
    )
    acts = go.Scatter(
        x=[at.strftime("%Y-%m-%d %H:%M") for at in done["happened_at"]],
        y=_score_then(history, done).tolist(),
        mode="markers",
        marker={"size": 14, "color": ACTED, "symbol": "diamond"},
        hovertext=[_intervention(row) for row in each(done)],
        hoverinfo="text",
        name="intervention",
    )
    return go.Figure([scores, answers, acts], _scores_layout())


def scores_legend() -> str:
    """What each mark of the scores' chart is."""
    keys = (("●", "score"), ("○", "acknowledged"), ("✕", "dismissed"), ("◆", "intervention"))
    items = "".join(f'<li><b aria-hidden="true">{mark}</b> {name}</li>' for mark, name in keys)
    return f'<ul class="legend">{items}</ul>'


def _score_then(history: pd.DataFrame, done: pd.DataFrame) -> NDArray[np.float64]:
    """The score that stood when each intervention was made; of one before all predictions, the first."""
    acted = done["happened_at"].dt.tz_localize(None).to_numpy()
    place = np.searchsorted(history["predicted_on"].to_numpy(), acted, side="right") - 1
    scores: NDArray[np.float64] = history["risk_score"].to_numpy(dtype=np.float64)[np.maximum(place, 0)]
    return scores


def _prediction(row: Any) -> str:
    # plotly reads its own markup in a text.
    reasons = "" if pd.isna(row.reasons) else "<br>".join(escape(line) for line in row.reasons.splitlines())
    head = f"{day(row.predicted_on)}: {whole(row.risk_score)} of 100, {row.risk_level}, confidence {row.confidence:.0%}"
    return f"{head}<br>{reasons}" if reasons else head


def _intervention(row: Any) -> str:
    known = "" if pd.isna(row.outcome) else f", {row.outcome}"
    return f"{KINDS[row.kind]} by {escape(row.made_by)}, {last_seen(row.happened_at)}{known}"


def _scores_layout() -> go.Layout:
    edges = [{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": edge, "y1": edge} for edge in THRESHOLDS]
    names = zip(RISK_LEVELS, (0.0, *THRESHOLDS), strict=True)
    return go.Layout(
        template=template(),
        height=SCORES_HEIGHT,
        showlegend=False,
        margin={"l": 36, "r": 60, "t": 12, "b": 36},
        xaxis={"type": "date", "tickformat": "%-d %b", "nticks": 7},
        yaxis={"range": [-4, 104], "tickvals": [0, *THRESHOLDS, 100]},
        shapes=[{**edge, "line": {"color": GREY, "width": 1, "dash": "dot"}} for edge in edges],
        annotations=[
            {
                "text": level, "x": 1, "xref": "paper", "xanchor": "left", "y": least, "yanchor": "bottom",
                "showarrow": False, "font": {"size": 12},
            }
            for level, least in names
        ],
    )  # fmt: skip
