"""A school's concepts with their content, and what the students of a block have answered on each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edukit.ops.seed.curriculum.subjects import SUBJECTS

if TYPE_CHECKING:
    import pandas as pd

    from edukit.ops.seed.curriculum.plans import Curriculum
    from edukit.ops.seed.curriculum.subjects import ConceptContent, SubjectContent, TopicContent
    from edukit.ops.seed.practice.attempts import Block


@dataclass(frozen=True)
class Lesson:
    """A concept as it is taught: its ids at the school, its subject's place in ``SUBJECTS``, and its content."""

    concept_id: int
    topic_id: int
    place: int
    subject: SubjectContent
    topic: TopicContent
    concept: ConceptContent


def lessons_of(curriculum: Curriculum) -> dict[int, Lesson]:
    """The school's lessons by the concept's id, in the order of teaching, one subject after another."""
    content = [
        (place, subject, topic, concept)
        for place, subject in enumerate(SUBJECTS)
        for topic in subject.topics
        for concept in topic.concepts
    ]
    rows = zip(curriculum.concepts["id"].tolist(), curriculum.concepts["topic_id"].tolist(), content, strict=True)
    return {concept_id: Lesson(concept_id, topic_id, *of_concept) for concept_id, topic_id, of_concept in rows}


def with_concepts(block: Block, curriculum: Curriculum) -> pd.DataFrame:
    """The block's attempts with ``concept_id``, and ``subject`` as its place in ``SUBJECTS``."""
    concept = block.attempts["question_id"].map(curriculum.question_concepts.set_index("question_id")["concept_id"])
    place = {lesson.concept_id: lesson.place for lesson in lessons_of(curriculum).values()}
    return block.attempts.assign(concept_id=concept, subject=concept.map(place).astype("int64"))


def practised(attempts: pd.DataFrame) -> pd.DataFrame:
    """Each student's concepts, the weakest first.

    Columns ``student_id``, ``concept_id``, ``subject``, ``answers``, ``right`` and ``strength``: the share of right
    answers (0-1), drawn towards a half by two answers more.
    """
    cells = attempts.groupby(["student_id", "concept_id", "subject"])["is_correct"].agg(answers="size", right="sum")
    known = cells.reset_index()
    known["strength"] = (known["right"] + 1) / (known["answers"] + 2)
    return known.sort_values(["student_id", "strength", "concept_id"], kind="stable", ignore_index=True)


def weakest(known: pd.DataFrame) -> pd.DataFrame:
    """Of :func:`practised`, the weakest concept of each student."""
    return known.drop_duplicates("student_id")
