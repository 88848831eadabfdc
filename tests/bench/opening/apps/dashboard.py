"""What every side of the bench shows of a class, so that only the way to the browser differs between them."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

HEADING = "Mastery of a class"
SENTENCE = "How likely each student's next answer on each concept is right, from 0 to 100."
FILE = "scores.csv"
MASTERED = 80
TEXT_CELLS = 1500
"""With more cells than this the scores are on hover only, on every side, as in edukit's own dashboards."""


def read() -> pd.DataFrame:
    """Rows of ``class``, ``student``, ``concept`` and ``score`` (0-100), from the file beside the app."""
    return pd.read_csv(FILE)


def class_names(frame: pd.DataFrame) -> list[str]:
    """The classes there are."""
    return sorted(frame["class"].unique())


def grid(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """The scores of a class, students by concepts."""
    of_class = frame[frame["class"] == name]
    return of_class.pivot(index="student", columns="concept", values="score")  # noqa: PD010 - one score each: no mean


def heatmap(scores: pd.DataFrame, name: str) -> go.Figure:
    """Students by concepts, with the scores in the cells."""
    trace = go.Heatmap(
        z=scores.to_numpy(),
        x=scores.columns.to_list(),
        y=scores.index.to_list(),
        zmin=0,
        zmax=100,
        colorscale="RdBu",
        texttemplate="%{z:.0f}" if scores.size <= TEXT_CELLS else None,
        xgap=1,
        ygap=1,
    )
    figure = go.Figure(trace)
    figure.update_layout(title=heatmap_title(name), height=200 + 22 * len(scores))
    figure.update_yaxes(autorange="reversed", dtick=1)
    return figure


def heatmap_title(name: str) -> str:
    """What stands above the heatmap."""
    return f"Scores of {name}"


def bars(scores: pd.DataFrame, name: str) -> go.Figure:
    """The mean of each concept."""
    means = scores.mean()
    figure = go.Figure(go.Bar(x=means.index.to_list(), y=means.to_numpy()))
    figure.update_layout(title=bars_title(name), height=360)
    figure.update_yaxes(range=[0, 100])
    return figure


def bars_title(name: str) -> str:
    """What stands above the bars."""
    return f"Concept means of {name}"


def students(scores: pd.DataFrame) -> pd.DataFrame:
    """One row a student: mean score, concepts mastered, the strongest and the weakest."""
    return pd.DataFrame(
        {
            "Student": scores.index,
            "Mean": scores.mean(axis=1).round(1).to_numpy(),
            "Mastered": (scores >= MASTERED).sum(axis=1).to_numpy(),
            "Strongest": scores.idxmax(axis=1).to_numpy(),
            "Weakest": scores.idxmin(axis=1).to_numpy(),
        }
    )
