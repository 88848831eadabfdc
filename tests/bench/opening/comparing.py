"""Figures of edukit against each peer that was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from load import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping

OURS = "edukit"


def against(name: str, unit: str, of: Mapping[str, float], most: Mapping[str, float] | None = None) -> list[Figure]:
    """A figure against each peer; where there is only one kind of side, what each has.

    Args:
        name: of the figure.
        unit: of the values.
        of: the value of each side.
        most: which part of a peer's value edukit's may be at most, of those peers for which there is a goal.
    """
    peers = {side: value for side, value in of.items() if side != OURS}
    if OURS not in of:
        return [Figure(f"{name}, {side} alone", value, unit) for side, value in peers.items()]
    if not peers:
        return [Figure(name, of[OURS], unit)]
    return [_against(name, unit, of[OURS], side, theirs, (most or {}).get(side)) for side, theirs in peers.items()]


def _against(name: str, unit: str, ours: float, side: str, theirs: float, most: float | None) -> Figure:  # noqa: PLR0913, PLR0917
    ratio = ours / theirs
    goal, holds = (None, None) if most is None else (f"<= {most:.3g} of {side}", ratio <= most)
    return Figure(f"{name}, {side}", ours, unit, peer=theirs, ratio=ratio, goal=goal, holds=holds)
