"""Attempts in the tidy layout of knowledge-tracing sets: ``user_id item_id timestamp correct skill_id``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.actions.loading import PracticeLoad
from edukit.db.ids import derived_uuids
from edukit.errors import LoadError
from edukit.importers.delimited import DelimitedFile
from edukit.importers.loads import load_chunks
from edukit.importers.occurrences import Occurrences
from edukit.importers.rules import MAX_KEY_CHARACTERS, CheckedChunk
from edukit.importers.source_files import MAX_UNPACKED_BYTES

if TYPE_CHECKING:
    from datetime import datetime
    from os import PathLike

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from edukit.db.ids import Ids
    from edukit.importers.delimited import Chunk
    from edukit.importers.report import BadRows, LoadReport
    from edukit.importers.source_files import Progress

COLUMNS = ("user_id", "item_id", "timestamp", "correct", "skill_id")
CLASS = "All students"
_MICROSECONDS = 1_000_000
_EARLIEST, _LATEST = 631_152_000, 4_102_444_800  # 1990 and 2100: milliseconds or day counts fall outside
TIMES = "must be 0 (time unknown) or seconds since 1970 that fall between 1990 and 2100"


def load_attempts(  # noqa: PLR0913 - each option is a keyword that a command passes on
    session: Session,
    path: str | PathLike[str],
    *,
    institution: str,
    ids: Ids,
    now: datetime,
    skip_bad_rows: bool = False,
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES,
    progress: Progress | None = None,
) -> LoadReport:
    """Load a tidy file of attempts into an institution, all of it or nothing.

    Every row is an attempt. Its students become students of one class, ``All students``; its skills become
    concepts of one subject. Loading the same file again, or one with more rows at its end, adds what is new.

    Args:
        session: of the application; the caller commits.
        path: of a tab- or comma-separated file, plain or gzip, with the columns ``user_id``, ``item_id``,
            ``timestamp`` (Unix seconds; 0: unknown), ``correct`` (0 or 1) and ``skill_id`` (may be empty).
        institution: name of the institution, made when there is none.
        ids: source of new ids.
        now: moment of new ids and of the mastery computed.
        skip_bad_rows: leave out rows that break a rule, and report them, instead of refusing the file.
        max_unpacked_bytes: what unpacks to more is refused.
        progress: called with the bytes read and the file's size, both compressed.

    Raises:
        LoadError: the file is not such a table, or rows break a rule; nothing of it was loaded.

    Example:
        >>> load_attempts(session, "train.tsv.gz", institution="ASSISTments", ids=ids, now=now)  # doctest: +SKIP
        LoadReport(rows_read=220070, attempts_added=220070, ...)
    """
    _check_name(institution)
    file = DelimitedFile(path, required=COLUMNS, max_unpacked_bytes=max_unpacked_bytes, progress=progress)
    rows = _AttemptRows(institution)
    load = PracticeLoad(session, source="attempts", subject="Skills", ids=ids, now=now)
    notes = [f"columns left out: {', '.join(file.extra)}"] if file.extra else []
    return load_chunks(file, rows.of, load, skip_bad_rows=skip_bad_rows, notes=lambda: notes)


class _AttemptRows:
    """The layout's rows in the form that a load takes."""

    def __init__(self, institution: str) -> None:
        self._institution = institution
        self._attempts = Occurrences()
        self._moments = Occurrences()

    def of(self, chunk: Chunk, bad_rows: BadRows) -> pd.DataFrame:
        """The good rows of a chunk."""
        checked = CheckedChunk(chunk)
        students, questions = checked.keys("user_id"), checked.keys("item_id")
        seconds = checked.numbers("timestamp", TIMES, is_plausible, required=True)
        correct, concepts = checked.flags("correct"), checked.keys("skill_id", required=False)
        good = checked.settle(bad_rows)
        students, questions = students[good], questions[good]
        micros = np.rint(seconds[good] * _MICROSECONDS).astype(np.int64)
        repeats = self._attempts.take([students, questions, micros])
        return pd.DataFrame(
            {
                "institution": self._institution,
                "class": "all",
                "class_name": CLASS,
                "student": students,
                "question": questions,
                "concept": concepts[good],
                "attempt": pd.Series(derived_uuids(_names(students, questions, micros, repeats)), dtype=object),
                # Without times this counts a student's rows; with them it parts rows of one moment.
                "sequence": micros + self._moments.take([students, micros]),
                "attempted_at": pd.Series(micros).where(micros > 0).astype("datetime64[us, UTC]"),
                "is_correct": correct[good],
            }
        )


def is_plausible(seconds: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of the layout's timestamps keep the rule ``TIMES``."""
    return np.asarray((seconds == 0) | ((seconds >= _EARLIEST) & (seconds < _LATEST)), dtype=bool)


def _names(
    students: NDArray[np.object_],
    questions: NDArray[np.object_],
    micros: NDArray[np.int64],
    repeats: NDArray[np.int64],
) -> list[str]:
    """What identifies each attempt; NUL parts the fields because no field can hold it."""
    columns = (students.tolist(), questions.tolist(), micros.tolist(), repeats.tolist())
    return [f"attempts:{user}\0{item}\0{moment}\0{k}" for user, item, moment, k in zip(*columns, strict=True)]


def _check_name(institution: str) -> None:
    if not institution.strip() or "\0" in institution or len(institution) > MAX_KEY_CHARACTERS:
        message = (
            f"The institution's name must be text of 1 to {MAX_KEY_CHARACTERS} characters; "
            f"it is {institution[:60]!r}. Give another one."
        )
        raise LoadError(message)
