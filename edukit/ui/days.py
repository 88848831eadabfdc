"""The days that a link asks for, and how they are told."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from edukit.analytics.days import ALL_DAYS, Days

if TYPE_CHECKING:
    from collections.abc import Mapping

EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)
LONGEST_SHOWN = 40


def asked_days(given: Mapping[str, str], faults: list[str]) -> Days:
    """The days ``from`` and ``to`` of a link, both included; a sentence joins ``faults`` for each that is none."""
    first, last = (_day(given, name, faults) for name in ("from", "to"))
    if first and last and first > last:
        faults.append(f"The link asks for the days from {first} to {last}, which end before they begin: all are shown.")
        return ALL_DAYS
    return Days(first, last)


def parameters(days: Days) -> dict[str, str]:
    """The parameters of a link that asks for the days; an empty text is left out of it."""
    ends = {"from": days.first, "to": days.last}
    return {name: "" if day is None else day.isoformat() for name, day in ends.items()}


def in_words(days: Days) -> str:
    """``from 1 Jun 2026 to 30 Jun 2026``, ``since 1 Jun 2026``, ``up to 30 Jun 2026``; empty: they have no end."""
    first, last = (None if day is None else f"{day.day} {day:%b %Y}" for day in (days.first, days.last))
    if first and last:
        return f"on {first}" if first == last else f"from {first} to {last}"
    return f"since {first}" if first else f"up to {last}" if last else ""


def quoted(text: str) -> str:
    """What a link says, in quotes and cut to what a sentence has room for."""
    return repr(text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…")


def _day(given: Mapping[str, str], name: str, faults: list[str]) -> date | None:
    text = given.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) else None
    except ValueError:
        day = None
    if day is None or not EARLIEST <= day <= LATEST:
        faults.append(f"The link asks for the day {quoted(text)} ({name}), which is not a day such as 2026-06-01.")
        return None
    return day
