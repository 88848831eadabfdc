"""An institution's curriculum: its rows, and the same as arrays for the learning model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.models.curriculum import QUESTION_KINDS
from edukit.ops.seed.questions import DemoQuestion, questions_of
from edukit.ops.seed.subjects import SUBJECTS

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from edukit.db.ids import Ids
    from edukit.ops.seed.subjects import SubjectContent

CONCEPT_SPREAD = 0.75
"""Standard deviation of the concepts' difficulty, in logits."""
QUESTION_SPREAD = 0.5
TREND = 0.5
"""How much harder a subject's last concept is than its first, in logits."""


@dataclass(frozen=True)
class Plan:
    """One subject's concepts in the order of teaching, and their questions, as arrays.

    The questions of concept ``i`` are ``first_question[i]`` and the ``question_count[i]`` from there on;
    difficulties are in logits, 0 for the middle; ``kind`` indexes ``QUESTION_KINDS``.
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


@dataclass(frozen=True)
class Curriculum:
    """Every subject's plan, and the rows of the four tables."""

    plans: tuple[Plan, ...]
    topics: pd.DataFrame
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
    return Curriculum(
        tuple(plans),
        pd.concat(topics, ignore_index=True).assign(institution_id=institution_id, created_at=now),
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
    concepts = pd.DataFrame(
        [
            (topic_id, concept.name, position)
            for topic_id, topic in zip(topic_ids[1:], subject.topics, strict=True)
            for position, concept in enumerate(topic.concepts)
        ],
        columns=["topic_id", "name", "position"],
    )
    return topics, concepts.assign(id=ids.take(len(concepts), now))


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
    )
    return plan, _question_rows(flat, plan)


def _question_rows(flat: list[DemoQuestion], plan: Plan) -> pd.DataFrame:
    harder = np.repeat(plan.concept_difficulty, plan.question_count) + plan.question_difficulty
    return pd.DataFrame(
        {
            "id": plan.question_ids,
            "kind": [question.kind for question in flat],
            "body": [question.body for question in flat],
            # The expected share of wrong answers of a middling student who has practised a little.
            "difficulty": np.round(1 / (1 + np.exp(0.6 - harder)), 3),
            "concept_id": np.repeat(plan.concept_ids, plan.question_count),
        }
    )
