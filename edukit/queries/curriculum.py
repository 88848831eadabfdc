"""The curriculum, as frames."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import and_, select

from edukit.models import Concept, Topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.orm import Session


def concepts(session: Session, *, institution_id: int) -> pd.DataFrame:
    """Every concept, in the order of the curriculum.

    Columns: ``concept_id``, ``topic``, ``concept``, ``concept_order`` (from 0: topics depth first by
    their position, then concepts by theirs).
    """
    topics = session.execute(
        select(Topic.id, Topic.parent_id)
        .where(Topic.institution_id == institution_id)
        .order_by(Topic.position, Topic.id)
    ).all()
    place = {topic_id: place for place, topic_id in enumerate(_depth_first(topics))}
    rows = session.execute(
        select(Concept.id, Concept.topic_id, Topic.name, Concept.name)
        .join(Topic, and_(Topic.institution_id == Concept.institution_id, Topic.id == Concept.topic_id))
        .where(Concept.institution_id == institution_id)
        .order_by(Concept.position, Concept.id)
    ).all()
    ordered = sorted(rows, key=lambda row: place[row[1]])
    return pd.DataFrame(
        {
            "concept_id": pd.array([row[0] for row in ordered], dtype="int64"),
            "topic": pd.array([row[2] for row in ordered], dtype="str"),
            "concept": pd.array([row[3] for row in ordered], dtype="str"),
            "concept_order": range(len(ordered)),
        }
    )


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
