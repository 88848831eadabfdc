"""Departure: people and institutions leave; what happened stays, and no longer tells who they were.

Each function is one transaction, which the caller owns, in a session of the eraser's login
(``url_of("edukit_eraser", ...)``): no other may empty the words that stand beside append-only rows. Whoever is
about to write of those who leave waits until it is over, so that nothing slips through between two statements.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Interval,
    Text,
    and_,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from edukit.actions.audit import record_event
from edukit.actions.classroom import archive_classes
from edukit.actions.erasure import Leaving, add_steps, erase_personal_data
from edukit.actions.outbox import tell_outbox
from edukit.actions.practice import tell_of_practice
from edukit.actions.traces import erase_all_traces, erase_traces
from edukit.db.minting import revoke_users
from edukit.errors import NotFound
from edukit.models import (
    Account,
    AuditEvent,
    Class,
    ClassTeacher,
    Enrolment,
    Grievance,
    GrievanceRoutingRule,
    Guardianship,
    Institution,
    Mentorship,
    Student,
    User,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session


def depart_user(session: Session, *, institution_id: int, user_id: int, now: datetime, by: int | None = None) -> None:
    """Turn a user into a pseudonym: their history stays, nothing in it tells who they were.

    Doing it again erases what has come in since, such as work that was done offline. A parent whose only child has
    left stays until they depart themselves: only what ties them to the child goes with it.

    Args:
        session: of the eraser's login; the caller commits.
        institution_id: institution that the user leaves; the account goes with its last membership.
        user_id: who leaves: a student, teacher, parent or anybody else.
        now: moment of the departure.
        by: user who decided it; None: edukit by its rules.

    Raises:
        NotFound: the institution has no such user.
    """
    them = select(User.id).where(User.institution_id == institution_id, User.id == user_id)
    if session.scalar(them) is None:
        message = f"There is no user {user_id} at institution {institution_id}: nobody departs. Look for it in users."
        raise NotFound(message)
    _depart(session, Leaving(institution_id, them, now, by), erase_traces)


def close_institution(session: Session, *, institution_id: int, now: datetime, by: int | None = None) -> None:
    """Let an institution leave: everybody departs, its classes are archived, its name becomes a stub.

    Args:
        session: of the eraser's login; the caller commits.
        institution_id: institution that leaves; no other is touched.
        now: moment of the departure.
        by: its user who decided it; None: edukit by its rules.

    Raises:
        NotFound: there is no such institution.
    """
    here = Institution.id == institution_id
    if session.scalar(select(Institution.id).where(here).with_for_update()) is None:
        message = f"There is no institution {institution_id}: nothing is closed. Look for it in institutions."
        raise NotFound(message)
    leaving = Leaving(institution_id, select(User.id).where(User.institution_id == institution_id), now, by)
    _depart(session, leaving, erase_all_traces)
    archive_classes(session, Class.institution_id == institution_id, now=now)
    # Also of whoever keeps the machine.
    revoke_users(session, institution_id, None)
    # Names of institutions are unique, and so is the whole id.
    stub = literal("Former institution ") + func.upper(func.to_hex(Institution.id))
    closed_at = func.coalesce(Institution.closed_at, now)
    session.connection().execute(update(Institution).where(here).values(name=stub, domain=None, closed_at=closed_at))
    resource = f"institutions/{institution_id}"
    record_event(session, institution_id=institution_id, action="close", resource=resource, now=now, by=by)


def _depart(session: Session, leaving: Leaving, erase: Callable[[Session, Leaving], None]) -> None:
    account_ids = _lock(session, leaving)
    _record_departures(session, leaving)
    erase(session, leaving)
    erase_personal_data(session, leaving)
    _end_ties(session, leaving)
    _hand_back_duties(session, leaving)
    revoke_users(session, leaving.institution_id, session.scalars(select(User.id).where(leaving.owns(User.id))).all())
    _become_pseudonyms(session, leaving, account_ids)


def _lock(session: Session, leaving: Leaving) -> list[int]:
    """Make others wait who would add rows of those who leave, or memberships of their accounts: these are returned."""
    for column in (User.id, Student.id):
        session.execute(select(column).where(leaving.owns(column)).order_by(column).with_for_update())
    theirs = Account.id.in_(select(User.account_id).where(leaving.owns(User.id)))
    # Of two institutions that somebody leaves at once, each would leave the account to the other.
    return list(session.scalars(select(Account.id).where(theirs).order_by(Account.id).with_for_update()))


def _record_departures(session: Session, leaving: Leaving) -> None:
    events = select(
        User.institution_id,
        func.gen_random_uuid(),
        literal(leaving.by, BigInteger),
        literal("depart"),
        literal("users/") + cast(User.id, Text),
        literal(leaving.now),
    ).where(leaving.owns(User.id), User.departed_at.is_(None))
    columns = ["institution_id", "id", "user_id", "action", "resource", "occurred_at"]
    session.connection().execute(insert(AuditEvent).from_select(columns, events))


def _end_ties(session: Session, leaving: Leaving) -> None:
    """End enrolments, and part the people who teach or stand by each other."""
    connection = session.connection()
    students = session.scalars(select(Student.id).where(leaving.owns(Student.id))).all()
    tell_of_practice(session, institution_id=leaving.institution_id, student_ids=students)
    taught = select(ClassTeacher.class_id).where(leaving.owns(ClassTeacher.teacher_id)).distinct()
    tell_outbox(session, institution_id=leaving.institution_id, class_ids=session.scalars(taught))
    connection.execute(
        update(Enrolment)
        .where(leaving.owns(Enrolment.student_id), Enrolment.left_at.is_(None))
        .values(left_at=func.greatest(leaving.now, Enrolment.enrolled_at))
    )
    for column in (
        ClassTeacher.teacher_id,
        Guardianship.guardian_id,
        Guardianship.student_id,
        Mentorship.mentor_id,
        Mentorship.student_id,
    ):
        connection.execute(delete(column.class_).where(leaving.owns(column)))


def _hand_back_duties(session: Session, leaving: Leaving) -> None:
    """Let nobody wait for a pseudonym: grievances that are not resolved are nobody's again, routing rules end."""
    connection = session.connection()
    waiting = and_(leaving.owns(Grievance.assigned_to), Grievance.resolved_at.is_(None))
    add_steps(session, leaving, "unassigned", waiting)
    connection.execute(update(Grievance).where(waiting).values(assigned_to=None))
    rule = GrievanceRoutingRule
    connection.execute(
        update(rule)
        .where(leaving.owns(rule.authority_id), or_(rule.valid_until.is_(None), rule.valid_until > leaving.now))
        # One that is yet to begin ends as it does.
        .values(valid_until=func.greatest(leaving.now, rule.valid_from + literal(timedelta(microseconds=1), Interval)))
    )


def _become_pseudonyms(session: Session, leaving: Leaving, account_ids: list[int]) -> None:
    """Leave a stub of each user, and delete the accounts that no other membership uses."""
    connection = session.connection()
    # The id stands beside the name: its last digits tell nothing more, and tell classmates apart.
    digits = func.upper(func.lpad(func.to_hex(User.id.bitwise_and(0xFFFF)), 4, "0"))
    stub = literal("Former ") + User.role + literal(" ") + digits
    departed_at = func.coalesce(User.departed_at, leaving.now)
    connection.execute(
        update(User)
        .where(leaving.owns(User.id))
        .values(name=stub, source_key=None, account_id=None, departed_at=departed_at)
    )
    unused = ~exists().where(User.account_id == Account.id)
    theirs = Account.id == func.any(literal(account_ids, ARRAY(BigInteger)))
    connection.execute(delete(Account).where(theirs, unused))
