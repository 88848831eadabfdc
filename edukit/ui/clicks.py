"""Clicks that come too soon: the second of a double one is not meant for what stands there since the first."""

from __future__ import annotations

import math
from time import monotonic

from IPython import get_ipython

SECONDS = 1.0
"""How long after what it did could be seen a click is taken for the rest of the one before."""


class Clicks:
    """Which clicks of a page are meant, where what a click does cannot be undone."""

    def __init__(self) -> None:
        self._answered: tuple[float, float] | None = None
        self._seen_at = -math.inf

    def meant(self) -> bool:
        """Whether the click that is answered now is a new one."""
        self._answered = clicked_at(), monotonic()
        return self._answered[0] - self._seen_at >= SECONDS

    def changed(self) -> None:
        """What the click did can be seen, or other buttons stand where it was made."""
        clicked, began = self._answered or (clicked_at(), monotonic())
        self._seen_at = clicked + monotonic() - began
        self._answered = None


def clicked_at() -> float:
    """When the click was made that is answered now, in seconds, by the browser's clock where there is one.

    Not when it is answered: a click that waited for a busy kernel was made long after the one before.
    """
    kernel = getattr(get_ipython(), "kernel", None)
    header = kernel.get_parent().get("header") if kernel else None
    return float(header["date"].timestamp()) if header else monotonic()
