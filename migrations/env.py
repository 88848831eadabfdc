"""How Alembic reaches the database: as the owner, one migration at a time, never waiting long for a lock."""

from typing import Literal

from alembic import context
from sqlalchemy import Connection, create_engine, pool
from sqlalchemy.schema import SchemaItem

from edukit.db.base import UtcDateTime
from edukit.db.session import driver_url
from edukit.models import Base
from edukit.ops.migrate import ADVISORY_KEY, hold_migrations

BESIDE = {table.name for table in Base.metadata.tables.values() if table.info}
# A migration that waits for a lock holds up every query behind it: give up early, the caller tries again.
TIMEOUTS = "SET lock_timeout = '2s'; SET statement_timeout = '15min'; SET idle_in_transaction_session_timeout = '15min'"


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
    hold_migrations(connection.exec_driver_sql)
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
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.exec_driver_sql(f"SELECT pg_advisory_unlock({ADVISORY_KEY})")
        connection.commit()


given = context.config.attributes.get("connection")
if given is not None:
    run(given if isinstance(given, Connection) else given.connect())
else:
    url = context.config.get_main_option("sqlalchemy.url")
    assert url is not None, "edukit gives Alembic the owner's address"
    with create_engine(driver_url(url), poolclass=pool.NullPool).connect() as own:
        run(own)
