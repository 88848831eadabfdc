"""The map of topics: steps of the longest way, no line that follows from others, and what each topic holds up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.bottlenecks import bottlenecks
from edukit.analytics.knowledge import Knowledge, knowledge
from edukit.analytics.prerequisites import concept_needs
from edukit.analytics.topic_map import TopicMap, topic_map

if TYPE_CHECKING:
    from collections.abc import Callable

    Making = Callable[..., tuple[Any, Any]]

NOTHING = {
    "student_id": [], "concept_id": [], "mastery_score": [], "mastery_low": [], "mastery_high": [],
    "total_attempts": [], "correct_attempts": [],
}  # fmt: skip


def drawn(topics: int, edges: list[tuple[int, int]]) -> TopicMap:
    """Topics 2, 3, … of one subject with a concept each, and what needs what."""
    ids = [*range(2, 2 + topics)]
    tree = pd.DataFrame({"topic_id": [1, *ids], "parent_id": pd.array([None] + [1] * topics, dtype="Int64")})
    needs = pd.DataFrame(edges, columns=["topic_id", "prerequisite_id"], dtype="int64")
    concepts = pd.DataFrame({"concept_id": [100 + id_ for id_ in ids], "topic_id": ids, "questions": 5})
    concepts = concepts.assign(topic="T", concept="C", concept_order=range(topics))
    students = pd.DataFrame({"student_id": [1], "student": ["S"]})
    known = knowledge(students, concepts, pd.DataFrame(NOTHING, dtype="float64"), known_at=80)
    standing = known, concept_needs(concepts, tree, needs)
    return topic_map(*standing, bottlenecks(*standing))


def steps(found: TopicMap) -> dict[int, int]:
    """The step of each topic."""
    return dict(zip(found.topics["topic_id"], found.topics["step"], strict=True))


def test_a_diamond() -> None:
    """Two ways to the same topic; the line from end to end follows from them, and is not drawn; one stands apart."""
    found = drawn(5, [(3, 2), (4, 2), (5, 3), (5, 4), (5, 2)])
    assert steps(found) == {2: 0, 3: 1, 4: 1, 5: 2}
    assert {*found.needs.itertuples(index=False, name=None)} == {(3, 2), (4, 2), (5, 3), (5, 4)}
    assert found.apart == 1
    assert sorted(found.topics.loc[found.topics["step"] == 1, "place"]) == [0, 1]


def test_no_prerequisites() -> None:
    """Nothing is drawn, and all topics stand apart."""
    found = drawn(3, [])
    assert (len(found.topics), len(found.needs), found.apart) == (0, 0, 3)


def test_lines_cross_no_more_than_they_must() -> None:
    """Two chains that are told crosswise stand beside each other."""
    found = drawn(6, [(4, 3), (5, 2), (6, 5), (7, 4)])
    place = dict(zip(found.topics["topic_id"], found.topics["place"], strict=True))
    assert place[2] == place[5] == place[6]
    assert place[3] == place[4] == place[7]


@given(edges=st.sets(st.tuples(st.integers(2, 9), st.integers(2, 9)).filter(lambda edge: edge[0] > edge[1])))
def test_each_stands_after_what_it_needs(edges: set[tuple[int, int]]) -> None:
    """Whatever the prerequisites, each line goes a step forward, places are taken once, and all ways remain."""
    found = drawn(8, sorted(edges))
    step = steps(found)
    assert all(step[topic] > step[needed] for topic, needed in found.needs.itertuples(index=False))
    assert not found.topics.duplicated(["step", "place"]).any()
    assert {*step} == {topic for edge in edges for topic in edge}
    assert closure(found.needs.itertuples(index=False, name=None)) == closure(edges)


def closure(edges: Any) -> set[tuple[int, int]]:
    """Every topic with each that it needs, also by way of others."""
    found = {*edges}
    while more := {(a, d) for a, b in found for c, d in found if b == c} - found:
        found |= more
    return found


def test_what_a_topic_holds_up(class_of: Making) -> None:
    """Its students once each, the median of its scores, and the concept of it that blocks most."""
    known: Knowledge
    known, needs = class_of({1: [10, 20], 2: [10, 90], 3: [None, 30]}, topics=2, per_topic=2)
    rows = topic_map(known, needs, bottlenecks(known, needs)).topics.set_index("step")
    assert rows.loc[0, ["students_answered", "median_score", "students_weak"]].tolist() == [3, 20, 3]
    assert rows.loc[0, ["blocked", "concept_id", "concepts"]].tolist() == [6, 100, 2]
    assert rows.loc[1, ["students_answered", "blocked", "concept_id"]].tolist() == [0, 0, -1]
    assert np.isnan(rows.loc[1, "median_score"])
