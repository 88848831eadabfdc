"""The files that a frame can become: CSV, a workbook of Excel, Parquet; none of them with a cell that is a formula."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from edukit.ui.export import csv_file, pieces

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from edukit.queries.frames import Frame


def write_csv(frame: pd.DataFrame, declared: Frame, file: BinaryIO, progress: Callable[[float], object]) -> None:  # noqa: ARG001 - each format is called alike
    """UTF-8 with the mark that Excel needs, ISO times in UTC, a ``'`` before text that starts like a formula."""
    file.write(csv_file(frame.iloc[:0]))
    file.writelines(csv_file(piece, head=False) for piece in pieces(frame, progress))


def write_parquet(frame: pd.DataFrame, declared: Frame, file: BinaryIO, progress: Callable[[float], object]) -> None:
    """The exact dtypes; each column's field says whether it is nullable, and its metadata what it means.

    Parquet counts no whole seconds: ``datetime64[s]`` comes back as ``datetime64[ms]``.
    """
    inferred = pa.Schema.from_pandas(frame, preserve_index=False)
    schema = pa.schema(
        [
            inferred.field(column.name).with_nullable(column.nullable).with_metadata({"meaning": column.meaning})
            for column in declared.columns
        ],
        metadata=inferred.metadata,
    )
    with pq.ParquetWriter(file, schema, compression="zstd") as writer:
        for piece in pieces(frame, progress):
            writer.write_table(pa.Table.from_pandas(piece, schema=schema, preserve_index=False))


def write_xlsx(frame: pd.DataFrame, declared: Frame, file: BinaryIO, progress: Callable[[float], object]) -> None:
    """A workbook, as :func:`edukit.ui.workbook.write_xlsx` writes it."""
    # To import openpyxl takes a quarter of a second, which nobody else waits for.
    from edukit.ui import workbook

    workbook.write_xlsx(frame, declared, file, progress)


FORMATS = {"csv": write_csv, "xlsx": write_xlsx, "parquet": write_parquet}
"""Each format's writer: of a frame as declared into a file, telling the share done (0-1)."""
