"""Who keeps the machine looks: with a login that is minted for them, as anybody's is."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from edukit.actions.audit import record_event
from edukit.db.minting import mint, revoke
from edukit.db.session import session_for
from edukit.errors import NotFound
from edukit.models import Institution
from edukit.ops.prepare import application
from edukit.queries.accounts import account_called, memberships

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from edukit.db.minting import Login
    from edukit.ops.stores import Stores
    from edukit.settings import Settings

A_DAY = timedelta(days=1)


@contextmanager
def looking(stores: Stores, settings: Settings, *, lives: timedelta = A_DAY) -> Iterator[Login]:
    """A login for as long as the block lasts: as the user of ``EDUKIT_USER``, else as an analyst.

    Args:
        stores: running and migrated.
        settings: their ``user``, ``institution`` and ``names``.
        lives: how long it looks, unless it is renewed; a day at most.

    Raises:
        NotFound: there is no such institution or account, or it is not told which of several.
    """
    app = application(stores)
    with session_for(app) as session:
        institution_id, user_id = _who(session, settings)
        names = settings.names and user_id is None
        login = mint(
            session,
            institution_id=institution_id,
            user_id=user_id,
            names=names,
            database_url=stores.database_url,
            lives=lives,
        )
        if names:
            _record(session, institution_id, settings.now)
    try:
        yield login
    finally:
        with session_for(app) as session:
            revoke(session, login.name)


def _who(session: Session, settings: Settings) -> tuple[int, int | None]:
    """The institution, and the user of it."""
    if settings.user is None:
        return _institution(session, settings.institution), None
    theirs = [
        user
        for user in memberships(session, account_called(session, settings.user))
        if settings.institution in {None, user.institution}
    ]
    if len(theirs) == 1:
        return theirs[0].institution_id, theirs[0].user_id
    of = ", ".join(f"{user.role} of {user.institution}" for user in theirs) or "nobody there"
    message = f"EDUKIT_USER is {settings.user}, who is {of}: choose one institution with EDUKIT_INSTITUTION."
    raise NotFound(message)


def _institution(session: Session, name: str | None) -> int:
    here = session.execute(select(Institution.id, Institution.name).where(Institution.closed_at.is_(None)))
    named = {row.name: int(row.id) for row in here}
    if not named:
        message = (
            "There is no institution yet: `edukit seed` makes a demo school and `edukit load` reads your own data."
        )
        raise NotFound(message)
    if name is None and len(named) == 1:
        return next(iter(named.values()))
    if name not in named:
        told = "is not told" if name is None else f"is {name!r}"
        message = f"EDUKIT_INSTITUTION {told}, and is the name of one of {', '.join(sorted(named))}: choose one."
        raise NotFound(message)
    return named[name]


def _record(session: Session, institution_id: int, now: datetime) -> None:
    record_event(session, institution_id=institution_id, action="read_names", resource=None, now=now, by=None)
