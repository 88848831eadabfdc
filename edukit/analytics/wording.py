"""How counts and scores are said."""

from __future__ import annotations

FEW = "Few answers: look before you act."


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """``1 student``, ``1,200 students``; ``plural`` where it is not the noun with an s."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {plural or noun + 's'}"


def scored(score: float, low: float, high: float, answers: int) -> str:
    """``45 (90% interval 30 to 61, from 5 answers)``; all but the answers 0-100.

    The score has a decimal: 79.6 is below 80, and must not look as if it were not.
    """
    return f"{round(score, 1):g} (90% interval {low:.0f} to {high:.0f}, from {counted(answers, 'answer')})"
