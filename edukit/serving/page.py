"""A dashboard's page: its head at once, then what each cell gives as it finishes, while the browser loads scripts.

Voilà would start the kernel first and compile nbconvert's templates at each opening. A notebook is run as by Voilà, by
its executor; what the page's own front end does not know is drawn by Voilà's, on the same kernel.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import posixpath
from html import escape
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final, cast
from urllib.parse import urlencode

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import JupyterHandler
from tornado.httputil import split_host_and_port
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, authenticated
from voila import __version__ as voila_version
from voila.execute import VoilaExecutor
from voila.utils import get_page_config

from edukit.errors import new_reference
from edukit.serving.assets import asset_url
from edukit.serving.cells import Ran, markdown, ran
from edukit.serving.plain import PlainPage
from edukit.serving.shell import Shell, error_card

if TYPE_CHECKING:
    from nbformat import NotebookNode

    from edukit.serving.identity import Visitor
    from edukit.serving.kernels import Kernels

HEARTBEAT_SECONDS: Final = 10.0
"""A proxy between here and the browser may close a connection on which nothing comes for a minute."""
DEFAULT_KERNEL: Final = "python3"
SIGNED_OUT: Final = 401
AWAY: Final = 503
"""The page begins anew by itself once PostgreSQL is back."""
NO_KERNEL: Final = "What runs this page does not start. Reload it in a minute."
_log = logging.getLogger(__name__)


class Page(PlainPage):
    """``/voila/render/NAME.ipynb``: the notebook as a page of whoever has signed in."""

    @authenticated
    async def get(self, path: str) -> None:
        """Send the page piece by piece."""
        notebook = await self._notebook(path)
        name = posixpath.basename(path).removesuffix(".ipynb")
        shell = Shell(self, name=name, title=notebook.metadata.get("title", name))
        # What stands before the first code is there before the kernel is.
        leading = list(takewhile(lambda cell: cell.cell_type == "markdown", notebook.cells))
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        # A proxy that gathers the pieces would hold back the first ones.
        self.set_header("X-Accel-Buffering", "no")
        head = shell.head(_loading(self.base_url), _addresses(self.base_url, self.current_user))
        # It looks for the place that it fills, and comes after the beginning of that.
        script = f'<script type="module" src="{asset_url(self.base_url, "page.js")}" async></script>'
        text = "".join(markdown(cell.source) for cell in leading)
        try:
            await self._send(head + script + text + shell.skeleton())
            await self._run(path, notebook, len(leading))
            await self._send(shell.foot())
        except StreamClosedError:
            # Nobody waits for it any more; its kernel ends as all do whose page was left.
            return

    async def _run(self, path: str, notebook: NotebookNode, begin: int) -> None:
        """Run what follows the leading text; the head has gone out, so a failure is told in the page."""
        try:
            await self._run_cells(path, notebook, begin)
        except StreamClosedError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the page says so and the log why
            await self._send(self._refused(error))

    async def _run_cells(self, path: str, notebook: NotebookNode, begin: int) -> None:
        """Start the kernel, and send what each cell gives."""
        kernels = cast("Kernels", self.kernel_manager)
        kernel_id = await kernels.start_kernel(
            kernel_name=self._kernel_name(notebook), path=posixpath.dirname(path), env=_environment(self)
        )
        executor = VoilaExecutor(notebook, km=kernels.get_kernel(kernel_id), config=self.config)
        session, executor.kc = await asyncio.gather(kernels.listen(kernel_id), executor.async_start_new_kernel_client())
        await self._send(f"<script>edukit({json.dumps({'kernel': kernel_id, 'session': session})})</script>")
        try:
            for index, cell in enumerate(notebook.cells[begin:], begin):
                given = await self._ran(executor, cell, index)
                await self._send(given.html)
                if given.failed:
                    break
        finally:
            await ensure_async(executor.kc.stop_channels())

    async def _ran(self, executor: VoilaExecutor, cell: NotebookNode, index: int) -> Ran:
        """Run a cell; while it takes long, a comment now and then keeps the connection open."""
        running = asyncio.ensure_future(ran(executor, cell, index))
        try:
            while not (await asyncio.wait([running], timeout=HEARTBEAT_SECONDS))[0]:
                await self._send("<!-- -->")
            return await running
        finally:
            running.cancel()

    def _kernel_name(self, notebook: NotebookNode) -> str:
        """The kernel that the notebook asks for, where there is such a one."""
        asked = notebook.metadata.get("kernelspec", {}).get("name", "")
        return asked if asked in self.kernel_spec_manager.find_kernel_specs() else DEFAULT_KERNEL

    def _refused(self, error: Exception) -> str:
        """Why there is no kernel: whoever was signed out meanwhile is sent to sign in, and comes back."""
        status = error.status_code if isinstance(error, HTTPError) else None
        if status == SIGNED_OUT:
            address = f"{self.get_login_url()}?{urlencode({'next': self.request.uri})}"
            return f'<meta http-equiv="refresh" content="0;url={escape(address)}">'
        reference = new_reference()
        _log.error("%s: there is no kernel for %s", reference, self.request.path, exc_info=error)
        said = error.log_message if isinstance(error, HTTPError) else None
        card = error_card(reference, said or NO_KERNEL)
        return f"<div data-retry>{card}</div>" if status == AWAY else card

    async def _notebook(self, path: str) -> NotebookNode:
        if not path.endswith(".ipynb"):
            raise HTTPError(404)
        model: dict[str, Any] = await ensure_async(self.contents_manager.get(path, type="notebook"))  # type: ignore[no-untyped-call]
        notebook: NotebookNode = model["content"]
        return notebook

    async def _send(self, html: str) -> None:
        self.write(html)
        await self.flush()


class PageConfig(JupyterHandler):
    """What Voilà's own front end wants to know, for a page that is drawn by it."""

    @authenticated
    def get(self) -> None:
        """Look it up, which takes long: most pages never ask."""
        config = get_page_config(
            base_url=self.base_url,
            settings=self.settings,
            log=self.log,
            voila_configuration=self.settings["voila_configuration"],
        )
        # Its own MathJax, and none of another host.
        self.finish({**config, "fullMathjaxUrl": "null", "mathjaxConfig": "null"})


def _loading(base_url: str) -> str:
    """What is fetched while the kernel starts; the page tells its script of the kernel once that is there."""
    page, plotly = asset_url(base_url, "page.js"), asset_url(base_url, "plotly.js")
    return (
        f'<link rel="stylesheet" href="{asset_url(base_url, "page.css")}">'
        f'<link rel="modulepreload" href="{page}"><link rel="modulepreload" href="{plotly}">'
        "<script>var edukit = (told) => { edukit.told = told; };</script>"
    )


def _addresses(base_url: str, visitor: Visitor) -> dict[str, str]:
    return {
        "base-url": base_url,
        "plotly": asset_url(base_url, "plotly.js"),
        "updates": f"{base_url}updates",
        "visitor": f"{visitor.account_id}:{visitor.institution_id}:{visitor.user_id}",
    }


def _environment(handler: JupyterHandler) -> dict[str, str]:
    """The server's own, and what a kernel is told of the request, in the names that Voilà gives it."""
    host, port = split_host_and_port(handler.request.host.lower())
    return {
        **os.environ,
        "SCRIPT_NAME": handler.request.path,
        "PATH_INFO": "",
        "QUERY_STRING": handler.request.query,
        "SERVER_SOFTWARE": f"voila/{voila_version}",
        "SERVER_PROTOCOL": handler.request.version,
        "SERVER_NAME": host,
        "SERVER_PORT": str(port or ""),
    }
