"""`edukit up`: one command, its ends and its neighbours."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import httpx
import psutil
import pytest
from pydantic import SecretStr

from edukit.serving.application import already_serving, identity
from edukit.settings import Settings, shipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import House


@pytest.fixture
def up(house: House) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts `edukit up` on a home of its own or a given one; ends what is left."""
    started = []

    def start(home: Path, port: int, *more: str, hang_up: signal.Handlers = signal.SIG_DFL) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "edukit.cli", "up", "--no-browser", "--no-demo", "--port", str(port), *more]
        server = subprocess.Popen(
            command,
            env={**os.environ, "EDUKIT_HOME": str(home)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # Whoever runs the tests in the background has Ctrl-C ignored, and so would the server.
            preexec_fn=lambda: (signal.signal(signal.SIGINT, signal.SIG_DFL), signal.signal(signal.SIGHUP, hang_up)),  # noqa: PLW1509
        )
        started.append(server)
        return server

    yield start
    for server in started:
        if server.poll() is None:
            server.terminate()
            server.communicate(timeout=60)
        elif server.stdout and not server.stdout.closed:
            server.stdout.close()


def health(port: int, seconds: float = 90) -> dict[str, Any]:
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
                return dict(json.load(answer))
        except OSError:
            assert time.monotonic() < until, "no answer"
            time.sleep(0.1)


def told_healthy(port: int) -> bool:
    try:
        return bool(health(port, 0)["ok"])
    except AssertionError:
        return False


def of_home(home: Path) -> list[psutil.Process]:
    """Every process that works for a home: by its arguments, environment or working folder."""
    found = []
    for process in psutil.process_iter():
        try:
            told = [*process.cmdline(), process.cwd(), process.environ().get("EDUKIT_HOME", "")]
        except psutil.Error:
            continue
        if process.pid != os.getpid() and any(str(home) in text for text in told):
            found.append(process)
    return found


def none_left(home: Path, seconds: float = 30) -> bool:
    until = time.monotonic() + seconds
    while of_home(home) and time.monotonic() < until:
        time.sleep(0.1)
    return not of_home(home)


def test_health_tells_of_both_stores(dashboards: str) -> None:
    """/health answers with the state and version of PostgreSQL and of Redis."""
    told = health(int(dashboards.rsplit(":", 1)[1]))  # a machine that is busy may be slower than it allows, for once
    assert told["ok"]
    assert told["postgres"]["detail"].startswith("PostgreSQL 18")
    assert told["redis"]["detail"].startswith("Valkey")


def test_the_front_page_is_home(dashboards: str) -> None:
    """The bare address leads to the first page, by way of the door."""
    with urllib.request.urlopen(dashboards + "/") as answer:
        assert answer.url.endswith("/login?next=%2Fvoila%2Frender%2Fhome.ipynb")
        assert "Traceback" not in answer.read().decode()


def test_a_page_names_no_other_host(dashboards: str) -> None:
    """Everything that a page loads comes from its own server: a school's network may reach no other."""
    with httpx.Client(base_url=dashboards, trust_env=False, timeout=60, follow_redirects=True) as browser:
        browser.get("/")
        form = {"_xsrf": browser.cookies["_xsrf"], "demo": "teacher", "next": "/voila/render/home.ipynb"}
        page = browser.post("/login", data=form).text
    loaded = re.findall(r"""<(?:script|link|img|iframe)[^>]*?(?:src|href)=["'](?:https?:)?//([^"'/]+)""", page)
    assert loaded == []
    assert "<title>Home" in page


def test_ctrl_c_leaves_no_process(
    up: Callable[..., subprocess.Popen[str]], tmp_path: Path, unused_port: Callable[[], int]
) -> None:
    """Ctrl-C ends the server, its kernels and both stores; a second start finds the same database."""
    port = unused_port()
    for _ in range(2):
        server = up(tmp_path / "home", port)
        assert health(port)["ok"]
        assert of_home(tmp_path)
        server.send_signal(signal.SIGINT)
        told, _ = server.communicate(timeout=60)
        assert server.returncode == 0, told
        assert "Traceback" not in told
        assert none_left(tmp_path)


def test_a_closed_terminal_stops_it_unless_it_was_told_not_to(
    up: Callable[..., subprocess.Popen[str]], tmp_path: Path, unused_port: Callable[[], int]
) -> None:
    """A hang-up is a stop like Ctrl-C; one that was started by `nohup` goes on serving."""
    stays, goes = unused_port(), unused_port()
    kept, ended = up(tmp_path / "home", stays, hang_up=signal.SIG_IGN), up(tmp_path / "home", goes)
    assert [health(port)["ok"] for port in (stays, goes)] == [True, True]
    for server in (kept, ended):
        server.send_signal(signal.SIGHUP)
    told, _ = ended.communicate(timeout=60)
    assert (ended.returncode, "Stopped." in told) == (0, True)
    assert health(stays)["ok"]


def test_a_killed_server_is_followed_by_another(
    up: Callable[..., subprocess.Popen[str]], tmp_path: Path, unused_port: Callable[[], int]
) -> None:
    """After kill -9 of `edukit up` its stores end by themselves, and the next one serves as before."""
    port = unused_port()
    server = up(tmp_path / "home", port)
    health(port)
    server.kill()
    server.communicate()
    assert none_left(tmp_path)
    up(tmp_path / "home", port)
    assert health(port)["ok"]


def test_stores_that_are_killed_come_back(
    up: Callable[..., subprocess.Popen[str]], tmp_path: Path, unused_port: Callable[[], int]
) -> None:
    """With PostgreSQL, Valkey and what watches over them all killed, the server starts them again."""
    port = unused_port()
    server = up(tmp_path / "home", port)
    health(port)
    for process in of_home(tmp_path):
        if process.pid != server.pid:
            process.kill()
    until = time.monotonic() + 60
    while not told_healthy(port):
        assert time.monotonic() < until
        time.sleep(0.2)
    assert server.poll() is None


def test_two_at_once(up: Callable[..., subprocess.Popen[str]], tmp_path: Path, unused_port: Callable[[], int]) -> None:
    """Two on one home and two ports share the stores; the end of one leaves the other serving."""
    ports = [unused_port(), unused_port()]
    first, second = (up(tmp_path / "home", port) for port in ports)
    assert [health(port)["ok"] for port in ports] == [True, True]
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=60)
    assert health(ports[1])["ok"]
    assert second.poll() is None


def refused(house: House, home: Path, port: int) -> tuple[int, str]:
    """The status of a server that does not serve, and what it says on one line."""
    done = house.command("up", "--no-browser", "--no-demo", "--port", str(port), EDUKIT_HOME=str(home))
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_a_second_one_on_the_same_port_says_so(house: House, dashboards: str) -> None:
    """The same home on the same port is already served: that is told, and is no failure."""
    status, told = refused(house, house.settings.home, int(dashboards.rsplit(":", 1)[1]))
    assert "already serving" in told
    assert status == 0


def test_other_stores_on_the_same_port_are_not_taken_for_served(house: House, dashboards: str) -> None:
    """A second one that is to serve another database or other notebooks is not told that it is served already."""
    port = int(dashboards.rsplit(":", 1)[1])
    ours = Settings(home=house.settings.home)
    theirs = Settings(home=house.settings.home, database_url=SecretStr("postgresql://u:p@elsewhere/d"))
    assert already_serving(port, identity(ours, shipped("notebooks").resolve()))
    assert not already_serving(port, identity(theirs, shipped("notebooks").resolve()))
    assert not already_serving(port, identity(ours, house.settings.home))


def test_a_port_of_another_protocol_is_one_sentence(house: House, tmp_path: Path) -> None:
    """Something that answers, but not in HTTP, is a taken port as any other."""
    with socket.create_server(("127.0.0.1", 0)) as taken:

        def greet() -> None:
            with contextlib.suppress(OSError), taken.accept()[0] as line:
                line.sendall(b"SSH-2.0-other\r\n")

        greeter = threading.Thread(target=greet)
        greeter.start()
        status, told = refused(house, tmp_path / "home", taken.getsockname()[1])
        greeter.join()
    assert status == 1
    assert "cannot be used" in told


def test_a_taken_port_is_one_sentence(house: House, tmp_path: Path) -> None:
    """A port that something else has is told before anything is started."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, told = refused(house, tmp_path / "home", port)
    assert status == 1
    assert f"Port {port} on 127.0.0.1 cannot be used" in told
    assert "--port" in told
    assert not (tmp_path / "home").exists()
