"""A folded section: nothing is fetched before it is opened, and nothing twice."""

from __future__ import annotations

import pytest

from edukit.errors import StoreError
from edukit.ui.fold import Fold, Folded
from edukit.ui.widgets import Panel


class Fetching:
    """A section that counts how often it was filled."""

    def __init__(self, *, is_open: bool = False) -> None:
        self.filled, self.turned, self.fails = 0, 0, None
        self.panel = Panel()
        self.folded = Folded("More", "What is more", [self.panel], fill=self._fill, is_open=is_open)
        self.folded.on_turn(self._turned)
        self.head = next(one for one in self.folded.widget.children if isinstance(one, Fold))

    def _turned(self) -> None:
        self.turned += 1

    def _fill(self) -> None:
        if self.fails:
            raise self.fails
        self.filled += 1

    @property
    def is_shown(self) -> bool:
        """Whether what is below the heading can be seen."""
        layout = self.folded.widget.children[1].layout
        return layout is None or layout.display != "none"


def test_closed_it_fetches_nothing() -> None:
    """Until it is opened; then once, however often it is closed and opened."""
    fold = Fetching()
    fold.folded.renew()
    assert (fold.filled, fold.is_shown, fold.folded.is_open) == (0, False, False)
    fold.head.unfolded = True
    assert (fold.filled, fold.is_shown, fold.folded.is_open) == (1, True, True)
    fold.head.unfolded = False
    fold.folded.open()
    assert (fold.filled, fold.turned) == (1, 3)


def test_what_has_changed_is_fetched_anew() -> None:
    """At once where it is open, at the next opening where it is closed."""
    fold = Fetching(is_open=True)
    assert fold.filled == 0
    fold.folded.renew()
    fold.folded.renew()
    assert fold.filled == 2
    fold.head.unfolded = False
    fold.folded.renew()
    assert fold.filled == 2
    fold.head.unfolded = True
    assert fold.filled == 3


def test_what_cannot_be_fetched_is_said_and_tried_again() -> None:
    """The heading stays, a card says why, and the next opening fetches."""
    fold = Fetching()
    fold.fails = StoreError("PostgreSQL does not answer.")
    fold.head.unfolded = True
    notice = fold.folded.widget.children[1].children[0]
    assert "PostgreSQL does not answer." in notice.html
    fold.fails, fold.head.unfolded = None, False
    fold.head.unfolded = True
    assert (fold.filled, notice.html) == (1, "")


def test_a_fault_is_raised_and_told() -> None:
    """So that tests see it, and the reader has a number to tell."""
    fold = Fetching()
    fold.fails = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        fold.folded.renew() or fold.folded.open()
    assert 'class="card error"' in fold.folded.widget.children[1].children[0].html
