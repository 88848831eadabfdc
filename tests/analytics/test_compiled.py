"""What is compiled is kept where it can be, and computes where it cannot."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from edukit.analytics import compiled

SCRIPT = "import sys; sys.path.insert(0, sys.argv[1]); import twice; print(twice.twice(21.0))"
MODULE = "from edukit.analytics.compiled import compiled\n\n@compiled\ndef twice(number):\n    return 2 * number\n"


@pytest.mark.parametrize("keeps", [True, False], ids=["a folder of the user's own", "no folder at all"])
def test_a_package_that_cannot_be_written(tmp_path: Path, keeps: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """From an install that is only read, compiled code goes to the user's cache, or is compiled each time."""
    installed, home = tmp_path / "installed", tmp_path / "home"
    installed.mkdir()
    (installed / "twice.py").write_text(MODULE)
    # A file where the folder should be: not even root can write there.
    (installed / "__pycache__").touch()
    home.mkdir() if keeps else home.touch()
    package = str(Path(compiled.__file__).parents[2])
    paths = {"HOME": str(home), "XDG_CACHE_HOME": str(home), "PYTHONPATH": package, "PYTHONDONTWRITEBYTECODE": "1"}
    told = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(installed)],
        env={**{name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}, **paths},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "42.0\n"
    assert any(home.rglob("twice*.nbi")) is keeps
