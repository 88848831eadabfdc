"""A page's kernel that is made before the process is forked that it runs in: it gets its sockets afterwards.

To make a kernel and its shell is to look at every module and class that is there. A process that does so after it was
forked copies the pages of memory on which each of them is counted, and takes ten times as long as to bind five sockets.
"""

from __future__ import annotations

import sys
from typing import Any, Self
from uuid import uuid4

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipywidgets import register_comm_target
from traitlets.config import Config

CONFIGURATION = Config({"HistoryManager": {"enabled": False}})
"""Nobody looks through what the cells of a page were."""
COMMON_STEPS = ("init_pdb", "init_path", "init_shell", "init_extensions")
OWN_STEPS = (
    "init_connection_file", "init_sockets", "init_heartbeat", "write_connection_file", "init_io", "init_signal",
    "init_kernel", "init_gui_pylab", "start",
)  # fmt: skip
"""The steps of :meth:`IPKernelApp.initialize`: those that have no sockets, and those that are each kernel's own."""


class PageKernel(IPythonKernel):
    """A kernel that takes what is its own at the second call of :meth:`instance`."""

    @classmethod
    def instance(cls, **given: Any) -> Self:
        """The kernel of this process, with what is given."""
        kernel: Self = super().instance(**given)
        for name, value in given.items():
            setattr(kernel, name, value)
        if kernel.session:
            kernel._take()
        return kernel

    def _take(self) -> None:
        """Give what its parts have kept of it."""
        self.ident = str(uuid4())
        self._stdout, self._stderr = sys.stdout, sys.stderr
        shell: Any = self.shell
        for part in (shell.displayhook, shell.display_pub):
            part.session, part.pub_socket = self.session, self.iopub_socket
        shell.displayhook.topic = self._topic("execute_result")  # type: ignore[no-untyped-call]
        shell.init_environment()


class PageKernelApp(IPKernelApp):
    """As :class:`IPKernelApp`, in two steps: what all kernels have alike, and what is one's own.

    Of the profile of whoever runs the server it reads the configuration, and runs no startup file.
    """

    @classmethod
    def prepared(cls) -> Self:
        """One with a kernel that has neither socket, session, thread nor loop yet."""
        # Its parent is never gone before it, which the first process of a machine is not either.
        app: Self = cls.instance(parent_handle=1, config=CONFIGURATION, kernel_class=PageKernel)
        super(IPKernelApp, app).initialize([])  # type: ignore[no-untyped-call]
        app.kernel = PageKernel.instance(parent=app, log=app.log, profile_dir=app.profile_dir, user_ns=app.user_ns)
        for step in COMMON_STEPS:
            getattr(app, step)()
        # A page asks by it for the state of all widgets; when ipywidgets was imported there was no kernel to tell.
        register_comm_target()
        return app

    def run(self, connection_file: str) -> None:
        """Answer on the sockets that a file names, until the end."""
        self.connection_file = connection_file
        for step in OWN_STEPS:
            getattr(self, step)()
