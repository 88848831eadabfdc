"""Rows survive the migrations: all that was written before is there after, and after going back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from edukit.ops import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    # Of this folder and of the one above it.
    from conftest import Database, House, Recording

    Rows = dict[str, list[dict[str, Any]]]

FIRST = "20261121_0800"


@pytest.fixture
def first(house: House, recording: type[Recording]) -> Iterator[Database]:
    """A database at the first revision, with what its code wrote."""
    with house.database(migrated=False) as database:
        migrate.upgrade(database.admin_url, FIRST)
        written = recording(Path(__file__).with_name("older_code").joinpath(f"{FIRST}.sql").read_text())
        assert written.replay(database, only="edukit_app") == []
        yield database


def rows_of(database: Database) -> Rows:
    """Every row of every table, in the order of its text."""
    with psycopg.connect(database.admin_url) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        query = sql.SQL("SELECT to_jsonb(t) FROM {} t ORDER BY t::text")
        return {
            table: [row for (row,) in connection.execute(query.format(sql.Identifier(table)))]
            for (table,) in tables
            if table != "alembic_version"
        }


def defaults(database: Database) -> dict[tuple[str, str], Any]:
    """What each column holds where nothing is said, but for moments."""
    with psycopg.connect(database.admin_url) as connection:
        columns = connection.execute(
            "SELECT table_name, column_name, coalesce(column_default, 'NULL::text') FROM information_schema.columns "
            "WHERE table_schema = 'public' AND column_default IS DISTINCT FROM 'now()'"
        ).fetchall()
        query = sql.SQL("SELECT to_jsonb({})")
        return {
            (table, column): row[0]
            for table, column, value in columns
            if (row := connection.execute(query.format(sql.SQL(value))).fetchone())
        }


def test_every_table_has_rows(first: Database) -> None:
    """What is proven below is proven for each table."""
    assert [table for table, rows in rows_of(first).items() if not rows] == []


def test_rows_are_as_they_were(first: Database) -> None:
    """Rows keep every value on the way up, where new columns have their defaults, and on the way down."""
    before = rows_of(first)
    migrate.upgrade(first.admin_url)
    after, default = rows_of(first), defaults(first)
    for table, old in before.items():
        kept = [{column: row[column] for column in old[0]} for row in after[table]]
        assert sorted(kept, key=repr) == sorted(old, key=repr), table
        added = after[table][0].keys() - old[0].keys() - {"updated_at"}
        other = {column for row in after[table] for column in added if row[column] != default[table, column]}
        assert other == set(), table
        assert None not in {row.get("updated_at", "") for row in after[table]}, table
    assert {table for table in after.keys() - before.keys() if after[table]} == set()
    migrate.downgrade(first.admin_url, FIRST)
    again = rows_of(first)
    assert again == before
