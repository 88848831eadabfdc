"""What pages on one class have in common: the bar at their head, what is told, the address, and showing all anew."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from edukit.ui.cards import notice
from edukit.ui.filter_bar import FilterBar
from edukit.ui.page import page, told
from edukit.ui.updates import Updates
from edukit.ui.widgets import Address, Panel, group, served_by_voila

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import ipywidgets as w
    import pandas as pd

    from edukit.ui.address import Wanted
    from edukit.workbench import Workbench


class ClassPage(ABC):
    """A page on one class and some days; it says what it shows by ``_fetch``, ``_show`` and ``_state``.

    Its own ``__init__`` builds its parts and then calls ``_begin``.
    """

    def __init__(
        self, edu: Workbench, classes: pd.DataFrame, wanted: Wanted, *, beside: Sequence[w.Widget] = ()
    ) -> None:
        self._edu = edu
        self._updates = Updates(edu, on_wanted=self._renew)
        self._bar = FilterBar(edu, classes, wanted.class_id, wanted.days, beside=beside, last=[self._updates])
        self._address, self._notice, self._body = Address(live=served_by_voila()), Panel(live=True), group([])
        self._faults: list[str] = []
        """Sentences about what the link asks for in vain, as long as they are about what is shown."""
        self._class_read: int | None = None
        self.widget: w.Widget

    def _begin(self, wanted: Wanted, *body: w.Widget) -> None:
        """Show what the link asks for, say what it asks for in vain, and answer from then on."""
        self._body = group(body)
        self._faults += [*wanted.faults, *self._bar.faults]
        with self._told():
            self._read()
            self._faults += self._offer(wanted)
            self._show()
        self._keep_address()
        self._bar.on_class(lambda: self._answer(self._faults.clear, self._turn_to_class, self._read_anew))
        self._bar.on_days(lambda: self._answer(self._faults.clear, self._read_anew))
        self.widget = page([self._address, self._bar.widget, self._notice, self._body])

    def _read(self) -> None:
        """Read what the bar asks for, and hear of what changes from now on."""
        self._updates.follow([self._bar.class_id])
        self._fetch()
        self._class_read = self._bar.class_id

    @abstractmethod
    def _fetch(self) -> None:
        """Read what the bar asks for."""

    @abstractmethod
    def _show(self) -> None:
        """Show what was read."""

    @abstractmethod
    def _state(self) -> Wanted:
        """What the page shows, as a link asks for it."""

    def _offer(self, _wanted: Wanted) -> list[str]:
        """Offer the students and so on of what was read, and choose; sentences about what is not among them."""
        return []

    def _remarks(self) -> list[str]:
        """What is to be known of what is shown."""
        return []

    def _turn_to_class(self) -> None:  # noqa: B027 - most pages keep what is chosen
        """Another class was chosen, and nothing of it has been read yet."""

    def _offer_again(self) -> None:
        """Offer anew, and keep what is chosen where it is still there."""
        self._offer(self._state())

    def _answer(self, *steps: Callable[[], object]) -> None:
        """Show something else, and keep it in the address."""
        with self._told():
            for step in steps:
                step()
        self._keep_address()

    def _read_anew(self) -> None:
        """Read and show everything anew; what is chosen stays where it is still there.

        Raises:
            EdukitError: it cannot be read.
        """
        self._read()
        self._offer_again()
        self._show()

    def _renew(self) -> None:
        """Read and show everything anew, at the same place."""
        self._answer(self._read_anew)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say what goes wrong inside the block, else what the link asks for in vain and what is to be known."""
        with told(self._notice, instead_of=self._body):
            yield
            self._notice.html = notice([*self._faults, *self._remarks()])

    def _keep_address(self) -> None:
        state = self._state()
        if self._class_read not in {None, state.class_id}:
            # It could not be read: who was chosen in another is not to be asked for in it.
            state = replace(state, student_id=None)
        self._address.parameters = state.parameters()
