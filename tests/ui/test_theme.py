"""Colours can be read and told apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from edukit.serving.shell import PAGES
from edukit.ui.page import STYLE
from edukit.ui.theme import BANDS, DARK, HUES, INK_ON_SCALE, LIGHT, mastery_scale, template, tokens

if TYPE_CHECKING:
    from pathlib import Path

STYLES = [STYLE, PAGES / "style.css", PAGES / "shell.css"]
TEXTS = [
    ("ink", ("paper", "card", "wash", "wrong-wash")),
    ("muted", ("paper", "card", "wash")),
    ("accent", ("paper", "card", "wash", "wrong-wash")),
    ("right", ("paper", "card")),
    ("wrong", ("paper", "card", "wrong-wash")),
    ("card", ("wrong",)),
    ("paper", ("accent",)),
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


@pytest.mark.parametrize("style", STYLES, ids=lambda path: path.name)
@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_a_rule_that_gives_text_and_ground_can_be_read(colours: dict[str, str], style: Path) -> None:
    """Where a style sheet sets both in one rule, they have 4.5:1, whichever tokens they are."""
    scale = {level: ends[0] for level, ends in BANDS.items()} | {"on-scale": INK_ON_SCALE}
    known = colours | scale
    pairs = []
    for rule in re.findall(r"\{([^{}]*)\}", style.read_text("utf-8")):
        told = dict(re.findall(r"(?:^|[;\s])(color|background)(?:-color)?: var\(--edukit-([a-z-]+)\)", rule))
        if len(told) == 2:
            pairs.append((told["color"], told["background"]))
    assert pairs
    assert [pair for pair in pairs if contrast(known[pair[0]], known[pair[1]]) < 4.5] == []


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


@pytest.mark.parametrize("style", STYLES, ids=lambda path: path.name)
def test_tokens_used_are_tokens_given(style: Path) -> None:
    """The style names no colour that the theme does not have."""
    assert set(re.findall(r"var\((--edukit-[a-z0-9-]+)\)", style.read_text("utf-8"))) <= set(
        re.findall(r"(--edukit-[a-z0-9-]+):", tokens())
    )


def test_the_template_is_valid_and_calm() -> None:
    """The template has no grid, no drag, and transparent grounds."""
    layout = template().layout
    assert layout.dragmode is False
    assert layout.xaxis.showgrid is False
    assert layout.paper_bgcolor == "rgba(0, 0, 0, 0)"
