"""People, as frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from edukit.errors import NotFound
from edukit.models import Student

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def institution_of(session: Session, student_id: int | None) -> int:
    """The institution of a student.

    Raises:
        NotFound: the session sees no such student.
    """
    found = session.scalar(select(Student.institution_id).where(Student.id == student_id))
    if found is None:
        message = f"There is no student {student_id!r} among those you may see; the frames list their student_id."
        raise NotFound(message)
    return found
