"""``edukit up``: stores, schema, demo school, dashboards, in that order, until Ctrl-C."""

from __future__ import annotations

import signal
import webbrowser
from contextlib import nullcontext
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from edukit.errors import ServingError
from edukit.ops.prepare import application, is_empty, prepared, seed_into
from edukit.progress import showing
from edukit.serving.application import (
    ADDRESS,
    FIRST_PAGE,
    Served,
    already_serving,
    bind,
    identity,
    serve,
)
from edukit.serving.daily import Daily
from edukit.serving.door import door
from edukit.serving.environment import hide_credentials
from edukit.serving.watchdog import Watchdog
from edukit.serving.worker import Worker
from edukit.settings import shipped

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

    from edukit.ops.stores import Stores
    from edukit.settings import Settings

out = Console(highlight=False, soft_wrap=True)


def up(settings: Settings, port: int, *, demo: bool, browser: bool, folder: Path | None) -> None:
    """Serve the dashboards on a port of loopback until interrupted.

    Raises:
        ServingError: the port is taken, or there are no notebooks in the folder.
        StoreError: a store cannot be started or reached.
    """
    notebooks = _notebooks(folder)
    if port and already_serving(port, identity(settings, notebooks)):
        out.print(f"edukit is already serving {settings.home} at http://{ADDRESS}:{port}/")
        return
    sockets = bind(port)
    address = f"http://{ADDRESS}:{sockets[0].getsockname()[1]}/"
    # A stop asked for by a service manager or a closed terminal is the same as Ctrl-C; `nohup` asks for none of these.
    for stop in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(stop) is not signal.SIG_IGN:
            signal.signal(stop, _interrupt)
    try:
        with prepared(settings) as stores:
            if demo and is_empty(stores):
                _make_demo_school(stores, settings)
            hide_credentials()
            entrance = door(stores, settings)
            served = Served(notebooks, identity(settings, notebooks), stores, entrance)
            has_demo = bool(entrance.demo_roles())
            with Worker(stores), Watchdog(application(stores)), _daily(stores, settings):
                serve(sockets, served, ready=lambda: _announce(address, has_demo=has_demo, open_browser=browser))
            out.print("Stopping…")
    except KeyboardInterrupt:
        pass
    out.print("Stopped.")


def _notebooks(folder: Path | None) -> Path:
    notebooks = (folder or shipped("notebooks")).resolve()
    if not (notebooks / FIRST_PAGE).is_file():
        message = (
            f"There is no {FIRST_PAGE} in {notebooks}: give --notebooks a copy of edukit's notebooks, or leave it out."
        )
        raise ServingError(message)
    return notebooks


def _make_demo_school(stores: Stores, settings: Settings) -> None:
    out.print("The database is empty: making a demo school (edukit up --no-demo leaves it empty).")
    with showing("Demo school") as progress:
        _, opened = seed_into(stores, as_of=settings.now, progress=progress)
    if opened:
        out.print(escape(opened.told()))


def _daily(stores: Stores, settings: Settings) -> AbstractContextManager[object]:
    """What is done once a day; nothing where the clock stands still."""
    return nullcontext() if settings.frozen_now else Daily(application(stores))


def _announce(address: str, *, has_demo: bool, open_browser: bool) -> None:
    by = "by one click, as anybody of the demo, or with an account" if has_demo else "with an account"
    out.print(f"\nThe dashboards are at [bold]{address}[/]  (Ctrl-C stops them)")
    out.print(f"Sign in there {by}: `edukit users list` shows those there are.\n")
    if open_browser:
        webbrowser.open(address)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
