"""The next question: what tells most, what helps most, and never what was answered just now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from edukit.analytics.next_question import candidate_concepts, next_questions
from edukit.analytics.question_difficulty import question_difficulty
from edukit.queries.frames import NEXT_QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    Making = Callable[..., tuple[Any, Any]]

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
NOBODY = pd.DataFrame({"question_id": [], "answers": [], "right": []}, dtype="int64")
NOTHING = pd.DataFrame(
    {"question_id": pd.Series(dtype="int64"), "attempted_at": pd.Series(dtype="datetime64[us, UTC]")}
)


def bank(*questions: tuple[int, int, float]) -> pd.DataFrame:
    """Questions by id, with a concept and what their author expected."""
    names = ["question_id", "concept_id", "difficulty"]
    rows = pd.DataFrame(questions, columns=names).astype({"difficulty": "float64"})
    return rows.assign(question="?", concept="C")


def test_few_answers_are_drawn_towards_the_usual() -> None:
    """One right answer of one says little, ninety of a hundred much; an author's word counts like ten answers."""
    questions = bank((1, 100, np.nan), (2, 100, np.nan), (3, 101, 0.8))
    counts = pd.DataFrame({"question_id": [1, 2], "answers": [1, 100], "right": [1, 30]})
    found = question_difficulty(questions, counts).set_index("question_id")
    usual = (31 + 7) / (101 + 10)
    assert found.loc[1, "share_right"] == pytest.approx((1 + 10 * usual) / 11)
    assert found.loc[2, "share_right"] == pytest.approx((30 + 10 * usual) / 110)
    assert found.loc[3, "share_right"] == pytest.approx(0.2)
    assert found.loc[2, "harder"] > 0 > found.loc[1, "harder"]
    assert found.loc[2, "harder_error"] < found.loc[1, "harder_error"]
    assert found.loc[3, "harder"] == 0


def test_the_chance_by_hand(class_of: Making) -> None:
    """A question that is as hard as its concept has the chance of the mastery; a harder one less, an easier more."""
    known, needs = class_of({1: [(60, 40, 75)]}, topics=1)
    found = next_questions(
        known, needs, bank((1, 100, 0.3), (2, 100, 0.5), (3, 100, 0.4)), NOBODY, NOTHING, aim="informative", now=NOW
    ).set_index("question_id")
    chance = found["p_correct"]
    assert chance[2] < chance[3] < chance[1]
    assert chance[3] == pytest.approx(0.6, abs=0.01)
    assert (found["p_low"] < 0.4).all() or found.loc[1, "p_low"] > found.loc[2, "p_low"]
    assert ((found["p_low"] < chance) & (chance < found["p_high"])).all()


def test_what_tells_most_is_near_one_half(class_of: Making) -> None:
    """Of three concepts the one at 52 is asked about first, and the information is p (1 - p)."""
    known, needs = class_of({1: [95, 52, 10]}, topics=3)
    found = next_questions(
        known, needs, bank((1, 100, 0.3), (2, 101, 0.3), (3, 102, 0.3)), NOBODY, NOTHING, aim="informative", now=NOW
    )
    assert found["question_id"].tolist() == [2, 3, 1]
    assert np.allclose(found["information"], found["p_correct"] * (1 - found["p_correct"]))
    assert found["reason"].iloc[0].startswith("An answer tells most: the chance to be right is 52% (90% interval ")


def test_what_helps_is_weak_ready_and_in_reach(class_of: Making) -> None:
    """The weak concept that is ready comes before the known and before the one that waits; near 75% comes first."""
    known, needs = class_of({1: [95, 60, 10]}, topics=3)
    questions = bank((1, 100, 0.3), (2, 101, 0.6), (3, 101, 0.25), (4, 102, 0.3))
    found = next_questions(known, needs, questions, NOBODY, NOTHING, aim="useful", now=NOW)
    assert found["question_id"].tolist()[:2] == [3, 2]
    assert "C1 is ready to be learnt and stands at 60 after 9 answers; the question is in reach" in found["reason"][0]
    assert candidate_concepts(known, needs, aim="useful")[0] == 101


def test_a_need_without_questions_is_no_hindrance(class_of: Making) -> None:
    """Nobody can come to know it, so that what needs it is ready once all else that it needs is known."""
    known, needs = class_of({1: [90, None, None]}, topics=3)
    known.concepts.loc[1, "questions"] = 0
    assert candidate_concepts(known, needs, aim="useful") == [102, 100]


def test_a_question_of_several_concepts_goes_by_the_weakest(class_of: Making) -> None:
    """It is there once, on the concept at which the chance is lowest."""
    known, needs = class_of({1: [90, 30]}, topics=2)
    found = next_questions(known, needs, bank((1, 100, 0.3), (1, 101, 0.3)), NOBODY, NOTHING, aim="useful", now=NOW)
    assert found[["question_id", "concept_id"]].to_numpy().tolist() == [[1, 101]]


def test_not_what_was_answered_just_now(class_of: Making) -> None:
    """The last ten and the last hour are left out, whatever the times; an eleventh of yesterday is not."""
    known, needs = class_of({1: [60]}, topics=1)
    questions = bank(*((question, 100, 0.3) for question in range(1, 15)))
    ago = [timedelta(days=1)] * 11 + [timedelta(minutes=30)]
    latest = pd.DataFrame({"question_id": range(1, 13), "attempted_at": [NOW - each for each in ago]})
    found = next_questions(known, needs, questions, NOBODY, latest, aim="useful", now=NOW)
    assert sorted(found["question_id"]) == [11, 13, 14]
    unknown = latest.assign(attempted_at=pd.Series([pd.NaT] * 12, dtype="datetime64[us, UTC]"))
    found = next_questions(known, needs, questions, NOBODY, unknown, aim="useful", now=NOW)
    assert sorted(found["question_id"]) == [11, 12, 13, 14]


@pytest.mark.parametrize("aim", ["useful", "informative"])
@pytest.mark.parametrize("score", [None, 0, 100])
def test_any_student_is_answered(class_of: Making, aim: str, score: float | None) -> None:
    """No answers, all wrong or all right: chances within 0 and 1, and no missing figure; an empty bank, no row."""
    known, needs = class_of({1: [score, score]}, topics=2)
    found = next_questions(known, needs, bank((1, 100, 0.3), (2, 101, 1.0)), NOBODY, NOTHING, aim=aim, now=NOW)
    assert len(found) == 2
    assert not found.isna().any(axis=None)
    assert ((found["p_low"] >= 0) & (found["p_low"] <= found["p_correct"]) & (found["p_high"] <= 1)).all()
    empty = next_questions(known, needs, bank(), NOBODY, NOTHING, aim=aim, now=NOW)
    assert empty.empty
    assert [*empty] == [column.name for column in NEXT_QUESTIONS.columns]


def test_another_aim_is_refused(class_of: Making) -> None:
    """It is told with its value."""
    known, needs = class_of({1: [60]}, topics=1)
    with pytest.raises(ValueError, match="aim is 'nice'"):
        next_questions(known, needs, bank(), NOBODY, NOTHING, aim="nice", now=NOW)
