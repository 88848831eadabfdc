"""The demo school's doors: an account of each role, all with one password that is made for this store alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from edukit.actions.accounts import set_password
from edukit.models import Account
from edukit.models.people import ROLES
from edukit.ops.seed import DEMO_TEACHER
from edukit.passwords import invented

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

DEMO_ACCOUNTS: Final = {role: f"{role}@{DEMO_TEACHER.partition('@')[2]}" for role in ROLES}
"""The e-mail address of each role's account at the demo's first institution."""


@dataclass(frozen=True)
class DemoAccounts:
    """Addresses to sign in by, and the password of all of them: it is kept nowhere else."""

    addresses: tuple[str, ...]
    password: str = field(repr=False)

    def told(self) -> str:
        """What is printed, once."""
        return (
            f"The demo accounts {', '.join(self.addresses)} have the password {self.password}: it is told this once, "
            "and kept nowhere; `edukit users set-password` sets another."
        )


def open_demo(session: Session, *, now: datetime) -> DemoAccounts:
    """Give the account of each role at the demo's first institution one new, random password; the caller commits."""
    password = invented()
    query = select(Account.email, Account.id).where(Account.email.in_(DEMO_ACCOUNTS.values())).order_by(Account.email)
    found = session.execute(query).all()
    for row in found:
        set_password(session, account_id=row.id, password=password, now=now, acting=None)
    return DemoAccounts(tuple(str(row.email) for row in found), password)
