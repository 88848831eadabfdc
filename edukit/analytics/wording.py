"""How counts are said to a teacher."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FEW_ANSWERS = 3
"""With fewer answers than this by each student, what is said rests on little, and says so."""
FEW = "Few answers: look before you act."


def counted(count: int, thing: str) -> str:
    """``1 student``, ``2 students``."""
    return f"{count} {thing}{'' if count == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """``A``, ``A and B``, ``A, B and C``."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def scored(score: float, low: float, high: float, answers: int) -> str:
    """``45 (90% interval 30 to 61, from 5 answers)``; all but the answers 0-100."""
    return f"{score:.0f} (90% interval {low:.0f} to {high:.0f}, from {counted(answers, 'answer')})"
