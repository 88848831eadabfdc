"""Figures: frame to Figure, pure."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from edukit.analytics.mastery_marks import marked
from edukit.ui.score_words import cell_word, hover_text
from edukit.ui.theme import INK_ON_SCALE, UNANSWERED, mastery_scale, template

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

Order = Literal["need", "group", "name"]
ConceptOrder = Literal["curriculum", "weakest"]

CELL_HEIGHT = 30
CELL_WIDTHS = (32, 56)
"""Narrowest and widest cell in pixels: wide enough for a finger and for ``100``."""
PLOT_WIDTH = 960
NAME_LENGTH = 22
CONCEPT_LENGTH = 26
TEXT_CELLS = 4000
"""With more cells than this the scores are on hover only: an old laptop takes seconds to draw the numbers."""


def mastery_heatmap(
    frame: pd.DataFrame,
    thresholds: Sequence[float],
    *,
    order: Order = "need",
    concept_order: ConceptOrder = "curriculum",
) -> go.Figure:
    """Students by concepts, coloured by mastery score (0-100); what is unsure and what has changed is marked.

    Args:
        frame: rows of the frame ``class_mastery``, with what :func:`edukit.analytics.mastery_marks.marked` adds where
            changes are known, and ``group`` where students are in study groups.
        thresholds: scores at which *developing*, *proficient* and *mastered* begin.
        order: students from the top, as :func:`students_in_order` has them.
        concept_order: concepts from the left, as :func:`concepts_in_order` has them.

    Returns:
        A figure of two heatmaps: the scores, and the cells that have no answers yet. ``customdata`` of a
        cell is ``[student_id, concept_id]``.
    """
    frame = frame if "change" in frame else marked(frame, None, thresholds)
    rows, columns = students_in_order(frame, order), concepts_in_order(frame, concept_order)
    scores = _grid(frame, "mastery_score", rows, columns)
    ids = np.empty((len(rows), len(columns), 2))
    ids[:, :, 0], ids[:, :, 1] = rows["student_id"].to_numpy()[:, None], columns["concept_id"].to_numpy()[None, :]
    common = {
        "customdata": ids,
        "hovertext": _texts(frame, hover_text, rows, columns),
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
        text=_texts(frame, lambda cell: cell_word(cell.mastery_score, cell.unsure, cell.change), rows, columns),
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

    By ``need``: lowest mean score first, those without any score last. By ``group``: by the number in the frame's
    column ``group``, which then stands before the name, those in none last; within a group by need. Students of the
    same name are numbered, in the order of their ids.
    """
    grouped = order == "group" and "group" in frame
    students = frame.groupby("student_id", sort=False, as_index=False).agg(
        student=("student", "first"),
        mean_score=("mastery_score", "mean"),
        **({"group": ("group", "first")} if grouped else {}),
    )
    number = students.sort_values("student_id").groupby("student").cumcount() + 1
    numbered = students["student"] + " (" + number.astype("str") + ")"
    students["student"] = students["student"].mask(students["student"].duplicated(keep=False), numbered)
    by = ["student", "student_id"] if order == "name" else ["mean_score", "student", "student_id"]
    if grouped:
        by = ["group", *by]
    ordered = students.sort_values(by, na_position="last", kind="stable", ignore_index=True)
    if grouped:
        of_group = ordered["group"].astype("str") + " · " + ordered["student"]
        ordered["student"] = of_group.where(ordered["group"].notna(), "no group · " + ordered["student"])
    return ordered


def concepts_in_order(frame: pd.DataFrame, order: ConceptOrder = "curriculum") -> pd.DataFrame:
    """The concepts of the frame, once each.

    In the order of the curriculum; or by topic, the ``weakest`` (lowest mean score) first and those without any score
    last, and within a topic in the order of the curriculum.
    """
    concepts = frame.drop_duplicates("concept_id")[["concept_id", "concept", "topic", "concept_order"]]
    if order == "weakest":
        means = frame.groupby("topic")["mastery_score"].mean()
        # Two topics of the same mean do not mix.
        keys = concepts.assign(mean=concepts["topic"].map(means)).sort_values(
            ["mean", "topic", "concept_order"], na_position="last", kind="stable", ignore_index=True
        )
        return keys.drop(columns="mean")
    return concepts.sort_values("concept_order", kind="stable", ignore_index=True)


def shortened(name: str, length: int) -> str:
    """The name in at most ``length`` characters, cut at its end."""
    return name if len(name) <= length else name[: length - 1].rstrip() + "…"


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


def _texts(
    frame: pd.DataFrame, told: Callable[[Any], str], rows: pd.DataFrame, columns: pd.DataFrame
) -> NDArray[np.object_]:
    texts = np.full((len(rows), len(columns)), "", dtype=object)
    texts[_places(frame, rows, columns)] = [told(cell) for cell in frame.itertuples(index=False)]
    return texts


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
