"""The first page: what needs attention today, and how each class is doing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import ipywidgets as w

from edukit.errors import EdukitError
from edukit.queries.home import MOST_CLASSES
from edukit.ui.address import Wanted
from edukit.ui.attention import attention
from edukit.ui.cards import error_card, heading, notice, sentence
from edukit.ui.class_cards import class_cards, meaning
from edukit.ui.links import navigation
from edukit.ui.page import NO_CLASSES, YOURS, controls, own_students, page, section
from edukit.ui.summary import counted
from edukit.ui.widgets import Address, Panel, asked_query, served_by_voila

if TYPE_CHECKING:
    import pandas as pd

    from edukit.workbench import Workbench

FEW = 12
"""Up to so many classes are seen at a glance; with more there is a search."""
LONGEST_SEARCH = 80
NOBODY = (
    "You look in nobody's name, so these are classes of the institution, and not yours. EDUKIT_USER names the account "
    "in whose name a notebook looks."
)
TEACHES_NONE = "No class is taught by you, so these are classes that you may see."
FIRST_ONLY = f"They are the first {MOST_CLASSES} by name; each dashboard lets you choose any other."


def home(edu: Workbench, *, query: str | None = None) -> w.Widget:
    """The first page of whoever looks, as a widget.

    Args:
        edu: what the viewer may ask.
        query: ``class=...&find=...`` to open at: the class that links keep, and a part of the names to show; None:
            what the page's address says.
    """
    asked = asked_query() if query is None else query
    wanted = Wanted.of(asked)
    links = Panel(html=navigation("home", wanted.class_id))
    try:
        me, role = edu.me(), edu.role
        greeting = Panel(html=_greeting(me) + notice(wanted.faults))
        if role in YOURS:
            return page([Panel(html=navigation("home", role=role)), greeting, own_students(edu)])
        classes = edu.home()
    except EdukitError as error:
        return page([links, Panel(html=error_card(error))])
    if classes.empty:
        return page([links, greeting, Panel(html=notice([NO_CLASSES]))])
    today = Panel(html=heading("What needs attention today") + attention(me, classes, edu.now))
    shown = _Classes(edu, classes, dict(parse_qsl(asked)).get("find", "")[:LONGEST_SEARCH])
    own = bool(classes["taught"].all())
    concerned = [section([today])] if own or me["grievances"].any() else []
    about = Panel(
        html=heading("Your classes" if own else "Classes", meaning(edu.mastery_thresholds)) + _whose(me, classes)
    )
    return page([shown.address, links, greeting, *concerned, section([about, *shown.widgets])])


def _greeting(me: pd.DataFrame) -> str:
    return heading(f"Hello, {me['name'].iloc[0]}" if len(me) else "Hello")


def _whose(me: pd.DataFrame, classes: pd.DataFrame) -> str:
    """Why these classes, where they are not the viewer's own."""
    if classes["taught"].all():
        return ""
    cut = f" {FIRST_ONLY}" if len(classes) == MOST_CLASSES else ""
    return notice([(TEACHES_NONE if len(me) else NOBODY) + cut])


class _Classes:
    """The cards, and the search where there are many."""

    def __init__(self, edu: Workbench, classes: pd.DataFrame, find: str) -> None:
        self._now, self._classes = edu.now, classes
        self.address = Address(live=served_by_voila())
        self._find = w.Text(value=find, description="Find a class", placeholder="Part of its name")
        self._told, self._cards = Panel(live=True), Panel()
        many = len(classes) > FEW
        self.widgets = [*([controls([self._find])] if many or find else []), self._told, self._cards]
        self._find.observe(lambda _change: self._show(), "value")
        self._show()

    def _show(self) -> None:
        find = self._find.value.strip()
        names = self._classes["class_name"]
        found = self._classes[[find.casefold() in name.casefold() for name in names]]
        self._told.html = ""
        if find:
            total = counted(len(names), "class", "classes")
            self._told.html = sentence(f"Shown: {len(found):,} of {total}, with “{find}” in the name.")
        self._cards.html = class_cards(found, self._now)
        self.address.parameters = {"find": find}
