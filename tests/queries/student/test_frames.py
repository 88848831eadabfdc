"""The frames of a student, whoever it is: their columns, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event

import edukit
from edukit.db.session import engine_for
from edukit.queries.frames import FRAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Database

    from edukit.workbench import Workbench


METHODS = ("student", "student_mastery", "activity", "submissions", "feedback")


def test_frames_fit_their_declarations(demo: Workbench, student_id: int) -> None:
    """Columns, dtypes and nullability of each frame are those that describe() tells."""
    for name in METHODS:
        frame = getattr(demo, name)(student_id)
        declared = {column.name: column for column in FRAMES[name].columns}
        assert {column: str(dtype) for column, dtype in frame.dtypes.items()} == {
            column.name: column.dtype for column in declared.values()
        }
        for column in declared.values():
            assert column.nullable or not frame[column.name].isna().any(), (name, column.name)


def test_an_unknown_student_is_named(demo: Workbench) -> None:
    """Nobody of that id, and no class of that name: an error with a next step, never an empty frame."""
    for name in METHODS:
        with pytest.raises(edukit.NotFound, match="no student 1"):
            getattr(demo, name)(1)
    with pytest.raises(edukit.NotFound, match="no class 'nowhere'"):
        demo.students("nowhere")


def test_a_student_with_nothing_has_empty_frames(states: Workbench) -> None:
    """Nobody's classes, answers, work or words: one row of zeros, and no rows of anything else."""
    row = states.student(2).iloc[0]
    assert row[["attempts", "concepts", "badges"]].tolist() == [0, 0, 0]
    assert row[["classes", "correct_share", "median_mastery", "last_attempted_at"]].isna().all()
    assert [len(getattr(states, name)(2)) for name in METHODS] == [1, 0, 0, 0, 0]


@pytest.fixture
def statements(database: Database) -> Iterator[Callable[[], int]]:
    """How many statements the viewer's login has sent."""
    sent: list[str] = []
    engine = engine_for(database.viewer.database_url)

    def heard(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", heard)
    yield lambda: len(sent)
    event.remove(engine, "before_cursor_execute", heard)


def test_statements_do_not_grow(states: Workbench, statements: Callable[[], int]) -> None:
    """A student with much costs as many statements as one with nothing, and none more than five."""
    assert states.mastery_thresholds
    for name in METHODS:
        counts = []
        for student_id in (1, 2):
            before = statements()
            getattr(states, name)(student_id)
            counts.append(statements() - before)
        assert counts[0] == counts[1] <= 5, name
