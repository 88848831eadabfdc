"""What has changed since last week: where a score has left the interval that it had."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from edukit.analytics.mastery import mastery_level
from edukit.analytics.wording import counted
from edukit.queries.frames import MASTERY_CHANGES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

ROSE, FELL = "rose", "fell"


def mastery_changes(
    frame: pd.DataFrame, then: pd.DataFrame, *, since: date, thresholds: Sequence[float]
) -> pd.DataFrame:
    """Who rose and who fell on what, as far as it is more than chance.

    A score says what the next answers will be like, and so moves with each of them. While a student stays as they are
    it is still in the 90% interval that it had, nine times of ten or more often (a posterior mean is a martingale,
    whose steps have no more variance than what was uncertain); so only what has left that interval is told.

    Args:
        frame: rows of the frame ``class_mastery``.
        then: what :func:`edukit.queries.mastery_history.mastery_then` gives.
        since: Monday at whose beginning then is.
        thresholds: scores (0-100) at which *developing*, *proficient* and *mastered* begin.

    Returns:
        Columns of ``frames.MASTERY_CHANGES``: those who fell first, then by how much.
    """
    both = then.merge(frame, on=["student_id", "concept_id"])
    outside = (both["mastery_score"] < both["low_then"]) | (both["mastery_score"] > both["high_then"])
    # Most weeks few have moved, or nobody: what is told of them is made of those alone.
    left = both[outside & (both["total_attempts"] > both["attempts_then"])]
    if left.empty:
        return MASTERY_CHANGES.of([])
    left = left.assign(
        answers_since=(answers := left["total_attempts"] - left["attempts_then"]),
        right_since=(left["correct_attempts"] - left["correct_then"]).clip(0, answers),
        change=left["mastery_score"] - left["score_then"],
        since=pd.Timestamp(since),
    )
    left["direction"] = (left["change"] > 0).map({True: ROSE, False: FELL})
    left["level_then"] = mastery_level(left["score_then"], thresholds)
    left["reason"] = [_reason(row) for row in left.itertuples(index=False)]
    ordered = left.assign(size=left["change"].abs()).sort_values(
        ["direction", "size", "student", "student_id", "concept_order"],
        ascending=[True, False, True, True, True],
        ignore_index=True,
    )
    return MASTERY_CHANGES.typed(ordered)


def _reason(row: Any) -> str:
    """``from 42 (interval 30 to 55) to 71: 6 answers since, 5 right``."""
    return (
        f"from {int(row.score_then)} (90% interval {int(row.low_then)} to {int(row.high_then)}) to "
        f"{int(row.mastery_score)}: {counted(row.answers_since, 'answer')} since, {row.right_since} right"
    )
