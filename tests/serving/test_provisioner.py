"""Kernels are forked from a warm process, share nothing with each other, and are missed by nobody when it is gone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import psutil
import pytest
from jupyter_client.multikernelmanager import AsyncMultiKernelManager
from jupyter_client.provisioning import KernelProvisionerFactory
from traitlets.config import Config

from edukit.serving import provisioner
from edukit.serving.environment import OF_PYTHON, kept
from edukit.serving.fork_server import SPARES
from edukit.serving.provisioner import ForkServer
from edukit.settings import shipped

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator

    from conftest import House
    from jupyter_client.asynchronous import AsyncKernelClient

SECONDS = 60
STATE = """
import os, random, numpy as np
kernel = get_ipython().kernel
names = [kernel.ident, kernel.session.session]
print([random.random(), float(np.random.random()), float(np.random.default_rng().random()), *names, os.getpid()])"""
MODULES = "import sys; print(sorted(sys.modules))"


class Manager(AsyncMultiKernelManager):
    """Kernels with a fork server, as the dashboards have it."""

    fork_server: ForkServer
    clients: list[AsyncKernelClient]

    async def opened(self, **env: str) -> Kernel:
        """A kernel that is ready."""
        kernel_id = await self.start_kernel(env={**kept(os.environ, *OF_PYTHON), **env})
        kernel = Kernel(self, kernel_id)
        await kernel.ready()
        return kernel


class Kernel:
    """A kernel, and one who talks to it."""

    def __init__(self, manager: Manager, kernel_id: str) -> None:
        self.id, self._manager = kernel_id, manager
        self.manager = manager.get_kernel(kernel_id)

    async def ready(self) -> None:
        """Wait until it answers."""
        # All clients of a manager have one name: one that connects again would get what another is told.
        if hasattr(self, "client"):
            self.client.stop_channels()
        self.client: AsyncKernelClient = self.manager.client()
        self._manager.clients.append(self.client)
        self.client.start_channels()
        await self.client.wait_for_ready(timeout=SECONDS)

    async def says(self, code: str) -> str:
        """What code prints, or the name of the error that it ends with."""
        heard: list[str] = []

        def hear(message: dict[str, Any]) -> None:
            content = message["content"]
            heard.append(content.get("text") or content.get("ename") or "")

        await self.client.execute_interactive(code, output_hook=hear, timeout=SECONDS)
        return "".join(heard).strip()

    async def pid(self) -> int:
        """Its process."""
        return int(await self.says("import os; print(os.getpid())"))

    async def is_gone(self) -> bool:
        """Wait until its manager knows that it has ended."""
        async with asyncio.timeout(SECONDS):
            while await self.manager.is_alive():  # noqa: ASYNC110 - as its server asks, too
                await asyncio.sleep(0.05)
        return True


@contextlib.asynccontextmanager
async def forking(shared: ForkServer | None = None) -> AsyncIterator[Manager]:
    """A manager of kernels, whose fork server is there: one of its own, or one that others have, too."""
    config = Config()
    config.KernelProvisionerFactory.default_provisioner_name = "edukit-forking"
    config.KernelManager.transport = "ipc"
    config.KernelManager.client_class = "edukit.serving.kernels.PromptClient"
    # As the dashboards have it: one that is dead stays so, and is not started again while all are ended.
    config.KernelRestarter.restart_limit = 0
    # A process has one factory, which another test may have made.
    KernelProvisionerFactory.clear_instance()
    manager = Manager(config=config)
    manager.fork_server = shared or await begun()
    manager.clients = []
    try:
        yield manager
    finally:
        for client in manager.clients:
            client.stop_channels()
        try:
            await manager.shutdown_all(now=True)
        finally:
            # A line that is left would else keep whoever collects the manager waiting for good.
            manager.context.destroy(linger=0)
        if not shared:
            manager.fork_server.close()
        KernelProvisionerFactory.clear_instance()


async def begun() -> ForkServer:
    """A fork server in this loop."""
    fork_server = ForkServer(asyncio.get_running_loop())
    fork_server.start()
    return fork_server


class Shared:
    """A fork server in a loop of its own, for tests that leave it as it is: to get warm takes longer than they do."""

    def __init__(self) -> None:
        self._thread, self._loop = ThreadPoolExecutor(1), asyncio.new_event_loop()
        self._fork_server = self._run(begun())

    def running(self, test: Callable[[Manager], Coroutine[Any, Any, None]]) -> None:
        """Run a test of a manager."""

        async def run() -> None:
            async with forking(self._fork_server) as manager:
                await test(manager)

        self._run(run())

    def close(self) -> None:
        """End it."""
        self._thread.submit(self._fork_server.close).result()
        self._thread.submit(self._loop.close).result()
        self._thread.shutdown()

    def _run(self, what: Coroutine[Any, Any, Any]) -> Any:
        return self._thread.submit(self._loop.run_until_complete, what).result()


@pytest.fixture(scope="module")
def shared() -> Iterator[Shared]:
    """A fork server that several tests have."""
    shared = Shared()
    yield shared
    shared.close()


def running(test: Callable[[Manager], Coroutine[Any, Any, None]]) -> None:
    """Run a test of a manager."""

    async def run() -> None:
        async with forking() as manager:
            await test(manager)

    in_a_loop(run)


def in_a_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a test in a loop of its own: this thread has one already where a browser was opened before."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(test())).result()


def parent_of(pid: int) -> psutil.Process:
    found = psutil.Process(pid).parent()
    assert found
    return found


def test_a_kernel_is_forked_and_does_what_it_is_told(shared: Shared) -> None:
    """It is the fork server's child, which has imported the dashboards; it runs code, in the zone that it is given."""

    async def test(manager: Manager) -> None:
        kernel = await manager.opened(TZ="Asia/Tokyo", TOLD="yes")
        parent = parent_of(await kernel.pid())
        assert parent.cmdline()[1:3] == ["-m", "edukit.serving.fork_server"]
        assert parent.parent() == psutil.Process()
        said = "import os, sys, time; print(os.environ['TOLD'], time.tzname[0], 'edukit.ui.views.home' in sys.modules)"
        assert await kernel.says(said) == "yes JST True"
        assert await kernel.says("1 / 0") == "ZeroDivisionError"

    shared.running(test)


def test_a_page_finds_everything_imported(shared: Shared, house: House) -> None:
    """What a notebook runs is there before its kernel is forked: no cell of any imports anything but itself."""

    async def test(manager: Manager) -> None:
        for path in shipped("notebooks").glob("*.ipynb"):
            cells = [cell.source for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
            kernel = await manager.opened(**house.viewers_environment)
            before = eval(await kernel.says(MODULES))  # noqa: S307 - names that it has printed
            for cell in cells:
                await kernel.says(cell)
            after = eval(await kernel.says(MODULES))  # noqa: S307
            assert "edu" in await kernel.says("print(dir())")
            assert set(after) == set(before), path.name

    shared.running(test)


def test_kernels_share_nothing(shared: Shared) -> None:
    """Neither what is drawn by chance, nor a variable, nor a socket is another kernel's or the server's."""

    async def test(manager: Manager) -> None:
        one, other = await manager.opened(SECRET="one"), await manager.opened(SECRET="other")
        drawn = [eval(await kernel.says(STATE)) for kernel in (one, other)]  # noqa: S307 - numbers that it has printed
        assert not set(drawn[0]) & set(drawn[1])
        told = [await kernel.says("print(os.environ['SECRET'])") for kernel in (one, other)]
        assert told == ["one", "other"]
        theirs, others, ours = (sockets_of(pid) for pid in (drawn[0][-1], drawn[1][-1], os.getpid()))
        assert theirs
        assert not theirs & others
        assert not (theirs | others) & ours
        environment = parent_of(drawn[0][-1]).environ()
        assert not [name for name in environment if name.startswith(("EDUKIT_", "PG", "REDIS", "DATABASE"))]

    shared.running(test)


async def ended(pid: int) -> None:
    """Wait until a process does nothing any more, whoever has yet to hear of it."""
    with contextlib.suppress(psutil.NoSuchProcess):
        async with asyncio.timeout(SECONDS):
            while psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110 - it is not our child
                await asyncio.sleep(0.05)


async def spares_of(forks: psutil.Process, *kernels: int) -> list[int]:
    """The processes that wait for pages, the first in line first, when there are as many as there are to be."""
    async with asyncio.timeout(SECONDS):
        while len(spares := sorted({child.pid for child in forks.children()} - set(kernels))) != SPARES:  # noqa: ASYNC110 - they are not our children
            await asyncio.sleep(0.05)
    return spares


def test_a_page_gets_a_process_that_waited_for_it() -> None:
    """It knew nothing of any page, holds no end of another's line, and others are made to wait in its place."""

    async def test(manager: Manager) -> None:
        first = await (await manager.opened()).pid()
        forks = parent_of(first)
        waiting = await spares_of(forks, first)
        kernel = await manager.opened(SECRET="told")
        assert await kernel.pid() == waiting[0]
        assert await kernel.says("import os; print(os.environ['SECRET'])") == "told"
        assert waiting[1] in await spares_of(forks, first, waiting[0])
        # The line to one that waits has two ends: its own, and the fork server's.
        for pid in await spares_of(forks, first, waiting[0]):
            assert not sockets_of(pid) & sockets_of(waiting[0])
            assert not sockets_of(pid) & sockets_of(forks.pid)

    running(test)


def test_one_that_waited_in_vain_is_not_missed() -> None:
    """Where those that wait are killed, the next page gets a process all the same, and none is made in their place."""

    async def test(manager: Manager) -> None:
        first = await (await manager.opened()).pid()
        forks = parent_of(first)
        for pid in await spares_of(forks, first):
            os.kill(pid, signal.SIGKILL)
            async with asyncio.timeout(SECONDS):
                while psutil.pid_exists(pid):  # noqa: ASYNC110 - it is not our child
                    await asyncio.sleep(0.05)
        kernel = await manager.opened()
        assert parent_of(await kernel.pid()) == forks
        assert {child.pid for child in forks.children()} == {first, await kernel.pid()}

    running(test)


def sockets_of(pid: int) -> set[str]:
    """The sockets that a process holds."""
    found = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.add(str(file.readlink()))
    return {name for name in found if name.startswith("socket:")}


def test_a_kernel_is_interrupted_restarted_and_shut_down(shared: Shared) -> None:
    """Each as with any kernel: the code stops, another process begins anew, and nothing is left."""

    async def test(manager: Manager) -> None:
        kernel = await manager.opened()
        asyncio.get_running_loop().call_later(1, lambda: asyncio.ensure_future(manager.interrupt_kernel(kernel.id)))
        assert await kernel.says("kept = 1\nimport time\ntime.sleep(600)") == "KeyboardInterrupt"
        assert await kernel.says("print(kept)") == "1"
        before = await kernel.pid()
        await manager.restart_kernel(kernel.id)
        await kernel.ready()
        assert await kernel.pid() != before
        assert await kernel.says("print(kept)") == "NameError"
        after = psutil.Process(await kernel.pid())
        await manager.shutdown_kernel(kernel.id)
        assert not psutil.pid_exists(before)
        assert not after.is_running()

    shared.running(test)


@pytest.mark.parametrize("end", ["os.kill(os.getpid(), signal.SIGSEGV)", "os._exit(3)"])
def test_a_crash_is_noticed(shared: Shared, end: str) -> None:
    """A kernel that dies is known to be dead, with its status; the next one is forked as before."""

    async def test(manager: Manager) -> None:
        kernel = await manager.opened()
        process = kernel.manager.provisioner.process
        kernel.client.execute(f"import os, signal; {end}")
        assert await kernel.is_gone()
        assert process.returncode in {-signal.SIGSEGV, 3}
        assert parent_of(await (await manager.opened()).pid()).cmdline()[2] == "edukit.serving.fork_server"

    shared.running(test)


def test_a_killed_fork_server_takes_its_kernels_and_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is left, its kernels are known to be dead, and the next is forked from another."""
    monkeypatch.setattr(provisioner, "SHORT_SECONDS", 0.0)

    async def test(manager: Manager) -> None:
        kernel = await manager.opened()
        pid = await kernel.pid()
        parent = parent_of(pid)
        assert parent.cmdline()[2] == "edukit.serving.fork_server"
        parent.kill()
        assert await kernel.is_gone()
        await ended(pid)
        other = parent_of(await (await manager.opened()).pid())
        assert other.pid != parent.pid
        assert other.cmdline()[2] == "edukit.serving.fork_server"

    running(test)


def test_a_fork_server_that_never_gets_warm_is_not_started_over_and_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left alone until the next page, which gives it one more try."""
    monkeypatch.setenv("PYTHONHOME", "/nowhere")
    started: list[object] = []
    start = ForkServer.start
    monkeypatch.setattr(ForkServer, "start", lambda self: (started.append(self), start(self))[1])

    async def test(manager: Manager) -> None:
        os.environ.pop("PYTHONHOME")
        while manager.fork_server._process:  # noqa: ASYNC110 - nobody is told
            await asyncio.sleep(0.05)
        kernel = await manager.opened()
        assert parent_of(await kernel.pid()).cmdline()[2] == "edukit.serving.fork_server"
        assert len(started) == 2

    running(test)


def test_a_fork_server_that_hangs_holds_no_page_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page gets an ordinary kernel, and one that is forked for it late ends at once."""

    async def test(manager: Manager) -> None:
        pid = await (await manager.opened()).pid()
        hanging = parent_of(pid)
        assert hanging.cmdline()[2] == "edukit.serving.fork_server"
        next_one = (await spares_of(hanging, pid))[0]
        monkeypatch.setattr(provisioner, "ANSWER_SECONDS", 0.5)
        hanging.suspend()
        assert parent_of(await (await manager.opened()).pid()).pid == os.getpid()
        hanging.resume()
        await ended(next_one)

    running(test)


def test_where_there_is_no_fork_kernels_start_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """On another system, and for another program than this Python, a kernel is a process of its own."""
    monkeypatch.setattr(provisioner.sys, "platform", "darwin")

    async def test(manager: Manager) -> None:
        kernel = await manager.opened()
        assert parent_of(await kernel.pid()).pid == os.getpid()
        assert "ipykernel_launcher" in " ".join(psutil.Process(await kernel.pid()).cmdline())

    running(test)


def test_it_ends_with_its_server() -> None:
    """Where the server is killed, the fork server ends by itself, and its kernels with it."""
    code = (
        "import asyncio, sys\nfrom edukit.serving.provisioner import ForkServer\nloop = asyncio.new_event_loop()\n"
        "server = ForkServer(loop)\nserver.start()\nprint(server._process.pid, flush=True)\nloop.run_forever()"
    )

    async def test() -> None:
        server = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
        assert server.stdout
        forks = int(await server.stdout.readline())
        server.kill()
        await server.wait()
        await ended(forks)

    in_a_loop(test)
