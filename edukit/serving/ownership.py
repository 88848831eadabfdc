"""Kernels belong to their openers: one rule, asked before any handler of Voilà's does anything to one.

Voilà's own handlers ask only whether somebody is signed in.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jupyter_core.utils import ensure_async
from jupyter_server.auth import Authorizer
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado.web import HTTPError
from tornado.websocket import WebSocketHandler

from edukit.serving.identity import Visitor
from edukit.serving.plain import FaultPages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_server.auth import User

KERNEL_ID = re.compile(r"\w+-\w+-\w+-\w+-\w+")


class Owners(Authorizer):
    """Lets a visitor touch the kernels that their own session has opened, and nothing else."""

    def is_authorized(self, handler: JupyterHandler, user: User, action: str, resource: str) -> bool:  # noqa: ARG002
        """Whether all kernels that a request names are its visitor's; one that is not there is nobody's."""
        named = kernels_named(handler)
        kernels: Any = handler.kernel_manager
        return (
            resource == "kernels"
            and isinstance(user, Visitor)
            and bool(named)
            and all(kernels.is_of(kernel_id, user.session) for kernel_id in named)
        )


def kernels_named(handler: JupyterHandler) -> list[str]:
    """The ids of kernels in a request's path."""
    parts = [*handler.path_args, *handler.path_kwargs.values()]
    return [part for part in parts if part and KERNEL_ID.fullmatch(part)]


def guarded(handlers: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The same handlers, each of which first refuses a request that names another's kernel."""
    return [(pattern, _guarded(handler), *more) for pattern, handler, *more in handlers]


def _guarded(handler: type) -> type:
    if not issubclass(handler, JupyterHandler):
        return handler
    # What scripts ask is answered as they expect it.
    faults = () if issubclass(handler, (APIHandler, WebSocketHandler)) else (FaultPages,)
    return type(handler.__name__, (_Guard, *faults, handler), {})


class _Guard:
    """Asks the authorizer before a handler begins."""

    async def prepare(self: Any, **given: Any) -> None:
        """Refuse with 403, which is also the answer for a kernel that is not there."""
        await ensure_async(super().prepare(**given))  # type: ignore[misc]
        if self._finished or not kernels_named(self):
            return
        if not self.authorizer.is_authorized(self, self.current_user, "execute", "kernels"):
            raise HTTPError(403)
