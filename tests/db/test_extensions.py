"""Extensions: used where the server has them, done without where not, and put to use when they come later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import make_url

from edukit.db.extensions import EXTENSIONS
from edukit.ops import migrate
from edukit.ops.health import examine
from edukit.ops.stores import open_stores
from edukit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Database, House

MADE = {name for extension in EXTENSIONS.values() for name in extension.makes}
MADE |= {"document_embeddings_hnsw_idx", "chat_embeddings_hnsw_idx"}
VECTORS = {name for name in MADE if "embeddings" in name}


@pytest.fixture
def empty(house: House) -> Iterator[Database]:
    """A database without a schema."""
    with house.database(migrated=False) as database:
        yield database


@pytest.fixture
def admin(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A superuser's connection to the test's own database."""
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        yield connection


def made(url: str) -> dict[str, int]:
    """The valid tables and indexes that need an extension, and the number of each in the catalog."""
    with psycopg.connect(url) as connection:
        return dict(
            connection.execute(
                "SELECT relname, oid::int FROM pg_class LEFT JOIN pg_index ON indexrelid = oid"
                " WHERE relname = ANY(%s) AND indisvalid IS NOT FALSE",
                [list(MADE)],
            ).fetchall()
        )


def told(url: str, house: House, name: str) -> str:
    """What doctor says of an extension."""
    found = examine(url, house.stores.redis_url)
    assert found.healthy
    (line,) = [line for line in str(found).splitlines() if line.startswith(f"extension {name}: ")]
    return line.removeprefix(f"extension {name}: ")


def test_all_are_used_and_another_upgrade_changes_nothing(database: Database, house: House) -> None:
    """The embedded server has every extension; what needs them is there once, and doctor tells the versions."""
    first = made(database.admin_url)
    assert set(first) == MADE
    migrate.upgrade(database.admin_url)
    assert made(database.admin_url) == first
    for name in EXTENSIONS:
        assert told(database.admin_url, house, name).replace(".", "").isdigit()


def test_a_server_without_them(empty: Database, house: House) -> None:
    """Where the server has none of them the schema is whole without what needs them; when they come, so does that."""
    path = f"ALTER DATABASE {make_url(empty.admin_url).database} %s extension_control_path"
    with psycopg.connect(empty.admin_url, autocommit=True) as admin:
        admin.execute(path % "SET" + " = '/nowhere'")
        migrate.upgrade(empty.admin_url)
        assert made(empty.admin_url) == {}
        assert told(empty.admin_url, house, "vector") == (
            "the server does not have it, so documents and conversations are not found by their meaning: "
            "install it there, then run `edukit migrate upgrade`."
        )
        assert "slow: install it" in told(empty.admin_url, house, "pg_trgm")
        admin.execute(path % "RESET")
        migrate.upgrade(empty.admin_url)
    assert set(made(empty.admin_url)) == MADE
    assert told(empty.admin_url, house, "vector").startswith("0.")


def test_an_administrator_who_may_not_create_one(house: House) -> None:
    """A login that is no superuser gets what it may; doctor says what to ask of whom, and then to upgrade again."""
    with open_stores(Settings(home=house.settings.home.with_name("modest"))) as stores:
        with psycopg.connect(stores.database_url, autocommit=True) as superuser:
            superuser.execute("CREATE ROLE modest LOGIN CREATEROLE PASSWORD 'modest'")
            superuser.execute("CREATE DATABASE modest OWNER modest")
        url = make_url(stores.database_url).set(database="modest")
        modest = url.set(username="modest", password="modest").render_as_string(hide_password=False)
        migrate.upgrade(modest)
        assert set(made(modest)) == MADE - VECTORS
        assert told(modest, house, "vector") == (
            "the server has it and this database does not, so documents and conversations are not found by their "
            "meaning: have a superuser run CREATE EXTENSION vector in the database, then run `edukit migrate upgrade`."
        )
        with psycopg.connect(url.render_as_string(hide_password=False)) as superuser:
            superuser.execute("CREATE EXTENSION vector")
        assert told(modest, house, "vector").endswith(
            "not made yet, so documents and conversations are not found by their meaning: run `edukit migrate upgrade`."
        )
        migrate.upgrade(modest)
        assert set(made(modest)) == MADE
        assert told(modest, house, "vector").startswith("0.")


def test_one_that_is_too_old(empty: Database, house: House) -> None:
    """An extension that lacks what is used is left alone, and doctor says how new it must be."""
    with psycopg.connect(empty.admin_url, autocommit=True) as admin:
        admin.execute("CREATE EXTENSION vector")
        admin.execute("UPDATE pg_extension SET extversion = '0.6.2' WHERE extname = 'vector'")
    migrate.upgrade(empty.admin_url)
    assert set(made(empty.admin_url)) == MADE - VECTORS
    assert told(empty.admin_url, house, "vector").startswith("0.6.2 is older than 0.7, so ")


def test_an_index_whose_building_broke_off_is_built_again(database: Database, admin: psycopg.Connection[Any]) -> None:
    """What an interrupted build left behind is dropped and built anew, and the other indexes are left alone."""
    first = made(database.admin_url)
    admin.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_name_trgm_idx'::regclass")
    assert "users_name_trgm_idx" not in made(database.admin_url)
    migrate.upgrade(database.admin_url)
    again = made(database.admin_url)
    assert {name for name in MADE if again[name] != first[name]} == {"users_name_trgm_idx"}


def test_statements_are_counted(admin: psycopg.Connection[Any]) -> None:
    """pg_stat_statements is loaded in the embedded server: a statement that ran three times is told as three."""
    for number in range(3):
        admin.execute("SELECT 'counted' || length(name) FROM institutions WHERE id = %s", [number])
    (calls,) = admin.execute(
        "SELECT sum(calls)::int FROM pg_stat_statements JOIN pg_database d ON d.oid = dbid"
        " WHERE datname = current_database() AND query LIKE '%|| length(name) FROM institutions%'"
    ).fetchone()
    assert calls == 3
