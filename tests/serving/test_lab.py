"""`edukit lab`: the analyst's own copy of the notebooks."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

from edukit.serving.lab import working_copy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import House


def test_the_copy_is_made_once(tmp_path: Path) -> None:
    """What the analyst wrote into the copy is there after the next start."""
    folder = working_copy(tmp_path)
    notebook = folder / "class_mastery.ipynb"
    assert notebook.is_file()
    notebook.write_text("mine")
    assert working_copy(tmp_path) == folder
    assert notebook.read_text() == "mine"


def test_a_copy_that_was_cut_short_is_made_again(tmp_path: Path) -> None:
    """A start that was killed while copying leaves nothing that looks finished."""
    (tmp_path / "notebooks.part").mkdir()
    (tmp_path / "notebooks.part" / "half").touch()
    folder = working_copy(tmp_path)
    assert (folder / "class_mastery.ipynb").is_file()
    assert not (folder / "half").exists()


def test_lab_serves_the_copy_and_ends_cleanly(house: House, unused_port: Callable[[], int]) -> None:
    """JupyterLab answers on the port asked for with the copied notebooks, without Voilà inside, and stops when told."""
    assert house.demo
    port = unused_port()
    command = [sys.executable, "-m", "edukit.cli", "lab", "--no-browser", "--port", str(port)]
    environment = {**os.environ, "EDUKIT_HOME": str(house.settings.home), "JUPYTER_TOKEN": "known"}
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        listing = ask(f"http://127.0.0.1:{port}/api/contents?token=known", server)
        assert "class_mastery.ipynb" in listing
        with_voila = ask(f"http://127.0.0.1:{port}/voila/render/class_mastery.ipynb?token=known", server, found=False)
        assert with_voila == "404"
    finally:
        server.terminate()
        _, told = server.communicate(timeout=30)
    assert server.returncode == 0, told
    assert "Traceback" not in told


def ask(address: str, server: subprocess.Popen[str], *, found: bool = True) -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            if not found:
                return str(error.code)
            raise
        except OSError:
            time.sleep(0.1)
    raise AssertionError(server.poll())
