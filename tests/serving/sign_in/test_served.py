"""The door before the dashboards: `edukit up` as it is served."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = "/voila/render/home.ipynb"


@pytest.fixture
def nobody(dashboards: str) -> Iterator[httpx.Client]:
    """A browser before the dashboards in which nobody has signed in."""
    with httpx.Client(base_url=dashboards, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
def teacher(nobody: httpx.Client) -> httpx.Client:
    """The same, with the demo's teacher."""
    nobody.get("/login")
    answer = nobody.post("/login", data={"_xsrf": nobody.cookies["_xsrf"], "demo": "teacher"})
    assert answer.status_code == 303
    return nobody


@pytest.mark.parametrize(
    "page", [HOME, f"{HOME}?class=4", "/voila/render/guide/01_first_look.ipynb", "/voila/render/x"]
)
def test_pages_need_a_sign_in(nobody: httpx.Client, page: str) -> None:
    """Whoever opens one comes to the door, which knows the way back."""
    answer = nobody.get(page)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/login?next=%2Fvoila%2Frender%2F")


def test_what_scripts_ask_is_refused(nobody: httpx.Client) -> None:
    """Kernels, their channels and their shutdown answer nobody, whether they are there or not."""
    kernel = uuid.uuid4()
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "x"}
    nobody.get("/login")
    token = {"X-XSRFToken": nobody.cookies["_xsrf"]}
    assert nobody.get(f"/api/kernels/{kernel}").status_code == 403
    assert nobody.get(f"/api/kernels/{kernel}/channels", headers=upgrade).status_code == 403
    assert nobody.delete(f"/api/kernels/{kernel}", headers=token).status_code == 403
    assert nobody.post(f"/voila/api/shutdown/{kernel}", headers=token).status_code == 403


@pytest.mark.parametrize(
    "path", ["/voila/tree", "/voila/api/contents", "/voila/files/home.ipynb", "/voila/files/x.png"]
)
def test_what_no_page_needs_is_not_there(teacher: httpx.Client, path: str) -> None:
    """Voilà's views of the folder are gone, for everybody."""
    assert teacher.get(path).status_code == 404


def test_health_stays_open_and_everything_is_safe(nobody: httpx.Client) -> None:
    """The state of the stores is told to everybody; every answer has the headers of security."""
    assert nobody.get("/health").json()["ok"]
    for path in ("/health", "/", "/login", HOME, "/nothing", "/voila/static/voila.js", f"/api/kernels/{uuid.uuid4()}"):
        headers = nobody.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Referrer-Policy"] == "same-origin", path
        assert "frame-ancestors '" in headers["Content-Security-Policy"], path


def test_each_page_says_who_is_in(teacher: httpx.Client) -> None:
    """At its head, before anything is computed, with the way out; nobody keeps it."""
    with teacher.stream("GET", HOME) as answer:
        assert "no-store" in answer.headers["Cache-Control"]
        first = ""
        for text in answer.iter_text():
            first += text
            if "</header>" in first:
                break
    head = first[first.index('<header class="edukit-head">') :]
    assert ", teacher, Lindenfeld International School" in head
    assert "Sign out" in head
    assert teacher.cookies["_xsrf"].split("|")[0] == "2"


def test_shutting_a_kernel_down_needs_the_token(teacher: httpx.Client) -> None:
    """Another site can end no kernel; a page of ours, which has the token, ends its own."""
    (kernel,) = re.findall(r'edukit\(\{"kernel": "([\w-]+)"', teacher.get(HOME).text)
    shutdown, token = f"/voila/api/shutdown/{kernel}", teacher.cookies["_xsrf"]
    assert teacher.post(shutdown).status_code == 403
    assert teacher.delete(f"/api/kernels/{kernel}").status_code == 403
    assert teacher.get(f"/api/kernels/{kernel}").status_code == 200
    # As a page does when it is left: a beacon has no headers of its own.
    assert teacher.post(shutdown, files={"_xsrf": (None, token)}).status_code == 204
    assert teacher.get(f"/api/kernels/{kernel}").status_code == 403
