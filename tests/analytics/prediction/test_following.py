"""A student who is followed answer by answer ends where a replay of everything ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edukit.analytics.concept_evidence import CONCEPT
from edukit.analytics.prediction.arrays import coded_answers, evidence
from edukit.analytics.prediction.following import (
    STATE_FORMAT,
    Follower,
    StudentState,
    packed_state,
    unpacked_state,
)
from edukit.analytics.prediction.model import MasteryModel, fit_model
from edukit.analytics.prediction.recording import SKILL, STUDENT
from edukit.analytics.prediction.tracing import thetas_of, traced_concepts

ASKED = {question: ((question % 4,) if question % 5 else (1, 3)) for question in range(1, 16)} | {
    # What the model has never met: a concept, a set with one of those, and a question of nothing.
    17: (9,), 18: (1, 9), 19: (2, 3),
}  # fmt: skip
FIELDS = [
    ("student_id", "i8"), ("question_id", "i8"), ("sequence", "i8"), ("is_correct", "?"), ("attempted_us", "f8"),
    ("time_taken_seconds", "f8"), ("confidence", "f8"),
]  # fmt: skip
NOW = 1.8e9


def made(rng: np.random.Generator, count: int, students: int = 30, questions: int = 16) -> np.ndarray[Any, Any]:
    """Answers in the order in which they were given; some times, seconds and confidences are unknown."""
    found = np.empty(count, dtype=FIELDS)
    found["student_id"] = np.sort(rng.integers(0, students, count))
    found["question_id"] = rng.integers(1, questions + 1, count)
    found["sequence"] = np.cumsum(rng.integers(1, 4, count))
    found["is_correct"] = rng.random(count) < 0.6
    found["attempted_us"] = np.where(rng.random(count) < 0.3, np.nan, 1.7e15 + found["sequence"] * 6e8)
    found["time_taken_seconds"] = np.where(rng.random(count) < 0.5, np.nan, rng.integers(1, 90, count))
    found["confidence"] = np.where(rng.random(count) < 0.5, np.nan, rng.random(count).astype(np.float32))
    return found


@pytest.fixture(scope="module")
def follower() -> Follower:
    """Follows by a model, with concept 2 left untraced."""
    attempts = coded_answers(made(np.random.default_rng(1), 900), ASKED)
    thetas = thetas_of(traced_concepts(attempts))
    thetas.pop(2)
    return Follower(fit_model(attempts, rng=np.random.default_rng(1)), thetas)


def replayed(follower: Follower, answers: np.ndarray[Any, Any]) -> pd.DataFrame:
    """What a refresh stores: everything replayed at once."""
    model = follower.model
    assert isinstance(model, MasteryModel)
    coded = coded_answers(answers, ASKED, items=model.items, skills=model.skills)
    scores = model.mastery(model.replay(coded)[2], at=NOW)
    rows = scores.merge(evidence(coded, answers, follower.thetas), on=["student", "skill"], validate="one_to_one")
    named = rows.assign(
        concept_id=[coded.skills[skill][0] for skill in rows["skill"]], last_attempted_at=rows["last_us"]
    )
    return named.sort_values("concept_id", ignore_index=True)


@settings(max_examples=200)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(1, 60), cuts=st.lists(st.integers(0, 60), max_size=6))
def test_answer_by_answer_is_the_replay(follower: Follower, seed: int, count: int, cuts: list[int]) -> None:
    """In any parts, stored as bytes in between, sets and what the model never met among them: equal to 1e-9."""
    answers = made(np.random.default_rng(seed), count, students=1, questions=20)
    state = StudentState()
    for part in np.split(answers, sorted(cuts)):
        state = unpacked_state(packed_state(follower.follow(state, part, ASKED)))
    found = pd.DataFrame(np.sort(follower.mastery(state, at=NOW), order="concept_id"))
    whole = replayed(follower, answers)
    assert found["concept_id"].tolist() == whole["concept_id"].tolist()
    for name in found.columns.drop("concept_id"):
        assert found[name].tolist() == pytest.approx(whole[name].tolist(), rel=1e-12, abs=1e-9, nan_ok=True), name


def test_a_state_is_left_as_it_is(follower: Follower) -> None:
    """To go on from a state changes nothing in it: what was stored stays true until the writer commits."""
    answers = made(np.random.default_rng(5), 12, students=1)
    state = follower.follow(StudentState(), answers[:6], ASKED)
    before = packed_state(state)
    follower.follow(state, answers[6:], ASKED)
    assert packed_state(state) == before


def test_by_the_rule_there_is_no_model() -> None:
    """Without a model a state holds the evidence alone, and the score is the rule's."""
    follower = Follower()
    state = follower.follow(StudentState(), made(np.random.default_rng(2), 9, students=1), ASKED)
    assert len(state.skills) == 0
    assert (follower.mastery(state, at=NOW)["mastery_score"] > 0).all()


def test_a_format_is_its_layout() -> None:
    """Whoever changes what a stored state is made of gives it the next number, and puts it here."""
    layout = [len(dtype.names) for dtype in (STUDENT, SKILL, CONCEPT)]
    assert (STATE_FORMAT, layout, STUDENT.itemsize + SKILL.itemsize + CONCEPT.itemsize) == (2, [24, 14, 11], 392)
