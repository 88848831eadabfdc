"""The offer of new data: a page hears that what it shows has changed, and shows it when its viewer wants it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import anywidget
import traitlets as t

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from edukit.workbench import Workbench

MOST_CLASSES: Final = 100
"""How many classes are followed at most: as many as the server lets a page follow."""
_SOURCE: Final = Path(__file__)


class Updates(anywidget.AnyWidget):
    """Offers "new data", or asks for it by itself where the viewer chose so; one a page.

    It is there in a page of edukit's own server, which says where to listen (``data-updates``), and nowhere else.

    Args:
        edu: what the viewer may ask.
        on_wanted: fetches and shows everything anew; called when the viewer wants it.
    """

    _esm = _SOURCE.with_suffix(".js").read_text(encoding="utf-8")
    _css = _SOURCE.with_suffix(".css").read_text(encoding="utf-8")
    classes: t.List[int] = t.List(t.Int()).tag(sync=True)
    """Ids of the classes that are shown."""
    grievances = t.Bool(default_value=False).tag(sync=True)
    """Whether grievances are shown: the server tells of those that the viewer may see."""
    since: t.List[int] = t.List(t.Int(), [0]).tag(sync=True)
    """Number of the first transaction whose changes are not shown, then of those before it whose are not either."""
    wanted = t.Int(0).tag(sync=True)
    """How often new data was wanted."""

    def __init__(self, edu: Workbench, *, on_wanted: Callable[[], object]) -> None:
        super().__init__()
        self._edu, self._on_wanted = edu, on_wanted

    def follow(self, class_ids: Iterable[int], *, grievances: bool = False) -> None:
        """Follow what is fetched next, classes or grievances: to be called before each fetch, so that nothing slips by.

        What the viewer has changed before is not offered to them.

        Raises:
            StoreError: the database does not answer.
            SignedOut: the viewer's sign-in has ended.
        """
        horizon = self._edu.horizon()
        # In one message: of other classes another moment would count.
        with self.hold_sync():
            self.classes = sorted({int(class_id) for class_id in class_ids})[:MOST_CLASSES]
            self.grievances, self.since = grievances, [horizon.next, *horizon.running]

    @t.observe("wanted")
    def _answer(self, _change: Any) -> None:
        self._on_wanted()
