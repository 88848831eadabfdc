"""Grievances: filing and routing them, and every step that is taken in them.

A step is one event, the next of its grievance, in the transaction that changes the grievance and under the lock of
its row: steps that are taken at once come one after the other, and a later one is judged by what the earlier one
left. The outbox hears of the grievance alone, never of its class or student: that would tell who complains.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from edukit.actions.audit import record_event
from edukit.actions.grievance_steps import Case, change_case, locked, take_step
from edukit.actions.presence import expect_authority, expect_student, may_answer
from edukit.actions.words import spoken
from edukit.analytics.grievances import FINISHED, MOVES, rule_for
from edukit.db.ids import new_uuids
from edukit.errors import ActionError
from edukit.models import Grievance
from edukit.models.grievances import CATEGORIES, SEVERITIES
from edukit.queries.grievances import routing_rules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


def file_grievance(  # noqa: PLR0913 - each is a part of what is filed
    session: Session,
    *,
    institution_id: int,
    student_id: int,
    category: str,
    severity: str,
    description: str,
    now: datetime,
    by: int,
) -> UUID:
    """File a grievance of a student and route it: it is assigned by the rule that holds, or to nobody yet.

    Args:
        session: the caller commits.
        institution_id: institution of the student.
        student_id: who complains.
        category: grade, feedback, fairness or other.
        severity: low, medium, high or critical.
        description: what it is about; it never changes.
        now: moment of it.
        by: user who files it: the student, or somebody for them.

    Returns:
        Id of the grievance.

    Raises:
        ActionError: an unknown category or severity, no words, or the student has left.
        NotFound: the institution has no such student.
    """
    for name, value, known in (("category", category, CATEGORIES), ("severity", severity, SEVERITIES)):
        expect_one_of(name, value, known)
    words = spoken("The grievance", description, needed="what it is about")
    expect_student(session, institution_id, student_id)
    (grievance_id,) = new_uuids(now)
    row = {"institution_id": institution_id, "id": grievance_id, "student_id": student_id, "status": "open"}
    row |= {"category": category, "severity": severity, "description": words, "filed_at": now}
    session.connection().execute(insert(Grievance).values(row))
    expect_student(session, institution_id, student_id)
    case = Case(institution_id, grievance_id, "open", None, None, 0, now)
    told = "Filed by the student." if by == student_id else "Filed for the student."
    case = take_step(session, case, "filed", by, told, to_status="open")
    _route(session, case, category, severity)
    return grievance_id


def assign(  # noqa: PLR0913 - each is a part of the step
    session: Session, *, institution_id: int, grievance_id: UUID, user_id: int, words: str = "", now: datetime, by: int
) -> None:
    """Give a grievance to somebody who is to answer from now on; ``words`` may say why.

    Raises:
        ActionError: nobody of the staff has that id, they have left, or it is assigned to them already.
        NotFound: the institution has no such grievance.
    """
    case = locked(session, institution_id, grievance_id, now)
    if case.assigned_to == user_id:
        message = "The grievance is assigned to this person already, and nothing was done: choose somebody else."
        raise ActionError(message)
    expect_authority(session, institution_id, user_id)
    take_step(session, case, "assigned", by, spoken("The reason", words), assigned_to=user_id)
    change_case(session, case, assigned_to=user_id)
    expect_authority(session, institution_id, user_id)


def comment(  # noqa: PLR0913 - each is a part of the step
    session: Session, *, institution_id: int, grievance_id: UUID, words: str, now: datetime, by: int
) -> None:
    """Say something about a grievance, whatever its status.

    Raises:
        ActionError: there are no words.
        NotFound: the institution has no such grievance.
    """
    said = spoken("The comment", words, needed="something")
    take_step(session, locked(session, institution_id, grievance_id, now), "commented", by, said)


def move(  # noqa: PLR0913 - each is a part of the step
    session: Session,
    *,
    institution_id: int,
    grievance_id: UUID,
    to_status: str,
    words: str = "",
    now: datetime,
    by: int,
) -> None:
    """Move a grievance to another status, as :data:`edukit.analytics.grievances.MOVES` allows.

    Args:
        session: the caller commits.
        institution_id: institution of the grievance.
        grievance_id: which one.
        to_status: ``in_progress`` takes it up or reopens it, ``resolved``, ``closed``.
        words: why, or to ``resolved`` how: that is its resolution, and cannot be left out.
        now: moment of it.
        by: user who does it.

    Raises:
        ActionError: the move is not allowed, a resolution is missing, or nobody who could answer is assigned.
        NotFound: the institution has no such grievance.
    """
    case = locked(session, institution_id, grievance_id, now)
    allowed = MOVES[case.status]
    if to_status not in allowed:
        message = (
            f"A grievance that is {case.status} can only become {' or '.join(allowed)}, not {to_status}: nothing was "
            "done; look at how it stands now."
        ).replace("_", " ")
        raise ActionError(message)
    resolves = to_status == "resolved"
    said = spoken(
        "The resolution" if resolves else "The reason", words, needed="how it was resolved" if resolves else None
    )
    if to_status != "closed" and not may_answer(session, institution_id, case.assigned_to):
        message = (
            f"Nobody who is still here is assigned to the grievance, so it cannot become {to_status}: nothing was "
            "done; assign it first."
        ).replace("_", " ")
        raise ActionError(message)
    case = take_step(session, case, "status_changed", by, said, from_status=case.status, to_status=to_status)
    changes: dict[str, Any] = {"status": to_status}
    if resolves:
        # What was erased keeps no words, its new ones stand beside the step.
        changes |= {"resolution": None if case.erased_at else said, "resolved_at": case.at}
    elif to_status not in FINISHED:
        changes |= {"resolution": None, "resolved_at": None}
    change_case(session, case, **changes)


def reveal(session: Session, *, institution_id: int, grievance_id: UUID, now: datetime, by: int) -> None:
    """Record in the grievance and in the audit log that somebody asks who complains: then they may be told.

    Args:
        session: the caller commits; before that :func:`edukit.queries.grievances.complainant` tells nobody.
        institution_id: institution of the grievance.
        grievance_id: which one.
        now: moment of it.
        by: user who wants to know: only whom it is assigned to may.

    Raises:
        ActionError: it is assigned to somebody else, or to nobody.
        NotFound: the institution has no such grievance.
    """
    case = locked(session, institution_id, grievance_id, now)
    if case.assigned_to != by:
        message = (
            "Who complains is told only to the person whom the grievance is assigned to, and that is not you: "
            "nothing was done; have it assigned to you if you are to answer it."
        )
        raise ActionError(message)
    take_step(session, case, "revealed", by, "")
    record_event(
        session,
        institution_id=institution_id,
        action="reveal",
        resource=f"grievances/{grievance_id}",
        now=now,
        by=by,
    )


def _route(session: Session, case: Case, category: str, severity: str) -> None:
    """Assign what was just filed by the rule that holds; where none does, say so."""
    rules = routing_rules(session, institution_id=case.institution_id, category=category)
    rule = rule_for(rules, category=category, severity=severity, at=case.at)
    if rule is None:
        words = f"No rule says who answers {category} from severity {severity} on: it is nobody's until it is assigned."
        take_step(session, case, "unassigned", None, words)
        return
    take_step(session, case, "routed", None, rule.words, assigned_to=rule.authority_id, routing_rule_id=rule.id)
    change_case(session, case, assigned_to=rule.authority_id)
    if not may_answer(session, case.institution_id, rule.authority_id):
        message = (
            f"Who answers grievances of {category} by the rules is no longer there, and nothing was done: file it once "
            "more; if that does not help, let your administrator change the rule."
        )
        raise ActionError(message)


def expect_one_of(name: str, value: str, known: Sequence[str]) -> None:
    """Expect that a category or severity of grievances is one.

    Raises:
        ActionError: it is not.
    """
    if value not in known:
        message = (
            f"The {name} of a grievance is {', '.join(known[:-1])} or {known[-1]}, not {value!r}: nothing was done."
        )
        raise ActionError(message)
