"""The states of work, streaks and days, on a school made by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd
import psycopg

from edukit.queries.student_work import STATES

if TYPE_CHECKING:
    from conftest import Database

    from edukit.workbench import Workbench


def test_states_of_work(states: Workbench) -> None:
    """Each assignment is in the state that its title says; what was never this student's is not there."""
    found = states.submissions(1).set_index("assignment")["state"].to_dict()
    assert found == {
        **{state: state for state in STATES},
        "missing there": "missing",
        "open without end": "open",
        "waiting again": "waiting for feedback",
    }
    again = states.submissions(1).set_index("assignment").loc["waiting again"]
    assert (again["submissions"], again["late"]) == (2, False)
    assert again["submitted_at"] - again["first_submitted_at"] == timedelta(days=5)
    assert states.submissions(1).set_index("assignment").loc["waiting for feedback", "late"]


def test_nothing_waits_for_who_has_left(states: Workbench, database: Database) -> None:
    """Feedback would not reach them any more: what they handed in is handed in; what they did not is missing."""
    before = states.submissions(1)["state"].value_counts()
    with psycopg.connect(database.admin_url) as admin:
        admin.execute("UPDATE users SET departed_at = '2026-06-30 19:00Z' WHERE id = 1")
    after = states.submissions(1)["state"].value_counts()
    assert "waiting for feedback" not in after
    assert after["handed in"] == before["handed in"] + before["waiting for feedback"]
    assert (after["missing"], after["has feedback"]) == (before["missing"], before["has feedback"])


def test_a_streak_ends_with_a_day_without_an_award(states: Workbench) -> None:
    """At 20:00 UTC it is the next day in Kiritimati: an award on the 30th is yesterday's, one on the 29th is over."""
    assert states.student(1).loc[0, ["current_streak", "best_streak"]].tolist() == [3, 4]
    assert states.student(2).loc[0, ["current_streak", "best_streak"]].tolist() == [0, 4]
    assert states.student(2)["today"].tolist() == [pd.Timestamp(2026, 7, 1)]


def test_days_are_the_institutions(states: Workbench) -> None:
    """Work that was handed in at 20:00 UTC belongs to the next day in Kiritimati, and one day back is that day."""
    days = states.activity(1)["active_on"].dt.strftime("%m-%d").tolist()
    assert days == ["06-23", "06-24", "06-28", "06-30"]
    assert states.activity(1, days=2)["submissions"].tolist() == [2]
    assert states.activity(1, days=1).empty
