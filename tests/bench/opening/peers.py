"""The peers' environment: made once, of pinned versions, and kept between runs."""

from __future__ import annotations

import subprocess
import sys
import venv
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PINS = {"panel": "1.9.4", "streamlit": "1.67.0", "plotly": "7.1.0", "pandas": "3.1.1"}
INSTALL_SECONDS = 900


def default_folder() -> Path:
    """Where the environments are kept."""
    return user_cache_path("edukit-bench")


def interpreter(folder: Path, pins: Mapping[str, str] = PINS, *, from_source: tuple[str, ...] = ()) -> Path:
    """The Python that has the peers; where there is none of these versions yet, it is made.

    Args:
        folder: keeps the environments.
        pins: versions by name.
        from_source: those among them that are compiled here, against the others.
    """
    of = "-".join(f"{name}{version}" for name, version in pins.items())
    home = folder / f"py{sys.version_info.major}.{sys.version_info.minor}-{of}"
    python, done = home / "bin" / "python", home / "done"
    if not done.exists():
        print("Making the peers' environment: once, a minute or two.", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        wheels = [f"{name}=={version}" for name, version in pins.items() if name not in from_source]
        _install(python, wheels)
        for name in from_source:
            _install(python, ["--no-build-isolation", "--no-binary", name, f"{name}=={pins[name]}"])
        done.touch()
    return python


def _install(python: Path, arguments: list[str]) -> None:
    subprocess.run([python, "-m", "pip", "install", "--quiet", *arguments], check=True, timeout=INSTALL_SECONDS)
