"""What the tests of the door share: people with passwords, a Redis, and a server that has the door and one page."""

from __future__ import annotations

import asyncio
import threading
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx
import psycopg
import pytest
import redis
from jupyter_server.auth.authorizer import AllowAllAuthorizer
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, authenticated

from edukit.db.session import Viewer, engine_for
from edukit.passwords import hashed
from edukit.serving.door import Door
from edukit.serving.headers import SafeHeaders
from edukit.serving.identity import Identity
from edukit.serving.limits import Limits
from edukit.serving.plain import Missing, PlainPage, log_request
from edukit.serving.preferences import Theme
from edukit.serving.sessions import Sessions
from edukit.serving.sign_in import Account, SignIn, SignOut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Database, House

    from edukit.ops.stores import Stores

PASSWORD = "seven quiet lanterns"
HASHED = hashed(PASSWORD)
# Ms Fern is at both schools; Mr Ash has a username; Ms Elm's account is disabled; oak's is nobody's; one is a demo's.
PEOPLE = """
    INSERT INTO institutions (id, name) VALUES (1, 'North <b>'), (2, 'South');
    INSERT INTO accounts (id, email, username, disabled_at) VALUES (3, 'Fern@mail.example', NULL, NULL),
        (4, NULL, 'ash', NULL), (5, 'elm@mail.example', NULL, now()), (6, 'oak@mail.example', NULL, NULL),
        (7, 'teacher@demo.example', NULL, NULL);
    INSERT INTO users (institution_id, id, account_id, role, name) VALUES (1, 13, 3, 'teacher', 'Ms Fern'),
        (2, 23, 3, 'admin', 'Ms Fern'), (1, 14, 4, 'teacher', 'Mr Ash'), (1, 15, 5, 'teacher', 'Ms Elm'),
        (1, 17, 7, 'teacher', 'Demo');
    INSERT INTO users (institution_id, id, role, name, departed_at) VALUES (1, 16, 'mentor', 'Former mentor', now());
    UPDATE accounts SET password_hash = %s WHERE id <> 7"""


class Front(JupyterHandler):
    """A page for who has signed in."""

    @authenticated
    def get(self) -> None:
        """Who that is."""
        self.finish({name: str(value) for name, value in vars(self.current_user).items()})

    @authenticated
    def post(self) -> None:
        """Something that only our own pages may ask for."""
        self.finish("done")


class Api(APIHandler):
    """What scripts ask."""

    @authenticated
    def get(self) -> None:
        """Nothing much."""
        self.finish("{}")


class Broken(PlainPage):
    """A page that is not well."""

    @authenticated
    def get(self, how: str) -> None:
        """Fail, by a status or by a fault."""
        if how.isdecimal():
            raise HTTPError(int(how), "for a reason")
        message = f"secrets of {how}"
        raise ValueError(message)


class Served:
    """A server with a door, and browsers before it."""

    def __init__(self, address: str, door: Door, exits: ExitStack) -> None:
        self.address, self.door, self._exits = address, door, exits

    def browser(self, **headers: str) -> Browser:
        """A browser of one's own."""
        # To read whom the system trusts takes longer than most of what is asked, and no address has a certificate.
        client = httpx.Client(base_url=self.address, headers=headers, trust_env=False, verify=False, timeout=30)  # noqa: S501
        return Browser(self._exits.enter_context(client))


class Browser:
    """What a browser does with pages, without scripts."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.get = client.get

    def send(self, page: str, **values: str) -> httpx.Response:
        """Send a form, with the token of the page that it stands on."""
        if "_xsrf" not in self.client.cookies:
            self.client.get("/login")
        return self.client.post(page, data={"_xsrf": self.client.cookies["_xsrf"], **values})

    def sign_in(self, account: str = "ash", password: str = PASSWORD, **more: str) -> httpx.Response:
        """Send the form of the sign-in page."""
        return self.send("/login", account=account, password=password, **more)

    @property
    def words(self) -> list[str]:
        """The words of sessions that it holds."""
        return [cookie.value or "" for cookie in self.client.cookies.jar if cookie.name.startswith("edukit-")]


class Mortal(NamedTuple):
    """A Redis of the test's own."""

    url: str
    kill: Callable[[], None]
    revive: Callable[[], None]


@pytest.fixture
def mortal(stores: Stores, valkey: Stores, kill_redis: Callable[[], None]) -> Mortal:
    """A Redis that may be killed."""
    return Mortal(stores.redis_url, kill_redis, valkey.revive)


@pytest.fixture
def people(database: Database) -> Database:
    """Two schools with a few people."""
    with psycopg.connect(database.admin_url) as admin:
        admin.execute("SET client_min_messages = warning")
        for statement in PEOPLE.split(";"):
            admin.execute(statement, [HASHED] if "%s" in statement else None)
    return database


@pytest.fixture
def asked(people: Database) -> Callable[..., list[tuple[Any, ...]]]:
    """Asks the database of these people."""

    def ask(query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(people.admin_url) as admin:
            return admin.execute(query).fetchall()

    return ask


@pytest.fixture
def redis_url(house: House) -> Iterator[str]:
    """An empty database of the run's own Redis."""
    url = f"{house.stores.redis_url}&db=7"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        yield url
        client.flushdb()


@pytest.fixture
def sessions(redis_url: str) -> Callable[..., Sessions]:
    """Makes a process's way to the sessions."""

    def make(url: str = redis_url, **more: Any) -> Sessions:
        return Sessions(url, **{"idle": timedelta(hours=1), "longest": timedelta(hours=24), **more})

    return make


@pytest.fixture
def serving(people: Database, redis_url: str) -> Iterator[Callable[..., Served]]:
    """Serves the door on these people until the test ends."""
    with ExitStack() as exits:

        def serve(url: str = redis_url, database_url: str = people.app.database_url, **more: Any) -> Served:
            exits.callback(engine_for(database_url).dispose)
            kept = Sessions(url, idle=timedelta(hours=1), longest=timedelta(hours=24))
            door = Door(Viewer(database_url), kept, Limits(url), **more)
            address = exits.enter_context(running(door))
            return Served(address, door, exits)

        yield serve


@pytest.fixture
def served(serving: Callable[..., Served]) -> Served:
    """One such server."""
    return serving()


@contextmanager
def running(door: Door) -> Iterator[str]:
    """The address of a server with the door and two pages, which answers in a thread of its own."""
    settings = {
        "door": door,
        "base_url": "/",
        "login_url": "/login",
        "identity_provider": Identity(),
        "authorizer": AllowAllAuthorizer(),
        "allow_remote_access": True,
        "transforms": [SafeHeaders],
        "default_handler_class": Missing,
        "log_function": log_request,
    }
    pages = [("/", Front), ("/api", Api), ("/login", SignIn), ("/account", Account), ("/logout", SignOut)]
    pages += [("/theme", Theme), ("/broken/(.*)", Broken)]
    (socket,) = bind_sockets(0, "127.0.0.1")
    loop, ready = asyncio.new_event_loop(), threading.Event()

    async def answer() -> None:
        server = HTTPServer(Application(pages, **settings), xheaders=door.is_behind_proxy)
        server.add_sockets([socket])
        ready.set()

    def run() -> None:
        loop.run_until_complete(answer())
        loop.run_forever()

    thread = threading.Thread(target=run)
    thread.start()
    ready.wait(10)
    yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()
    socket.close()


@pytest.fixture
def now() -> datetime:
    """The clock's moment: sessions live by it."""
    return datetime.now(UTC)
