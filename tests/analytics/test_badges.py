"""Badges are reached when every figure that they ask for is."""

from __future__ import annotations

import pytest

from edukit.analytics.badges import reached

FIGURES = {"points": 50.0, "current_streak": 7.0}


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({"points": 50}, True),
        ({"points": 51}, False),
        ({"points": 49.5, "current_streak": 7}, True),
        ({"points": 50, "current_streak": 8}, False),
        ({"score": 1}, False),
        ({"points": 1, "score": 0}, False),
        ({}, False),
        ({"points": "1"}, False),
        ({"points": None}, False),
        ({"points": True}, False),
        ({"points": [1]}, False),
    ],
)
def test_every_figure_must_be_reached(criteria: dict[str, object], expected: bool) -> None:  # noqa: FBT001
    """At the least value it is; below, unknown or not a number it is not, and nothing asked is nothing reached."""
    assert reached(criteria, FIGURES) is expected
