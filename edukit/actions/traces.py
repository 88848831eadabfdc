"""Traces: what the audit log and the changes made offline tell of people who leave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, case, cast, delete, exists, func, literal, null, select, tuple_, union_all, update
from sqlalchemy.orm import aliased

from edukit.models import (
    AuditEvent,
    AuditEventDetails,
    Base,
    Chat,
    ChatMessage,
    ClassTeacher,
    ConceptMastery,
    Document,
    Enrolment,
    Feedback,
    GamificationEvent,
    Grievance,
    GrievanceEvent,
    Guardianship,
    Intervention,
    MasteryHistory,
    Mentorship,
    ProgressRecord,
    QuestionAttempt,
    RiskPrediction,
    RiskResponse,
    StudentBadge,
    StudentPoints,
    StudyItem,
    StudyPlan,
    StudyPlanItem,
    Submission,
    Subscription,
    SyncOperation,
    User,
)

if TYPE_CHECKING:
    from sqlalchemy import CTE, ColumnElement, Select
    from sqlalchemy.orm import InstrumentedAttribute, Session

    from edukit.actions.erasure import Leaving, UserColumn

# The rows by which records tell of somebody: table, table with the same key, owner, and what a column that points
# there is called. Where the owner stands in another table, the row points to it. No column holds a key of several.
_NAMED_BY: tuple[tuple[str, type[Base], UserColumn, str | None], ...] = (
    ("users", User, User.id, "user_id"),
    ("users", User, User.id, "teacher_id"),
    ("users", User, User.id, "guardian_id"),
    ("users", User, User.id, "mentor_id"),
    ("students", User, User.id, "student_id"),
    ("profiles", User, User.id, "user_id"),
    ("subscriptions", Subscription, Subscription.user_id, "subscription_id"),
    ("guardianships", Guardianship, Guardianship.guardian_id, None),
    ("guardianships", Guardianship, Guardianship.student_id, None),
    ("mentorships", Mentorship, Mentorship.mentor_id, None),
    ("mentorships", Mentorship, Mentorship.student_id, None),
    ("class_teachers", ClassTeacher, ClassTeacher.teacher_id, None),
    ("enrolments", Enrolment, Enrolment.student_id, "enrolment_id"),
    ("submissions", Submission, Submission.student_id, "submission_id"),
    ("feedback", Feedback, Feedback.student_id, "feedback_id"),
    ("feedback_contents", Feedback, Feedback.student_id, "feedback_id"),
    ("question_attempts", QuestionAttempt, QuestionAttempt.student_id, "attempt_id"),
    ("concept_mastery", ConceptMastery, ConceptMastery.student_id, None),
    ("mastery_history", MasteryHistory, MasteryHistory.student_id, None),
    ("gamification_events", GamificationEvent, GamificationEvent.student_id, "event_id"),
    ("student_points", StudentPoints, StudentPoints.student_id, "student_id"),
    ("student_badges", StudentBadge, StudentBadge.student_id, None),
    ("progress_records", ProgressRecord, ProgressRecord.user_id, "record_id"),
    ("risk_predictions", RiskPrediction, RiskPrediction.student_id, "prediction_id"),
    ("risk_responses", RiskResponse, RiskPrediction.student_id, "response_id"),
    ("interventions", Intervention, Intervention.student_id, "intervention_id"),
    ("grievances", Grievance, Grievance.student_id, "grievance_id"),
    ("grievance_events", GrievanceEvent, Grievance.student_id, "event_id"),
    ("grievance_events", GrievanceEvent, GrievanceEvent.actor_id, "event_id"),
    ("grievance_event_details", GrievanceEvent, Grievance.student_id, "event_id"),
    ("grievance_event_details", GrievanceEvent, GrievanceEvent.actor_id, "event_id"),
    ("documents", Document, Document.user_id, "document_id"),
    ("document_embeddings", Document, Document.user_id, "document_id"),
    ("chats", Chat, Chat.user_id, "chat_id"),
    ("chats", Chat, Chat.student_id, "chat_id"),
    ("chat_embeddings", Chat, Chat.user_id, "chat_id"),
    ("chat_embeddings", Chat, Chat.student_id, "chat_id"),
    ("chat_messages", ChatMessage, Chat.user_id, "message_id"),
    ("chat_messages", ChatMessage, Chat.student_id, "message_id"),
    ("study_items", StudyItem, StudyItem.user_id, "study_item_id"),
    ("study_plans", StudyPlan, StudyPlan.student_id, "plan_id"),
    ("study_plan_items", StudyPlanItem, StudyPlan.student_id, None),
)


def erase_traces(session: Session, leaving: Leaving) -> None:
    """Erase the particulars of what they did and of what was done to their rows, and records that tell of either.

    Args:
        session: of the eraser's login; the caller commits.
        leaving: whose traces they are; their rows must still be there, and their users still have their accounts.
    """
    theirs = _their_rows(leaving)
    _empty_particulars(session, leaving, leaving.owns(AuditEvent.user_id))
    _empty_particulars(session, leaving, AuditEvent.resource.in_(select(theirs.c.table_name + "/" + theirs.c.id)))
    # What was done to a class, say, may name them among its particulars.
    details = AuditEventDetails
    whole = select(details.event_id).where(details.erased_at.is_(None))
    _empty_particulars(session, leaving, AuditEvent.id.in_(_pointing(whole, details.details, leaving, theirs)))
    _delete_changes(session, leaving, theirs)


def _delete_changes(session: Session, leaving: Leaving, theirs: CTE) -> None:
    """Delete the changes made offline by them, to their rows, or to rows that point at theirs."""
    operation = SyncOperation
    connection = session.connection()
    here = operation.institution_id == leaving.institution_id
    connection.execute(delete(operation).where(leaving.owns(operation.user_id)))
    # A teacher's change to a student's row, or one that only points at the student, holds the student's data too.
    rows = select(theirs.c.table_name, theirs.c.id)
    connection.execute(delete(operation).where(here, tuple_(operation.table_name, operation.row_id).in_(rows)))
    pointing = _pointing(select(operation.id), operation.payload, leaving, theirs)
    connection.execute(delete(operation).where(here, operation.id.in_(pointing)))


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


def _pointing(
    ids: Select[Any], words: InstrumentedAttribute[dict[str, Any] | None], leaving: Leaving, theirs: CTE
) -> Select[Any]:
    """Of records, given by their ids, those of the institution in whose words a pointer leads to one of their rows."""
    value = func.jsonb_each_text(case((func.jsonb_typeof(words) == "object", words)))
    pointer = value.table_valued("key", "value").render_derived().lateral()
    return (
        ids.join(pointer, literal(value=True))
        .join(theirs, (theirs.c.pointer == pointer.c.key) & (theirs.c.id == pointer.c.value))
        .where(words.class_.institution_id == leaving.institution_id)
    )


def _their_rows(leaving: Leaving) -> CTE:
    rows = []
    for table, keyed, owner, pointer in _NAMED_BY:
        name = null() if pointer is None else literal(pointer)
        row = select(literal(table).label("table_name"), _key(keyed).label("id"), cast(name, Text).label("pointer"))
        if owner.class_ is not keyed:
            row = row.join_from(keyed, owner.class_)
        rows.append(row.where(leaving.owns(owner)))
    # Read once: without statistics, as just after a load, a planner may think that to do so for each record is cheap.
    return union_all(*rows, _their_accounts(leaving)).cte("theirs").prefix_with("MATERIALIZED")


def _key(keyed: type[Base]) -> ColumnElement[str]:
    """The key of a row as records write it: without the institution, several columns as ``1/2``."""
    columns = [cast(column, Text) for column in keyed.__table__.primary_key if column.name != "institution_id"]
    return columns[0] if len(columns) == 1 else func.concat_ws("/", *columns)


def _their_accounts(leaving: Leaving) -> Select[str, str, str]:
    """The accounts that nobody who stays at the institution uses: what is told of them elsewhere is not its own."""
    other = aliased(User)
    used = exists().where(
        other.institution_id == leaving.institution_id,
        other.account_id == User.account_id,
        other.id.not_in(leaving.user_ids),
    )
    columns = (literal("accounts"), cast(User.account_id, Text), literal("account_id"))
    return select(*columns).where(leaving.owns(User.id), User.account_id.is_not(None), ~used)
