"""What the demo's students learn from on their own: flashcards, notes, quizzes and summaries of their concepts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from edukit.ops.seed.curriculum.lessons import lessons_of
from edukit.ops.seed.moments import moments

if TYPE_CHECKING:
    from edukit.ops.seed.curriculum.lessons import Lesson
    from edukit.ops.seed.practice.attempts import Block
    from edukit.ops.seed.scene import Scene

LEARNERS = 0.3
"""Share of the students who keep such items."""
ITEMS = 7
"""Concepts of which a learner keeps an item, at most."""
KINDS, KIND_SHARES = ("flashcard", "note", "quiz", "summary"), (0.5, 0.2, 0.2, 0.1)
REVIEWED = 0.8
WITHIN_DAYS = 60


def study_items(scene: Scene, block: Block, known: pd.DataFrame, number: int) -> pd.DataFrame:
    """Items of some students' weakest concepts, with their reviews; ``known`` is ``lessons.practised`` of the block."""
    rng, year = scene.rng(16, number), scene.school.year
    lessons = lessons_of(scene.school.curriculum)
    learners = block.student_ids[rng.random(len(block.student_ids)) < LEARNERS]
    mine = known[known["student_id"].isin([*learners, *known["student_id"].head(1)])]
    mine = mine[mine.groupby("student_id").cumcount() < ITEMS].reset_index(drop=True)
    count, last = len(mine), len(year.days) - 2
    kind = rng.choice(KINDS, count, p=KIND_SHARES)
    created = last - rng.integers(0, min(last, WITHIN_DAYS), count)
    reviewed = rng.random(count) < REVIEWED
    review = created + rng.integers(0, last - created + 1)
    hour = np.sort(rng.uniform(15.5, 22, (count, 2)), axis=1)
    progress = np.round(mine["strength"].to_numpy() * reviewed, 2)
    # What is known well comes back later.
    due = np.where(reviewed, review + 1 + np.round(20 * progress**2).astype(np.int64), created + 1)
    return pd.DataFrame(
        {
            "institution_id": scene.school.institution_id,
            "id": scene.ids.take(count, scene.as_of),
            "user_id": mine["student_id"],
            "topic_id": mine["concept_id"].map({key: lesson.topic_id for key, lesson in lessons.items()}),
            "kind": kind,
            "content": pd.Series(
                [content(kind, lessons[of]) for kind, of in zip(kind, mine["concept_id"], strict=True)], dtype=object
            ),
            "progress": progress,
            "last_reviewed_at": pd.Series(moments(year, review, hour[:, 1])).where(reviewed),
            "next_review_at": moments(year, due, np.full(count, 7.0)),
            "created_at": moments(year, created, hour[:, 0]),
        }
    )


def content(kind: str, lesson: Lesson) -> dict[str, Any]:
    """What stands on an item of this kind about a concept."""
    concept = lesson.concept
    if kind == "flashcard":
        return {"front": f"{concept.name}: what is there to remember?", "back": concept.facts[0]}
    if kind == "quiz":
        statements = [(fact, "true") for fact in concept.facts] + [(myth, "false") for myth in concept.myths]
        return {"questions": [{"question": f"True or false: {said}", "answer": right} for said, right in statements]}
    if kind == "summary":
        return {"text": lesson.topic.about, "concepts": [other.name for other in lesson.topic.concepts]}
    return {"text": f"{concept.about} {' '.join(concept.facts)} A common mistake: {concept.myths[0]}"}
