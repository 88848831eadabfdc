"""An institution's curriculum: its rows, and the same as arrays for the learning model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.models.curriculum import DIFFICULTY_LEVELS, QUESTION_KINDS
from edukit.ops.seed.curriculum.questions import DemoQuestion, questions_of
from edukit.ops.seed.curriculum.subjects import SUBJECTS

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from edukit.db.ids import Ids
    from edukit.ops.seed.curriculum.subjects import SubjectContent

CONCEPT_SPREAD = 0.75
"""Standard deviation of the concepts' difficulty, in logits."""
QUESTION_SPREAD = 0.5
TREND = 0.5
"""How much harder a subject's last concept is than its first, in logits."""
EASY, HARD = 0.27, 0.48
"""Difficulty below which a question is easy, and above which it is hard."""
XP = {"easy": 8, "medium": 10, "hard": 15}
"""Experience points of a right first answer."""
XP_OF_A_TRY = 2
"""Experience points of a wrong one."""


@dataclass(frozen=True)
class Plan:
    """One subject's concepts in the order of teaching, and their questions, as arrays.

    The questions of concept ``i`` are ``first_question[i]`` and the ``question_count[i]`` from there on;
    difficulties are in logits, 0 for the middle; ``kind`` indexes ``QUESTION_KINDS``; ``chosen`` is the place of
    each of the ``answers`` in the question's options, -1 where it has none; ``xp`` is what a right answer earns.
    """

    subject_id: int
    name: str
    concept_ids: NDArray[np.int64]
    concept_difficulty: NDArray[np.float64]
    learning_rate: NDArray[np.float64]
    first_question: NDArray[np.int64]
    question_count: NDArray[np.int64]
    question_ids: NDArray[np.int64]
    question_difficulty: NDArray[np.float64]
    kind: NDArray[np.int64]
    answers: NDArray[np.object_]
    chosen: NDArray[np.int64]
    xp: NDArray[np.int64]


@dataclass(frozen=True)
class Curriculum:
    """Every subject's plan, and the rows of the five tables."""

    plans: tuple[Plan, ...]
    topics: pd.DataFrame
    topic_prerequisites: pd.DataFrame
    concepts: pd.DataFrame
    questions: pd.DataFrame
    question_concepts: pd.DataFrame


def build_curriculum(institution_id: int, *, seed: int, ids: Ids, now: datetime) -> Curriculum:
    """The curriculum with new ids; difficulties and texts depend on the seed alone, not on the institution."""
    topics, concepts, questions, plans = [], [], [], []
    for place, subject in enumerate(SUBJECTS):
        rng = np.random.default_rng([seed, 1, place])
        topic_rows, concept_rows = _tree(subject, place, ids, now)
        plan, question_rows = _plan(subject, concept_rows["id"].to_numpy(), topic_rows["id"].iloc[0], rng, ids, now)
        topics.append(topic_rows)
        concepts.append(concept_rows)
        questions.append(question_rows)
        plans.append(plan)
    asked = pd.concat(questions, ignore_index=True)
    tree = pd.concat(topics, ignore_index=True).assign(institution_id=institution_id, created_at=now)
    return Curriculum(
        tuple(plans),
        tree,
        _prerequisites(tree).assign(institution_id=institution_id, created_at=now),
        pd.concat(concepts, ignore_index=True).assign(institution_id=institution_id, created_at=now),
        asked.drop(columns="concept_id").assign(institution_id=institution_id, created_at=now),
        asked[["id", "concept_id"]].rename(columns={"id": "question_id"}).assign(institution_id=institution_id),
    )


def _tree(subject: SubjectContent, place: int, ids: Ids, now: datetime) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Topics, the subject first, and their concepts in the order of teaching."""
    topic_ids = ids.take(len(subject.topics) + 1, now)
    names = [subject.name, *(topic.name for topic in subject.topics)]
    topics = pd.DataFrame({"id": topic_ids, "name": names})
    topics["parent_id"] = pd.Series([None] + [int(topic_ids[0])] * len(subject.topics), dtype=object)
    topics["code"] = [subject.code, *(f"{subject.code}-{index + 1}" for index in range(len(subject.topics)))]
    topics["position"] = [place, *range(len(subject.topics))]
    topics["description"] = [subject.about, *(topic.about for topic in subject.topics)]
    taught = [topic.syllabus for topic in subject.topics]
    topics["exam_weight"] = [1.0, *(topic.exam_weight for topic in taught)]
    topics["estimated_hours"] = [sum(topic.hours for topic in taught), *(topic.hours for topic in taught)]
    topics["unlock_xp"] = [0, *(topic.unlock_xp for topic in taught)]
    topics["is_locked"] = topics["unlock_xp"] > 0
    concepts = pd.DataFrame(
        [
            (topic_id, concept.name, concept.about, position)
            for topic_id, topic in zip(topic_ids[1:], subject.topics, strict=True)
            for position, concept in enumerate(topic.concepts)
        ],
        columns=["topic_id", "name", "description", "position"],
    )
    return topics, concepts.assign(id=ids.take(len(concepts), now))


def _prerequisites(topics: pd.DataFrame) -> pd.DataFrame:
    """What each topic needs first, in its own subject and in others."""
    id_of = dict(zip(topics["code"], topics["id"], strict=True))
    return pd.DataFrame(
        [
            (id_of[f"{subject.code}-{index + 1}"], id_of[needed])
            for subject in SUBJECTS
            for index, topic in enumerate(subject.topics)
            for needed in topic.syllabus.needs
        ],
        columns=["topic_id", "prerequisite_id"],
    )


def _plan(  # noqa: PLR0913, PLR0917 - what a plan is made of
    subject: SubjectContent,
    concept_ids: NDArray[np.int64],
    subject_id: int,
    rng: np.random.Generator,
    ids: Ids,
    now: datetime,
) -> tuple[Plan, pd.DataFrame]:
    asked = [questions_of(concept, rng) for topic in subject.topics for concept in topic.concepts]
    count = np.array([len(of_concept) for of_concept in asked])
    flat = [question for of_concept in asked for question in of_concept]
    order = np.linspace(-TREND / 2, TREND / 2, len(count))
    concept_difficulty = order + rng.normal(0, CONCEPT_SPREAD, len(count))
    question_difficulty = rng.normal(0, QUESTION_SPREAD, len(flat))
    question_ids = ids.take(len(flat), now)
    difficulty = _difficulty(np.repeat(concept_difficulty, count) + question_difficulty)
    plan = Plan(
        subject_id=int(subject_id),
        name=subject.name,
        concept_ids=concept_ids,
        concept_difficulty=concept_difficulty,
        learning_rate=rng.lognormal(np.log(0.3), 0.35, len(count)),
        first_question=np.cumsum(count) - count,
        question_count=count,
        question_ids=question_ids,
        question_difficulty=question_difficulty,
        kind=np.array([QUESTION_KINDS.index(question.kind) for question in flat]),
        answers=np.array([question.answers for question in flat], dtype=object),
        chosen=np.array([question.chosen for question in flat]),
        xp=np.array([XP[level] for level in _levels(difficulty)]),
    )
    return plan, _question_rows(flat, plan, difficulty)


def _difficulty(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """The expected share of wrong answers of a middling student who has practised a little."""
    return np.round(1 / (1 + np.exp(0.6 - logits)), 3)


def _levels(difficulty: NDArray[np.float64]) -> list[str]:
    return [DIFFICULTY_LEVELS[int(value >= EASY) + int(value > HARD)] for value in difficulty]


def _question_rows(flat: list[DemoQuestion], plan: Plan, difficulty: NDArray[np.float64]) -> pd.DataFrame:
    place = [question.chosen[0] for question in flat]
    return pd.DataFrame(
        {
            "id": plan.question_ids,
            "kind": [question.kind for question in flat],
            "body": [question.body for question in flat],
            "difficulty": difficulty,
            "difficulty_level": _levels(difficulty),
            "options": pd.Series([question.options and list(question.options) for question in flat], dtype=object),
            "correct_option": pd.array([None if right < 0 else right for right in place], dtype="Int16"),
            "correct_answer": [question.answers[0] if question.options is None else None for question in flat],
            "explanation": [question.explanation for question in flat],
            "concept_id": np.repeat(plan.concept_ids, plan.question_count),
        }
    )
