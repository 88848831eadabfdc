"""How kernels of pages are started: forked from a process that is warm already, else as any kernel is."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from edukit.serving.environment import OF_PYTHON, kept
from edukit.serving.fork_server import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jupyter_client.connect import KernelConnectionInfo

LAUNCHED: Final = ("ipykernel_launcher", "-f")
"""How the command of a kernel ends, before the name of its connection file."""
ANSWER_SECONDS: Final = 5.0
WARM_SECONDS: Final = 60.0
"""For how long a page waits while it gets warm: a kernel of its own would import the same, and no sooner."""
SHORT_SECONDS: Final = 10.0
"""A fork server that lives no longer is not followed by another before the next page."""
_log = logging.getLogger(__name__)


class NotForked(Exception):  # noqa: N818 - it is no failure of the page's, which gets an ordinary kernel
    """There is no fork server, or it did not answer."""


class Forked:
    """A forked kernel, as far as :class:`LocalProvisioner` looks at a :class:`subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, hear: Callable[[], None]) -> None:
        self.pid, self._hear = pid, hear
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """How it ended; None: it has not."""
        if self.returncode is None:
            # While the server stops, its loop does not look any more.
            self._hear()
        return self.returncode

    def wait(self) -> int | None:
        """The same: it is asked once that is known."""
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Send it a signal."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


class ForkServer:
    """The server's end of :mod:`edukit.serving.fork_server`, in one event loop; to be closed."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._process: subprocess.Popen[bytes] | None = None
        self._ids = count(1)
        self._asked: dict[int, asyncio.Future[int]] = {}
        self._kernels: dict[int, Forked] = {}
        self._closed = False

    def start(self) -> None:
        """Start it, or another after it has ended; it gets warm by itself."""
        if self._closed or not sys.platform.startswith("linux"):
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            command = [sys.executable, "-m", "edukit.serving.fork_server", str(theirs.fileno())]
            # One thread each for the arithmetic of a page: a pool would have to be left behind at each fork.
            env = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", **kept(os.environ, *OF_PYTHON)}
            self._process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()])
        ours.setblocking(False)  # noqa: FBT003
        self._socket, self._started_at, self._is_warm = ours, time.monotonic(), False
        self._loop.add_reader(ours, self._hear)

    async def fork(self, connection_file: str, *, env: Mapping[str, str], cwd: str) -> Forked:
        """A kernel that answers on the sockets that a file names.

        Raises:
            NotForked: there is none to be had.
        """
        if self._process is None:
            self.start()
        if self._process is None:
            message = "kernels are forked on Linux only"
            raise NotForked(message)
        number = next(self._ids)
        answer = self._asked[number] = self._loop.create_future()
        try:
            asked = {"id": number, "connection_file": connection_file, "env": dict(env), "cwd": cwd}
            self._socket.send(json.dumps(asked).encode())
            async with asyncio.timeout(ANSWER_SECONDS if self._is_warm else WARM_SECONDS):
                return self._kernels[await answer]
        except (OSError, TimeoutError) as error:
            message = f"the fork server does not answer: {str(error) or 'it takes too long'}"
            raise NotForked(message) from error
        finally:
            del self._asked[number]

    def close(self) -> None:
        """End it, and every kernel that still lives."""
        self._closed = True
        self._end()

    def _hear(self) -> None:
        """Take what it tells: of kernels that are there, and of those that have ended."""
        if self._process is None:
            return
        with contextlib.suppress(BlockingIOError):
            try:
                while packet := self._socket.recv(MOST_BYTES):
                    self._take(json.loads(packet))
            except ConnectionError:
                pass
            self._end()

    def _take(self, told: dict[str, Any]) -> None:
        if "status" in told:
            if kernel := self._kernels.pop(told["pid"], None):
                kernel.returncode = told["status"]
        elif "ready" in told:
            self._is_warm = True
        else:
            self._kernels[told["pid"]] = Forked(told["pid"], self._hear)
            if told["id"] in self._asked:
                self._asked[told["id"]].set_result(told["pid"])
            else:
                # Nobody waits for it any more.
                self._kernels[told["pid"]].kill()

    def _end(self) -> None:
        """It has ended, or is to: its kernels have died with it."""
        if self._process is None:
            return
        self._loop.remove_reader(self._socket)
        self._socket.close()
        self._process.kill()
        status = self._process.wait()
        self._process = None
        lost = list(self._kernels.values())
        self._kernels.clear()
        for kernel in lost:
            kernel.returncode = -signal.SIGKILL
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(ConnectionError(f"it ended with {status}"))
        if not self._closed:
            _log.warning("The fork server has ended with %d, and %d kernels with it.", status, len(lost))
            if time.monotonic() - self._started_at > SHORT_SECONDS:
                self.start()


class ForkingProvisioner(LocalProvisioner):
    """Forks a kernel from the server's warm process; whatever cannot be forked is started as a process of its own."""

    async def launch_kernel(self, cmd: list[str], **given: Any) -> KernelConnectionInfo:
        """Start the kernel that a command would."""
        try:
            kernel = await self._forked(cmd, **given)
        except NotForked as reason:
            _log.warning("A kernel is started without being forked: %s", reason)
            return await super().launch_kernel(cmd, **given)
        self.process = kernel  # type: ignore[assignment]
        # It leads a group of its own.
        self.pid = self.pgid = kernel.pid
        self.cwd = given.get("cwd") or Path.cwd()
        return self.connection_info

    async def _forked(self, cmd: list[str], **given: Any) -> Forked:
        *start, connection_file = cmd
        if tuple(start[-2:]) != LAUNCHED or cmd[0] != sys.executable:
            message = f"it is no Python of this server's: {cmd[0]}"
            raise NotForked(message)
        server: ForkServer = self.parent.parent.fork_server  # type: ignore[union-attr]
        return await server.fork(connection_file, env=given["env"], cwd=str(given.get("cwd") or Path.cwd()))
