"""Prerequisites: what must be known before what, from topics down to their concepts.

The curriculum tells prerequisites of topics. A topic needs what it and every topic above it need, with all that
lies below what is needed; a concept needs the concepts of the topics that its own needs. Through a topic that
nobody can show to know, as no question asks for it, the need goes on to what that topic needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

    Relation = NDArray[np.bool_]


def concept_needs(concepts: pd.DataFrame, topics: pd.DataFrame, prerequisites: pd.DataFrame) -> pd.DataFrame:
    """Every concept with each one that must be known before it, directly or by way of others.

    Args:
        concepts: ``concept_id``, ``topic_id`` and ``questions``, how many ask for it: a concept without any is
            needed by none, since nobody could show it.
        topics: ``topic_id`` and ``parent_id`` (missing: a subject).
        prerequisites: ``topic_id`` and ``prerequisite_id``.

    Returns:
        ``concept_id``, ``prerequisite_id`` and ``direct`` (bool: with nothing between the two), in the order of
        ``concepts``. Topics that need each other in a circle need none of the circle.
    """
    place = {topic_id: place for place, topic_id in enumerate(topics["topic_id"].tolist())}
    below = _below(topics, place)
    needs = np.zeros_like(below)
    for topic_id, needed in prerequisites[["topic_id", "prerequisite_id"]].to_numpy().tolist():
        needs[below[place[topic_id]].nonzero()[0]] |= below[place[needed]]
    topic = np.array([place[topic_id] for topic_id in concepts["topic_id"].tolist()], dtype=np.intp)
    asked = concepts["questions"].to_numpy() > 0
    silent = np.setdiff1d(np.arange(len(place)), topic[asked])
    every, direct = _through(needs, range(len(place))), _through(needs, silent.tolist())
    between = every & ~every.T
    concept, needed = np.nonzero(between[np.ix_(topic, topic)] & asked[None, :])
    ids = concepts["concept_id"].to_numpy()
    return pd.DataFrame(
        {
            "concept_id": ids[concept],
            "prerequisite_id": ids[needed],
            "direct": direct[topic[concept], topic[needed]],
        }
    )


def of_subjects(
    concepts: pd.DataFrame, topics: pd.DataFrame, concept_ids: Collection[int], subject_id: int | None = None
) -> pd.DataFrame:
    """The concepts of the subjects that some of them belong to, and of one more: all that a class may learn.

    Args:
        concepts: any rows with ``concept_id`` and ``topic_id``.
        topics: ``topic_id`` and ``parent_id``.
        concept_ids: concepts whose subjects are meant.
        subject_id: a subject that is meant as well; None: no other.

    Returns:
        The rows of ``concepts`` that belong to those subjects, in their order, numbered anew.
    """
    above = dict(topics[["topic_id", "parent_id"]].dropna().to_numpy(dtype=np.int64).tolist())
    subject = concepts["topic_id"].map({topic: _top(topic, above) for topic in concepts["topic_id"].unique().tolist()})
    meant = {*subject[concepts["concept_id"].isin(concept_ids)]}
    if subject_id is not None:
        meant.add(_top(subject_id, above))
    return concepts[subject.isin(meant)].reset_index(drop=True)


def _top(topic: int, above: dict[int, int]) -> int:
    while topic in above:
        topic = above[topic]
    return topic


def _below(topics: pd.DataFrame, place: dict[int, int]) -> Relation:
    """Whether the second topic is the first, or lies below it."""
    below = np.eye(len(place), dtype=np.bool_)
    for topic_id, parent_id in topics[["topic_id", "parent_id"]].dropna().to_numpy(dtype=np.int64).tolist():
        below[place[parent_id], place[topic_id]] = True
    return _through(below, range(len(place)))


def _through(relation: Relation, between: Iterable[int]) -> Relation:
    """The relation with every step by way of certain places (S. Warshall, *A theorem on Boolean matrices*, 1962)."""
    reached = relation.copy()
    for place in between:
        # Of a tree or a chain few come to a place: theirs are the only rows that change.
        reached[reached[:, place].nonzero()[0]] |= reached[place]
    return reached
