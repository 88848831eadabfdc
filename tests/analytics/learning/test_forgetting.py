"""Forgetting: each answer stands at its gap, intervals are honest, and what never was is there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from edukit.analytics.forgetting import GAPS, forgetting

START = pd.Timestamp("2026-03-01", tz="UTC")


def attempts(days: list[float | None], right: list[bool], *, student: int = 1, concept: int = 1) -> pd.DataFrame:
    """One student's answers on a concept at these days, in this order; None: unknown."""
    moments = [pd.NaT if day is None else START + pd.Timedelta(days=day) for day in days]
    return pd.DataFrame(
        {
            "student_id": student,
            "concept_id": concept,
            "sequence": range(len(days)),
            "is_correct": np.array(right, dtype=bool),
            "attempted_at": pd.Series(moments, dtype="datetime64[us, UTC]"),
        }
    )


def test_by_hand() -> None:
    """Gaps of half an hour, a day, six days and five weeks stand in their bins; a bound belongs to the longer gap."""
    found = forgetting(attempts([0, 0.02, 1.02, 7.02, 42.02], [True, True, False, True, False])).set_index("gap")
    assert found["answers"].tolist() == [1, 0, 1, 1, 0, 0, 1]
    assert found["right"].tolist() == [1, 0, 0, 1, 0, 0, 0]
    assert found.loc["1 to 3 days", "share_right"] == 0
    assert found["evidence"].tolist()[:2] == ["few answers", "no answers"]
    expected = binomtest(1, 1).proportion_ci(0.90, "wilson")
    assert found.loc["under an hour", ["share_low", "share_high"]].tolist() == pytest.approx([*expected])


def test_concepts_and_students_are_kept_apart() -> None:
    """An answer on another concept, or by somebody else, is no practice of this one."""
    frame = pd.concat([attempts([0, 2], [True, True]), attempts([1, 3], [True, True], concept=2)])
    other = pd.concat([frame, attempts([0.5], [True], student=2)])
    for each in (frame, other):
        found = forgetting(each).set_index("gap")
        assert found.loc["1 to 3 days", ["answers", "concepts", "students"]].tolist() == [2, 2, 1]
        assert found["answers"].sum() == 2


def test_times_that_are_unknown_or_run_backwards() -> None:
    """An unknown time leaves out the gaps on both of its sides; one that runs backwards is no gap."""
    assert forgetting(attempts([0, None, 2], [True] * 3))["answers"].sum() == 0
    found = forgetting(attempts([5, 1], [True, True]))
    assert found.loc[0, ["gap", "answers"]].tolist() == ["under an hour", 1]


def test_nothing_is_all_there_is() -> None:
    """Of no answers every gap has a row without a share, and the whole range as its interval."""
    found = forgetting(attempts([], []))
    assert found["gap"].tolist() == [*GAPS]
    assert (found["evidence"] == "no answers").all()
    assert found["share_right"].isna().all()
    assert (found["share_low"].abs().max(), found["share_high"].min()) == pytest.approx((0, 1))


def test_answers_of_one_student_are_alike() -> None:
    """Ten students who are each always right or always wrong tell as much as ten answers, not as two hundred."""
    frame = pd.concat([attempts([*range(21)], [student % 2 == 0] * 21, student=student) for student in range(10)])
    row = forgetting(frame).set_index("gap").loc["1 to 3 days"]
    expected = binomtest(5, 10).proportion_ci(0.90, "wilson")
    assert row["answers"] == 200
    assert row["share_low"] == pytest.approx(expected.low, abs=0.02)
    assert row["share_high"] == pytest.approx(expected.high, abs=0.02)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.floats(0, 90), st.booleans(), st.integers(1, 3)), max_size=30))
def test_any_history_has_its_bounds(history: list[tuple[float, bool, int]]) -> None:
    """Whatever the times and answers, no more answers than gaps, and each share lies in its interval."""
    frame = pd.concat(
        [attempts([], [])]
        + [
            attempts([day for day, _, who in history if who == student], [r for _, r, who in history if who == student],
                     student=student)
            for student in (1, 2, 3)
        ]
    )  # fmt: skip
    found = forgetting(frame)
    assert found["answers"].sum() == sum(max(count - 1, 0) for count in frame.groupby("student_id").size())
    known = found.dropna(subset=["share_right"])
    assert ((known["share_low"] <= known["share_right"]) & (known["share_right"] <= known["share_high"])).all()
    assert not found[["share_low", "share_high"]].isna().any(axis=None)
