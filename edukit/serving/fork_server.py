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
from random import seed
from typing import TYPE_CHECKING, Any, Final, NoReturn

import numpy as np

if TYPE_CHECKING:
    from edukit.serving.page_kernel import PageKernelApp

MOST_BYTES: Final = 1 << 20
"""Of one packet."""
PR_SET_PDEATHSIG: Final = 1
# What a kernel itself imports, and what the libraries of pages import when they are first used.
IMPORTED: Final = (
    "edukit.settings", "edukit.workbench", "faulthandler", "ipykernel.comm", "ipykernel.ipkernel",
    "ipykernel.kernelapp", "ipykernel.subshell_manager", "ipykernel.zmqshell", "IPython.core.completer",
    "IPython.core.completerlib", "IPython.core.debugger", "IPython.core.logger", "IPython.core.magics",
    "IPython.core.oinspect", "IPython.core.pylabtools", "IPython.extensions.storemagic", "psycopg",
    "pyarrow.pandas_compat", "redis.client", "sqlalchemy.dialects.postgresql.psycopg", "tornado.ioloop",
    "tornado.platform.asyncio", "zmq.eventloop.zmqstream", "zmq.utils.garbage",
)  # fmt: skip


def main(descriptor: int) -> None:
    """Import, then fork on request until the server's end of the socket is closed."""
    server = socket.socket(fileno=descriptor)
    kernel = _warm()
    # What stands now is looked at by no collection, so that its pages stay shared.
    gc.collect()
    gc.freeze()
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
    while True:
        ready, _, _ = select.select([descriptor, ended], [], [])
        if ended in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(ended, MOST_BYTES)
            _reap(server)
        if descriptor in ready:
            packet = server.recv(MOST_BYTES)
            if not packet:
                return
            asked = json.loads(packet)
            pid = os.fork()
            if pid == 0:
                signal.set_wakeup_fd(-1)
                for end in (ended, wakes):
                    os.close(end)
                server.close()
                _become_kernel(kernel, **asked)
            _tell(server, {"id": asked["id"], "pid": pid})


def _warm() -> PageKernelApp:
    # Nobody debugs a page, and a debugger would look at every module.
    sys.modules["debugpy"] = None  # type: ignore[assignment]
    for name in IMPORTED:
        importlib.import_module(name)
    importlib.import_module("edukit.serving.rehearsal").rehearse()
    kernel: PageKernelApp = importlib.import_module("edukit.serving.page_kernel").PageKernelApp.prepared()
    return kernel


def _reap(server: socket.socket) -> None:
    """Tell of every kernel that has ended."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            _tell(server, {"pid": ended[0], "status": os.waitstatus_to_exitcode(ended[1])})


def _tell(server: socket.socket, told: dict[str, Any]) -> None:
    # Where nobody hears it any more, the next look at the socket ends this process.
    with contextlib.suppress(OSError):
        server.send(json.dumps(told).encode())


def _become_kernel(kernel: PageKernelApp, *, connection_file: str, env: dict[str, str], cwd: str, **_: Any) -> NoReturn:
    """Be the kernel of one page: nothing that could tell this process from one that was started for it."""
    parent = os.getppid()
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    for number in (signal.SIGCHLD, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    os.chdir(cwd)
    seed()
    np.random.seed()  # noqa: NPY002 - the generator that was copied is the old one
    sys.argv = ["ipykernel_launcher", "-f", connection_file]
    status = 1
    try:
        kernel.run(connection_file)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1 if end.code else 0
    except BaseException:  # noqa: BLE001 - whatever it was, this copy of the fork server must not go on
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(status)


if __name__ == "__main__":
    main(int(sys.argv[1]))
