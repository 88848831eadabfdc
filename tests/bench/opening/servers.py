"""The four sides: each makes its own folder, starts its server as its documentation says, and ends it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import nbformat
import psutil
import psycopg
from opening.school import make_school

from edukit.ops.prepare import prepared
from edukit.passwords import hashed
from edukit.settings import Settings, shipped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from opening.school import School

APPS = Path(__file__).with_name("apps")
SIDES = ("edukit", "stock", "panel", "streamlit")
"""`stock` is Voilà as it comes, of the version and in the environment that edukit has."""
START_SECONDS, END_SECONDS = 90, 20
PASSWORD = "seven quiet lanterns"
PEOPLE = """
    INSERT INTO institutions (id, name) VALUES (1, 'Bench');
    INSERT INTO accounts (id, username, password_hash) VALUES (1, 'teacher', %s);
    INSERT INTO users (institution_id, id, account_id, role, name) VALUES (1, 1, 1, 'teacher', 'Bench Teacher')"""


@dataclass(frozen=True)
class Server:
    """A side that answers."""

    side: str
    url: str
    """Of the dashboard."""
    process: psutil.Process
    log: Path
    cookies: dict[str, str] = field(default_factory=dict)
    """Of whoever has signed in, where there is a sign-in: made before the clock starts."""


@contextmanager
def serving(sides: Sequence[str], students: int, python: Path | None) -> Iterator[tuple[School, dict[str, Server]]]:
    """All sides at once, each in a folder of its own with the same data.

    Args:
        sides: which of :data:`SIDES`.
        students: of a class.
        python: the interpreter of the peers' environment; None where none of them is asked for.
    """
    with tempfile.TemporaryDirectory(prefix="edukit-opening-") as folder, ExitStack() as exits:
        servers = {}
        for side in sides:
            own = Path(folder) / side
            school = _prepare(own, students, side)
            servers[side] = exits.enter_context(STARTS[side](own, python))
        yield school, servers


def _prepare(folder: Path, students: int, side: str) -> School:
    """Put the app and its data into a folder; a notebook is made of the cells of a script."""
    folder.mkdir()
    shutil.copy(APPS / "dashboard.py", folder)
    source = APPS / f"in_{side}.py"
    if side in {"edukit", "stock"}:
        nbformat.write(_notebook(source.read_text()), folder / f"{side}.ipynb")
    else:
        shutil.copy(source, folder)
    return make_school(folder, students)


def _notebook(script: str) -> nbformat.NotebookNode:
    cells = []
    for cell in script.split("# %%")[1:]:
        kind, _, source = cell.partition("\n")
        if "[markdown]" in kind:
            lines = [line.removeprefix("#").removeprefix(" ") for line in source.strip().splitlines()]
            cells.append(nbformat.v4.new_markdown_cell("\n".join(lines)))
        else:
            cells.append(nbformat.v4.new_code_cell(source.strip()))
    python3 = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": python3})


@contextmanager
def _edukit(folder: Path, _python: Path | None) -> Iterator[Server]:
    """`edukit up` on a home of its own, with somebody signed in."""
    shutil.copy(shipped("notebooks") / "home.ipynb", folder)
    home, port = folder / "home", _free_port()
    with prepared(Settings.from_environment(home=home)) as stores:
        with psycopg.connect(stores.database_url) as admin:
            for statement in PEOPLE.split(";"):
                admin.execute(statement, [hashed(PASSWORD)] if "%s" in statement else None)
        command = ["-m", "edukit.cli", "up", "--no-browser", "--no-demo", "--port", str(port), "--notebooks", "."]
        own = {"EDUKIT_HOME": str(home)}
        with _running([sys.executable, *command], folder, f"http://127.0.0.1:{port}/health", own) as (process, log):
            address = f"http://127.0.0.1:{port}"
            yield Server("edukit", f"{address}/voila/render/edukit.ipynb", process, log, _signed_in(address))


def _signed_in(address: str) -> dict[str, str]:
    with httpx.Client(base_url=address, trust_env=False, timeout=30) as browser:
        browser.get("/login").raise_for_status()
        form = {"_xsrf": browser.cookies["_xsrf"], "account": "teacher", "password": PASSWORD}
        answer = browser.post("/login", data=form)
        assert answer.is_redirect, answer.text
        return dict(browser.cookies)


@contextmanager
def _stock(folder: Path, _python: Path | None) -> Iterator[Server]:
    """`voila stock.ipynb`, with the culling of idle kernels that its documentation advises.

    What its page sends when it is left is refused for want of a token, so that its kernels would stay for ever.
    """
    port = _free_port()
    command = ["-m", "voila", "stock.ipynb", "--no-browser", "--port", str(port)]
    command += ["--MappingKernelManager.cull_idle_timeout=120", "--MappingKernelManager.cull_interval=30"]
    # Without whatever the person at this machine has configured.
    own = {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
    address = f"http://127.0.0.1:{port}"
    with _running([sys.executable, *command], folder, f"{address}/voila/static/require.min.js", own) as (process, log):
        yield Server("stock", f"{address}/", process, log)


@contextmanager
def _panel(folder: Path, python: Path | None) -> Iterator[Server]:
    """`panel serve in_panel.py`."""
    port = _free_port()
    command = ["-m", "panel", "serve", "in_panel.py", "--address", "127.0.0.1", "--port", str(port)]
    command += ["--allow-websocket-origin", f"127.0.0.1:{port}"]
    address = f"http://127.0.0.1:{port}/in_panel"
    with _running([str(python), *command], folder, address, {}) as (process, log):
        yield Server("panel", address, process, log)


@contextmanager
def _streamlit(folder: Path, python: Path | None) -> Iterator[Server]:
    """`streamlit run in_streamlit.py`."""
    port = _free_port()
    command = [
        "-m",
        "streamlit",
        "run",
        "in_streamlit.py",
        "--server.address",
        "127.0.0.1",
        "--server.headless",
        "true",
    ]
    command += ["--server.port", str(port), "--browser.gatherUsageStats", "false"]
    address = f"http://127.0.0.1:{port}"
    with _running([str(python), *command], folder, f"{address}/_stcore/health", {}) as (process, log):
        yield Server("streamlit", f"{address}/", process, log)


STARTS: dict[str, Callable[..., Iterator[Server]]] = {
    "edukit": _edukit,
    "stock": _stock,
    "panel": _panel,
    "streamlit": _streamlit,
}


@contextmanager
def _running(
    command: Sequence[str], folder: Path, ready: str, own: dict[str, str]
) -> Iterator[tuple[psutil.Process, Path]]:
    """A server from when an address answers until the block ends, and whatever it has started with it."""
    log = folder / "server.log"
    with log.open("w") as output:
        started = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **own}, stdout=output, stderr=subprocess.STDOUT
        )
    process = psutil.Process(started.pid)
    try:
        _wait_for(ready, started, log)
        yield process, log
    finally:
        left = process.children(recursive=True) if process.is_running() else []
        started.terminate()
        try:
            started.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()
        for one in left:
            if one.is_running():
                one.kill()
        psutil.wait_procs(left, timeout=END_SECONDS)


def _wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        assert server.poll() is None, f"a server ended with {server.returncode}: {log.read_text()[-2000:]}"
        try:
            if httpx.get(address, trust_env=False, timeout=30).status_code < httpx.codes.INTERNAL_SERVER_ERROR:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    message = f"{address} did not answer within {START_SECONDS} s: {log.read_text()[-2000:]}"
    raise TimeoutError(message)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
