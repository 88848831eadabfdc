"""What who keeps the stores does with sign-ins: lists them, and ends them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from edukit.actions import accounts
from edukit.db.session import session_for
from edukit.errors import NotFound, StoreError
from edukit.ops.prepare import application
from edukit.queries.accounts import account_called
from edukit.queries.sign_in import names_of_accounts
from edukit.serving.sessions import sessions_in

if TYPE_CHECKING:
    from edukit.ops.stores import Stores
    from edukit.settings import Settings


@dataclass(frozen=True)
class SignIn:
    """A sign-in that lasts; ``name`` and what follows is None where it is not chosen yet as whom."""

    account: str
    signed_in_at: datetime
    seen_at: datetime
    address: str
    name: str | None
    role: str | None
    institution: str | None


def sign_ins(stores: Stores, settings: Settings, account: str | None) -> list[SignIn]:
    """The sign-ins of an account that last, or all; those seen last come first.

    Raises:
        NotFound: there is no such account.
        StoreError: Redis does not answer.
    """
    with session_for(application(stores)) as session:
        account_id = None if account is None else account_called(session, account)
        found = sessions_in(stores, settings).of_accounts(account_id)
        if found is None:
            message = "Redis does not answer, and nothing else knows who is signed in: see `edukit doctor`."
            raise StoreError(message)
        names = names_of_accounts(session, {seen.session.account_id for seen in found})
    return [
        SignIn(
            account=names.get(one.account_id, str(one.account_id)),
            signed_in_at=one.signed_in_at,
            seen_at=seen.seen_at,
            address=one.address,
            name=one.name or None,
            role=one.role or None,
            institution=one.institution or None,
        )
        for seen in found
        for one in (seen.session,)
    ]


def revoke(stores: Stores, settings: Settings, account: str) -> str:
    """Sign an account out everywhere; a sentence on what holds then.

    Raises:
        NotFound: there is no such account.
        ActionError: who acts has no part in an institution of the account.
    """
    with session_for(application(stores)) as session:
        account_id = account_called(session, account)
        # The clock's moment, also where pages are shown as of another: what was signed in until now ends.
        accounts.sign_out(session, account_id=account_id, now=datetime.now(UTC), acting=settings.user)
    if sessions_in(stores, settings).end_all(account_id):
        return f"{account} is signed out everywhere; whoever knows the password may sign in again."
    return (
        f"{account} is signed out everywhere as far as the database goes, which lets in nobody who signed in before; "
        "Redis does not answer, so pages may say until it is back that somebody is signed in."
    )


def end_sign_ins(stores: Stores, settings: Settings, account: str) -> None:
    """End the sign-ins of an account to which something was done by which the database has ended them already."""
    try:
        with session_for(application(stores)) as session:
            account_id = account_called(session, account)
    except NotFound:
        return
    sessions_in(stores, settings).end_all(account_id)
