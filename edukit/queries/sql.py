"""One statement of an analyst's own, as a frame: read-only, within a time, and with names for its values."""

from __future__ import annotations

import gc
import re
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pandas as pd
import psycopg
from psycopg import postgres
from psycopg.types.numeric import FloatLoader
from psycopg.types.string import TextLoader

from edukit.db.session import SHOWN_OUT
from edukit.errors import QueryError
from edukit.queries.frames.frame import MOMENT, by_column

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy.orm import Session

SECONDS = 60
"""How long a statement may take."""
LONGEST_LINE = 120

_BOUNDS = f"SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = '{SECONDS}s'; SET LOCAL TimeZone = 'UTC'"
_DTYPES = {
    "int2": "int64", "int4": "int64", "int8": "int64", "oid": "int64", "float4": "float64", "float8": "float64",
    "numeric": "float64", "bool": "bool", "timestamptz": MOMENT, "timestamp": "datetime64[us]",
    "interval": "timedelta64[us]", "date": "object", "time": "object", "timetz": "object", "bytea": "object",
    "json": "object", "jsonb": "object",
}  # fmt: skip
_WITH_GAPS = {"int64": "Int64", "bool": "boolean"}

# A colon inside a literal, a quoted name or a comment, of a cast or of an array's slice starts no parameter.
_PARTS = re.compile(
    r"""
    (?<!\w)[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | --[^\n]* | /\*.*?\*/ | ::
    | \$(?P<tag>(?:[^\W\d]\w*)?)\$.*?\$(?P=tag)\$
    | (?<![\w$])(?P<number>\$\d+)
    | (?<![\w\]]):(?P<name>[^\W\d]\w*)
    """,
    re.VERBOSE | re.DOTALL,
)
_NEXT_STEPS: dict[type[psycopg.Error], str] = {
    psycopg.errors.UndefinedTable: "edu.tables() lists the tables and views.",
    psycopg.errors.UndefinedColumn: "edu.columns(TABLE) lists the columns of a table.",
    psycopg.errors.ReadOnlySqlTransaction: "edu.sql only reads: what writes are the dashboards and the commands.",
    psycopg.errors.InsufficientPrivilege: "edu.tables() lists what this login may read.",
    psycopg.errors.QueryCanceled: f"It may take {SECONDS} s: ask for less of it, or see EXPLAIN for where it goes.",
    psycopg.errors.IndeterminateDatatype: "Tell its type, as in :name::date.",
}


def ask(session: Session, query: str, parameters: Mapping[str, Any]) -> pd.DataFrame:
    """The rows of one statement as a frame; see :meth:`edukit.workbench.sql.SqlDesk.sql`.

    The session's transaction becomes a read-only one and its times are UTC, so the session must be new, and is
    of no more use afterwards.

    Raises:
        QueryError: the statement cannot be answered, or not as a frame.
    """
    numbered, names = _numbered(query, parameters)
    values = [_plain(parameters[name]) for name in names]
    connection: psycopg.Connection[Any] = session.connection().connection.driver_connection  # type: ignore[assignment]
    with psycopg.RawCursor(connection) as cursor:
        for kind in postgres.types:
            if kind.name not in _DTYPES:
                cursor.adapters.register_loader(kind.oid, TextLoader)
        cursor.adapters.register_loader("numeric", FloatLoader)
        try:
            cursor.execute(_BOUNDS)
            # Prepared, because PostgreSQL itself then refuses a second statement, which could leave the transaction.
            cursor.execute(numbered.encode(), values, prepare=True)
            return _frame(cursor)
        except SHOWN_OUT:
            raise
        except psycopg.Error as error:
            raise QueryError(_refusal(error, numbered, query, names)) from error


def _numbered(query: str, parameters: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The query with ``$1``, ``$2`` for its ``:names``, each at the place of its name, and the names in that order."""
    names: list[str] = []

    def number(part: re.Match[str]) -> str:
        name = part["name"]
        if part["number"]:
            raise QueryError(f"The query holds {part[0]}: here a parameter has a name, as in :class_id.")
        if name is None:
            return part[0]
        if name not in names:
            names.append(name)
        # As long as the name, so that a place in the one text is the place in the other.
        return f"${names.index(name) + 1}".ljust(len(part[0]))

    numbered = _PARTS.sub(number, query)
    if missing := [name for name in names if name not in parameters]:
        raise QueryError(f"The query asks for :{missing[0]}, which is not given: add {missing[0]}=... to the call.")
    if unasked := [name for name in parameters if name not in names]:
        raise QueryError(f"The query does not ask for {unasked[0]}: write :{unasked[0]} in it, or leave it out.")
    return numbered, names


def _plain(value: Any) -> Any:
    """A value as Python has it: a series, an index or an array is a list, and numpy's numbers are numbers."""
    return value.tolist() if hasattr(value, "tolist") else value


def _frame(cursor: psycopg.Cursor[Any]) -> pd.DataFrame:
    columns = cursor.description
    if columns is None:
        raise QueryError("The statement gives no rows, and edu.sql is for those that do: begin it with SELECT or WITH.")
    names = Counter(column.name for column in columns)
    if twice := [name for name, times in names.items() if times > 1]:
        message = f"The query gives {names[twice[0]]} columns called {twice[0]!r}: tell them apart with AS."
        raise QueryError(message)
    with _no_collection():
        values = by_column(cursor.fetchall(), len(columns))
    return pd.DataFrame(
        {column.name: _series(column.type_code, of) for column, of in zip(columns, values, strict=True)}
    )


@contextmanager
def _no_collection() -> Iterator[None]:
    """No garbage collection meanwhile: it would walk a million rows again and again, and none is garbage."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _series(type_code: int, values: Sequence[Any]) -> pd.Series[Any]:
    """One column's values in the dtype of its PostgreSQL type."""
    known = postgres.types.get(type_code)
    dtype = "str"
    if known is not None:
        dtype = "object" if type_code == known.array_oid else _DTYPES.get(known.name, "str")
    if dtype in _WITH_GAPS and None in values:
        dtype = _WITH_GAPS[dtype]
    return pd.Series(values, dtype=dtype)


def _refusal(error: psycopg.Error, numbered: str, query: str, names: Sequence[str]) -> str:
    """What PostgreSQL says, where in the query it says so, and the next step."""
    told = (error.diag.message_primary or str(error)).rstrip(".")
    for number, name in enumerate(names, 1):
        told = re.sub(rf"\${number}\b", f":{name}", told)
    place = ""
    if error.diag.statement_position:
        at = int(error.diag.statement_position) - 1
        before = numbered[:at].split("\n")
        line = query.split("\n")[len(before) - 1].strip()
        place = f" at line {len(before)}, position {len(before[-1]) + 1} ({line[:LONGEST_LINE]})"
    hint = error.diag.message_hint or ""
    step = next((step for kind, step in _NEXT_STEPS.items() if isinstance(error, kind)), "")
    return " ".join(part for part in (f"PostgreSQL refuses the query{place}: {told}.", hint, step) if part)
