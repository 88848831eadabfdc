"""SQL functions that PostgreSQL and SQLite spell differently, so that one query runs on both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Double, String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler


class microseconds(FunctionElement[float]):  # noqa: N801 - it is called as an SQL function is
    """Microseconds since 1970 of a moment, as a double: exact until 2255; in PostgreSQL of an interval, too."""

    name = "microseconds"
    type = Double()
    inherit_cache = True


class uuid_text(FunctionElement[str]):  # noqa: N801
    """A UUID as text with its hyphens."""

    name = "uuid_text"
    type = String()
    inherit_cache = True


class transaction_number(FunctionElement[int]):  # noqa: N801
    """The number of the transaction that asks, savepoints counted in; SQLite, which has one writer, says 0."""

    name = "transaction_number"
    type = BigInteger()
    inherit_cache = True


@compiles(microseconds)
def _microseconds(element: microseconds, compiler: SQLCompiler, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"CAST(EXTRACT(epoch FROM {moment}) * 1000000 AS DOUBLE PRECISION)"


@compiles(microseconds, "sqlite")
def _microseconds_in_sqlite(element: microseconds, compiler: SQLCompiler, **options: Any) -> str:
    # Given more than whole seconds, strftime would round them.
    moment = compiler.process(element.clauses, **options)
    seconds = f"CAST(strftime('%s', substr({moment}, 1, 19)) AS REAL)"
    return f"({seconds} * 1000000 + CAST(substr({moment}, 21, 6) AS REAL))"


@compiles(uuid_text)
def _uuid_text(element: uuid_text, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST({compiler.process(element.clauses, **options)} AS VARCHAR)"


@compiles(uuid_text, "sqlite")
def _uuid_text_in_sqlite(element: uuid_text, compiler: SQLCompiler, **options: Any) -> str:
    uuid = compiler.process(element.clauses, **options)
    places = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
    return "(" + " || '-' || ".join(f"substr({uuid}, {start}, {length})" for start, length in places) + ")"


@compiles(transaction_number)
def _transaction_number(_element: transaction_number, _compiler: SQLCompiler, **_options: Any) -> str:
    return "pg_current_xact_id()::text::bigint"


@compiles(transaction_number, "sqlite")
def _transaction_number_in_sqlite(_element: transaction_number, _compiler: SQLCompiler, **_options: Any) -> str:
    return "0"
