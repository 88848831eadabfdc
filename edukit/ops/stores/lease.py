"""A client's hold on an embedded server: while anybody has one, the server runs."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from edukit.errors import StoreError
from edukit.ops.stores import keeper
from edukit.ops.stores.home import explained, no_space, prepare_home
from edukit.ops.stores.keeper import server_pid, try_lock
from edukit.ops.stores.programs import server_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edukit.ops.stores.embedded import EmbeddedServer

START_SECONDS: Final = 120.0
CLOSE_SECONDS: Final = 20.0
_POLL_SECONDS: Final = 0.02
_LEAST_BYTES: Final = 1_000_000


class Lease:
    """Taken when made: the server answers. Given back by :meth:`release`, then :meth:`wait`.

    It holds the shared lock that the keeper watches. The lock's file is closed in programs that this process
    starts, so that a kernel does not keep the stores up after its parent has ended.

    Raises:
        StoreError: the server cannot be started.
    """

    def __init__(self, server: EmbeddedServer) -> None:
        self._server = server
        self._last = False
        prepare_home(server.home)
        with explained(server.home):
            self._clients = _open(server.lock("clients"))
        self._process = os.getpid()
        try:
            self._wait_for(self._clients, fcntl.LOCK_SH)
            self.ensure()
        except BaseException:
            self.release()
            self.wait()
            raise

    def ensure(self) -> None:
        """Come back when the server answers, with a keeper beside it; start what is missing.

        Raises:
            StoreError: it cannot be started.
        """
        if self._kept():
            return
        with explained(self._server.home), self._locked("start"):
            until = time.monotonic() + START_SECONDS
            while not self._kept():
                self._start_keeper()
                if time.monotonic() > until:
                    raise StoreError(self._silent())
                time.sleep(_POLL_SECONDS)

    def release(self) -> None:
        """Give the hold back. In a process forked from the one that took it, only forget it."""
        if os.getpid() != self._process:
            os.close(self._clients)
            return
        # One at a time, or two that leave together would each take the other for one that stays.
        with contextlib.suppress(OSError, StoreError), self._locked("closing"):
            alone = try_lock(self._clients, fcntl.LOCK_EX)
            # Or the keeper saw it in the meantime and holds the lock itself while it stops the server.
            self._last = alone or not try_lock(self._clients, fcntl.LOCK_SH)
            fcntl.flock(self._clients, fcntl.LOCK_UN)
        os.close(self._clients)

    def wait(self) -> None:
        """If this was the last hold, come back when the server is stopped (after 20 seconds in any case)."""
        until = time.monotonic() + CLOSE_SECONDS
        while self._last and time.monotonic() < until:
            if not self._keeper_lives():
                if not server_pid(str(self._server.data), self._server.pid_file):
                    return
                # Its keeper was killed: a new one sees that nobody is left.
                with contextlib.suppress(OSError, StoreError):
                    self._start_keeper()
            time.sleep(_POLL_SECONDS)

    def _kept(self) -> bool:
        return self._server.probe.answers() and self._keeper_lives()

    def _keeper_lives(self) -> bool:
        with _opened(self._server.lock("keeper")) as file:
            return not try_lock(file, fcntl.LOCK_SH)

    def _start_keeper(self) -> None:
        """Start one unless there is one, and hand it the lock that makes it the only one."""
        with _opened(self._server.lock("keeper")) as file:
            if try_lock(file, fcntl.LOCK_EX):
                plan = json.dumps(dataclasses.asdict(self._server.plan(keeper_lock=file)))
                # One that ends without a word was killed.
                said = self._launch(plan, file) or self._launch(plan, file) or self._launch(plan, file)
                if said != "ready":
                    raise StoreError(self._failure(said))

    def _launch(self, plan: str, lock: int) -> str:
        server = self._server
        argv = [sys.executable, "-I", "-S", str(Path(keeper.__file__)), str(server.home), server.name]
        with server.log.open("ab") as log:
            process = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd="/",
                env=server_environment(),
                pass_fds=[lock],
                start_new_session=True,
                umask=0o077,
                text=True,
            )
        try:
            return process.communicate(plan, timeout=START_SECONDS)[0]
        except subprocess.TimeoutExpired:
            raise StoreError(self._silent()) from None

    def _failure(self, said: str) -> str:
        server = self._server
        # A full disk may leave no room even for the server's own words about it.
        if "No space left" in said or shutil.disk_usage(server.home).free < _LEAST_BYTES:
            return no_space(server.home)
        reason = said or "its keeper ended without a word"
        return f"{server.title} of EDUKIT_HOME {server.home} did not start ({reason}): see {server.log}."

    def _silent(self) -> str:
        server = self._server
        return (
            f"{server.title} of EDUKIT_HOME {server.home} must answer within {START_SECONDS:.0f} seconds and does not; "
            f"after a crash it may still be reading its log: see {server.log} and run again."
        )

    @contextlib.contextmanager
    def _locked(self, what: str) -> Iterator[None]:
        with _opened(self._server.lock(what)) as file:
            self._wait_for(file, fcntl.LOCK_EX)
            yield

    def _wait_for(self, file: int, mode: int) -> None:
        until = time.monotonic() + START_SECONDS
        while not try_lock(file, mode):
            if time.monotonic() > until:
                raise StoreError(self._silent())
            time.sleep(_POLL_SECONDS)


def _open(lock: Path) -> int:
    return os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


@contextlib.contextmanager
def _opened(lock: Path) -> Iterator[int]:
    file = _open(lock)
    try:
        yield file
    finally:
        os.close(file)
