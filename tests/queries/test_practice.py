"""Class mastery and attempts: the frames equal plain SQL on the demo school."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import psycopg
import pytest

import edukit
from edukit.db.session import session_for
from edukit.queries.classroom import by_name
from edukit.queries.frames import FRAMES
from edukit.queries.practice import practised_concepts

if TYPE_CHECKING:
    from conftest import House

    from edukit.workbench import Workbench


@pytest.fixture
def class_id(demo: Workbench) -> int:
    """The class of the demo school with the most answers."""
    return int(demo.classes().set_index("class_id")["attempts"].idxmax())


def rows(house: House, sql: str, *values: object) -> list[tuple[object, ...]]:
    """What a statement says to whom the frames are shown."""
    with psycopg.connect(house.home_database.viewer.database_url) as connection:
        return connection.execute(sql, values).fetchall()


def test_classes_equal_sql(house: House, demo: Workbench) -> None:
    """Answers and enrolled students of every class are what a plain count says."""
    counted = rows(
        house,
        "SELECT c.id, (SELECT count(*) FROM question_attempts a WHERE a.class_id = c.id),"
        " (SELECT count(*) FROM enrolments e WHERE e.class_id = c.id AND e.left_at IS NULL) FROM classes c",
    )
    frame = demo.classes()
    assert {tuple(row) for row in frame[["class_id", "attempts", "students"]].to_numpy().tolist()} == set(counted)
    assert frame["attempts"].sum() > 0


def test_names_and_one_class_are_parts_of_the_classes(demo: Workbench, class_id: int) -> None:
    """The names come in the same order, and one class asked for by its id is its row of all."""
    frame = demo.classes()
    pd.testing.assert_frame_equal(demo.class_names(), frame[["institution", "class_id", "class_name"]])
    one = frame[frame["class_id"] == class_id].reset_index(drop=True)
    pd.testing.assert_frame_equal(demo.classes(class_id), one)
    with pytest.raises(edukit.NotFound, match="no class 'None such'"):
        demo.classes("None such")


def test_numbers_in_names_are_sorted_by_their_size() -> None:
    """7B before 10A, whatever stands around the number; an accent is no other letter."""
    names = [
        "",
        "7B",
        "10A",
        "10B Bio",
        "10b Physics",
        "9" * 5000,
        "Class 2",
        "class 10",
        "École",
        "Zoo",
        "数 2",
        "数 10",
    ]
    assert sorted(sorted(names), key=by_name) == names


def test_practised_concepts_are_those_of_the_grid(house: House, demo: Workbench) -> None:
    """Of every class, those that its mastery has columns for; of a class without answers none."""
    keys = [(int(str(row[0])), int(str(row[1]))) for row in rows(house, "SELECT institution_id, id FROM classes")]
    with session_for(house.home_database.viewer) as session:
        found = practised_concepts(session, classes=keys)
    assert list(found) == keys
    for (_, class_), concepts in found.items():
        assert concepts == sorted(demo.class_mastery(class_)["concept_id"].unique())


def test_class_mastery_equals_sql(house: House, demo: Workbench, class_id: int) -> None:
    """Scores are the stored ones, counts those of the attempts, for enrolled students and practised concepts only."""
    frame = demo.class_mastery(class_id)
    counted = rows(
        house,
        "SELECT a.student_id, q.concept_id, count(*), count(*) FILTER (WHERE is_correct) FROM question_attempts a"
        " JOIN question_concepts q USING (institution_id, question_id) WHERE a.class_id = %s AND EXISTS"
        " (SELECT FROM enrolments e WHERE e.class_id = %s AND e.student_id = a.student_id AND e.left_at IS NULL)"
        " GROUP BY 1, 2",
        class_id,
        class_id,
    )
    answered = frame[frame["class_attempts"] > 0]
    key = ["student_id", "concept_id", "class_attempts", "class_correct"]
    assert {tuple(row) for row in answered[key].to_numpy().tolist()} == set(counted)
    stored = {
        (student, concept): score
        for student, concept, score in rows(house, "SELECT student_id, concept_id, mastery_score FROM concept_mastery")
    }
    scored = frame.dropna(subset="mastery_score")
    assert {key: stored[key] for key in zip(scored["student_id"], scored["concept_id"], strict=True)} == dict(
        zip(zip(scored["student_id"], scored["concept_id"], strict=True), scored["mastery_score"], strict=True)
    )


def test_class_mastery_is_a_whole_grid(demo: Workbench, class_id: int) -> None:
    """Each enrolled student has one row for each concept, answered or not, in the order of the curriculum."""
    frame = demo.class_mastery(class_id)
    assert len(frame) == frame["student_id"].nunique() * frame["concept_id"].nunique()
    assert not frame.duplicated(["student_id", "concept_id"]).any()
    orders = frame.groupby("student_id")["concept_order"].apply(list)
    assert all(order == sorted(order) for order in orders)
    unanswered = frame[frame["total_attempts"] == 0]
    assert unanswered["mastery_score"].isna().all()
    assert unanswered["level"].isna().all()


def test_class_mastery_fits_its_declaration(demo: Workbench, class_id: int) -> None:
    """Columns, dtypes and nullability are those that describe() tells."""
    for name, frame in (("class_mastery", demo.class_mastery(class_id)), ("attempts", demo.attempts(class_id))):
        declared = {column.name: column for column in FRAMES[name].columns}
        assert {column: str(dtype) for column, dtype in frame.dtypes.items()} == {
            column.name: column.dtype for column in declared.values()
        }
        for column in declared.values():
            assert column.nullable or not frame[column.name].isna().any(), column.name


def test_attempts_equal_sql(house: House, demo: Workbench, class_id: int) -> None:
    """A class's answers are all there, and in each student's order."""
    frame = demo.attempts(class_id)
    ids = {str(row[0]) for row in rows(house, "SELECT id FROM question_attempts WHERE class_id = %s", class_id)}
    assert set(frame["attempt_id"]) == ids
    assert frame.groupby("student_id")["sequence"].is_monotonic_increasing.all()


def test_attempts_of_a_student_on_a_concept(demo: Workbench, class_id: int) -> None:
    """The evidence behind a score: as many answers, and as many right ones, as the score says."""
    row = demo.class_mastery(class_id).sort_values("total_attempts").iloc[-1]
    found = demo.attempts(student_id=int(row["student_id"]), concept_id=int(row["concept_id"]))
    assert (len(found), found["is_correct"].sum()) == (row["total_attempts"], row["correct_attempts"])


def test_what_is_not_there_is_named(demo: Workbench) -> None:
    """An unknown class or student is an error with a next step, never an empty frame."""
    with pytest.raises(edukit.NotFound, match=r"no class 'nowhere'.*classes\(\)"):
        demo.class_mastery("nowhere")
    with pytest.raises(edukit.NotFound, match="no student 1"):
        demo.attempts(student_id=1)
    with pytest.raises(TypeError, match="class or a student"):
        demo.attempts()
