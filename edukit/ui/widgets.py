"""Widgets of a page: HTML with choices in it, the page's address, the picker of a class, pages of a list."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import ipywidgets as w
import traitlets as t

from edukit.analytics.wording import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd


def script(name: str) -> str:
    """The JavaScript of a widget, from the file of that name beside this one."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


class Script(anywidget.AnyWidget):
    """A widget with a script of its own, and no layout unless it is given one: each is a message to the page."""

    layout = t.Instance(w.Layout, allow_none=True).tag(sync=True, **w.widget_serialization)


class Panel(Script):
    """HTML in which an element with ``data-student``, ``data-concept`` or ``data-choice`` can be chosen.

    Who fills ``html`` escapes every name in it.
    """

    _esm = script("panel.js")
    html = t.Unicode("").tag(sync=True)
    live = t.Bool(default_value=False).tag(sync=True)
    """Whether a screen reader says it aloud when it changes."""
    picked: t.Dict[str, Any] = t.Dict({}).tag(sync=True)
    """The last choice: ``student``, ``concept`` (ids or None), ``choice`` (text or None), and ``count``, which makes
    each choice a change."""
    arrivals = t.Int(0).tag(sync=True)

    def on_pick(self, act: Callable[[int | None, int | None], object]) -> None:
        """Call ``act(student_id, concept_id)`` when a student or concept is chosen."""

        def chosen(change: Any) -> None:
            if change["new"].get("choice") is None:
                act(change["new"].get("student"), change["new"].get("concept"))

        self.observe(chosen, "picked")

    def on_choice(self, act: Callable[[str], object]) -> None:
        """Call ``act(choice)`` when an element is chosen, with the text of its ``data-choice``."""

        def chosen(change: Any) -> None:
            if (choice := change["new"].get("choice")) is not None:
                act(choice)

        self.observe(chosen, "picked")

    def arrive(self) -> None:
        """Bring the reader, with the keyboard's focus, to the element that has ``tabindex="-1"``."""
        self.arrivals += 1


class Address(Script):
    """Keeps the state of a view in the page's address, so that a link opens the same view.

    It writes only in a page served by Voilà: JupyterLab's address belongs to JupyterLab.
    """

    _esm = script("address.js")
    parameters: t.Dict[str, str] = t.Dict({}).tag(sync=True)
    live = t.Bool(default_value=False).tag(sync=True)


def served_by_voila(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this kernel belongs to a page that Voilà serves."""
    return environment.get("SERVER_SOFTWARE", "").startswith("voila")


def asked_query(environment: Mapping[str, str] = os.environ) -> str:
    """The query of the page's address when it was opened; empty outside Voilà."""
    return environment.get("QUERY_STRING", "") if served_by_voila(environment) else ""


class Group(w.VBox):  # type: ignore[misc]
    """Widgets one below the other; without a layout, as :class:`Script`."""

    layout = t.Instance(w.Layout, allow_none=True).tag(sync=True, **w.widget_serialization)


def group(children: Sequence[w.Widget], *classes: str) -> Group:
    """Widgets one below the other, with classes of the style: told at once, and not by another message."""
    return Group(children, _dom_classes=classes)


def shows(widget: w.Widget, *, when: object) -> None:
    """Show a widget when something is so, else put it out of sight and out of the way."""
    if widget.layout is not None:
        widget.layout.display = None if when else "none"
    elif not when:
        widget.layout = w.Layout(display="none")


def class_picker(classes: pd.DataFrame) -> w.Dropdown:
    """A choice among the rows of the frame ``class_names``; institutions are told where there are several."""
    several = len(set(classes["institution"])) > 1
    names = [
        f"{name} ({institution})" if several else name
        for name, institution in zip(classes["class_name"], classes["institution"], strict=True)
    ]
    ids = classes["class_id"].tolist()
    times = Counter(names)
    labels = [f"{name}, id {id_}" if times[name] > 1 else name for name, id_ in zip(names, ids, strict=True)]
    return w.Dropdown(options=list(zip(labels, ids, strict=True)), description="Class")


class Pager:
    """Steps through students, or what else there is, a page at a time; hidden while one page holds them all."""

    def __init__(self, size: int, *, on_turn: Callable[[], object], noun: str = "student") -> None:
        self._size, self._total, self._page, self._on_turn, self._noun = size, 0, 0, on_turn, noun
        self._back = w.Button(description="Previous", tooltip=f"The {size} {noun}s before these")
        self._on = w.Button(description="Next", tooltip=f"The {size} {noun}s after these")
        self._label = w.Label()
        self.widget = group([self._back, self._label, self._on], "edukit-pager")
        self._back.on_click(lambda _button: self._turn(-1))
        self._on.on_click(lambda _button: self._turn(+1))
        self.start(0, 0)

    @property
    def places(self) -> slice:
        """The places of what is on the page, in its order."""
        return slice(self._page * self._size, (self._page + 1) * self._size)

    def start(self, total: int, place: int) -> None:
        """Begin anew with so many, at the page that holds the place."""
        self._total, self._page = total, place // self._size
        self._tell()

    def turn_to(self, place: int) -> None:
        """Turn to the page that holds the place, or to the last one."""
        self.start(self._total, max(min(place, self._total - 1), 0))

    def _turn(self, pages: int) -> None:
        self._page += pages
        self._tell()
        self._on_turn()

    def _tell(self) -> None:
        first, last = self._page * self._size + 1, min((self._page + 1) * self._size, self._total)
        self._label.value = f"{first:,} to {last:,} of {counted(self._total, self._noun)}"
        self._back.disabled, self._on.disabled = self._page == 0, last == self._total
        shows(self.widget, when=self._total > self._size)
