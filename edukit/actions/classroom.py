"""Classrooms: taking classes away, or putting them away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from sqlalchemy import and_, delete, exists, func, or_, select, update

from edukit.actions.audit import record_event
from edukit.errors import NotFound
from edukit.models import Assignment, Class, Enrolment, GamificationEvent, QuestionAttempt, Submission

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


def remove_class(
    session: Session, *, institution_id: int, class_id: int, now: datetime, by: int | None = None
) -> Literal["deleted", "archived"]:
    """Delete a class with what it owns; where it has a history (work, answers, points), archive it.

    Args:
        session: of the application's or the eraser's login; the caller commits.
        institution_id: institution of the class.
        class_id: class to remove.
        now: moment of the removal.
        by: user who decided it; None: edukit by its rules.

    Returns:
        What became of it.

    Raises:
        NotFound: the institution has no such class.
    """
    the_class = and_(Class.institution_id == institution_id, Class.id == class_id)
    if session.scalar(select(Class.id).where(the_class).with_for_update()) is None:
        message = f"There is no class {class_id} at institution {institution_id}: nothing is removed. See classes."
        raise NotFound(message)
    archived = _has_history(session, institution_id, class_id)
    if archived:
        archive_classes(session, the_class, now=now)
    else:
        session.connection().execute(delete(Class).where(the_class))
    record_event(
        session,
        institution_id=institution_id,
        action="archive" if archived else "delete",
        resource=f"classes/{class_id}",
        now=now,
        by=by,
    )
    return "archived" if archived else "deleted"


def archive_classes(session: Session, which: ColumnElement[bool], *, now: datetime) -> None:
    """Put classes away and end the enrolments in them; what happened there stays.

    Args:
        session: the caller commits.
        which: condition on ``classes``.
        now: moment when they are put away.
    """
    connection = session.connection()
    connection.execute(update(Class).where(which).values(archived_at=func.coalesce(Class.archived_at, now)))
    connection.execute(
        update(Enrolment)
        .where(
            exists().where(which, Enrolment.institution_id == Class.institution_id, Enrolment.class_id == Class.id),
            Enrolment.left_at.is_(None),
        )
        .values(left_at=func.greatest(now, Enrolment.enrolled_at))
    )


def _has_history(session: Session, institution_id: int, class_id: int) -> bool:
    assignments = select(Assignment.id).where(
        Assignment.institution_id == institution_id, Assignment.class_id == class_id
    )
    # Work that is being handed in comes first, and is history then.
    session.execute(assignments.with_for_update())
    history = or_(
        exists().where(Submission.institution_id == institution_id, Submission.assignment_id.in_(assignments)),
        exists().where(QuestionAttempt.institution_id == institution_id, QuestionAttempt.class_id == class_id),
        exists().where(GamificationEvent.institution_id == institution_id, GamificationEvent.class_id == class_id),
    )
    return bool(session.scalar(select(history)))
