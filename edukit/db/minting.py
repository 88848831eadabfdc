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
from sqlalchemy import func, select
from sqlalchemy.exc import DataError

from edukit.db.session import driver_url
from edukit.errors import ActionError

if TYPE_CHECKING:
    import psycopg
    from sqlalchemy.orm import Session

LIVES = timedelta(minutes=15)
"""How long a login sees anything, unless it is renewed."""
FORGOTTEN = timedelta(hours=1)
"""How long after its end a login is dropped."""
PASSWORD_BYTES = 32


@dataclass(frozen=True)
class Login:
    """A login of the database that looks as one user."""

    name: str
    database_url: str = field(repr=False)


def mint(
    session: Session, *, institution_id: int, user_id: int | None, database_url: str, lives: timedelta = LIVES
) -> Login:
    """Make a login that sees what a user may see, for a while.

    Args:
        session: of the application; the caller commits, and then it can be used.
        institution_id: institution of the user.
        user_id: who looks; None: whoever keeps the machine, as an analyst of the institution.
        database_url: any address of the database.
        lives: how long; a day at most.

    Raises:
        ActionError: there is no such user, or they have left.
    """
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    try:
        name = session.scalar(select(func.mint_viewer(institution_id, user_id, _verifier(session, password), lives)))
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


def forget(session: Session, *, ended: timedelta = FORGOTTEN) -> int:
    """Drop the logins that ended so long ago; how many."""
    return int(session.scalar(select(func.forget_viewers(ended))) or 0)


def _verifier(session: Session, password: str) -> str:
    """What the server keeps of a password: with it nobody can sign in."""
    driver: psycopg.Connection[Any] = session.connection().connection.driver_connection  # type: ignore[assignment]
    return driver.pgconn.encrypt_password(password.encode(), b"", b"scram-sha-256").decode()
