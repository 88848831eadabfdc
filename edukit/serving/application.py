"""The dashboards' server: Voilà on loopback, with ``/health`` and a front page, on exactly the port asked for."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.netutil import bind_sockets
from tornado.web import RedirectHandler, RequestHandler
from traitlets.config import Config
from voila.app import Voila
from voila.static_file_handler import AllowListFileHandler
from voila.tornado.contentshandler import VoilaContentsHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.treehandler import TornadoVoilaTreeHandler

from edukit.db.roles import url_of
from edukit.errors import ServingError, StoreError
from edukit.ops.health import pulse_postgres, pulse_redis
from edukit.serving.assets import Assets
from edukit.serving.channels import MOST_BYTES, PageChannels
from edukit.serving.headers import SafeHeaders
from edukit.serving.identity import Identity
from edukit.serving.kernels import Kernels
from edukit.serving.ownership import Owners, guarded
from edukit.serving.page import Page, PageConfig
from edukit.serving.plain import Missing, log_request
from edukit.serving.preferences import Theme
from edukit.serving.search import Finder, Search
from edukit.serving.shell import MARK
from edukit.serving.sign_in import Account, SignIn, SignOut
from edukit.serving.updates import Streams, UpdatesStream

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from edukit.ops.health import Answer
    from edukit.ops.stores import Stores
    from edukit.serving.door import Door
    from edukit.settings import Settings

ADDRESS = "127.0.0.1"
FIRST_PAGE = "home.ipynb"
IDLE_KERNEL_SECONDS = 300
"""An open page that nothing was asked of for so long begins anew when somebody comes back to it."""
HEALTH_SECONDS = 0.09
MOST_HEALTH_BYTES = 10_000
NOT_SERVED = (TornadoVoilaHandler, TornadoVoilaTreeHandler, VoilaContentsHandler, AllowListFileHandler)
"""Handlers of Voilà's that show what lies in the folder of the notebooks, which no page needs; and its pages."""
REVIVE_SECONDS = 3
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""By which somebody at the terminal, a service manager, or a terminal that is closed asks for the end."""


# A proxy of the network has no way to this machine's own address.
_here = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def bind(port: int) -> list[socket.socket]:
    """Take the port, before anything slow is done for it.

    Raises:
        ServingError: something else has it, or it is not a user's to take.
    """
    try:
        return bind_sockets(port, ADDRESS)
    except OSError as error:
        message = (
            f"Port {port} on {ADDRESS} cannot be used: {os.strerror(error.errno or 0).lower()}. "
            "Stop what uses it (another edukit may just be starting there), or choose another with --port."
        )
        raise ServingError(message) from error


def identity(settings: Settings, notebooks: Path) -> str:
    """What a server serves, in a few letters that tell no address: the same stores and the same notebooks."""
    urls = [url and url.get_secret_value() for url in (settings.database_url, settings.redis_url)]
    told = json.dumps([str(settings.home), str(notebooks), *(url and url.rpartition("@")[2] for url in urls)])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def already_serving(port: int, wanted: str) -> bool:
    """Whether the server on the port is an edukit that serves the same, healthy or not."""
    try:
        with _here.open(f"http://{ADDRESS}:{port}/health", timeout=2) as answer:
            told = answer.read(MOST_HEALTH_BYTES)
    except urllib.error.HTTPError as unhealthy:
        told = unhealthy.read(MOST_HEALTH_BYTES)
    except (OSError, HTTPException):
        return False
    try:
        return bool(json.loads(told).get("serves") == wanted)
    except (ValueError, AttributeError):
        return False


@dataclass(frozen=True)
class Served:
    """What a server stands on, and what ``/health`` looks at."""

    notebooks: Path
    identity: str
    stores: Stores
    door: Door = field(repr=False)
    """Who may come in."""


def serve(sockets: list[socket.socket], served: Served, *, ready: Callable[[], None]) -> None:
    """Serve the notebooks until interrupted; ``ready`` is called when the port answers."""
    application = Dashboards(config=configuration(served))
    application.take(sockets, served, ready)
    application.initialize([])
    application.start()


def configuration(served: Served) -> Config:
    """How Voilà serves the notebooks."""
    config = Config()
    config.Voila.root_dir = str(served.notebooks)
    config.Voila.open_browser = False
    config.Voila.config_file_paths = []
    config.Voila.log_level = "ERROR"
    # Kernels talk over sockets in a private folder: over TCP any user of the machine could listen in. The
    # folder is short, because a socket's path may not pass 107 bytes (104 on macOS).
    config.KernelManager.transport = "ipc"
    config.Voila.connection_dir_root = "/tmp"  # noqa: S108 - a folder of its own is made in it, mode 0700
    config.VoilaConfiguration.show_tracebacks = False
    config.VoilaConfiguration.allow_template_override = "NO"
    config.VoilaConfiguration.allow_theme_override = "NO"
    config.VoilaConfiguration.multi_kernel_manager_class = Kernels
    config.KernelProvisionerFactory.default_provisioner_name = "edukit-forking"
    config.KernelManager.client_class = "edukit.serving.kernels.PromptClient"
    config.Voila.identity_provider_class = Identity
    config.Voila.authorizer_class = Owners
    config.Voila.kernel_websocket_connection_class = PageChannels
    config.Voila.tornado_settings = {"websocket_max_message_size": MOST_BYTES}
    config.MappingKernelManager.cull_idle_timeout = IDLE_KERNEL_SECONDS
    config.MappingKernelManager.cull_interval = 30
    config.MappingKernelManager.cull_connected = True
    # What is beyond a limit would be dropped, and a page show what is not so any more.
    config.ZMQChannelsWebsocketConnection.iopub_msg_rate_limit = 0
    config.ZMQChannelsWebsocketConnection.iopub_data_rate_limit = 0
    # One that is started again would be empty, and its page dead all the same.
    config.KernelRestarter.restart_limit = 0
    return config


class Dashboards(Voila):  # type: ignore[misc]
    """Voilà, with edukit's own handlers and the port that it was given."""

    def take(self, sockets: list[socket.socket], served: Served, ready: Callable[[], None]) -> None:
        """Remember the listening sockets, and what to call when they answer."""
        self._sockets, self.served, self._ready = sockets, served, ready
        self.port = sockets[0].getsockname()[1]

    def init_settings(self) -> dict[str, Any]:
        """Voilà's, the door, and what every answer says."""
        return {
            **super().init_settings(),
            "door": self.served.door,
            "voila_configuration": self.voila_configuration,
            "xsrf_cookies": True,
            "xsrf_cookie_kwargs": {"samesite": "Lax", "path": self.base_url},
            "transforms": [SafeHeaders],
            "default_handler_class": Missing,
            "log_function": log_request,
            # As long as the interval, 30 s: the default is longer, and each page that opens would be told so.
            "ws_ping_timeout": 30_000,
        }

    def init_handlers(self) -> list[Any]:
        """Edukit's pages before Voilà's, without those that no page needs."""
        first = f"/voila/render/{FIRST_PAGE}"
        self._streams = Streams(self.served.stores)
        return [
            ("/health", Health, {"served": self.served}),
            ("/login", SignIn),
            ("/account", Account),
            ("/logout", SignOut),
            ("/theme", Theme),
            ("/search", Search, {"finder": Finder(self.served.stores)}),
            ("/favicon.ico", Favicon),
            ("/updates", UpdatesStream, {"streams": self._streams}),
            ("/assets/([0-9a-f]+)/([a-z.]+)", Assets),
            ("/voila/config", PageConfig),
            ("/voila/render/(.+)", Page),
            ("/", RedirectHandler, {"url": first, "permanent": False}),
            *guarded(handler for handler in super().init_handlers() if handler[1] not in NOT_SERVED),
        ]

    def listen(self) -> None:
        """Answer on the sockets that were taken, rather than look for a free port as Voilà does."""
        server = HTTPServer(self.app, xheaders=self.served.door.is_behind_proxy, max_body_size=MOST_BYTES)
        server.add_sockets(self._sockets)
        self.ioloop = IOLoop.current()
        self.ioloop.add_callback(self._ready)
        self.kernel_manager.fork_server.start()
        PeriodicCallback(self._revive, REVIVE_SECONDS * 1000).start()
        PeriodicCallback(self.kernel_manager.keep, self.kernel_manager.keep_seconds * 1000).start()
        try:
            with _stopping(self.ioloop.asyncio_loop):  # type: ignore[attr-defined]
                self.ioloop.start()
        except KeyboardInterrupt:
            pass
        finally:
            server.stop()
            self.stop()
            self.kernel_manager.close()
            self.ioloop.run_sync(self._streams.close)

    async def _revive(self) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(None, self.served.stores.revive)
        except StoreError as error:
            self.log.error("%s", error)  # noqa: TRY400 - the sentence says it all; the next round tries again


@contextmanager
def _stopping(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """In the block a loop stops when it is asked to: what a handler raises is lost where it meets a destructor."""
    asked = [number for number in STOPS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(loop.stop)) for number in asked}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Favicon(RequestHandler):
    """``/favicon.ico``: the product's mark."""

    def get(self) -> None:
        """An SVG, which browsers keep for a day."""
        self.set_header("Content-Type", "image/svg+xml")
        self.set_header("Cache-Control", "public, max-age=86400")
        self.finish(MARK)


class Health(RequestHandler):
    """``/health``: 200 when both stores answer, else 503, within a tenth of a second."""

    def initialize(self, served: Served) -> None:
        """Take what to look at."""
        self._served = served

    async def get(self) -> None:
        """Ask both at once."""
        stores = self._served.stores
        postgres, cache = await asyncio.gather(
            self._ask(pulse_postgres, url_of("edukit_app", stores.database_url)),
            self._ask(pulse_redis, stores.redis_url),
        )
        self.set_status(200 if postgres["ok"] and cache["ok"] else 503)
        self.set_header("Cache-Control", "no-store")
        self.finish(
            {"ok": self.get_status() == 200, "serves": self._served.identity, "postgres": postgres, "redis": cache}  # noqa: PLR2004
        )

    async def _ask(self, pulse: Callable[[str], Answer], url: str) -> dict[str, Any]:
        loop = asyncio.get_running_loop()
        try:
            answer = await asyncio.wait_for(loop.run_in_executor(None, pulse, url), HEALTH_SECONDS)
        except TimeoutError:
            return {"ok": False, "detail": f"no answer within {HEALTH_SECONDS * 1000:.0f} ms"}
        return {"ok": answer.ok, "milliseconds": answer.milliseconds, "detail": answer.detail}
