"""The frame of a page: its style, its width, and what is said when something goes wrong."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets as w

from edukit.errors import EdukitError
from edukit.ui.cards import error_card
from edukit.ui.theme import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edukit.ui.widgets import Panel

STYLE = Path(__file__).with_name("style.css")
UNEXPECTED = "This is a fault of edukit, not of your data. Reload the page; if it comes back, tell your administrator."


def page(children: Sequence[w.Widget]) -> w.VBox:
    """The widgets as a page."""
    box = w.VBox([w.HTML(page_style()), *children])
    box.add_class("edukit")
    return box


def page_style() -> str:
    """The style of every page, as HTML: for a notebook that shows its pieces one by one."""
    return f"<style>{tokens()}{STYLE.read_text(encoding='utf-8')}</style>"


def section(children: Sequence[w.Widget]) -> w.VBox:
    """Widgets that belong under one heading."""
    box = w.VBox(children)
    box.add_class("edukit-section")
    return box


def controls(children: Sequence[w.Widget]) -> w.HBox:
    """Choices side by side, one below the other on a phone."""
    box = w.HBox(children)
    box.add_class("edukit-controls")
    return box


@contextmanager
def told(notice: Panel, *, instead_of: w.Widget) -> Iterator[None]:
    """Show what went wrong inside the block as a card, in place of a widget that would be out of date.

    An :class:`EdukitError` says it in its own words; any other exception is also raised, so that tests and
    logs see it.
    """
    notice.html = ""
    try:
        yield
    except EdukitError as error:
        notice.html = error_card(str(error))
        instead_of.layout.display = "none"
    except Exception:
        notice.html = error_card(UNEXPECTED)
        instead_of.layout.display = "none"
        raise
    else:
        instead_of.layout.display = None
