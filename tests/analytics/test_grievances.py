"""Grievances: who is to answer, how one may move, and the figures week by week."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.grievances import FINISHED, MOVES, Rule, rule_for, weekly_figures
from edukit.models.grievances import CATEGORIES, SEVERITIES, STATUSES

START = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday
RULES = ["id", "category", "minimum_severity", "authority_id", "valid_from", "valid_until"]
days = st.integers(0, 6).map(lambda day: START + timedelta(days=day))
rules = st.lists(
    st.tuples(
        st.integers(1, 99),
        st.sampled_from(CATEGORIES[:2]),
        st.sampled_from(SEVERITIES),
        st.integers(1, 5),
        days,
        st.none() | days,
    ),
    max_size=8,
    unique_by=lambda rule: rule[0],
)


@given(rules, st.sampled_from(CATEGORIES[:2]), st.sampled_from(SEVERITIES), days)
def test_the_highest_rule_that_is_reached_holds(
    rows: list[tuple[object, ...]], category: str, severity: str, at: datetime
) -> None:
    """Counting down from the case's severity, the first with a rule that is valid then decides; else nobody does."""
    found = rule_for(pd.DataFrame(rows, columns=RULES, dtype=object), category=category, severity=severity, at=at)
    expected = None
    for level in reversed(SEVERITIES[: SEVERITIES.index(severity) + 1]):
        valid = sorted(
            (since, id_, authority)
            for id_, of, minimum, authority, since, until in rows
            if of == category and minimum == level and since <= at and (until is None or at < until)
        )
        if valid:
            expected = Rule(valid[-1][1], category, level, valid[-1][2])
            break
    assert found == expected


def test_a_rule_ends_before_its_end() -> None:
    """At the moment when one rule ends and the next begins the next one holds, and after an end nobody."""
    change = START + timedelta(days=1)
    frame = pd.DataFrame(
        [(1, "grade", "low", 10, START, change), (2, "grade", "low", 20, change, change + timedelta(days=1))],
        columns=RULES,
    )
    asked = {"category": "grade", "severity": "low"}
    moments = (START - timedelta(microseconds=1), START, change - timedelta(microseconds=1), change)
    found = [rule_for(frame, **asked, at=at) for at in (*moments, change + timedelta(days=1))]
    assert [rule and rule.authority_id for rule in found] == [None, 10, 10, 20, None]


def test_every_status_is_reached_and_left() -> None:
    """From open, the moves lead to every status, in no other order than the one of the word; none is a dead end."""
    assert MOVES == {
        "open": ("in_progress",),
        "in_progress": ("resolved",),
        "resolved": ("closed", "in_progress"),
        "closed": ("in_progress",),
    }
    assert tuple(MOVES) == STATUSES
    assert set(FINISHED) == set(STATUSES) - {"open", "in_progress"}


def steps(*rows: tuple[str, str | None, str, datetime], time_zone: str = "UTC") -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["grievance_id", "from_status", "to_status", "occurred_at"])
    return frame.assign(time_zone=time_zone)


def test_figures_of_a_frame_made_by_hand() -> None:
    """Two grievances over four weeks, one of which comes back: each week's counts and median are these."""
    week = timedelta(days=7)
    frame = steps(
        ("a", None, "open", START),
        ("b", None, "open", START + timedelta(days=1)),
        ("a", "open", "in_progress", START + timedelta(days=1)),
        ("a", "in_progress", "resolved", START + timedelta(days=2)),
        ("b", "in_progress", "resolved", START + timedelta(days=5)),
        ("a", "resolved", "closed", START + week),
        ("a", "closed", "in_progress", START + 2 * week),
        ("a", "in_progress", "resolved", START + 2 * week + timedelta(days=1)),
        ("a", "resolved", "in_progress", START + 2 * week + timedelta(days=2)),
    )
    found = weekly_figures(frame.sample(frac=1, random_state=1), as_of=START + 3 * week)
    assert found["week_start"].tolist() == [pd.Timestamp(2026, 3, day) for day in (2, 9, 16, 23)]
    assert found[["filed", "resolved", "reopened", "open_at_end"]].to_numpy().tolist() == [
        [2, 2, 0, 0],
        [0, 0, 0, 0],
        [0, 1, 2, 1],
        [0, 0, 0, 1],
    ]
    assert found["median_days_to_resolve"].fillna(-1).tolist() == [3.0, -1, 15.0, -1]


@pytest.mark.parametrize(
    ("zone", "monday"), [("UTC", 2), ("Pacific/Auckland", 9), ("America/New_York", 2), ("Asia/Kolkata", 9)]
)
def test_a_week_begins_by_the_institutions_calendar(zone: str, monday: int) -> None:
    """Sunday 20:00 UTC is Monday already further east."""
    moment = datetime(2026, 3, 8, 20, tzinfo=UTC)
    found = weekly_figures(steps(("a", None, "open", moment), time_zone=zone), as_of=moment)
    assert found["week_start"].tolist() == [pd.Timestamp(2026, 3, monday)]


def test_nothing_filed_is_no_week() -> None:
    """Without a step there is no row, and the columns are the same."""
    assert weekly_figures(steps(), as_of=START).empty
    assert list(weekly_figures(steps(), as_of=START)) == list(
        weekly_figures(steps(("a", None, "open", START)), as_of=START)
    )
