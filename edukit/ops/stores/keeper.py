"""The process that owns one embedded server: starts it, restarts it, stops it when no client is left.

It runs as ``python -I -S keeper.py HOME SERVER`` with a :class:`Plan` as JSON on its input, and answers on its
output: ``ready``, or the reason why the server did not start. It is run by its path and imports the standard
library alone, so that it is up in 20 ms whatever edukit itself imports.

What holds a home together are ``flock`` locks, because the kernel releases them however their holder ends:

- every client holds ``clients`` shared; a keeper that gets it exclusively knows that nobody is left;
- a keeper holds ``keeper`` from before its birth (the client that starts it hands the locked file over).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

POLL_SECONDS = 0.1
STOP_SECONDS = 60.0
RESTARTS = 5
RESTARTS_WITHIN_SECONDS = 60.0
LOG_BYTES = 10_000_000
# Stands in ``argv`` for the data folder where its user cannot pass the folder's parents: a way in that is open.
OPEN_DATA = "/proc/self/fd/DATA"
PROGRAMS = ("postgres", "valkey-server", "initdb")


@dataclass(frozen=True)
class Probe:
    """How to ask a server whether it takes work: what to say at its socket, and the pattern of a good answer."""

    socket: str
    hello: str
    ready: str

    def answers(self) -> bool:
        """Whether the server takes work now."""
        said = b""
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(2)
                line.connect(self.socket)
                line.sendall(self.hello.encode("latin-1"))
                while chunk := line.recv(512):
                    said += chunk
                    if re.match(self.ready, said.decode("latin-1")):
                        return True
        except OSError:
            return False
        return False


@dataclass(frozen=True)
class Plan:
    """Everything that a keeper needs to know of its server."""

    title: str
    argv: list[str]
    feed: str
    """What the server reads on its input; secrets go here and never into ``argv``."""
    environment: dict[str, str]
    data: str
    """The server's working directory. No two servers share one, so it also tells whose process a pid is."""
    uid: int | None
    gid: int | None
    probe: Probe
    pid_file: str
    stop_signal: int
    log: str
    clients_lock: str
    keeper_lock: int
    """The number of the open, locked file that makes this keeper the only one."""


def try_lock(file: int, mode: int) -> bool:
    """Take a ``flock`` of this mode at once, or say that somebody is in the way."""
    try:
        fcntl.flock(file, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def works_in(pid: int, folder: str) -> bool:
    """Whether this process is a living server of this folder: pids are recycled, so a pid alone proves nothing."""
    process = Path("/proc", str(pid))
    try:
        if process.parent.joinpath("self/cwd").exists():
            # A person's shell may stand in the folder too, hence the name.
            named = process.joinpath("comm").read_text().strip() in PROGRAMS
            return named and process.joinpath("cwd").samefile(folder)
        shown = subprocess.run(["/bin/ps", "-o", "comm=", "-p", str(pid)], capture_output=True, text=True, check=False)
    except OSError:
        return False
    return Path(shown.stdout.strip()).name in PROGRAMS


@contextlib.contextmanager
def open_data(folder: str) -> Iterator[int]:
    """Open a data folder for a program that enters it through :data:`OPEN_DATA`."""
    data = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield data
    finally:
        os.close(data)


def entering(argv: list[str], data: int) -> list[str]:
    """The arguments with the number of the open data folder."""
    return [f"/proc/self/fd/{data}" if word == OPEN_DATA else word for word in argv]


def server_pid(folder: str, pid_file: str) -> int:
    """The process that is the living server of this folder; 0 when there is none."""
    try:
        pid = int(Path(folder, pid_file).read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0
    return pid if works_in(pid, folder) else 0


def end_strays(folder: str) -> None:
    """Kill what still works in a folder whose server is dead: orphans hold its memory and would write its files."""
    strays = [int(entry.name) for entry in Path("/proc").glob("[0-9]*") if works_in(int(entry.name), folder)]
    for pid in strays:
        _kill(pid, signal.SIGKILL)
    until = time.monotonic() + 5
    while any(works_in(pid, folder) for pid in strays) and time.monotonic() < until:
        time.sleep(0.01)


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it ended by itself, which is what was wanted
        os.kill(pid, number)


class Server:
    """The one server of a keeper: its own child, or adopted from a keeper that was killed."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._child: subprocess.Popen[bytes] | None = None
        self._pid = 0
        self._log_starts_at = 0

    def start(self) -> str:
        """Adopt the running server or start one; "" when it takes work, else why not."""
        # The second try is for a first one that met the last breath of a server that was killed.
        return self._try_to_start() and self._try_to_start()

    def _try_to_start(self) -> str:
        try:
            self._child, self._pid = None, server_pid(self._plan.data, self._plan.pid_file)
            if not self.reachable():
                self.stop()
                self._launch()
        except OSError as error:
            return str(error)
        while self.alive():
            if self._plan.probe.answers():
                return ""
            time.sleep(0.01)
        return self._last_words()

    def alive(self) -> bool:
        """Whether its process lives."""
        if self._child is not None:
            return self._child.poll() is None
        return bool(self._pid) and works_in(self._pid, self._plan.data)

    def reachable(self) -> bool:
        """Whether it lives and nothing removed its socket; a cleaner of /tmp does."""
        return self.alive() and Path(self._plan.probe.socket).exists()

    def stop(self) -> None:
        """Stop it cleanly; by force when that takes more than a minute."""
        for patience, number in ((STOP_SECONDS, self._plan.stop_signal), (5.0, signal.SIGQUIT)):
            if self.alive():
                _kill(self._pid, number)
            until = time.monotonic() + patience
            while self.alive() and time.monotonic() < until:
                time.sleep(0.01)
        end_strays(self._plan.data)

    def _launch(self) -> None:
        plan = self._plan
        sockets = Path(plan.probe.socket).parent
        # A dead server's own locks are in the way for as long as its pid is taken, be it by a stranger or a zombie.
        if not server_pid(plan.data, plan.pid_file):
            Path(plan.data, plan.pid_file).unlink(missing_ok=True)
        shutil.rmtree(sockets, ignore_errors=True)
        sockets.mkdir(mode=0o700)
        os.chown(sockets, -1 if plan.uid is None else plan.uid, -1)
        with Path(plan.log).open("ab") as log, open_data(plan.data) as data:
            self._log_starts_at = log.tell()
            self._child = subprocess.Popen(
                entering(plan.argv, data),
                pass_fds=[data],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=plan.data,
                env=plan.environment,
                user=plan.uid,
                group=plan.gid,
                extra_groups=None if plan.uid is None else [],
                umask=0o077,
                start_new_session=True,
            )
        self._pid = self._child.pid
        if self._child.stdin:
            with contextlib.suppress(BrokenPipeError), self._child.stdin as told:
                told.write(plan.feed.encode())

    def _last_words(self) -> str:
        with Path(self._plan.log).open(errors="replace") as log:
            log.seek(self._log_starts_at)
            lines = log.read().splitlines()
        # The probe's own knocks leave a line each.
        lines = [line for line in lines if "is starting up" not in line]
        serious = [line for line in lines if re.search(r"FATAL|PANIC|error|No space left", line)]
        return (serious or lines or ["it ended without a word"])[-1]


def keep(plan: Plan) -> None:
    """Start the server, say how that went, and stay until no client is left."""
    server, clients = Server(plan), os.open(plan.clients_lock, os.O_RDWR)
    leaving: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: leaving.append(number))
    reason = server.start()
    _report(reason)
    restarts: deque[float] = deque(maxlen=RESTARTS)
    while not reason and not leaving and not try_lock(clients, fcntl.LOCK_EX):
        time.sleep(POLL_SECONDS)
        _rotate(plan.log)
        if not server.reachable():
            reason = _restart(server, restarts)
    server.stop()
    _note(f"{plan.title} is stopped" + (f": {reason}" if reason else ""))
    shutil.rmtree(Path(plan.probe.socket).parent, ignore_errors=True)


def _restart(server: Server, restarts: deque[float]) -> str:
    if len(restarts) == RESTARTS and time.monotonic() - restarts[0] < RESTARTS_WITHIN_SECONDS:
        return f"it died {RESTARTS} times within {RESTARTS_WITHIN_SECONDS:.0f} seconds"
    time.sleep(0.05 * 2 ** len(restarts) if restarts else 0)
    restarts.append(time.monotonic())
    server.stop()
    _note(f"the server was gone and is started again {server.start()}")
    return ""  # a failure counts as one more death: the next round tries again until the limit


def _report(reason: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # the client that asked is gone; others find the server by its socket
        os.write(1, (reason or "ready").encode())
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)


def _note(text: str) -> None:
    with contextlib.suppress(OSError):  # a full disk must not end the keeper: the server may live through it
        os.write(2, f"{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())} UTC keeper {text}\n".encode())


def _rotate(log: str) -> None:
    # Copied and truncated rather than renamed: servers write through the open file that they were given.
    with contextlib.suppress(OSError):  # no room for the copy; the next round tries again
        if Path(log).stat().st_size > LOG_BYTES:
            shutil.copyfile(log, log + ".1")
            os.truncate(log, 0)


def main() -> None:
    """Read the plan, leave the caller's family and keep."""
    given = json.load(sys.stdin)
    plan = Plan(**{**given, "probe": Probe(**given["probe"])})
    # An orphan: its parent may live for weeks and would have a zombie to bury.
    if os.fork():
        os._exit(0)
    os.set_inheritable(plan.keeper_lock, False)  # noqa: FBT003 - os takes no keyword here
    keep(plan)


if __name__ == "__main__":
    main()
