"""What the demo teaches and asks: the topics' weights and order, questions, their options, and points for answers."""

from __future__ import annotations

from datetime import UTC, datetime
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from edukit.ops.seed.curriculum.plans import XP, XP_OF_A_TRY
from edukit.ops.seed.curriculum.questions import LETTERS, questions_of
from edukit.ops.seed.curriculum.subjects import SUBJECTS
from edukit.ops.seed.demo import demo_schools
from edukit.ops.seed.practice.attempts import blocks

if TYPE_CHECKING:
    from edukit.ops.seed.school import School

AS_OF = datetime(2026, 5, 20, 10, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def school() -> School:
    """The first school of a demo of sixty students."""
    return demo_schools(seed=1, students=60, as_of=AS_OF)[0]


@pytest.fixture(scope="module")
def answered(school: School) -> pd.DataFrame:
    """Its attempts, each with its question."""
    attempts = pd.concat([block.attempts for block in blocks(school, seed=1, place=0, as_of=AS_OF)])
    return attempts.merge(school.curriculum.questions, left_on="question_id", right_on="id", suffixes=("", "_asked"))


def test_topics_share_the_exam(school: School) -> None:
    """A subject's topics share its exam and its hours wholly; every topic and concept says what it is about."""
    topics, concepts = school.curriculum.topics, school.curriculum.concepts
    parts = topics[topics["parent_id"].notna()].groupby("parent_id")
    subjects = topics[topics["parent_id"].isna()].set_index("id")
    assert parts["exam_weight"].sum().tolist() == pytest.approx([1] * len(subjects))
    assert (parts["estimated_hours"].sum() == subjects["estimated_hours"]).all()
    assert topics["description"].str.len().min() > 10
    assert concepts["description"].str.fullmatch(r"[A-Z].{10,}\.").all()


def test_later_topics_are_locked(school: School) -> None:
    """Some topics are locked, each by points; no subject and no first topic is."""
    topics = school.curriculum.topics
    assert (topics["is_locked"] == (topics["unlock_xp"] > 0)).all()
    assert topics["is_locked"].sum() == 5
    assert not topics.loc[topics["parent_id"].isna() | topics["code"].str.endswith("-1"), "is_locked"].any()


def test_locked_topics_are_opened_before_they_are_practised(school: School, answered: pd.DataFrame) -> None:
    """Students who answer questions of a locked topic nearly always had the points that open it."""
    curriculum = school.curriculum
    needed = (
        curriculum.question_concepts.merge(curriculum.concepts, left_on="concept_id", right_on="id")
        .merge(curriculum.topics, left_on="topic_id", right_on="id")
        .set_index("question_id")["unlock_xp"]
    )
    ordered = answered.sort_values(["student_id", "sequence"])
    before = ordered.groupby("student_id")["xp_earned"].cumsum() - ordered["xp_earned"]
    locked = ordered["question_id"].map(needed) > 0
    assert locked.sum() > 100
    assert (before >= ordered["question_id"].map(needed))[locked].mean() > 0.99


def test_prerequisites_have_no_circle(school: School) -> None:
    """Every topic but a subject's first needs another, some of another subject, and an order exists."""
    codes = school.curriculum.topics.set_index("id")["code"]
    pairs = school.curriculum.topic_prerequisites
    needs = {topic: set(codes[of["prerequisite_id"]]) for topic, of in pairs.groupby(pairs["topic_id"].map(codes))}
    assert len(list(TopologicalSorter(needs).static_order())) == 20
    assert needs["PHY-1"] == {"MAT-1"}
    assert {code for code in codes if "-" in code and not code.endswith("-1")} <= set(needs)


def test_options_hold_the_right_answer(school: School) -> None:
    """A multiple-choice question has four different options which its body shows; others a right answer or none."""
    questions = school.curriculum.questions
    choice = questions[questions["kind"] == "multiple_choice"]
    for body, options, place in choice[["body", "options", "correct_option"]].itertuples(index=False):
        assert len(set(options)) == 4
        assert body.splitlines()[-4:] == [
            f"{letter}) {option}" for letter, option in zip(LETTERS, options, strict=True)
        ]
        assert 0 <= place < 4
    assert choice["correct_answer"].isna().all()
    others = questions[questions["kind"] != "multiple_choice"]
    assert others["options"].isna().all()
    assert others["correct_option"].isna().all()
    assert (others["correct_answer"].notna() == (others["kind"] != "text")).all()
    assert (questions["explanation"].notna() == (questions["kind"] != "text")).all()


def test_levels_follow_the_difficulty(school: School) -> None:
    """Easy questions are easier than medium ones, and these than hard ones; none of the levels is rare."""
    by_level = school.curriculum.questions.groupby("difficulty_level")["difficulty"]
    assert by_level.max()["easy"] < by_level.min()["medium"]
    assert by_level.max()["medium"] < by_level.min()["hard"]
    assert (by_level.size() > 0.2 * len(school.curriculum.questions)).all()


def test_the_chosen_option_is_the_answer(answered: pd.DataFrame) -> None:
    """The place of the chosen option is that of the answer's letter, and the right one where the answer is right."""
    choice = answered[answered["kind"] == "multiple_choice"]
    assert (choice["selected_option"] == choice["answer"].map(LETTERS.index)).all()
    assert ((choice["selected_option"] == choice["correct_option"]) == choice["is_correct"]).all()
    others = answered[answered["kind"].isin(["numerical", "true_false"])]
    assert others["selected_option"].isna().all()
    assert ((others["answer"] == others["correct_answer"]) == others["is_correct"]).all()


def test_answers_earn_points(answered: pd.DataFrame) -> None:
    """A right answer earns more the harder the question is, a wrong one little."""
    earned = answered.groupby(["is_correct", "difficulty_level"])["xp_earned"].agg(["min", "max"])
    assert (earned["min"] == earned["max"]).all()
    assert earned.loc[True, "min"].to_dict() == XP
    assert set(earned.loc[False, "min"]) == {XP_OF_A_TRY}
    assert XP_OF_A_TRY < XP["easy"] < XP["medium"] < XP["hard"]


def test_questions_are_whole() -> None:
    """Every concept has 8 to 20 different questions, each with one right answer that is not among the wrong ones."""
    for subject in SUBJECTS:
        concepts = [concept for topic in subject.topics for concept in topic.concepts]
        assert 12 <= len(concepts) <= 24
        for concept in concepts:
            asked = questions_of(concept, np.random.default_rng(0))
            assert 8 <= len(asked) <= 20, concept.name
            assert len({question.body for question in asked}) == len(asked), concept.name
            assert all(question.answers[0] not in question.answers[1:] for question in asked if question.kind != "text")
