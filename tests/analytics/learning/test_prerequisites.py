"""Prerequisites: from topics down to concepts, through what nobody can show, and never in a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.prerequisites import concept_needs, of_subjects

if TYPE_CHECKING:
    from collections.abc import Callable


def pairs(needs: pd.DataFrame, *, direct: bool = False) -> set[tuple[int, int]]:
    rows = needs[needs["direct"]] if direct else needs
    return {*rows[["concept_id", "prerequisite_id"]].itertuples(index=False, name=None)}


def test_a_chain_is_closed(chain_of: Callable[..., Any]) -> None:
    """The third topic needs the first by way of the second, and directly the second alone."""
    needs = concept_needs(*chain_of(3))
    assert pairs(needs) == {(101, 100), (102, 101), (102, 100)}
    assert pairs(needs, direct=True) == {(101, 100), (102, 101)}


def test_a_concept_without_questions_is_looked_through(chain_of: Callable[..., Any]) -> None:
    """What nobody can show is needed by none; what it needs is then needed directly."""
    concepts, topics, edges = chain_of(3)
    needs = concept_needs(concepts.assign(questions=[5, 0, 5]), topics, edges)
    assert pairs(needs, direct=True) == pairs(needs) == {(101, 100), (102, 100)}


def test_needs_are_inherited_in_the_tree() -> None:
    """A topic needs what the one above it needs, with all that lies below that; a child may need its parent's."""
    topics = pd.DataFrame({"topic_id": [1, 2, 3, 4], "parent_id": pd.array([None, 1, None, 3], dtype="Int64")})
    concepts = pd.DataFrame({"concept_id": [10, 20, 30, 40], "topic_id": [1, 2, 3, 4], "questions": 1})
    edges = pd.DataFrame({"topic_id": [3], "prerequisite_id": [1]})
    assert pairs(concept_needs(concepts, topics, edges)) == {(30, 10), (30, 20), (40, 10), (40, 20)}
    own = pd.DataFrame({"topic_id": [4], "prerequisite_id": [3]})
    assert pairs(concept_needs(concepts, topics, own)) == {(40, 30)}


def test_nothing_needs_nothing(chain_of: Callable[..., Any]) -> None:
    """No prerequisites, no concepts and no topics give an empty frame with the same columns."""
    concepts, topics, edges = chain_of(3)
    for empty in (
        concept_needs(concepts, topics, edges.iloc[:0]),
        concept_needs(concepts.iloc[:0], topics, edges),
        concept_needs(concepts.iloc[:0], topics.iloc[:0], edges.iloc[:0]),
    ):
        assert empty.empty
        assert list(empty) == ["concept_id", "prerequisite_id", "direct"]


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)).filter(lambda pair: pair[0] != pair[1])))
def test_any_graph_is_an_order(edges: list[tuple[int, int]]) -> None:
    """Whatever the edges, circles too: nothing needs itself, no two each other, and needs of needs are needs."""
    topics = pd.DataFrame({"topic_id": range(1, 7), "parent_id": pd.array([None] * 6, dtype="Int64")})
    concepts = pd.DataFrame({"concept_id": range(1, 7), "topic_id": range(1, 7), "questions": 1})
    found = pairs(concept_needs(concepts, topics, pd.DataFrame(edges, columns=["topic_id", "prerequisite_id"])))
    assert not any((needed, concept) in found for concept, needed in found)
    assert {(a, d) for a, b in found for c, d in found if b == c} <= found


def test_subjects_are_whole() -> None:
    """One practised concept means its whole subject; a subject that is named means itself; others are left out."""
    topics = pd.DataFrame({"topic_id": [1, 2, 3, 4, 5], "parent_id": pd.array([None, 1, 2, None, None], dtype="Int64")})
    concepts = pd.DataFrame({"concept_id": [10, 20, 30, 40, 50], "topic_id": [1, 2, 3, 4, 5]})
    assert of_subjects(concepts, topics, [30])["concept_id"].tolist() == [10, 20, 30]
    assert of_subjects(concepts, topics, [], 4)["concept_id"].tolist() == [40]
    assert of_subjects(concepts, topics, []).empty
