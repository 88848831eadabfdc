"""Evidence that is kept answer by answer is what the rule makes of all answers at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.concept_evidence import CONCEPT, MASTERY, evidence_of, scored_by_rule, with_answers
from edukit.analytics.knowledge_tracing import known_now
from edukit.analytics.mastery import concept_mastery

ASKED = {1: (7,), 2: (7, 9), 3: (8,), 4: (9,)}  # 5 asks for nothing
THETAS = {7: np.array([0.3, 0.2, 0.0, 0.2, 0.1]), 9: np.array([0.6, 0.05, 0.1, 0.3, 0.2])}
FIELDS = [
    ("question_id", "i8"), ("is_correct", "?"), ("attempted_us", "f8"), ("time_taken_seconds", "f8"),
    ("confidence", "f8"),
]  # fmt: skip
maybe = st.one_of(st.just(float("nan")), st.floats(0, 1, width=32))
rows_of_answers = st.lists(
    st.tuples(st.integers(1, 5), st.booleans(), st.one_of(st.just(float("nan")), st.integers(0, 2**52)), maybe, maybe),
    max_size=40,
)


def followed(answers: np.ndarray[Any, Any], cuts: list[int], thetas: dict[int, Any]) -> np.ndarray[Any, Any]:
    """The evidence of answers that come in parts."""
    concepts = np.zeros(0, CONCEPT)
    for part in np.split(answers, sorted(cuts)):
        concepts = with_answers(concepts, part, ASKED, thetas)
    return np.sort(concepts, order="concept_id")


def by_concept(answers: np.ndarray[Any, Any]) -> pd.DataFrame:
    """The answers once for each of their concepts, as the pure functions of all answers take them."""
    frame = pd.DataFrame(answers)
    frame = frame.assign(
        student_id=1,
        sequence=range(len(frame)),
        concept_id=[ASKED.get(question, ()) for question in frame["question_id"]],
        attempted_at=frame["attempted_us"].astype("Int64").astype("datetime64[us]"),
    ).explode("concept_id")
    return frame.dropna(subset="concept_id").astype({"concept_id": "int64"})


@given(rows=rows_of_answers, cuts=st.lists(st.integers(0, 40), max_size=5))
def test_answer_by_answer_is_the_rule(rows: list[Any], cuts: list[int]) -> None:
    """Scores, intervals, counts, means and the latest moment are those of all answers, however they came."""
    answers = np.array(rows, dtype=FIELDS)
    found = pd.DataFrame(scored_by_rule(followed(answers, cuts, {})))
    rule = concept_mastery(by_concept(answers))
    assert found["concept_id"].tolist() == rule["concept_id"].tolist()
    for name in ("mastery_score", "mastery_low", "mastery_high", "avg_time_seconds", "avg_confidence"):
        assert found[name].tolist() == pytest.approx(rule[name].tolist(), abs=1e-9, nan_ok=True)
    for name in ("total_attempts", "correct_attempts"):
        assert found[name].tolist() == rule[name].tolist()
    latest = found["last_attempted_at"].astype("Int64").astype("datetime64[us]")
    assert latest.tolist() == rule["last_attempted_at"].tolist()
    assert found["p_known"].isna().all()


@given(rows=rows_of_answers, cuts=st.lists(st.integers(0, 40), max_size=5))
def test_answer_by_answer_is_the_tracing(rows: list[Any], cuts: list[int]) -> None:
    """P(known) is that of all answers on the concept; one that is not traced has none."""
    answers = np.array(rows, dtype=FIELDS)
    found = pd.DataFrame(evidence_of(followed(answers, cuts, THETAS))).set_index("concept_id")["p_known"]
    names = ["prior", "learn", "forget", "guess", "slip"]
    parameters = pd.DataFrame([*THETAS.values()], columns=names).assign(concept_id=[*THETAS])
    whole = known_now(by_concept(answers), parameters).set_index("concept_id")["p_known"]
    assert found.drop(8, errors="ignore").to_dict() == pytest.approx(whole.drop(8, errors="ignore").to_dict(), abs=1e-9)
    assert np.isnan(found.get(8, np.nan))


def test_what_was_there_is_left_as_it_is() -> None:
    """The evidence of before is not changed; new concepts stand behind it; no answers add nothing."""
    answers = np.array([(3, True, 5.0, 1.0, np.nan)], dtype=FIELDS)
    first = with_answers(np.zeros(0, CONCEPT), answers, ASKED, {})
    kept = first.tobytes()
    second = with_answers(first, np.array([(2, False, np.nan, np.nan, 0.5)], dtype=FIELDS), ASKED, {})
    assert first.tobytes() == kept
    assert second["concept_id"].tolist() == [8, 7, 9]
    assert len(with_answers(second, answers[:0], ASKED, {})) == 3
    assert evidence_of(second).dtype == MASTERY
