"""Minted logins: who is looking, as a short-lived login of the database itself.

What a login sees is decided by policies that ask for ``session_user`` and for nothing that its holder could set. It is
made by functions of the database that only the application may call (``mint_viewer`` and its neighbours, in the
migrations), so that whoever serves pages needs no right to make roles.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from psycopg.errors import InvalidParameterValue
from sqlalchemy import func, select, text
from sqlalchemy.exc import DataError

from edukit.db.session import driver_url
from edukit.errors import ActionError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import psycopg
    from sqlalchemy.orm import Session

LIVES = timedelta(minutes=15)
"""How long a login sees anything, unless it is renewed."""
FORGOTTEN = timedelta(hours=1)
"""How long after its end a login is dropped."""
LONGEST = timedelta(minutes=2)
"""How long a statement or a transaction of a viewer may take."""
PASSWORD_BYTES = 32
_REVOKE_USERS = text("""
    SELECT count(revoke_viewer(login)) FROM viewers
    WHERE institution_id = :institution_id AND revoked_at IS NULL
        AND (user_id = ANY (:user_ids) OR CAST(:user_ids AS bigint[]) IS NULL)""")
_SIGN_OUT = text("UPDATE accounts SET signed_out_at = clock_timestamp() WHERE id = :account_id")
_REVOKE_ALL = text("""
    SELECT count(revoke_viewer(v.login)) FROM viewers v
    JOIN users u ON u.institution_id = v.institution_id AND u.id = v.user_id
    WHERE u.account_id = :account_id AND v.revoked_at IS NULL""")


@dataclass(frozen=True)
class Login:
    """A login of the database that looks as one user."""

    name: str
    database_url: str = field(repr=False)


def mint(  # noqa: PLR0913 - each says who looks
    session: Session,
    *,
    institution_id: int,
    user_id: int | None,
    database_url: str,
    signed_in_at: datetime | None = None,
    names: bool = False,
    lives: timedelta = LIVES,
) -> Login:
    """Make a login that sees what a user may see, for a while.

    Args:
        session: of the application; the caller commits, and then it can be used.
        institution_id: institution of the user.
        user_id: who looks; None: whoever keeps the machine, as an analyst of the institution.
        database_url: any address of the database.
        signed_in_at: when they signed in; None: whoever keeps the machine vouches for them.
        names: whether whoever keeps the machine reads names, and not pseudonyms; of a user, what they were granted
            counts.
        lives: how long; a day at most.

    Raises:
        ActionError: there is no such user, they have left, their account is disabled or was signed out since.
    """
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    who = (institution_id, user_id, signed_in_at, names)
    try:
        name = session.scalar(select(func.mint_viewer(*who, _verifier(session, password), lives)))
    except DataError as error:
        if isinstance(error.orig, InvalidParameterValue):
            raise ActionError(str(error.orig).splitlines()[0]) from None
        raise
    url = driver_url(database_url).set(drivername="postgresql", username=name, password=password)
    return Login(str(name), url.render_as_string(hide_password=False))


def renew(session: Session, name: str, *, lives: timedelta = LIVES) -> bool:
    """Let a login live on from now; False: it has ended."""
    return bool(session.scalar(select(func.renew_viewer(name, lives))))


def revoke(session: Session, name: str) -> None:
    """End a login, and its connections with it, now."""
    session.execute(select(func.revoke_viewer(name)))


def revoke_users(session: Session, institution_id: int, user_ids: Sequence[int] | None) -> int:
    """End the logins of users of an institution, or all of it, and their connections with them; how many."""
    users = {"institution_id": institution_id, "user_ids": None if user_ids is None else list(user_ids)}
    return int(session.scalar(_REVOKE_USERS, users) or 0)


def revoke_all(session: Session, account_id: int) -> int:
    """Sign an account out: what was signed in before counts no more, and its users' logins end now; how many."""
    session.execute(_SIGN_OUT, {"account_id": account_id})
    return int(session.scalar(_REVOKE_ALL, {"account_id": account_id}) or 0)


def end_overstayed(session: Session, *, longest: timedelta = LONGEST) -> int:
    """End the connections of logins that have ended, and those whose work takes longer than viewers may; how many."""
    return int(session.scalar(select(func.end_overstayed(longest))) or 0)


def forget(session: Session, *, ended: timedelta = FORGOTTEN) -> int:
    """Drop the logins that ended so long ago; how many."""
    return int(session.scalar(select(func.forget_viewers(ended))) or 0)


def _verifier(session: Session, password: str) -> str:
    """What the server keeps of a password: with it nobody can sign in."""
    driver: psycopg.Connection[Any] = session.connection().connection.driver_connection  # type: ignore[assignment]
    return driver.pgconn.encrypt_password(password.encode(), b"", b"scram-sha-256").decode()
