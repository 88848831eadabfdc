"""``edukit lab``: JupyterLab on the analyst's own copy of the notebooks."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from edukit.errors import ServingError
from edukit.ops.prepare import prepared
from edukit.serving.application import ADDRESS, bind, viewers_environment
from edukit.settings import shipped

if TYPE_CHECKING:
    from pathlib import Path

    from edukit.settings import Settings


def lab(settings: Settings, port: int, *, browser: bool) -> None:
    """Run JupyterLab on ``<home>/notebooks`` until it ends, with a login that only reads.

    Raises:
        ServingError: the port is taken, or JupyterLab fails.
        StoreError: a store cannot be started or reached.
    """
    for taken in bind(port):
        taken.close()
    with prepared(settings) as stores:
        folder = working_copy(settings.home)
        arguments = [
            sys.executable, "-m", "jupyterlab", "-y", f"--ip={ADDRESS}", f"--port={port}",
            "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}",
            # As a server extension Voilà would hand this person's kernels to whoever opens its pages.
            "--ServerApp.jpserver_extensions={'voila.server_extension': False}",
        ]  # fmt: skip
        arguments += [] if browser else ["--no-browser"]
        arguments += ["--allow-root"] if os.geteuid() == 0 else []
        server = subprocess.Popen(arguments, env=viewers_environment(stores, "edukit_viewer", settings.user))
        # The stores outlive JupyterLab, which ends its kernels first, however the end is asked for.
        asked: list[int] = []

        def stop(number: int, _frame: object) -> None:
            asked.append(number)
            server.terminate()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop)
        if server.wait() and not asked:
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
