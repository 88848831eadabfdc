"""Kernels: each is its opener's alone, and looks by a login that was minted for them.

A kernel's environment is made from short lists of names. Its login lives for as long as its visitor's session and the
kernel itself do: renewed every minute, revoked when either ends.
"""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.session import Session
from jupyter_server.base.call_context import CallContext
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.ioloop import IOLoop
from tornado.web import HTTPError
from traitlets import Float

from edukit.errors import ActionError, StoreError
from edukit.serving.channels import CULLED, ENDED, leave
from edukit.serving.environment import OF_PYTHON, OF_REQUEST, kept
from edukit.serving.identity import Visitor
from edukit.serving.logins import Logins
from edukit.serving.provisioner import ForkServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from edukit.serving.logins import Minted

    T = TypeVar("T")

AT_ONCE = 4
"""Calls that wait for the stores at once."""
KEEP_SECONDS = 30.0
LEFT_SECONDS = 60.0
ASK_AGAIN_SECONDS = 0.5
LOOK_SECONDS = 0.002
CHANNELS = ("iopub", "shell", "control", "stdin")
READY_SECONDS = 60.0
_log = logging.getLogger(__name__)


@dataclass
class Opened:
    """Whose a kernel is, and by which login it looks."""

    session: str
    login: str
    has_heard: bool = False
    """Whether its page has said anything since the session was last touched."""
    has_ended: bool = False
    """Whether its login has."""
    left_at: float = inf
    """When its page was last seen to be open, on the monotonic clock; while it starts, nobody can have left it."""
    has_died: bool = False
    """Whether its process is gone, although nobody ended it."""


class PromptClient(AsyncKernelClient):
    """Knows that a kernel is ready by its answer, where jupyter_client's own waits for 0.2 s of silence after it."""

    async def wait_for_ready(self, timeout: float | None = None) -> None:  # noqa: ASYNC109 - it is jupyter_client's
        """Wait until the kernel has answered and what it says of that is heard.

        Raises:
            RuntimeError: it has died, or takes too long.
        """
        until = time.monotonic() + (timeout or READY_SECONDS)
        while not await self._answers():
            if not await self._async_is_alive():
                message = "Kernel died before replying to kernel_info"
                raise RuntimeError(message)
            if time.monotonic() > until:
                message = "The kernel does not answer."
                raise RuntimeError(message)

    async def _answers(self) -> bool:
        """Ask it once: whether it answers on both channels within a second."""
        asked = self.kernel_info()
        try:
            async with asyncio.timeout(ASK_AGAIN_SECONDS):
                while (reply := await self.shell_channel.get_msg())["parent_header"].get("msg_id") != asked:
                    pass
                self._handle_kernel_info_reply(reply)
                while True:
                    told = await self.iopub_channel.get_msg()
                    is_state = told["msg_type"] == "status" and told["parent_header"].get("msg_id") == asked
                    if is_state and told["content"]["execution_state"] == "idle":
                        return True
        except TimeoutError:
            return False


class Kernels(AsyncMappingKernelManager):
    """The kernels of all visitors.

    Its parent says what it is served from: ``served.stores`` and ``served.door``.
    """

    keep_seconds = Float(KEEP_SECONDS, config=True, help="Seconds between one look at all sessions and the next.")
    left_seconds = Float(LEFT_SECONDS, config=True, help="Seconds that a kernel outlives its page, which may reload.")

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)  # type: ignore[no-untyped-call]
        served = self.parent.served  # type: ignore[union-attr]
        self._logins, self._sessions = Logins(served.stores), served.door.sessions
        self._opened: dict[str, Opened] = {}
        self._threads = ThreadPoolExecutor(AT_ONCE, "edukit logins")
        self._ending: set[asyncio.Future[Any]] = set()
        self._is_closing = False
        self._sessions.on_end.append(self.revoke)
        self.fork_server = ForkServer(IOLoop.current().asyncio_loop)  # type: ignore[attr-defined]

    async def start_kernel(self, *, env: dict[str, str], **given: Any) -> str:  # type: ignore[override]
        """Start a kernel for whoever asks for the page, with a login of theirs and nothing else of the server's.

        Args:
            env: of it only what Voilà says of the request is taken, beside what Python needs.
            given: the ``path`` of its notebook.

        Raises:
            HTTPError: 403 where nobody is signed in, 401 where they were signed out since, 503 where PostgreSQL does
                not answer.
        """
        visitor = _asking()
        # Known before it starts, so that an end of the session meanwhile finds its login.
        kernel_id = str(uuid4())
        try:
            minted = await self._in_thread(self._mint, kernel_id, visitor)
            if not await self._in_thread(self._sessions.is_alive, visitor.session):
                raise HTTPError(401)
            own = await self._in_thread(self._logins.environment, minted)
            env = {**kept(env, *OF_PYTHON, *OF_REQUEST), **own}
            started = await super().start_kernel(kernel_id=kernel_id, env=env, **given)
            self._leave(kernel_id)
            return str(started)
        except ActionError as error:
            await self._in_thread(self._sessions.end, visitor.session)
            raise HTTPError(401) from error
        except StoreError as error:
            raise HTTPError(503, "The database does not answer: try again in a minute.") from error
        finally:
            if kernel_id not in self:
                self.remove_kernel(kernel_id)

    async def listen(self, kernel_id: str) -> str:
        """Keep all that a kernel says, from before it is asked for anything until its page connects.

        Returns:
            The name by which the page is to connect: whoever comes by another hears nothing of it.
        """
        name, kernel = uuid4().hex, self.get_kernel(kernel_id)
        channels = {}
        for channel in CHANNELS:
            channels[channel] = stream = getattr(kernel, f"connect_{channel}")(identity=name.encode())
            stream.channel = channel
        self.start_buffering(kernel_id, f"{kernel_id}:{name}", channels)  # type: ignore[no-untyped-call]
        said = self._kernel_buffers[kernel_id]["buffer"]
        # A subscription takes a moment, and what is said before it stands is lost.
        asks = Session(session=name, key=kernel.session.key)
        until, asked = time.monotonic() + READY_SECONDS, 0.0
        while not any(channel == "iopub" for channel, _ in said) and (now := time.monotonic()) < until:
            if now > asked + ASK_AGAIN_SECONDS:
                asks.send(channels["control"], "kernel_info_request")
                asked = now
            await asyncio.sleep(LOOK_SECONDS)
        self._leave(kernel_id)
        return name

    def _leave(self, kernel_id: str) -> None:
        """From now on it is left, until its page connects."""
        if kernel_id in self._opened:
            self._opened[kernel_id].left_at = time.monotonic()

    def is_of(self, kernel_id: str, session: str) -> bool:
        """Whether there is such a kernel, and a session has opened it."""
        return kernel_id in self and kernel_id in self._opened and self._opened[kernel_id].session == session

    def hear(self, kernel_id: str) -> None:
        """Remember that a page has said something: somebody is there."""
        if kernel_id in self._opened:
            self._opened[kernel_id].has_heard = True

    def revoke(self, session: str) -> None:
        """End the logins of a session, now and from any thread: its pages say so when they next ask.

        Its kernels end once nobody has their page open any more, or nothing is asked of them for long.
        """
        for opened in list(self._opened.values()):
            if opened.session == session:
                opened.has_ended = True
                self._logins.revoke(opened.login)

    async def keep(self) -> None:
        """Renew the logins of the sessions that are alive, and revoke those of the others."""
        for kernel_id, opened in list(self._opened.items()):
            try:
                await self._in_thread(self._keep, opened)
            except Exception as error:  # noqa: BLE001 - whatever store is away, the other kernels are looked at
                _log.warning("A login is not renewed yet, and will be tried again: %s", type(error).__name__)
            if self._kernel_connections.get(kernel_id):
                opened.left_at = time.monotonic()
            elif kernel_id in self and (opened.has_ended or time.monotonic() > opened.left_at + self.left_seconds):
                await self.shutdown_kernel(kernel_id)  # type: ignore[no-untyped-call]

    def remove_kernel(self, kernel_id: str) -> Any:
        """Forget a kernel, however it has ended, and revoke its login."""
        opened = self._opened.pop(kernel_id, None)
        if opened:
            self._threads.submit(self._logins.revoke, opened.login)
            if not self._is_closing:
                leave(kernel_id, ENDED if opened.has_died else CULLED)
        return super().remove_kernel(kernel_id)

    async def shutdown_all(self, now: bool = False) -> None:  # type: ignore[override]  # noqa: FBT001, FBT002
        """End all kernels, as the server does when it stops. Pages are told nothing: they look for the next server."""
        self._is_closing = True
        await super().shutdown_all(now=now)

    def close(self) -> None:
        """Let nothing of the kernels go on, and wait until their logins are revoked."""
        self.fork_server.close()
        self._threads.shutdown()

    def _handle_kernel_died(self, kernel_id: str) -> None:
        """End what is left of a kernel whose process is gone; its page would find another one empty."""
        if kernel_id in self:
            if kernel_id in self._opened:
                self._opened[kernel_id].has_died = True
            ending = asyncio.ensure_future(self.shutdown_kernel(kernel_id, now=True))  # type: ignore[no-untyped-call]
            # The loop alone would not hold it.
            self._ending.add(ending)
            ending.add_done_callback(self._ending.discard)

    def _mint(self, kernel_id: str, visitor: Visitor) -> Minted:
        minted = self._logins.mint(visitor)
        self._opened[kernel_id] = Opened(visitor.session, minted.login.name)
        return minted

    def _keep(self, opened: Opened) -> None:
        if not self._sessions.is_alive(opened.session):
            opened.has_ended = True
            self._logins.revoke(opened.login)
            return
        if opened.has_heard:
            opened.has_heard = False
            self._sessions.touch(opened.session)
        opened.has_ended = not self._logins.renew(opened.login)

    async def _in_thread(self, call: Callable[..., T], *given: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *given)


def _asking() -> Visitor:
    """Whose the request is that a kernel is started for: what it says of itself counts for nothing."""
    visitor = getattr(CallContext.get(CallContext.JUPYTER_HANDLER), "current_user", None)
    if not isinstance(visitor, Visitor):
        raise HTTPError(403)
    return visitor
