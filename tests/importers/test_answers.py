"""Tidy files as frames: what stands there is what is read, and what cannot be is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import sparse

from edukit.errors import LoadError
from edukit.importers.answers import read_answers, with_q_matrix

if TYPE_CHECKING:
    from pathlib import Path

HEADER = "user_id\titem_id\ttimestamp\tcorrect\tskill_id\tgroup\n"


def written(folder: Path, rows: str, header: str = HEADER) -> Path:
    path = folder / "answers.tsv"
    path.write_text(header + rows)
    return path


def test_rows_become_attempts(tmp_path: Path) -> None:
    """Times of 0 are unknown, a missing skill is none, a group is kept."""
    found = read_answers(written(tmp_path, "a\t1\t0\t1\t7\tx\na\t2\t1500000000\t0\t\t\n"))
    assert found["is_correct"].tolist() == [1.0, 0.0]
    assert np.isnan(found["at"][0])
    assert found["at"][1] == 1.5e9
    assert found["concept_ids"].isna().tolist() == [False, True]
    assert found["group"][0] == "x"


def test_skills_are_parted_by_a_separator(tmp_path: Path) -> None:
    """With one the field is several skills, without it is one."""
    path = written(tmp_path, "a\t1\t0\t1\t7~8\tx\na\t2\t0\t1\t7\tx\n")
    assert read_answers(path, skill_separator="~")["concept_ids"].tolist() == [("7", "8"), ("7",)]
    assert read_answers(path)["concept_ids"].tolist() == ["7~8", "7"]


def test_bad_rows_are_told_with_their_lines(tmp_path: Path) -> None:
    """The line, the column, the rule and the value."""
    with pytest.raises(LoadError, match=r"1 of 2 rows break a rule(.|\n)+line 3: correct must be 0 or 1; it is '2'"):
        read_answers(written(tmp_path, "a\t1\t0\t1\t7\tx\na\t2\t0\t2\t7\tx\n"))


def test_a_q_matrix_gives_concepts(tmp_path: Path) -> None:
    """Its row is the item; items without concepts have none; the file's own skills are left."""
    matrix = tmp_path / "q.npz"
    sparse.save_npz(matrix, sparse.csr_array(np.array([[0, 0, 0], [0, 1, 1], [1, 0, 0]])))
    frame = read_answers(written(tmp_path, "a\t1\t0\t1\t7\tx\na\t0\t0\t1\t7\tx\n"))
    assert with_q_matrix(frame, matrix)["concept_ids"].tolist() == [("1", "2"), ()]
    wide = read_answers(written(tmp_path, "a\t3\t0\t1\t7\tx\n"))
    with pytest.raises(LoadError, match="the item '3' is no row of it; rows go from 0 to 2"):
        with_q_matrix(wide, matrix)
    with pytest.raises(LoadError, match="no SciPy sparse matrix"):
        with_q_matrix(frame, written(tmp_path, ""))
