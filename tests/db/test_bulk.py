"""Arrays come from the database and go there as rows do one by one."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from psycopg.errors import InFailedSqlTransaction, UniqueViolation
from sqlalchemy import BigInteger, Boolean, Double, column, func, select, text

from edukit.db.bulk import MOMENT, REAL, in_one_wait, read_array
from edukit.db.session import session_for

if TYPE_CHECKING:
    from conftest import Database
    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

DTYPES = {"whole": "i8", "real": "f8", "truth": "?"}
INSERT = b"INSERT INTO institutions (id, name) VALUES (%(id)s, %(name)s)", {"id": 5, "name": "N"}
LOOK = b"SELECT id, name FROM institutions WHERE id = %(id)s", {"id": 5}


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
        with in_one_wait(session) as send:
            rows = send(b"SELECT %(values)s, pg_typeof(%(values)s)::text", {"values": sent})
        ((found, kind),) = rows
        np.testing.assert_array_equal(np.array(found, dtype=sent.dtype), sent)
        assert kind == {"i8": "bigint[]", "f8": "double precision[]", "f4": "real[]"}[sent.dtype.str[1:]]


def test_statements_go_together(session: Session) -> None:
    """One sees what the one before it has written, and so does who asks by the session."""
    with in_one_wait(session) as send:
        found = [send(*statement) for statement in (LOOK, INSERT, LOOK)]
    assert found == [[], [], [(5, "N")]]
    assert session.execute(text("SELECT id, name FROM institutions")).all() == [(5, "N")]


def test_where_one_fails_its_error_is_raised(session: Session) -> None:
    """Those after it are not begun, the transaction is over, and after a savepoint the same can be done."""
    found: list[list[Any]] = []
    with session.begin_nested() as savepoint:
        with pytest.raises(UniqueViolation, match="institutions_pk"), in_one_wait(session) as send:
            # Its error may be there before the last is sent.
            found.extend(send(*statement) for statement in (INSERT, INSERT, LOOK))
        assert found
        assert not any(found)
        with pytest.raises(InFailedSqlTransaction), in_one_wait(session) as send:
            send(*LOOK)
        savepoint.rollback()
    with in_one_wait(session) as send:
        found = [send(*statement) for statement in (INSERT, LOOK)]
    assert found == [[], [(5, "N")]]


def test_what_goes_wrong_in_the_block_is_raised(session: Session) -> None:
    """And the session can be asked again, once what was sent is undone."""
    with session.begin_nested() as savepoint:
        with pytest.raises(KeyError, match="nothing"), in_one_wait(session) as send:
            _ = [send(*INSERT), {}["nothing"]]
        savepoint.rollback()
    assert session.execute(text("SELECT id, name FROM institutions")).all() == []


def test_the_server_works_while_the_block_goes_on(session: Session) -> None:
    """What was sent is begun when it comes, not when the block ends."""
    clock = (b"SELECT clock_timestamp()", {})
    with in_one_wait(session) as send:
        begun = send(*clock)
        time.sleep(0.05)
        ended = send(*clock)
    assert ended[0][0] - begun[0][0] >= timedelta(seconds=0.05)


def test_it_is_the_sessions_transaction(database: Database) -> None:
    """It begins one where there is none; what is written is there after the commit, and not after a failure."""

    def write(*, fails: bool) -> None:
        with session_for(database.app) as session:
            with in_one_wait(session) as send:
                send(*INSERT)
            assert not fails, "away with it"

    with pytest.raises(AssertionError, match="away with it"):
        write(fails=True)
    write(fails=False)
    with session_for(database.app) as session:
        assert session.scalar(text("SELECT count(*) FROM institutions")) == 1
