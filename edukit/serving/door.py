"""The door: what is asked of the stores when somebody comes in or goes. It waits, so handlers run it in threads."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from edukit.actions import accounts
from edukit.actions.profiles import choose_theme
from edukit.actions.sign_in import record_failure, record_sign_in, record_sign_out, renew_hash
from edukit.db.session import session_for
from edukit.ops.demo_accounts import DEMO_ACCOUNTS
from edukit.ops.prepare import application
from edukit.passwords import is_right
from edukit.queries.accounts import memberships
from edukit.queries.sign_in import WayIn, enabled_among, is_enabled, moment_of, names_of_accounts, way_in
from edukit.serving.kept_sessions import Session
from edukit.serving.limits import Limits
from edukit.serving.sessions import name_of, sessions_in

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from edukit.db.session import Viewer
    from edukit.ops.stores import Stores
    from edukit.queries.accounts import Membership
    from edukit.serving.identity import Visitor
    from edukit.serving.sessions import Sessions
    from edukit.settings import Settings

    T = TypeVar("T")

MOST_WAITING: Final = 64
"""Sign-ins that may be under way at once; whoever comes then is asked to come again."""
WORKERS: Final = 4
LONGEST_TYPED: Final = 300
"""Characters of a name or password that are looked at; none that is right is longer."""
_log = logging.getLogger(__name__)


class TooManyError(Exception):
    """More sign-ins are under way than are served at once."""


@dataclass(frozen=True)
class Tried:
    """How a try to sign in ended: by the word of a session, by being wrong, or by having to wait."""

    word: str | None = field(default=None, repr=False)
    has_choice: bool = False
    wait_seconds: int = 0


WRONG: Final = Tried()


class Door:
    """Lets people in, and out.

    Args:
        viewer: the application's login.
        sessions: where who has come in is kept.
        limits: who has to wait.
        is_behind_proxy: whether a proxy stands before the server, and tells where people come from.
        shows_demo: whether whoever comes may try the demo's accounts without a password; else only at this machine.
    """

    def __init__(
        self,
        viewer: Viewer,
        sessions: Sessions,
        limits: Limits,
        *,
        is_behind_proxy: bool = False,
        shows_demo: bool = False,
    ) -> None:
        self.sessions, self.is_behind_proxy, self.shows_demo = sessions, is_behind_proxy, shows_demo
        self._viewer, self._limits = viewer, limits
        self._waiting = 0
        self._workers = ThreadPoolExecutor(WORKERS, "edukit sign-in")
        # Who has come in does not wait for those who come.
        self._lookers = ThreadPoolExecutor(WORKERS, "edukit sessions")

    async def at_work(self, do: Callable[..., T], *args: object) -> T:
        """What a sign-in gives, in its turn.

        Raises:
            TooManyError: too many wait already.
        """
        if self._waiting >= MOST_WAITING:
            raise TooManyError
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._workers, do, *args)
        finally:
            self._waiting -= 1

    async def look(self, do: Callable[..., T], *args: object) -> T:
        """What something quick gives."""
        return await asyncio.get_running_loop().run_in_executor(self._lookers, do, *args)

    def session(self, word: str) -> tuple[str, Session | None]:
        """The name and the session of a cookie's word, which lasts on from now; None: it has ended, or is none.

        Raises:
            StoreError: that cannot be told now.
        """
        name = name_of(word)
        found = self.sessions.get(name)
        if found is not None:
            self.sessions.touch(name)
        return name, found

    def forget(self, word: str) -> None:
        """End the session of a cookie's word, if there is one, in whose place another has begun."""
        # Not asked first: one that cannot be told now may be open.
        self.sessions.end(name_of(word))

    def try_password(self, called: str, password: str, address: str) -> Tried:
        """Sign in by a password: it takes the same work whether there is such an account or not.

        Raises:
            StoreError: the database does not answer.
        """
        called, password = called.strip()[:LONGEST_TYPED], password[:LONGEST_TYPED]
        wait = self._limits.begin(called, address)
        if wait:
            return Tried(wait_seconds=wait)
        try:
            tried = self._checked(called, password, address)
        except BaseException:
            self._limits.end(called, address, failed=False)
            raise
        self._limits.end(called, address, failed=tried == WRONG)
        return tried

    def try_demo(self, role: str, address: str) -> Tried:
        """Sign in by the demo's account of a role, if it is there.

        Raises:
            StoreError: the database does not answer.
        """
        if role not in self.demo_roles():
            return WRONG
        with session_for(self._viewer) as session:
            found = way_in(session, DEMO_ACCOUNTS[role])
        return self._let_in(found, address) if found else WRONG

    def demo_roles(self) -> list[str]:
        """Roles of the demo whose accounts are there.

        Raises:
            StoreError: the database does not answer.
        """
        with session_for(self._viewer) as session:
            there = enabled_among(session, list(DEMO_ACCOUNTS.values()))
        return [role for role, account in DEMO_ACCOUNTS.items() if account in there]

    def users_of(self, account_id: int) -> Sequence[Membership]:
        """Whom an account may be.

        Raises:
            StoreError: the database does not answer.
        """
        with session_for(self._viewer) as session:
            return memberships(session, account_id) if is_enabled(session, account_id) else []

    def choose(self, word: str, chosen: Session, institution_id: int, user_id: int) -> str | None:
        """Go on as another user of the account, in a session of its own; None: the account has no such user.

        Raises:
            StoreError: the database does not answer.
        """
        with session_for(self._viewer) as session:
            users = memberships(session, chosen.account_id) if is_enabled(session, chosen.account_id) else []
            found = [user for user in users if (user.institution_id, user.user_id) == (institution_id, user_id)]
            if not found or self._limits.enter(str(chosen.account_id)):
                return None
            record_sign_in(session, found[0], address=chosen.address, now=_now())
        # What the earlier one opened ends with it.
        self.sessions.end(name_of(word))
        return self.sessions.begin(_as_user(chosen, found[0], has_choice=len(users) > 1))

    def show_in(self, theme: str, visitor: Visitor) -> None:
        """Let a visitor see edukit in a theme from now on, wherever they have signed in as this user.

        Raises:
            ActionError: there is no such theme, or they have left.
            StoreError: the database does not answer.
        """
        user = (visitor.institution_id, visitor.user_id)
        with session_for(self._viewer) as session:
            choose_theme(session, institution_id=user[0], user_id=user[1], theme=theme)
        self.sessions.show_in(theme, visitor.account_id, user)

    def leave(self, word: str, address: str) -> None:
        """Sign out.

        Raises:
            StoreError: a store does not answer; the session has ended, and that is not recorded.
        """
        found = self._ended(name_of(word))
        if found is not None and found.institution_id is not None and found.user_id is not None:
            user = {"institution_id": found.institution_id, "user_id": found.user_id}
            with session_for(self._viewer) as session:
                record_sign_out(session, **user, address=address, now=_now())

    def leave_everywhere(self, word: str, _address: str) -> None:
        """Sign out wherever the account has signed in.

        Raises:
            StoreError: a store does not answer; this session alone has ended.
        """
        found = self._ended(name_of(word))
        if found is not None:
            with session_for(self._viewer) as session:
                acting = names_of_accounts(session, [found.account_id])[found.account_id]
                accounts.sign_out(session, account_id=found.account_id, now=_now(), acting=acting)
            self.sessions.end_all(found.account_id)

    def _ended(self, name: str) -> Session | None:
        """The session of that name, which ends in any case; None: there is none, or it had ended."""
        try:
            return self.sessions.get(name)
        finally:
            self.sessions.end(name)

    def _checked(self, called: str, password: str, address: str) -> Tried:
        with session_for(self._viewer) as session:
            found = way_in(session, called)
        # No connection is held while it is at work.
        if is_right(password, found.password_hash if found else None) and found is not None:
            return self._let_in(found, address, password)
        if found is None:
            _log.warning("Somebody at %s tried to sign in by an account that is not there.", address)
        else:
            with session_for(self._viewer) as session:
                record_failure(session, account_id=found.account_id, address=address, now=_now())
        return WRONG

    def _let_in(self, found: WayIn, address: str, password: str | None = None) -> Tried:
        """Begin a session of an account; wrong, if it has been disabled meanwhile or is nobody's."""
        wait = self._limits.enter(str(found.account_id))
        if wait:
            return Tried(wait_seconds=wait)
        with session_for(self._viewer) as session:
            is_open = is_enabled(session, found.account_id, password_hash=found.password_hash)
            users = memberships(session, found.account_id) if is_open else []
            if not users:
                return WRONG
            # By the clock that signs out, which waits until this is over.
            now = moment_of(session)
            if password is not None and found.password_hash is not None:
                renew_hash(session, account_id=found.account_id, kept=found.password_hash, password=password)
            if len(users) == 1:
                record_sign_in(session, users[0], address=address, now=now)
        come = Session(found.account_id, now, address, has_choice=len(users) > 1)
        begun = come if come.has_choice else _as_user(come, users[0], has_choice=False)
        return Tried(self.sessions.begin(begun), come.has_choice)


def door(stores: Stores, settings: Settings) -> Door:
    """The door of a server of dashboards on the stores."""
    return Door(
        application(stores),
        sessions_in(stores, settings),
        Limits(stores.redis_url),
        is_behind_proxy=settings.behind_proxy,
        shows_demo=settings.open_demo,
    )


def _as_user(come: Session, user: Membership, *, has_choice: bool) -> Session:
    return replace(
        come,
        institution_id=user.institution_id,
        user_id=user.user_id,
        role=user.role,
        name=user.name,
        institution=user.institution,
        has_choice=has_choice,
        theme=user.theme,
    )


def _now() -> datetime:
    # Not the moment that pages are shown as of, which may stand still: who comes in now has come in now.
    return datetime.now(UTC)
