"""Classrooms: taking classes away, or putting them away; telling students what their work is like."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from psycopg.errors import UniqueViolation
from sqlalchemy import and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from edukit.actions.audit import record_event
from edukit.actions.outbox import tell_outbox
from edukit.actions.words import spoken
from edukit.db.ids import new_uuids
from edukit.errors import ActionError, NotFound
from edukit.models import (
    Assignment,
    Class,
    Enrolment,
    Feedback,
    FeedbackContent,
    GamificationEvent,
    QuestionAttempt,
    Submission,
    User,
)

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

_TICK = timedelta(microseconds=1)
RATINGS = range(1, 6)
CORRECTED = "This feedback has been corrected, or another came after it, and nothing was done: correct the latest."


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
    for institution_id, class_id in session.execute(select(Class.institution_id, Class.id).where(which)):
        tell_outbox(session, institution_id=institution_id, class_ids=[class_id])
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


def give_feedback(  # noqa: PLR0913 - each is a part of what is said
    session: Session,
    *,
    institution_id: int,
    submission_id: UUID,
    content: str,
    rating: int | None = None,
    supersedes_id: UUID | None = None,
    ai_suggested: bool = False,
    now: datetime,
    by: int,
) -> UUID:
    """Tell a student what a piece of their work is like, and give its id; a correction stands beside what was said.

    Args:
        session: the caller commits, and what was said is whole or not there.
        institution_id: institution of the submission.
        submission_id: work that it is about.
        content: what is said, kept to the letter.
        rating: 1 (poor) to 5 (excellent); None: not rated.
        supersedes_id: the latest feedback on the submission, which this corrects; None: it corrects nothing.
        ai_suggested: whether a model's suggestion was used.
        now: when it is said; a moment after the latest, where that is not earlier.
        by: user who says it.

    Raises:
        NotFound: the institution has no such submission.
        ActionError: it has no words, too many or such as cannot be kept, no such rating, its student has left, or
            what it corrects is not the latest.
    """
    _expect_feedback(content, rating)
    student_id, class_id = _whose_work(session, institution_id, submission_id)
    latest_id, at = _latest_feedback(session, institution_id, submission_id, now)
    if supersedes_id is not None and supersedes_id != latest_id:
        raise ActionError(CORRECTED)
    said = {"submission_id": submission_id, "student_id": student_id, "teacher_id": by, "rating": rating}
    said |= {"ai_suggested": ai_suggested, "supersedes_id": supersedes_id, "created_at": at}
    feedback_id = _keep_feedback(session, institution_id, said, content)
    tell_outbox(session, institution_id=institution_id, class_ids=[class_id], student_ids=[student_id])
    return feedback_id


def _keep_feedback(session: Session, institution_id: int, said: dict[str, Any], content: str) -> UUID:
    """Write a feedback and its words, unless somebody else has corrected the same since it was looked at."""
    (feedback_id,) = new_uuids(said["created_at"])
    try:
        session.connection().execute(insert(Feedback).values(institution_id=institution_id, id=feedback_id, **said))
    except IntegrityError as error:
        if isinstance(error.orig, UniqueViolation):
            raise ActionError(CORRECTED) from error
        raise
    words = insert(FeedbackContent).values(institution_id=institution_id, feedback_id=feedback_id, content=content)
    session.connection().execute(words)
    return feedback_id


def _expect_feedback(content: str, rating: int | None) -> None:
    """Refuse what cannot be said."""
    spoken("Feedback", content, needed="what was good, or what to do next")
    if rating is not None and rating not in RATINGS:
        message = f"A rating is 1 (poor) to 5 (excellent), not {rating}, and nothing was done: choose one, or none."
        raise ActionError(message)


def _whose_work(session: Session, institution_id: int, submission_id: UUID) -> tuple[int, int]:
    """The student and the class of a submission."""
    query = (
        select(Submission.student_id, Assignment.class_id, User.departed_at)
        .join(
            Assignment,
            and_(Assignment.institution_id == Submission.institution_id, Assignment.id == Submission.assignment_id),
        )
        .join(User, and_(User.institution_id == Submission.institution_id, User.id == Submission.student_id))
        .where(Submission.institution_id == institution_id, Submission.id == submission_id)
    )
    found = session.execute(query).one_or_none()
    if found is None:
        message = f"There is no submission {submission_id} among those you may see: nothing was done. See submissions."
        raise NotFound(message)
    student_id, class_id, departed_at = found
    if departed_at is not None:
        message = f"This student left on {departed_at:%Y-%m-%d}: feedback would reach nobody, and nothing was done."
        raise ActionError(message)
    return student_id, class_id


def _latest_feedback(
    session: Session, institution_id: int, submission_id: UUID, now: datetime
) -> tuple[UUID | None, datetime]:
    """The latest feedback on a submission, None where there is none; and the moment of what is said after it.

    It may be later than now: clocks differ, and while one stands still several things are said.
    """
    told, later = Feedback, aliased(Feedback)
    corrected = exists().where(later.institution_id == told.institution_id, later.supersedes_id == told.id)
    query = (
        select(told.id, func.max(told.created_at).over())
        .where(told.institution_id == institution_id, told.submission_id == submission_id)
        .order_by(corrected, told.created_at.desc(), told.id.desc())
    )
    for latest_id, latest_at in session.execute(query.limit(1)):
        # Two of one moment would have no latest.
        return latest_id, max(now, latest_at + _TICK)
    return None, now
