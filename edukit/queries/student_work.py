"""What one student was set, handed in and was told about it, as frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, case, exists, func, null, or_, select, union
from sqlalchemy.orm import aliased

from edukit.db.functions import uuid_text
from edukit.errors import NotFound
from edukit.models import Assignment, Class, Enrolment, Feedback, FeedbackContent, Submission, User
from edukit.queries.frames import FEEDBACK, SUBMISSIONS
from edukit.queries.people import institution_holding

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    import pandas as pd
    from sqlalchemy import CTE, Case, Select
    from sqlalchemy.orm import Session

OPEN, MISSING, HANDED_IN, WAITING, ANSWERED = (
    "open", "missing", "handed in", "waiting for feedback", "has feedback",
)  # fmt: skip
STATES = (OPEN, MISSING, HANDED_IN, WAITING, ANSWERED)
"""Not handed in and not due; not handed in though due; handed in and not due yet, so that another may come, or by
somebody who has left, whom feedback would not reach; handed in, due and without feedback; with feedback. Of work that
was handed in again, the latest counts."""


def submissions(session: Session, *, institution_id: int, student_id: int, now: datetime) -> pd.DataFrame:
    """Every assignment that a student was set or handed in, the one due last first: ``frames.SUBMISSIONS``.

    A student is set what is due while they are enrolled; what nobody was set yet at ``now`` is left out.
    """
    handed = _handed_in(institution_id, student_id)
    set_or_handed = union(select(handed.c.assignment_id), _set(institution_id, student_id, now)).subquery()
    query = (
        select(
            Assignment.id,
            Assignment.title,
            Class.id,
            Class.name,
            Assignment.due_at,
            _state(handed, student_id, now),
            func.coalesce(handed.c.submissions, 0),
            uuid_text(handed.c.id),
            handed.c.submitted_at,
            handed.c.first_submitted_at,
            case((handed.c.id.is_not(None), func.coalesce(handed.c.first_submitted_at > Assignment.due_at, False))),
            handed.c.score,
            handed.c.code_quality_score,
            handed.c.body,
            handed.c.github_url,
        )
        .join(set_or_handed, set_or_handed.c.assignment_id == Assignment.id)
        .join(Class, and_(Class.institution_id == Assignment.institution_id, Class.id == Assignment.class_id))
        .outerjoin(handed, and_(handed.c.assignment_id == Assignment.id, handed.c.place == 1))
        .where(Assignment.institution_id == institution_id)
        .order_by(
            func.coalesce(Assignment.due_at, Assignment.assigned_at).desc().nulls_last(),
            Class.name,
            Assignment.title,
            Assignment.id,
        )
    )
    return SUBMISSIONS.of(session.execute(query).all())


def feedback(session: Session, *, institution_id: int, student_id: int) -> pd.DataFrame:
    """Everything that a student was told about their work, the latest first: columns of ``frames.FEEDBACK``."""
    told, later = Feedback, aliased(Feedback)
    superseded = exists().where(later.institution_id == told.institution_id, later.supersedes_id == told.id)
    query = (
        select(
            uuid_text(told.id),
            uuid_text(told.submission_id),
            Submission.assignment_id,
            told.created_at,
            told.teacher_id,
            User.name,
            told.rating,
            FeedbackContent.content,
            told.ai_suggested,
            case((told.supersedes_id.is_not(None), uuid_text(told.supersedes_id)), else_=null()),
            superseded,
            FeedbackContent.erased_at,
        )
        .join(Submission, and_(Submission.institution_id == told.institution_id, Submission.id == told.submission_id))
        .join(User, and_(User.institution_id == told.institution_id, User.id == told.teacher_id))
        .outerjoin(
            FeedbackContent,
            and_(FeedbackContent.institution_id == told.institution_id, FeedbackContent.feedback_id == told.id),
        )
        .where(told.institution_id == institution_id, told.student_id == student_id)
        # Of one moment, what corrects stands above what it corrects.
        .order_by(told.created_at.desc(), superseded, told.id.desc())
    )
    return FEEDBACK.of(session.execute(query).all())


def institution_of_submission(session: Session, submission_id: UUID) -> int:
    """The institution of a submission.

    Raises:
        NotFound: the session sees no such submission.
    """
    found = institution_holding(session, Submission, submission_id)
    if found is None:
        message = f"There is no submission {submission_id} among those you may see; submissions() lists a student's."
        raise NotFound(message)
    return found


def _handed_in(institution_id: int, student_id: int) -> CTE:
    """A student's submissions: ``place`` 1 is the latest for its assignment; how many there are, and the first."""
    work = Submission
    return (
        select(
            work.id,
            work.assignment_id,
            work.submitted_at,
            work.score,
            work.code_quality_score,
            work.body,
            work.github_url,
            func.row_number()
            .over(partition_by=work.assignment_id, order_by=(work.submitted_at.desc(), work.id.desc()))
            .label("place"),
            func.count().over(partition_by=work.assignment_id).label("submissions"),
            func.min(work.submitted_at).over(partition_by=work.assignment_id).label("first_submitted_at"),
        )
        .where(work.institution_id == institution_id, work.student_id == student_id)
        .cte("handed_in")
    )


def _set(institution_id: int, student_id: int, now: datetime) -> Select[int]:
    """Ids of the assignments of a student's classes that are due while the student is there."""
    due_at = func.coalesce(Assignment.due_at, now)
    return (
        select(Assignment.id)
        .join(
            Enrolment,
            and_(Enrolment.institution_id == Assignment.institution_id, Enrolment.class_id == Assignment.class_id),
        )
        .where(
            Enrolment.institution_id == institution_id,
            Enrolment.student_id == student_id,
            or_(Enrolment.enrolled_at.is_(None), Enrolment.enrolled_at <= due_at),
            or_(Enrolment.left_at.is_(None), Enrolment.left_at > due_at),
            or_(Assignment.assigned_at.is_(None), Assignment.assigned_at <= now),
        )
    )


def _state(handed: CTE, student_id: int, now: datetime) -> Case[str]:
    """Where the work for an assignment stands, as one of ``STATES``."""
    told = exists().where(Feedback.institution_id == Assignment.institution_id, Feedback.submission_id == handed.c.id)
    left = exists().where(
        User.institution_id == Assignment.institution_id, User.id == student_id, User.departed_at.is_not(None)
    )
    not_due = Assignment.due_at > now
    return case(
        (and_(handed.c.id.is_(None), or_(Assignment.due_at.is_(None), not_due)), OPEN),
        (handed.c.id.is_(None), MISSING),
        (told, ANSWERED),
        (or_(not_due, left), HANDED_IN),
        else_=WAITING,
    )
