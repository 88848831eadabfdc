"""Readiness: what may be learnt next, and on what that rests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.readiness import class_readiness, ready_to_learn
from edukit.queries.frames import CLASS_READINESS, READY_TO_LEARN

if TYPE_CHECKING:
    from collections.abc import Callable

    Making = Callable[..., tuple[Any, Any]]


def test_by_hand(class_of: Making) -> None:
    """Who knows the first is ready for the second, surely or not; who knows nothing, for the first alone."""
    scores = {1: [(90, 85, 95), (50, 40, 60), None], 2: [(85, 70, 95, 2), None, None], 3: [None, None, None]}
    found = ready_to_learn(*class_of(scores, topics=3))
    assert found[["student_id", "concept", "surely_ready", "needs", "opens"]].to_numpy().tolist() == [
        [1, "C1", True, 1, 1],
        [2, "C1", False, 1, 1],
        [3, "C0", True, 0, 2],
    ]
    first, second, third = found["reason"]
    assert first == (
        "Knows the one concept that it needs (the weakest: C0, at 90 (90% interval 85 to 95, from 9 answers)); "
        "stands at 50 on it after 9 answers."
    )
    assert ", though not surely (the weakest: C0, at 85 (90% interval 70 to 95, from 2 answers))" in second
    assert second.endswith("has not answered on it yet. Few answers: look before you act.")
    assert third == "It needs nothing first; has not answered on it yet."


def test_the_class_by_hand(class_of: Making) -> None:
    """Each concept counts who knows it, who is ready and who waits, and names what most of these lack."""
    found = class_readiness(*class_of({1: [90, 50, None], 2: [90, None, None], 3: [10, None, None]}, topics=3))
    counts = ["concept", "students", "students_know", "students_ready", "students_wait", "waits_for", "lack_it"]
    assert found[counts].astype(object).where(found[counts].notna(), None).to_numpy().tolist() == [
        ["C1", 3, 0, 2, 1, "C0", 1],
        ["C0", 3, 2, 1, 0, None, 0],
        ["C2", 3, 0, 0, 3, "C1", 3],
    ]
    assert found["reason"].tolist()[2] == "0 of 3 students ready, 0 know it already; 3 wait, most for C1 (3)."


def test_one_waits(class_of: Making) -> None:
    """One student waits, several wait."""
    found = class_readiness(*class_of({1: [90, None], 2: [10, None]}, topics=2))
    assert found["reason"].iloc[1].endswith("; 1 waits, most for C0 (1).")


def test_a_concept_without_questions_is_passed_over(class_of: Making) -> None:
    """Nobody can come to know it: it is none to learn next, and in its place stands what it needs itself."""
    known, needs = class_of({1: [90, None, None, None], 2: [10, None, None, None]}, topics=4)
    known.concepts.loc[known.concepts["concept"].isin(["C1", "C2"]), "questions"] = 0
    rows = ready_to_learn(known, needs)
    assert rows[["student_id", "concept"]].to_numpy().tolist() == [[1, "C3"], [2, "C0"]]
    assert rows["reason"].iloc[0].startswith("Knows the one concept that it needs (the weakest: C0, at 90")
    counted = class_readiness(known, needs)
    assert counted[["concept", "students_ready", "students_wait"]].to_numpy().tolist() == [["C0", 1, 0], ["C3", 1, 1]]
    assert counted["waits_for"].iloc[1] == "C0"


@pytest.mark.parametrize("read", [ready_to_learn, class_readiness], ids=["students", "class"])
@pytest.mark.parametrize("scores", [{}, {1: [100, 100]}], ids=["empty class", "all right"])
def test_nothing_left_to_learn(class_of: Making, read: Callable[..., Any], scores: dict[int, list[float]]) -> None:
    """An empty class, or one that knows everything, has no rows and the declared columns."""
    found = read(*class_of(scores, topics=2))
    declared = READY_TO_LEARN if read is ready_to_learn else CLASS_READINESS
    assert found.empty
    assert list(found) == [column.name for column in declared.columns]


@given(
    st.dictionaries(
        st.integers(1, 9), st.lists(st.none() | st.floats(0, 100), min_size=6, max_size=6), min_size=1, max_size=4
    )
)
def test_everybody_may_learn_something(class_of: Making, scores: dict[int, list[float | None]]) -> None:
    """Whoever does not know everything is ready for something, never for what they know, with no need unknown."""
    known, needs = class_of(scores, topics=3, per_topic=2)
    found = ready_to_learn(known, needs)
    knows = {student: {place for place, score in enumerate(of) if (score or 0) >= 80} for student, of in scores.items()}
    for student, of in knows.items():
        own = {int(name[1:]) for name in found.loc[found["student_id"] == student, "concept"]}
        # Of topics of two concepts each, both of the one before must be known.
        wanted = {place for place in range(6) if place not in of and (place < 2 or {*_before(place)} <= of)}
        assert own == wanted
        assert own or of == {*range(6)}
    assert found["reason"].str.contains("nan").sum() == 0


def _before(place: int) -> range:
    topic = place // 2
    return range(2 * topic - 2, 2 * topic)
