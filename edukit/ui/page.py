"""The frame of a page: its style, its width, and what is said when something goes wrong."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets as w

from edukit.errors import EdukitError, SignedOut
from edukit.ui.cards import error_card, heading, notice, refused
from edukit.ui.faults import unexpected
from edukit.ui.links import offers, student_link
from edukit.ui.theme import tokens
from edukit.ui.widgets import Panel, group, shows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from edukit.ui.widgets import Group
    from edukit.workbench import Workbench

STYLE = Path(__file__).with_name("style.css")
NO_CLASSES = (
    "There is no class here that is yours to see. Your administrator adds you to one; where there is none yet, “edukit "
    "seed” makes a demo school on the server and “edukit load” reads your own data."
)
YOURS = {"student": "Your page", "parent": "Your children", "mentor": "Students whom you mentor"}
WHOLE_CLASSES = "This page tells of whole classes, which are their teachers' to see."
NOBODY_HERE = "There is nobody here whom you stand by yet: your administrator says who that is."


def page(children: Sequence[w.Widget]) -> Group:
    """The widgets as a page."""
    return group([Panel(html=page_style()), *children], "edukit")


def of_classes(
    edu: Workbench,
    name: str,
    show: Callable[[pd.DataFrame], w.Widget],
    *,
    also_without: bool = False,
) -> w.Widget:
    """A page on the viewer's classes; where they cannot be read or there are none, what to do.

    Args:
        edu: what the viewer may ask.
        name: of the page, as its links know it.
        show: makes it of the frame ``class_names``.
        also_without: whether there is something to see without classes.
    """
    try:
        classes, role = edu.class_names(), edu.role
    except EdukitError as error:
        return page([Panel(html=error_card(error))])
    if not offers(role, name):
        return page([own_students(edu, WHOLE_CLASSES)])
    if classes.empty and not also_without:
        return page([Panel(html=notice([NO_CLASSES]))])
    return show(classes)


def own_students(edu: Workbench, why: str = "") -> w.Widget:
    """Whom the viewer stands by, with the way to the page of each, and why they stand here."""
    students = edu.students()
    names = zip(students["student"], students["student_id"], strict=True)
    links = "".join(f"<li>{student_link(name, int(student_id))}</li>" for name, student_id in names)
    found = f'<ul class="people">{links}</ul>' if links else notice([NOBODY_HERE])
    return section([Panel(html=heading(YOURS[edu.role], why) + found)])


def page_style() -> str:
    """The style of every page, as HTML: for a notebook that shows its pieces one by one."""
    return f"<style>{tokens()}{STYLE.read_text(encoding='utf-8')}</style>"


def section(children: Sequence[w.Widget]) -> Group:
    """Widgets that belong under one heading."""
    return group(children, "edukit-section")


def controls(children: Sequence[w.Widget]) -> Group:
    """Choices side by side, one below the other on a phone."""
    return group(children, "edukit-controls")


@contextmanager
def told(panel: Panel, *, instead_of: w.Widget) -> Iterator[None]:
    """Show what went wrong inside the block as a card, in place of a widget that would be out of date.

    An :class:`EdukitError` says it in its own words. Any other exception has a reference number, under which the
    log tells of it, and is raised, so that tests see it.
    """
    panel.html = ""
    try:
        yield
    except EdukitError as error:
        # What was typed and cannot be sent any more is still to be read.
        typed = isinstance(error, SignedOut) and _has_words(instead_of)
        panel.html = refused(error) if typed else error_card(error)
        shows(instead_of, when=typed)
    except Exception:
        panel.html = error_card(unexpected())
        shows(instead_of, when=False)
        raise
    else:
        shows(instead_of, when=True)


def _has_words(widget: w.Widget) -> bool:
    """Whether something is typed in it."""
    typed = isinstance(widget, w.Textarea) and bool(widget.value.strip())
    return typed or any(_has_words(child) for child in getattr(widget, "children", ()))
