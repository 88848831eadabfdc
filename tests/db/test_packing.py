"""Packed rows are those that a server reads row by row; what cannot be packed is said to be none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from edukit.db.packing import packed

if TYPE_CHECKING:
    from psycopg import Connection
    from sqlalchemy.orm import Session

TYPES = ["int8", "int4", "int2", "float8", "float4", "bool", "timestamptz"]
MOMENTS = [datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), None, datetime(2255, 1, 1, 0, 0, 0, 1, tzinfo=UTC)]
COLUMNS: dict[str, pd.Series[Any]] = {
    "whole": pd.Series([-(2**63), 0, 2**63 - 1]),
    "less": pd.Series([-(2**31), 5, 2**31 - 1], dtype="int32"),
    "least": pd.Series([-(2**15), 5, 2**15 - 1]),
    "double": pd.Series([0.1, np.nan, -np.inf]),
    "real": pd.Series([np.nan, 0.25, 1.5], dtype="float32"),
    "truth": pd.Series([True, False, True]),
    "moment": pd.Series(MOMENTS, dtype="datetime64[us, Europe/Zurich]"),
}


def copied(session: Session, data: bytes) -> list[tuple[Any, ...]]:
    connection: Connection[Any] = session.connection().connection.driver_connection  # type: ignore[assignment]
    with connection.cursor() as cursor:
        names = ", ".join(f"{name} {of}" for name, of in zip(COLUMNS, TYPES, strict=True))
        cursor.execute(f"CREATE TEMPORARY TABLE taken ({names}) ON COMMIT DROP".encode())
        with cursor.copy("COPY taken FROM STDIN (FORMAT BINARY)") as copy:
            copy.write(data)
        return cursor.execute("SELECT * FROM taken").fetchall()


def test_the_server_reads_what_was_packed(session: Session) -> None:
    """The least and the largest of each type, nulls in some rows and moments of another zone come as they are."""
    data = packed(list(COLUMNS.values()), TYPES)
    assert data is not None
    assert copied(session, data) == [
        (-(2**63), -(2**31), -(2**15), 0.1, None, True, MOMENTS[0]),
        (0, 5, 5, None, 0.25, False, None),
        (2**63 - 1, 2**31 - 1, 2**15 - 1, -np.inf, 1.5, True, MOMENTS[2]),
    ]


def test_no_row_is_packed_as_none(session: Session) -> None:
    """A frame without rows is a COPY without rows."""
    data = packed([column.iloc[:0] for column in COLUMNS.values()], TYPES)
    assert data is not None
    assert copied(session, data) == []


@pytest.mark.parametrize(
    ("column", "of"),
    [
        (pd.Series(["a"]), "text"),
        (pd.Series([1, None], dtype="Int64"), "int8"),
        (pd.Series([1, None], dtype=object), "int8"),
        (pd.Series([1.5]), "int8"),
        (pd.Series([2**31]), "int4"),
        (pd.Series([2**63], dtype="uint64"), "int8"),
        (pd.Series([1]), "bool"),
        (pd.Series(pd.to_datetime(["2026-01-01"])), "timestamptz"),
        (pd.Series([True]), "float8"),
    ],
    ids=lambda value: value if isinstance(value, str) else str(value.dtype),
)
def test_what_cannot_be_packed_is_none(column: pd.Series[Any], of: str) -> None:
    """Text, numbers of another kind or too large, moments without a zone and what holds objects go row by row."""
    assert packed([COLUMNS["whole"].iloc[: len(column)], column], ["int8", of]) is None
