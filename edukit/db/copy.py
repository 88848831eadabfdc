"""Bulk writing: a frame into a table by binary COPY, and back; one path for imports, the demo school and mastery."""

from __future__ import annotations

from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import pandas as pd
from pgvector.psycopg.vector import register_vector_info
from psycopg import sql
from psycopg.types import TypeInfo
from psycopg.types.json import Jsonb
from sqlalchemy import BigInteger, Column

from edukit.db.packing import packed
from edukit.db.session import IN_BINARY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray
    from psycopg import Connection, Cursor
    from sqlalchemy import CursorResult, Select, Table
    from sqlalchemy.orm import Session
    from sqlalchemy.types import TypeEngine

    from edukit.db.base import Base

_PG_TYPES = {
    "BIGINT": "int8", "INTEGER": "int4", "SMALLINT": "int2", "TEXT": "text", "VARCHAR": "text", "BOOLEAN": "bool",
    "REAL": "float4", "DOUBLE PRECISION": "float8", "FLOAT": "float8", "DATE": "date", "UUID": "uuid",
    "TIMESTAMP WITH TIME ZONE": "timestamptz", "JSONB": "jsonb", "VECTOR": "vector",
}  # fmt: skip


def copy_rows(
    session: Session,
    model: type[Base],
    frame: pd.DataFrame,
    *,
    on_conflict: Literal["nothing", "update"] = "nothing",
) -> int:
    """Write a frame's rows into a model's table; how many rows were new (or, updating, written).

    The frame's columns are named as the table's; columns that it lacks get their defaults. Rows go by
    COPY into a temporary table without indexes and from there by one INSERT, so that a row that is
    there already is left alone, or updated. Into an offline store they go by the same INSERT, row by row.
    """
    if frame.empty:
        return 0
    table: Table = model.__table__  # type: ignore[assignment]
    columns = [table.c[str(name)] for name in frame.columns]
    if session.get_bind().dialect.name == "sqlite":
        return _insert(session, table, frame, on_conflict)
    with _cursor(session) as cursor, _staged(cursor, table, columns, frame) as stage:
        cursor.execute(
            sql.SQL("INSERT INTO {0} ({1}) SELECT {1} FROM {2} ON CONFLICT {3}").format(
                sql.Identifier(table.name), _names(columns), stage, _action(table, columns, on_conflict)
            )
        )
        return cursor.rowcount


def copy_new_rows(session: Session, model: type[Base], frame: pd.DataFrame) -> pd.DataFrame:
    """Write those of a frame's rows whose primary key is not there yet; the rows written.

    They go as those of :func:`copy_rows` do, for row-level security lets no COPY into a table, but the caller must hold
    a lock: a row that somebody else adds meanwhile is a unique violation. Keys must not repeat in the frame.
    """
    if frame.empty:
        return frame
    table: Table = model.__table__  # type: ignore[assignment]
    columns = [table.c[str(name)] for name in frame.columns]
    position: Column[Any] = Column("position", BigInteger)
    numbered = frame.assign(position=range(len(frame)))
    with _cursor(session) as cursor, _staged(cursor, table, [*columns, position], numbered) as stage:
        same = [sql.SQL("stage.{0} = there.{0}").format(sql.Identifier(key.name)) for key in table.primary_key]
        cursor.execute(
            sql.SQL("DELETE FROM {} stage USING {} there WHERE {} RETURNING position").format(
                stage, sql.Identifier(table.name), sql.SQL(" AND ").join(same)
            )
        )
        there = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            sql.SQL("INSERT INTO {0} ({1}) SELECT {1} FROM {2}").format(
                sql.Identifier(table.name), _names(columns), stage
            )
        )
    return frame.drop(index=frame.index[there])


def read_columns(session: Session, query: Select[*tuple[Any, ...]], dtypes: Mapping[str, str]) -> pd.DataFrame:
    """The columns that :func:`read_numbers` gives, as a frame."""
    return pd.DataFrame(read_numbers(session, query, dtypes))


def read_numbers(
    session: Session, query: Select[*tuple[Any, ...]], dtypes: Mapping[str, str]
) -> dict[str, NDArray[Any]]:
    """The columns of a query of numbers by name, without SQLAlchemy's own object around each row.

    Args:
        session: any.
        query: of integers, booleans, doubles and days.
        dtypes: name and dtype of each column in order; null is NaN, so a column with nulls is ``float64``.
    """
    # By way of the connection, which keeps what SQLAlchemy has made of a query: compiled anew each time, that takes
    # as long as to read the rows of a class.
    result = session.connection().execute(query, execution_options={IN_BINARY: True})
    is_postgresql = session.get_bind().dialect.name == "postgresql"
    rows = cast("Any", result.cursor).fetchall() if is_postgresql else result.all()
    columns = zip(*rows, strict=True) if rows else [()] * len(dtypes)
    return {name: np.array(values, dtype=dtype) for (name, dtype), values in zip(dtypes.items(), columns, strict=True)}


def _insert(session: Session, table: Table, frame: pd.DataFrame, on_conflict: str) -> int:
    from sqlalchemy.dialects import sqlite

    statement = sqlite.insert(table)
    key = [column.name for column in table.primary_key]
    if on_conflict == "update":
        changes = {name: statement.excluded[name] for name in frame.columns if name not in key}
        statement = statement.on_conflict_do_update(index_elements=key, set_=changes)
    else:
        statement = statement.on_conflict_do_nothing()
    values = [_python_values(frame[name]) for name in frame.columns]
    rows = [dict(zip(frame.columns, row, strict=True)) for row in zip(*values, strict=True)]
    return cast("CursorResult[Any]", session.execute(statement, rows)).rowcount


def _cursor(session: Session) -> Cursor[Any]:
    connection: Connection[Any] = session.connection().connection.driver_connection  # type: ignore[assignment]
    return connection.cursor()


@contextmanager
def _staged(
    cursor: Cursor[Any], table: Table, columns: list[Column[Any]], frame: pd.DataFrame
) -> Iterator[sql.Identifier]:
    """The name of a temporary table, without indexes, that holds the frame."""
    stage = sql.Identifier(f"stage_{table.name}")
    typed = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column.name), sql.SQL(_pg_type(column))) for column in columns
    )
    cursor.execute(sql.SQL("CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP").format(stage, typed))
    _copy(cursor, stage, columns, frame)
    yield stage
    cursor.execute(sql.SQL("DROP TABLE {}").format(stage))


def _copy(cursor: Cursor[Any], into: sql.Identifier, columns: list[Column[Any]], frame: pd.DataFrame) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(into, _names(columns))
    at_once = packed([frame[column.name] for column in columns], [_pg_type(column) for column in columns])
    if at_once is not None:
        with cursor.copy(statement) as copy:
            copy.write(at_once)
        return
    values = [_adapted(_python_values(frame[column.name]), column) for column in columns]
    types = [_pg_type(column) for column in columns]
    if "vector" in types:
        # Of the connection it only reads the type's number: who reads from it later gets what they always got.
        register_vector_info(cursor, TypeInfo.fetch(cursor.connection, "vector"))  # type: ignore[arg-type]
    with cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in zip(*values, strict=True):
            copy.write_row(row)


def _names(columns: list[Column[Any]]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier(column.name) for column in columns)


def _pg_type(column: Column[Any]) -> str:
    return _name_of(column.type)


# Of the columns of models, which stay, each is asked about several times a frame.
@lru_cache(maxsize=1024)
def _name_of(type_: TypeEngine[Any]) -> str:
    from sqlalchemy.dialects import postgresql

    # Without what stands in brackets: the target column checks a vector's length.
    return _PG_TYPES[type_.compile(postgresql.dialect()).partition("(")[0]]  # type: ignore[no-untyped-call]


def _python_values(values: pd.Series[Any]) -> list[Any]:
    """The values as Python objects, None where missing."""
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        plain = np.asarray(values.dt.to_pydatetime(), dtype=object)
    else:
        # Nullable integers with a gap would come out as floats.
        plain = values.to_numpy(dtype=object) if pd.api.types.is_extension_array_dtype(values) else values.to_numpy()
    as_list: list[Any] = plain.tolist()
    missing = values.isna().to_numpy()
    if missing.any():
        for index in np.flatnonzero(missing):
            as_list[index] = None
    return as_list


def _adapted(values: list[Any], column: Column[Any]) -> list[Any]:
    return [None if value is None else Jsonb(value) for value in values] if _pg_type(column) == "jsonb" else values


def _action(table: Table, columns: list[Column[Any]], on_conflict: str) -> sql.Composable:
    if on_conflict == "nothing":
        return sql.SQL("DO NOTHING")
    key = [column.name for column in table.primary_key]
    changes = [
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(column.name))
        for column in columns
        if column.name not in key
    ]
    return sql.SQL("({}) DO UPDATE SET {}").format(
        sql.SQL(", ").join(map(sql.Identifier, key)), sql.SQL(", ").join(changes)
    )
