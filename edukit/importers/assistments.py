"""ASSISTments logs in their original release layout (2009-10 skill builder and its kin).

Feng, Heffernan & Koedinger (2009), *Addressing the assessment challenge with an online system that tutors
as it assesses*. One row is one attempt and one of its skills: an attempt on a question with several skills
stands there several times, under the same ``order_id``.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.actions.loading import PracticeLoad
from edukit.db.ids import derived_uuids
from edukit.importers.delimited import DelimitedFile
from edukit.importers.loads import load_chunks
from edukit.importers.occurrences import Occurrences
from edukit.importers.rules import CheckedChunk
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

REQUIRED = (
    "order_id", "user_id", "problem_id", "correct", "skill_id", "student_class_id", "teacher_id", "school_id",
)  # fmt: skip
OPTIONAL = ("skill_name", "answer_type", "answer_text", "ms_first_response", "hint_count", "original")
# Only what the release's answer types say for certain: algebra and fill_in_1 take numbers and words alike.
KINDS = {
    "algebra": "text", "fill_in_1": "text", "fill_in": "text", "open_response": "text",
    "choose_1": "multiple_choice", "choose_n": "multiple_choice",
}  # fmt: skip
_DAY_MS = 86_400_000
_MOST_HINTS = 32_767
_MOST_ORDER = 2**53
_HINTS = "must be a whole number from 0 to 32,767"
_ORDERS = "must be a whole number from 0 to 2^53"


def load_assistments(  # noqa: PLR0913 - each option is a keyword that a command passes on
    session: Session,
    path: str | PathLike[str],
    *,
    ids: Ids,
    now: datetime,
    skip_bad_rows: bool = False,
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES,
    progress: Progress | None = None,
) -> LoadReport:
    """Load a release file of ASSISTments, all of it or nothing.

    Its schools become institutions, each with its own teachers, classes, students, questions and concepts.
    Loading the same file again, or one with more rows, adds what is new.

    Args:
        session: of the application; the caller commits.
        path: of a comma- or tab-separated file, plain or gzip, in UTF-8, Windows-1252 or Latin-1.
        ids: source of new ids.
        now: moment of new ids and of the mastery computed.
        skip_bad_rows: leave out rows that break a rule, and report them, instead of refusing the file.
        max_unpacked_bytes: what unpacks to more is refused.
        progress: called with the bytes read and the file's size, both compressed.

    Raises:
        LoadError: the file is not such a table, or rows break a rule; nothing of it was loaded.
    """
    file = DelimitedFile(
        path,
        required=REQUIRED,
        optional=OPTIONAL,
        encodings=("utf-8", "cp1252", "latin-1"),
        max_unpacked_bytes=max_unpacked_bytes,
        progress=progress,
    )
    rows = _ReleaseRows()
    load = PracticeLoad(session, source="assistments", subject="ASSISTments skills", ids=ids, now=now)
    return load_chunks(
        file, rows.of, load, skip_bad_rows=skip_bad_rows, notes=lambda: [*_encoding_note(file), *rows.notes()]
    )


class _ReleaseRows:
    """The release's rows in the form that a load takes, and what was read otherwise than it stands."""

    def __init__(self) -> None:
        self._orders = Occurrences()
        self._attempts = Occurrences()
        self._counts: Counter[str] = Counter()

    def notes(self) -> list[str]:
        """What was read otherwise than it stands, with how many rows."""
        return [f"{count:,} {what}" for what, count in self._counts.items() if count]

    def of(self, chunk: Chunk, bad_rows: BadRows) -> pd.DataFrame:
        """The good rows of a chunk."""
        checked = CheckedChunk(chunk)
        rows = _values(checked)
        repeats = self._repeats(checked, rows)
        good = checked.settle(bad_rows)
        rows, repeats = rows[good], repeats[good]
        unlikely = ~rows["milliseconds"].fillna(0).between(0, _DAY_MS)
        self._counts.update(
            {
                "rows repeat an attempt, for a further skill or word for word; it counts once": int(
                    (repeats > 0).sum()
                ),
                "rows have no skill": int(rows["concept"].isna().sum()),
                "rows have a first response time below 0 or over a day, taken as unknown": int(unlikely.sum()),
                "rows are of scaffolding questions (original = 0), which count as attempts": int(
                    (rows["original"] == 0).sum()
                ),
            }
        )
        return rows.assign(
            attempt=pd.Series(
                derived_uuids(f"assistments:attempt/{order:.0f}" for order in rows["order"]), rows.index, dtype=object
            ).where(repeats == 0),
            sequence=rows["order"].astype("int64"),
            hint_count=rows["hint_count"].astype("Int16"),
            time_taken_seconds=(rows["milliseconds"] / 1000).mask(unlikely),
        )

    def _repeats(self, checked: CheckedChunk, rows: pd.DataFrame) -> NDArray[np.int64]:
        """How often each row's attempt came before; an order number that stands for two attempts is bad."""
        good = checked.good
        keys = [rows[name].to_numpy()[good] for name in ("order", "student", "question", "institution", "is_correct")]
        repeats = np.zeros(len(rows), dtype=np.int64)
        orders = repeats.copy()
        repeats[good] = self._attempts.take(keys)
        orders[good] = self._orders.take(keys[:1])
        checked.refuse(
            "order_id", "must stand for one attempt, but stands for another above", (repeats == 0) & (orders > 0)
        )
        return repeats


def _values(checked: CheckedChunk) -> pd.DataFrame:
    """The columns of a load, as checked values, with ``order``, ``milliseconds`` and ``original`` beside them."""
    school, skill = checked.keys("school_id"), checked.keys("skill_id", required=False)
    return pd.DataFrame(
        {
            "order": checked.numbers("order_id", _ORDERS, _is_order, required=True),
            "institution": [f"School {key}" for key in school],
            "class": checked.keys("student_class_id"),
            "teacher": checked.keys("teacher_id"),
            "student": checked.keys("user_id"),
            "question": checked.keys("problem_id"),
            "kind": [KINDS.get(kind) for kind in checked.keys("answer_type", required=False)],
            "concept": skill,
            "concept_name": checked.keys("skill_name", required=False),
            "is_correct": checked.flags("correct"),
            "milliseconds": checked.numbers("ms_first_response", "must be a number", _is_any, required=False),
            "hint_count": checked.numbers("hint_count", _HINTS, _is_hint_count, required=False),
            "original": checked.numbers("original", "must be 0 or 1", _is_flag, required=False),
            "answer": checked.texts("answer_text"),
        },
    )


def _is_order(given: NDArray[np.float64]) -> NDArray[np.bool_]:
    return _is_whole(given, _MOST_ORDER)


def _is_hint_count(given: NDArray[np.float64]) -> NDArray[np.bool_]:
    return _is_whole(given, _MOST_HINTS)


def _is_flag(given: NDArray[np.float64]) -> NDArray[np.bool_]:
    return _is_whole(given, 1)


def _is_whole(given: NDArray[np.float64], most: int) -> NDArray[np.bool_]:
    return np.asarray((given >= 0) & (given <= most) & (given == np.floor(given)), dtype=bool)


def _is_any(given: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray(~np.isnan(given), dtype=bool)


def _encoding_note(file: DelimitedFile) -> list[str]:
    return [] if file.encoding == "utf-8" else [f"it is not UTF-8 and was read as {file.encoding}"]
