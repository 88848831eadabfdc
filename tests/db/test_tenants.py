"""No row of any table can point at another institution's: every foreign key of the catalog is tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest
from psycopg.errors import ForeignKeyViolation, UniqueViolation
from psycopg.types.json import Jsonb

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from conftest import Database

    Connection = psycopg.Connection[tuple[Any, ...]]
    Undone = Callable[[], AbstractContextManager[Connection]]

NAMES = """
    ARRAY(
        SELECT attname::text FROM unnest({0}) WITH ORDINALITY k (number, place)
        JOIN pg_attribute ON attnum = number AND attrelid = {1} ORDER BY place
    )"""
KEYS = f"""
    SELECT conname::text, conrelid::regclass::text, confrelid::regclass::text,
        {NAMES.format("conkey", "conrelid")}, {NAMES.format("confkey", "confrelid")}
    FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace ORDER BY 2, 1"""
# What is one's own in a row: the columns of its unique keys that point at nothing.
OWN = """
    SELECT a.attname::text, format_type(a.atttypid, NULL) FROM pg_attribute a
    WHERE a.attrelid = %(table)s::regclass AND a.attname <> 'institution_id'
        AND EXISTS (
            SELECT FROM pg_index
            WHERE indrelid = a.attrelid AND indisunique AND indpred IS NULL AND a.attnum = ANY (indkey)
        )
        AND NOT EXISTS (
            SELECT FROM pg_constraint WHERE conrelid = a.attrelid AND contype = 'f' AND a.attnum = ANY (conkey)
        )"""
FRESH = {
    "bigint": 4711,
    "integer": 4711,
    "uuid": "00000000-0000-0000-0000-000000004711",
    "text": "another",
    "date": "2030-12-30",
}
TENANT = "institution_id"
ONE_A_STUDENT = {"mastery_states"}
LOOSE = {"mastery_history.model_id"}
"""Rows of models are never deleted, and to look for one at each of millions of weeks would take as long as writing."""
GLOBAL = {"institutions", "accounts"}


class Key(NamedTuple):
    """A foreign key: its name, its table and the one that it points at, and the columns of both."""

    name: str
    table: str
    target: str
    columns: list[str]
    targets: list[str]


@pytest.fixture(scope="session")
def keys(schools: Database) -> list[Key]:
    """Every foreign key."""
    with psycopg.connect(schools.admin_url) as connection:
        return [Key(*row) for row in connection.execute(KEYS).fetchall()]


def test_every_foreign_key_carries_the_institution(keys: list[Key]) -> None:
    """It stands first on both sides, but for keys to what is nobody's: institutions and accounts."""
    assert len(keys) > 60
    for key in keys:
        if key.target in GLOBAL:
            assert len(key.columns) == 1, key.name
        else:
            assert key.columns[0] == key.targets[0] == TENANT, key.name


def test_what_is_called_an_id_is_a_foreign_key(schools: Database) -> None:
    """No column of numbers or UUIDs that ends in _id points at another row without the database knowing."""
    loose = """
        SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attname LIKE '%\\_id'
            AND a.atttypid IN ('bigint'::regtype, 'integer'::regtype, 'uuid'::regtype)
            AND NOT EXISTS (
                SELECT FROM pg_constraint WHERE conrelid = c.oid AND contype = 'f' AND a.attnum = ANY (conkey)
            )"""
    with psycopg.connect(schools.admin_url) as connection:
        assert {name for (name,) in connection.execute(loose).fetchall()} == LOOSE


def test_every_table_belongs_to_an_institution(schools: Database) -> None:
    """Each but the two that are nobody's has the institution first in its primary key and may not lack it."""
    tables = f"""
        SELECT c.relname::text, {NAMES.format("i.indkey", "c.oid")}
        FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'alembic_version'"""
    with psycopg.connect(schools.admin_url) as connection:
        found = dict(connection.execute(tables).fetchall())
    assert len(found) > 40
    assert {table for table, key in found.items() if key[0] != TENANT} == GLOBAL


def test_no_row_points_at_another_institution(undone: Undone, keys: list[Key]) -> None:
    """A copy of a row of one school that points, by any of its keys, at a row of the other is refused."""
    for key in keys:
        if key.target not in GLOBAL:
            with undone() as connection:
                refused = pointing_elsewhere(connection, key)
            ours = {
                other.name for other in keys if other.table == key.table and set(other.columns) & set(key.columns[1:])
            }
            # The trigger that looks at what feedback supersedes comes first, and names no constraint.
            assert refused in {*ours, None}, key.name


def pointing_elsewhere(connection: Connection, key: Key) -> str | None:
    """The constraint that refuses a row of the first school which points at the second."""
    pointing = dict(zip(key.columns[1:], key.targets[1:], strict=True))
    elsewhere = f"SELECT {', '.join(key.targets[1:])} FROM {key.target} WHERE institution_id = 2 LIMIT 1"
    ids = connection.execute(elsewhere).fetchone()
    assert ids, f"school.sql has no row of {key.target}"
    values = dict(zip(pointing, map(str, ids), strict=True))
    fresh = {name: FRESH[kind] for name, kind in connection.execute(OWN, {"table": key.table}).fetchall()}
    row = f"FROM {key.table} r WHERE institution_id = 1 LIMIT 1"
    copy = f"INSERT INTO {key.table} SELECT (jsonb_populate_record(r, %s)).* {row}"
    with pytest.raises((ForeignKeyViolation, UniqueViolation)) as refusal:
        connection.execute(copy, [Jsonb(fresh | values)])
    # Where a student has one row there is no second to point elsewhere: whether it may be moved is the next test's.
    is_second = isinstance(refusal.value, UniqueViolation) and key.table in ONE_A_STUDENT
    assert is_second or isinstance(refusal.value, ForeignKeyViolation), key.name
    return None if is_second else refusal.value.diag.constraint_name


def test_no_row_is_moved_to_point_at_another_institution(undone: Undone, keys: list[Key]) -> None:
    """An UPDATE of a row's keys, or of its institution alone, is refused even where no trigger would refuse it."""
    for key in keys:
        if key.target in GLOBAL:
            continue
        sets = ", ".join(
            f"{column} = (SELECT {target} FROM {key.target} WHERE institution_id = 2 LIMIT 1)"
            for column, target in zip(key.columns[1:], key.targets[1:], strict=True)
        )
        for change in (sets, "institution_id = 2"):
            with undone() as connection:
                connection.execute(f"ALTER TABLE {key.table} DISABLE TRIGGER USER")
                pointing = " AND ".join(f"{column} IS NOT NULL" for column in key.columns)
                one = f"SELECT ctid FROM {key.table} WHERE institution_id = 1 AND {pointing} LIMIT 1"
                with pytest.raises(ForeignKeyViolation):
                    connection.execute(f"UPDATE {key.table} SET {change} WHERE ctid = ({one})")
