"""What a page takes over the wire, as Chromium counts it, in opens of their own: counting takes time."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from opening.browsing import shown, visit, visitor
from opening.comparing import against
from opening.rounds import CACHES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from load import Figure
    from opening.school import School
    from opening.servers import Server
    from playwright.sync_api import Browser, BrowserContext

TEXT = 1


def weights(chromium: Browser, servers: Mapping[str, Server], school: School) -> list[Figure]:
    """KiB of each side, with an empty and with a warm cache."""
    kib: dict[str, dict[str, float]] = {cache: {} for cache in CACHES}
    for side, server in servers.items():
        with visitor(chromium, server, school) as context:
            for cache in CACHES:
                kib[cache][side] = _weight(context, server) / 2**10
    return [
        figure
        for cache in CACHES
        for figure in against(f"{school.students} students, {cache}: over the wire", "KiB", kib[cache])
    ]


def _weight(context: BrowserContext, server: Server) -> int:
    """Bytes of all answers as they came, compressed or not, and of what websockets carried."""
    weight = 0

    def received(told: dict[str, Any]) -> None:
        nonlocal weight
        weight += int(told["encodedDataLength"])

    def framed(told: dict[str, Any]) -> None:
        nonlocal weight
        frame = told["response"]
        payload = frame["payloadData"]
        weight += len(payload.encode()) if frame["opcode"] == TEXT else len(base64.b64decode(payload))

    with visit(context) as page:
        devtools = context.new_cdp_session(page)
        devtools.on("Network.loadingFinished", received)
        devtools.on("Network.webSocketFrameReceived", framed)
        devtools.on("Network.webSocketFrameSent", framed)
        devtools.send("Network.enable", {"maxTotalBufferSize": 2**28, "maxResourceBufferSize": 2**27})
        shown(page, server)
        return weight
