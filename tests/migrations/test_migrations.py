"""Migrations: up, down to nothing, up again; the models and the snapshot agree with what they make."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from alembic.command import check
from pytest_alembic.config import Config
from pytest_alembic.tests import (
    test_model_definitions_match_ddl,
    test_single_head_revision,
    test_up_down_consistency,
    test_upgrade,
)
from sqlalchemy import Engine, create_engine, pool

from edukit.db.roles import url_of
from edukit.db.session import driver_url
from edukit.errors import MigrationError
from edukit.ops import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Database, House

__all__ = [
    "test_model_definitions_match_ddl",
    "test_single_head_revision",
    "test_up_down_consistency",
    "test_upgrade",
]

CATALOG = Path(__file__).with_name("catalog.txt")
# What an administrator adds beside the schema: the extensions and what is theirs.
OURS = "NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND deptype = 'e')"
QUERIES = {
    "column": f"""
        SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
            || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
            || coalesce(' default ' || pg_get_expr(d.adbin, d.adrelid), '')
            || coalesce(' -- ' || col_description(c.oid, a.attnum), ' -- NO COMMENT')
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
        WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relnamespace = 'public'::regnamespace
            AND a.attnum > 0 AND NOT a.attisdropped
            AND {OURS}""",
    "table": f"""
        SELECT relname || ' ' || relkind::text || ' rls=' || relrowsecurity || ' forced=' || relforcerowsecurity
            || ' owner=' || relowner::regrole || coalesce(' ' || reloptions::text, '')
            || coalesce(' -- ' || obj_description(oid, 'pg_class'), ' -- NO COMMENT')
        FROM pg_class c WHERE relkind IN ('r', 'p', 'v', 'm', 'S') AND relnamespace = 'public'::regnamespace
            AND {OURS}""",
    "view": f"""
        SELECT relname || ' ' || pg_get_viewdef(oid)
        FROM pg_class c WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace AND {OURS}""",
    "constraint": """
        SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0 AND contype <> 'n'""",
    "index": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "trigger": """
        SELECT tgrelid::regclass || ' ' || pg_get_triggerdef(t.oid) FROM pg_trigger t
        JOIN pg_class c ON c.oid = tgrelid WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace""",
    "policy": """
        SELECT tablename || ' ' || policyname || ' ' || permissive || ' ' || roles::text || ' ' || cmd
            || coalesce(' using ' || qual, '') || coalesce(' check ' || with_check, '')
        FROM pg_policies WHERE schemaname = 'public'""",
    "grant": f"""
        SELECT relname || ' ' || grantee::regrole || ' ' || string_agg(privilege_type, ',' ORDER BY privilege_type)
        FROM pg_class c CROSS JOIN aclexplode(relacl)
        WHERE relnamespace = 'public'::regnamespace AND grantee <> relowner AND {OURS} GROUP BY relname, grantee""",
    "function": """
        SELECT pg_get_functiondef(p.oid) || coalesce(' acl=' || proacl::text, ' acl=PUBLIC')
            || coalesce(' -- ' || obj_description(p.oid, 'pg_proc'), ' -- NO COMMENT')
        FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')""",
    "enum": """
        SELECT typname || ' ' || string_agg(enumlabel, ',' ORDER BY enumsortorder)
        FROM pg_enum JOIN pg_type t ON t.oid = enumtypid GROUP BY typname""",
    "extension": "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'",
}


@pytest.fixture
def empty(house: House) -> Iterator[Database]:
    """A database without a schema, with its roles."""
    with house.database(migrated=False) as database:
        yield database


@pytest.fixture
def alembic_config(empty: Database) -> Config:
    """pytest-alembic's configuration: edukit's own."""
    return Config(alembic_config=migrate.config(url_of("edukit_owner", empty.admin_url)))


@pytest.fixture
def alembic_engine(empty: Database) -> Iterator[Engine]:
    """The owner's engine."""
    engine = create_engine(driver_url(url_of("edukit_owner", empty.admin_url)), poolclass=pool.NullPool)
    yield engine
    engine.dispose()


def catalog(database: Database) -> str:
    """Everything that the migrations made, a line each."""
    with psycopg.connect(database.admin_url) as connection:
        lines = [
            f"{kind}: {' '.join(str(text).split())}"
            for kind, query in QUERIES.items()
            for (text,) in connection.execute(query).fetchall()
        ]
    return "\n".join(sorted(lines)) + "\n"


def test_the_catalog_is_the_one_that_was_agreed(migrated: Database, request: pytest.FixtureRequest) -> None:
    """Tables, checks, indexes, grants, policies, triggers and comments equal the snapshot (--update-snapshots)."""
    made = catalog(migrated)
    if request.config.getoption("--update-snapshots"):
        CATALOG.write_text(made)
    assert made == CATALOG.read_text()


def test_everything_is_commented(migrated: Database) -> None:
    """Every table and column that analysts see has a comment."""
    bare = [line for line in catalog(migrated).splitlines() if "NO COMMENT" in line and "alembic_version" not in line]
    assert bare == []


def test_models_and_migrations_agree(migrated: Database) -> None:
    """`alembic check` finds nothing to do."""
    check(migrate.config(url_of("edukit_owner", migrated.admin_url), output=io.StringIO()))


def test_down_to_nothing(empty: Database) -> None:
    """Going down to base leaves no table, function or type, and up again makes the same catalog."""
    migrate.upgrade(empty.admin_url)
    first = catalog(empty)
    migrate.downgrade(empty.admin_url, "base")
    kept = ("alembic_version", "extension: ")  # Alembic's own, and the administrator's
    left = [line for line in catalog(empty).splitlines() if not any(word in line for word in kept)]
    assert left == []
    migrate.upgrade(empty.admin_url)
    assert catalog(empty) == first


def test_eight_upgrades_at_once(house: House, empty: Database, tmp_path: Path) -> None:
    """Servers that start together migrate one after another, and all succeed."""
    program = "import sys; from edukit.ops import migrate; migrate.upgrade(sys.argv[1])"
    log = tmp_path / "log"
    commands = [house.begun("-c", program, empty.admin_url, log=log) for _ in range(8)]
    assert [command.wait(60) for command in commands] == [0] * 8, log.read_text()
    assert migrate.current(empty.admin_url) == migrate.newest()


def test_a_newer_schema_is_refused(database: Database) -> None:
    """A database of a newer edukit is left alone, with one sentence."""
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '29990101_0000'")
    before = catalog(database)
    with pytest.raises(MigrationError, match=r"29990101_0000.*newer"):
        migrate.upgrade(database.admin_url)
    assert catalog(database) == before


def test_an_unknown_revision_is_named(database: Database) -> None:
    """A revision that does not exist is an error that names it."""
    with pytest.raises(MigrationError, match=r"nowhere.*history"):
        migrate.downgrade(database.admin_url, "nowhere")


def test_autogenerate_finds_no_change(database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`edukit migrate autogenerate` on an up-to-date database writes an empty migration, with plain types."""
    shutil.copytree(migrate.shipped("migrations"), tmp_path / "migrations")
    monkeypatch.setattr(migrate, "shipped", lambda folder: tmp_path / folder)
    (made,) = migrate.autogenerate(database.admin_url, "nothing at all")
    text = Path(made).read_text()
    assert text.count("pass") == 2
    assert "edukit" not in text.split('"""')[2]
