"""The history: one pass, whether attempts come one by one or all at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.prediction.attempts import coded
from edukit.analytics.prediction.history import _pairs, last_states, replay
from edukit.analytics.prediction.recording import FEATURES, KEYS, SKILL, STUDENT, advance

if TYPE_CHECKING:
    from conftest import School

    from edukit.analytics.prediction.attempts import Attempts


def difficulty(attempts: Attempts) -> np.ndarray:
    rng = np.random.default_rng(2)
    return np.column_stack([rng.uniform(0.1, 0.9, len(attempts.items))[attempts.item], np.full(len(attempts), 0.6)])


def one_by_one(attempts: Attempts, order: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Each attempt recorded alone, with its states written out as plain numbers and read again in between."""
    states, start, touched = _pairs(attempts)
    students = [np.zeros(1, STUDENT).tolist() for _ in attempts.students]
    skills = [np.zeros(1, SKILL).tolist() for _ in states.skills]
    features, keys = np.empty((len(attempts), len(FEATURES))), np.empty((len(attempts), len(KEYS)), dtype=np.int64)
    rates = difficulty(attempts)
    for a in order:
        places = touched[start[a] : start[a + 1]]
        who = np.array(students[attempts.student[a]], STUDENT)
        own = np.array([skills[place][0] for place in places], SKILL)
        advance(
            np.zeros(1, np.int64), attempts.item[a : a + 1] + 1, attempts.skill[a : a + 1] + 1,
            np.array([0, len(places)]), np.arange(len(places)), attempts.at[a : a + 1],
            attempts.is_correct[a : a + 1], rates[a : a + 1], who, own, features[a : a + 1], keys[a : a + 1],
        )  # fmt: skip
        students[attempts.student[a]] = who.tolist()
        for place, record in zip(places, own.tolist(), strict=True):
            skills[place] = [record]
    return (
        features,
        keys,
        np.array([one[0] for one in students], STUDENT),
        np.array([one[0] for one in skills], SKILL),
    )


@given(seed=st.integers(0, 2**32 - 1))
def test_one_by_one_is_the_replay(school: School, seed: int) -> None:
    """Students in any interleaving, states stored between attempts or nothing described: the same, exactly."""
    rng = np.random.default_rng(seed)
    frame = school.frame.sample(120, random_state=seed % 1_000)
    attempts = coded(frame.assign(student_id=frame["student_id"] % 5))
    turn = rng.permutation(attempts.student)  # who is next; each student's own attempts stay in order
    order = np.empty(len(attempts), dtype=np.int64)
    for student in range(len(attempts.students)):
        order[turn == student] = np.flatnonzero(attempts.student == student)
    features, keys, states = replay(
        attempts, difficulty(attempts), items=len(attempts.items), skills=len(attempts.skills)
    )
    alone = one_by_one(attempts, order)
    np.testing.assert_array_equal(alone[0], features)
    np.testing.assert_array_equal(alone[1], keys)
    np.testing.assert_array_equal(alone[2], states.students)
    np.testing.assert_array_equal(alone[3], states.skills)
    at_last = last_states(attempts, difficulty(attempts), items=len(attempts.items), skills=len(attempts.skills))
    for field, values in vars(states).items():
        np.testing.assert_array_equal(getattr(at_last, field), values)


def test_features_know_nothing_of_their_own_answer(school: School) -> None:
    """Whatever a student's last answer is, what was known before it stays."""
    frame = school.frame[school.frame["student_id"] == 3]
    turned = frame.copy()
    turned.iloc[-1, turned.columns.get_loc("is_correct")] = 1.0 - frame["is_correct"].iloc[-1]
    before, after = (
        replay(one, difficulty(one), items=len(one.items), skills=len(one.skills))
        for one in map(coded, (frame, turned))
    )
    np.testing.assert_array_equal(before[0], after[0])
    np.testing.assert_array_equal(before[1], after[1])


@pytest.mark.parametrize("at", [np.nan, 0.0, 1e18])
def test_times_may_be_unknown_or_run_backwards(school: School, at: float) -> None:
    """Without times, and with times that fall, every feature is a number, and no time went by."""
    frame = school.frame.head(300)
    fallen = coded(frame.assign(at=at - frame["at"]))
    features, _, _ = replay(fallen, difficulty(fallen), items=len(fallen.items), skills=len(fallen.skills))
    assert np.isfinite(features).all()
    assert (features[:, FEATURES.index("gap")] == 0.0).all()
