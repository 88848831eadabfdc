"""Who asks: found by the cookie of their session, and by nothing else that a request holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.identity import IdentityProvider, User
from tornado.web import HTTPError
from traitlets import default

from edukit.errors import StoreError

if TYPE_CHECKING:
    from datetime import datetime

    from tornado.web import RequestHandler

    from edukit.serving.door import Door
    from edukit.serving.kept_sessions import Session


@dataclass(kw_only=True)
class Visitor(User):
    """A user who has signed in: what handlers have as ``current_user``."""

    session: str
    """Name by which the server knows the session; not the word in the cookie."""
    account_id: int
    institution_id: int
    user_id: int
    role: str
    institution: str
    signed_in_at: datetime
    has_choice: bool
    """Whether the account has other users, too."""
    theme: str = "system"
    """What they want to see edukit in: light, dark, or as their system is."""


class Identity(IdentityProvider):
    """Knows whoever has signed in at the door (:mod:`edukit.serving.sign_in`); there are no tokens."""

    @default("token")
    def _no_token(self) -> str:
        return ""

    def get_token(self, handler: RequestHandler) -> str | None:  # noqa: ARG002 - as it is called
        """None, whatever stands in the address or in a header."""
        return None

    def is_token_authenticated(self, handler: RequestHandler) -> bool:  # noqa: ARG002 - as it is called
        """False: origin and XSRF token are always looked at."""
        return False

    def get_handlers(self) -> list[tuple[str, object]]:
        """None: the door's pages are the application's."""
        return []

    async def get_user(self, handler: RequestHandler) -> Visitor | None:
        """Who has signed in; None: nobody, or whoever did has not chosen yet as whom.

        Raises:
            HTTPError: 503 where that cannot be told now.
        """
        word = word_of(handler)
        if not word:
            return None
        door: Door = handler.settings["door"]
        try:
            name, found = await door.look(door.session, word)
        except StoreError as error:
            # Whoever signs in, or out, need not have been anybody.
            if getattr(handler, "is_door", False):
                return None
            raise HTTPError(503) from error
        return whose(name, found)


def whose(name: str, found: Session | None) -> Visitor | None:
    """Whose a session is, given by the server's name for it; None: nobody's, or they have not chosen yet as whom."""
    if found is None or found.institution_id is None or found.user_id is None:
        return None
    return Visitor(
        username=f"{found.institution_id}:{found.user_id}",
        name=found.name,
        session=name,
        account_id=found.account_id,
        institution_id=found.institution_id,
        user_id=found.user_id,
        role=found.role,
        institution=found.institution,
        signed_in_at=found.signed_in_at,
        has_choice=found.has_choice,
        theme=found.theme,
    )


def visitor_of(handler: RequestHandler) -> Visitor | None:
    """Who asks, as far as it is known: also of a request that is refused before that is asked."""
    # Jupyter raises where its own property is asked too early.
    found = getattr(handler, "_jupyter_current_user", None)
    return found if isinstance(found, Visitor) else None


def word_of(handler: RequestHandler) -> str:
    """The word in the cookie of a request; empty: it has none."""
    return handler.get_cookie(_cookie_name(handler)) or ""


def give_cookie(handler: RequestHandler, word: str) -> None:
    """Give the browser the word of a session, until it is closed; no script reads it, and no other site sends it."""
    handler.set_cookie(_cookie_name(handler), word, **_cookie_place(handler))


def take_cookie(handler: RequestHandler) -> None:
    """Let the browser forget the word."""
    handler.clear_cookie(_cookie_name(handler), **_cookie_place(handler))


def _cookie_name(handler: RequestHandler) -> str:
    # Cookies know no ports: two servers of one machine would take each other's.
    return re.sub("[^A-Za-z0-9]", "-", f"edukit-{handler.request.host}")


def _cookie_place(handler: RequestHandler) -> dict[str, Any]:
    is_secure = handler.request.protocol == "https"
    return {"path": handler.settings["base_url"], "httponly": True, "samesite": "Lax", "secure": is_secure}
