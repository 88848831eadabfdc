"""``edukit lab``: JupyterLab on the analyst's own copy of the notebooks."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from edukit.db.minting import renew
from edukit.db.session import session_for
from edukit.errors import ServingError, StoreError
from edukit.ops.looking import A_DAY, looking
from edukit.ops.prepare import application, prepared
from edukit.serving.application import ADDRESS, STOPS, bind
from edukit.serving.environment import OF_PERSON, OF_PYTHON, hide_credentials, kept
from edukit.serving.watchdog import Watchdog
from edukit.settings import shipped

if TYPE_CHECKING:
    from pathlib import Path

    from edukit.db.minting import Login
    from edukit.ops.stores import Stores
    from edukit.settings import Settings

RENEW_SECONDS: Final = 60.0
_log = logging.getLogger(__name__)


def lab(settings: Settings, port: int, *, browser: bool) -> None:
    """Run JupyterLab on ``<home>/notebooks`` until it ends, with a login of the one person who uses it.

    Its notebooks look as an analyst of an institution, or as the user whose account ``EDUKIT_USER`` names. They run
    any code as this user of the machine: who else is to look uses the dashboards.

    Raises:
        ServingError: the port is taken, or JupyterLab fails.
        StoreError: a store cannot be started or reached.
        NotFound: there is no such institution or account, or it is not told which of several.
    """
    for taken in bind(port):
        taken.close()
    with prepared(settings) as stores:
        folder = working_copy(settings.home)
        hide_credentials()
        with Watchdog(application(stores)), looking(stores, settings) as login:
            server = subprocess.Popen(_command(folder, port, browser=browser), env=_environment(login))
            # The stores and the login outlive JupyterLab, which ends its kernels first, however the end is asked for.
            asked: list[int] = []

            def stop(number: int, _frame: object) -> None:
                asked.append(number)
                server.terminate()

            for number in STOPS:
                signal.signal(number, stop)
            if _wait(server, stores, login) and not asked:
                message = f"JupyterLab ended with status {server.returncode}: its own words above say why."
                raise ServingError(message)


def working_copy(home: Path) -> Path:
    """The folder ``<home>/notebooks``: made from the packaged notebooks once, never overwritten."""
    folder = home / "notebooks"
    if not folder.exists():
        fresh = home / "notebooks.part"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(shipped("notebooks"), fresh, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        fresh.rename(folder)
    return folder


def _command(folder: Path, port: int, *, browser: bool) -> list[str]:
    arguments = [
        sys.executable, "-m", "jupyterlab", "-y", f"--ip={ADDRESS}", f"--port={port}",
        "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}",
        # As a server extension Voilà would hand this person's kernels to whoever opens its pages.
        "--ServerApp.jpserver_extensions={'voila.server_extension': False}",
    ]  # fmt: skip
    arguments += [] if browser else ["--no-browser"]
    return arguments + (["--allow-root"] if os.geteuid() == 0 else [])


def _environment(login: Login) -> dict[str, str]:
    return {**kept(os.environ, *OF_PYTHON, *OF_PERSON), "EDUKIT_VIEWER_URL": login.database_url}


def _wait(server: subprocess.Popen[bytes], stores: Stores, login: Login) -> int:
    """Wait until JupyterLab has ended, and keep its login alive; its status."""
    while True:
        try:
            return server.wait(RENEW_SECONDS)
        except subprocess.TimeoutExpired:
            _renew(stores, login)


def _renew(stores: Stores, login: Login) -> None:
    """Let the login live for another day: a machine that sleeps over the weekend needs `edukit lab` anew."""
    try:
        with session_for(application(stores)) as session:
            if not renew(session, login.name, lives=A_DAY):
                _log.warning("The login of these notebooks has ended: start `edukit lab` again.")
    except (StoreError, SQLAlchemyError) as error:
        _log.warning("The login of these notebooks is renewed in a minute: %s", type(error).__name__)
