"""Erasure: what is deleted or emptied when people leave, and why the rest may stay.

Answers, marks, points and append-only rows stay: they are figures, and belong to a pseudonym. Words can name
anybody: what people wrote for themselves goes, and so does what others wrote to or about them as students. What
a teacher told students is the students', and stays when the teacher leaves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, and_, delete, func, insert, literal, or_, select, update

from edukit.models import (
    Chat,
    Document,
    Feedback,
    FeedbackContent,
    Grievance,
    GrievanceEvent,
    GrievanceEventDetails,
    Intervention,
    MasteryState,
    Profile,
    ProgressRecord,
    QuestionAttempt,
    RiskPrediction,
    Student,
    StudyItem,
    StudyPlan,
    Submission,
    Subscription,
    User,
)

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import InstrumentedAttribute, Session

    UserColumn = InstrumentedAttribute[int] | InstrumentedAttribute[int | None]

# In a grievance these speak for themselves; what others say there they say in office, and it is part of the case.
_PRIVATE_ROLES = ("student", "parent")
# Of use to a user alone, or (plans, predictions, chats with a student_id) about one student and nobody else.
# A prediction is profiling: once its subject has left, no purpose is left for it. What it was made from stays. Where
# somebody stood between two answers is of use to the next one alone.
_BELONGINGS: tuple[UserColumn, ...] = (
    Profile.user_id,
    Subscription.user_id,
    StudyItem.user_id,
    ProgressRecord.user_id,
    Document.user_id,
    Chat.user_id,
    Chat.student_id,
    StudyPlan.student_id,
    RiskPrediction.student_id,
    MasteryState.student_id,
)


@dataclass(frozen=True)
class Leaving:
    """Who leaves an institution, when, and on whose word.

    Attributes:
        institution_id: institution that they leave.
        user_ids: query for the ids of their users.
        now: moment of the departure.
        by: user who decided it; None: edukit by its rules.
    """

    institution_id: int
    user_ids: Select[int]
    now: datetime
    by: int | None

    def owns(self, column: UserColumn) -> ColumnElement[bool]:
        """A condition on a table's rows: the column holds the id of one of them."""
        return and_(column.class_.institution_id == self.institution_id, column.in_(self.user_ids))


def erase_personal_data(session: Session, leaving: Leaving) -> None:
    """Delete or empty what they wrote and what tells of them, but for their users, ties and traces.

    Args:
        session: of the eraser's login; the caller commits.
        leaving: whose data it is.
    """
    _erase_feedback(session, leaving)
    _erase_grievances(session, leaving)
    _empty_work(session, leaving)
    _empty_interventions(session, leaving)
    for column in _BELONGINGS:
        session.connection().execute(delete(column.class_).where(leaving.owns(column)))


def _erase_feedback(session: Session, leaving: Leaving) -> None:
    to_them = select(Feedback.id).where(leaving.owns(Feedback.student_id))
    words = FeedbackContent
    session.connection().execute(
        update(words)
        .where(words.institution_id == leaving.institution_id, words.erased_at.is_(None))
        .where(words.feedback_id.in_(to_them))
        .values(content=None, ai_suggestion=None, erased_at=leaving.now)
    )


def _erase_grievances(session: Session, leaving: Leaving) -> None:
    """Empty the grievances that they filed with every step of them, and their own words in those of others."""
    step, words, case = GrievanceEvent, GrievanceEventDetails, Grievance
    private = select(User.id).where(leaving.owns(User.id), User.role.in_(_PRIVATE_ROLES))
    filed = select(case.id).where(leaving.owns(case.student_id))
    steps = select(step.id).where(
        step.institution_id == leaving.institution_id, or_(step.actor_id.in_(private), step.grievance_id.in_(filed))
    )
    whole = and_(words.institution_id == leaving.institution_id, words.erased_at.is_(None), words.event_id.in_(steps))
    _tell_of_erasure(session, leaving, whole)
    connection = session.connection()
    connection.execute(update(words).where(whole).values(details=None, erased_at=leaving.now))
    connection.execute(
        update(case)
        .where(leaving.owns(case.student_id), case.erased_at.is_(None))
        .values(description=None, resolution=None, erased_at=leaving.now)
    )


def _tell_of_erasure(session: Session, leaving: Leaving, whole: ColumnElement[bool]) -> None:
    """Add a step to each grievance that is about to lose words: its own, or those of one of its steps."""
    step, case = GrievanceEvent, Grievance
    spoken = (
        select(step.grievance_id)
        .join(
            GrievanceEventDetails,
            and_(
                GrievanceEventDetails.institution_id == step.institution_id,
                GrievanceEventDetails.event_id == step.id,
            ),
        )
        .where(whole)
    )
    told = select(case.id).where(leaving.owns(case.student_id), case.erased_at.is_(None)).union(spoken)
    add_steps(session, leaving, "erased", case.id.in_(told))


def add_steps(session: Session, leaving: Leaving, action: str, which: ColumnElement[bool]) -> None:
    """Add a step without words to grievances of the institution, as the next of each.

    Args:
        session: the caller commits.
        leaving: who leaves; the step is taken then, and by whoever decided it.
        action: what the step is, such as ``unassigned``.
        which: condition on grievances: those that get it.
    """
    step, case = GrievanceEvent, Grievance
    columns = ["institution_id", "id", "grievance_id", "sequence", "action", "actor_id", "occurred_at"]
    session.connection().execute(
        insert(step).from_select(
            columns,
            select(
                case.institution_id,
                func.gen_random_uuid(),
                case.id,
                select(func.coalesce(func.max(step.sequence), 0) + 1)
                .where(step.institution_id == case.institution_id, step.grievance_id == case.id)
                .scalar_subquery(),
                literal(action),
                literal(leaving.by, BigInteger),
                literal(leaving.now),
            ).where(case.institution_id == leaving.institution_id, which),
        )
    )


def _empty_work(session: Session, leaving: Leaving) -> None:
    """Empty what students wrote, linked to and told of themselves; marks and right or wrong stay."""
    connection = session.connection()
    work = Submission
    connection.execute(
        update(work)
        .where(leaving.owns(work.student_id), or_(work.body.is_not(None), work.github_url.is_not(None)))
        .values(body=None, github_url=None)
    )
    attempt = QuestionAttempt
    connection.execute(
        update(attempt).where(leaving.owns(attempt.student_id), attempt.answer.is_not(None)).values(answer=None)
    )
    nothing = dict.fromkeys(("github_username", "target_exam", "exam_date", "available_hours_per_day"))
    connection.execute(update(Student).where(leaving.owns(Student.id)).values(github_connected=False, **nothing))


def _empty_interventions(session: Session, leaving: Leaving) -> None:
    """Keep of what was done for a student its kind and outcome, from which others learn what works."""
    session.connection().execute(
        update(Intervention).where(leaving.owns(Intervention.student_id)).values(note=None, prediction_id=None)
    )
