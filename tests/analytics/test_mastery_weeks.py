"""Mastery by week: the last week is today's score, weeks are the institution's, clocks and gaps do no harm."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.mastery import DECAY, concept_mastery, evidence_path
from edukit.analytics.mastery_weeks import SCORES, last_monday, weekly_mastery, weeks_of

ZONE = ZoneInfo("Europe/Zurich")
START = pd.Timestamp("2026-03-01 09:00", tz="UTC")
LONG_AGO = date(2020, 1, 6)
ANSWERS = st.lists(
    st.tuples(st.integers(1, 3), st.integers(1, 2), st.booleans(), st.none() | st.integers(-40, 40)), max_size=40
)


def attempts(answers: list[tuple[int, int, bool, int | None]]) -> pd.DataFrame:
    """Answers of students on concepts, in order: whose, on what, right or not, and the day, if it is known."""
    rows = [
        (student, concept, place, right, pd.NaT if day is None else START + pd.Timedelta(days=day))
        for place, (student, concept, right, day) in enumerate(answers)
    ]
    frame = pd.DataFrame(rows, columns=["student_id", "concept_id", "sequence", "is_correct", "attempted_at"])
    moments = pd.to_datetime(frame["attempted_at"], utc=True).astype("datetime64[us, UTC]")
    return frame.astype({"is_correct": "bool"}).assign(
        attempted_at=moments, time_taken_seconds=float("nan"), confidence=float("nan")
    )


@given(ANSWERS)
def test_the_last_week_is_todays_score(answers: list[tuple[int, int, bool, int | None]]) -> None:
    """Of whoever has any time the last week has what concept_mastery says; of others there is no week."""
    frame = attempts(answers)
    weeks, whole = weekly_mastery(frame, zone=ZONE, since=LONG_AGO), concept_mastery(frame)
    assert list(weeks) == list(SCORES)
    last = weeks.drop_duplicates(["student_id", "concept_id"], keep="last").drop(columns="week")
    timed = whole[whole["last_attempted_at"].notna()]
    pd.testing.assert_frame_equal(
        last.reset_index(drop=True), timed[list(last)].reset_index(drop=True), check_dtype=False, rtol=1e-9
    )
    assert not weeks.duplicated(["student_id", "concept_id", "week"]).any()
    assert (weeks["week"].dt.day_of_week == 0).all()


@given(ANSWERS, st.integers(-40, 40))
def test_a_week_is_what_was_known_then(answers: list[tuple[int, int, bool, int | None]], day: int) -> None:
    """With clocks that run on, the score of a week does not change with what is answered after it."""
    frame = attempts(sorted((one for one in answers if one[3] is not None), key=lambda one: one[3] or 0))
    until = weeks_of(pd.Series([START + pd.Timedelta(days=day)]), [[0]], ZONE).iloc[0]
    week = weeks_of(frame["attempted_at"], [[0] * len(frame)], ZONE) if len(frame) else pd.Series(dtype="datetime64[s]")
    before = weekly_mastery(frame[week <= until], zone=ZONE, since=LONG_AGO)
    whole = weekly_mastery(frame, zone=ZONE, since=LONG_AGO)
    kept = whole[whole["week"] <= until].reset_index(drop=True)
    pd.testing.assert_frame_equal(before, kept, rtol=1e-9)


def test_weeks_begin_at_midnight_there() -> None:
    """Sunday evening in London is Monday in Zurich's week from midnight there on."""
    moments = pd.to_datetime(pd.Series(["2026-03-01 22:59", "2026-03-01 23:00"]), utc=True)
    found = weeks_of(moments, [[1, 1]], ZONE)
    assert found.dt.strftime("%m-%d").tolist() == ["02-23", "03-02"]


def test_clocks_that_run_back() -> None:
    """An answer with an earlier time than the one before it, or with none, is of that one's week."""
    moments = pd.Series([pd.NaT, START, START - pd.Timedelta(days=30), pd.NaT, START + pd.Timedelta(days=9)])
    found = weeks_of(moments.astype("datetime64[us, UTC]"), [[1] * 5], ZONE)
    assert found.dt.strftime("%m-%d").fillna("").tolist() == ["", "02-23", "02-23", "02-23", "03-09"]


def test_what_is_old_counts_and_is_not_told() -> None:
    """Only weeks from the wanted one on have rows, and what came before is in them."""
    frame = attempts([(1, 1, True, -60), (1, 1, True, 0)])
    weeks = weekly_mastery(frame, zone=ZONE, since=date(2026, 2, 23))
    assert weeks["total_attempts"].tolist() == [2]


@given(st.lists(st.booleans(), min_size=1, max_size=30))
def test_evidence_is_the_weighted_sum(history: list[bool]) -> None:
    """Each answer counts less the more came after it."""
    path = evidence_path(attempts([(1, 1, right, 0) for right in history]))
    for place in range(len(history)):
        weights = [DECAY ** (place - earlier) for earlier in range(place + 1)]
        right = sum(weight for weight, one in zip(weights, history[: place + 1], strict=True) if one)
        assert path["right"].iloc[place] == pytest.approx(right, abs=1e-9)
        assert path["right"].iloc[place] + path["wrong"].iloc[place] == pytest.approx(sum(weights))


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_last_week_began_six_to_twelve_days_ago(today: date) -> None:
    """It is a Monday, and never so near that nothing can have changed."""
    found = last_monday(today)
    assert found.weekday() == 0
    assert timedelta(days=6) <= today - found <= timedelta(days=12)
