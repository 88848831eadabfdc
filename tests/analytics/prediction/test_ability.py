"""The score that is shown: it never falls by a right answer, and its interval means what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.prediction import ability
from edukit.analytics.prediction.ability import SIGNS
from edukit.analytics.prediction.attempts import coded
from edukit.analytics.prediction.model import fit_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import School

    from edukit.analytics.prediction.model import MasteryModel

DAY = 86_400.0
ANSWERS = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 11), st.booleans(), st.booleans()), min_size=1, max_size=60
)


def scores(model: MasteryModel, frame: pd.DataFrame, *, at: float = np.nan) -> pd.DataFrame:
    attempts = coded(frame, items=model.items, skills=model.skills)
    found = model.mastery(model.replay(attempts)[2], at=at)
    return found.assign(concept=[attempts.skills[code][0] for code in found["skill"]]).set_index("concept")


def answered(answers: list[bool], *, concept: int = 0) -> pd.DataFrame:
    count = len(answers)
    return pd.DataFrame(
        {
            "student_id": "s",
            "item_id": [f"{concept}/{place % 12}" for place in range(count)],
            "concept_ids": f"k{concept}",
            "is_correct": np.array(answers, dtype=float),
            "at": 1.6e9 + 60.0 * np.arange(count),
        }
    )


@given(answers=ANSWERS, data=st.data())
def test_a_right_answer_never_lowers_the_score(
    model: MasteryModel, answers: list[tuple[int, int, bool, bool]], data: st.DataObject
) -> None:
    """Any wrong answer, on this concept or another, turned into a right one: no score of the student is lower."""
    frame = pd.DataFrame(answers, columns=["concept", "item", "is_correct", "is_set"])
    frame = frame.assign(
        student_id="s",
        item_id=[f"{concept}/{item}" for concept, item in zip(frame["concept"], frame["item"], strict=True)],
        concept_ids=pd.Series(
            [
                (f"k{one}", f"k{(one + 1) % 10}") if pair else f"k{one}"
                for one, pair in frame[["concept", "is_set"]].to_numpy()
            ],
            dtype=object,
        ),
        is_correct=frame["is_correct"].astype(float),
        at=1.6e9 + np.cumsum(np.geomspace(1.0, 1e6, len(frame))),
    )
    turned = frame.copy()
    place = data.draw(st.integers(0, len(frame) - 1))
    frame.loc[place, "is_correct"], turned.loc[place, "is_correct"] = 0.0, 1.0
    rise = scores(model, turned)["mastery_score"] - scores(model, frame)["mastery_score"]
    assert rise.min() >= -1e-9


def test_weights_keep_their_signs(model: MasteryModel) -> None:
    """What the property rests on: no feature that rises by right answers has a weight below zero."""
    signs = np.array([1, 0, 0, *SIGNS.values()])
    assert (model.ability.answers.weight * signs >= 0.0).all()
    assert (model.ability.bends.weight >= 0.0).all()


def test_levels_fall_and_one_slip_does_not_reset(model: MasteryModel) -> None:
    """After many right answers one wrong one takes little, and many take it down."""
    strong, slipped, lost = (
        scores(model, answered([True] * 25 + [False] * wrong))["mastery_score"].iloc[0] for wrong in (0, 1, 15)
    )
    assert strong > 80.0
    assert strong - 15.0 < slipped < strong
    assert lost < slipped - 20.0


def test_the_interval_narrows_with_evidence_and_widens_with_time(model: MasteryModel) -> None:
    """More attempts at the same rate make it narrower; a month and a year without any wider."""
    few, many = (scores(model, answered([True, False] * count)).iloc[0] for count in (2, 20))
    assert width(many) < width(few)
    frame = answered([True, False] * 10)
    end = frame["at"].iloc[-1]
    widths = [width(scores(model, frame, at=end + days * DAY).iloc[0]) for days in (0, 1, 30, 365)]
    assert widths == sorted(widths)
    assert widths[-1] > widths[0] + 1.0


def test_last_seen_and_evidence_are_told(model: MasteryModel) -> None:
    """Counts, and the moment of the last attempt; unknown times stay unknown."""
    frame = answered([True, False, True])
    found = scores(model, frame).iloc[0]
    assert (found["total_attempts"], found["correct_attempts"], found["last_at"]) == (3, 2, frame["at"].max())
    assert np.isnan(scores(model, frame.assign(at=np.nan)).iloc[0]["last_at"])


@pytest.mark.parametrize("learning", [0.0, 0.03], ids=["who know what they know", "who learn"])
def test_intervals_hold_the_truth_nine_times_in_ten(simulate: Callable[..., School], learning: float) -> None:
    """Of simulated students, 90% intervals hold the true probability of 87-93%, and scores are right on average."""
    school = simulate(students=700, seed=11, learning=learning)
    fitted = fit_model(school.attempts, rng=np.random.default_rng(1))
    held = with_truth(fitted, school)
    inside = held["truth"].between(held["mastery_low"], held["mastery_high"])
    assert len(held) > 2_000
    assert 0.87 <= inside.mean() <= 0.93
    assert abs((held["mastery_score"] - held["truth"]).mean()) < 2.0


def with_truth(model: MasteryModel, school: School) -> pd.DataFrame:
    attempts = coded(school.frame, items=model.items, skills=model.skills)
    found = model.mastery(model.replay(attempts)[2], at=np.nan)
    whom = zip(attempts.students[found["student"]], found["skill"], strict=True)
    return found.assign(truth=[100.0 * school.truth[student, attempts.skills[skill][0]] for student, skill in whom])


def width(row: pd.Series) -> float:
    return float(row["mastery_high"] - row["mastery_low"])


def test_slopes_are_those_of_the_likelihood() -> None:
    """What the fit climbs by is how the likelihood and the variance change."""
    rng = np.random.default_rng(5)
    spread = np.exp(ability._START + rng.normal(0.0, 0.3, 8))
    evidence = rng.uniform(0.1, 3.0, (40, 7))
    predicted, sign = rng.normal(size=(40, 4)), rng.integers(-1, 2, (40, 4)).astype(float)

    def likelihood(moved: np.ndarray) -> tuple[float, np.ndarray]:
        variance, slopes = ability._variance_and_slopes(spread * np.exp(moved[:8]), evidence)
        along = np.empty((2, 40))
        found = ability._log_likelihood(predicted, sign, variance, moved[8], ability._NODES, ability._WEIGHTS, along)
        return found, np.append(slopes @ along[0], along[1].sum())

    steps = 1e-5 * np.eye(9)
    numeric = [(likelihood(step)[0] - likelihood(-step)[0]) / 2e-5 for step in steps]
    np.testing.assert_allclose(likelihood(np.zeros(9))[1], numeric, rtol=1e-5, atol=1e-6)
