"""What a page may say to its kernel: what its widgets need, and nothing that runs, reads or ends anything else.

Voilà's own list lets a page shut its kernel down, and asks no message for its channel.
"""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any, Final

from jupyter_server.services.kernels.connection.base import deserialize_binary_message, deserialize_msg_from_ws_v1
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection

ALLOWED: Final = ("comm_open", "comm_msg", "comm_close", "comm_info_request", "kernel_info_request")
PARTS: Final = ("header", "parent_header", "metadata", "content")
MOST_BUFFERS: Final = 16
MOST_BYTES: Final = 2**20
"""The longest message of a page; the websocket is closed on a longer one."""
V1: Final = "v1.kernel.websocket.jupyter.org"
ENDED: Final = 4410
CULLED: Final = 4408
"""What a page's websocket is closed with when its kernel has died, and when nothing was asked of it for long."""
_log = logging.getLogger(__name__)


class PageChannels(ZMQChannelsWebsocketConnection):
    """The websocket between a page and its kernel."""

    async def prepare(self) -> None:
        """Let a page in at once. jupyter_server would first ask the kernel, which is busy with the page's cells."""
        await self._register_session()  # type: ignore[no-untyped-call]
        self.session.key = self.kernel_manager.session.key

    def nudge(self) -> asyncio.Future[None]:
        """Ask the kernel nothing. jupyter_server would, and swallow the next message, which may be a widget's."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def handle_incoming_message(self, incoming_msg: str | bytes) -> None:
        """Pass on what a page may say; drop everything else."""
        shell = self.channels.get("shell")
        if shell is None:
            return
        try:
            channel, message = _read_v1(incoming_msg) if self.subprotocol == V1 else _read_legacy(incoming_msg)
            kind = message["header"]["msg_type"]
        except Exception as error:  # noqa: BLE001 - whatever it is, it is no message
            _log.warning("A page sent what is no message: %s", type(error).__name__)
            return
        if channel != "shell" or kind not in ALLOWED:
            _log.warning("A page sent what no page may send, and it was dropped")
            return
        if kind == "comm_msg":
            self.multi_kernel_manager.hear(self.kernel_id)
        # Written anew: what the kernel reads is what was looked at.
        self.session.send(shell, message)


def leave(kernel_id: str, code: int) -> None:
    """Close the websockets of a kernel that has ended, which tells their pages why."""
    for connection in list(PageChannels._open_sockets):  # noqa: SLF001 - there is no other list of them
        if connection.kernel_id == kernel_id:
            connection.websocket_handler.close(code)


def _read_v1(sent: Any) -> tuple[str, dict[str, Any]]:
    """The channel and the message of a frame of the newer subprotocol."""
    # Its first word says how many places follow: beyond what is there, reading them would never end.
    _expect(isinstance(sent, bytes) and 0 <= int.from_bytes(sent[:8], "little") - len(PARTS) - 2 <= MOST_BUFFERS)
    channel, parts = deserialize_msg_from_ws_v1(sent)  # type: ignore[no-untyped-call]
    message = dict(zip(PARTS, map(json.loads, parts), strict=False))
    return channel, _checked(message, parts[len(PARTS) :])


def _read_legacy(sent: str | bytes) -> tuple[str, dict[str, Any]]:
    """The channel and the message of a frame of the older subprotocol."""
    if isinstance(sent, bytes):
        _expect(1 <= int.from_bytes(sent[:4], "big") <= 1 + MOST_BUFFERS)
        whole = deserialize_binary_message(sent)  # type: ignore[no-untyped-call]
    else:
        whole = json.loads(sent)
    _expect(isinstance(whole, dict))
    return whole.get("channel"), _checked({part: whole.get(part) for part in PARTS}, whole.get("buffers") or [])


def _checked(message: dict[str, Any], buffers: list[Any]) -> dict[str, Any]:
    _expect(all(isinstance(message[part], dict) for part in PARTS) and all(isinstance(one, bytes) for one in buffers))
    return {**message, "buffers": buffers}


def _expect(holds: bool) -> None:  # noqa: FBT001
    if not holds:
        message = "no message of a page"
        raise ValueError(message)
