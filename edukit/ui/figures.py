"""Figures: frame to Figure, pure."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from edukit.ui.theme import INK_ON_SCALE, UNANSWERED, mastery_scale, template

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pandas.api.typing import NaTType

Order = Literal["need", "name"]

CELL_HEIGHT = 30
CELL_WIDTHS = (32, 56)
"""Narrowest and widest cell in pixels: wide enough for a finger and for ``100``."""
PLOT_WIDTH = 960
NAME_LENGTH = 22
CONCEPT_LENGTH = 26
TEXT_CELLS = 1500
"""With more cells than this the scores are on hover only: an old laptop takes seconds to draw the numbers."""


def mastery_heatmap(frame: pd.DataFrame, thresholds: Sequence[float], *, order: Order = "need") -> go.Figure:
    """Students by concepts in the order of the curriculum, coloured by mastery score (0-100).

    Args:
        frame: rows of the frame ``class_mastery``.
        thresholds: scores at which *developing*, *proficient* and *mastered* begin.
        order: students from the top by ``need`` (lowest mean score first) or by ``name``.

    Returns:
        A figure of two heatmaps: the scores, and the cells that have no answers yet. ``customdata`` of a
        cell is ``[student_id, concept_id]``.
    """
    rows, columns = students_in_order(frame, order), concepts_in_order(frame)
    scores = _grid(frame, "mastery_score", rows, columns)
    ids = np.empty((len(rows), len(columns), 2))
    ids[:, :, 0], ids[:, :, 1] = rows["student_id"].to_numpy()[:, None], columns["concept_id"].to_numpy()[None, :]
    common = {
        "customdata": ids,
        "hovertext": _hover_texts(frame, rows, columns),
        "hoverinfo": "text",
        "hoverongaps": False,
        "xgap": 2,
        "ygap": 2,
        "showscale": False,
        "textfont": {"size": 12, "color": INK_ON_SCALE},
    }
    scored = go.Heatmap(
        z=scores,
        zmin=0,
        zmax=100,
        colorscale=mastery_scale(thresholds),
        text=[["" if np.isnan(score) else whole(score) for score in row] for row in scores],
        texttemplate="%{text}" if scores.size <= TEXT_CELLS else "",
        name="score",
        **common,
    )
    unanswered = go.Heatmap(
        z=np.where(np.isnan(scores), 0.0, np.nan),
        zmin=0,
        zmax=1,
        colorscale=[(0, UNANSWERED), (1, UNANSWERED)],
        name="no answers yet",
        **common,
    )
    return go.Figure([scored, unanswered], _layout(rows["student"].tolist(), columns["concept"].tolist()))


def students_in_order(frame: pd.DataFrame, order: Order) -> pd.DataFrame:
    """The students of the frame, once each: ``student_id``, ``student`` and ``mean_score``.

    By ``need``: lowest mean score first, those without any score last. Students of the same name are
    numbered, in the order of their ids.
    """
    students = frame.groupby("student_id", sort=False, as_index=False).agg(
        student=("student", "first"), mean_score=("mastery_score", "mean")
    )
    number = students.sort_values("student_id").groupby("student").cumcount() + 1
    numbered = students["student"] + " (" + number.astype("str") + ")"
    students["student"] = students["student"].mask(students["student"].duplicated(keep=False), numbered)
    by = ["mean_score", "student", "student_id"] if order == "need" else ["student", "student_id"]
    return students.sort_values(by, na_position="last", kind="stable", ignore_index=True)


def concepts_in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """The concepts of the frame, once each, in the order of the curriculum."""
    concepts = frame.drop_duplicates("concept_id")[["concept_id", "concept", "topic", "concept_order"]]
    return concepts.sort_values("concept_order", kind="stable", ignore_index=True)


def shortened(name: str, length: int) -> str:
    """The name in at most ``length`` characters, cut at its end."""
    return name if len(name) <= length else name[: length - 1].rstrip() + "…"


def whole(score: float) -> str:
    """A score without decimals, rounded down: one below a threshold must not read as the threshold."""
    return str(int(score))


def last_seen(moment: pd.Timestamp | NaTType) -> str:
    """The day of an answer in words; no time was recorded: that, and never a made-up date."""
    return "time not recorded" if isinstance(moment, type(pd.NaT)) else f"{moment.day} {moment:%b %Y} (UTC)"


def _grid(frame: pd.DataFrame, column: str, rows: pd.DataFrame, columns: pd.DataFrame) -> NDArray[np.float64]:
    values = np.full((len(rows), len(columns)), np.nan)
    values[_places(frame, rows, columns)] = frame[column].to_numpy(dtype=float)
    return values


def _places(
    frame: pd.DataFrame, rows: pd.DataFrame, columns: pd.DataFrame
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return (
        pd.Index(rows["student_id"]).get_indexer(frame["student_id"]),
        pd.Index(columns["concept_id"]).get_indexer(frame["concept_id"]),
    )


def _hover_texts(frame: pd.DataFrame, rows: pd.DataFrame, columns: pd.DataFrame) -> NDArray[np.object_]:
    texts = np.full((len(rows), len(columns)), "", dtype=object)
    texts[_places(frame, rows, columns)] = [
        _hover_text(*cell)
        for cell in zip(
            frame["student"],
            frame["concept"],
            frame["mastery_score"],
            frame["mastery_low"],
            frame["mastery_high"],
            frame["total_attempts"],
            frame["correct_attempts"],
            frame["last_attempted_at"],
            strict=True,
        )
    ]
    return texts


def _hover_text(  # noqa: PLR0913, PLR0917 - one argument for each figure that the reader sees
    student: str,
    concept: str,
    score: float,
    low: float,
    high: float,
    answers: int,
    right: int,
    last: pd.Timestamp | NaTType,
) -> str:
    # plotly reads its own markup in a text; a name must stay a name.
    title = f"<b>{escape(student)}</b><br>{escape(concept)}<br>"
    if np.isnan(score):
        return title + "No answers yet"
    return (
        f"{title}Score {whole(score)}, 90% interval {whole(low)} to {whole(high)}<br>"
        f"{answers} {'answer' if answers == 1 else 'answers'}, {right} right<br>Last answer: {last_seen(last)}"
    )


def _layout(students: list[str], concepts: list[str]) -> go.Layout:
    names = [escape(shortened(name, NAME_LENGTH)) for name in students]
    labels = [escape(shortened(name, CONCEPT_LENGTH)) for name in concepts]
    # Plain numbers as positions: two students of the same name are two rows.
    left = 24 + 7 * max((len(shortened(name, NAME_LENGTH)) for name in students), default=0)
    longest = max((len(shortened(name, CONCEPT_LENGTH)) for name in concepts), default=0)
    top, right = 24 + int(5.2 * longest), 24 + int(4.2 * longest)
    narrowest, widest = CELL_WIDTHS
    cell = min(widest, max(narrowest, PLOT_WIDTH // max(1, len(concepts))))
    return go.Layout(
        template=template(),
        width=left + cell * len(concepts) + right,
        height=top + CELL_HEIGHT * len(students) + 12,
        margin={"l": left, "r": right, "t": top, "b": 12, "pad": 4},
        xaxis={
            "side": "top",
            "tickangle": -50,
            "tickvals": list(range(len(concepts))),
            "ticktext": labels,
            "range": [-0.5, len(concepts) - 0.5],
        },
        yaxis={
            "tickvals": list(range(len(students))),
            "ticktext": names,
            "range": [len(students) - 0.5, -0.5],
        },
    )
