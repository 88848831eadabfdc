"""Sign-in: what is kept of a password, and which accounts of the demo are there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import DateTime, case, func, select

from edukit.models import Account
from edukit.queries.people import is_called

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session


class WayIn(NamedTuple):
    """An account, and the hash that its password must have; None: nobody comes in by it."""

    account_id: int
    password_hash: str | None


def way_in(session: Session, called: str) -> WayIn | None:
    """The account of an e-mail address or username, in any case; None: there is none, or it is not clear which."""
    open_hash = case((Account.disabled_at.is_(None), Account.password_hash))
    found = session.execute(select(Account.id, open_hash).where(is_called(called))).all()
    return WayIn(*found[0]) if len(found) == 1 else None


def is_enabled(session: Session, account_id: int, *, password_hash: str | None = None) -> bool:
    """Whether somebody may come in by an account, with a password of that hash, until the transaction ends."""
    enabled = select(Account.id).where(Account.id == account_id, Account.disabled_at.is_(None))
    if password_hash is not None:
        enabled = enabled.where(Account.password_hash == password_hash)
    return session.scalar(enabled.with_for_update(read=True)) is not None


def moment_of(session: Session) -> datetime:
    """The moment by the database's own clock."""
    return session.scalars(select(func.clock_timestamp(type_=DateTime(timezone=True)))).one()


def enabled_among(session: Session, addresses: Sequence[str]) -> list[str]:
    """Those e-mail addresses that have an account by which somebody may come in, in the order given."""
    query = select(func.lower(Account.email)).where(Account.email.in_(addresses), Account.disabled_at.is_(None))
    found = set(session.scalars(query).all())
    return [address for address in addresses if address in found]


def names_of_accounts(session: Session, account_ids: Collection[int]) -> dict[int, str]:
    """The e-mail address, or else the username, of each account."""
    query = select(Account.id, func.coalesce(Account.email, Account.username)).where(Account.id.in_(account_ids))
    return {row[0]: row[1] for row in session.execute(query).all()}
