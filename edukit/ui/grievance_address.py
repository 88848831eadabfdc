"""The address of the grievances page: which grievance, or which of them, a link asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from edukit.analytics.days import ALL_DAYS, Days
from edukit.analytics.grievances import FINISHED
from edukit.models.grievances import CATEGORIES, STATUSES
from edukit.ui.address import Wanted
from edukit.ui.days import parameters, quoted

if TYPE_CHECKING:
    import pandas as pd

WAITING, ALL = "waiting", "all"
CHOICES = {
    "status": {
        WAITING: "waiting: open or in progress",
        **{status: status.replace("_", " ") for status in STATUSES},
        ALL: "all",
    },
    "category": {ALL: "all", **{category: category for category in CATEGORIES}},
    "whose": {ALL: "everybody's", "mine": "mine", "nobody": "nobody's yet"},
}
"""What each filter of the inbox may be, with the words for it; the first is what no link needs to say."""
_UUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


@dataclass(frozen=True)
class WantedGrievances:
    """What a link asks for. ``faults`` are sentences about what it says wrongly."""

    class_id: int | None = None
    grievance_id: str | None = None
    status: str = WAITING
    category: str = ALL
    whose: str = ALL
    faults: tuple[str, ...] = ()
    days: Days = ALL_DAYS

    @classmethod
    def of(cls, query: str) -> WantedGrievances:
        """Read ``class=1&grievance=...&status=open&category=grade&whose=mine``; what is unknown is left to others."""
        given, faults = dict(parse_qsl(query)), []
        chosen = {}
        for name, choices in CHOICES.items():
            chosen[name] = given.get(name, next(iter(choices)))
            if chosen[name] not in choices:
                faults.append(f"The link asks for the {name} {quoted(chosen[name])}, which there is not.")
                chosen[name] = next(iter(choices))
        grievance_id = given.get("grievance")
        if grievance_id is not None and not re.fullmatch(_UUID, grievance_id):
            faults.append(f"The link asks for the grievance {quoted(grievance_id)}, which is not an id.")
            grievance_id = None
        of_class = Wanted.of(query)
        return cls(of_class.class_id, grievance_id, **chosen, faults=(*of_class.faults, *faults), days=of_class.days)

    def parameters(self) -> dict[str, str]:
        """The parameters of a link that asks for this; an empty text is left out of it."""
        chosen = {name: getattr(self, name) for name in CHOICES}
        return {
            "class": "" if self.class_id is None else str(self.class_id),
            "grievance": self.grievance_id or "",
            **parameters(self.days),
        } | {name: "" if value == next(iter(CHOICES[name])) else value for name, value in chosen.items()}

    def among(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The rows of the frame ``grievances`` that the filters let through, in their order.

        The days are not among them: they are of the whole page.
        """
        wanted = frame["status"].notna()
        if self.status != ALL:
            finished = frame["status"].isin(FINISHED)
            wanted &= ~finished if self.status == WAITING else frame["status"] == self.status
        if self.category != ALL:
            wanted &= frame["category"] == self.category
        if self.whose != ALL:
            wanted &= frame["mine"] if self.whose == "mine" else frame["assigned_to"].isna()
        return frame[wanted].reset_index(drop=True)
