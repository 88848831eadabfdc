"""A kernel is its opener's alone."""

from __future__ import annotations

import signal
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import websocket
from jupyter_server.base.handlers import JupyterHandler

from edukit.serving.application import Dashboards, Served, configuration
from edukit.serving.door import door
from edukit.serving.ownership import _Guard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import House, Opened, Pages, Person

NOT_THERE = "00000000-0000-4000-8000-000000000000"
ROUTES = {
    r"/api/kernels/(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)",
    r"/api/kernels/(?P<kernel_id>\w+-\w+-\w+-\w+-\w+)/channels",
    "/voila/api/shutdown/(.*)",
    "/voila/templates/(.*)",
    "/voila/static/(.*)",
    "/voila/api/themes/(.*)",
    "/voila/labextensions/(.*)",
    "/",
    "/health",
    "/login",
    "/account",
    "/logout",
    "/updates",
    "/theme",
    "/search",
    "/favicon.ico",
    "/assets/([0-9a-f]+)/([a-z.]+)",
    "/voila/config",
    "/voila/render/(.+)",
}


@pytest.fixture(scope="module")
def mine(pages: Pages) -> tuple[Person, Opened]:
    """A page that a teacher has open."""
    person = pages.people()[0]
    return person, pages.open(person)


@pytest.fixture(params=["another teacher", "another browser of the same", "nobody"])
def stranger(request: pytest.FixtureRequest, pages: Pages, mine: tuple[Person, Opened]) -> Person | None:
    """Somebody who has not opened it."""
    if request.param == "nobody":
        return None
    me, other = pages.people()
    return other if request.param == "another teacher" else me


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/kernels/{}"),
        ("DELETE", "/api/kernels/{}"),
        ("POST", "/voila/api/shutdown/{}"),
        ("GET", "/api/kernels/{}/channels"),
    ],
)
def test_nobody_else_touches_a_kernel(
    method: str, path: str, pages: Pages, mine: tuple[Person, Opened], stranger: Person | None
) -> None:
    """Look, end, shut down, talk: 403 for whoever has not opened it, and the very same for one that is not there."""
    _, opened = mine
    answers = [
        pages.ask(path.format(kernel_id), stranger, method=method) for kernel_id in (opened.kernel_id, NOT_THERE)
    ]
    assert [answer.status for answer in answers] == [403, 403]
    assert answers[0].text == answers[1].text
    assert opened.kernel.is_running()


def test_nobody_else_talks_to_a_kernel(pages: Pages, mine: tuple[Person, Opened], stranger: Person | None) -> None:
    """A websocket to another's kernel is refused before it is one."""
    with pytest.raises(websocket.WebSocketBadStatusException, match="403"):
        pages.connected(stranger, mine[1].kernel_id).__enter__()


def test_its_opener_does(pages: Pages, mine: tuple[Person, Opened]) -> None:
    """Whoever opened it looks at it, talks to it, and is told what it sees."""
    person, opened = mine
    assert opened.kernel_id in pages.ask(f"/api/kernels/{opened.kernel_id}", person).text
    with pages.connected(person, opened.kernel_id) as socket:
        assert socket.ask()[0] == pages.classes(person)


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/kernels"), ("POST", "/api/kernels/{}/interrupt"), ("POST", "/api/kernels/{}/restart")],
)
def test_kernels_are_not_listed_or_restarted(method: str, path: str, pages: Pages, mine: tuple[Person, Opened]) -> None:
    """There is no list of kernels, and nobody, not their opener either, interrupts or restarts one."""
    person, opened = mine
    assert pages.ask(path.format(opened.kernel_id), person, method=method).status == 404
    assert opened.kernel.is_running()


@pytest.fixture
def handlers(house: House) -> Iterator[list[tuple[object, ...]]]:
    """Everything that Voilà mounts, as the dashboards mount it."""
    served = Served(Path(__file__).parent, "tests", house.stores, door(house.stores, house.settings))
    before = signal.getsignal(signal.SIGTERM)
    application = Dashboards(config=configuration(served))
    application.take([SimpleNamespace(getsockname=lambda: ("", 0))], served, lambda: None)
    application.initialize([])
    application.connection_dir = str(house.settings.home)
    application.init_settings()
    yield application.init_handlers()
    application.kernel_manager.close()
    signal.signal(signal.SIGTERM, before)


def test_no_handler_of_voilas_is_missed(handlers: list[tuple[object, ...]]) -> None:
    """What is mounted is known, route by route, and every handler of Voilà's that may know a kernel asks first."""
    assert {str(pattern) for pattern, *_ in handlers} == ROUTES
    unguarded = {
        handler.__name__
        for _, handler, *_ in handlers
        if issubclass(handler, JupyterHandler)
        and not issubclass(handler, _Guard)
        and not handler.__module__.startswith("edukit.")
    }
    assert unguarded == set()
