"""The page's address: which class, student, concept, order, view and days a link asks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import parse_qsl

from edukit.analytics.days import ALL_DAYS, Days
from edukit.ui.days import asked_days, parameters, quoted
from edukit.ui.figures import ConceptOrder, Order

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_YOURS = "The link asks for {}, not yours to see or not there any more: {}."
"""What a link asks for in vain, and the next step. Whether it is there is not told to who may not see it."""
ANOTHER = "here is another, and all of yours can be chosen above"
LARGEST_ID = 2**53 - 1


@dataclass(frozen=True)
class Wanted:
    """What a link asks for; None: it does not say. ``faults`` are sentences about what it says wrongly."""

    class_id: int | None = None
    student_id: int | None = None
    concept_id: int | None = None
    order: Order = "need"
    concept_order: ConceptOrder = "curriculum"
    faults: tuple[str, ...] = ()
    view: str | None = None
    """One of the page's own views, as the page calls it; empty: the first. None: it does not say, or has none."""
    days: Days = ALL_DAYS

    @classmethod
    def of(cls, query: str) -> Wanted:
        """Read ``class=1&student=2&concept=3&sort=name&topics=weakest&from=2026-06-01``; the rest is left to others."""
        given = dict(parse_qsl(query))
        faults: list[str] = []
        ids = {name: asked_id(given, name, name, faults) for name in ("class", "student", "concept")}
        order: Any = _one_of(get_args(Order), given.get("sort"), "students are shown by need", faults)
        concept_order: Any = _one_of(
            get_args(ConceptOrder), given.get("topics"), "concepts are shown as the curriculum has them", faults
        )
        days = asked_days(given, faults)
        wanted = ids["class"], ids["student"], ids["concept"], order, concept_order
        return cls(*wanted, tuple(faults), given.get("view"), days)

    def parameters(self) -> dict[str, str]:
        """The parameters of a link that asks for this; an empty text is left out of it."""
        ids = {"class": self.class_id, "student": self.student_id, "concept": self.concept_id}
        kept = {name: "" if value is None else str(value) for name, value in ids.items()}
        orders = {"sort": (self.order, "need"), "topics": (self.concept_order, "curriculum")}
        kept |= {name: "" if order == usual else order for name, (order, usual) in orders.items()}
        kept |= parameters(self.days)
        return kept if self.view is None else {**kept, "view": self.view}


def _one_of(orders: tuple[str, ...], asked: str | None, instead: str, faults: list[str]) -> str:
    """The order that a link asks for; the first of them where it asks for none that there is."""
    if asked is not None and asked not in orders:
        faults.append(f"The link asks for the order {quoted(asked)}; {instead}.")
    return asked if asked in orders else orders[0]


def asked_id(given: Mapping[str, str], name: str, what: str, faults: list[str]) -> int | None:
    """The id that a link gives under a name, of what it is; None: it gives none, or what is no id, which is told."""
    text = given.get(name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,16}", text) or int(text) > LARGEST_ID:
        faults.append(f"The link asks for the {what} {quoted(text)}, which is not an id; it was left out.")
        return None
    return int(text)
