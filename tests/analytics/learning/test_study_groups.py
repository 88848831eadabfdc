"""Study groups: everybody is told of, groups are even, a gap is shared where it can be, and seats stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edukit.analytics.study_groups import NO_ANSWERS, NO_GAP, TOGETHER, study_groups
from edukit.queries.frames import STUDY_GROUPS

if TYPE_CHECKING:
    from collections.abc import Callable

    Making = Callable[..., tuple[Any, Any]]

CONCEPTS = 8


def a_class(students: int, seed: int = 1) -> dict[int, list[tuple[float, float, float]]]:
    """Students of whom most have some gaps, by the luck of a seed."""
    rng = np.random.default_rng(seed)
    ability = rng.normal(85, 15, students)
    scores = np.clip(ability[:, None] + rng.normal(0, 20, (students, CONCEPTS)), 1, 99)
    return {
        student + 1: [(score, max(score - 10, 0), min(score + 10, 100)) for score in of]
        for student, of in enumerate(scores.tolist())
    }


def seats(frame: pd.DataFrame) -> dict[int, int]:
    """The concept with which each student sits; -1: with none."""
    return dict(zip(frame["student_id"], frame["concept_id"].fillna(-1), strict=True))


@pytest.mark.parametrize("students", [0, 1, 2, 5, 30, 400])
def test_groups_are_even_and_nobody_is_dropped(class_of: Making, students: int) -> None:
    """Of any size of class, everybody has one row, and groups differ by one at most and hold no more than asked."""
    known, _ = class_of(a_class(students), topics=CONCEPTS)
    found = study_groups(known, size=4)
    assert sorted(found["student_id"]) == [*range(1, students + 1)]
    sizes = found.groupby("group").size()
    assert sizes.max() <= 4 if len(sizes) else not known.weak.any()
    assert len(sizes) == 0 or sizes.max() - sizes.min() <= 1
    assert (found["state"].eq(TOGETHER) == found["group"].notna()).all()
    assert found.groupby("group")["concept_id"].nunique().eq(1).all()
    if students >= 30:
        assert found.loc[found["group"].notna(), "shares_gap"].mean() > 0.9


def test_one_gap_each(class_of: Making) -> None:
    """Two gaps of three students each make two groups of three, each with its own reason."""
    scores = {student: [30, 90] if student % 2 else [90, (40, 20, 70)] for student in range(1, 7)}
    found = study_groups(class_of(scores, topics=2)[0], size=3)
    assert found.groupby("group")["student_id"].apply(list).tolist() == [[1, 3, 5], [2, 4, 6]]
    assert found["shares_gap"].all()
    assert found["reason"].iloc[-1] == "Gap in C1: stands at 40 (90% interval 20 to 70, from 9 answers), below 80."


def test_who_sits_in_none_is_said(class_of: Making) -> None:
    """No gap and no answers are told, with what they rest on; one alone with a gap is told to be alone."""
    found = study_groups(class_of({1: [90, 95], 2: [None, None], 3: [10, None]}, topics=2)[0], size=4)
    assert found["state"].tolist() == [TOGETHER, NO_GAP, NO_ANSWERS]
    alone, helper, silent = found["reason"]
    assert "nobody else has a gap to sit with" in alone
    assert helper == "No gap shown on the 2 concepts answered, 2 at 80 or above; may help a group."
    assert silent.startswith("No answers yet")


def test_who_shares_no_gap_is_said(class_of: Making) -> None:
    """Where even groups need it, one sits with a gap that is not theirs, and is told so with their own."""
    scores = {1: [10, 90], 2: [10, 90], 3: [10, 90], 4: [90, 10]}
    found = study_groups(class_of(scores, topics=2)[0], size=4).set_index("student_id")
    assert found["shares_gap"].tolist() == [True, True, True, False]
    assert found.loc[4, "reason"] == (
        "Sits here to keep the groups even, and can explain C0, at 90 (90% interval 90 to 90, from 9 answers); "
        "their own gap is C1."
    )


@pytest.mark.parametrize("scores", [[0] * CONCEPTS, [100] * CONCEPTS], ids=["all wrong", "all right"])
def test_everybody_alike(class_of: Making, scores: list[float]) -> None:
    """All wrong makes groups that share a gap, all right none; no word is missing."""
    found = study_groups(class_of(dict.fromkeys(range(9), scores), topics=CONCEPTS)[0], size=4)
    assert found["shares_gap"].all() == (scores[0] == 0)
    assert found["group"].notna().all() == (scores[0] == 0)
    assert not found["reason"].str.contains("nan").any()


@settings(max_examples=20)
@given(seed=st.integers(0, 999), students=st.integers(0, 40))
def test_the_order_of_rows_does_not_matter(class_of: Making, seed: int, students: int) -> None:
    """Students told of in another order sit the same."""
    scores = a_class(students, seed)
    found, turned = (
        study_groups(class_of(dict(order), topics=CONCEPTS)[0], size=4)
        for order in (scores.items(), reversed(scores.items()))
    )
    pd.testing.assert_frame_equal(found, turned)
    assert [*found] == [column.name for column in STUDY_GROUPS.columns]


@settings(max_examples=20)
@given(seed=st.integers(0, 999), by=st.floats(-3, 3))
def test_scores_that_stay_on_their_side_move_nobody(class_of: Making, seed: int, by: float) -> None:
    """Any change of scores within the bar and the interval's place leaves every seat as it was."""
    scores = a_class(30, seed)
    moved = {
        student: [
            (min(max(score + by, low), high), low, high) if (score < 80) == (score + by < 80) else (score, low, high)
            for score, low, high in of
        ]
        for student, of in scores.items()
    }
    before, after = (seats(study_groups(class_of(each, topics=CONCEPTS)[0], size=4)) for each in (scores, moved))
    assert before == after


def test_a_new_gap_moves_few_when_seats_are_kept(class_of: Making) -> None:
    """One student's new gap moves less than a tenth of the class on average, and no change moves nobody."""
    shares = []
    for seed in range(15):
        scores = a_class(30, seed)
        known, _ = class_of(scores, topics=CONCEPTS)
        before = study_groups(known, size=4)
        pd.testing.assert_frame_equal(study_groups(known, size=4, keep=before), before)
        changed = scores | {1: [(20.0, 10.0, 30.0), *scores[1][1:]]}
        after = study_groups(class_of(changed, topics=CONCEPTS)[0], size=4, keep=before)
        old, new = seats(before), seats(after)
        shares.append(np.mean([old[student] != new[student] for student in old]))
    assert np.mean(shares) < 0.1


def test_a_group_of_one_is_refused(class_of: Making) -> None:
    """A size below two is told with its value."""
    with pytest.raises(ValueError, match="size is 1"):
        study_groups(class_of({}, topics=1)[0], size=1)
