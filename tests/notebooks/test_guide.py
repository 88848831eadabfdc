"""The guide shows real outputs, and nbval compares every one of them."""

from __future__ import annotations

import json
import os
import re
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


def numbered(notebook: nbformat.NotebookNode) -> str:
    """The notebook as text, its widgets numbered as they come: by ids drawn for them each run would give another."""
    cells, state = json.dumps(notebook.cells), _widgets(notebook)
    found = [one for one in re.findall(r"[0-9a-f]{32}", cells) if one in state]
    for one in found:  # which grows meanwhile by those that stand within others
        found += [name for name in re.findall(r"IPY_MODEL_([0-9a-f]{32})", json.dumps(state[one])) if name not in found]
    numbers = {one: f"{place:032x}" for place, one in enumerate(dict.fromkeys(found))}
    text = re.sub(r"[0-9a-f]{32}", lambda match: numbers.get(match[0], match[0]), nbformat.writes(notebook))
    return nbformat.writes(nbformat.reads(text, 4)) + "\n"


def _widgets(notebook: nbformat.NotebookNode) -> dict[str, object]:
    widgets = notebook.metadata.get("widgets", {})
    return dict(widgets.get("application/vnd.jupyter.widget-state+json", {}).get("state", {}))


@pytest.mark.parametrize("path", GUIDE, ids=[path.stem for path in GUIDE])
def test_every_cell_was_run(path: Path, house: House, request: pytest.FixtureRequest) -> None:
    """Nbval passes in silence over a cell that was never run, so none may be left (--update-snapshots runs them)."""
    if request.config.getoption("--update-snapshots"):
        with mock.patch.dict(os.environ, house.viewers_environment):
            notebook = NotebookClient(nbformat.read(path, 4), kernel_name="python3", record_timing=False).execute()
        notebook.metadata.language_info = {"name": "python"}
        path.write_text(numbered(notebook))
    cells = [cell for cell in nbformat.read(path, 4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert sum(bool(cell.outputs) for cell in cells) >= len(cells) - 2


@pytest.mark.parametrize("path", GUIDE, ids=[path.stem for path in GUIDE])
def test_widgets_are_numbered(path: Path) -> None:
    """A guide is written alike by every run that gives the same, whatever ids its widgets had."""
    assert path.read_text() == numbered(nbformat.read(path, 4))


def test_there_is_a_guide() -> None:
    """The parametrised test above has something to look at."""
    assert GUIDE
