"""Knowledge tracing: parameters that are found again and told honestly, and no right answer that counts against one."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from edukit.analytics.knowledge_tracing import (
    ERRORS,
    PARAMETERS,
    explanation,
    fit_tracing,
    known_now,
    predict,
    restored,
    stored,
    update_log_odds,
)
from edukit.errors import ActionError

TRUTH = {"prior": 0.3, "learn": 0.2, "forget": 0.0, "guess": 0.2, "slip": 0.1}
FORGETFUL = {"prior": 0.3, "learn": 0.3, "forget": 0.1, "guess": 0.15, "slip": 0.1}
THETA = st.lists(st.floats(0.001, 0.999), min_size=5, max_size=5)


def simulated(
    rng: np.random.Generator, truth: dict[str, float], *, students: int, length: int, concepts: int = 1
) -> pd.DataFrame:
    """Students who learn as the model has it; ``knows`` is what no model sees."""
    shape = (concepts * students, length)
    knows = np.empty(shape, dtype=bool)
    knows[:, 0] = rng.random(shape[0]) < truth["prior"]
    for place in range(1, length):
        keeps, learns = rng.random(shape[0]) >= truth["forget"], rng.random(shape[0]) < truth["learn"]
        knows[:, place] = np.where(knows[:, place - 1], keeps, learns)
    right = np.where(knows, rng.random(shape) >= truth["slip"], rng.random(shape) < truth["guess"])
    concept, student, sequence = np.indices((concepts, students, length)).reshape(3, -1)
    ids = {"student_id": student, "concept_id": concept, "sequence": sequence}
    return pd.DataFrame({**ids, "is_correct": right.ravel(), "knows": knows.ravel()})


def attempts(answers: list[list[bool]], *, concept: int = 1) -> pd.DataFrame:
    rows = [
        (student, concept, place, right) for student, each in enumerate(answers) for place, right in enumerate(each)
    ]
    frame = pd.DataFrame(rows, columns=["student_id", "concept_id", "sequence", "is_correct"])
    return frame.astype({"student_id": int, "concept_id": int, "sequence": int, "is_correct": bool})


def exact(answers: list[bool], theta: dict[str, float]) -> tuple[list[float], list[float]]:
    """P(known) and P(correct) before each answer by the model's definition, in numbers of 60 digits."""
    with localcontext(prec=60):
        prior, learn, forget, guess, slip = (Decimal(theta[name]) for name in PARAMETERS)
        knows, other = prior, 1 - prior
        known, correct = [], []
        for right in answers:
            p_known = knows / (knows + other)
            known.append(float(p_known))
            correct.append(float(p_known * (1 - slip) + (1 - p_known) * guess))
            knew, not_ = (knows * (1 - slip), other * guess) if right else (knows * slip, other * (1 - guess))
            knows, other = knew * (1 - forget) + not_ * learn, knew * forget + not_ * (1 - learn)
        return known, correct


@pytest.mark.parametrize("truth", [TRUTH, FORGETFUL])
def test_parameters_are_found_again(truth: dict[str, float]) -> None:
    """Of 5,000 simulated students each parameter is found within four of its standard errors, which are small."""
    frame = simulated(np.random.default_rng(7), truth, students=5000, length=12)
    row = fit_tracing(frame, forgetting=truth["forget"] > 0).iloc[0]
    for name, error in zip(PARAMETERS, ERRORS, strict=True):
        if truth[name]:
            assert row[error] < 0.03
            assert row[name] == pytest.approx(truth[name], abs=4 * row[error])


@pytest.mark.parametrize("truth", [TRUTH, FORGETFUL])
def test_standard_errors_are_honest(truth: dict[str, float]) -> None:
    """In 1,000 simulated classes the interval of 90% holds the truth in 86.5% to 93.5%, as it would by chance."""
    frame = simulated(np.random.default_rng(8), truth, students=300, length=10, concepts=1000)
    fitted = fit_tracing(frame, starts=1, forgetting=truth["forget"] > 0)
    for name, error in zip(PARAMETERS, ERRORS, strict=True):
        if truth[name]:
            assert fitted[error].notna().mean() > 0.99
            covered = (np.abs(fitted[name] - truth[name]) < 1.645 * fitted[error]).mean()
            assert covered == pytest.approx(0.90, abs=0.035), name


def test_shares_are_what_nobody_sees() -> None:
    """Of right answers the guesses, and of wrong ones the slips, come out as the simulation drew them."""
    frame = simulated(np.random.default_rng(9), TRUTH, students=4000, length=8)
    row = fit_tracing(frame).iloc[0]
    right, wrong = frame[frame["is_correct"]], frame[~frame["is_correct"]]
    assert row["guessed_share"] == pytest.approx(1 - right["knows"].mean(), abs=0.03)
    assert row["slipped_share"] == pytest.approx(wrong["knows"].mean(), abs=0.03)


@pytest.mark.parametrize("forgetting", [False, True])
def test_answers_that_get_worse(forgetting: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Where students only ever get worse or go to and fro, the parameters stay allowed and finite."""
    worse = [[True] * 4 + [False] * 4] * 30
    to_and_fro = [[True, False] * 5, [False, True] * 5] * 15
    for answers in (worse, to_and_fro):
        row = fit_tracing(attempts(answers), forgetting=forgetting).iloc[0]
        assert row["guess"] + row["slip"] < 1
        assert row["learn"] + row["forget"] < 1
        assert np.isfinite(row[[*PARAMETERS, "log_likelihood"]].astype(float)).all()


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3), st.booleans()), min_size=1, max_size=40),
    st.lists(THETA, min_size=3, max_size=3),
    st.data(),
)
def test_incremental_equals_replay(
    rows: list[tuple[int, int, bool]], of_concepts: list[list[float]], data: st.DataObject
) -> None:
    """Answer by answer, in two parts, or all at once: the same P(known) to 1e-9, in any order of concepts."""
    frame = pd.DataFrame(rows, columns=["student_id", "concept_id", "is_correct"]).assign(sequence=range(len(rows)))
    parameters = pd.DataFrame(of_concepts, columns=PARAMETERS).assign(concept_id=[1, 2, 3])
    states: dict[tuple[int, int], float] = {}
    befores = []
    for student, concept, right in rows:
        theta = np.array(of_concepts[concept - 1])
        log_odds = states.get((student, concept), logit(theta[0]))
        befores.append(expit(log_odds))
        states[student, concept] = update_log_odds(log_odds, is_correct=right, theta=theta)
    whole = known_now(frame, parameters)
    pairs = list(zip(whole["student_id"], whole["concept_id"], strict=True))
    assert sorted(pairs) == sorted(states)
    np.testing.assert_allclose(whole["p_known"], expit([states[pair] for pair in pairs]), atol=1e-9)
    np.testing.assert_allclose(predict(frame, parameters)["p_known"], befores, atol=1e-9)
    cut = data.draw(st.integers(0, len(rows)))
    early = known_now(frame[:cut], parameters)
    late = known_now(frame[cut:], parameters, early).set_index(["student_id", "concept_id"])["p_known"]
    np.testing.assert_allclose(late, expit([states[pair] for pair in late.index]), atol=1e-9)
    np.testing.assert_allclose(predict(frame[cut:], parameters, early)["p_known"], befores[cut:], atol=1e-9)


def test_predictions_know_no_later_answer() -> None:
    """Changing an answer changes no prediction up to it; rows keep their index."""
    frame = attempts([[True, False, True, True, False]]).set_index(pd.Index(list("edcba")))
    other = frame.assign(is_correct=[True, False, False, True, False])
    parameters = pd.DataFrame([{"concept_id": 1, **TRUTH}])
    one, two = predict(frame, parameters), predict(other, parameters)
    assert list(one.index) == list("edcba")
    pd.testing.assert_frame_equal(one[:3], two[:3])
    assert (one["p_known"][3:] > two["p_known"][3:]).all()
    assert one["p_correct"].iloc[0] == pytest.approx(0.3 * 0.9 + 0.7 * 0.2)


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 400)), min_size=1, max_size=4),
    st.lists(st.floats(0.001, 0.999), min_size=5, max_size=5),
    st.booleans(),
    st.data(),
)
def test_long_runs_are_traced_exactly(
    runs: list[tuple[bool, int]],
    drawn: list[float],
    forgetting: bool,  # noqa: FBT001 - drawn
    data: st.DataObject,
) -> None:
    """Hundreds of right answers, then wrong ones, in two parts: the very predictions of the model, to 1e-9."""
    answers = [right for right, length in runs for _ in range(length)]
    theta = dict(zip(PARAMETERS, drawn, strict=True)) | ({} if forgetting else {"forget": 0.0})
    frame, parameters = attempts([answers]), pd.DataFrame([{"concept_id": 1, **theta}])
    known, correct = exact(answers, theta)
    cut = data.draw(st.integers(0, len(answers)))
    early = known_now(frame[:cut], parameters)
    for told, part in (
        (predict(frame[:cut], parameters), slice(cut)),
        (predict(frame[cut:], parameters, early), slice(cut, None)),
    ):
        np.testing.assert_allclose(told["p_known"], known[part], atol=1e-9)
        np.testing.assert_allclose(told["p_correct"], correct[part], atol=1e-9)


def test_as_many_wrong_answers_outweigh_right_ones() -> None:
    """What hundreds of right answers have told, wrong ones take back, each by its weight: here each as much."""
    even = TRUTH | {"learn": 1e-9, "guess": 0.2, "slip": 0.2}
    told = known_now(attempts([[True] * 5000 + [False] * 5000]), pd.DataFrame([{"concept_id": 1, **even}]))
    assert told["p_known"].item() == pytest.approx(even["prior"], abs=1e-5)


def test_a_concept_that_was_not_fitted() -> None:
    """It is traced as the usual concept, and nothing is missing."""
    told = predict(attempts([[True, False]], concept=9), pd.DataFrame([{"concept_id": 1, **TRUTH}]))
    assert told.notna().all(axis=None)


@pytest.mark.parametrize(
    "answers",
    [
        [[True, False, True]],
        [[True] * 5] * 4,
        [[False] * 5] * 4,
        [[True], [False], [True]],
        [[True]],
        [[False]],
        [[True] * 40 + [False] * 40] * 3,
    ],
    ids=["one student", "all right", "all wrong", "one attempt each", "one right", "one wrong", "right, then wrong"],
)
@pytest.mark.parametrize("forgetting", [False, True])
def test_little_or_odd_evidence(answers: list[list[bool]], forgetting: bool) -> None:  # noqa: FBT001
    """Parameters are finite and allowed, predictions are probabilities, of which the likelihood is that told."""
    frame = attempts(answers)
    fitted = fit_tracing(frame, forgetting=forgetting)
    row = fitted.iloc[0]
    assert np.isfinite(row[[*PARAMETERS, "log_likelihood"]].astype(float)).all()
    assert row["guess"] + row["slip"] < 1
    assert not (fitted[list(ERRORS)] > 0.29).any(axis=None)
    p_correct = predict(frame, fitted)["p_correct"]
    by_predictions = np.log(np.where(frame["is_correct"], p_correct, 1 - p_correct)).sum()
    assert row["log_likelihood"] == pytest.approx(by_predictions, abs=1e-6)
    assert all(isinstance(sentence, str) for sentence in explanation(row))
    for told in (predict(frame, fitted), known_now(frame, fitted), predict(frame.assign(is_correct=True), fitted)):
        assert told[["p_known", "p_correct"]].apply(lambda column: column.between(0, 1)).all(axis=None)


def test_answers_all_alike() -> None:
    """Who is right every time knows it, and who never is does not; what one answer of the other kind says is finite."""
    for right in (True, False):
        frame = attempts([[right] * 5] * 4)
        fitted = fit_tracing(frame)
        assert known_now(frame, fitted)["p_known"].round(6).eq(right).all()
        surely = logit(1 - 1e-12) if right else logit(1e-12)
        assert np.isfinite(update_log_odds(surely, is_correct=not right, theta=fitted[list(PARAMETERS)].to_numpy()[0]))


def test_one_attempt_each_tells_nothing_of_learning() -> None:
    """Nobody had a second attempt: learning stays at the usual figure, and no standard error claims to know it."""
    row = fit_tracing(attempts([[True], [False], [True], [True]])).iloc[0]
    assert row["learn"] == 0.10
    assert row[list(ERRORS)].isna().all()


def test_no_attempts() -> None:
    """The empty frame has the same columns everywhere."""
    some, none = attempts([[True, False]]), attempts([])
    fitted = fit_tracing(none)
    assert fitted.empty
    assert fitted.dtypes.drop("concept_id").equals(fit_tracing(some).dtypes.drop("concept_id"))
    for what in (predict, known_now):
        assert what(none, fitted).empty
        assert list(what(none, fitted)) == list(what(some, fit_tracing(some)))


def test_a_million_attempts_of_one_student() -> None:
    """The fit ends, its parameters and every prediction are finite."""
    frame = simulated(np.random.default_rng(4), FORGETFUL, students=1, length=1_000_000)
    fitted = fit_tracing(frame, starts=1, forgetting=True)
    assert np.isfinite(fitted[list(PARAMETERS)]).all(axis=None)
    assert fitted["slip"].iloc[0] == pytest.approx(FORGETFUL["slip"], abs=0.01)
    assert predict(frame, fitted).notna().all(axis=None)


@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(random: Any) -> None:
    """Attempts are put in order by their sequence, those of one moment too; students and concepts are kept apart."""
    frame = pd.concat([attempts([[True, False, False], [False, True]]), attempts([[False, True]], concept=2)])
    frame.loc[frame["sequence"] == 2, "sequence"] = 1
    frame = pd.concat([frame, frame.assign(is_correct=~frame["is_correct"])])
    shuffled = frame.sample(frac=1, random_state=random.randrange(2**32))
    pd.testing.assert_frame_equal(fit_tracing(frame, starts=1), fit_tracing(shuffled, starts=1))


def test_more_starts_are_no_worse() -> None:
    """Five starts lead at least as high as one, on concepts of every kind."""
    rng = np.random.default_rng(5)
    kinds = [dict(zip(PARAMETERS, rng.uniform(0.05, 0.45, 5), strict=True)) for _ in range(20)]
    frame = pd.concat(
        simulated(rng, kind, students=40, length=6).assign(concept_id=place) for place, kind in enumerate(kinds)
    )
    one, five = (fit_tracing(frame, starts=starts)["log_likelihood"] for starts in (1, 5))
    assert (five >= one - 1e-4).all()


@pytest.mark.parametrize("starts", [0, 6])
def test_there_are_so_many_starts(starts: int) -> None:
    """Another number of starts is refused in words."""
    with pytest.raises(ActionError, match=f"starts: from 1 to 5, not {starts}"):
        fit_tracing(attempts([[True]]), starts=starts)


@pytest.mark.parametrize("column", ["student_id", "concept_id", "sequence", "is_correct"])
def test_nothing_may_be_missing(column: str) -> None:
    """An attempt without its student, concept, place or answer is refused, and not taken for another."""
    frame = attempts([[True, False]]).astype(object)
    frame.loc[1, column] = None
    with pytest.raises(ActionError, match=f"{column}: every attempt has one; 1 have none"):
        fit_tracing(frame)


def test_parameters_pass_through_json() -> None:
    """What is stored is plain JSON without NaN, and comes back to the last bit."""
    frame = pd.concat([attempts([[True, False], [True, True]]), attempts([[False]], concept=2)])
    fitted = fit_tracing(frame)
    text = json.dumps(stored(fitted), allow_nan=False)
    pd.testing.assert_frame_equal(restored(json.loads(text)), fitted, check_exact=True)


@pytest.mark.parametrize(
    ("share", "sentence"),
    [
        (0.002, "Hardly any right answer here is a guess."),
        (0.03, "About 1 in 33 right answers here is a guess."),
        (0.21, "About 1 in 5 right answers here is a guess."),
        (0.41, "About 2 in 5 right answers here are guesses."),
        (0.95, "Nearly all right answers here are guesses."),
        (float("nan"), "There is no right answer here yet."),
    ],
)
def test_sentences(share: float, sentence: str) -> None:
    """A share is told as people say it."""
    concept = {"guessed_share": share, "guess_se": 0.02, "slipped_share": 0.5, "slip_se": 0.3}
    assert explanation(concept) == [sentence, "These answers do not tell slips from not knowing."]


def test_numba_waits_until_it_is_needed() -> None:
    """Importing edukit and the model imports no compiler."""
    code = "import sys, edukit, edukit.analytics.knowledge_tracing; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
