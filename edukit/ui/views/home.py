"""The first page: what needs attention today, and how each class is doing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import ipywidgets as w

from edukit.analytics.wording import counted
from edukit.errors import EdukitError
from edukit.queries.frames import HOME
from edukit.queries.home import MOST_CLASSES
from edukit.ui.address import Wanted
from edukit.ui.attention import attention
from edukit.ui.cards import error_card, heading, notice, sentence
from edukit.ui.class_cards import class_cards, meaning
from edukit.ui.export_menu import ExportMenu, Shown
from edukit.ui.page import NO_CLASSES, YOURS, controls, own_students, page, section, told
from edukit.ui.updates import Updates
from edukit.ui.widgets import Address, Panel, asked_query, group, served_by_voila, shows

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        query: ``find=...`` to open at: a part of the names to show; None: what the page's address says.
    """
    asked = asked_query() if query is None else query
    try:
        me, role = edu.me(), edu.role
        if role in YOURS:
            return page([Panel(html=_greeting(me, Wanted.of(asked).faults)), own_students(edu)])
        return _Home(edu, me, asked).widget
    except EdukitError as error:
        return page([Panel(html=error_card(error))])


def _greeting(me: pd.DataFrame, faults: Sequence[str]) -> str:
    return heading(f"Hello, {me['name'].iloc[0]}" if len(me) else "Hello") + notice(faults)


def _whose(me: pd.DataFrame, classes: pd.DataFrame) -> str:
    """Why these classes, where they are not the viewer's own."""
    if classes["taught"].all():
        return ""
    cut = f" {FIRST_ONLY}" if len(classes) == MOST_CLASSES else ""
    return notice([(TEACHES_NONE if len(me) else NOBODY) + cut])


class _Home:
    """What needs attention, and the cards of the classes with a search where there are many."""

    def __init__(self, edu: Workbench, me: pd.DataFrame, asked: str) -> None:
        self._edu, self._faults = edu, Wanted.of(asked).faults
        find = dict(parse_qsl(asked)).get("find", "")[:LONGEST_SEARCH]
        self._address, self._notice = Address(live=served_by_voila()), Panel(live=True)
        self._updates = Updates(edu, on_wanted=self._renew)
        self._today, self._about = Panel(), Panel()
        self._find = w.Text(value=find, description="Find a class", placeholder="Part of its name")
        self._told, self._cards = Panel(live=True), Panel()
        self._menu = ExportMenu(edu, lambda: Shown(HOME, self._found, "classes"))
        self._search = controls([self._find])
        classes = [self._about, self._search, self._told, self._cards, self._menu]
        self._classes_shown = section(classes)
        self._body = group([self._today, self._classes_shown])
        self._read(me)
        self._find.observe(lambda _change: self._show_classes(), "value")
        self.widget = page([self._address, self._updates, self._notice, self._body])

    def _renew(self) -> None:
        """Read and show everything anew; what is searched for stays."""
        with told(self._notice, instead_of=self._body):
            self._read(self._edu.me())

    def _read(self, me: pd.DataFrame) -> None:
        self._updates.follow([])
        self._classes = classes = self._edu.home()
        self._updates.classes = sorted(classes["class_id"].tolist())
        own = bool(classes["taught"].all())
        concerned = len(classes) and (own or me["grievances"].any())
        today = heading("What needs attention today") + attention(me, classes, self._edu.now) if concerned else ""
        none = notice([NO_CLASSES]) if classes.empty else ""
        self._today.html = _greeting(me, self._faults) + none + (f'<div class="today">{today}</div>' if today else "")
        about = heading("Your classes" if own else "Classes", meaning(self._edu.mastery_thresholds))
        self._about.html = about + _whose(me, classes)
        shows(self._classes_shown, when=not classes.empty)
        shows(self._search, when=len(classes) > FEW or self._find.value)
        self._show_classes()

    def _show_classes(self) -> None:
        find = self._find.value.strip()
        names = self._classes["class_name"]
        self._found = self._classes[[find.casefold() in name.casefold() for name in names]]
        self._told.html = ""
        if find:
            total = counted(len(names), "class", "classes")
            self._told.html = sentence(f"Shown: {len(self._found):,} of {total}, with “{find}” in the name.")
        self._cards.html = class_cards(self._found, self._edu.now) if len(self._classes) else ""
        self._menu.label = f"Export ({counted(len(self._found), 'class', 'classes')})"
        self._address.parameters = {"find": find}
