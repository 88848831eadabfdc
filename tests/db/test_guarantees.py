"""What the database keeps by itself of what was said and done, whoever writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.errors import (
    FeatureNotSupported,
    ForeignKeyViolation,
    InsufficientPrivilege,
    RestrictViolation,
)
from psycopg.rows import dict_row

from edukit.db.roles import ROLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    Connection = psycopg.Connection[tuple[Any, ...]]
    Undone = Callable[[], AbstractContextManager[Connection]]

many = settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
roles = st.sampled_from(ROLES)

APPEND_ONLY = ("feedback", "grievance_events", "gamification_events", "audit_events")
# Tables of words with the column that says whose they are, and the table that it points at.
WORDS = {
    "feedback_contents": ("feedback_id", "feedback"),
    "grievance_event_details": ("event_id", "grievance_events"),
    "audit_event_details": ("event_id", "audit_events"),
}
COLUMNS = """
    SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"""
# Rows that those of append-only tables hang from, each with one that hangs from it.
PARENTS = (
    "institutions", "users", "students", "classes", "badges", "assignments", "submissions", "grievances",
    "grievance_routing_rules", "feedback", "grievance_events", "audit_events",
)  # fmt: skip
CHANGES = (
    "UPDATE {table} SET {column} = {column}",
    "UPDATE {table} SET {column} = DEFAULT",
    "UPDATE {table} SET {column} = other.{column} FROM (SELECT * FROM {table}) other",
    "DELETE FROM {table}",
    "DELETE FROM {table} WHERE institution_id = 1",
    "WITH gone AS (DELETE FROM {table} RETURNING *) SELECT count(*) FROM gone",
    "TRUNCATE {table}",
    "TRUNCATE {table} CASCADE",
    "INSERT INTO {table} SELECT * FROM {table} ON CONFLICT ({key}) DO UPDATE SET {column} = excluded.{column}",
    "MERGE INTO {table} t USING {table} s ON t.institution_id = s.institution_id WHEN MATCHED THEN DELETE",
    "MERGE INTO {table} t USING (SELECT * FROM {table} LIMIT 1) s ON true WHEN MATCHED THEN UPDATE SET {column} = NULL",
)


def write_as(connection: Connection, role: str, statement: str, **values: object) -> psycopg.Error | None:
    """Write in a role's name; the error if it was refused, after which the transaction goes on."""
    try:
        with connection.transaction():
            connection.execute(sql.SQL("SET LOCAL SESSION AUTHORIZATION {}").format(sql.Identifier(role)))
            connection.execute(statement, values)
            connection.execute("SET LOCAL SESSION AUTHORIZATION DEFAULT")
    except psycopg.Error as error:
        return error
    return None


@many
@given(role=roles, table=st.sampled_from(APPEND_ONLY), change=st.sampled_from(CHANGES), data=st.data())
def test_append_only_rows_are_not_changed(
    undone: Undone, role: str, table: str, change: str, data: st.DataObject
) -> None:
    """No role changes or deletes a row by any statement, whatever the column, the key included."""
    with undone() as connection:
        columns = [name for (name,) in connection.execute(COLUMNS, [table]).fetchall()]
        column = data.draw(st.sampled_from(columns))
        statement = change.format(table=table, column=column, key="institution_id, id")
        # A table that others point at cannot be emptied alone, whoever tries.
        refusals = (InsufficientPrivilege, RestrictViolation, FeatureNotSupported)
        assert isinstance(write_as(connection, role, statement), refusals)


@many
@given(role=roles, parent=st.sampled_from(PARENTS), by=st.sampled_from(["DELETE FROM {}", "TRUNCATE {} CASCADE"]))
def test_append_only_rows_do_not_go_with_others(undone: Undone, role: str, parent: str, by: str) -> None:
    """Deleting what they hang from, cascades and all, is refused to every role."""
    with undone() as connection:
        refusal = write_as(connection, role, by.format(parent))
        assert isinstance(refusal, (InsufficientPrivilege, RestrictViolation, ForeignKeyViolation))


# Mostly the one whose writes may pass, and mostly what an erasure writes: the rest is refused sooner.
word_steps = st.lists(
    st.tuples(
        roles | st.just("edukit_eraser"),
        st.sampled_from(
            ["update", "empty", "nearly empty", "delete", "truncate", "insert", "insert empty", "upsert", "merge"]
        ),
        st.dictionaries(
            st.integers(0, 4) | st.integers(2, 4),
            st.sampled_from(["NULL", "now()", "{}", "'{{}}'", "'new'", "'1970-01-01'", "md5('?')::uuid", "2"]),
            min_size=1,
            max_size=4,
        ),
    ),
    min_size=1,
    max_size=6,
)


def word_statement(kind: str, table: str, columns: list[str], values: dict[int, str]) -> str:
    """A write of that kind to a table of words, with the values for the columns of those places where it takes any."""
    key, *rest = columns[1:]
    named = {columns[place % len(columns)]: value for place, value in values.items()}
    nothing = {column: "now()" if column == "erased_at" else "NULL" for column in rest}
    sets, empty, nearly = (
        ", ".join(f"{column} = {value.format(f'{table}.{column}')}" for column, value in chosen.items())
        for chosen in (named, nothing, nothing | named)
    )
    one = f"SELECT * FROM {table} WHERE institution_id = 1 LIMIT 1"
    silent = f"SELECT institution_id, id, now() FROM {WORDS[table][1]} WHERE id NOT IN (SELECT {key} FROM {table})"
    return {
        "update": f"UPDATE {table} SET {sets} WHERE institution_id = 1",
        "empty": f"UPDATE {table} SET {empty} WHERE institution_id = 1",
        "nearly empty": f"UPDATE {table} SET {nearly} WHERE institution_id = 1",
        "delete": f"DELETE FROM {table}",
        "truncate": f"TRUNCATE {table} CASCADE",
        "insert": f"INSERT INTO {table} {one}",
        "insert empty": f"INSERT INTO {table} (institution_id, {key}, erased_at) {silent}",
        "upsert": f"INSERT INTO {table} {one} ON CONFLICT (institution_id, {key}) DO UPDATE SET {sets}",
        "merge": f"MERGE INTO {table} t USING ({one}) s ON t.{key} = s.{key} WHEN MATCHED THEN DELETE",
    }[kind]


def words_in(connection: Connection, table: str) -> dict[str, tuple[bool, str]]:
    """By key, whether a row was erased, and all of it."""
    query = f"SELECT {WORDS[table][0]}::text, erased_at IS NOT NULL, t::text FROM {table} t WHERE institution_id = 1"
    return {key: (erased, row) for key, erased, row in connection.execute(query).fetchall()}


def erasures(connection: Connection) -> list[str]:
    """What the audit log says was erased."""
    query = "SELECT resource FROM audit_events WHERE action = 'erase' ORDER BY 1"
    return [resource for (resource,) in connection.execute(query).fetchall()]


@many
@given(table=st.sampled_from(list(WORDS)), steps=word_steps)
def test_words_are_only_emptied_once_by_the_eraser(
    undone: Undone, table: str, steps: list[tuple[str, str, dict[int, str]]]
) -> None:
    """Whatever is written in what order, words stay as they are or are erased wholly, and the audit log says so."""
    with undone() as connection:
        columns = [name for (name,) in connection.execute(COLUMNS, [table]).fetchall()]
        for role, kind, values in steps:
            before = words_in(connection, table)
            refusal = write_as(connection, role, word_statement(kind, table, columns, values))
            after = words_in(connection, table)
            assert after.keys() == before.keys()
            changed = {key for key in before if before[key] != after[key]}
            assert not changed or (refusal is None and role == "edukit_eraser")
            assert all(after[key][0] and not before[key][0] for key in changed)
            if kind == "empty" and role == "edukit_eraser":
                assert changed == {key for key in before if not before[key][0]} or refusal is not None
        erased = [key for key, (gone, _) in words_in(connection, table).items() if gone]
        assert erasures(connection) == sorted(f"{table}/{key}" for key in erased)
        left = (
            f"SELECT count(*) FROM {table} WHERE erased_at IS NOT NULL AND num_nonnulls({', '.join(columns[2:-1])}) > 0"
        )
        assert connection.execute(left).fetchone() == (0,)


FILED, EARLIER, LATER = (datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2, 3))
grievance_changes = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(["open", "in_progress", "resolved", "closed"]),
        "resolution": st.sampled_from([None, "", " ", "mark corrected", "rewritten"]),
        "resolved_at": st.sampled_from([None, FILED, LATER, datetime(2025, 1, 1, tzinfo=UTC)]),
        "description": st.sampled_from([None, "unfair", "quite fair"]),
        "erased_at": st.sampled_from([None, EARLIER, LATER]),
        "student_id": st.sampled_from([11, 13]),
        "filed_at": st.sampled_from([FILED, LATER]),
        "severity": st.sampled_from(["low", "critical"]),
    },
)
# What a grievance goes through when all is well, each with some of the above put in its place.
LIFE = (
    {"severity": "low"},
    {"status": "in_progress"},
    {"status": "resolved", "resolution": "mark corrected", "resolved_at": LATER},
    {"status": "open", "resolution": None, "resolved_at": None},
    {"description": None, "resolution": None, "erased_at": LATER},
)
grievance_steps = st.lists(
    st.tuples(roles | st.just("edukit_eraser"), st.sampled_from(LIFE), st.just({}) | grievance_changes),
    min_size=1,
    max_size=8,
)


@many
@given(steps=grievance_steps)
def test_a_grievance_keeps_who_when_and_what(
    undone: Undone, steps: list[tuple[str, dict[str, Any], dict[str, Any]]]
) -> None:
    """After any sequence of changes it agrees with itself; its words are the first ones, or were erased on record."""
    with undone() as connection:
        rows = connection.cursor(row_factory=dict_row)
        query = "SELECT * FROM grievances WHERE institution_id = 1"
        first = before = rows.execute(query).fetchone()
        assert first
        for role, usual, unusual in steps:
            changes = usual | unusual
            sets = ", ".join(f"{column} = %({column})s" for column in changes)
            write_as(connection, role, f"UPDATE grievances SET {sets} WHERE institution_id = 1", **changes)
            row = rows.execute(query).fetchone()
            assert row
            assert all(row[column] == first[column] for column in ("id", "student_id", "filed_at", "created_at"))
            settled = row["resolved_at"] is not None
            assert settled == (row["status"] in {"resolved", "closed"})
            assert bool((row["resolution"] or "").strip()) == (settled and not row["erased_at"])
            if settled and before["resolved_at"] and not row["erased_at"]:
                assert all(row[column] == before[column] for column in ("resolution", "resolved_at"))
            assert not settled or row["resolved_at"] >= row["filed_at"]
            assert row["description"] == (None if row["erased_at"] else "unfair")
            assert row["erased_at"] == before["erased_at"] or (role == "edukit_eraser" and not before["erased_at"])
            before = row
        assert erasures(connection) == ([f"grievances/{first['id']}"] if before["erased_at"] else [])


UNSPOKEN = """
    INSERT INTO grievances (institution_id, id, student_id, category, severity, filed_at, erased_at)
    VALUES (1, gen_random_uuid(), 11, 'grade', 'low', now(), now())"""


@pytest.mark.parametrize("role", ROLES)
def test_a_grievance_is_neither_deleted_nor_filed_without_words(undone: Undone, role: str) -> None:
    """No role deletes one, alone or with others, nor adds one whose words were erased before they were there."""
    with undone() as connection:
        for statement in (
            "DELETE FROM grievances",
            "TRUNCATE grievances CASCADE",
            "MERGE INTO grievances g USING grievances o ON g.id = o.id WHEN MATCHED THEN DELETE",
            UNSPOKEN,
        ):
            assert isinstance(write_as(connection, role, statement), (InsufficientPrivilege, RestrictViolation))


SUPERSEDE = """
    INSERT INTO feedback (institution_id, id, submission_id, student_id, teacher_id, supersedes_id, created_at)
    VALUES (1, %(id)s, md5('1 submission ' || %(submission)s)::uuid, 11, 12, %(supersedes)s, %(at)s)"""


@many
@given(
    rows=st.lists(
        st.tuples(st.integers(1, 2), st.none() | st.integers(0, 3), st.integers(0, 2), st.sampled_from(ROLES[:2])),
        min_size=2,
        max_size=6,
    )
)
def test_feedback_supersedes_earlier_feedback_once(
    undone: Undone, rows: list[tuple[int, int | None, int, str]]
) -> None:
    """Feedback is taken if, and only if, what it supersedes is there, on the same work, not later, and whole."""
    with undone() as connection:
        given: dict[int, tuple[int, int]] = {}
        superseded: set[int] = set()
        for number, (submission, target, day, role) in enumerate(rows):
            fits = target is None or (
                target in given
                and target not in superseded
                and given[target][0] == submission
                and given[target][1] <= day
            )
            refusal = write_as(
                connection,
                role,
                SUPERSEDE,
                id=UUID(int=number),
                submission=str(submission),
                supersedes=None if target is None else UUID(int=target),
                at=FILED + timedelta(days=day),
            )
            assert (refusal is None) == fits, refusal
            if fits:
                given[number] = (submission, day)
                superseded |= set() if target is None else {target}
