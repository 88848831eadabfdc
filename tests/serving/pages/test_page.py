"""A page as it is sent: its head before anything else, then cells; and what it loads, which is kept for good."""

from __future__ import annotations

import gzip
import http.client
import re
import socket
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from edukit.serving.assets import FILES, FOR_GOOD

if TYPE_CHECKING:
    from conftest import Pages, Person

MOST_BYTES = 200_000


def pieces(pages: Pages, person: Person, path: str) -> list[str]:
    """A page in the pieces in which the server sends it."""
    host, port = pages.address.split(":")
    head = (
        f"GET {path} HTTP/1.1",
        f"Host: {pages.address}",
        f"Cookie: {pages.cookie(person.word)}",
        "Connection: close",
    )
    asked = "\r\n".join((*head, "", ""))
    with socket.create_connection((host, int(port)), timeout=90) as line:
        line.sendall(asked.encode())
        sent = b"".join(iter(lambda: line.recv(MOST_BYTES), b""))
    rest, found = sent.partition(b"\r\n\r\n")[2], []
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        found.append(rest[: int(size, 16)].decode())
        rest = rest[int(size, 16) + 2 :]
    return found


def test_the_head_comes_before_the_kernel(pages: Pages, teachers: tuple[Person, Person]) -> None:
    """The first piece is a whole head with the place of what is to come, and tells of no kernel yet."""
    first, *others = pieces(pages, teachers[0], "/voila/render/home.ipynb")
    assert first.startswith("<!DOCTYPE html>")
    assert "edukit-skeleton" in first
    assert '{"kernel"' not in first
    assert "SEES" not in first
    rest = "".join(others)
    assert rest.index('{"kernel"') < rest.index("SEES")
    assert rest.rstrip().endswith("</html>")


def test_what_a_page_loads_is_kept_for_good(pages: Pages, teachers: tuple[Person, Person]) -> None:
    """Each file that a page names comes with its content in its address, gzipped where it may be, and for good."""
    page = "".join(pieces(pages, teachers[0], "/voila/render/home.ipynb"))
    loaded = set(re.findall(r'"(/assets/[^"]+)"', page))
    assert {path.rpartition("/")[2] for path in loaded} == {"page.css", "page.js", "plotly.js"}
    for path in loaded:
        with closing(http.client.HTTPConnection(pages.address, timeout=30)) as connection:
            for accepted in ("gzip", "identity"):
                connection.request("GET", path, headers={"Accept-Encoding": accepted})
                answer = connection.getresponse()
                content = answer.read()
                assert answer.headers["Cache-Control"] == FOR_GOOD
                assert answer.headers.get("Content-Encoding", "identity") == accepted
                plain = gzip.decompress(content) if accepted == "gzip" else content
                assert plain == (FILES / path.rpartition("/")[2]).read_bytes()


@pytest.mark.parametrize("path", ["/assets/0123456789abcdef/page.js", "/assets/0123456789abcdef/nothing.js"])
def test_what_is_not_there_is_not_kept(pages: Pages, path: str) -> None:
    """A file of another version, or of none, is a plain 404: a page must not get what does not fit it."""
    assert pages.ask(path).status == 404
