"""Dates of mastery: the path ends where mastery stands, one slip takes nothing away, and unknown times are said."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.mastery import concept_mastery
from edukit.analytics.mastery_dates import mastery_dates, mastery_path
from edukit.queries.frames import MASTERY_DATES

START = pd.Timestamp("2026-03-01 23:30", tz="UTC")
CONCEPTS = pd.DataFrame(
    {"concept_id": [1, 2], "topic_id": 9, "topic": "T", "concept": ["A", "B"], "concept_order": [0, 1]}
)


def attempts(*histories: list[bool], times: bool = True) -> pd.DataFrame:
    """Of one student a day apart on each concept, from 1."""
    rows = [
        (1, concept, place, right, START + pd.Timedelta(days=place) if times else pd.NaT)
        for concept, history in enumerate(histories, 1)
        for place, right in enumerate(history)
    ]
    names = ["student_id", "concept_id", "sequence", "is_correct", "attempted_at"]
    frame = pd.DataFrame(rows, columns=names).astype({"is_correct": "bool"})
    return frame.assign(
        attempted_at=pd.to_datetime(frame["attempted_at"], utc=True), time_taken_seconds=1.0, confidence=1.0
    )


def dates(frame: pd.DataFrame, zone: str = "UTC") -> pd.DataFrame:
    return mastery_dates(mastery_path(frame), CONCEPTS, mastered_from=95, lost_below=80, zone=ZoneInfo(zone))


@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=30), min_size=1, max_size=2))
def test_the_path_ends_where_mastery_stands(histories: list[list[bool]]) -> None:
    """The last of each path is what concept_mastery gives of all, with its interval and count."""
    frame = attempts(*histories)
    last = mastery_path(frame.sample(frac=1, random_state=1)).groupby("concept_id").tail(1)
    whole = concept_mastery(frame)
    for name in ("mastery_score", "mastery_low", "mastery_high"):
        assert last[name].tolist() == pytest.approx(whole[name].tolist())
    assert last["answers"].tolist() == whole["total_attempts"].tolist()


def test_twelve_right_answers_are_mastery_then() -> None:
    """It is dated by the twelfth, on the day of the institution's calendar, and held."""
    (row,) = dates(attempts([True] * 15), "Asia/Kolkata").to_dict("records")
    assert row["mastered_at"] == START + pd.Timedelta(days=11)
    assert (row["state"], row["mastered_after"], row["times_lost"]) == ("mastered", 12, 0)
    assert row["words"].startswith("mastered on 13 March 2026 after 12 answers (95, 90% interval ")
    assert row["words"].endswith(", held since.")
    assert pd.isna(row["lost_at"])


def test_one_slip_takes_nothing_away() -> None:
    """After a slip it is held still; after many it is lost, and the day is told; then it is gained again."""
    right = [True] * 14
    assert dates(attempts([*right, False]))["state"].tolist() == ["mastered"]
    (lost,) = dates(attempts([*right, *[False] * 4])).to_dict("records")
    assert (lost["state"], lost["times_lost"]) == ("lost again", 1)
    assert START + pd.Timedelta(days=14) < lost["lost_at"] < START + pd.Timedelta(days=18)
    (again,) = dates(attempts([*right, *[False] * 4, *[True] * 60])).to_dict("records")
    assert (again["state"], again["times_mastered"], again["times_lost"]) == ("mastered", 2, 1)
    assert pd.isna(again["lost_at"])
    assert again["mastered_after"] > 18


def test_not_yet_and_unknown_times() -> None:
    """All wrong is not yet, and where it stands is told; without times the order is known, and the day is not."""
    found = dates(attempts([False] * 3, [True] * 12, times=False))
    assert found["state"].tolist() == ["not yet", "mastered"]
    assert found["words"].iloc[0].startswith("not mastered yet after 3 answers (")
    assert found["words"].iloc[1].startswith("mastered at a time that is not known after 12 answers")
    assert found["mastered_at"].isna().all()


def test_below_mastery_does_not_read_as_mastery() -> None:
    """Scores are rounded down in words, as everywhere."""
    path = attempts([True]).assign(mastery_score=94.6, mastery_low=79.9, mastery_high=98.7, answers=1)
    (said,) = mastery_dates(path, CONCEPTS, mastered_from=95, lost_below=80, zone=ZoneInfo("UTC"))["words"]
    assert said == "not mastered yet after 1 answer (94, 90% interval 79 to 98)."


def test_no_answers_no_rows() -> None:
    """Of no answers there is no row, and every column as declared."""
    empty = dates(attempts([True]).iloc[:0])
    assert empty.empty
    assert [*empty] == [column.name for column in MASTERY_DATES.columns]
