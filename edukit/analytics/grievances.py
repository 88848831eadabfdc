"""Grievances: who is to answer one, how it may move, and what a school's add up to, week by week.

The moves are one table. A grievance is taken up, resolved and closed, in this order; one that was resolved or closed
comes back by being reopened, and then somebody is at work on it again::

    open → in_progress → resolved → closed
                ↑____________|_________|
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from edukit.models.grievances import SEVERITIES

if TYPE_CHECKING:
    from datetime import datetime

MOVES: dict[str, tuple[str, ...]] = {
    "open": ("in_progress",),
    "in_progress": ("resolved",),
    "resolved": ("closed", "in_progress"),
    "closed": ("in_progress",),
}
"""To which statuses a grievance may move from each."""
FINISHED = ("resolved", "closed")
"""Statuses in which nobody waits for an answer."""


@dataclass(frozen=True)
class Rule:
    """A routing rule: who answers grievances of a category from a severity on."""

    id: int
    category: str
    minimum_severity: str
    authority_id: int

    @property
    def words(self) -> str:
        """Why a grievance went where it went, as its step tells it."""
        return f"By the rule for {self.category} from severity {self.minimum_severity} on."


def rule_for(rules: pd.DataFrame, *, category: str, severity: str, at: datetime) -> Rule | None:
    """The routing rule that holds: of those valid then, the one with the highest severity that the case reaches.

    Args:
        rules: one row a rule: ``id``, ``category``, ``minimum_severity``, ``authority_id``, ``valid_from`` and
            ``valid_until`` (aware; the end is not part of it, and missing where the rule goes on).
        category: category of the grievance.
        severity: its severity.
        at: moment at which it is routed.

    Returns:
        The rule; of several equal ones the latest to begin, then that of the highest id. None: no rule holds.
    """
    reached = SEVERITIES[: SEVERITIES.index(severity) + 1]
    holds = [
        rule
        for rule in rules.to_dict("records")
        if rule["category"] == category
        and rule["minimum_severity"] in reached
        and rule["valid_from"] <= at
        and (pd.isna(rule["valid_until"]) or at < rule["valid_until"])
    ]
    if not holds:
        return None
    first = max(
        holds, key=lambda rule: (SEVERITIES.index(rule["minimum_severity"]), rule["valid_from"], int(rule["id"]))
    )
    return Rule(int(first["id"]), category, str(first["minimum_severity"]), int(first["authority_id"]))


def weekly_figures(steps: pd.DataFrame, *, as_of: datetime) -> pd.DataFrame:
    """What was filed, resolved and reopened in each week, and what was open at its end.

    They follow from the steps, so that a past week does not change when a grievance comes back later.

    Args:
        steps: one row a step that sets a status: ``grievance_id``, ``from_status`` (missing: it was filed),
            ``to_status``, ``occurred_at`` (aware), ``time_zone`` (IANA, of the institution's days).
        as_of: moment up to which weeks are listed; that week is not over.

    Returns:
        A row a week, without a gap from the first filing on: ``week_start`` (its Monday), ``filed``, ``resolved``,
        ``reopened``, ``open_at_end``, ``median_days_to_resolve`` (from filing to that resolution; missing: none).
    """
    if steps.empty:
        columns = ["week_start", "filed", "resolved", "reopened", "open_at_end", "median_days_to_resolve"]
        return pd.DataFrame({name: [] for name in columns})
    filed, was, is_ = (
        steps["from_status"].isna(),
        *(steps[name].isin(FINISHED) for name in ("from_status", "to_status")),
    )
    begun = steps["grievance_id"].map(steps[filed].set_index("grievance_id")["occurred_at"])
    known = pd.DataFrame(
        {
            "week_start": _weeks(steps["occurred_at"], steps["time_zone"]),
            "filed": filed,
            "resolved": ~filed & ~was & is_,
            "reopened": was & ~is_,
            "days": (steps["occurred_at"] - begun).dt.total_seconds() / 86_400,
        }
    )
    zones = pd.Series(steps["time_zone"].unique())
    now = _weeks(pd.Series(pd.Timestamp(as_of), index=zones.index), zones)
    weeks = pd.date_range(known["week_start"].min(), max(known["week_start"].max(), now.max()), freq="7D")
    counts = known.groupby("week_start")[["filed", "resolved", "reopened"]].sum().reindex(weeks, fill_value=0)
    days = known[known["resolved"]].groupby("week_start")["days"].median()
    return (
        counts.assign(
            open_at_end=(counts["filed"] + counts["reopened"] - counts["resolved"]).cumsum(),
            median_days_to_resolve=days.reindex(weeks),
        )
        .rename_axis("week_start")
        .reset_index()
    )


def _weeks(moments: pd.Series[pd.Timestamp], zones: pd.Series[str]) -> pd.Series[pd.Timestamp]:
    """The Monday of each moment's week, by the calendar of its time zone."""
    days = pd.concat(
        [part.dt.tz_convert(str(zone)).dt.tz_localize(None).dt.normalize() for zone, part in moments.groupby(zones)]
    )
    return (days - pd.to_timedelta(days.dt.day_of_week, unit="D")).reindex(moments.index)
