"""Accounts: who is a user of an institution, with which role, by which account and password.

An account may be a user of several institutions. What is done to it is recorded at each of them, of each of its
users there; a password is recorded nowhere, only that it was set.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_unless_there

from edukit.actions.audit import record_event
from edukit.actions.roles import expect_another_admin, expect_role, expect_without, lock_institutions
from edukit.db.ids import Ids
from edukit.db.minting import revoke_all
from edukit.errors import ActionError, NotFound
from edukit.models import Account, Student, User
from edukit.passwords import hashed, sound
from edukit.queries.accounts import account_called, memberships, words_about
from edukit.queries.people import acting_user, is_called

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from edukit.queries.accounts import Membership

LONGEST_NAME = 254
"""Characters of an e-mail address or username, and of a person's name."""


def add_user(  # noqa: PLR0913 - each is a part of the membership
    session: Session,
    *,
    institution_id: int,
    account: str,
    role: str,
    name: str | None,
    now: datetime,
    by: int | None,
) -> int:
    """Make an account, which is made where there is none, a user of an institution with a role.

    Args:
        session: the caller commits.
        institution_id: institution that they come to.
        account: its e-mail address, which has an @, or its username, which has none; in any case.
        role: student, teacher, mentor, parent, admin or analyst.
        name: name as shown; None: as the account's other users are called.
        now: when.
        by: user who adds them; None: who keeps the stores.

    Returns:
        The id of the user.

    Raises:
        NotFound: there is no such institution, or it has left.
        ActionError: an unknown role, no name, or the account has the role there.
    """
    expect_role(role)
    called = _called(account)
    lock_institutions(session, [institution_id])
    account_id = _account_of(session, called, now)
    expect_without(session, institution_id, account_id, role)
    shown = _name(name, memberships(session, account_id))
    latest = select(func.max(User.id)).where(User.institution_id == institution_id)
    user_id = _new_id(now, session.scalar(latest))
    row = {"institution_id": institution_id, "id": user_id, "created_at": now}
    session.connection().execute(insert(User).values(row | {"account_id": account_id, "role": role, "name": shown}))
    if role == "student":
        session.connection().execute(insert(Student).values(row))
    record_event(
        session,
        institution_id=institution_id,
        action="add_user",
        resource=f"users/{user_id}",
        now=now,
        by=by,
        details={"role": role},
    )
    return user_id


def set_password(session: Session, *, account_id: int, password: str, now: datetime, acting: str | None) -> None:
    """Set the password of an account, in the place of the one that it has, and sign it out everywhere.

    Args:
        session: the caller commits.
        account_id: whose it is.
        password: as it was typed.
        now: when.
        acting: e-mail address or username of the account in whose name it is done; None: who keeps the stores.

    Raises:
        NotFound: there is no such account.
        ActionError: the password may not be chosen, or who acts has no part in an institution of the account.
    """
    kept = hashed(sound(password, about=words_about(session, account_id)))
    _change_account(session, account_id, password_hash=kept)
    revoke_all(session, account_id)
    _record(session, account_id, "set_password", now, acting)


def disable_account(session: Session, *, account_id: int, now: datetime, acting: str | None) -> None:
    """Let nobody sign in by an account, and sign it out everywhere; its users and all that they did stay.

    A disabled one is left as it is.

    Args:
        session: the caller commits.
        account_id: account that is disabled.
        now: since when.
        acting: e-mail address or username of the account in whose name it is done; None: who keeps the stores.

    Raises:
        NotFound: there is no such account.
        ActionError: an institution would be left without an admin who can sign in, or who acts has no part in one.
    """
    theirs = memberships(session, account_id)
    lock_institutions(session, sorted({user.institution_id for user in theirs}))
    if _is_disabled(session, account_id):
        return
    for user in theirs:
        if user.role == "admin":
            expect_another_admin(session, user.institution_id, account_id)
    _change_account(session, account_id, disabled_at=now)
    revoke_all(session, account_id)
    _record(session, account_id, "disable_account", now, acting)


def enable_account(session: Session, *, account_id: int, now: datetime, acting: str | None) -> None:
    """Let people sign in by an account again, with the password that it had. An enabled one is left as it is.

    Args:
        session: the caller commits.
        account_id: account that is enabled.
        now: when.
        acting: e-mail address or username of the account in whose name it is done; None: who keeps the stores.

    Raises:
        NotFound: there is no such account.
        ActionError: who acts has no part in an institution of the account.
    """
    if not _is_disabled(session, account_id):
        return
    _change_account(session, account_id, disabled_at=None)
    _record(session, account_id, "enable_account", now, acting)


def sign_out(session: Session, *, account_id: int, now: datetime, acting: str | None) -> None:
    """Sign an account out everywhere: what is open sees nothing any more, and what was signed in before counts no more.

    Args:
        session: the caller commits.
        account_id: account that is signed out.
        now: when.
        acting: e-mail address or username of the account in whose name it is done; None: who keeps the stores.

    Raises:
        NotFound: there is no such account.
        ActionError: who acts has no part in an institution of the account.
    """
    # Whether it is disabled or not: it must be there.
    _is_disabled(session, account_id)
    revoke_all(session, account_id)
    _record(session, account_id, "sign_out_everywhere", now, acting)


def _called(account: str) -> str:
    """An e-mail address or username without the space around it."""
    called = account.strip()
    whole = called.isprintable() and " " not in called and 0 < len(called) <= LONGEST_NAME
    if not whole or ("@" in called and not all(called.partition("@")[::2])):
        message = (
            f"{account!r} is neither an e-mail address, such as zoe@school.example, nor a username, which has no space "
            f"and no @, of at most {LONGEST_NAME} characters: nothing was done; spell it anew."
        )
        raise ActionError(message)
    return called


def _name(name: str | None, theirs: Sequence[Membership]) -> str:
    """The name to show of a new user."""
    given = name if name is not None or not theirs else theirs[-1].name
    shown = (given or "").strip()
    if not shown or not shown.isprintable() or len(shown) > LONGEST_NAME:
        message = (
            f"A person has a name of 1 to {LONGEST_NAME} printable characters, and {given!r} is none: nothing was "
            "done; give it with --name."
        )
        raise ActionError(message)
    return shown


def _account_of(session: Session, called: str, now: datetime) -> int:
    """The account of that name, made where there is none; it stays until the transaction ends."""
    query = select(Account.id).where(is_called(called)).order_by(Account.id).with_for_update(read=True, key_share=True)
    if not session.scalars(query).all():
        column = "email" if "@" in called else "username"
        row = {"id": _new_id(now, session.scalar(select(func.max(Account.id)))), column: called, "created_at": now}
        # Somebody else may be making it just now.
        session.connection().execute(insert_unless_there(Account).values(row).on_conflict_do_nothing())
    return account_called(session, called)


def _is_disabled(session: Session, account_id: int) -> bool:
    """Whether an account is disabled, until the transaction ends."""
    query = select(Account.disabled_at).where(Account.id == account_id).with_for_update(key_share=True)
    found = session.scalars(query).all()
    if not found:
        raise NotFound(_no_account(account_id))
    return found[0] is not None


def _change_account(session: Session, account_id: int, **values: Any) -> None:
    changed = session.connection().execute(update(Account).where(Account.id == account_id).values(**values))
    if not changed.rowcount:
        raise NotFound(_no_account(account_id))


def _no_account(account_id: int) -> str:
    return f"There is no account {account_id}: nothing was done. Look for it in accounts."


def _record(session: Session, account_id: int, action: str, now: datetime, acting: str | None) -> None:
    """Record an act at each institution of an account, of each of its users."""
    for user in memberships(session, account_id):
        there, resource = user.institution_id, f"users/{user.user_id}"
        by = None if acting is None else acting_user(session, acting, there)
        record_event(session, institution_id=there, action=action, resource=resource, now=now, by=by)


def _new_id(now: datetime, latest: int | None) -> int:
    """An id of the moment, after those there are: where the clock stands still, random bits alone run out."""
    return max(int(Ids(np.random.default_rng()).take(1, now)[0]), (latest or 0) + 1)
