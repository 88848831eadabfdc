"""`edukit lab`: the analyst's own copy of the notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edukit.serving.lab import working_copy

if TYPE_CHECKING:
    from pathlib import Path


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
