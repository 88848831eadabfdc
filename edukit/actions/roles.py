"""Roles: what a user is at an institution, and what they must not leave undone when that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, select, update

from edukit.actions.audit import record_event
from edukit.db.minting import revoke_all
from edukit.errors import ActionError, NotFound
from edukit.models import (
    Account,
    Class,
    ClassTeacher,
    Grievance,
    GrievanceRoutingRule,
    Guardianship,
    Institution,
    Mentorship,
    User,
)
from edukit.models.grievances import AUTHORITY_ROLES
from edukit.models.people import ROLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Exists
    from sqlalchemy.orm import Session


def change_role(  # noqa: PLR0913 - each is a part of the change
    session: Session,
    *,
    institution_id: int,
    user_id: int,
    role: str,
    now: datetime,
    by: int | None,
    names: bool | None = None,
) -> None:
    """Give a user another role in the place of theirs, and sign them out. One who has it already is left as they are.

    Args:
        session: the caller commits.
        institution_id: institution of the user.
        user_id: who changes.
        role: teacher, mentor, parent, admin or analyst.
        now: when.
        by: user who decides it; None: who keeps the stores.
        names: whether an analyst reads names and words about people, and not pseudonyms alone; None: as before.

    Raises:
        NotFound: the institution has no such user.
        ActionError: names for who is no analyst; they have left; they are a student, or are to be one; they have that
            role beside this one, or duties that come with this one; or no other admin could sign in.
    """
    expect_role(role)
    lock_institutions(session, [institution_id])
    old, account_id, reads_names = _as_they_are(session, institution_id, user_id)
    may_read = _may_read_names(role, reads_names if names is None else names, asked=bool(names))
    if (old, reads_names) == (role, may_read):
        return
    if old != role:
        _expect_may_become(session, institution_id, user_id, account_id, old, role)
    this = (User.institution_id == institution_id, User.id == user_id)
    session.connection().execute(update(User).where(*this).values(role=role, reads_names=may_read))
    if account_id is not None:
        # Whoever looks as the old role sees nothing from now on; signing in once more, they look as the new one.
        revoke_all(session, account_id)
    record_event(
        session,
        institution_id=institution_id,
        action="change_role",
        resource=f"users/{user_id}",
        now=now,
        by=by,
        details={"from": old, "to": role} | ({} if may_read == reads_names else {"names": "yes" if may_read else "no"}),
    )


def lock_institutions(session: Session, institution_ids: Sequence[int]) -> None:
    """Let changes of who is who at institutions follow one another: of two admins each could end the other.

    Raises:
        NotFound: there is no such institution, or it has left.
    """
    here = (Institution.id.in_(institution_ids), Institution.closed_at.is_(None))
    query = select(Institution.id).where(*here).order_by(Institution.id).with_for_update(key_share=True)
    missing = set(institution_ids) - set(session.scalars(query))
    if missing:
        message = f"There is no institution {min(missing)} any more: nothing was done. Look for it in institutions."
        raise NotFound(message)


def expect_role(role: str) -> None:
    """Expect that a role is one.

    Raises:
        ActionError: it is not.
    """
    if role not in ROLES:
        message = (
            f"A role is {', '.join(ROLES[:-1])} or {ROLES[-1]}, not {role!r}: nothing was done; choose one of these."
        )
        raise ActionError(message)


def expect_without(session: Session, institution_id: int, account_id: int, role: str) -> None:
    """Expect that an account does not have a role at an institution.

    Raises:
        ActionError: it has.
    """
    of_it = (User.institution_id == institution_id, User.account_id == account_id, User.role == role)
    if session.scalar(select(exists().where(*of_it))):
        message = (
            f"The account is {role} of this institution already, and nothing was done: `edukit users list` shows it."
        )
        raise ActionError(message)


def expect_another_admin(session: Session, institution_id: int, account_id: int) -> None:
    """Expect that an institution has an admin who can sign in beside an account, or that this one cannot.

    Raises:
        ActionError: it is the only enabled one.
    """
    enabled = (
        select(User.account_id)
        .join(Account, Account.id == User.account_id)
        .where(User.institution_id == institution_id, User.role == "admin", Account.disabled_at.is_(None))
    )
    if set(session.scalars(enabled)) == {account_id}:
        where = session.scalar(select(Institution.name).where(Institution.id == institution_id))
        message = (
            f"This is the last enabled admin of {where}, and nothing was done: first make another, with "
            "`edukit users add ACCOUNT --role admin`."
        )
        raise ActionError(message)


def _may_read_names(role: str, names: bool, *, asked: bool) -> bool:  # noqa: FBT001
    """Whether a user of a role reads names as an analyst may; of all others their role says it."""
    if role != "analyst" and asked:
        message = f"Names are granted to analysts, and a {role} sees those of their own people: nothing was done."
        raise ActionError(message)
    return role == "analyst" and names


def _expect_may_become(  # noqa: PLR0913, PLR0917 - who, and from what to what
    session: Session, institution_id: int, user_id: int, account_id: int | None, old: str, role: str
) -> None:
    _expect_no_student(old, role)
    _expect_no_duties(session, institution_id, user_id, old, role)
    if account_id is not None:
        expect_without(session, institution_id, account_id, role)
        if old == "admin":
            expect_another_admin(session, institution_id, account_id)


def _as_they_are(session: Session, institution_id: int, user_id: int) -> tuple[str, int | None, bool]:
    """A user's role and account, and whether they read names, until the transaction ends."""
    columns = (User.role, User.account_id, User.reads_names, User.departed_at)
    query = select(*columns).where(User.institution_id == institution_id, User.id == user_id)
    user = session.execute(query.with_for_update(key_share=True)).one_or_none()
    if user is None:
        message = f"There is no user {user_id} at this institution: nothing was done. Look for it in users."
        raise NotFound(message)
    role, account_id, reads_names, departed_at = user
    if departed_at is not None:
        message = f"User {user_id} has left the institution: nothing was done, and nothing can be for them."
        raise ActionError(message)
    return role, account_id, reads_names


def _expect_no_student(old: str, new: str) -> None:
    if "student" in {old, new}:
        message = (
            f"A {old} does not become {new}, for a student has a history of their own, and nothing was done: add the "
            "other role beside this one, with `edukit users add`."
        )
        raise ActionError(message)


def _expect_no_duties(session: Session, institution_id: int, user_id: int, old: str, new: str) -> None:
    """Expect that nobody is left waiting for what only the old role does."""
    for duty, there in _duties(institution_id, user_id):
        answers_still = duty == "answers grievances" and new in AUTHORITY_ROLES
        if not answers_still and session.scalar(select(there)):
            message = (
                f"User {user_id} {duty} as {old}, and nothing was done: add the other role beside this one, with "
                "`edukit users add`, or hand that on first."
            )
            raise ActionError(message)


def _duties(institution_id: int, user_id: int) -> Iterator[tuple[str, Exists]]:
    """What somebody may have to do, and whether they have."""
    taught = and_(Class.institution_id == ClassTeacher.institution_id, Class.id == ClassTeacher.class_id)
    theirs = (ClassTeacher.institution_id == institution_id, ClassTeacher.teacher_id == user_id)
    yield "teaches a class", exists().where(*theirs, taught, Class.archived_at.is_(None))
    theirs = (Mentorship.institution_id == institution_id, Mentorship.mentor_id == user_id)
    yield "mentors a student", exists().where(*theirs, Mentorship.ended_at.is_(None))
    theirs = (Guardianship.institution_id == institution_id, Guardianship.guardian_id == user_id)
    yield "stands by a student", exists().where(*theirs)
    theirs = (Grievance.institution_id == institution_id, Grievance.assigned_to == user_id)
    yield "answers grievances", exists().where(*theirs, Grievance.resolved_at.is_(None))
    rule = GrievanceRoutingRule
    theirs = (rule.institution_id == institution_id, rule.authority_id == user_id)
    yield "answers grievances", exists().where(*theirs, rule.valid_until.is_(None))
