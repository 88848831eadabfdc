"""The course of a load: chunk by chunk into the database, all of a file or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edukit.importers.report import BadRows, LoadReport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from edukit.actions.loading import PracticeLoad
    from edukit.importers.delimited import Chunk, DelimitedFile


def load_chunks(
    file: DelimitedFile,
    rows_of: Callable[[Chunk, BadRows], pd.DataFrame],
    load: PracticeLoad,
    *,
    skip_bad_rows: bool,
    notes: Callable[[], Iterable[str]],
) -> LoadReport:
    """Read every chunk, write the rows that ``rows_of`` makes of it, refresh mastery, and report.

    Raises:
        LoadError: rows break a rule and are not to be skipped, or reading fails; nothing was loaded.
    """
    bad_rows = BadRows(file.path)
    good_rows = 0
    # A savepoint: a caller who catches the error and commits still has nothing of the file.
    with load.session.begin_nested():
        load.wait_for_turn()
        for chunk in file.chunks(bad_rows):
            rows = rows_of(chunk, bad_rows)
            good_rows += len(rows)
            # A file that will be refused is read on, to tell of all its bad rows, but not written.
            if len(rows) and (skip_bad_rows or not bad_rows.count):
                load.add(rows)
        if not skip_bad_rows:
            bad_rows.refuse(good_rows + bad_rows.count)
        load.refresh_mastery()
    return LoadReport(
        rows_read=good_rows + bad_rows.count,
        attempts_added=load.attempts_added,
        attempts_already_there=load.attempts_seen - load.attempts_added,
        **load.things_added,
        bad_row_count=bad_rows.count,
        bad_rows=bad_rows.first,
        notes=tuple(notes()),
    )
