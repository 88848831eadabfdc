"""Help: which students need it on what, as far as their answers are enough to say so."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


def needs_help(frame: pd.DataFrame, thresholds: Sequence[float]) -> pd.DataFrame:
    """The students who are below the first threshold on a concept and surely below the second.

    A low score from two answers proves little: a student is named only when the whole interval of the
    score lies below *proficient*.

    Args:
        frame: rows of the frame ``class_mastery``.
        thresholds: scores (0-100) at which *developing*, *proficient* and *mastered* begin.

    Returns:
        The rows of ``frame`` that qualify, most urgent first: concepts by how many students need help on
        them, then by place in the curriculum; within a concept the lowest score first. With one more
        column, ``students_in_need``: how many there are on the row's concept.
    """
    developing, proficient = thresholds[0], thresholds[1]
    low = frame[(frame["mastery_score"] < developing) & (frame["mastery_high"] < proficient)]
    counted = low.assign(students_in_need=low.groupby("concept_id")["student_id"].transform("size").astype("int64"))
    return counted.sort_values(
        ["students_in_need", "concept_order", "mastery_score", "student", "student_id"],
        ascending=[False, True, True, True, True],
        kind="stable",
        ignore_index=True,
    )
