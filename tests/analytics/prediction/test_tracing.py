"""Tracing beside the model: the parameters of coded attempts, and where students stand by them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from edukit.analytics.knowledge_tracing import fit_tracing, known_now, restored
from edukit.analytics.prediction.arrays import coded_answers, evidence
from edukit.analytics.prediction.tracing import thetas_of, traced_concepts

ASKED = {1: (5,), 2: (5, 6), 3: (6,), 4: (8,)}  # 9 asks for nothing
FIELDS = [
    ("student_id", "i8"), ("question_id", "i8"), ("sequence", "i8"), ("is_correct", "?"), ("attempted_us", "f8"),
    ("time_taken_seconds", "f8"), ("confidence", "f8"),
]  # fmt: skip


@pytest.fixture
def answers() -> np.ndarray[Any, Any]:
    """Answers of some students in any order, several at one moment."""
    rng = np.random.default_rng(8)
    found = np.zeros(400, dtype=FIELDS)
    found["student_id"] = rng.integers(20, 45, 400)
    found["question_id"] = rng.choice([*ASKED, 9], 400)
    found["sequence"] = rng.integers(0, 90, 400)
    found["is_correct"] = rng.random(400) < 0.6
    return found


def by_concept(answers: np.ndarray[Any, Any]) -> pd.DataFrame:
    """The answers once for each concept, as the fit takes them."""
    frame = pd.DataFrame(answers)
    frame = frame.assign(concept_id=[ASKED.get(question, ()) for question in frame["question_id"]]).explode(
        "concept_id"
    )
    return frame.dropna(subset="concept_id").astype({"concept_id": "int64"})


def test_the_parameters_are_those_of_the_answers(answers: np.ndarray[Any, Any]) -> None:
    """Fitted to coded attempts and through JSON, each concept has what a fit to the plain table gives it."""
    found = json.loads(json.dumps(traced_concepts(coded_answers(answers, ASKED))))
    pd.testing.assert_frame_equal(restored(found), fit_tracing(by_concept(answers)), rtol=1e-6)
    assert sorted(thetas_of(found)) == [5, 6, 8]
    assert thetas_of([]) == {}


def test_where_students_stand_is_the_tracings(answers: np.ndarray[Any, Any]) -> None:
    """P(known) of each student and concept is that of the plain table; nothing is known of a concept left out."""
    coded = coded_answers(answers, ASKED)
    parameters = fit_tracing(by_concept(answers))
    thetas = thetas_of(traced_concepts(coded))
    thetas.pop(8)
    found = evidence(coded, answers, thetas)
    named = found.assign(
        student_id=coded.students[found["student"]], concept_id=[coded.skills[skill][0] for skill in found["skill"]]
    ).set_index(["student_id", "concept_id"])["p_known"]
    whole = known_now(by_concept(answers), parameters).set_index(["student_id", "concept_id"])["p_known"]
    is_traced = named.index.get_level_values("concept_id") != 8
    assert named[~is_traced].isna().all()
    pd.testing.assert_series_equal(named[is_traced].sort_index(), whole.drop(8, level="concept_id").sort_index())
