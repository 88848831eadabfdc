"""The theme: colours for light and dark, the scale of mastery, and one plotly template.

Importing it changes nothing: a figure is given the template, a page the tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import plotly.graph_objects as go

from edukit.analytics.mastery import LEVELS

if TYPE_CHECKING:
    from collections.abc import Sequence

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', Arial, sans-serif"

INK_ON_SCALE = "#1b1a17"
"""Text on every colour of the scale: at least 4.5:1 on the darkest of them."""

BANDS = {
    "beginning": ("#de7f41", "#f0a973"),
    "developing": ("#f8d5ae", "#fbecd9"),
    "proficient": ("#d3e5f2", "#a3cbe8"),
    "mastered": ("#7db4de", "#5c9ed2"),
}
"""Colours at the two ends of each level: orange asks for help, blue is well. Orange and blue stay apart
for every common colour blindness, and the step at a threshold is seen without reading the number."""

UNANSWERED = "rgba(128, 128, 128, 0.13)"
"""Ground of a cell without answers: a grey that belongs to no score, on light and on dark."""

LIGHT = {
    "paper": "#faf9f6",
    "card": "#ffffff",
    "ink": "#1f2328",
    "muted": "#57606a",
    "line": "#dedbd3",
    "control": "#8c8b86",
    "accent": "#0b5a99",
    "wash": "#eaf2f9",
    "right": "#0b5a99",
    "wrong": "#9c3f08",
    "wrong-wash": "#fdf0e6",
    "hue-1": "#0b5a99",
    "hue-2": "#b84a08",
    "hue-3": "#1b7a4b",
    "hue-4": "#8a3ba8",
    "hue-5": "#0a7684",
    "hue-6": "#8a6500",
    "hue-7": "#b0306a",
}
DARK = {
    "paper": "#15181c",
    "card": "#1d2126",
    "ink": "#e8e6e1",
    "muted": "#a8b0b8",
    "line": "#343a41",
    "control": "#77808a",
    "accent": "#86c1f0",
    "wash": "#1f3143",
    "right": "#86c1f0",
    "wrong": "#f5a66b",
    "wrong-wash": "#3a2618",
    "hue-1": "#86c1f0",
    "hue-2": "#f5a66b",
    "hue-3": "#7fd1a3",
    "hue-4": "#d0a2ea",
    "hue-5": "#6fd0dc",
    "hue-6": "#e0c060",
    "hue-7": "#f39bbd",
}
"""Text colours have at least 4.5:1 on paper, card and their wash; so do the hues, which tell lines apart."""

COUNTS = {"rangemode": "tozero", "autorangeoptions": {"include": 4}, "tickformat": ",d"}
"""An axis of counts, long enough that its ticks are whole numbers."""

HUES = 7
"""How many hues there are; who uses them also tells apart by place or text."""


def tokens() -> str:
    """The colours as CSS variables: what the reader has chosen or else their system prefers, in JupyterLab its theme's.

    What they have chosen stands at the root as ``data-theme``. On paper they are the light ones, on white.
    """
    scale = "".join(f"--edukit-{level}:{BANDS[level][0]};" for level in LEVELS)
    shared = f"--edukit-font:{FONT};--edukit-on-scale:{INK_ON_SCALE};--edukit-unanswered:{UNANSWERED};{scale}"
    light, dark = _variables(LIGHT, "light"), _variables(DARK, "dark")
    return (
        f":root{{{shared}{light}}}"
        f"@media (prefers-color-scheme: dark){{:root{{{dark}}}}}"
        f':root[data-theme="light"]{{{light}}}:root[data-theme="dark"]{{{dark}}}'
        f"@media print{{:root:root:root{{{light}--edukit-paper:#ffffff;}}}}"
        f'body[data-jp-theme-light="true"]:not([data-voila]){{{light}}}'
        f'body[data-jp-theme-light="false"]:not([data-voila]){{{dark}}}'
    )


def _variables(colours: dict[str, str], scheme: str) -> str:
    return f"color-scheme:{scheme};" + "".join(f"--edukit-{name}:{value};" for name, value in colours.items())


def mastery_scale(thresholds: Sequence[float]) -> list[tuple[float, str]]:
    """A plotly colour scale over scores 0-100: a gentle slope within a level, a step at each threshold."""
    edges = [0.0, *(threshold / 100.0 for threshold in thresholds), 1.0]
    stops = [
        (edge, colour)
        for level, low, high in zip(LEVELS, edges[:-1], edges[1:], strict=True)
        for edge, colour in zip((low, high), BANDS[level], strict=True)
    ]
    return sorted(stops, key=lambda stop: stop[0])


def template() -> go.layout.Template:
    """The one plotly template; grounds are transparent, so that a figure sits on light and on dark."""
    axis = {
        "showgrid": False,
        "zeroline": False,
        "showline": False,
        "ticks": "",
        "fixedrange": True,
        "tickfont": {"size": 12},
    }
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "size": 13, "color": LIGHT["ink"]},
            "paper_bgcolor": "rgba(0, 0, 0, 0)",
            "plot_bgcolor": "rgba(0, 0, 0, 0)",
            "xaxis": axis,
            "yaxis": axis,
            "dragmode": False,
            "hoverlabel": {
                "bgcolor": LIGHT["ink"],
                "bordercolor": LIGHT["control"],
                "font": {"color": "#ffffff", "family": FONT, "size": 13},
                "align": "left",
            },
        }
    )
