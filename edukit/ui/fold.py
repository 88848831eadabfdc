"""A section that is folded until its reader opens it, and computed no sooner."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets as t

from edukit.ui.page import section, told
from edukit.ui.widgets import Panel, Script, group, script, shows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import ipywidgets as w


class Fold(Script):
    """A heading that is pressed to unfold what stands below it, and to fold it up again."""

    _esm = script("fold.js")
    title = t.Unicode("").tag(sync=True)
    about = t.Unicode("").tag(sync=True)
    """What is found there, in a few words."""
    unfolded = t.Bool(default_value=False).tag(sync=True)


class Folded:
    """A folded section; what it shows is fetched when it is opened, and again only once that has changed."""

    def __init__(
        self, title: str, about: str, body: Sequence[w.Widget], *, fill: Callable[[], object], is_open: bool = False
    ) -> None:
        """Build it; nothing is fetched yet.

        Args:
            title: its heading.
            about: what is found there, in a few words.
            body: what is unfolded.
            fill: fetches and shows it.
            is_open: whether it is open from the beginning.
        """
        self._head = Fold(title=title, about=about, unfolded=is_open, _dom_classes=("edukit-fold",))
        self._notice, self._body = Panel(live=True), group(body)
        self._unfolded = group([self._notice, self._body])
        self._fill, self._stale = fill, True
        shows(self._unfolded, when=is_open)
        self.widget = section([self._head, self._unfolded])

    @property
    def is_open(self) -> bool:
        """Whether it is unfolded."""
        return bool(self._head.unfolded)

    def open(self) -> None:
        """Unfold it, if it is not."""
        self._head.unfolded = True

    def renew(self) -> None:
        """What it shows has changed: an open one is fetched anew, a closed one when it is opened."""
        self._stale = True
        self._turn()

    def on_turn(self, act: Callable[[], object]) -> None:
        """Call ``act()`` after it was opened or closed."""

        def turned(_change: Any) -> None:
            self._turn()
            act()

        self._head.observe(turned, "unfolded")

    def _turn(self) -> None:
        shows(self._unfolded, when=self.is_open)
        if self.is_open and self._stale:
            with told(self._notice, instead_of=self._body):
                self._fill()
                self._stale = False
