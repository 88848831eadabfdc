"""The guide shows real outputs, and nbval compares every one of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from unittest import mock

import nbformat
import pytest
from nbclient import NotebookClient

from edukit.settings import shipped

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import House

GUIDE = sorted((shipped("notebooks") / "guide").glob("*.ipynb"))


@pytest.mark.parametrize("path", GUIDE, ids=[path.stem for path in GUIDE])
def test_every_cell_was_run(path: Path, house: House, request: pytest.FixtureRequest) -> None:
    """Nbval passes in silence over a cell that was never run, so none may be left (--update-snapshots runs them)."""
    if request.config.getoption("--update-snapshots"):
        with mock.patch.dict(os.environ, house.viewers_environment):
            notebook = NotebookClient(nbformat.read(path, 4), kernel_name="python3", record_timing=False).execute()
        notebook.metadata.language_info = {"name": "python"}
        nbformat.write(notebook, path)
    cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert sum(bool(cell.outputs) for cell in cells) >= len(cells) - 2


def test_there_is_a_guide() -> None:
    """The parametrised test above has something to look at."""
    assert GUIDE
