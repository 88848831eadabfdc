"""Sign-ins at once: how long thirty people wait who come in the same moment, and what a crowd costs the server.

They meet `edukit up` as it is, with PostgreSQL and Redis, each with an account and a browser of their own. Beyond those
that may wait the rest is asked to come again, so that a crowd takes no more memory than that.
"""

from __future__ import annotations

import argparse
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import psutil
import psycopg
from load import Figure, tell

from edukit.ops.prepare import prepared
from edukit.passwords import hashed
from edukit.serving.door import MOST_WAITING
from edukit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

AT_ONCE, CROWD = 30, 200
GOAL_SECONDS, GOAL_MIB = 5.0, 80.0
PASSWORD = "seven quiet lanterns"
PEOPLE = """
    INSERT INTO institutions (id, name) VALUES (1, 'Bench');
    INSERT INTO accounts (id, username, password_hash) SELECT n, 'pupil' || n, %s FROM generate_series(1, %s) n;
    INSERT INTO users (institution_id, id, account_id, role, name)
        SELECT 1, n, n, 'teacher', 'Pupil ' || n FROM generate_series(1, %s) n"""


def main() -> int:
    """Run the bench; 1 when a goal is asked for and missed."""
    options = _options()
    with served() as (address, server):
        _sign_in_all(address, 5)  # what is loaded once is nobody's time
        before = _peak_mib(server)
        rounds = [_sign_in_all(address, AT_ONCE) for _ in range(1 if options.quick else options.runs)]
        took = [seconds for each in rounds for seconds, status in each if status == 303]
        asked = sum(len(each) for each in rounds)
        crowd = [status for _, status in _sign_in_all(address, CROWD)]
        grown = _peak_mib(server) - before
    figures = [
        Figure(f"{AT_ONCE} at once, served", len(took), "sign-ins", goal=f"= {asked}", holds=len(took) == asked),
        Figure(f"{AT_ONCE} at once, median", 1000 * statistics.median(took), "ms"),
        Figure(
            f"{AT_ONCE} at once, worst",
            1000 * max(took),
            "ms",
            goal=f"<= {1000 * GOAL_SECONDS:.0f} ms",
            holds=max(took) <= GOAL_SECONDS,
        ),
        Figure(f"{CROWD} at once, served", crowd.count(303), "sign-ins"),
        Figure(
            f"{CROWD} at once, asked to come again",
            crowd.count(503),
            "sign-ins",
            goal=f">= 1, others served: at most {MOST_WAITING} wait",
            holds=0 < crowd.count(503) == CROWD - crowd.count(303),
        ),
        Figure("memory that all took", grown, "MiB", goal=f"<= {GOAL_MIB:.0f} MiB", holds=grown <= GOAL_MIB),
    ]
    tell(figures, as_json=options.json)
    return int(options.check and any(figure.holds is False for figure in figures))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=5, help="how often thirty come")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--check", action="store_true", help="exit 1 when a goal is missed")
    parser.add_argument("--quick", action="store_true", help="a smaller run of the same")
    parser.add_argument("--no-peers", action="store_true", help="there are none: as the other benches have it")
    return parser.parse_args()


@contextmanager
def served() -> Iterator[tuple[str, psutil.Process]]:
    """The address and the process of an `edukit up` with an account for everybody."""
    with tempfile.TemporaryDirectory(prefix="edukit sign-ins ") as folder, socket.socket() as probe:
        home = Path(folder) / "home"
        with prepared(Settings.from_environment(home=home)) as stores:
            with psycopg.connect(stores.database_url) as admin:
                for statement in PEOPLE.split(";"):
                    values = {0: [], 1: [CROWD], 2: [hashed(PASSWORD), CROWD]}[statement.count("%s")]
                    admin.execute(statement, values)
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
            probe.close()
            command = [sys.executable, "-m", "edukit.cli", "up", "--no-browser", "--no-demo", "--port", str(port)]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            server = subprocess.Popen(command, env={**os.environ, "EDUKIT_HOME": str(home)}, **quiet)
            try:
                _wait_for(f"http://127.0.0.1:{port}/health")
                yield f"http://127.0.0.1:{port}", psutil.Process(server.pid)
            finally:
                server.terminate()
                server.wait(60)


def _wait_for(address: str) -> None:
    until = time.monotonic() + 90
    while time.monotonic() < until:
        try:
            if httpx.get(address, trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.HTTPError:
            time.sleep(0.2)
    message = f"{address} did not answer."
    raise TimeoutError(message)


def _sign_in_all(address: str, people: int) -> list[tuple[float, int]]:
    """Everybody sends the form in the same moment; seconds and status of each answer."""
    together = threading.Barrier(people)
    with ExitStack() as exits, ThreadPoolExecutor(people) as crowd:
        browsers = [
            exits.enter_context(httpx.Client(base_url=address, trust_env=False, timeout=120)) for _ in range(people)
        ]
        return list(crowd.map(lambda one: _sign_in(*one, together), enumerate(browsers, 1)))


def _sign_in(number: int, browser: httpx.Client, together: threading.Barrier) -> tuple[float, int]:
    browser.get("/login")
    form = {"_xsrf": browser.cookies["_xsrf"], "account": f"pupil{number}", "password": PASSWORD}
    together.wait()
    start = time.perf_counter()
    answer = browser.post("/login", data=form)
    return time.perf_counter() - start, answer.status_code


def _peak_mib(process: psutil.Process) -> float:
    """What the process has held at most; where the system does not tell, what it holds."""
    try:
        status = Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return process.memory_info().rss / 2**20
    return int(status.partition("VmHWM:")[2].split()[0]) / 2**10


if __name__ == "__main__":
    sys.exit(main())
