"""Traces: what the audit log and the changes made offline tell of people who leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, case, cast, delete, func, literal, select, tuple_, union_all, update

from edukit.models import (
    AuditEvent,
    AuditEventDetails,
    Chat,
    Document,
    Enrolment,
    Feedback,
    Grievance,
    Intervention,
    StudyItem,
    StudyPlan,
    Submission,
    Subscription,
    SyncOperation,
    User,
)

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Subquery
    from sqlalchemy.orm import InstrumentedAttribute, Session

    from edukit.actions.erasure import Leaving, UserColumn

# The rows by which records tell of somebody: table, key, owner, and what a column that points there is called.
_NAMED_BY: tuple[tuple[str, InstrumentedAttribute[Any], UserColumn, str], ...] = (
    ("users", User.id, User.id, "user_id"),
    ("students", User.id, User.id, "student_id"),
    ("profiles", User.id, User.id, "user_id"),
    ("subscriptions", Subscription.id, Subscription.user_id, "subscription_id"),
    ("enrolments", Enrolment.id, Enrolment.student_id, "enrolment_id"),
    ("submissions", Submission.id, Submission.student_id, "submission_id"),
    ("feedback", Feedback.id, Feedback.student_id, "feedback_id"),
    ("feedback_contents", Feedback.id, Feedback.student_id, "feedback_id"),
    ("interventions", Intervention.id, Intervention.student_id, "intervention_id"),
    ("grievances", Grievance.id, Grievance.student_id, "grievance_id"),
    ("documents", Document.id, Document.user_id, "document_id"),
    ("chats", Chat.id, Chat.user_id, "chat_id"),
    ("chats", Chat.id, Chat.student_id, "chat_id"),
    ("study_items", StudyItem.id, StudyItem.user_id, "study_item_id"),
    ("study_plans", StudyPlan.id, StudyPlan.student_id, "plan_id"),
)


def erase_traces(session: Session, leaving: Leaving) -> None:
    """Erase the particulars of what they did and of what was done to their rows, and changes that tell of either.

    Args:
        session: of the eraser's login; the caller commits.
        leaving: whose traces they are; their rows must still be there.
    """
    theirs = _their_rows(leaving)
    resources = select(theirs.c.table_name + "/" + theirs.c.id)
    _empty_particulars(session, leaving, leaving.owns(AuditEvent.user_id))
    _empty_particulars(session, leaving, AuditEvent.resource.in_(resources))
    operation = SyncOperation
    connection = session.connection()
    connection.execute(delete(operation).where(leaving.owns(operation.user_id)))
    # A teacher's change to a student's row, or one that only points at the student, holds the student's data too.
    connection.execute(
        delete(operation).where(
            operation.institution_id == leaving.institution_id,
            tuple_(operation.table_name, operation.row_id).in_(select(theirs.c.table_name, theirs.c.id)),
        )
    )
    value = func.jsonb_each_text(case((func.jsonb_typeof(operation.payload) == "object", operation.payload)))
    pointer = value.table_valued("key", "value").render_derived().lateral()
    telling = (
        select(operation.id)
        .join(pointer, literal(value=True))
        .join(theirs, (theirs.c.pointer == pointer.c.key) & (theirs.c.id == pointer.c.value))
        .where(operation.institution_id == leaving.institution_id)
    )
    connection.execute(
        delete(operation).where(operation.institution_id == leaving.institution_id, operation.id.in_(telling))
    )


def erase_all_traces(session: Session, leaving: Leaving) -> None:
    """Empty the particulars of every audit event of an institution, and delete all its changes made offline.

    Args:
        session: of the eraser's login; the caller commits.
        leaving: everybody, when an institution leaves.
    """
    _empty_particulars(session, leaving, AuditEvent.institution_id == leaving.institution_id)
    session.connection().execute(delete(SyncOperation).where(SyncOperation.institution_id == leaving.institution_id))


def _empty_particulars(session: Session, leaving: Leaving, which: ColumnElement[bool]) -> None:
    details = AuditEventDetails
    events = select(AuditEvent.id).where(AuditEvent.institution_id == leaving.institution_id, which)
    emptied = (
        update(details)
        .where(details.institution_id == leaving.institution_id, details.erased_at.is_(None))
        .where(details.event_id.in_(events))
        .values(details=None, erased_at=leaving.now)
    )
    session.connection().execute(emptied)


def _their_rows(leaving: Leaving) -> Subquery:
    rows = [
        select(
            literal(table).label("table_name"), cast(key, Text).label("id"), literal(pointer).label("pointer")
        ).where(leaving.owns(owner))
        for table, key, owner, pointer in _NAMED_BY
    ]
    return union_all(*rows).subquery("theirs")
