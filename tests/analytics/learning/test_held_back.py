"""Whom a weak concept holds back: the same as the bottleneck says of the class, student by student."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.bottlenecks import bottlenecks
from edukit.analytics.held_back import held_back
from edukit.queries.frames import HELD_BACK

if TYPE_CHECKING:
    from collections.abc import Callable

    Making = Callable[..., tuple[Any, Any]]


def test_by_hand(class_of: Making) -> None:
    """Who waits most stands first; the rest is the student's own score, with what it rests on."""
    scores = {
        1: [(40, 20, 60), 90, None],
        2: [(70, 50, 85), None, None],
        3: [(85, 75, 95), (50, 30, 70), None],
    }
    found = held_back(*class_of(scores, topics=3), concept_id=100)
    assert found["student_id"].tolist() == [2, 1]
    assert found["waiting"].tolist() == [2, 1]
    assert found["first_waiting"].tolist() == ["C1", "C2"]
    assert found["surely_weak"].tolist() == [False, True]
    assert found.loc[1, ["mastery_score", "mastery_low", "mastery_high"]].tolist() == [40, 20, 60]
    assert found[["total_attempts", "wrong_attempts"]].to_numpy().tolist() == [[9, 1], [9, 1]]


def test_a_concept_that_there_is_not(class_of: Making) -> None:
    """Nobody is held back by it, and the frame has its columns."""
    found = held_back(*class_of({1: [10, 10]}, topics=2), concept_id=7)
    assert found.empty
    assert found.columns.tolist() == [column.name for column in HELD_BACK.columns]


SCORES = st.one_of(st.none(), st.integers(0, 100).map(lambda score: (score, max(0, score - 15), min(100, score + 15))))


@given(scores=st.dictionaries(st.integers(1, 9), st.lists(SCORES, min_size=4, max_size=4), max_size=6))
def test_the_sum_is_what_the_bottleneck_says(class_of: Making, scores: dict[int, list[Any]]) -> None:
    """Whatever the scores, students and what waits for them add up to the class's figures."""
    known, needs = class_of(scores, topics=4)
    for row in bottlenecks(known, needs).to_dict("records"):
        found = held_back(known, needs, concept_id=row["concept_id"])
        assert len(found) == row["students_weak"]
        assert found["surely_weak"].sum() == row["students_surely_weak"]
        assert found["waiting"].sum() == row["blocked"]
        assert found["total_attempts"].sum() == row["attempts"]
