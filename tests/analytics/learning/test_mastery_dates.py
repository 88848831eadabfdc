"""Dates of mastery: they follow from the weeks' scores alone, and one slip takes nothing away."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.mastery_dates import mastery_dates
from edukit.queries.frames import MASTERY_DATES, MASTERY_HISTORY

THRESHOLDS = (50.0, 80.0, 95.0)


def weeks(*concepts: list[float]) -> pd.DataFrame:
    """The scores of one student on each concept, from the last to the first in the curriculum, a week of 5 answers."""
    return MASTERY_HISTORY.of(
        (concept, "T", f"C{concept}", 9 - concept, monday, score, score - 10, score + 4, "mastered", 5 * place, 4)
        for concept, scores in enumerate(concepts, 1)
        for place, (monday, score) in enumerate(
            zip(pd.date_range("2026-03-02", periods=len(scores), freq="7D"), scores, strict=True), 1
        )
    )


def test_mastered_and_held() -> None:
    """The first week whose score reaches it is told, with its score and answers."""
    (row,) = mastery_dates(weeks([60, 95, 97]), THRESHOLDS).to_dict("records")
    assert row["mastered_week"] == pd.Timestamp("2026-03-09")
    assert (row["state"], row["mastered_after"], row["times_lost"], row["total_attempts"]) == ("mastered", 10, 0, 15)
    assert row["words"] == (
        "mastered in the week of 9 March 2026 after 10 answers (95, 90% interval 85 to 99), held since."
    )
    assert pd.isna(row["lost_week"])


def test_one_slip_takes_nothing_away() -> None:
    """Down to proficient it is held still; below that it is lost, and the week is told; then it is gained again."""
    assert mastery_dates(weeks([96, 80]), THRESHOLDS)["state"].tolist() == ["mastered"]
    (lost,) = mastery_dates(weeks([96, 79.9]), THRESHOLDS).to_dict("records")
    assert (lost["state"], lost["times_lost"], lost["lost_week"]) == ("lost again", 1, pd.Timestamp("2026-03-09"))
    assert lost["words"].endswith(", lost in the week of 9 March 2026.")
    (again,) = mastery_dates(weeks([96, 70, 94, 99]), THRESHOLDS).to_dict("records")
    assert (again["state"], again["times_mastered"], again["times_lost"]) == ("mastered", 2, 1)
    assert (again["mastered_week"], again["mastered_after"]) == (pd.Timestamp("2026-03-23"), 20)
    assert pd.isna(again["lost_week"])


def test_below_mastery_does_not_read_as_mastery() -> None:
    """Not yet is told with where it stands; scores are rounded down in words, as everywhere."""
    (row,) = mastery_dates(weeks([20, 94.6]), THRESHOLDS).to_dict("records")
    assert row["state"] == "not yet"
    assert row["words"] == "not mastered yet after 10 answers (94, 90% interval 84 to 98)."
    assert pd.isna(row["mastered_after"])


@given(st.lists(st.lists(st.floats(0, 100), min_size=1, max_size=9), max_size=3))
def test_it_is_as_declared(scores: list[list[float]]) -> None:
    """A row for each concept, by its place in the curriculum, typed; lost as often as gained, or once less."""
    found = mastery_dates(weeks(*scores), THRESHOLDS)
    assert found.dtypes.equals(MASTERY_DATES.of([]).dtypes)
    assert found["concept_id"].tolist() == [*range(len(scores), 0, -1)]
    held = found["times_mastered"] - found["times_lost"]
    assert held.tolist() == (found["state"] == "mastered").astype(int).tolist()
