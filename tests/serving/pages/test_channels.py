"""What a page may say to its kernel, over a real websocket, in both subprotocols."""

from __future__ import annotations

import json
import struct
import time
from typing import TYPE_CHECKING

import pytest
import websocket

from edukit.serving.channels import MOST_BUFFERS, MOST_BYTES, V1

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Opened, Pages, Person, Socket

REFUSED = {
    "execute_request": {"code": "1/0", "silent": False},
    "complete_request": {"code": "e", "cursor_pos": 1},
    "inspect_request": {"code": "edu", "cursor_pos": 1, "detail_level": 1},
    "history_request": {"output": True, "raw": True, "hist_access_type": "tail", "n": 9},
    "is_complete_request": {"code": "1"},
    "input_reply": {"value": "x"},
    "debug_request": {"type": "request", "seq": 1, "command": "debugInfo", "arguments": {}},
    "interrupt_request": {},
    "shutdown_request": {"restart": False},
    "create_subshell_request": {},
    "usage_request": {},
    "apply_request": {},
    "abort_request": {},
    "clear_request": {},
}
ELSEWHERE = {"comm_info_request": {}, "kernel_info_request": {}, "comm_msg": {"comm_id": "x", "data": {}}}


@pytest.fixture(scope="module")
def mine(pages: Pages) -> tuple[Person, Opened]:
    """A page that a teacher has open."""
    person = pages.people()[0]
    return person, pages.open(person)


@pytest.fixture(params=[V1, ""], ids=["v1", "legacy"])
def socket(request: pytest.FixtureRequest, pages: Pages, mine: tuple[Person, Opened]) -> Iterator[Socket]:
    """Its websocket, in each of the subprotocols."""
    person, opened = mine
    with pages.connected(person, opened.kernel_id, request.param) as socket:
        assert (socket.line.getsubprotocol() or "") == request.param
        yield socket


def test_widgets_get_what_they_need(pages: Pages, mine: tuple[Person, Opened], socket: Socket) -> None:
    """Comm messages come and go, and a page learns of its kernel and its comms."""
    ids = [socket.send("kernel_info_request"), socket.send("comm_info_request")]
    classes, answered = socket.ask()
    assert classes == pages.classes(mine[0])
    assert set(ids) <= set(answered)


def test_nothing_else_reaches_a_kernel(pages: Pages, mine: tuple[Person, Opened], socket: Socket) -> None:
    """What runs, completes, inspects, recalls, debugs, answers or ends is dropped on every channel, and without one."""
    sent = [
        socket.send(kind, channel, **content)
        for channel in ("shell", "control", "stdin", "iopub", "hb", "")
        for kind, content in REFUSED.items()
    ]
    sent += [
        socket.send(kind, channel, **content) for channel in ("control", "stdin") for kind, content in ELSEWHERE.items()
    ]
    _, at_once = socket.ask()
    # What another channel was asked may be answered a little later.
    time.sleep(0.5)
    classes, later = socket.ask()
    assert classes == pages.classes(mine[0])
    assert set(sent) & {*at_once, *later} == set()
    assert mine[1].kernel.is_running()


def test_a_kind_given_twice_is_what_was_looked_at(socket: Socket) -> None:
    """A header that names two kinds does not smuggle the one past the look at the other."""
    header = (
        '{"msg_id": "twice", "msg_type": "%s", "session": "s", "username": "u", "version": "5.3", "msg_type": "%s"}'
    )
    for kinds in (("execute_request", "comm_msg"), ("comm_msg", "execute_request")):
        parts = [(header % kinds).encode(), b"{}", b"{}", b'{"code": "1/0", "comm_id": "x", "data": {}}']
        if socket.line.getsubprotocol() == V1:
            socket.line.send_binary(framed(parts))
        else:
            names = ("header", "parent_header", "metadata", "content")
            told = ", ".join(f'"{name}": {part.decode()}' for name, part in zip(names, parts, strict=True))
            socket.line.send(f'{{{told}, "channel": "shell", "buffers": []}}')
    socket.send("kernel_info_request")
    kinds = []
    while "kernel_info_reply" not in kinds:
        kinds.append(socket.receive()["header"]["msg_type"])
    assert not {"execute_input", "execute_reply", "error"} & set(kinds)


def test_what_is_no_message_harms_nobody(pages: Pages, mine: tuple[Person, Opened], socket: Socket) -> None:
    """Frames that promise a world of parts, are cut short or nested without end are dropped, and the page goes on."""
    many = MOST_BUFFERS + 1
    header = json.dumps({"msg_type": "comm_msg"}).encode()
    for frame in (
        b"",
        b"x",
        (2**63).to_bytes(8, "little"),
        struct.pack("!i", 2**31 - 1),
        struct.pack("!i", -1),
        struct.pack("!iI", 1, 2**31),
        framed([header, b"{}", b"{}", b"{}"] + [b"x"] * many),
        framed([header]),
        framed([b"[]", b"{}", b"{}", b"{}"]),
        framed([b"[" * 100_000, b"{}", b"{}", b"{}"]),
    ):
        socket.line.send_binary(frame)
    for text in ("", "{", "[]", "1", "[" * 100_000, '{"channel": "shell"}', '{"channel": [], "header": []}'):
        socket.line.send(text)
    assert socket.ask()[0] == pages.classes(mine[0])


def test_a_message_that_is_too_long_closes_the_line(pages: Pages, mine: tuple[Person, Opened], socket: Socket) -> None:
    """One byte more than a page may say at once ends the websocket, and not the kernel."""
    socket.line.send("x" * (MOST_BYTES + 1))
    with pytest.raises((websocket.WebSocketException, ConnectionError, ValueError)):
        hear_on(socket)
    with pages.connected(mine[0], mine[1].kernel_id) as another:
        assert another.ask()[0] == pages.classes(mine[0])


def hear_on(socket: Socket) -> None:
    while socket.receive():
        pass


def framed(parts: list[bytes]) -> bytes:
    """A frame of the newer subprotocol on the shell channel."""
    places = [8 * (1 + 1 + len(parts) + 1)]
    for part in (b"shell", *parts):
        places.append(places[-1] + len(part))
    count = len(places).to_bytes(8, "little")
    return b"".join([count, *(place.to_bytes(8, "little") for place in places), b"shell", *parts])
