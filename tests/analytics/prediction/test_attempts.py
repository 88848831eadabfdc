"""Coding attempts: one attempt stays one, whatever it asks for."""

from __future__ import annotations

import numpy as np
import pandas as pd

from edukit.analytics.prediction.attempts import NO_CONCEPT, coded, members


def frame(concepts: list[object]) -> pd.DataFrame:
    count = len(concepts)
    held = pd.Series(concepts, dtype=object)
    students = ["b", "a"] * (count // 2) + ["b"] * (count % 2)
    return pd.DataFrame(
        {"student_id": students, "item_id": range(count), "concept_ids": held, "is_correct": 1.0, "at": np.nan}
    )


def test_an_attempt_with_several_concepts_is_one_attempt() -> None:
    """A set is a skill of its own, in whatever order it was written, and its members are skills, too."""
    found = coded(frame([("x", "y"), ("y", "x", "y"), "x", None, ()]))
    assert len(found) == 5
    assert found.skills == [("x", "y"), ("x",), (NO_CONCEPT,), ("y",)]
    start, member = members(found.skills)
    assert member[start[0] : start[1]].tolist() == [1, 3]


def test_students_stand_together_in_their_own_order() -> None:
    """Mixed rows are parted by student; what is known of the table's order stays."""
    found = coded(frame(["x"] * 5))
    assert found.students[found.student].tolist() == ["b", "b", "b", "a", "a"]
    assert found.rows.tolist() == [0, 2, 4, 1, 3]


def test_names_that_a_model_knows_keep_their_codes() -> None:
    """Known items and skills come first, new ones after them."""
    found = coded(frame(["x", "z"]), items=[7, 1], skills=[("z",)])
    assert found.items.tolist() == [7, 1, 0]
    assert found.item.tolist() == [2, 1]
    assert found.skills[0] == ("z",)


def test_nothing_is_coded_as_nothing() -> None:
    """An empty table has no students, items or attempts."""
    found = coded(frame([]))
    assert (len(found), len(found.students), len(found.items)) == (0, 0, 0)


def test_some_students_keep_their_attempts() -> None:
    """A part of the students has all of its attempts, and codes from 0."""
    found = coded(frame(["x"] * 5)).of_students(np.array([False, True]))
    assert found.students.tolist() == ["a"]
    assert (found.student.tolist(), found.rows.tolist()) == ([0, 0], [1, 3])
