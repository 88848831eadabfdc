"""What who keeps the stores sets for a school: who answers its grievances, and who is named on its boards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from edukit.actions.gamification import name_on_boards
from edukit.actions.grievance_rules import set_routing_rule
from edukit.db.session import session_for
from edukit.errors import NotFound
from edukit.models import Account, Institution, User
from edukit.models.grievances import AUTHORITY_ROLES
from edukit.ops.prepare import application
from edukit.queries.people import acting_user, institution_of, is_called

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from edukit.ops.stores import Stores


def route_grievances(  # noqa: PLR0913 - each is a part of the rule
    stores: Stores,
    *,
    category: str,
    minimum_severity: str,
    to: str,
    institution: str | None,
    account: str | None,
    now: datetime,
) -> str:
    """Say who answers grievances of a category from a severity on; a sentence on what holds then.

    Args:
        stores: running and migrated.
        category: grade, feedback, fairness or other.
        minimum_severity: low, medium, high or critical.
        to: e-mail address or username of who answers.
        institution: name of the institution; None: the one where that account answers.
        account: who sets it, as ``to``; None: who keeps the stores.
        now: since when.

    Raises:
        NotFound: nobody of that account answers there, or at several institutions and none is told.
        ActionError: it is against a rule; nothing was done.
    """
    with session_for(application(stores)) as session:
        institution_id, where, user_id, name = _authority(session, to, institution)
        by = None if account is None else acting_user(session, account, institution_id)
        set_routing_rule(
            session,
            institution_id=institution_id,
            category=category,
            minimum_severity=minimum_severity,
            authority_id=user_id,
            now=now,
            by=by,
        )
    return (
        f"At {where}, {name} answers grievances of the category {category} from severity {minimum_severity} on that "
        "are filed from now on, as far as no rule for a higher severity holds."
    )


def name_student(stores: Stores, *, student_id: int, agreed: bool, account: str | None, now: datetime) -> str:
    """Keep whether a student has agreed to be named on boards; a sentence on what classmates see then.

    Raises:
        NotFound: there is no such student.
        ActionError: they have left; nothing was done.
    """
    with session_for(application(stores)) as session:
        institution_id = institution_of(session, student_id)
        by = None if account is None else acting_user(session, account, institution_id)
        whom = {"institution_id": institution_id, "student_id": student_id}
        student = name_on_boards(session, **whom, agreed=agreed, now=now, by=by)
    return f"{student} is {'named to' if agreed else 'hidden from'} classmates on leaderboards from now on."


def _authority(session: Session, account: str, institution: str | None) -> tuple[int, str, int, str]:
    """Ids and names of an institution and of the user by whom an account answers grievances there."""
    query = (
        select(User.institution_id, Institution.name, User.id, User.name)
        .join(Account, Account.id == User.account_id)
        .join(Institution, Institution.id == User.institution_id)
        .where(is_called(account), User.role.in_(AUTHORITY_ROLES), User.departed_at.is_(None))
        .order_by(Institution.name, User.id)
    )
    found = [row for row in session.execute(query).all() if institution in {None, row[1]}]
    if not found:
        where = "any institution" if institution is None else repr(institution)
        roles = f"{', '.join(AUTHORITY_ROLES[:-1])} or {AUTHORITY_ROLES[-1]}"
        message = f"{account} is no {roles} of {where}: nothing was done; look it up in users."
        raise NotFound(message)
    if len({row[0] for row in found}) > 1:
        names = ", ".join(dict.fromkeys(row[1] for row in found))
        message = f"{account} is at several institutions ({names}): nothing was done; say which with --institution."
        raise NotFound(message)
    institution_id, where, user_id, name = found[0]
    return institution_id, where, user_id, name
