"""Small schools: a chain of topics, and students with scores of known intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from edukit.analytics.knowledge import Knowledge, knowledge
from edukit.analytics.prerequisites import concept_needs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Score = float | tuple[float, float, float] | tuple[float, float, float, int] | None
    Making = Callable[..., tuple[Knowledge, pd.DataFrame]]

BAR = 80.0


def chain(topics: int, per_topic: int = 1) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Topics of one subject (id 1), each of which needs the one before; concepts 100, 101, …, by topic."""
    ids = [*range(2, 2 + topics)]
    tree = pd.DataFrame({"topic_id": [1, *ids], "parent_id": pd.array([None] + [1] * topics, dtype="Int64")})
    edges = pd.DataFrame({"topic_id": ids[1:], "prerequisite_id": ids[:-1]}, dtype="int64")
    concepts = pd.DataFrame(
        [
            (100 + place, topic, f"Topic {topic}", f"C{place}", place, 5)
            for place, topic in enumerate(np.repeat(ids, per_topic).tolist())
        ],
        columns=["concept_id", "topic_id", "topic", "concept", "concept_order", "questions"],
    )
    return concepts, tree, edges


def known(scores: Mapping[int, list[Score]], *, topics: int, per_topic: int = 1) -> tuple[Knowledge, pd.DataFrame]:
    """Of each student the score on each concept of a chain (alone, or with low, high and answers), and the needs."""
    concepts, tree, edges = chain(topics, per_topic)
    rows = []
    for student, of in scores.items():
        for place, score in enumerate(of):
            if score is not None:
                figures = score if isinstance(score, tuple) else (score, score, score)
                rows.append((student, 100 + place, *figures[:3], figures[3] if len(figures) > 3 else 9))
    names = ["student_id", "concept_id", "mastery_score", "mastery_low", "mastery_high", "total_attempts"]
    mastery = pd.DataFrame(rows, columns=names).assign(correct_attempts=lambda given: given["total_attempts"] - 1)
    students = pd.DataFrame({"student_id": [*scores], "student": [f"S{student}" for student in scores]})
    students = students.astype({"student_id": "int64", "student": "str"})
    return knowledge(students, concepts, mastery, known_at=BAR), concept_needs(concepts, tree, edges)


@pytest.fixture(scope="session")
def class_of() -> Making:
    """Makes a class of students whose topics form a chain."""
    return known


@pytest.fixture(scope="session")
def chain_of() -> Callable[..., tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]]:
    """Makes concepts, topics and prerequisites that form a chain."""
    return chain
