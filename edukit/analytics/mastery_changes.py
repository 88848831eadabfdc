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
        then: what :func:`edukit.queries.mastery_history.mastery_then` gives: only what was answered on since.
        since: Monday at whose beginning then is.
        thresholds: scores (0-100) at which *developing*, *proficient* and *mastered* begin.

    Returns:
        Columns of ``frames.MASTERY_CHANGES``: those who fell first, then by how much.
    """
    both = frame.merge(then, on=["student_id", "concept_id"])
    answers = both["total_attempts"] - both["attempts_then"]
    outside = (both["mastery_score"] < both["low_then"]) | (both["mastery_score"] > both["high_then"])
    left = both.assign(
        answers_since=answers,
        right_since=(both["correct_attempts"] - both["correct_then"]).clip(0, answers.clip(0)),
        change=both["mastery_score"] - both["score_then"],
        since=pd.Timestamp(since),
    )[outside & (answers > 0)]
    left["direction"] = (left["change"] > 0).map({True: ROSE, False: FELL})
    left["level_then"] = mastery_level(left["score_then"], thresholds)
    left["reason"] = [_reason(row) for row in left.itertuples(index=False)]
    left["size"] = left["change"].abs()
    ordered = left.sort_values(
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
