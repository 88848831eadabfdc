"""The curriculum, as frames."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sqlalchemy import and_, func, select

from edukit.models import Concept, QuestionConcept, Topic, TopicPrerequisite
from edukit.queries.frames.frame import by_column

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.orm import Session


def concepts(session: Session, *, institution_id: int) -> pd.DataFrame:
    """Every concept, in the order of the curriculum.

    Columns: ``concept_id``, ``topic_id``, ``topic``, ``concept``, ``concept_order`` (from 0: topics depth
    first by their position, then concepts by theirs).
    """
    # At once, topics with and without concepts: whatever is shown of concepts asks for this first.
    rows: Sequence[Sequence[Any]] = session.execute(
        select(Topic.id, Topic.parent_id, Topic.name, Concept.id, Concept.name)
        .outerjoin(Concept, and_(Concept.institution_id == Topic.institution_id, Concept.topic_id == Topic.id))
        .where(Topic.institution_id == institution_id)
        .order_by(Topic.position, Topic.id, Concept.position, Concept.id)
    ).all()
    parents = {row[0]: row[1] for row in rows}
    place = {topic_id: place for place, topic_id in enumerate(_depth_first(parents.items()))}
    ordered = sorted((row for row in rows if row[3] is not None), key=lambda row: place[row[0]])
    return pd.DataFrame(
        {
            "concept_id": np.array([row[3] for row in ordered], dtype="int64"),
            "topic_id": np.array([row[0] for row in ordered], dtype="int64"),
            "topic": pd.array([row[2] for row in ordered], dtype="str"),
            "concept": pd.array([row[4] for row in ordered], dtype="str"),
            "concept_order": range(len(ordered)),
        }
    )


def topics(session: Session, *, institution_id: int) -> pd.DataFrame:
    """The tree of topics, by id: ``topic_id`` and ``parent_id`` (missing: a subject)."""
    query = select(Topic.id, Topic.parent_id).where(Topic.institution_id == institution_id).order_by(Topic.id)
    return _ids(session.execute(query).all(), {"topic_id": "int64", "parent_id": "Int64"})


def topic_prerequisites(session: Session, *, institution_id: int) -> pd.DataFrame:
    """Which topic needs which other first, by id: ``topic_id`` and ``prerequisite_id``."""
    edge = TopicPrerequisite
    query = select(edge.topic_id, edge.prerequisite_id).where(edge.institution_id == institution_id)
    rows = session.execute(query.order_by(edge.topic_id, edge.prerequisite_id)).all()
    return _ids(rows, {"topic_id": "int64", "prerequisite_id": "int64"})


def concept_questions(session: Session, *, institution_id: int) -> pd.DataFrame:
    """How many questions ask for each concept that any asks for, by id: ``concept_id`` and ``questions``."""
    asked = QuestionConcept.concept_id
    query = select(asked, func.count()).where(QuestionConcept.institution_id == institution_id)
    rows = session.execute(query.group_by(asked).order_by(asked)).all()
    return _ids(rows, {"concept_id": "int64", "questions": "int64"})


def _ids(rows: Sequence[Sequence[Any]], dtypes: dict[str, str]) -> pd.DataFrame:
    """Rows of numbers as a frame with the same types when there are none."""
    columns = zip(dtypes.items(), by_column(rows, len(dtypes)), strict=True)
    return pd.DataFrame({name: pd.Series(values, dtype=dtype) for (name, dtype), values in columns})


def _depth_first(topics: Iterable[Sequence[Any]]) -> Iterator[int]:
    """Ids of the topics, each before those below it; ``topics`` are ``(id, parent_id)`` in sibling order."""
    below = defaultdict(list)
    for topic_id, parent_id in topics:
        below[parent_id].append(topic_id)
    waiting = below[None][::-1]
    while waiting:
        topic_id = waiting.pop()
        yield topic_id
        waiting.extend(below[topic_id][::-1])
