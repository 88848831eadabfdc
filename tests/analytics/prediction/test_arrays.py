"""Answers as arrays are coded as a table of them is, in whatever order they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from edukit.analytics.mastery import concept_mastery
from edukit.analytics.prediction.arrays import coded_answers, evidence
from edukit.analytics.prediction.attempts import coded
from edukit.analytics.prediction.model import fit_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONCEPTS = {question: ((question % 4,) if question % 5 else (1, 3)) for question in range(1, 16)}
FIELDS = [
    ("student_id", "i8"), ("question_id", "i8"), ("sequence", "i8"), ("is_correct", "?"), ("attempted_us", "f8"),
    ("time_taken_seconds", "f8"), ("confidence", "f8"),
]  # fmt: skip


def made(count: int, seed: int = 3) -> NDArray[Any]:
    """Answers of a few students; some questions ask for two concepts, one (16) for none, some things are unknown."""
    rng = np.random.default_rng(seed)
    found = np.empty(count, dtype=FIELDS)
    found["student_id"] = rng.integers(100, 107, count)
    found["question_id"] = rng.integers(1, 17, count)
    found["sequence"] = rng.integers(0, count // 2 + 1, count)  # some at one moment
    found["is_correct"] = rng.random(count) < 0.6
    found["attempted_us"] = np.where(rng.random(count) < 0.3, np.nan, 1.7e15 + found["sequence"] * 6e7)
    found["time_taken_seconds"] = np.where(rng.random(count) < 0.5, np.nan, rng.integers(1, 90, count))
    found["confidence"] = np.where(found["student_id"] == 100, np.nan, 0.25)
    return found


def test_the_order_of_rows_is_nothing() -> None:
    """Answers that come in another order are coded the same."""
    answers = made(200)
    shuffled = np.random.default_rng(1).permutation(answers)
    first, second = coded_answers(answers, CONCEPTS), coded_answers(shuffled, CONCEPTS)
    for field in ("student", "item", "skill", "is_correct", "at", "students", "items"):
        np.testing.assert_array_equal(getattr(first, field), getattr(second, field))
    assert first.skills == second.skills


def test_arrays_are_coded_as_a_table_is() -> None:
    """A model fitted to either says the same of every answer: names, order, concepts and times agree."""
    answers = made(400)
    plain = coded_answers(answers, CONCEPTS)
    frame = pd.DataFrame(answers[plain.rows])
    concepts = frame["question_id"].map(lambda question: CONCEPTS.get(question, ()))
    table = coded(
        frame.assign(item_id=frame["question_id"], concept_ids=concepts, at=frame["attempted_us"] / 1e6),
        items=plain.items.tolist(),
        skills=plain.skills,
    )
    models = [fit_model(one, rng=np.random.default_rng(1)) for one in (plain, table)]
    np.testing.assert_array_equal(models[0].predict(plain), models[1].predict(table))


def test_known_names_come_first() -> None:
    """Items and skills that a model knows keep its codes, and what is new comes after them."""
    answers = made(50)
    found = coded_answers(answers, CONCEPTS, items=[90, 4], skills=[(7,), (1, 3), (1,), (3,)])
    assert found.items[:2].tolist() == [90, 4]
    assert found.skills[:4] == [(7,), (1, 3), (1,), (3,)]
    assert found.items[2:].tolist() == sorted(set(answers["question_id"].tolist()) - {4})
    assert found.items[found.item].tolist() == answers["question_id"][found.rows].tolist()


def test_evidence_is_the_rules() -> None:
    """Mean seconds, mean confidence and the latest moment are those that the rule of mastery tells."""
    answers = made(300)
    attempts = coded_answers(answers, CONCEPTS)
    found = evidence(attempts, answers)
    rows = pd.DataFrame(answers)
    rows = rows.assign(
        concept_id=rows["question_id"].map(lambda question: CONCEPTS.get(question, ())),
        attempted_at=rows["attempted_us"].astype("Int64").astype("datetime64[us]"),
    ).explode("concept_id")
    rule = concept_mastery(rows.dropna(subset="concept_id").astype({"concept_id": "int64"}))
    assert attempts.students[found["student"]].tolist() == rule["student_id"].tolist()
    order = np.lexsort((rule["concept_id"], rule["student_id"]))
    named = found.assign(concept=[attempts.skills[skill][0] for skill in found["skill"]])
    named = named.sort_values(["student", "concept"], ignore_index=True)
    assert named["concept"].tolist() == rule["concept_id"].iloc[order].tolist()
    for ours, theirs in (("avg_time_seconds", "avg_time_seconds"), ("avg_confidence", "avg_confidence")):
        assert named[ours].tolist() == pytest.approx(rule[theirs].tolist(), nan_ok=True)
    latest = named["last_us"].astype("Int64").astype("datetime64[us]")
    assert latest.tolist() == rule["last_attempted_at"].tolist()


def test_nothing_is_coded_as_nothing() -> None:
    """Without answers there are no attempts, no students and no evidence."""
    attempts = coded_answers(made(0), {})
    assert (len(attempts), len(attempts.students), len(evidence(attempts, made(0)))) == (0, 0, 0)
