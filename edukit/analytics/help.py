"""Help: which students need it on what, as far as their answers are enough to say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edukit.queries.help import in_need

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


def needs_help(frame: pd.DataFrame, thresholds: Sequence[float]) -> pd.DataFrame:
    """The students who need help on a concept, as :func:`edukit.queries.help.in_need` says.

    Args:
        frame: rows of the frame ``class_mastery``.
        thresholds: scores (0-100) at which *developing*, *proficient* and *mastered* begin.

    Returns:
        The rows of ``frame`` that qualify, most urgent first: concepts by how many students need help on
        them, then by place in the curriculum; within a concept the lowest score first. With one more
        column, ``students_in_need``: how many there are on the row's concept.
    """
    low: pd.DataFrame = frame[
        in_need(frame["mastery_score"], frame["mastery_high"], frame["total_attempts"], thresholds)
    ]
    counted = low.assign(students_in_need=low.groupby("concept_id")["student_id"].transform("size").astype("int64"))
    return counted.sort_values(
        ["students_in_need", "concept_order", "mastery_score", "student", "student_id"],
        ascending=[False, True, True, True, True],
        kind="stable",
        ignore_index=True,
    )
