"""Bottlenecks: what blocks most stands first, with its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.bottlenecks import bottlenecks
from edukit.analytics.held_back import held_back
from edukit.analytics.next_lesson import next_lesson
from edukit.analytics.readiness import class_readiness
from edukit.queries.frames import BOTTLENECKS

if TYPE_CHECKING:
    from collections.abc import Callable

    Making = Callable[..., tuple[Any, Any]]


def test_by_hand(class_of: Making) -> None:
    """Three students on a chain of three: weak on the first, one keeps the later ones waiting."""
    scores = {
        1: [(40, 20, 60), 90, None],
        2: [(70, 50, 85), None, None],
        3: [(85, 75, 95), (50, 30, 70), None],
    }
    found = bottlenecks(*class_of(scores, topics=3)).set_index("concept")
    first, second = found.loc["C0"], found.loc["C1"]
    assert found.index.tolist() == ["C0", "C1"]
    assert first[["students", "students_answered", "students_weak", "students_surely_weak"]].tolist() == [3, 3, 2, 1]
    # Student 1 waits on the third, student 2 on both; student 3 may be weak, and would wait on both.
    assert first[["concepts_blocked", "blocked", "blocked_low", "blocked_high"]].tolist() == [2, 3, 1, 5]
    assert second[["students_answered", "blocked", "blocked_low", "blocked_high"]].tolist() == [2, 1, 1, 1]
    assert "2 of the 3 students who answered stand below 80, 1 of them surely" in first["reason"]
    assert "2 later concepts wait for it, first C1." in first["reason"]
    assert "1 more student did not answer on it" in second["reason"]


def test_one_of_several(class_of: Making) -> None:
    """One student stands, several stand."""
    (row,) = bottlenecks(*class_of({1: [10, None], 2: [90, None]}, topics=2)).to_dict("records")
    assert "1 of the 2 students who answered stands below 80" in row["reason"]


def test_a_student_alone(class_of: Making) -> None:
    """Of one student the score itself is told, with its interval; little evidence is said."""
    (row,) = bottlenecks(*class_of({7: [(40, 10, 70, 2), None]}, topics=2)).to_dict("records")
    assert row["reason"].startswith(
        "C0 stands at 40 (90% interval 10 to 70, from 2 answers), below 80; 1 later concept"
    )
    assert row["evidence"] == "few answers"
    assert row["reason"].endswith("Few answers: look before you act.")


@pytest.mark.parametrize(
    ("asked", "blocks"),
    [([5, 5, 5], [("C0", 2), ("C1", 1)]), ([0, 5, 5], [("C1", 1)]), ([5, 5, 0], [("C0", 1)]), ([5, 0, 0], [])],
    ids=["all", "first without", "last without", "first alone"],
)
def test_what_is_not_asked_any_more_blocks_nothing(class_of: Making, asked: list[int], blocks: list[object]) -> None:
    """Where questions were withdrawn, nobody could show that they know it now: it neither waits nor is waited for."""
    known, needs = class_of({1: [10, 20, None]}, topics=3)
    known.concepts["questions"] = asked
    found = bottlenecks(known, needs)
    assert [*zip(found["concept"], found["concepts_blocked"], strict=True)] == blocks
    lesson = next_lesson(known, found, class_readiness(known, needs))
    assert lesson.concept_id in {*known.concepts.loc[known.concepts["questions"] > 0, "concept_id"]}
    for concept_id, waiting in zip(found["concept_id"], found["blocked"], strict=True):
        assert held_back(known, needs, concept_id=concept_id)["waiting"].sum() == waiting


def test_a_topic_counts_a_student_once(class_of: Making) -> None:
    """Weak on both concepts of a topic, a student waits once for the topic."""
    found = bottlenecks(*class_of({1: [10, 20], 2: [10, 90]}, topics=2, per_topic=2))
    assert found["blocked"].tolist() == [4, 2]
    assert found["topic_blocked"].tolist() == [4, 4]


@pytest.mark.parametrize(
    "scores",
    [{}, {1: []}, {1: [None, None, None]}, {1: [100, 100, 100], 2: [100, 100, 100]}, {1: [90, 90, 0]}],
    ids=["empty class", "no answers", "none of any", "all right", "weak on the last"],
)
def test_nothing_blocks(class_of: Making, scores: dict[int, list[float | None]]) -> None:
    """An empty class, no evidence, all right, or nothing that comes after: no row, and the columns as declared."""
    found = bottlenecks(*class_of(scores, topics=3))
    assert found.empty
    assert list(found) == [column.name for column in BOTTLENECKS.columns]


def test_all_wrong(class_of: Making) -> None:
    """Everybody weak on everything: the first concept stands first, the last blocks nothing; nothing is missing."""
    found = bottlenecks(*class_of({student: [0, 0, 0] for student in range(5)}, topics=3))
    assert found["concept"].tolist() == ["C0", "C1"]
    assert found["blocked"].tolist() == [10, 5]
    assert not found.isna().any(axis=None)


SCORE = st.none() | st.lists(st.floats(0, 100), min_size=3, max_size=3).map(
    lambda values: (sorted(values)[1], min(values), max(values))
)


@given(scores=st.dictionaries(st.integers(1, 50), st.lists(SCORE, min_size=4, max_size=4), max_size=5))
def test_bounds_hold_and_the_order_is_that_of_the_weight(class_of: Making, scores: dict[int, list[Any]]) -> None:
    """Of any class, blocked lies within its bounds, and the list falls by it."""
    found = bottlenecks(*class_of(scores, topics=4))
    assert (found["blocked_low"] <= found["blocked"]).all()
    assert (found["blocked"] <= found["blocked_high"]).all()
    assert (found["topic_blocked"] >= found["blocked"]).all()
    assert found["blocked"].is_monotonic_decreasing
    assert not found.isna().any(axis=None)
