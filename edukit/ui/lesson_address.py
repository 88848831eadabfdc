"""The address of the page on the next lesson: open folds, a size of groups, an aim, and a class beside the class."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from edukit.analytics.next_question import AIMS
from edukit.ui.address import Wanted, asked_id
from edukit.ui.days import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

SIZES = (2, 3, 4, 5, 6)
USUAL_SIZE = 4
FOLDS = ("ready", "ask", "compare", "questions")
"""The folded sections, in their order."""


@dataclass(frozen=True)
class WantedLesson(Wanted):
    """What a link asks for; ``view`` are the open folds, comma-separated."""

    size: int = field(default=USUAL_SIZE, kw_only=True)
    """Most students in a group."""
    aim: str = field(default=AIMS[0], kw_only=True)
    """What the questions for one student are rather for."""
    beside: int | None = field(default=None, kw_only=True)
    """Id of the one class that stands beside the class; None: all of its subject do."""

    @classmethod
    def of(cls, query: str) -> WantedLesson:
        """Read ``class=1&concept=2&student=3&size=4&aim=informative&beside=5&view=ask``; the rest is left to others."""
        given, asked = dict(parse_qsl(query)), Wanted.of(query)
        faults = [*asked.faults]
        return cls(
            asked.class_id,
            asked.student_id,
            asked.concept_id,
            view=_folds(given, faults),
            size=_size(given, faults),
            aim=_aim(given, faults),
            beside=asked_id(given, "beside", "class beside", faults),
            faults=tuple(faults),
            days=asked.days,
        )

    @property
    def folds(self) -> set[str]:
        """The folds that are open."""
        return {*(self.view or "").split(",")} - {""}

    def parameters(self) -> dict[str, str]:
        """The parameters of a link that asks for this; an empty text is left out of it."""
        size, aim = "" if self.size == USUAL_SIZE else str(self.size), "" if self.aim == AIMS[0] else self.aim
        beside = "" if self.beside is None else str(self.beside)
        return {**super().parameters(), "size": size, "aim": aim, "beside": beside}


def _size(given: Mapping[str, str], faults: list[str]) -> int:
    text = given.get("size", str(USUAL_SIZE))
    if text not in {str(size) for size in SIZES}:
        faults.append(f"The link asks for groups of {quoted(text)}: they have {SIZES[0]} to {SIZES[-1]} students.")
        return USUAL_SIZE
    return int(text)


def _aim(given: Mapping[str, str], faults: list[str]) -> str:
    text = given.get("aim", AIMS[0])
    if text not in AIMS:
        faults.append(f"The link asks for questions that are {quoted(text)}: they are {' or '.join(AIMS)}.")
        return AIMS[0]
    return text


def _folds(given: Mapping[str, str], faults: list[str]) -> str:
    asked = [name for name in given.get("view", "").split(",") if name]
    if unknown := [name for name in asked if name not in FOLDS]:
        faults.append(f"The link asks for {quoted(unknown[0])} to be open, which there is not.")
    return ",".join(name for name in FOLDS if name in asked)
