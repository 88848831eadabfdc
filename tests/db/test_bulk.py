"""Arrays come from the database and go there as rows do one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from psycopg.errors import InFailedSqlTransaction, UniqueViolation
from sqlalchemy import BigInteger, Boolean, Double, column, func, select, text

from edukit.db.bulk import MOMENT, REAL, read_array, send, send_together

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

DTYPES = {"whole": "i8", "real": "f8", "truth": "?"}


def test_an_array_holds_the_rows(session: Session) -> None:
    """Whole numbers beyond a double's, NaN and truth values come as they are, in the order of the rows."""
    query = select(column("whole", BigInteger), column("real", Double), column("truth", Boolean)).select_from(
        text(
            "(VALUES (1::bigint, 'NaN'::double precision, true), (-9007199254740993, 0.1, false))"
            ' v (whole, "real", truth)'
        )
    )
    found = read_array(session, query, DTYPES)
    assert found["whole"].tolist() == [1, -9_007_199_254_740_993]
    assert np.isnan(found["real"][0])
    assert found["real"][1] == 0.1
    assert found["truth"].tolist() == [True, False]


def test_moments_and_reals_come_as_doubles(session: Session) -> None:
    """A moment is microseconds since 1970, exactly, and none is NaN; a real is the double that it becomes."""
    moments = "(timestamptz '1969-12-31 23:59:59.999999Z', 1.7::real), ('2254-12-31 23:59:59.999999Z', 'NaN')"
    values = text(f"(VALUES {moments}, ('-infinity', 0.25)) v (moment, part)")
    query = select(column("moment"), column("part")).select_from(values)
    found = read_array(session, query, {"moment": MOMENT, "part": REAL})
    assert found["moment"][:2].tolist() == [-1.0, 8_993_721_599_999_999.0]
    assert np.isnan(found["moment"][2])
    assert found["part"].tolist() == pytest.approx([float(np.float32(1.7)), np.nan, 0.25], abs=0, nan_ok=True)


def test_no_row_is_an_empty_array(session: Session) -> None:
    """Where nothing is found the columns and their types are there all the same."""
    query = select(func.generate_series(1, 0, type_=BigInteger).label("whole"))
    found = read_array(session, query, {"whole": "i8"})
    assert (len(found), found.dtype.names) == (0, ("whole",))


@pytest.mark.parametrize("values", ["(1::bigint), (NULL)", "(1::integer), (2)", "(NULL::bigint)"])
def test_what_is_no_plain_number_is_refused(session: Session, values: str) -> None:
    """A null or another type is told by the column's name, never read as some number."""
    query = select(column("whole", BigInteger)).select_from(text(f"(VALUES {values}) v (whole)"))
    with pytest.raises(ValueError, match=r"column 'whole' has nulls or is not of the type 'i8': coalesce and cast"):
        read_array(session, query, {"whole": "i8"})


@pytest.mark.parametrize(
    "values",
    [
        np.array([1 / 3, -1e300, 5e-324, np.nan, np.inf]),
        np.array([2**62, -1]),
        np.array([0.1, 1e-45], "f4"),
        np.zeros(0),
    ],
)
def test_arrays_go_as_they_are(session: Session, values: NDArray[Any]) -> None:
    """To the last bit, with NaN and the least number, also every second of them; so does no number at all."""
    for sent in (values, values[::2]):
        ((found, kind),) = send(session, b"SELECT %(values)s, pg_typeof(%(values)s)::text", {"values": sent})
        np.testing.assert_array_equal(np.array(found, dtype=sent.dtype), sent)
        assert kind == {"i8": "bigint[]", "f8": "double precision[]", "f4": "real[]"}[sent.dtype.str[1:]]


def test_statements_go_together(session: Session) -> None:
    """One sees what the one before it has written; where one fails its error is raised, and the transaction is over."""
    insert = b"INSERT INTO institutions (id, name) VALUES (%(id)s, 'N')"
    look = (b"SELECT id, name FROM institutions WHERE id = %(id)s", {"id": 5})
    assert send_together(session, look, (insert, {"id": 5}), look) == [[], (), [(5, "N")]]
    with pytest.raises(UniqueViolation, match="institutions_pk"):
        send_together(session, (insert, {"id": 5}), look)
    with pytest.raises(InFailedSqlTransaction):
        send(session, *look)


def test_a_statement_without_rows_gives_none(session: Session) -> None:
    """What only writes gives no rows, and is seen by what reads after it."""
    assert list(send(session, b"INSERT INTO institutions (id, name) VALUES (%(id)s, 'N')", {"id": 5})) == []
    assert send(session, b"SELECT id FROM institutions", {}) == [(5,)]
