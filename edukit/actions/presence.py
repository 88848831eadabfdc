"""Presence: whether people are still at an institution.

Who departs is locked from the first statement to the last, and whoever writes of them waits. What was read before
the wait is then out of date: an action that adds words about somebody asks again after it has written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, select

from edukit.errors import ActionError, NotFound
from edukit.models import Student, User
from edukit.models.grievances import AUTHORITY_ROLES

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def expect_student(session: Session, institution_id: int, student_id: int) -> str:
    """The name of a student who is still there.

    Raises:
        NotFound: the institution has no such student.
        ActionError: they have left.
    """
    query = (
        select(User.name, User.departed_at)
        .join(Student, and_(Student.institution_id == User.institution_id, Student.id == User.id))
        .where(User.institution_id == institution_id, User.id == student_id)
    )
    row = session.execute(query).one_or_none()
    if row is None:
        message = f"There is no student {student_id} at this institution: nothing was done."
        raise NotFound(message)
    if row.departed_at is not None:
        message = f"Student {student_id} has left the institution: nothing was done, and nothing can be for them."
        raise ActionError(message)
    return str(row.name)


def may_answer(session: Session, institution_id: int, user_id: int | None) -> bool:
    """Whether a user is one of those whom grievances may be assigned to, and still there."""
    query = select(User.id).where(
        User.institution_id == institution_id,
        User.id == user_id,
        User.role.in_(AUTHORITY_ROLES),
        User.departed_at.is_(None),
    )
    return user_id is not None and session.scalar(query) is not None


def expect_authority(session: Session, institution_id: int, user_id: int) -> None:
    """Expect that a user may answer grievances.

    Raises:
        ActionError: they are none of the staff, or have left.
    """
    if not may_answer(session, institution_id, user_id):
        message = (
            f"Grievances are answered by a {', '.join(AUTHORITY_ROLES[:-1])} or {AUTHORITY_ROLES[-1]} who is still at "
            "the institution, and this person is not: nothing was done; choose somebody else."
        )
        raise ActionError(message)
