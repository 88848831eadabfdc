"""Colours can be read and told apart."""

from __future__ import annotations

import re

import pytest

from edukit.ui.page import STYLE
from edukit.ui.theme import BANDS, DARK, HUES, INK_ON_SCALE, LIGHT, mastery_scale, template, tokens

TEXTS = [
    ("ink", ("paper", "card", "wash", "wrong-wash")),
    ("muted", ("paper", "card")),
    ("accent", ("paper", "card", "wash")),
    ("right", ("paper", "card")),
    ("wrong", ("paper", "card")),
    ("card", ("wrong",)),
    *((f"hue-{number}", ("paper", "card")) for number in range(1, HUES + 1)),
]


def luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio, WCAG 2.2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "grounds"), TEXTS)
def test_text_can_be_read(colours: dict[str, str], text: str, grounds: tuple[str, ...]) -> None:
    """Every text has 4.5:1 on every ground it stands on."""
    assert min(contrast(colours[text], colours[ground]) for ground in grounds) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_controls_can_be_seen(colours: dict[str, str]) -> None:
    """The outline of a control has 3:1 on what surrounds it."""
    assert min(contrast(colours["control"], colours[ground]) for ground in ("paper", "card")) >= 3


def test_scores_can_be_read_on_every_colour() -> None:
    """A score printed in its cell has 4.5:1."""
    assert min(contrast(INK_ON_SCALE, colour) for band in BANDS.values() for colour in band) >= 4.5


def test_the_scale_steps_at_the_thresholds() -> None:
    """Each threshold carries the end of one level and the start of the next."""
    scale = mastery_scale((40.0, 70.0, 90.0))
    assert [edge for edge, _ in scale] == [0.0, 0.4, 0.4, 0.7, 0.7, 0.9, 0.9, 1.0]
    assert [colour for edge, colour in scale if edge == 0.4] == [BANDS["beginning"][1], BANDS["developing"][0]]


def test_light_and_dark_have_the_same_names() -> None:
    """No colour is missing in one of the two."""
    assert LIGHT.keys() == DARK.keys()
    assert "prefers-color-scheme: dark" in tokens()


def test_tokens_used_are_tokens_given() -> None:
    """The style names no colour that the theme does not have."""
    assert set(re.findall(r"var\((--edukit-[a-z-]+)\)", STYLE.read_text("utf-8"))) <= set(
        re.findall(r"(--edukit-[a-z-]+):", tokens())
    )


def test_the_template_is_valid_and_calm() -> None:
    """The template has no grid, no drag, and transparent grounds."""
    layout = template().layout
    assert layout.dragmode is False
    assert layout.xaxis.showgrid is False
    assert layout.paper_bgcolor == "rgba(0, 0, 0, 0)"
