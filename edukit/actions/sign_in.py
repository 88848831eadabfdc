"""Sign-in: what it leaves in the audit trail, and a hash of today in the place of an old one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from edukit.actions.audit import record_event
from edukit.models import Account
from edukit.passwords import hashed, is_outdated
from edukit.queries.accounts import memberships

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from edukit.queries.accounts import Membership


def record_sign_in(session: Session, user: Membership, *, address: str, now: datetime) -> None:
    """Record that somebody has come in as a user; the caller commits."""
    _record(session, user.institution_id, user.user_id, "sign_in", address=address, now=now, by=user.user_id)


def record_sign_out(session: Session, *, institution_id: int, user_id: int, address: str, now: datetime) -> None:
    """Record that a user has gone; the caller commits."""
    _record(session, institution_id, user_id, "sign_out", address=address, now=now, by=user_id)


def record_failure(session: Session, *, account_id: int, address: str, now: datetime) -> None:
    """Record at each of its institutions that somebody did not come in by an account; the caller commits."""
    # Of whom it was nothing is known.
    for user in memberships(session, account_id):
        _record(session, user.institution_id, user.user_id, "sign_in_failed", address=address, now=now, by=None)


def renew_hash(session: Session, *, account_id: int, kept: str, password: str) -> None:
    """Keep a hash of today's costs of a password that was right, unless it has that; the caller commits."""
    if is_outdated(kept):
        same = update(Account).where(Account.id == account_id, Account.password_hash == kept)
        session.connection().execute(same.values(password_hash=hashed(password)))


def _record(  # noqa: PLR0913 - each is a part of the act
    session: Session, institution_id: int, user_id: int, action: str, *, address: str, now: datetime, by: int | None
) -> None:
    record_event(
        session,
        institution_id=institution_id,
        action=action,
        resource=f"users/{user_id}",
        now=now,
        by=by,
        details={"address": address},
    )
