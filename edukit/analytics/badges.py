"""Badges: whether what a badge asks for has been reached, and what it is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

POINTS_OF_RARITY = {"common": 10, "rare": 25, "epic": 50, "legendary": 100}
"""Points that come with a badge. They count on no class's board: it was earned in all of them."""
BADGE_XP = 25
"""Experience points that come with a badge."""


def reached(criteria: Mapping[str, Any], figures: Mapping[str, float]) -> bool:
    """Whether every figure that a badge asks for has its least value.

    Args:
        criteria: least value by figure, such as ``{"current_streak": 7}``; nothing: it is given by hand.
        figures: value by figure. A badge that asks for one that is not among them is not reached: who knows the
            figure gives the badge.
    """
    return bool(criteria) and all(
        name in figures and _is_number(least) and figures[name] >= least for name, least in criteria.items()
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
