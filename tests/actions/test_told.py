"""Who leaves, and a class that is put away, are told of: what is cached of them is not shown any longer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from edukit.actions.classroom import remove_class
from edukit.actions.departure import close_institution, depart_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    AddSchool = Callable[[Session, int], None]

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
STUDENT, CLASSMATE, TEACHER = 1, 2, 3
TOLD = "SELECT DISTINCT class_id, student_id FROM outbox WHERE institution_id = 1 ORDER BY 1, 2"
CLASSES = "SELECT DISTINCT class_id FROM {} WHERE institution_id = 1 ORDER BY 1"


@pytest.fixture
def school(eraser: Session, add_school: AddSchool) -> Session:
    """Two schools, in a session of the eraser."""
    add_school(eraser, 1)
    add_school(eraser, 2)
    return eraser


def told(session: Session) -> list[tuple[int | None, int | None]]:
    assert not session.scalar(text("SELECT count(*) FROM outbox WHERE institution_id = 2"))
    return [tuple(row) for row in session.execute(text(TOLD))]


def classes(session: Session, table: str) -> list[tuple[int, None]]:
    found = [(row[0], None) for row in session.execute(text(CLASSES.format(table)))]
    assert found
    return found


def test_a_student_who_leaves_is_told_of(school: Session) -> None:
    """The student and each class that they were in, and no classmate."""
    of_classes = classes(school, "enrolments")
    depart_user(school, institution_id=1, user_id=STUDENT, now=NOW)
    assert told(school) == [*of_classes, (None, STUDENT)]


def test_a_teacher_who_leaves_is_told_of(school: Session) -> None:
    """The classes that they taught: their name stands beside them."""
    of_classes = classes(school, "class_teachers")
    depart_user(school, institution_id=1, user_id=TEACHER, now=NOW)
    assert told(school) == of_classes


def test_a_class_that_is_archived_is_told_of(school: Session) -> None:
    """Nobody is enrolled in it any longer."""
    class_id, _ = classes(school, "gamification_events")[0]
    assert remove_class(school, institution_id=1, class_id=class_id, now=NOW) == "archived"
    assert told(school) == [(class_id, None)]


def test_an_institution_that_closes_is_told_of(school: Session) -> None:
    """All its classes and students, and nothing of the other institution."""
    of_classes = classes(school, "enrolments")
    close_institution(school, institution_id=1, now=NOW)
    assert told(school) == [*of_classes, (None, STUDENT), (None, CLASSMATE)]
