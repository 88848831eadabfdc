"""The dashboards' server, for tests: whoever a header names is signed in, and a file for each session says it ended."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_server.auth import IdentityProvider
from tornado.web import RequestHandler

from edukit.ops.stores import open_stores
from edukit.serving.application import Dashboards, Served, bind, configuration
from edukit.serving.environment import hide_credentials
from edukit.serving.identity import Visitor
from edukit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_server.base.handlers import JupyterHandler


class ByHeader(IdentityProvider):
    """Believes one header, and nothing else of a request."""

    def get_user(self, handler: JupyterHandler) -> Visitor | None:
        """Whoever the header names."""
        told = handler.request.headers.get("X-Signed-In")
        if not told:
            return None
        who = json.loads(told)
        moment = datetime.fromisoformat(who.pop("signed_in_at"))
        return Visitor(username=str(who["user_id"]), signed_in_at=moment, **who)


class FiledSessions:
    """Sessions that live until a file says that they have ended."""

    def __init__(self, folder: Path) -> None:
        self.on_end: list[Callable[[str], None]] = []
        self._folder = folder

    def is_alive(self, session: str) -> bool:
        """Whether no file says that it has ended."""
        return not (self._folder / f"{session}.ended").exists()

    def touch(self, session: str) -> None:
        """Leave a file that says so."""
        (self._folder / f"{session}.touched").touch()

    def end(self, session: str) -> None:
        """Leave a file that says so, and tell."""
        (self._folder / f"{session}.ended").touch()
        for call in self.on_end:
            call(session)


class End(RequestHandler):
    """Ends a session, as a sign-out does."""

    async def get(self, session: str) -> None:
        """End it, and answer then."""
        voila = self.application.settings["voila"]
        await voila.kernel_manager._in_thread(voila.served.sessions.end, session)


class ForTests(Dashboards):
    """The dashboards, with a way to end a session."""

    def init_handlers(self) -> list[object]:
        """That way before the others."""
        return [(r"/end/(\w+)", End), *super().init_handlers()]


def main(notebooks: str, more: str) -> None:
    """Serve a folder on any port, which is printed."""
    folder = Path(notebooks)
    with open_stores(Settings.from_environment()) as stores:
        hide_credentials()
        served = Served(folder, "tests", stores, FiledSessions(folder))
        config = configuration(served)
        config.Voila.identity_provider_class = ByHeader
        for name, value in json.loads(more).items():
            config.MappingKernelManager[name] = value
        application = ForTests(config=config)
        application.take(bind(0), served, lambda: print(application.port, flush=True))
        application.initialize([])
        application.start()


if __name__ == "__main__":
    main(*sys.argv[1:])
