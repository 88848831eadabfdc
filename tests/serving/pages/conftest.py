"""What the tests of kernels share: a server of their own, a page, and two teachers."""

from __future__ import annotations

import ast
import contextlib
import html
import http.client
import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest
import websocket
from jupyter_server.services.kernels.connection.base import deserialize_msg_from_ws_v1, serialize_msg_to_ws_v1
from sqlalchemy import make_url

from edukit.serving.channels import PARTS, V1
from edukit.serving.kept_sessions import Session
from edukit.serving.sessions import Sessions, name_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Database, House


CONNECTED = re.compile(r'edukit\(\{"kernel": "([\w-]+)", "session": "(\w+)"\}\)')


@dataclass(frozen=True)
class Person:
    """Somebody who has signed in, in one browser."""

    word: str = field(repr=False)
    """What stands in their cookie."""
    signed_in: Session

    @property
    def session(self) -> str:
        """The name by which the server knows their session."""
        return name_of(self.word)

    @property
    def user_id(self) -> int:
        """Who they are."""
        assert self.signed_in.user_id
        return self.signed_in.user_id


@dataclass(frozen=True)
class Pages:
    """A server of the dashboards, and what it has started."""

    address: str
    school: Database
    sessions: Sessions
    """This process's own way to the sessions of that server."""
    server: psutil.Process

    def cookie(self, word: str) -> str:
        """What a browser sends of the word of a session."""
        return f"edukit-{re.sub('[.:]', '-', self.address)}={word}"

    def ask(self, path: str, person: Person | None = None, *, method: str = "GET", **headers: str) -> Answer:
        """What the server answers; no redirect is followed."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        cookies = ["_xsrf=x", self.cookie(person.word) if person else "", told.get("Cookie", "")]
        told |= {"Cookie": "; ".join(filter(None, cookies)), "X-XSRFToken": "x"}
        connection = http.client.HTTPConnection(self.address, timeout=90)
        with contextlib.closing(connection):
            connection.request(method, path, headers=told)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode(), answer.headers.get("Location", ""))

    def open(self, person: Person, page: str = "home.ipynb", **headers: str) -> Opened:
        """A page of somebody's, when it is all there."""
        answer = self.ask(f"/voila/render/{page}", person, **headers)
        assert answer.status == 200, answer
        ((kernel_id, name),) = CONNECTED.findall(answer.text)
        (sees, pid, env) = re.findall(r"SEES (\[.*?\]) PID (\d+) ENV (\{.*?\})\n", html.unescape(answer.text))[0]
        return Opened(kernel_id, name, psutil.Process(int(pid)), ast.literal_eval(env), ast.literal_eval(sees))

    @contextlib.contextmanager
    def connected(self, person: Person | None, kernel_id: str, subprotocol: str = V1) -> Iterator[Socket]:
        """A page's websocket to a kernel.

        Raises:
            WebSocketBadStatusException: the server refuses it.
        """
        cookie = self.cookie(person.word) if person else None
        address = f"ws://{self.address}/api/kernels/{kernel_id}/channels?session_id={secrets.token_hex(8)}"
        wanted = [subprotocol] if subprotocol else None
        line = websocket.WebSocket()
        line.settimeout(30)
        try:
            line.connect(address, cookie=cookie, subprotocols=wanted)
            yield Socket(line)
        finally:
            # Also where the server has ended it, and there is nothing to say any more.
            line.shutdown()

    def sign_out(self, person: Person) -> None:
        """Sign somebody out at the door."""
        answer = self.ask("/logout", person, method="POST")
        assert (answer.status, answer.location) == (303, "/login")

    def seen_at(self, person: Person) -> datetime:
        """When Redis last heard of somebody."""
        found = self.sessions.of_accounts(person.signed_in.account_id)
        (seen,) = (one for one in found or () if one.session == person.signed_in)
        return seen.seen_at

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
            "SELECT u.account_id, u.institution_id, u.id FROM users u JOIN class_teachers t ON (t.institution_id,"
            " t.teacher_id) = (u.institution_id, u.id) GROUP BY 1, 2, 3 ORDER BY 2, 3 LIMIT 2"
        )
        with psycopg.connect(self.school.admin_url) as admin:
            rows = admin.execute(query).fetchall()
        one, other = (self._sign_in(*row) for row in rows)
        return one, other

    def classes(self, person: Person) -> list[str]:
        """The classes that somebody teaches, as the database's owner knows."""
        query = (
            "SELECT c.name FROM class_teachers t JOIN classes c ON (c.institution_id, c.id) ="
            " (t.institution_id, t.class_id) WHERE t.teacher_id = %s"
        )
        with psycopg.connect(self.school.admin_url) as admin:
            return sorted(row[0] for row in admin.execute(query, [person.user_id]))

    def _sign_in(self, account_id: int, institution_id: int, user_id: int) -> Person:
        come = Session(account_id, datetime.now(UTC), "127.0.0.1", institution_id, user_id, "teacher", "A teacher")
        return Person(self.sessions.begin(come), come)


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
    name: str
    """What the page calls itself when it connects."""
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

    def closed_with(self) -> int:
        """The code that the server closes it with."""
        while True:
            kind, data = self.line.recv_data()
            if kind == websocket.ABNF.OPCODE_CLOSE:
                return int.from_bytes(data[:2], "big")

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
print("SEES", sorted(edu.classes()["class_name"]), "PID", os.getpid(), "ENV", dict(os.environ))
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
    """Starts a server, with the minutes that its sessions last and what its kernel manager is told."""

    @contextlib.contextmanager
    def start(minutes: int = 60, **told: float) -> Iterator[Pages]:
        folder = tmp_path_factory.mktemp("pages")
        (folder / "home.ipynb").write_text(json.dumps(PAGE))
        (folder / "broken.ipynb").write_text(
            json.dumps({**PAGE, "metadata": {"kernelspec": {**SPEC, "name": "broken"}}})
        )
        # Schools that are made alike have the same ids: each database needs a Redis of its own.
        redis_url = f"{house.stores.redis_url}&db=6"
        stores = {"DATABASE_URL": school.admin_url, "REDIS_URL": redis_url}
        broken = folder / "jupyter" / "kernels" / "broken"
        broken.mkdir(parents=True)
        (broken / "kernel.json").write_text(json.dumps({**SPEC, "argv": [str(folder / "nothing")]}))
        hidden = {"PGPASSWORD": "hush", "AWS_SECRET_ACCESS_KEY": "hush", "EDUKIT_USER": "hush"}
        hidden["JUPYTER_PATH"] = str(folder / "jupyter")
        times = {"EDUKIT_NOW": house.settings.now.isoformat(), "EDUKIT_SESSION_MINUTES": str(minutes)}
        sessions = Sessions(redis_url, idle=timedelta(minutes=minutes), longest=timedelta(hours=24))
        try:
            with house.serving_pages(folder, folder, told, **stores, **hidden, **times) as server:
                yield Pages(f"127.0.0.1:{server.port}", school, sessions, psutil.Process(server.pid))
        finally:
            sessions.close()

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
