"""Attempts of a tidy file as a frame, for models that are tried on files: nothing is written anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn
from zipfile import BadZipFile

import numpy as np
import pandas as pd
from scipy import sparse

from edukit.analytics.prediction.attempts import GROUP
from edukit.errors import LoadError
from edukit.importers.attempts import COLUMNS, TIMES, is_plausible
from edukit.importers.delimited import DelimitedFile
from edukit.importers.report import BadRows, shortened
from edukit.importers.rules import CheckedChunk

if TYPE_CHECKING:
    from os import PathLike

    from edukit.importers.delimited import Chunk
    from edukit.importers.source_files import Progress

_WHOLE = r"\d{1,15}"


def read_answers(
    path: str | PathLike[str], *, skill_separator: str | None = None, progress: Progress | None = None
) -> pd.DataFrame:
    """Read a tidy file whole; every row is an attempt, and a student's rows stand in their order.

    Args:
        path: of a file as :func:`edukit.importers.attempts.load_attempts` takes it; a column ``group`` is read, too.
        skill_separator: what parts the skills of one attempt in ``skill_id``; None: all of it is one skill.
        progress: called with the bytes read and the file's size, both compressed.

    Returns:
        ``student_id``, ``item_id``, ``concept_ids`` (text, or a tuple of texts; None: none), ``is_correct`` (0.0 or
        1.0), ``at`` (Unix seconds; NaN: unknown), and ``group`` (text) when the file has it.

    Raises:
        LoadError: the file is not such a table, or rows break a rule.
    """
    file = DelimitedFile(path, required=COLUMNS, optional=(GROUP,), progress=progress)
    bad_rows = BadRows(path)
    chunks = [_values(chunk, bad_rows) for chunk in file.chunks(bad_rows)]
    frame = pd.concat(chunks, ignore_index=True)
    if bad_rows.count:
        listed = "\n".join(f"  {row}" for row in bad_rows.first)
        message = (
            f"{path} cannot be read: {bad_rows.count:,} of {len(frame) + bad_rows.count:,} rows break a rule.\n"
            f"{listed}\nMend or remove them."
        )
        raise LoadError(message)
    if skill_separator:
        parts = {text: _parted(text, skill_separator) for text in frame["concept_ids"].dropna().unique()}
        frame["concept_ids"] = frame["concept_ids"].map(parts)
    return frame


def with_q_matrix(frame: pd.DataFrame, path: str | PathLike[str]) -> pd.DataFrame:
    """The attempts with the concepts that a Q-matrix gives their items, in place of the file's own.

    Args:
        frame: of :func:`read_answers`; ``item_id`` are the matrix's row numbers, from 0.
        path: of a SciPy sparse matrix (``.npz``), items by concepts, not zero where an item needs a concept.

    Raises:
        LoadError: it is no such matrix, or has no row for an item.
    """
    try:
        matrix = sparse.csr_array(sparse.load_npz(path))
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        _refuse_matrix(path, f"it is no SciPy sparse matrix ({error})", "Save it with scipy.sparse.save_npz")
    matrix.eliminate_zeros()
    concepts = {}
    for item in frame["item_id"].unique():
        if not pd.Series([item]).str.fullmatch(_WHOLE).all() or int(item) >= matrix.shape[0]:
            _refuse_matrix(
                path,
                f"the item {shortened(item)!r} is no row of it; rows go from 0 to {matrix.shape[0] - 1:,}",
                "Give the matrix that belongs to the file, or leave --q-matrix out",
            )
        row = matrix.indices[matrix.indptr[int(item)] : matrix.indptr[int(item) + 1]]
        concepts[item] = tuple(str(concept) for concept in np.sort(row))
    return frame.assign(concept_ids=frame["item_id"].map(concepts))


def _values(chunk: Chunk, bad_rows: BadRows) -> pd.DataFrame:
    checked = CheckedChunk(chunk)
    seconds = checked.numbers("timestamp", TIMES, is_plausible, required=True)
    columns = {
        "student_id": checked.keys("user_id"),
        "item_id": checked.keys("item_id"),
        "concept_ids": checked.keys("skill_id", required=False),
        "is_correct": checked.flags("correct").astype(float),
        "at": np.where(seconds > 0, seconds, np.nan),
    }
    if GROUP in chunk.columns:
        columns[GROUP] = checked.keys(GROUP, required=False)
    good = checked.settle(bad_rows)
    return pd.DataFrame({name: column[good] for name, column in columns.items()})


def _parted(text: str, separator: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(separator) if part.strip())


def _refuse_matrix(path: str | PathLike[str], what: str, step: str) -> NoReturn:
    message = f"{path} cannot be read as a Q-matrix: {what}. {step}."
    raise LoadError(message)
