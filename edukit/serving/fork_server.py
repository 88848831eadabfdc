"""The fork server: a process that has rehearsed every page, and forks a kernel from itself for each that opens.

``python -m edukit.serving.fork_server 7`` serves the other end of the socket pair whose descriptor is 7. It has one
thread, no other socket, no engine, no event loop and no credential, so that kernels share code and nothing else. It
ends with the server, and its kernels end with it. Linux only; :mod:`edukit.serving.provisioner` asks it.

A packet is a JSON object. Asked for a kernel (``id``, ``connection_file``, ``env``, ``cwd``) it answers ``id`` and
``pid``, and once that has ended ``pid`` and ``status``, as :class:`subprocess.Popen` tells it.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import threading
import time
from dataclasses import dataclass
from random import seed
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edukit.serving.page_kernel import PageKernelApp

MOST_BYTES: Final = 1 << 20
"""Of one packet."""
PR_SET_PDEATHSIG: Final = 1
SPARES: Final = 2
"""Processes that wait for the next pages."""
REST_SECONDS: Final = 0.5
"""Without a request before another is made: the page that has just been asked for comes first."""
# What a kernel itself imports, and what the libraries of pages import when they are first used.
IMPORTED: Final = (
    "edukit.settings", "edukit.workbench", "faulthandler", "ipykernel.comm", "ipykernel.ipkernel",
    "ipykernel.kernelapp", "ipykernel.subshell_manager", "ipykernel.zmqshell", "IPython.core.completer",
    "IPython.core.completerlib", "IPython.core.debugger", "IPython.core.logger", "IPython.core.magics",
    "IPython.core.oinspect", "IPython.core.pylabtools", "IPython.extensions.storemagic", "psycopg",
    "pyarrow.pandas_compat", "redis.client", "sqlalchemy.dialects.postgresql.psycopg", "tornado.ioloop",
    "tornado.platform.asyncio", "zmq.eventloop.zmqstream", "zmq.utils.garbage",
)  # fmt: skip


@dataclass(frozen=True)
class Fork:
    """A process that becomes a kernel when it is told which."""

    pid: int
    order: socket.socket

    def takes(self, packet: bytes) -> bool:
        """Whether it is there to be told which."""
        with self.order, contextlib.suppress(OSError):
            return self.order.send(packet) > 0
        return False


def main(descriptor: int) -> None:
    """Get warm, then fork on request until the server's end of the socket is closed."""
    server = socket.socket(fileno=descriptor)
    # Next to nothing of what is imported is garbage: to look for some, again and again, took a quarter of the time.
    gc.disable()
    kernel = _warm()
    # What stands now is looked at by no collection, so that its pages stay shared.
    gc.collect()
    gc.freeze()
    gc.enable()
    if threading.active_count() > 1:
        sys.exit("The fork server has a second thread: a lock of it would stay shut in every kernel.")
    _tell(server, {"ready": True})
    ended, wakes = os.pipe()
    for end in (ended, wakes):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wakes)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    # The server stops its kernels one by one when Ctrl-C is pressed in its terminal.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    held = (descriptor, ended, wakes)
    spares: list[Fork] = []
    wanted = SPARES
    while True:
        is_short = len(spares) < wanted
        ready, _, _ = select.select([descriptor, ended], [], [], REST_SECONDS if is_short else None)
        if not ready:
            spares.append(_fork(kernel, spares, held))
        if ended in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(ended, MOST_BYTES)
            gone = _reap(server)
            if any(spare.pid in gone for spare in spares):
                # Another would end as this one has, which nobody had told anything.
                wanted = 0
                spares = [spare for spare in spares if spare.pid not in gone]
        if descriptor in ready:
            packet = server.recv(MOST_BYTES)
            if not packet:
                return
            fork = _next(kernel, spares, held)
            while not fork.takes(packet):
                fork = _next(kernel, spares, held)
            _tell(server, {"id": json.loads(packet)["id"], "pid": fork.pid})


def _warm() -> PageKernelApp:
    # Nobody debugs a page, and a debugger would look at every module.
    sys.modules["debugpy"] = None  # type: ignore[assignment]
    for name in IMPORTED:
        importlib.import_module(name)
    importlib.import_module("edukit.serving.rehearsal").rehearse()
    kernel: PageKernelApp = importlib.import_module("edukit.serving.page_kernel").PageKernelApp.prepared()
    return kernel


def _next(kernel: PageKernelApp, spares: list[Fork], held: Sequence[int]) -> Fork:
    """The one that has waited longest, else another."""
    return spares.pop(0) if spares else _fork(kernel, spares, held)


def _fork(kernel: PageKernelApp, spares: list[Fork], held: Sequence[int]) -> Fork:
    """Another process, which holds none of the descriptors of this one's."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    pid = os.fork()
    if pid == 0:
        signal.set_wakeup_fd(-1)
        for end in (*held, *(spare.order.detach() for spare in spares), ours.detach()):
            os.close(end)
        _become_kernel(kernel, theirs)
    theirs.close()
    return Fork(pid, ours)


def _reap(server: socket.socket) -> set[int]:
    """Tell of every kernel that has ended."""
    gone = set()
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            gone.add(ended[0])
            _tell(server, {"pid": ended[0], "status": os.waitstatus_to_exitcode(ended[1])})
    return gone


def _tell(server: socket.socket, told: dict[str, Any]) -> None:
    # Where nobody hears it any more, the next look at the socket ends this process.
    with contextlib.suppress(OSError):
        server.send(json.dumps(told).encode())


def _become_kernel(kernel: PageKernelApp, order: socket.socket) -> NoReturn:
    """Be the kernel of one page: nothing that could tell this process from one that was started for it."""
    parent = os.getppid()
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    for number in (signal.SIGCHLD, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    status = 1
    try:
        _run(kernel, **_ordered(order))
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1 if end.code else 0
    except BaseException:  # noqa: BLE001 - whatever it was, this copy of the fork server must not go on
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)


def _ordered(order: socket.socket) -> dict[str, Any]:
    """Which kernel to be, when that is told."""
    with order:
        packet = order.recv(MOST_BYTES)
    if not packet:
        sys.exit()
    asked: dict[str, Any] = json.loads(packet)
    return asked


def _run(kernel: PageKernelApp, *, connection_file: str, env: dict[str, str], cwd: str, **_: Any) -> None:
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    os.chdir(cwd)
    seed()
    np.random.seed()  # noqa: NPY002 - the generator that was copied is the old one
    sys.argv = ["ipykernel_launcher", "-f", connection_file]
    kernel.run(connection_file)


if __name__ == "__main__":
    main(int(sys.argv[1]))
