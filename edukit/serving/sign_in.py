"""The pages of the door: sign in, choose as whom, sign out. They need no script, and nothing of another host."""

from __future__ import annotations

import asyncio
import ipaddress
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NoReturn
from urllib.parse import quote, urlencode, urlsplit

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from markupsafe import Markup
from tornado.httputil import split_host_and_port
from tornado.web import Finish

from edukit.errors import StoreError
from edukit.serving.door import WRONG, TooManyError
from edukit.serving.identity import give_cookie, take_cookie, word_of
from edukit.serving.shell import PAGES, allowed, templates
from edukit.ui.theme import tokens

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tornado.httputil import HTTPServerRequest

    from edukit.serving.door import Door, Tried
    from edukit.serving.kept_sessions import Session

EVEN_SECONDS: Final = 0.5
"""Failures are answered at multiples of it: what was looked up and written does not show in the time."""
LONGEST_ADDRESS: Final = 2000
RETRY_SECONDS: Final = 5
SAID: Final = {
    "wrong": "That name and password do not belong together. Look for typing mistakes, or ask whoever keeps edukit "
    "at your school for a new password.",
    "wait": "There were too many tries. Come back in {wait}, or ask whoever keeps edukit at your school.",
    "busy": "Many people are signing in just now. Try again in a few seconds.",
    "away": "The database does not answer just now, so nobody can sign in. Try again in a minute.",
    "half": "You have signed out here. The database does not answer just now, so this is not recorded, and you are "
    "still signed in wherever else you were.",
    "stale": "Your browser did not prove that this comes from our own page, so nothing was done. Allow cookies, and "
    "try again.",
}
STYLE: Final = tokens() + (PAGES / "style.css").read_text(encoding="utf-8")
_POLICY: Final = "; ".join(
    [
        "default-src 'none'",
        f"style-src {allowed(STYLE)}",
        "img-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


class DoorPage(JupyterHandler):
    """What the pages of the door have in common: nobody keeps them, and they load nothing."""

    is_door = True

    @property
    def content_security_policy(self) -> str:
        """Their own style, and nothing else."""
        return _POLICY

    @property
    def door(self) -> Door:
        """What they ask."""
        door: Door = self.settings["door"]
        return door

    @property
    def wanted(self) -> str:
        """The address within the site to which somebody wants to go on."""
        return inside(self.get_argument("next", ""), self.base_url)

    @property
    def came_from(self) -> str:
        """The network address that the request has come from, as far as it is known."""
        return str(self.request.remote_ip or "unknown")

    def set_default_headers(self) -> None:
        """Nothing of them is kept, so that Back shows nothing after the sign-out."""
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")

    def write_error(self, status_code: int, **_: Any) -> None:
        """Say in plain text that the request cannot be understood."""
        self.set_header("Content-Type", "text/plain; charset=UTF-8")
        self.finish(f"{status_code} {self._reason}: nothing was done. Go back, and try again.")

    def at(self, page: str, *, wanted: str | None = None) -> str:
        """The address of a page of the door."""
        query = "" if wanted in {None, self.base_url} else "?" + urlencode({"next": wanted})
        return url_path_join(self.base_url, page) + query

    def show(self, page: str, *, status: int = 200, **values: Any) -> None:
        """Answer with a page."""
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        shared = {"style": Markup(STYLE), "xsrf": self.xsrf_token.decode(), "wanted": self.wanted, "at": self.at}  # noqa: S704 - it is our own
        found: Session | None = values.get("found")
        theme = found.theme if found else "system"
        self.finish(templates.get_template(f"{page}.html.j2").render(**shared, theme=theme, **values))

    def go(self, address: str) -> NoReturn:
        """Answer that the browser is to look elsewhere."""
        self.redirect(address, status=303)
        raise Finish

    async def session(self) -> Session | None:
        """The session of whoever asks, also of who has not chosen yet as whom.

        Raises:
            StoreError: that cannot be told now.
        """
        word = word_of(self)
        return (await self.door.look(self.door.session, word))[1] if word else None


class SignIn(DoorPage):
    """``/login``."""

    @allow_unauthenticated
    async def get(self) -> None:
        """The form; whoever has signed in is led on."""
        found = None
        with suppress(StoreError):
            found = await self.session()
        if found is not None:
            self.go(self.wanted if found.user_id is not None else self.at("account", wanted=self.wanted))
        await self.form()

    @allow_unauthenticated
    async def post(self) -> None:
        """Sign in, by a password or as one of the demo."""
        came_at = asyncio.get_running_loop().time()
        called = self.get_body_argument("account", "")
        try:
            tried = await self.door.at_work(*self._asked(called))
        except TooManyError:
            await self.form("busy", status=503, retry_after=RETRY_SECONDS)
            return
        except StoreError:
            await self.form("away", status=503, retry_after=RETRY_SECONDS, called=called)
            return
        if tried.word is None:
            await self._refuse(tried, called, came_at)
            return
        await self._end_earlier()
        give_cookie(self, tried.word)
        self.go(self.at("account", wanted=self.wanted) if tried.has_choice else self.wanted)

    async def form(self, said: str | None = None, *, status: int = 200, called: str = "", **more: int) -> None:
        """The form, with what went wrong."""
        if "retry_after" in more:
            self.set_header("Retry-After", more["retry_after"])
        told = SAID[said].format(wait=_told_time(more.get("retry_after", 0))) if said else None
        self.show("sign_in", status=status, told=told, called=called, roles=await self._demo_roles())

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """What is refused before it is read comes from a form that is too old, or from elsewhere."""
        if status_code in {403, 404}:
            self.show("sign_in", status=403, told=SAID["stale"], called="", roles=[])
        else:
            super().write_error(status_code, **kwargs)

    def _asked(self, called: str) -> tuple[Any, ...]:
        role = self.get_body_argument("demo", "")
        if role and may_try_demo(self.request, self.door):
            return self.door.try_demo, role, self.came_from
        password = self.get_body_argument("password", "", strip=False)
        return self.door.try_password, called, password, self.came_from

    async def _refuse(self, tried: Tried, called: str, came_at: float) -> None:
        took = asyncio.get_running_loop().time() - came_at
        await asyncio.sleep(EVEN_SECONDS - took % EVEN_SECONDS)
        if tried == WRONG:
            await self.form("wrong", status=403, called=called)
        else:
            await self.form("wait", status=429, called=called, retry_after=tried.wait_seconds)

    async def _end_earlier(self) -> None:
        """Whoever signs in anew goes on by the new session alone."""
        if word_of(self):
            await self.door.look(self.door.forget, word_of(self))

    async def _demo_roles(self) -> list[str]:
        if not may_try_demo(self.request, self.door):
            return []
        try:
            return await self.door.look(self.door.demo_roles)
        except StoreError:
            return []


class Account(DoorPage):
    """``/account``: who has signed in, as whom they go on, and the way out."""

    @allow_unauthenticated
    async def get(self) -> None:
        """The users of the account, one of whom may be chosen."""
        found = await self._signed_in()
        self.show("account", found=found, users=await self._ask(self.door.users_of, found.account_id))

    @allow_unauthenticated
    async def post(self) -> None:
        """Go on as the one that was chosen."""
        found = await self._signed_in()
        institution_id, _, user_id = self.get_body_argument("user", "").partition(":")
        if not (institution_id.isdecimal() and user_id.isdecimal()):
            self.go(self.at("account", wanted=self.wanted))
        word = await self._ask(self.door.choose, word_of(self), found, int(institution_id), int(user_id))
        if word is None:
            self.go(self.at("account", wanted=self.wanted))
        give_cookie(self, word)
        self.go(self.wanted)

    async def _signed_in(self) -> Session:
        found: Session | None = await self._answer(self.session())
        if found is None:
            self.go(self.at("login", wanted=self.wanted))
        return found

    async def _ask(self, do: Callable[..., Any], *args: object) -> Any:
        return await self._answer(self.door.look(do, *args))

    async def _answer(self, asked: Awaitable[Any]) -> Any:
        try:
            return await asked
        except StoreError:
            self.show("told", status=503, told=SAID["away"])
            raise Finish from None


class SignOut(DoorPage):
    """``/logout``."""

    @allow_unauthenticated
    async def post(self) -> None:
        """Sign out here, or wherever the account has signed in."""
        is_everywhere = bool(self.get_body_argument("everywhere", ""))
        do = self.door.leave_everywhere if is_everywhere else self.door.leave
        try:
            await self.door.look(do, word_of(self), self.came_from)
        except StoreError:
            take_cookie(self)
            self.show("told", status=503, told=SAID["half"])
            return
        take_cookie(self)
        self.go(self.at("login"))


def inside(wanted: str, base_url: str) -> str:
    """An address of the site that somebody wants to go on to; whatever could lead elsewhere leads to the first page.

    >>> inside("/voila/render/home.ipynb?class=4", "/"), inside("//host/", "/"), inside("https://host/", "/")
    ('/voila/render/home.ipynb?class=4', '/', '/')
    """
    path = wanted.partition("?")[0].partition("#")[0]
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return base_url
    is_inside = (
        len(wanted) <= LONGEST_ADDRESS
        and wanted.isprintable()
        and " " not in wanted
        and "\\" not in wanted
        and "//" not in path
        and path.startswith(base_url)
        and not (parts.scheme or parts.netloc)
    )
    return quote(wanted, safe="/?&=#%:+,;@!$'()*~-._") if is_inside else base_url


def may_try_demo(request: HTTPServerRequest, door: Door) -> bool:
    """Whether whoever asks may try the demo without a password: at this machine, or where it is for everybody."""
    if door.shows_demo:
        return True
    is_passed_on = door.is_behind_proxy or any("forwarded" in name.lower() for name in request.headers)
    host = split_host_and_port(request.host)[0].strip("[]").lower()
    return not is_passed_on and host in {"localhost", "127.0.0.1", "::1"} and _is_loopback(request.remote_ip)


def _is_loopback(address: str | None) -> bool:
    try:
        return ipaddress.ip_address(address or "").is_loopback
    except ValueError:
        return False


def _told_time(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return f"{seconds} seconds" if seconds < 60 else "a minute" if minutes == 1 else f"{minutes} minutes"  # noqa: PLR2004 - a minute
