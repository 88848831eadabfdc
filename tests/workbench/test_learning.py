"""What follows from mastery, on the demo school: each frame as declared, and what it says true of the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

import edukit
from edukit.queries.frames import FRAMES
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import House


@pytest.fixture
def class_id(demo: Workbench) -> int:
    """The class of the demo school with the most answers."""
    return int(demo.classes().set_index("class_id")["attempts"].idxmax())


@pytest.fixture
def student_id(demo: Workbench, class_id: int) -> int:
    """The student of that class with the most answers."""
    return int(demo.class_mastery(class_id).groupby("student_id")["total_attempts"].sum().idxmax())


def as_declared(name: str, frame: pd.DataFrame) -> None:
    """It has the columns and types of its frame, and nothing is missing that may not be."""
    declared = FRAMES[name].columns
    assert {column: str(dtype) for column, dtype in frame.dtypes.items()} == {
        column.name: column.dtype for column in declared
    }
    assert not frame[[column.name for column in declared if not column.nullable]].isna().any(axis=None)


def test_bottlenecks(demo: Workbench, class_id: int) -> None:
    """Of a class something blocks; who is weak is counted as the class mastery frame has it."""
    found = demo.bottlenecks(class_id)
    as_declared("bottlenecks", found)
    assert not found.empty
    grid = demo.class_mastery(class_id)
    for row in found.itertuples():
        of = grid[grid["concept_id"] == row.concept_id]
        weak = (of["mastery_score"] < 80) & (of["correct_attempts"] < of["total_attempts"])
        assert of.empty or row.students_weak == weak.sum()


def test_bottlenecks_of_a_student_are_among_those_of_the_class(demo: Workbench, class_id: int, student_id: int) -> None:
    """A student alone has a part in what the class has, and a higher level blocks more."""
    whole, own = demo.bottlenecks(class_id), demo.bottlenecks(class_id, student_id)
    as_declared("bottlenecks", demo.bottlenecks(student_id=student_id))
    assert set(own["concept_id"]) <= set(whole["concept_id"])
    assert demo.bottlenecks(class_id, level="mastered")["blocked"].sum() >= whole["blocked"].sum()


def test_held_back(demo: Workbench, class_id: int) -> None:
    """Whom the worst bottleneck holds back adds up to what it says of the class."""
    worst = demo.bottlenecks(class_id).iloc[0]
    found = demo.held_back(class_id, int(worst["concept_id"]))
    as_declared("held_back", found)
    assert (len(found), found["waiting"].sum()) == (worst["students_weak"], worst["blocked"])
    assert set(found["student_id"]) <= set(demo.students(class_id)["student_id"])


def test_next_lesson(demo: Workbench, class_id: int) -> None:
    """Its sentence names the worst bottleneck, and its evidence says how many are surely weak."""
    worst, found = demo.bottlenecks(class_id).iloc[0], demo.next_lesson(class_id)
    assert found.concept_id == worst["concept_id"]
    assert worst["concept"] in found.sentence
    assert f"{worst['students_surely_weak']} " in found.evidence


def test_ready_to_learn(demo: Workbench, class_id: int, student_id: int) -> None:
    """Nobody is ready for what they know; a student's own rows are those of the class; the class counts them."""
    found, counted = demo.ready_to_learn(class_id), demo.class_readiness(class_id)
    as_declared("ready_to_learn", found)
    as_declared("class_readiness", counted)
    assert not found.empty
    assert not (found["mastery_score"] >= 80).any()
    own = demo.ready_to_learn(class_id, student_id)
    assert own["concept_id"].tolist() == found.loc[found["student_id"] == student_id, "concept_id"].tolist()
    by_concept = found.groupby("concept_id").size()
    assert counted.set_index("concept_id")["students_ready"].loc[by_concept.index].tolist() == by_concept.tolist()
    as_declared("ready_to_learn", demo.ready_to_learn(student_id=student_id))


def test_study_groups(demo: Workbench, class_id: int) -> None:
    """Everybody enrolled is there once; asked again, and with the groups to keep, the answer is the same."""
    found = demo.study_groups(class_id)
    as_declared("study_groups", found)
    assert sorted(found["student_id"]) == sorted(demo.students(class_id)["student_id"])
    assert found["group"].max() > 1
    pd.testing.assert_frame_equal(found, demo.study_groups(class_id))
    kept = demo.study_groups(class_id, keep=found)
    assert (kept["shares_gap"].sum(), len(kept)) == (found["shares_gap"].sum(), len(found))


def test_next_questions_of_a_class(demo: Workbench, class_id: int, student_id: int) -> None:
    """They are on the concepts of its subject alone, and of what that needs."""
    found = demo.next_questions(student_id, class_=class_id)
    assert not found.empty
    assert set(found["concept_id"]) <= set(demo.class_knowledge(class_id).known.concepts["concept_id"])


def test_no_questions_of_a_class_that_they_are_not_in(demo: Workbench, class_id: int) -> None:
    """That is told, with where to see who is."""
    inside = demo.students(class_id)["student_id"]
    outside = next(int(id_) for id_ in demo.students()["student_id"] if id_ not in set(inside))
    with pytest.raises(edukit.NotFound, match=rf"student {outside} is not in the class {class_id} now"):
        demo.next_questions(outside, class_=class_id)


@pytest.mark.parametrize("aim", ["useful", "informative"])
def test_next_questions(demo: Workbench, student_id: int, aim: str) -> None:
    """There is one, each once, none of those answered just now, and the first is the best by its aim."""
    found = demo.next_questions(student_id, aim)
    as_declared("next_questions", found)
    assert not found.empty
    assert found["question_id"].is_unique
    assert not found["question_id"].isin(demo.attempts(student_id=student_id)["question_id"].tail(10)).any()
    if aim == "informative":
        assert found["information"].is_monotonic_decreasing


def test_item_analysis(demo: Workbench, class_id: int) -> None:
    """Every question that the class has answered is there once, with as many answers as the attempts have."""
    found, attempts = demo.item_analysis(class_id), demo.attempts(class_id)
    as_declared("item_analysis", found)
    counted = attempts.groupby("question_id").size()
    assert found.set_index("question_id")["answers"].sort_index().tolist() == counted.tolist()
    assert ((found["share_low"] <= found["share_right"]) & (found["share_right"] <= found["share_high"])).all()


def test_concept_explanations(demo: Workbench, class_id: int) -> None:
    """Every concept that the class has practised is there once; without a fitted model each says why it is not told."""
    found = demo.concept_explanations(class_id)
    as_declared("concept_explanations", found)
    assert set(found["concept_id"]) == set(demo.class_mastery(class_id)["concept_id"])
    assert found["concept_id"].is_unique
    assert found["explanation"].str.startswith("Too few students").all()


def test_mastery_dates(demo: Workbench, student_id: int) -> None:
    """Each concept of the student's weeks is there, as its last week has it; below proficient is not mastered."""
    found, weeks = demo.mastery_dates(student_id), demo.mastery_history(student_id)
    as_declared("mastery_dates", found)
    last = weeks.groupby("concept_order").tail(1).sort_values("concept_order", ignore_index=True)
    assert found["concept_id"].tolist() == last["concept_id"].tolist()
    assert found["total_attempts"].tolist() == last["total_attempts"].tolist()
    below = last["level"].isin(["beginning", "developing"])
    assert below.any()
    assert not (found.loc[below, "state"] == "mastered").any()
    assert (found.loc[last["level"] == "mastered", "state"] == "mastered").all()


def test_forgetting(demo: Workbench, class_id: int, student_id: int) -> None:
    """Of a class and of a student the same gaps; a student has no more answers than the class."""
    whole, own = demo.forgetting(class_id), demo.forgetting(student_id=student_id)
    as_declared("forgetting", whole)
    as_declared("forgetting", own)
    assert whole["gap"].tolist() == own["gap"].tolist()
    assert (own["answers"] <= whole["answers"]).all()
    assert whole["students"].max() > own["students"].max() == 1


@pytest.mark.parametrize("role", ["student", "parent", "mentor", "teacher"])
def test_everybody_is_told_of_their_own(house: House, demo: Workbench, role: str) -> None:
    """Whoever looks gets every frame of a student whom they may see, and in a class nobody else is named."""
    edu = Workbench(house.home_database.of(f"{role}@demo.example"), demo._settings)
    seen = edu.students()
    own = int(seen["student_id"].iloc[0])
    for name in ("bottlenecks", "ready_to_learn", "forgetting"):
        as_declared(name, getattr(edu, name)(student_id=own))
    as_declared("next_questions", edu.next_questions(own))
    as_declared("mastery_dates", edu.mastery_dates(own))
    class_id = int(edu.class_names()["class_id"].iloc[0])
    for name in ("study_groups", "ready_to_learn"):
        assert set(getattr(edu, name)(class_id)["student_id"]) <= set(seen["student_id"])
    as_declared("item_analysis", edu.item_analysis(class_id))
    as_declared("concept_explanations", edu.concept_explanations(class_id))
    edu.close()


@pytest.mark.parametrize("method", ["attempts", "bottlenecks", "forgetting", "interventions", "ready_to_learn"])
def test_a_class_or_a_student_is_asked_for(demo: Workbench, class_id: int, student_id: int, method: str) -> None:
    """Each says in the same words that it needs one, and takes both: the student, as the class has them."""
    ask = getattr(demo, method)
    with pytest.raises(TypeError, match=rf"^{method}\(\) needs a class or a student_id: everybody at once"):
        ask()
    for given in ({"class_": class_id}, {"student_id": student_id}, {"class_": class_id, "student_id": student_id}):
        as_declared(method, ask(**given))


@pytest.mark.parametrize(
    ("ask", "told"),
    [
        (lambda edu: edu.bottlenecks("7B", level="best"), "level is 'best': it is one of developing"),
        (lambda edu: edu.next_questions(5, "nice"), "aim is 'nice': it is useful or informative"),
        (lambda edu: edu.study_groups("7B", size=1), "size is 1: a group has 2"),
        (lambda edu: edu.bottlenecks("no such"), "no class 'no such'"),
        (lambda edu: edu.bottlenecks(student_id=5), "no student 5"),
    ],
    ids=["level", "aim", "size", "class", "student"],
)
def test_what_is_wrong_is_told(demo: Workbench, ask: Callable[[Workbench], object], told: str) -> None:
    """Each message has the value and the rule."""
    with pytest.raises(edukit.EdukitError, match=told):
        ask(demo)
