"""A place in edukit's schema, as the maps of the source systems write it down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY = "{}.id is edukit's own; the source's key stands as source:kind/key"
DERIVED = "derived from the source's id, so that loading it again finds the row"
NEVER_CHANGES = "a row never changes, so that this is when it was made"
COMPUTED = "computed by edukit; the figure that the source had computed is kept as a progress record"


@dataclass(frozen=True)
class Place:
    """Where a field of a source system lives now."""

    columns: tuple[str, ...]
    """Each as ``table.column``; several where the field is split."""
    note: str = ""
    """What is other than in the source: unit, meaning, form; empty where nothing is."""
    values: Mapping[str, str] = field(default_factory=dict)
    """The source's values whose name is another here; of all others the case alone is."""

    def translated(self, value: str) -> str:
        """A value of the source's enumeration as edukit spells it."""
        return self.values.get(value, value.lower())


Places = dict[str, dict[str, Place]]
"""Of one source system: each model, its fields, and the place of each."""


def at(*columns: str, note: str = "", values: Mapping[str, str] | None = None) -> Place:
    """The place ``table.column``, or several."""
    return Place(columns, note, values or {})


def keyed(table: str) -> Place:
    """The place of the id of a thing that is known by its source's key."""
    return at(f"{table}.source_key", note=KEY.format(table))


def stamps(table: str) -> dict[str, Place]:
    """The places of the two timestamps of a row that has both."""
    return {"created_at": at(f"{table}.created_at"), "updated_at": at(f"{table}.updated_at")}


def stamped(column: str, note: str = NEVER_CHANGES) -> dict[str, Place]:
    """The places of the two timestamps of a row that has one moment for both."""
    return {"created_at": at(column), "updated_at": at(column, note=note)}
