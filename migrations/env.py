"""How Alembic reaches the database: as the owner, one migration at a time, holding nobody up for long.

Rules for the author of a migration; tests/migrations holds all of them:

1. What is released may still run while yours does, and after it. Expand: add tables, nullable columns and columns
   with a constant default. Contract (drop, rename, retype) in a later release than the code that stopped asking.
   `pytest --update-snapshots tests/migrations` records what the code sends now, in older_code/; every recording
   is replayed on the newest schema.
2. A transaction takes what it must and reads no rows: constraints NOT VALID there, VALIDATE CONSTRAINT in the next
   migration's ``with op.get_context().autocommit_block()``, where old tables get indexes too, CONCURRENTLY.
3. A step in such a block may have been broken off and is done again: DROP INDEX CONCURRENTLY IF EXISTS stands
   before CREATE INDEX CONCURRENTLY, for an index whose building was broken off stays, unused and in the way.
4. A transaction that locks several old tables never gets them while others steadily write the same ones: such work
   stands in an ``autocommit_block()``, a table a statement, and a statement that was locked out is tried again by
   itself. IF [NOT] EXISTS lets it be done twice. A foreign key locks two tables: one of them a statement, and
   before the rest, for it is the hardest to get.
5. A migration is frozen: SQL or Alembic's operations, nothing from edukit. Rows survive it, up and down.
"""

from typing import Literal

from alembic import context
from psycopg import Connection as Psycopg
from sqlalchemy import Connection, create_engine, pool
from sqlalchemy.schema import SchemaItem

from edukit.db.base import UtcDateTime
from edukit.db.session import driver_url
from edukit.models import Base
from edukit.ops.migrate import ADVISORY_KEY, LOCK_TIMEOUT, conninfo_of, hold_migrations
from edukit.ops.watch import watched

# Minted logins are read by the database alone, and are no model's.
BESIDE = {table.name for table in Base.metadata.tables.values() if table.info} | {"viewers"}
# A migration that waits for a lock holds up every query behind it: give up early, the caller tries again.
TIMEOUTS = (
    f"SET lock_timeout = '{LOCK_TIMEOUT}'; SET statement_timeout = '15min'; "
    "SET idle_in_transaction_session_timeout = '15min'"
)


def render_item(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write edukit's own column types as plain ones: a migration imports nothing that may change."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


def include_object(thing: SchemaItem, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:  # noqa: FBT001
    """Leave out what Alembic does not compare (views) and what is made beside the migrations (extensions' things)."""
    if kind == "table":
        return not thing.info and name not in BESIDE
    return not (name or "").endswith("_trgm_idx")


def run(connection: Connection) -> None:
    """Run what was asked for on a connection of the owner's."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, Psycopg)
    hold_migrations(driver)
    connection.exec_driver_sql(TIMEOUTS)
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transaction_per_migration=True,
        compare_server_default=True,
        render_item=render_item,
        include_object=include_object,
    )
    try:
        with watched(driver, conninfo_of(connection.engine.url)), context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.exec_driver_sql(f"SELECT pg_advisory_unlock({ADVISORY_KEY})")
        connection.commit()


def write() -> None:
    """Write the SQL of the migrations instead of running it."""
    # Any style of parameters but psycopg's, in which a per cent sign would be written twice.
    context.configure(dialect_name="postgresql", dialect_opts={"paramstyle": "named"}, transaction_per_migration=True)
    with context.begin_transaction():
        context.execute(TIMEOUTS)
        context.run_migrations()


given = context.config.attributes.get("connection")
if context.is_offline_mode():
    write()
elif given is not None:
    run(given if isinstance(given, Connection) else given.connect())
else:
    url = context.config.get_main_option("sqlalchemy.url")
    assert url is not None, "edukit gives Alembic the owner's address"
    with create_engine(driver_url(url), poolclass=pool.NullPool).connect() as own:
        run(own)
