"""A control, folded away, for the scores at which the levels begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets as t

from edukit.analytics.mastery import LEVELS
from edukit.errors import EdukitError
from edukit.ui.widgets import Script, script

if TYPE_CHECKING:
    from collections.abc import Callable

    from edukit.workbench import Workbench

WORDS = (
    "For you alone, and on every page: who needs help, how the levels are coloured and what the class is ready for "
    "follow at once."
)
MISSING = "Levels begin at three scores: fill in each, or take those of the school. Nothing was changed."


class Thresholds(Script):
    """Three scores to choose, kept for the viewer; what is against the rule is said beside them."""

    _esm = script("thresholds.js")
    levels = t.List(t.Unicode(), list(LEVELS[1:])).tag(sync=True)
    words = t.Unicode(WORDS).tag(sync=True)
    scores = t.List(t.Float()).tag(sync=True)
    """Those that hold."""
    asked: t.Dict[str, Any] = t.Dict({"scores": [], "count": 0}).tag(sync=True)
    """The last wish: three ``scores``, or none for the school's; ``count`` makes each a change."""
    refusal = t.Unicode("").tag(sync=True)

    def __init__(self, edu: Workbench, *, on_change: Callable[[], object]) -> None:
        super().__init__(_dom_classes=("edukit-thresholds",))
        self._edu, self._on_change = edu, on_change
        self.observe(lambda change: self._choose(change["new"]["scores"]), "asked")

    def _choose(self, scores: list[float | None]) -> None:
        if None in scores:
            self.refusal = MISSING
            return
        try:
            self._edu.choose_mastery_thresholds(scores or None)  # type: ignore[arg-type]
        except EdukitError as error:
            self.refusal = str(error)
        else:
            self.refusal = ""
            self._on_change()
