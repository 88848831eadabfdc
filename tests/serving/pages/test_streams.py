"""A page that listens for new data has a stream, and keeps nothing else alive by it."""

from __future__ import annotations

import contextlib
import http.client
import time
from typing import TYPE_CHECKING

import psycopg

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from conftest import Pages, Person


@contextlib.contextmanager
def listening(pages: Pages, person: Person) -> Iterator[http.client.HTTPResponse]:
    """The stream of a class that somebody teaches."""
    with psycopg.connect(pages.school.admin_url) as admin:
        taught = admin.execute("SELECT min(class_id) FROM class_teachers WHERE teacher_id = %s", [person.user_id])
        (class_id,) = taught.fetchone() or ()
    with contextlib.closing(http.client.HTTPConnection(pages.address, timeout=60)) as line:
        line.request("GET", f"/updates?class={class_id}", headers={"Cookie": pages.cookie(person.word)})
        answer = line.getresponse()
        assert answer.status == 200
        yield answer


def living(pages: Pages, person: Person) -> int:
    """How many logins of somebody's are alive: each kernel has one."""
    query = "SELECT FROM viewers WHERE user_id = %s AND revoked_at IS NULL AND expires_at > clock_timestamp()"
    with psycopg.connect(pages.school.admin_url) as admin:
        return admin.execute(query, [person.user_id]).rowcount


def test_a_stream_starts_no_kernel_and_keeps_none(serving: Callable[..., AbstractContextManager[Pages]]) -> None:
    """Who only listens has no kernel; an idle one is ended although its page listens on, and is told what comes."""
    with serving(cull_idle_timeout=3, cull_interval=1) as pages:
        person, _ = pages.people()
        with listening(pages, person) as stream:
            assert stream.readline() == b"retry: 3000\n"
            assert living(pages, person) == 0
            opened = pages.open(person)
            assert living(pages, person) == 1
            until = time.monotonic() + 60
            while living(pages, person) and time.monotonic() < until:
                time.sleep(0.1)
            assert living(pages, person) == 0
            assert not opened.kernel.is_running()
            # As long as it lives it says so every 15 seconds.
            assert any(line.startswith(b":") for line in iter(stream.readline, b""))
