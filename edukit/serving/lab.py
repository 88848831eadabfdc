"""``edukit lab``: JupyterLab on the analyst's own copy of the notebooks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from edukit.db.roles import url_of
from edukit.ops.prepare import prepared
from edukit.serving.application import ADDRESS
from edukit.settings import shipped

if TYPE_CHECKING:
    from pathlib import Path

    from edukit.settings import Settings

CREDENTIALS = ("DATABASE_URL", "REDIS_URL", "PGPASSWORD")


def lab(settings: Settings, port: int, *, browser: bool) -> None:
    """Run JupyterLab on ``<home>/notebooks`` until it ends, with a login that only reads."""
    with prepared(settings) as stores:
        folder = working_copy(settings.home)
        arguments = [
            sys.executable, "-m", "jupyterlab", f"--ip={ADDRESS}", f"--port={port}", f"--ServerApp.root_dir={folder}",
            # As a server extension Voilà would hand this person's kernels to whoever opens its pages.
            "--ServerApp.jpserver_extensions={'voila': False}",
        ]  # fmt: skip
        arguments += [] if browser else ["--no-browser"]
        arguments += ["--allow-root"] if os.geteuid() == 0 else []
        environment = {name: value for name, value in os.environ.items() if name not in CREDENTIALS}
        environment["EDUKIT_VIEWER_URL"] = url_of("edukit_viewer", stores.database_url)
        try:
            subprocess.run(arguments, env=environment, check=False)
        except KeyboardInterrupt:
            return


def working_copy(home: Path) -> Path:
    """The folder ``<home>/notebooks``: made from the packaged notebooks once, never overwritten."""
    folder = home / "notebooks"
    if not folder.exists():
        fresh = home / "notebooks.part"
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(shipped("notebooks"), fresh, ignore=shutil.ignore_patterns(".*", "__pycache__"))
        fresh.rename(folder)
    return folder
