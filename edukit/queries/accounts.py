"""Accounts: which one is called so, whose it is, and everybody who is or was at an institution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, func, select

from edukit.errors import ActionError, NotFound
from edukit.models import Account, Institution, Profile, User
from edukit.queries.people import is_called

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session


class Membership(NamedTuple):
    """One user of an account."""

    institution_id: int
    institution: str
    user_id: int
    role: str
    name: str
    theme: str = "system"
    """What they want to see edukit in: light, dark, or as their system is."""


@dataclass(frozen=True)
class Person:
    """A user as who keeps the stores sees them; ``account`` and what hangs on it is None where nobody can sign in."""

    institution: str
    user_id: int
    name: str
    role: str
    email: str | None
    username: str | None
    has_password: bool
    is_disabled: bool
    has_departed: bool


def account_called(session: Session, name: str) -> int:
    """The id of the account of an e-mail address or username, in any case.

    Raises:
        NotFound: there is none.
        ActionError: the e-mail address of one is the username of another.
    """
    found = session.scalars(select(Account.id).where(is_called(name)).order_by(Account.id)).all()
    if not found:
        message = f"There is no account {name!r}, and nothing was done: `edukit users list` shows those there are."
        raise NotFound(message)
    if len(found) > 1:
        message = (
            f"{name} is the e-mail address of one account and the username of another, and nothing was done: give "
            "the other name of the one that you mean."
        )
        raise ActionError(message)
    return found[0]


def memberships(session: Session, account_id: int) -> Sequence[Membership]:
    """The users of an account who are still there, by institution."""
    query = (
        select(
            User.institution_id, Institution.name, User.id, User.role, User.name, func.coalesce(Profile.theme, "system")
        )
        .join(Institution, Institution.id == User.institution_id)
        .outerjoin(Profile, and_(Profile.institution_id == User.institution_id, Profile.user_id == User.id))
        .where(User.account_id == account_id, User.departed_at.is_(None))
        .order_by(User.institution_id, User.id)
    )
    return [Membership(*row) for row in session.execute(query).all()]


def words_about(session: Session, account_id: int) -> list[str]:
    """What others know of whoever has an account: addresses, names, institutions. A password is none of it."""
    known = (
        select(Account.email, Account.username, User.name, Profile.first_name, Profile.last_name, Institution.name)
        .outerjoin(User, User.account_id == Account.id)
        .outerjoin(Institution, Institution.id == User.institution_id)
        .outerjoin(Profile, and_(Profile.institution_id == User.institution_id, Profile.user_id == User.id))
        .where(Account.id == account_id)
    )
    return sorted({word for row in session.execute(known).all() for word in row if word})


def people(session: Session, *, institution: str | None = None, role: str | None = None) -> list[Person]:
    """Everybody, also who has left, by institution, role and name.

    Args:
        session: of a login that reads accounts.
        institution: name of the only one; None: all.
        role: the only one; None: all.
    """
    query = (
        select(
            Institution.name,
            User.id,
            User.name,
            User.role,
            Account.email,
            Account.username,
            Account.password_hash.is_not(None),
            Account.disabled_at.is_not(None),
            User.departed_at.is_not(None),
        )
        .join(Institution, Institution.id == User.institution_id)
        .outerjoin(Account, Account.id == User.account_id)
        .order_by(Institution.name, User.role, User.name, User.id)
    )
    if institution is not None:
        query = query.where(Institution.name == institution)
    if role is not None:
        query = query.where(User.role == role)
    return [Person(*row) for row in session.execute(query).all()]
