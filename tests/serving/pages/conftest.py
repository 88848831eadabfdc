"""What the tests of kernels share: a server whose visitors a header names, a page, and two teachers."""

from __future__ import annotations

import ast
import contextlib
import html
import http.client
import json
import os
import re
import secrets
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest
import websocket
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1
from sqlalchemy import make_url

from edukit.serving.channels import PARTS, V1

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Database, House


@dataclass(frozen=True)
class Person:
    """Somebody who has signed in, in one browser."""

    user_id: int
    institution_id: int
    session: str
    role: str = "teacher"

    @property
    def header(self) -> dict[str, str]:
        """By which the tests' own server knows them."""
        told = {
            "session": self.session,
            "account_id": self.user_id,
            "institution_id": self.institution_id,
            "user_id": self.user_id,
            "role": self.role,
            "institution": "school",
            "signed_in_at": datetime.now(UTC).isoformat(),
        }
        return {"X-Signed-In": json.dumps(told)}


@dataclass(frozen=True)
class Pages:
    """A server of the dashboards whose visitors are told by a header, and what it has started."""

    address: str
    school: Database
    sessions: Path
    server: psutil.Process

    def ask(self, path: str, person: Person | None = None, *, method: str = "GET", **headers: str) -> Answer:
        """What the server answers; no redirect is followed."""
        told = {**(person.header if person else {}), "Cookie": "_xsrf=x", "X-XSRFToken": "x"}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(self.address, timeout=90)
        with contextlib.closing(connection):
            connection.request(method, path, headers=told)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode(), answer.headers.get("Location", ""))

    def open(self, person: Person, page: str = "home.ipynb", **headers: str) -> Opened:
        """A page of somebody's, when it is all there."""
        answer = self.ask(f"/voila/render/{page}", person, **headers)
        assert answer.status == 200, answer
        (kernel_id,) = re.findall(r'"kernelId": "([\w-]+)"', answer.text)
        (sees, pid) = re.findall(r"SEES (\[.*?\]) PID (\d+)", html.unescape(answer.text))[0]
        kernel = psutil.Process(int(pid))
        return Opened(kernel_id, kernel, kernel.environ(), ast.literal_eval(sees))

    @contextlib.contextmanager
    def connected(self, person: Person | None, kernel_id: str, subprotocol: str = V1) -> Iterator[Socket]:
        """A page's websocket to a kernel.

        Raises:
            WebSocketBadStatusException: the server refuses it.
        """
        told = [f"{name}: {value}" for name, value in (person.header if person else {}).items()]
        address = f"ws://{self.address}/api/kernels/{kernel_id}/channels?session_id={secrets.token_hex(8)}"
        wanted = [subprotocol] if subprotocol else None
        line = websocket.WebSocket()
        line.settimeout(30)
        try:
            line.connect(address, header=told, subprotocols=wanted)
            yield Socket(line)
        finally:
            # Also where the server has ended it, and there is nothing to say any more.
            line.shutdown()

    def end(self, person: Person) -> None:
        """Sign somebody out."""
        assert self.ask(f"/end/{person.session}").status == 200

    def state(self, login: str) -> str:
        """What has become of a login."""
        with psycopg.connect(self.school.admin_url) as admin:
            query = (
                "SELECT CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN expires_at > clock_timestamp()"
                " THEN 'alive' ELSE 'expired' END FROM viewers WHERE login = %s"
            )
            found = admin.execute(query, [login]).fetchone()
        return str(found[0]) if found else "gone"

    def people(self) -> tuple[Person, Person]:
        """Two teachers of one institution, who teach different classes, newly signed in."""
        query = (
            "SELECT teacher_id, institution_id FROM class_teachers GROUP BY 1, 2 "
            "HAVING count(*) > 0 ORDER BY institution_id, teacher_id LIMIT 2"
        )
        with psycopg.connect(self.school.admin_url) as admin:
            rows = admin.execute(query).fetchall()
        one, other = (Person(user_id, there, secrets.token_hex(32)) for user_id, there in rows)
        return one, other

    def classes(self, person: Person) -> list[str]:
        """The classes that somebody teaches, as the database's owner knows."""
        query = (
            "SELECT c.name FROM class_teachers t JOIN classes c ON (c.institution_id, c.id) ="
            " (t.institution_id, t.class_id) WHERE t.teacher_id = %s"
        )
        with psycopg.connect(self.school.admin_url) as admin:
            return sorted(row[0] for row in admin.execute(query, [person.user_id]))


@dataclass(frozen=True)
class Answer:
    """What a server has answered."""

    status: int
    text: str
    location: str


@dataclass(frozen=True)
class Opened:
    """A page that is open."""

    kernel_id: str
    kernel: psutil.Process
    environment: dict[str, str]
    sees: list[str]

    @property
    def login(self) -> str:
        """The login of the database that its kernel has."""
        return str(make_url(self.environment["EDUKIT_VIEWER_URL"]).username)


@dataclass(frozen=True)
class Socket:
    """A websocket as a page has it, in one of the two subprotocols."""

    line: websocket.WebSocket

    def send(self, kind: str, channel: str = "shell", **content: object) -> str:
        """Send a message; its id."""
        header = {"msg_id": secrets.token_hex(8), "msg_type": kind, "session": "s", "username": "u", "version": "5.3"}
        message = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
        if self.line.getsubprotocol() == V1:
            self.line.send_binary(serialize_msg_to_ws_v1(message, channel, lambda part: json.dumps(part).encode()))
        else:
            self.line.send(json.dumps({**message, "channel": channel, "buffers": []}))
        return header["msg_id"]

    def receive(self) -> dict[str, dict[str, object]]:
        """The next message of the kernel."""
        said = self.line.recv()
        if isinstance(said, bytes):
            _, parts = deserialize_msg_from_ws_v1(said)
            return dict(zip(PARTS, map(json.loads, parts), strict=False))
        return json.loads(said)

    def ask(self) -> tuple[list[str], list[str]]:
        """What the page's kernel sees, when it is asked, and to which messages it had answered until then."""
        comm_id, heard = secrets.token_hex(8), []
        self.send("comm_open", comm_id=comm_id, target_name="ask", data={})
        self.send("comm_msg", comm_id=comm_id, data={})
        while True:
            said = self.receive()
            heard.append(str(said["parent_header"].get("msg_id")))
            if said["header"]["msg_type"] == "comm_msg" and said["content"]["comm_id"] == comm_id:
                return said["content"]["data"]["classes"], heard


# A page that says what its login sees, and answers when it is asked.
CELL = """
import os, edukit
edu = edukit.connect()
def answer(comm, opened):
    comm.on_msg(lambda said: comm.send({"classes": sorted(edu.classes()["class_name"])}))
get_ipython().kernel.comm_manager.register_target("ask", answer)
print("SEES", sorted(edu.classes()["class_name"]), "PID", os.getpid())
"""
PAGE = {
    "cells": [
        {"cell_type": "code", "id": "see", "execution_count": None, "metadata": {}, "outputs": [], "source": CELL}
    ],
    "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


SPEC = {"display_name": "Broken", "language": "python"}


@pytest.fixture(scope="module")
def serving(
    house: House, school: Database, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., contextlib.AbstractContextManager[Pages]]:
    """Starts a server of the tests' own, with what its kernel manager is told."""

    @contextlib.contextmanager
    def start(**told: float) -> Iterator[Pages]:
        folder = tmp_path_factory.mktemp("pages")
        (folder / "home.ipynb").write_text(json.dumps(PAGE))
        (folder / "broken.ipynb").write_text(
            json.dumps({**PAGE, "metadata": {"kernelspec": {**SPEC, "name": "broken"}}})
        )
        script = Path(__file__).with_name("by_header.py")
        stores = {"DATABASE_URL": school.admin_url, "REDIS_URL": house.stores.redis_url, "EDUKIT_HOME": str(folder)}
        broken = folder / "jupyter" / "kernels" / "broken"
        broken.mkdir(parents=True)
        (broken / "kernel.json").write_text(json.dumps({**SPEC, "argv": [str(folder / "nothing")]}))
        hidden = {"PGPASSWORD": "hush", "AWS_SECRET_ACCESS_KEY": "hush", "EDUKIT_USER": "hush"}
        hidden["JUPYTER_PATH"] = str(folder / "jupyter")
        server = subprocess.Popen(
            [sys.executable, str(script), str(folder), json.dumps(told)],
            env={**os.environ, **stores, **hidden, "EDUKIT_NOW": house.settings.now.isoformat()},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout
        try:
            yield Pages(f"127.0.0.1:{int(server.stdout.readline())}", school, folder, psutil.Process(server.pid))
        finally:
            server.terminate()
            server.communicate(timeout=60)

    return start


@pytest.fixture(scope="module")
def pages(serving: Callable[..., contextlib.AbstractContextManager[Pages]]) -> Iterator[Pages]:
    """A server that looks at its sessions several times a second."""
    with serving(keep_seconds=0.3) as pages:
        yield pages


@pytest.fixture
def teachers(pages: Pages) -> tuple[Person, Person]:
    """Two teachers who have just signed in."""
    return pages.people()
