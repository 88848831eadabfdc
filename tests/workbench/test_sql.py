"""SQL of an analyst's own: named values, sound dtypes, only reading, and refusals that say where."""

from __future__ import annotations

import gc
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

import edukit
from edukit.queries import sql
from edukit.queries.sql import _numbered
from edukit.settings import Settings
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Database, House

TYPES: dict[str, tuple[str, str, Any]] = {
    "2::smallint": ("int64", "Int64", 2),
    "3": ("int64", "Int64", 3),
    "9007199254740993": ("int64", "Int64", 9007199254740993),
    "0.1::real": ("float64", "float64", 0.1),
    "0.25::double precision": ("float64", "float64", 0.25),
    "1234.5": ("float64", "float64", 1234.5),
    "true": ("bool", "boolean", True),
    "'ليلى 李明 🦉'": ("str", "str", "ليلى 李明 🦉"),
    "'x'::char(1)": ("str", "str", "x"),
    "'6c1f0c2e-7f0b-5d0e-9d3c-2f6d6f0a3b11'::uuid": ("str", "str", "6c1f0c2e-7f0b-5d0e-9d3c-2f6d6f0a3b11"),
    "'[2,5)'::int4range": ("str", "str", "[2,5)"),
    "'10.0.0.1'::inet": ("str", "str", "10.0.0.1"),
    "row(1, 'a')": ("str", "str", "(1,a)"),
    "'2026-06-30 22:00+02'::timestamptz": (
        "datetime64[us, UTC]",
        "datetime64[us, UTC]",
        datetime(2026, 6, 30, 20, tzinfo=UTC),
    ),
    "'2026-06-30 20:00'::timestamp": ("datetime64[us]", "datetime64[us]", datetime(2026, 6, 30, 20)),  # noqa: DTZ001
    "interval '1 day 30 s'": ("timedelta64[us]", "timedelta64[us]", timedelta(days=1, seconds=30)),
    "'2026-06-30'::date": ("object", "object", date(2026, 6, 30)),
    "'20:15'::time": ("object", "object", clock(20, 15)),
    "'\\x00ff'::bytea": ("object", "object", b"\x00\xff"),
    "'{\"a\": [1, null]}'::jsonb": ("object", "object", {"a": [1, None]}),
    "'[1.5]'::json": ("object", "object", [1.5]),
    "'{1,2}'::bigint[]": ("object", "object", [1, 2]),
    "'{6c1f0c2e-7f0b-5d0e-9d3c-2f6d6f0a3b11}'::uuid[]": ("object", "object", ["6c1f0c2e-7f0b-5d0e-9d3c-2f6d6f0a3b11"]),
    "'{a,\"b c\"}'::text[]": ("object", "object", ["a", "b c"]),
}


@pytest.fixture(scope="module")
def school(house: House) -> Iterator[Database]:
    """An institution with a teacher and nothing else: leave no row in it."""
    with house.database() as database:
        with psycopg.connect(database.admin_url) as admin:
            admin.execute(
                "INSERT INTO institutions (id, name) VALUES (1, 'School');"
                "INSERT INTO accounts (id, email) VALUES (1, 'teacher@demo.example');"
                "INSERT INTO users (institution_id, id, account_id, role, name) VALUES (1, 1, 1, 'teacher', 'T')"
            )
        yield database


@pytest.fixture
def edu(school: Database) -> Workbench:
    """An analyst's Workbench."""
    return Workbench(school.viewer, Settings())


@pytest.mark.parametrize("expression", TYPES)
def test_each_type_has_its_dtype(edu: Workbench, expression: str) -> None:
    """With rows, with a gap among them, and with none: the value comes back, in the dtype of its type."""
    whole, with_gap, value = TYPES[expression]
    frame = edu.sql(f"SELECT {expression} AS v")
    assert str(frame["v"].dtype) == whole
    assert frame["v"].iloc[0] == value
    gaps = edu.sql(f"SELECT CASE WHEN n = 1 THEN {expression} END AS v FROM generate_series(1, 2) AS n ORDER BY n")["v"]
    assert str(gaps.dtype) == with_gap
    assert gaps.iloc[0] == value
    assert pd.isna(gaps.iloc[1])
    empty = edu.sql(f"SELECT {expression} AS v WHERE false")
    assert [*empty.columns] == ["v"]
    assert str(empty["v"].dtype) == whole
    assert len(empty) == 0


def test_values_go_in_by_their_names(edu: Workbench) -> None:
    """Text, numbers, moments, nothing, and series as arrays; one name may stand twice, or be called query."""
    frame = edu.sql(
        "SELECT :name AS name, :day::date AS day, :at::timestamptz AS at, :none::text AS none,"
        " n, n = ANY(:wanted) AS wanted, :query || :name AS query FROM generate_series(1, :upto) AS n ORDER BY n",
        name="O'Neil % \\ 李",
        day=date(2026, 6, 30),
        at=pd.Timestamp("2026-06-30T22:00+02:00"),
        none=None,
        wanted=pd.Series([2, 3]),
        upto=np.int64(3),
        query="?",
    )
    assert frame["name"].tolist() == ["O'Neil % \\ 李"] * 3
    assert frame["day"].tolist() == [date(2026, 6, 30)] * 3
    assert frame["at"].tolist() == [pd.Timestamp("2026-06-30T20:00Z")] * 3
    assert frame["none"].isna().all()
    assert frame["n"].tolist() == [1, 2, 3]
    assert frame["wanted"].tolist() == [False, True, True]
    assert frame["query"].tolist() == ["?O'Neil % \\ 李"] * 3


def test_a_colon_elsewhere_is_no_parameter(edu: Workbench) -> None:
    """Literals, quoted names, comments, casts and slices keep theirs, and a per cent sign is nothing special."""
    frame = edu.sql(
        """
        SELECT '12:30 :a ''' || :b AS ":c", E'\\' :d' AS e, $$ :f $$ AS g, $t$ $$ :h $t$ AS i, -- :j
            /* :k
            */ date'2026-01-01'::text AS l, (ARRAY[1, 2, 3])[1:2] AS m, 'x%' LIKE '%' AS o
        """,
        b="!",
    )
    assert frame.iloc[0].tolist() == ["12:30 :a '!", "' :d", " :f ", " $$ :h ", "2026-01-01", [1, 2], True]
    assert frame.columns[0] == ":c"


@given(st.text(st.sampled_from("a:'\"$-\n/*e\\ 1"), max_size=30).filter(lambda text: "$1" not in text))
def test_a_query_without_parameters_is_left_as_it_is(text: str) -> None:
    """Whatever its literals look like: either a parameter is missing, or not a letter is changed."""
    try:
        assert _numbered(text, {}) == (text, [])
    except edukit.QueryError as error:
        assert "asks for :" in str(error)  # noqa: PT017 - both ends are right


@pytest.mark.parametrize(
    ("query", "given", "told"),
    [
        ("SELECT :a", {}, "asks for :a, which is not given: add a=... to the call"),
        ("SELECT 1", {"a": 1}, "does not ask for a: write :a in it"),
        ("SELECT 1 AS x, 2 AS x", {}, "2 columns called 'x': tell them apart with AS"),
        ("SELECT 1, 2", {}, r"2 columns called '\?column\?'"),
        ("SET search_path = x", {}, "gives no rows"),
        ("", {}, "gives no rows"),
        ("COPY classes TO STDOUT", {}, "COPY cannot be used"),
        ("SELECT 1; SELECT 2", {}, "cannot insert multiple commands"),
        ("SELECT :a", {"a": object()}, "cannot adapt type 'object'"),
        ("SELECT 'infinity'::timestamptz", {}, "infinity"),
        ("SELECT $1", {}, r"holds \$1: here a parameter has a name"),
        (
            "SELECT id,\n    nme FROM classes",
            {},
            r'at line 2, position 5 \(nme FROM classes\): column "nme" does not exist\..*edu.columns',
        ),
        ("SELECT 1 FROM clases", {}, r'line 1, position 15 .*"clases" does not exist\. edu.tables\(\)'),
        ("SELECT :name + ,", {"name": 1}, r'position 16 \(SELECT :name \+ ,\): syntax error at or near ","'),
        ("SELECT 1 WHERE 1 IN :ids", {"ids": [1]}, 'near ":ids"'),
        ("SELECT :day IS NULL", {"day": None}, "data type of parameter :day.*:name::date"),
        ("SELECT 1 + 'a'::text", {}, r"position 10 .*operator does not exist: .*\. No operator"),
        ("SELECT 1 / 0", {}, "PostgreSQL refuses the query: division by zero.$"),
    ],
)
def test_a_refusal_says_what_and_where(edu: Workbench, query: str, given: dict[str, Any], told: str) -> None:
    """The name, the place and the next step; and the Workbench answers the next question."""
    with pytest.raises(edukit.QueryError, match=told):
        edu.sql(query, **given)
    assert edu.sql("SELECT 1 AS one")["one"].tolist() == [1]


@pytest.mark.parametrize("login", ["viewer", "teacher", "app"])
@pytest.mark.parametrize(
    "query",
    [
        "INSERT INTO outbox (institution_id, class_id) VALUES (1, 1) RETURNING 1",
        "WITH gone AS (DELETE FROM classes RETURNING 1) SELECT * FROM gone",
        "SELECT set_config('transaction_read_only', 'off', false)",
        "SELECT 1; COMMIT; DELETE FROM classes; SELECT 1",
        "CREATE TABLE mine AS SELECT 1",
    ],
)
def test_nobody_writes(school: Database, login: str, query: str) -> None:
    """Not even a login that may: the transaction only reads, and no statement can leave it."""
    with pytest.raises(edukit.QueryError):
        Workbench(getattr(school, login), Settings()).sql(query)


def test_the_refusal_of_a_write_says_that_sql_only_reads(school: Database) -> None:
    """A login that may write is told why it may not here."""
    with pytest.raises(edukit.QueryError, match=r"DELETE in a read-only transaction\. edu\.sql only reads"):
        Workbench(school.app, Settings()).sql("DELETE FROM classes RETURNING 1")


def test_nothing_that_a_statement_sets_stays(edu: Workbench) -> None:
    """Not even what outlives a transaction: locks and settings are gone with the connection."""
    edu.sql("SELECT set_config('search_path', 'pg_catalog', false), pg_advisory_lock(4711)")
    assert edu.sql("SHOW search_path")["search_path"].tolist() == ['"$user", public']
    assert edu.sql("SELECT pg_try_advisory_lock(4711) AS free")["free"].tolist() == [True]


def test_a_statement_has_its_time(edu: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is the documented one; a statement that passes it is cut off, and told how to be quicker."""
    assert edu.sql("SHOW statement_timeout")["statement_timeout"].tolist() == ["1min"]
    assert sql.SECONDS == 60
    assert "60 s" in str(Workbench.sql.__doc__)
    monkeypatch.setattr(sql, "_BOUNDS", "SET TRANSACTION READ ONLY; SET LOCAL statement_timeout = '50ms'")
    with pytest.raises(edukit.QueryError, match=r"statement timeout\. It may take 60 s.*EXPLAIN"):
        edu.sql("SELECT 1 FROM pg_sleep(30)")


def test_days_are_of_utc(edu: Workbench) -> None:
    """Wherever the server stands, a moment's day is the one of UTC."""
    frame = edu.sql("SELECT '2026-06-30 23:30+00'::timestamptz::date::text AS day")
    assert frame["day"].tolist() == ["2026-06-30"]


def test_the_collector_runs_again_afterwards(edu: Workbench) -> None:
    """Reading stops the garbage collection, and starts it again when reading fails too."""
    with pytest.raises(edukit.QueryError):
        edu.sql("SELECT 'infinity'::date")
    assert gc.isenabled()


def test_frames_and_sql_agree(demo: Workbench) -> None:
    """The classes of the demo school, counted by hand, are those of the frame."""
    counted = demo.sql(
        "SELECT c.id AS class_id, count(a.id) AS attempts FROM classes c"
        " LEFT JOIN question_attempts a ON a.institution_id = c.institution_id AND a.class_id = c.id GROUP BY c.id"
    )
    joined = demo.classes().merge(counted, on="class_id", suffixes=("", "_counted"))
    assert len(joined) == len(demo.classes()) > 0
    pd.testing.assert_series_equal(joined["attempts"], joined["attempts_counted"], check_names=False)
