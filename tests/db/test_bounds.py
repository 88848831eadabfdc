"""Scores, ratings, probabilities and counts stay in range: the catalog says which, the database refuses the rest."""

from __future__ import annotations

import contextlib
import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.errors import CheckViolation, ForeignKeyViolation, NumericValueOutOfRange, UniqueViolation

from edukit.db.roles import url_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from conftest import Database

    Connection = psycopg.Connection[tuple[Any, ...]]
    Undone = Callable[[], AbstractContextManager[Connection]]

NUMBERS = """
    SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL), col_description(c.oid, a.attnum),
        (SELECT string_agg(pg_get_constraintdef(k.oid), ' ') FROM pg_constraint k
            WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum])
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
        AND a.atttypid IN ('float4'::regtype, 'float8'::regtype, 'int2'::regtype, 'int4'::regtype, 'numeric'::regtype)
    ORDER BY 1, 2"""
# Of a row that is there, with another value: what a check lets through meets the primary key.
COPY = "INSERT INTO {0} SELECT (jsonb_populate_record(r, jsonb_build_object(%s::text, %s::text))).* FROM {0} r LIMIT 1"
RANGE = re.compile(r"(-?\d+)(?: \(\w+\))?(?:-| to )(\d+)\b")
FLOATS = ("real", "double precision", "numeric")
# Their least value stands in a check of several columns.
TOGETHER = {
    ("concept_mastery", "correct_attempts"),
    ("concept_mastery", "total_attempts"),
    ("mastery_history", "correct_attempts"),
    ("mastery_history", "total_attempts"),
    ("mastery_models", "attempts"),
    ("mastery_models", "students"),
    ("student_points", "current_streak"),
    ("student_points", "best_streak"),
}

many = settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Bounded:
    """A column of numbers with what its comment and its check say of its range."""

    def __init__(self, table: str, column: str, kind: str, comment: str, check: str | None) -> None:
        self.table, self.column, self.kind, self.is_float = table, column, kind, kind in FLOATS
        said = RANGE.search(comment)
        self.said = (float(said[1]), float(said[2])) if said else None
        text = (check or "").replace("(", "").replace(")", "").replace("'", "")
        low, above = (re.search(rf"{column} {sign} (-?\d+)", text) for sign in (">=", ">"))
        high = re.search(rf"{column} <= (-?\d+)", text)
        self.low = float(low[1]) if low else (math.nextafter(float(above[1]), 9) if above else -math.inf)
        self.high = float(high[1]) if high else math.inf

    def __repr__(self) -> str:
        return f"{self.table}.{self.column}"

    @property
    def is_bounded(self) -> bool:
        """Whether a check of its own keeps it."""
        return self.low > -math.inf or self.high < math.inf

    def beside(self, end: float) -> list[float]:
        """The numbers before and after an end, as near as the column's type tells them apart."""
        precision = np.float32 if self.kind == "real" else np.float64
        return [float(np.nextafter(precision(end), precision(way))) for way in (-math.inf, math.inf)]

    def allows(self, value: float) -> bool:
        """Whether a value is a number in its range: neither NaN nor infinity is."""
        return math.isfinite(value) and self.low <= value <= self.high


@pytest.fixture(scope="session")
def numbers(schools: Database) -> list[Bounded]:
    """Every column of numbers that is no key."""
    with psycopg.connect(schools.admin_url) as connection:
        return [Bounded(*row) for row in connection.execute(NUMBERS).fetchall()]


def test_what_a_comment_promises_a_check_keeps(numbers: list[Bounded]) -> None:
    """Where analysts read a range such as 0-100, the check has the same ends."""
    said = [number for number in numbers if number.said]
    assert len(said) > 15
    assert [f"{n.table}.{n.column}" for n in said if (n.low, n.high) != n.said] == []


def test_scores_and_shares_have_a_range(numbers: list[Bounded]) -> None:
    """No column whose name promises a score, rating, share or duration is without a bound."""
    words = re.compile(
        r"score|rating|confidence|difficulty|weight|mastery|seconds|hours|minutes|attempts|streak|level|xp_e"
    )
    # Its unit is its category's.
    free = {("progress_records", "score")} | TOGETHER
    bare = {(n.table, n.column) for n in numbers if words.search(n.column) and not n.is_bounded}
    assert bare - free == set()


@many
@given(data=st.data())
def test_no_number_leaves_its_range(undone: Undone, numbers: list[Bounded], data: st.DataObject) -> None:
    """Any value, also the ends of a range, their neighbours and what is no number, is taken just when it is inside."""
    number = data.draw(st.sampled_from([number for number in numbers if number.is_bounded]))
    ends = [end for end in (number.low, number.high) if math.isfinite(end)]
    if number.is_float:
        near = [value for end in ends for value in number.beside(end)]
        values = st.sampled_from([math.nan, math.inf, -math.inf, -0.0, *ends, *near]) | st.floats(width=32)
    else:
        values = st.sampled_from([int(end) + step for end in ends for step in (-1, 0, 1)]) | st.integers(
            -(2**15), 2**15 - 1
        )
    check_value(undone, number, data.draw(values))


def check_value(undone: Undone, number: Bounded, value: float) -> None:
    own = f"{number.table}_{number.column}_check"
    with undone() as connection, pytest.raises((CheckViolation, UniqueViolation, NumericValueOutOfRange)) as refusal:
        connection.execute(COPY.format(number.table), [number.column, str(value)])
    if number.allows(value):
        # Its own check lets it through; one that compares it with another column may not.
        assert refusal.value.diag.constraint_name != own, (own, value)
    else:
        assert not isinstance(refusal.value, UniqueViolation), (own, value)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_no_bounded_column_takes_what_is_no_number(undone: Undone, numbers: list[Bounded], value: str) -> None:
    """NaN and the infinities, which compare as greater or smaller than every number, are refused by every one."""
    bounded = [number for number in numbers if number.is_bounded and number.is_float]
    assert len(bounded) > 15
    for number in bounded:
        check_value(undone, number, float(value))


@settings(many, max_examples=60)
@given(rows=st.lists(st.tuples(st.integers(11, 14), st.sampled_from(["INSERT", "UPSERT", "UPDATE"])), max_size=6))
def test_there_is_one_mastery_row_a_student_and_concept(schools: Database, rows: list[tuple[int, str]]) -> None:
    """Adding, replacing and moving rows at random leaves at most one of a student and a concept."""
    url = url_of("edukit_app", schools.admin_url)
    with psycopg.connect(url, autocommit=True) as connection, connection.transaction(force_rollback=True):
        for student, way in rows:
            row = f"INSERT INTO concept_mastery VALUES (1, {student}, 11, 50, 50, 50, 1, 1, NULL, NULL, NULL, now())"
            same = " ON CONFLICT (institution_id, student_id, concept_id) DO UPDATE SET mastery_score = 50"
            move = f"UPDATE concept_mastery SET student_id = {student} WHERE institution_id = 1"
            with contextlib.suppress(UniqueViolation, ForeignKeyViolation), connection.transaction():
                connection.execute({"INSERT": row, "UPSERT": row + same, "UPDATE": move}[way])
        pairs = connection.execute("SELECT institution_id, student_id, concept_id FROM concept_mastery").fetchall()
        assert len(pairs) == len(set(pairs)) >= 2


FOREVER = [
    "feedback", "feedback_contents", "grievances", "grievance_events", "grievance_event_details",
    "gamification_events", "audit_events", "audit_event_details",
]  # fmt: skip
UNBOUNDED_MOMENTS = """
    SELECT a.attrelid::regclass::text || '.' || a.attname FROM pg_attribute a
    WHERE a.attrelid = ANY (%s::regclass[]) AND a.atttypid = 'timestamptz'::regtype AND a.attname <> 'updated_at'
        AND NOT EXISTS (
            SELECT FROM pg_constraint
            WHERE conrelid = a.attrelid AND contype = 'c'
                AND pg_get_constraintdef(oid) LIKE '%%isfinite(' || a.attname || ')%%'
        )"""


def test_no_moment_is_infinite_where_it_would_stay(undone: Undone) -> None:
    """A moment of a row that can never be mended is on the calendar: no program could read another."""
    with undone() as connection:
        assert connection.execute(UNBOUNDED_MOMENTS, [FOREVER]).fetchall() == []
        with pytest.raises(CheckViolation):
            connection.execute("INSERT INTO audit_events VALUES (1, gen_random_uuid(), NULL, 'look', NULL, 'infinity')")
