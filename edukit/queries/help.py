"""Who needs help: the one place that says so, of frames and of columns of the database alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


FEW_ANSWERS = 3
"""With fewer answers than this by each student, what is said rests on little, and says so."""


def in_need(score: Any, high: Any, answers: Any, thresholds: Sequence[float]) -> Any:
    """Whether a score is below *developing*, and surely below *proficient*: its whole interval is.

    A low score from two answers proves little, whatever its interval. Whoever reaches *proficient* needs no help any
    more.

    Args:
        score: scores (0-100): numbers, a column of a frame, or one of the database.
        high: the upper ends of their 90% intervals, likewise.
        answers: how many they rest on, likewise.
        thresholds: scores at which *developing*, *proficient* and *mastered* begin.
    """
    developing, proficient, _ = thresholds
    return (score < developing) & (high < proficient) & (answers >= FEW_ANSWERS)
