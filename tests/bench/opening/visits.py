"""What a visitor without a browser does on each side until what the page shows has been computed.

Voilà and edukit send a page as they run it, so that its end is the end of the run. Panel and Streamlit run the script
for a websocket, so a visitor of theirs fetches the page and then does on that socket what the page would do.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from contextlib import AsyncExitStack

    import httpx
    from opening.servers import Server

VIEWS = 4
"""The page's widgets, each of them the output of a cell."""
CONNECT_SECONDS = 60.0
MOST_BYTES = 2**28
STREAMLIT_RUN: Final = b"\x5a\x00"
"""A BackMsg that asks for a run of the script: field 11, empty."""
STREAMLIT_DONE: Final = 6
"""The field of a ForwardMsg that says that the script has finished."""


async def _page(server: Server, browser: httpx.AsyncClient) -> str:
    answer = await browser.get(server.url)
    answer.raise_for_status()
    return answer.text


async def _of_notebook(server: Server, browser: httpx.AsyncClient, _exits: AsyncExitStack) -> None:
    """The page that comes with its cells run."""
    page = await _page(server, browser)
    views = len(re.findall(r'class="edukit-view"|"model_id":', page))
    assert "</html>" in page, f"the page of {server.side} breaks off"
    assert views >= VIEWS, f"the page of {server.side} has {views} widgets"


async def _of_panel(server: Server, browser: httpx.AsyncClient, exits: AsyncExitStack) -> None:
    """The page, and the document that it asks for."""
    page = await _page(server, browser)
    token = re.search(r'"token":"([^"]+)"', page)
    assert token, "Panel's page has no token"
    socket = await _socket(server.url + "/ws", ["bokeh", token[1]], exits)
    assert json.loads(await _told_by(socket))["msgtype"] == "ACK"
    for _ in range(2):  # of the same message: its metadata and its content
        await _told_by(socket)
    for part in ({"msgid": "1", "msgtype": "PULL-DOC-REQ"}, {}, {}):
        await socket.write_message(json.dumps(part))
    while json.loads(await _told_by(socket)).get("msgtype") != "PULL-DOC-REPLY":
        pass
    for _ in range(2):
        await _told_by(socket)


async def _of_streamlit(server: Server, browser: httpx.AsyncClient, exits: AsyncExitStack) -> None:
    """The page, and a run of its script."""
    await _page(server, browser)
    socket = await _socket(server.url + "_stcore/stream", ["streamlit"], exits)
    await socket.write_message(STREAMLIT_RUN, binary=True)
    while True:
        told = await _told_by(socket)
        if isinstance(told, bytes) and STREAMLIT_DONE in _fields(told):
            return


async def _socket(url: str, protocols: list[str], exits: AsyncExitStack) -> WebSocketClientConnection:
    request = HTTPRequest(url.replace("http", "ws", 1), connect_timeout=CONNECT_SECONDS)
    socket = await websocket_connect(request, subprotocols=protocols, max_message_size=MOST_BYTES)
    exits.callback(socket.close)
    return socket


async def _told_by(socket: WebSocketClientConnection) -> str | bytes:
    told = await socket.read_message()
    assert told is not None, "the websocket was closed"
    return told


def _fields(message: bytes) -> set[int]:
    """The numbers of the fields at the top of a protobuf message."""
    numbers, place = set(), 0
    while place < len(message):
        tag, place = _varint(message, place)
        numbers.add(tag >> 3)
        kind = tag & 7
        if kind == 0:
            _, place = _varint(message, place)
        elif kind == 2:
            length, place = _varint(message, place)
            place += length
        else:
            place += 8 if kind == 1 else 4
    return numbers


def _varint(message: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


VISITS: dict[str, Callable[[Server, httpx.AsyncClient, AsyncExitStack], Awaitable[None]]] = {
    "edukit": _of_notebook,
    "stock": _of_notebook,
    "panel": _of_panel,
    "streamlit": _of_streamlit,
}
