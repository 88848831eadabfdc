"""The peers' environment: made once, of pinned versions, and kept between runs."""

from __future__ import annotations

import subprocess
import sys
import venv
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

if TYPE_CHECKING:
    from pathlib import Path

PINS = {"panel": "1.9.4", "streamlit": "1.67.0", "plotly": "7.1.0", "pandas": "3.1.1"}
INSTALL_SECONDS = 900


def default_folder() -> Path:
    """Where the environments are kept."""
    return user_cache_path("edukit-bench")


def interpreter(folder: Path) -> Path:
    """The Python that has the peers; where there is none of these versions yet, it is made."""
    of = "-".join(f"{name}{version}" for name, version in PINS.items())
    home = folder / f"py{sys.version_info.major}.{sys.version_info.minor}-{of}"
    python, done = home / "bin" / "python", home / "done"
    if not done.exists():
        print("Making the peers' environment: once, a minute or two.", file=sys.stderr)
        venv.create(home, with_pip=True, clear=True)
        pins = [f"{name}=={version}" for name, version in PINS.items()]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *pins], check=True, timeout=INSTALL_SECONDS)
        done.touch()
    return python
