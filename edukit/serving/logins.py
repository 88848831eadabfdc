"""Logins of those whose pages are open: minted, renewed and ended as the application."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from edukit.db.minting import mint, renew, revoke
from edukit.db.session import Viewer, let_go, session_for
from edukit.errors import StoreError
from edukit.ops.prepare import application
from edukit.serving.redis_login import drop_login, make_login

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from edukit.db.minting import Login
    from edukit.ops.stores import Stores
    from edukit.serving.identity import Visitor

WHO: Final = text("""
    SELECT CASE WHEN v.role = 'analyst' AND v.reads_names THEN 'namedanalyst' ELSE v.role END AS role,
        ARRAY(SELECT t.class_id FROM class_teachers t
            WHERE t.institution_id = v.institution_id AND t.teacher_id = v.user_id) AS classes
    FROM viewers v WHERE v.login = :login""")
"""As what a login looks, whatever the visitor was when they signed in, and which classes they teach.

An analyst who reads names finds nothing of what was kept for them while they did not, and the other way round.
"""
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Minted:
    """A login, and whose it is: what Redis is to know of them."""

    login: Login
    institution_id: int
    user_id: int
    role: str
    classes: list[int]


class Logins:
    """Mints for a visitor, renews and revokes. Every call waits for the stores.

    Args:
        stores: running and migrated.
    """

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self._app = application(stores)

    def mint(self, visitor: Visitor) -> Minted:
        """A login that sees what the visitor may see.

        Raises:
            ActionError: the visitor has left, or was signed out since, or the account is disabled.
            StoreError: PostgreSQL does not answer.
        """
        with session_for(self._app) as session:
            login = mint(
                session,
                institution_id=visitor.institution_id,
                user_id=visitor.user_id,
                signed_in_at=visitor.signed_in_at,
                database_url=self._stores.database_url,
            )
            who = session.execute(WHO, {"login": login.name}).one()
        return Minted(login, visitor.institution_id, visitor.user_id, who.role, who.classes)

    @contextmanager
    def looking(self, visitor: Visitor) -> Iterator[Session]:
        """A session that sees what the visitor may see, by a login that ends with it.

        Raises:
            ActionError: the visitor has left, or was signed out since, or the account is disabled.
            SignedOut: they are meanwhile.
            StoreError: PostgreSQL does not answer.
        """
        login = self.mint(visitor).login
        viewer = Viewer(login.database_url)
        try:
            with session_for(viewer) as session:
                yield session
        finally:
            let_go(viewer)
            self._end(login.name)

    def environment(self, minted: Minted) -> dict[str, str]:
        """The variables by which a kernel finds the stores, each by a login of its own."""
        redis_url = make_login(
            self._stores,
            minted.login.name,
            institution_id=minted.institution_id,
            user_id=minted.user_id,
            role=minted.role,
            classes=minted.classes,
        )
        cached = {"EDUKIT_VIEWER_REDIS_URL": redis_url} if redis_url else {}
        return {"EDUKIT_VIEWER_URL": minted.login.database_url, **cached}

    def renew(self, name: str) -> bool:
        """Let a login live on; False: it has ended.

        Raises:
            StoreError: PostgreSQL does not answer.
        """
        with session_for(self._app) as session:
            return renew(session, name)

    def revoke(self, name: str) -> None:
        """End a login of both stores, now. While PostgreSQL is away nobody looks, and the login ends by itself."""
        drop_login(self._stores, name)
        self._end(name)

    def _end(self, name: str) -> None:
        try:
            with session_for(self._app) as session:
                revoke(session, name)
        except (StoreError, SQLAlchemyError) as error:
            _log.warning("The login %s is not revoked, and ends by itself: %s", name, type(error).__name__)
