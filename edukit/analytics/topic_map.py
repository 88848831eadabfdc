"""The topics of a class as a map: what needs what, in steps from what comes first, and what each holds up."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edukit.analytics.knowledge import Knowledge, Marks

SWEEPS = 4
"""How often the places within a step are put right, forth and back: more changes nothing that is seen."""


class TopicMap(NamedTuple):
    """What is drawn: topics that need another or are needed, and the steps between them."""

    topics: pd.DataFrame
    """``topic_id``, ``topic``, ``step`` (from 0: needs nothing), ``place`` (from 0, within its step), ``concepts``,
    ``students_answered``, ``median_score`` (0-100; NaN: no answers), ``blocked`` and ``students_weak`` (of whom any of
    its concepts holds back), ``concept_id`` of that of its concepts that blocks most (-1: none does)."""
    needs: pd.DataFrame
    """``topic_id`` and ``prerequisite_id``, with no topic between the two."""
    apart: int
    """How many topics stand in no relation, and are not drawn."""


def topic_map(known: Knowledge, needs: pd.DataFrame, blocking: pd.DataFrame) -> TopicMap:
    """The topics of a class in the steps in which they can be learnt.

    A topic stands one step after the last that it needs (longest path). Within a step, topics stand near what they
    need and what needs them (barycentres: K. Sugiyama, S. Tagawa and M. Toda, *Methods for visual understanding of
    hierarchical system structures*, 1981).

    Args:
        known: of the class.
        needs: every concept and what it needs.
        blocking: the frame ``bottlenecks`` of the class.
    """
    ids = known.concepts["topic_id"].drop_duplicates().to_numpy()
    topic = pd.Index(ids).get_indexer(known.concepts["topic_id"])
    relation = np.zeros((len(ids), len(ids)), dtype=np.bool_)
    concept, needed = np.nonzero(known.relation(needs))
    relation[topic[concept], topic[needed]] = True
    linked = relation.any(axis=0) | relation.any(axis=1)
    direct = _direct(relation[np.ix_(linked, linked)])
    step = _steps(direct)
    place = _places(direct, step)
    rows = _topics(known, topic, blocking)[linked].assign(step=step, place=place)
    above, below = np.nonzero(direct)
    drawn = ids[linked]
    edges = pd.DataFrame({"topic_id": drawn[above], "prerequisite_id": drawn[below]}, dtype="int64")
    return TopicMap(rows.reset_index(drop=True), edges, int((~linked).sum()))


def _topics(known: Knowledge, topic: NDArray[np.intp], blocking: pd.DataFrame) -> pd.DataFrame:
    """Each topic with where the class stands on it, and what it holds up."""
    rows = known.concepts.groupby("topic_id", sort=False).agg(topic=("topic", "first"), concepts=("concept_id", "size"))
    worst = blocking.drop_duplicates("topic_id").set_index("topic_id")
    answered = [known.answered[:, topic == place] for place in range(len(rows))]
    scores = [known.score[:, topic == place][marks] for place, marks in enumerate(answered)]
    held = np.isin(known.concepts["concept_id"], blocking["concept_id"])
    return (
        rows.assign(
            students_answered=[int(marks.any(axis=1).sum()) for marks in answered],
            median_score=[float(np.median(of)) if len(of) else np.nan for of in scores],
            students_weak=[
                int((known.weak[:, (topic == place) & held]).any(axis=1).sum()) for place in range(len(rows))
            ],
            blocked=worst["topic_blocked"].reindex(rows.index).fillna(0).astype("int64"),
            concept_id=worst["concept_id"].reindex(rows.index).fillna(-1).astype("int64"),
        )
        .reset_index()
        .astype({"median_score": "float64"})
    )


def _direct(relation: Marks) -> Marks:
    """The relation without what follows by way of a third: it is transitive and without circles."""
    steps = relation.astype(np.int64)
    found: Marks = relation & (steps @ steps == 0)
    return found


def _steps(direct: Marks) -> NDArray[np.int64]:
    """The longest way from each topic down to one that needs nothing."""
    step = np.zeros(len(direct), dtype=np.int64)
    for _ in range(len(direct)):
        further = np.where(direct, step[None, :] + 1, 0).max(axis=1, initial=0)
        if (further == step).all():
            break
        step = further
    return step


def _places(direct: Marks, step: NDArray[np.int64]) -> NDArray[np.int64]:
    """The place of each topic within its step, near to its neighbours' in the other steps."""
    place = np.zeros(len(step), dtype=np.int64)
    near = direct | direct.T
    for each in np.unique(step):
        place[step == each] = np.arange((step == each).sum())
    for sweep in range(SWEEPS):
        for each in np.unique(step)[:: 1 if sweep % 2 == 0 else -1]:
            own = np.flatnonzero(step == each)
            beside = near[own] & (step < each if sweep % 2 == 0 else step > each)
            count = beside.sum(axis=1)
            middle = np.where(count > 0, beside @ _level(place, step) / np.maximum(count, 1), _level(place, step)[own])
            place[own[np.argsort(middle, kind="stable")]] = np.arange(len(own))
    return place


def _level(place: NDArray[np.int64], step: NDArray[np.int64]) -> NDArray[np.float64]:
    """The height of each topic in the drawing: its step is centred."""
    size = np.bincount(step)[step] if len(step) else step
    found: NDArray[np.float64] = place - (size - 1) / 2
    return found
