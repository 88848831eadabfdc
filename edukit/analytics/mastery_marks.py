"""What is to be marked beside a score: that it is unsure, and that it has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edukit.queries.help import FEW_ANSWERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd


def marked(frame: pd.DataFrame, changes: pd.DataFrame | None, thresholds: Sequence[float]) -> pd.DataFrame:
    """The rows of the frame ``class_mastery`` with two more columns.

    Args:
        frame: rows of it.
        changes: rows of the frame ``mastery_changes``; None: nothing is known of them.
        thresholds: scores (0-100) at which *developing*, *proficient* and *mastered* begin.

    Returns:
        With ``unsure`` (fewer than three answers, or an interval from below *developing* up to *proficient*: it says
        nothing of whether the student needs help or none), and ``change`` (points since last week; NaN: none beyond
        chance).
    """
    few = frame["total_attempts"] < FEW_ANSWERS
    wide = (frame["mastery_low"] < thresholds[0]) & (frame["mastery_high"] >= thresholds[1])
    told = frame.assign(unsure=frame["mastery_score"].notna() & (few | wide))
    if changes is None or changes.empty:
        return told.assign(change=np.nan)
    key = ["student_id", "concept_id"]
    return told.merge(changes[[*key, "change"]], "left", key, validate="one_to_one")
