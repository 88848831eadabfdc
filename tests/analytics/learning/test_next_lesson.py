"""The next lesson: each kind of answer where it is right, with figures of the class in its sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.bottlenecks import bottlenecks
from edukit.analytics.next_lesson import AGAIN, ASIDE, ASK, DONE, NOTHING, ON, NextLesson, next_lesson
from edukit.analytics.readiness import class_readiness

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Making = Callable[..., tuple[Any, Any]]

WEAK, SURELY, WELL = (60, 40, 85), (40, 20, 60), (90, 85, 95)


@pytest.fixture(scope="session")
def proposed(class_of: Making) -> Callable[[Mapping[int, list[Any]], int], NextLesson]:
    """What to teach a class of these scores next, whose topics form a chain of so many."""

    def of(scores: Mapping[int, list[Any]], topics: int) -> NextLesson:
        standing = class_of(scores, topics=topics)
        return next_lesson(standing[0], bottlenecks(*standing), class_readiness(*standing))

    return of


def test_half_of_the_class_is_weak(proposed: Callable[..., NextLesson]) -> None:
    """What keeps later concepts waiting is taught again to everybody, and how many are surely weak is said."""
    found = proposed({1: [SURELY], 2: [WEAK], 3: [WELL], 4: [None]}, 3)
    assert (found.kind, found.concept_id) == (AGAIN, 100)
    assert found.sentence == (
        "Teach C0 again, to everybody: 2 of the 3 students who answered on it stand below 80, and 2 later concepts "
        "wait for it."
    )
    assert found.evidence.startswith(
        "1 of the 2 on C0 is surely below 80, by the whole 90% interval; it rests on 18 answers."
    )
    assert found.evidence.endswith("Counting only who is surely weak, it comes first as well.")


def test_a_few_are_weak(proposed: Callable[..., NextLesson]) -> None:
    """The class goes on with what most are ready for, and the few are taken aside."""
    found = proposed({1: [SURELY], 2: [WELL], 3: [WELL], 4: [WELL]}, 3)
    assert (found.kind, found.concept_id) == (ASIDE, 100)
    assert found.sentence == (
        "Go on with C1, for which 3 of 4 students are ready, and take 1 student aside on C0: that one stands below "
        "80 on it, and 2 later concepts wait for it."
    )
    assert "3 of the 3 are surely ready for C1; 1 waits, most for C0." in found.evidence


def test_most_know_what_a_few_are_weak_on(proposed: Callable[..., NextLesson]) -> None:
    """Where nobody is ready for anything else, the few are taken aside, and the others hear nothing again."""
    found = proposed({1: [SURELY], **{student: [WELL, WELL] for student in range(2, 9)}}, 2)
    assert (found.kind, found.concept_id) == (ASIDE, 100)
    assert found.sentence == (
        "Take 1 student aside on C0: that one stands below 80 on it, and 1 later concept waits for it."
    )
    assert "ready" not in found.evidence


def test_half_do_not_know_it_and_nobody_can_go_on(proposed: Callable[..., NextLesson]) -> None:
    """Then it is taught again, though few of those who answered are weak on it."""
    found = proposed({1: [SURELY], 2: [None], 3: [WELL, WELL], 4: [WELL, WELL]}, 2)
    assert (found.kind, found.concept_id) == (AGAIN, 100)


@pytest.mark.parametrize(
    ("asked", "kind", "said"),
    [
        ([5, 0, 5], DONE, "Everybody knows every concept of this class that has questions:"),
        ([0, 0, 0], NOTHING, "No concept of this class has questions yet"),
    ],
    ids=["one without", "none with"],
)
def test_a_concept_without_questions_is_not_proposed(class_of: Making, asked: list[int], kind: str, said: str) -> None:
    """Nobody could ever know it, so that it would stay the proposal for good."""
    known, needs = class_of({1: [WELL, None, WELL], 2: [WELL, None, WELL]}, topics=3)
    known.concepts["questions"] = asked
    found = next_lesson(known, bottlenecks(known, needs), class_readiness(known, needs))
    assert (found.kind, found.concept_id) == (kind, None)
    assert found.sentence.startswith(said)


def test_all_is_known_by_how_many_scores(proposed: Callable[..., NextLesson]) -> None:
    """What it rests on are scores: an answer on two concepts would count twice among answers."""
    assert proposed({1: [WELL, WELL]}, 2).evidence == "Every score is 80 or above: 1 student on 2 concepts."


def test_nobody_is_surely_weak(proposed: Callable[..., NextLesson]) -> None:
    """Then the advice is to ask more before anything is built on it."""
    found = proposed({1: [WEAK], 2: [WEAK]}, 2)
    assert found.kind == AGAIN
    assert found.evidence.endswith("Ask a few more questions on it before you build on this.")


def test_by_the_surely_weak_another_comes_first(proposed: Callable[..., NextLesson]) -> None:
    """The other is named, so that both are looked at."""
    scores = {1: [WEAK], 2: [WEAK], 3: [WEAK], 4: [WELL, SURELY], 5: [WELL, SURELY]}
    found = proposed(scores, 4)
    assert found.concept_id == 100
    assert found.evidence.endswith("Ask a few more questions on it before you build on this.")
    scores[1] = [SURELY]
    assert proposed(scores, 4).evidence.endswith("Counting only who is surely weak, C1 comes first: look at both.")


def test_nothing_blocks(proposed: Callable[..., NextLesson]) -> None:
    """The class goes on."""
    found = proposed({1: [WELL], 2: [WELL]}, 3)
    assert (found.kind, found.concept_id) == (ON, 101)
    assert found.sentence.startswith("Go on with C1: 2 of 2 students are ready for it, and nothing")


def test_no_answers(proposed: Callable[..., NextLesson]) -> None:
    """Nothing is known, so something is asked first: what needs nothing."""
    found = proposed({1: [None], 2: [None]}, 2)
    assert (found.kind, found.concept_id, found.evidence) == (ASK, 100, "")
    assert "none of the 2 students has answered anything yet" in found.sentence


@pytest.mark.parametrize(
    ("scores", "topics", "kind", "said"),
    [
        ({}, 2, NOTHING, "Nobody is enrolled"),
        ({1: []}, 0, NOTHING, "No concepts belong"),
        ({1: [WELL, WELL]}, 2, DONE, "Everybody knows every concept"),
    ],
    ids=["nobody", "no concepts", "all known"],
)
def test_what_there_is_none_of(
    proposed: Callable[..., NextLesson], scores: dict[int, list[Any]], topics: int, kind: str, said: str
) -> None:
    """Each is said in words."""
    found = proposed(scores, topics)
    assert found.kind == kind
    assert found.sentence.startswith(said)


@given(
    scores=st.dictionaries(
        st.integers(1, 9),
        st.lists(st.sampled_from([None, WEAK, SURELY, WELL]), min_size=4, max_size=4),
        max_size=7,
    )
)
def test_it_is_always_one_whole_sentence(
    proposed: Callable[..., NextLesson], class_of: Making, scores: dict[int, list[Any]]
) -> None:
    """Whatever the class, there is an answer without a gap, and a concept of the class where it names one."""
    found = proposed(scores, 4)
    assert re.fullmatch(r"[A-Z][^.]*\.", found.sentence)
    assert "nan" not in f"{found.sentence} {found.evidence}".lower()
    ids = class_of(scores, topics=4)[0].concepts["concept_id"].tolist()
    assert found.concept_id in {*ids, None}
    assert isinstance(found.concept_id, (int, type(None)))
    assert not isinstance(found.concept_id, np.integer)
