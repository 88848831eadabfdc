"""What who keeps the stores does with people's accounts: adds, lists, disables and enables them, sets passwords."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from edukit.actions import accounts, roles
from edukit.db.session import session_for
from edukit.errors import NotFound
from edukit.models import Account, Institution
from edukit.ops.prepare import application
from edukit.queries.accounts import account_called, memberships, people
from edukit.queries.people import acting_user

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from edukit.ops.stores import Stores
    from edukit.queries.accounts import Membership, Person


def add_user(  # noqa: PLR0913 - each is a part of the membership
    stores: Stores,
    account: str,
    *,
    role: str,
    name: str | None,
    institution: str | None,
    acting: str | None,
    now: datetime,
) -> str:
    """Make an account, a new one where there is none, a user of an institution; a sentence on who that is.

    Args:
        stores: running and migrated.
        account: its e-mail address or username.
        role: student, teacher, mentor, parent, admin or analyst.
        name: name as shown; None: as the account's other users are called.
        institution: its name; None: the only one there is.
        acting: who does it, as ``account``; None: who keeps the stores.
        now: when.

    Raises:
        NotFound: there is no such institution, or there are several and none is told.
        ActionError: it is against a rule; nothing was done.
    """
    with session_for(application(stores)) as session:
        institution_id, where = _institution(session, institution)
        by = None if acting is None else acting_user(session, acting, institution_id)
        accounts.add_user(session, institution_id=institution_id, account=account, role=role, name=name, now=now, by=by)
        called = Account.id == account_called(session, account.strip())
        has_password = session.scalar(select(Account.password_hash.is_not(None)).where(called))
    told = f"{account} is {role} of {where} from now on"
    return f"{told}." if has_password else f"{told}; there is no password yet: `edukit users set-password {account}`."


def set_password(stores: Stores, account: str, *, password: str, acting: str | None, now: datetime) -> str:
    """Set the password of an account; a sentence that says so, and does not tell it.

    Raises:
        NotFound: there is no such account.
        ActionError: the password may not be chosen; nothing was done.
    """
    with session_for(application(stores)) as session:
        account_id = account_called(session, account)
        accounts.set_password(session, account_id=account_id, password=password, acting=acting, now=now)
    return f"{account} has a new password from now on."


def disable_account(stores: Stores, account: str, *, acting: str | None, now: datetime) -> str:
    """Let nobody sign in by an account; a sentence on what holds then.

    Raises:
        NotFound: there is no such account.
        ActionError: an institution would be left without an enabled admin; nothing was done.
    """
    with session_for(application(stores)) as session:
        accounts.disable_account(session, account_id=account_called(session, account), acting=acting, now=now)
    return f"{account} is disabled: nobody signs in by it before `edukit users enable {account}`, and nothing is lost."


def enable_account(stores: Stores, account: str, *, acting: str | None, now: datetime) -> str:
    """Let people sign in by an account again; a sentence on what holds then.

    Raises:
        NotFound: there is no such account.
    """
    with session_for(application(stores)) as session:
        accounts.enable_account(session, account_id=account_called(session, account), acting=acting, now=now)
    return f"{account} is enabled, with the password that it had."


def set_role(  # noqa: PLR0913 - each is a part of the change
    stores: Stores,
    account: str,
    role: str,
    *,
    instead_of: str | None,
    institution: str | None,
    names: bool | None = None,
    acting: str | None,
    now: datetime,
) -> str:
    """Give the user of an account another role in the place of theirs; a sentence on what they are then.

    Args:
        stores: running and migrated.
        account: its e-mail address or username.
        role: the new one.
        instead_of: the old one; None: the only one that the account has there.
        institution: its name; None: the only one of the account.
        names: whether an analyst reads names; None: as before.
        acting: who does it, as ``account``; None: who keeps the stores.
        now: when.

    Raises:
        NotFound: the account has no part in the institution, or several and it is not told which.
        ActionError: it is against a rule; nothing was done.
    """
    with session_for(application(stores)) as session:
        user = _membership(session, account, institution, instead_of)
        there = user.institution_id
        by = None if acting is None else acting_user(session, acting, there)
        this = {"institution_id": there, "user_id": user.user_id}
        roles.change_role(session, **this, role=role, names=names, now=now, by=by)
    return f"{user.name} is {role} of {user.institution} from now on."


def listed(stores: Stores, *, institution: str | None, role: str | None) -> list[Person]:
    """Everybody, also who has left, by institution, role and name.

    Args:
        stores: running and migrated.
        institution: name of the only one; None: all.
        role: the only one; None: all.

    Raises:
        NotFound: there is no such institution.
        ActionError: there is no such role.
    """
    if role is not None:
        roles.expect_role(role)
    with session_for(application(stores)) as session:
        if institution is not None:
            _institution(session, institution)
        return people(session, institution=institution, role=role)


def _institution(session: Session, name: str | None) -> tuple[int, str]:
    """The id and the name of the institution of that name, or of the only one."""
    query = select(Institution.id, Institution.name).where(Institution.closed_at.is_(None)).order_by(Institution.name)
    here = session.execute(query).all()
    found = [row for row in here if name in {None, row.name}]
    if len(found) == 1:
        return found[0].id, found[0].name
    names = ", ".join(row.name for row in here) or "none yet"
    told = "no institution is told" if name is None else f"there is no institution {name!r}"
    message = f"Those there are: {names}; {told}, and nothing was done: say which with --institution."
    raise NotFound(message)


def _membership(session: Session, account: str, institution: str | None, role: str | None) -> Membership:
    """The one user of an account at an institution, with a role."""
    theirs = memberships(session, account_called(session, account))
    found = [user for user in theirs if institution in {None, user.institution} and role in {None, user.role}]
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"{user.role} of {user.institution}" for user in theirs) or "nobody anywhere"
    message = f"{account} is {known}, and nothing was done: say which you mean with --institution and --from."
    raise NotFound(message)
