"""The house that tests live in: real embedded stores, a seeded demo school, its dashboards, a browser.

Each is made once, when first asked for, and ends with the run. Notebooks that nbval runs get the demo
school, as a viewer, at a fixed moment.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import pkgutil
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import hypothesis
import psutil
import psycopg
import pytest
from sqlalchemy import make_url, text

import edukit
from edukit.db.minting import mint, renew
from edukit.db.roles import make_roles, url_of
from edukit.db.session import Viewer, engine_for, session_for
from edukit.ops import migrate
from edukit.ops.prepare import seed_into
from edukit.ops.seed import DEMO_TEACHER, seed_demo
from edukit.ops.stores import Stores, open_stores
from edukit.queries.accounts import account_called, memberships
from edukit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from playwright._impl._api_structures import SetCookieParam
    from playwright.sync_api import Browser
    from sqlalchemy.orm import Session

    from edukit.workbench import Workbench

# How long an example takes says something of the machine, and nothing of the code.
hypothesis.settings.register_profile("edukit", deadline=None)
hypothesis.settings.load_profile("edukit")

NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)
STUDENTS = 60
CHROMIUM = "/usr/bin/chromium"
# Playwright's own, for a browser that is told twice heeds the second; and what costs a window half of what a page
# does: popups of its address line, which are two pages in a process of theirs, and a process for the next page.
SWITCHED_OFF = [
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "TcpPortRandomizationWin",
    "ThirdPartyStoragePartitioning",
    "msEdgeUpdateLaunchServicesPreferredVersion",
    "msForceBrowserSignIn",
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "SpareRendererForSitePerProcess",
]
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=" + ",".join(SWITCHED_OFF),
]
VIEWS = Path(edukit.__file__).parent / "ui" / "views"
MEMORY, ROOMY_BYTES = Path("/dev/shm"), 12 << 30
# Of the run's own PostgreSQL, of which nothing outlives the machine; those that are killed in tests are of other homes.
OF_TESTS = {
    # Every database that is made or dropped waits for all that was written to reach the disk, which may take seconds.
    "fsync": "off",
    "full_page_writes": "off",
    # What a test undoes leaves pages without a row. Autovacuum would tell the planner so, who would plan for no rows
    # then: whoever writes a school next would wait a minute instead of four seconds, in one run and not the next.
    "autovacuum": "off",
    # Nobody guesses the passwords of these logins, of which each database has three and each connection proves one.
    "scram_iterations": 1,
}
# Of each test in a folder, more or less; 0.3 in all others.
SECONDS = {"oracle": 50, "browser": 8, "notebooks": 2, "serving": 2, "migrations": 1, "ops": 1}

# Files that ask for one server, which takes longer to start than most of their tests do, are one worker's.
SHARING = {
    "the school that may be changed": {"isolation", "roles", "round", "signed_out"},
    "the demo": {"class_mastery", "every_page", "home", "parts", "shell", "sign_in"},
}


@dataclass
class Database:
    """One database of the run's own server."""

    admin_url: str = field(repr=False)
    _minted: dict[tuple[int, int | None], Viewer] = field(default_factory=dict)

    @property
    def app(self) -> Viewer:
        """The login that writes rows."""
        return Viewer(url_of("edukit_app", self.admin_url))

    @property
    def viewer(self) -> Viewer:
        """A login that reads all of the first institution, with names."""
        with session_for(self.app) as session:
            institution_id = session.scalar(text("SELECT min(id) FROM institutions"))
        return self.minted(institution_id, None)

    @property
    def teacher(self) -> Viewer:
        """A login of the demo's teacher."""
        return self.of(DEMO_TEACHER)

    def of(self, account: str, institution_id: int | None = None) -> Viewer:
        """A login of an account's user, at the first institution or another."""
        with session_for(self.app) as session:
            users = memberships(session, account_called(session, account))
        user = next(user for user in users if institution_id in {None, user.institution_id})
        return self.minted(user.institution_id, user.user_id)

    def minted(self, institution_id: int, user_id: int | None) -> Viewer:
        """A login of a user, or of whoever keeps the machine; the same each time."""
        key = (institution_id, user_id)
        with session_for(self.app) as session:
            name = make_url(self._minted[key].database_url).username if key in self._minted else None
            # A test may have signed them out.
            if name is None or not renew(session, name, lives=timedelta(hours=6)):
                login = mint(
                    session,
                    institution_id=institution_id,
                    user_id=user_id,
                    names=True,
                    database_url=self.admin_url,
                    lives=timedelta(hours=6),
                )
                self._minted[key] = Viewer(login.database_url)
        return self._minted[key]

    def close(self) -> None:
        """Let go of its connections."""
        for login in (self.app, *self._minted.values()):
            engine_for(login.database_url).dispose()


@dataclass
class Forked:
    """A process that was forked from one that has everything imported; ended as one of `subprocess` is."""

    pid: int
    stdin = stdout = stderr = None
    _asked: Callable[[], int | None] = field(repr=False)
    log: Path
    returncode: int | None = None
    port: int = 0

    def poll(self) -> int | None:
        """Its status, if it has ended."""
        if self.returncode is None:
            self.returncode = self._asked()
        return self.returncode

    def wait(self, seconds: float = 30) -> int:
        """Its status, once it has ended."""
        until = time.monotonic() + seconds
        while (status := self.poll()) is None:
            if time.monotonic() > until:
                # What each of its threads does now goes to its log.
                self.send_signal(signal.SIGUSR1)
                time.sleep(1)
                pytest.fail(f"the process {self.pid} did not end within {seconds} s: {self.log.read_text()[-9000:]}")
            time.sleep(0.02)
        return status

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        if self.poll() is None:
            os.kill(self.pid, number)


class House:
    """Everything that is made once in a run; also the plugin that gives nbval's kernels their store."""

    def __init__(self) -> None:
        self._exits = contextlib.ExitStack()
        self._numbers = count(1)
        self._schools: dict[tuple[int, datetime], str] = {}
        self.servers: dict[str, int] = {}
        """The number of the process that last served an address."""

    @cached_property
    def settings(self) -> Settings:
        """A home of the run's own, in a folder with a space."""
        folder = Path(tempfile.mkdtemp(prefix=f"edukit tests {os.getpid()} ", dir=in_memory()))
        # The stores stop before their folder goes, even when a test leaves one open.
        self._exits.callback(shutil.rmtree, folder, ignore_errors=True)
        return Settings(home=folder / "home", frozen_now=NOW)

    @cached_property
    def stores(self) -> Stores:
        """The run's PostgreSQL and Valkey."""
        stores = self._exits.enter_context(open_stores(self.settings))
        with psycopg.connect(stores.database_url, autocommit=True) as connection:
            for setting, value in OF_TESTS.items():
                connection.execute(f"ALTER SYSTEM SET {setting} = {value}")
            connection.execute("SELECT pg_reload_conf()")
        return stores

    @cached_property
    def _template(self) -> str:
        """The name of a migrated, empty database that others are copied from."""
        with psycopg.connect(self.stores.database_url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE migrated")
        migrate.upgrade(self._url("migrated"))
        return "migrated"

    @cached_property
    def demo(self) -> Workbench:
        """A viewer's Workbench on the demo school; its database is the home's own."""
        migrate.upgrade(self.stores.database_url)
        seed_into(self.stores, seed=1, students=STUDENTS, as_of=NOW, progress=None)
        self._exits.callback(self.home_database.close)
        viewer_url = self.home_database.viewer.database_url
        return self._exits.enter_context(edukit.connect(Settings(viewer_url=viewer_url, frozen_now=NOW)))

    @cached_property
    def home_database(self) -> Database:
        """The home's own database."""
        return Database(self.stores.database_url)

    @property
    def viewers_environment(self) -> dict[str, str]:
        """What a kernel needs to see the demo school as its teacher at the fixed moment."""
        assert self.demo
        return {
            "EDUKIT_VIEWER_URL": self.home_database.teacher.database_url,
            "EDUKIT_NOW": NOW.isoformat(),
        }

    @cached_property
    def dashboards(self) -> str:
        """The address of `edukit up` on the demo school, without a slash at the end."""
        assert self.demo
        return self._exits.enter_context(self.serving(self.settings.home))

    @contextlib.contextmanager
    def serving(self, home: Path, *arguments: str, port: int = 0, **environment: str) -> Iterator[str]:
        """The address of an `edukit up` of one's own, without a slash at the end, for as long as the block lasts."""
        port = port or free_port()
        command = ["-m", "edukit.cli", "up", "--no-browser", "--no-demo", "--port", str(port), *arguments]
        own = {"EDUKIT_HOME": str(home), "EDUKIT_NOW": NOW.isoformat(), **environment}
        server = self.begun(*command, log=home / "up.log", **own)
        address = f"http://127.0.0.1:{port}"
        self.servers[address] = server.pid
        try:
            wait_for(address + "/health", server)
            yield address
        finally:
            stop(server)

    @contextlib.contextmanager
    def serving_pages(self, folder: Path, home: Path, told: dict[str, float], **environment: str) -> Iterator[Forked]:
        """A server of a folder of notebooks, and its port, whose kernel manager is told something."""
        script = Path(__file__).with_name("serving") / "pages" / "server.py"
        log = home / "server.log"
        server = self.begun(str(script), str(folder), json.dumps(told), log=log, EDUKIT_HOME=str(home), **environment)
        try:
            while not (found := re.search(r"^(\d+)\n", log.read_text(), re.MULTILINE)):
                assert server.poll() is None, log.read_text()
                time.sleep(0.05)
            server.port = int(found[1])
            yield server
        finally:
            stop(server)

    @cached_property
    def _forks(self) -> subprocess.Popen[str]:
        """Who runs programs without importing everything again for each."""
        program = [sys.executable, "-P", str(Path(__file__).with_name("commands.py"))]
        return self._exits.enter_context(
            subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )

    @contextlib.contextmanager
    def forking_kernels(self) -> Iterator[None]:
        """For as long as the block lasts kernels are forked, too, with what notebooks import."""
        from jupyter_client.provisioning import local_provisioner

        views = [f"edukit.ui.views.{found.name}" for found in pkgutil.iter_modules([str(VIEWS)])]
        self._ask_forks(imports=["ipykernel.zmqshell", "ipykernel.kernelapp", *views])
        log = self.settings.home.parent / "kernels.log"

        def launched(command: list[str], *, env: dict[str, str], cwd: str | None = None, **_: object) -> Forked:
            # It ends with its parent, as every kernel does.
            own = {**env, "JPY_PARENT_PID": str(self._forks.pid)}
            return self.begun(*command[1:], log=log, folder=cwd or ".", **own)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(local_provisioner, "launch_kernel", launched)
            yield

    def _ask_forks(self, **asked: object) -> Any:
        assert self._forks.stdin
        assert self._forks.stdout
        self._forks.stdin.write(json.dumps(asked) + "\n")
        self._forks.stdin.flush()
        return json.loads(self._forks.stdout.readline())

    def begun(self, *arguments: str, log: Path, folder: str = ".", **environment: str) -> Forked:
        """Begin `python` with those arguments, which finds everything imported; what it says is in the log."""
        log.touch()
        own = {**os.environ, **environment}
        files = [os.devnull, str(log), str(log)]
        pid = self._ask_forks(arguments=arguments, environment=own, files=files, folder=folder, seconds=0)
        return Forked(pid, lambda: self._ask_forks(of=pid, waits=False), log)

    def command(self, *arguments: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `edukit` to its end, in a process of its own, with something on its standard input."""
        return self.python("-m", "edukit.cli", *arguments, given=given, **environment)

    def python(self, *arguments: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `python` to its end, in a process of its own that finds everything imported."""
        done = self.said(*arguments, given=given, **environment)
        return subprocess.CompletedProcess(arguments, done.returncode, done.stdout.decode(), done.stderr.decode())

    def said(self, *arguments: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
        """The same, with what it says as it comes."""
        with tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / name for name in ("given", "out", "err")]
            for file in files:
                file.write_text(given if file.name == "given" else "")
            own = {**os.environ, **environment}
            asked = {"arguments": arguments, "environment": own, "files": [*map(str, files)], "folder": "."}
            pid = self._ask_forks(**asked, seconds=120)
            status = self._ask_forks(of=pid, waits=True)
            return subprocess.CompletedProcess(arguments, status, *(file.read_bytes() for file in files[1:]))

    def signed_in(self, address: str, role: str = "teacher") -> list[SetCookieParam]:
        """The cookies of a browser in which the demo's account of a role has signed in by one click."""
        # To read whom the system trusts takes longer than to sign in, and nobody is asked.
        with httpx.Client(base_url=address, trust_env=False, verify=False, timeout=60) as client:  # noqa: S501
            client.get("/login").raise_for_status()
            answer = client.post("/login", data={"_xsrf": client.cookies["_xsrf"], "demo": role})
            assert answer.is_redirect, answer.text
            return [{"name": one.name, "value": str(one.value), "url": address} for one in client.cookies.jar]

    @cached_property
    def browser(self) -> Browser:
        """A headless Chromium; its absence fails where EDUKIT_REQUIRE_BROWSER=1 and skips elsewhere."""
        if not Path(CHROMIUM).exists():
            missing = f"{CHROMIUM} is missing: install the package chromium"
            (pytest.fail if os.environ.get("EDUKIT_REQUIRE_BROWSER") == "1" else pytest.skip)(missing)
        from playwright.sync_api import sync_playwright

        playwright = sync_playwright().start()
        self._exits.callback(playwright.stop)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        self._exits.callback(browser.close)
        return browser

    @contextlib.contextmanager
    def school(self, *, students: int = 12, as_of: datetime = NOW) -> Iterator[Database]:
        """A database that nobody else uses, with a demo school; all of one size and moment are copies of the first."""
        if (students, as_of) not in self._schools:
            name = f"school_{len(self._schools)}"
            with psycopg.connect(self.stores.database_url, autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name} TEMPLATE {self._template} STRATEGY file_copy")
            first = Database(self._url(name))
            make_roles(first.admin_url)
            with session_for(first.app) as session:
                seed_demo(session, students=students, as_of=as_of)
            first.close()
            self._schools[students, as_of] = name
        with self._copy_of(self._schools[students, as_of]) as database:
            yield database

    def database(self, *, migrated: bool = True) -> contextlib.AbstractContextManager[Database]:
        """A database that nobody else uses, with the newest schema or empty."""
        return self._copy_of(self._template if migrated else "template0")

    @contextlib.contextmanager
    def _copy_of(self, template: str) -> Iterator[Database]:
        name = f"test_{next(self._numbers)}"
        with psycopg.connect(self.stores.database_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        database = Database(self._url(name))
        make_roles(database.admin_url)
        try:
            yield database
        finally:
            database.close()
            with psycopg.connect(self.stores.database_url, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _url(self, name: str) -> str:
        return make_url(self.stores.database_url).set(database=name).render_as_string(hide_password=False)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Give a notebook's kernel the demo school, and no other test."""
        for name in ("EDUKIT_VIEWER_URL", "EDUKIT_NOW"):
            os.environ.pop(name, None)
        if item.path.suffix == ".ipynb":
            os.environ.update(self.viewers_environment)

    def pytest_sessionfinish(self) -> None:
        """Stop everything, last made first."""
        self._exits.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options of the project's own."""
    parser.addoption(
        "--update-snapshots", action="store_true", help="Rewrite the catalog of the database and the guide's outputs."
    )


def pytest_configure(config: pytest.Config) -> None:
    """Forget the stores of whoever runs the tests, and open the house."""
    for name in list(os.environ):
        if name in {"DATABASE_URL", "REDIS_URL"} or (name.startswith("EDUKIT_") and name != "EDUKIT_REQUIRE_BROWSER"):
            del os.environ[name]
    config.pluginmanager.register(House(), "house")
    # Until all tests are known, next to nothing is garbage; nor is later what is known then.
    gc.disable()


def pytest_collection_finish() -> None:
    """Look for garbage from now on, and seldom: after each 700 objects took a sixth of all that tests compute."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[int, int, int]:
    """One worker more than processors: tests wait for servers, pages and the clock half of their time."""
    return (yield) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    """A worker gets whole files, and with one those that share its server."""
    from xdist.scheduler import LoadFileScheduling

    class Sharing(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = super()._split_scope(nodeid)
            folder, _, name = file.removesuffix(".py").rpartition("/test_")
            if folder != "tests/browser":
                return file
            return next((server for server, names in SHARING.items() if name in names), file)

    return Sharing(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let workers begin with the files that take longest: none is left alone with one of them at the end."""
    if hasattr(config, "workerinput"):
        tests = Counter(item.path for item in items)
        items.sort(key=lambda item: -seconds_of_each(item.path) * tests[item.path])


def seconds_of_each(file: Path) -> float:
    """How long a test of a file takes, more or less."""
    return next((seconds for folder, seconds in SECONDS.items() if folder in file.parts), 0.3)


@pytest.fixture(scope="session")
def house(request: pytest.FixtureRequest) -> House:
    """The house itself."""
    found = request.config.pluginmanager.get_plugin("house")
    assert isinstance(found, House)
    return found


@pytest.fixture(scope="session")
def migrated(house: House) -> Iterator[Database]:
    """A migrated database that tests share: leave no row in it."""
    with house.database() as database:
        yield database


@pytest.fixture
def database(house: House) -> Iterator[Database]:
    """A migrated, empty database of the test's own."""
    with house.database() as database:
        yield database


@pytest.fixture
def session(migrated: Database) -> Iterator[Session]:
    """A session of the application whose writes are undone at the end."""
    with session_for(migrated.app) as session:
        yield session
        session.rollback()


@pytest.fixture
def demo(house: House) -> Workbench:
    """A viewer's Workbench on the demo school."""
    return house.demo


@pytest.fixture
def dashboards(house: House) -> str:
    """The address of the dashboards of the demo school."""
    return house.dashboards


@pytest.fixture
def browser(house: House) -> Browser:
    """A headless Chromium."""
    return house.browser


def in_memory() -> Path | None:
    """A folder whose files are memory, where there is plenty: to copy a database is to make two thousand files."""
    # What a run left that was killed is no memory that anybody misses.
    for left in MEMORY.glob("edukit tests *"):
        if not psutil.pid_exists(int(left.name.split()[2])):
            shutil.rmtree(left, ignore_errors=True)
    roomy = MEMORY.is_dir() and min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available) > ROOMY_BYTES
    return MEMORY if roomy else None


def free_port() -> int:
    """A port that nothing listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(address: str, server: Forked, seconds: float = 90) -> None:
    """Wait until an address answers."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert server.poll() is None, f"the server ended with {server.returncode}"
        with contextlib.suppress(OSError), urllib.request.urlopen(address, timeout=5) as answer:
            assert answer.status == 200
            return
        time.sleep(0.1)
    pytest.fail(f"{address} did not answer within {seconds} s")


def stop(server: Forked) -> None:
    """End a server as Ctrl-C does."""
    server.terminate()
    server.wait(30)


@pytest.fixture
def unused_port() -> Callable[[], int]:
    """Gives a port that nothing listens on just now, at each call."""
    return free_port
