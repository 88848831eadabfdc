"""Arrays from the database and to it: the rows of a query as one array, and arrays in a statement that writes.

The server gathers each column into one array and sends it in binary, so that what reads millions of numbers is a
view of the bytes that came. A binary COPY carries the same bytes in a message a row: taking in those messages alone
lasts longer than the whole of this. The other way round goes what is too little for a COPY and the table that it
needs, as arrays that the server takes apart: a student's mastery, written at each of their answers.
"""

from __future__ import annotations

import struct
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np
from psycopg.adapt import Dumper
from psycopg.pq import Format
from sqlalchemy import func, select

from edukit.db.packing import SINCE_2000

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray
    from psycopg import Connection, Cursor
    from psycopg.abc import DumperKey, PyFormat
    from psycopg.pq.abc import PGresult
    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    Rows = list[tuple[Any, ...]]
    Send = Callable[[bytes, Mapping[str, Any]], Rows]

MOMENT, REAL = "moment", "real"
_WIRE: Final = {"i8": ">i8", "f8": ">f8", "?": "?", MOMENT: ">i8", REAL: ">f4"}
_HELD: Final = {MOMENT: "f8", REAL: "f8"}
_NO_MOMENT: Final = np.iinfo(np.int64).min  # as the server sends -infinity
_HEADER = 20  # dimensions, whether there are nulls, type of the elements, their number, lower bound
_NOTHING: Final = bytes(_HEADER)
_SENT: Final = {
    code: (oid, struct.pack("!iii", 1, 0, of_element), np.dtype([("size", ">i4"), ("value", f">{code}")]))
    for code, oid, of_element in (("i8", 1016, 20), ("f8", 1022, 701), ("f4", 1021, 700))
}
"""Of numpy's numbers the type of an array, as the server numbers it, what it begins with, and its elements."""


def read_array(session: Session, query: Select[*tuple[Any, ...]], dtypes: Mapping[str, str]) -> NDArray[Any]:
    """The rows of a query of numbers as a structured array.

    Args:
        session: of PostgreSQL. The server holds the rows once, and so does the answer: what would not fit into
            memory is asked for in portions.
        query: whose columns are of the very types, none of them null: ``bigint``, ``double precision``, ``boolean``,
            ``timestamptz``, ``real``.
        dtypes: name and dtype of each column in order: ``i8``, ``f8``, ``?``; ``MOMENT`` (comes as microseconds since
            1970 in doubles, ``-infinity`` as NaN) and ``REAL`` (comes as doubles).

    Raises:
        ValueError: a column has another type, or a null.
    """
    rows = query.subquery()
    compiled = select(*(func.array_agg(column) for column in rows.c)).compile(
        dialect=session.get_bind().dialect, compile_kwargs={"render_postcompile": True}
    )
    with _driver(session).cursor(binary=True) as cursor:
        cursor.execute(compiled.string.encode(), compiled.params)
        result = cast("PGresult", cursor.pgresult)
        # Of no row nothing was gathered.
        columns = [result.get_value(0, place) or _NOTHING for place in range(result.nfields)]
    found = np.empty(_count(columns[0]), dtype=held(dtypes))
    for (name, dtype), data in zip(dtypes.items(), columns, strict=True):
        found[name] = _elements(name, dtype, data)
    return found


def held(dtypes: Mapping[str, str]) -> np.dtype[Any]:
    """The dtype of what :func:`read_array` gives."""
    return np.dtype([(name, _HELD.get(dtype, dtype)) for name, dtype in dtypes.items()])


def _count(data: bytes) -> int:
    return int.from_bytes(data[12:16], "big")


def _elements(name: str, dtype: str, data: bytes) -> NDArray[Any]:
    """The elements of an array as the server sends it in binary."""
    wire = np.dtype([("size", ">i4"), ("value", _WIRE[dtype])])
    if len(data) != _HEADER + _count(data) * wire.itemsize:
        message = f"The column {name!r} has nulls or is not of the type {dtype!r}: coalesce and cast it in the query."
        raise ValueError(message)
    values: NDArray[Any] = np.frombuffer(data, dtype=wire, offset=_HEADER)["value"]
    if dtype == MOMENT:
        # Doubles hold microseconds exactly until 2255.
        return np.where(values == _NO_MOMENT, np.nan, values.astype(np.int64) + SINCE_2000)
    return values


@contextmanager
def in_one_wait(session: Session) -> Iterator[Send]:
    """A block that sends statements as they stand, and waits for all of them when it ends.

    They go without what SQLAlchemy does for each, the server begins with each as it comes, and each sees what was
    committed when it begins. Where one fails those after it are not begun, and its error is raised. In the block
    nothing else is asked of the session, which is one of PostgreSQL.

    Yields:
        What sends a statement, with ``%(name)s`` for each value, and its values by name: the rows that it gives are in
        the list when the block has ended.
    """
    connection, sent = _driver(session), cast("list[tuple[Cursor[Any], Rows]]", [])

    def send(statement: bytes, values: Mapping[str, Any]) -> Rows:
        sent.append((connection.cursor(binary=True).execute(statement, values, prepare=True), []))
        return sent[-1][1]

    with connection.pipeline():
        yield send
    for cursor, rows in sent:
        # Of a statement that gives no rows there is none to stand at.
        rows.extend(() if cursor.rownumber is None else cursor.fetchall())


def _driver(session: Session) -> Connection[Any]:
    return cast("Connection[Any]", session.connection().connection.driver_connection)


class NumbersDumper(Dumper):
    """How arrays of numpy go to the server: in binary, as ``bigint[]``, ``double precision[]`` or ``real[]``.

    To spell hundreds of doubles takes longer than all that the server does with them.
    """

    format = Format.BINARY
    _head = b""
    _element: np.dtype[Any] = np.dtype([])

    def get_key(self, obj: NDArray[Any], format: PyFormat) -> DumperKey:  # noqa: A002, ARG002 - psycopg's names
        """What is sent alike: arrays of one type."""
        return self.cls, obj.dtype.type

    def upgrade(self, obj: NDArray[Any], format: PyFormat) -> NumbersDumper:  # noqa: A002, ARG002 - psycopg's names
        """A dumper of arrays of this one's type."""
        dumper = NumbersDumper(self.cls)
        dumper.oid, dumper._head, dumper._element = _SENT[obj.dtype.str[1:]]
        return dumper

    def dump(self, obj: NDArray[Any]) -> bytes:
        """The array as the server takes it in: as :func:`read_array` finds one."""
        elements = np.empty(len(obj), self._element)
        elements["size"], elements["value"] = obj.itemsize, obj
        return self._head + struct.pack("!ii", len(obj), 1) + elements.tobytes()
