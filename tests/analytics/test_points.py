"""Points: sums, levels and streaks that follow from the ledger alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.points import LEVEL_XP, level, standing

ZURICH = "Europe/Zurich"
TODAY = date(2026, 4, 10)
MOMENTS = st.datetimes(datetime(2026, 3, 1), datetime(2026, 4, 10, 20), timezones=st.just(UTC))  # noqa: DTZ001 - made aware
EVENTS = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.sampled_from(["practice", "submission", "correction"]),
        st.integers(-20, 50),
        st.integers(-20, 50),
        MOMENTS,
    ),
    max_size=40,
)


def ledger(rows: list[tuple[int, str, int, int, datetime]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["student_id", "event_type", "points_awarded", "xp_awarded", "occurred_at"])
    return frame.astype({"student_id": "int64", "points_awarded": "int64", "xp_awarded": "int64"}).assign(
        occurred_at=pd.to_datetime(frame["occurred_at"], utc=True)
    )


def practised(*moments: datetime) -> pd.DataFrame:
    return ledger([(1, "practice", 1, 1, moment) for moment in moments])


def streaks(events: pd.DataFrame, today: date, time_zone: str = ZURICH) -> tuple[int, int]:
    row = standing(events, today=today, time_zone=time_zone).iloc[0]
    return int(row["current_streak"]), int(row["best_streak"])


@given(EVENTS, st.randoms(use_true_random=False))
def test_the_order_of_events_does_not_matter(rows: list[tuple[int, str, int, int, datetime]], random: object) -> None:
    """The same events in any order give the same standing."""
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = (standing(ledger(events), today=TODAY, time_zone=ZURICH) for events in (rows, shuffled))
    pd.testing.assert_frame_equal(first, second)


@given(EVENTS)
def test_it_is_what_a_plain_loop_finds(rows: list[tuple[int, str, int, int, datetime]]) -> None:
    """Sums, days and runs of days are those that a walk over each student's calendar finds."""
    found = standing(ledger(rows), today=TODAY, time_zone=ZURICH).set_index("student_id")
    assert list(found.index) == sorted({row[0] for row in rows})
    for student in found.index:
        own = [row for row in rows if row[0] == student]
        row = found.loc[student]
        assert (row["points"], row["xp"]) == (sum(event[2] for event in own), sum(event[3] for event in own))
        days = {event[4].astimezone(ZoneInfo(ZURICH)).date() for event in own if event[1] != "correction"}
        assert row["last_active_on"] == max(days, default=None)
        runs, run, day = [0], 0, date(2026, 2, 28)
        while day < TODAY:
            day += timedelta(days=1)
            run = run + 1 if day in days else 0
            runs.append(run)
        assert row["best_streak"] == max(runs)
        assert row["current_streak"] == (runs[-1] or runs[-2])
        assert row["current_streak"] <= row["best_streak"]


@given(st.integers(0, 2_000_000))
def test_levels_begin_at_their_experience(xp: int) -> None:
    """Level n holds from 50 n (n - 1) experience points up to the next level's."""
    reached = int(level([xp])[0])
    assert LEVEL_XP * reached * (reached - 1) <= xp < LEVEL_XP * (reached + 1) * reached


def test_the_first_levels() -> None:
    """0, 100, 300 and 600 points begin levels 1 to 4; less than nothing is level 1."""
    assert level([-5, 0, 99, 100, 299, 300, 599, 600]).tolist() == [1, 1, 1, 2, 2, 3, 3, 4]
    assert level([]).tolist() == []


def test_a_gap_ends_the_streak() -> None:
    """Days in a row count, a day without an event ends them, and yesterday's still stand today."""
    noon = datetime(2026, 2, 2, 12, tzinfo=UTC)
    events = practised(*(noon + timedelta(days=day) for day in (0, 1, 2, 4, 5)))
    assert streaks(events, date(2026, 2, 7)) == (2, 3)
    assert streaks(events, date(2026, 2, 8)) == (2, 3)
    assert streaks(events, date(2026, 2, 9)) == (0, 3)


@pytest.mark.parametrize("change", [date(2026, 3, 29), date(2026, 10, 25)])
def test_a_change_of_the_clocks_ends_no_streak(change: date) -> None:
    """Late evenings and early mornings around a night of 23 or 25 hours are still days in a row."""
    zone = ZoneInfo(ZURICH)
    days = [change + timedelta(days=shift) for shift in (-2, -1, 0, 1, 2)]
    for hour in (0, 23):
        events = practised(*(datetime(day.year, day.month, day.day, hour, 30, tzinfo=zone) for day in days))
        assert streaks(events, days[-1]) == (5, 5)


def test_a_day_is_the_institutions() -> None:
    """The same two moments are one day in Toronto and two in Zurich."""
    events = practised(datetime(2026, 2, 2, 22, 30, tzinfo=UTC), datetime(2026, 2, 2, 23, 30, tzinfo=UTC))
    assert streaks(events, date(2026, 2, 3), ZURICH) == (2, 2)
    assert streaks(events, date(2026, 2, 2), "America/Toronto") == (1, 1)


def test_a_correction_is_no_activity() -> None:
    """It takes points back, and neither makes a day nor keeps a streak."""
    at = datetime(2026, 2, 2, 12, tzinfo=UTC)
    events = ledger([(1, "practice", 10, 10, at), (1, "correction", -10, -4, at + timedelta(days=1))])
    row = standing(events, today=date(2026, 2, 3), time_zone="UTC").iloc[0]
    assert (row["points"], row["xp"], row["best_streak"], row["last_active_on"]) == (0, 6, 1, date(2026, 2, 2))


def test_no_events_no_rows() -> None:
    """The empty ledger gives the same columns."""
    empty = standing(ledger([]), today=TODAY, time_zone=ZURICH)
    assert empty.empty
    assert list(empty) == list(standing(practised(datetime(2026, 3, 2, tzinfo=UTC)), today=TODAY, time_zone=ZURICH))
