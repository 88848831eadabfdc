"""The schema itself, as frames: what the database's own catalog says of its tables and columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from edukit.errors import NotFound
from edukit.models import Base
from edukit.queries.frames import COLUMNS, TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from sqlalchemy import Table
    from sqlalchemy.orm import Session

# Alembic's own table, that of who is looking, and what belongs to an extension are nobody's data.
OURS = """
    c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
    AND c.relname NOT IN ('alembic_version', 'viewers')
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = c.oid AND deptype = 'e')
"""
KINDS = "CASE WHEN c.relkind IN ('v', 'm') THEN 'view' ELSE 'table' END"
# -1 where nobody has analysed it yet.
TABLES_QUERY = f"""
    SELECT c.relname, {KINDS}, obj_description(c.oid, 'pg_class'), nullif(c.reltuples, -1)::bigint
    FROM pg_class c WHERE {OURS} ORDER BY c.relname
"""  # noqa: S608 - constants
# Almost every key carries the institution beside the column that is meant: only that column refers.
COLUMNS_QUERY = f"""
    SELECT
        c.relname, a.attname, format_type(a.atttypid, a.atttypmod), NOT a.attnotnull,
        EXISTS (
            SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'p' AND a.attnum = ANY (k.conkey)
        ),
        (
            SELECT string_agg(DISTINCT t.relname || '.' || r.attname, ', ' ORDER BY t.relname || '.' || r.attname)
            FROM pg_constraint k
            CROSS JOIN unnest(k.conkey, k.confkey) AS pair (own, other)
            JOIN pg_class t ON t.oid = k.confrelid
            JOIN pg_attribute r ON r.attrelid = t.oid AND r.attnum = pair.other
            WHERE k.conrelid = c.oid AND k.contype = 'f' AND pair.own = a.attnum
                AND (a.attname <> 'institution_id' OR cardinality(k.conkey) = 1)
        ),
        col_description(c.oid, a.attnum)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE {OURS} AND a.attnum > 0 AND NOT a.attisdropped AND c.relname = coalesce(:table, c.relname)
    ORDER BY c.relname, a.attnum
"""  # noqa: S608


def tables(session: Session) -> pd.DataFrame:
    """Every table and view, by domain and in the order of its module: columns of ``frames.TABLES``."""
    placed = [(domain, table.name) for domain, members in domains().items() for table in members]
    places = {name: (place, domain) for place, (domain, name) in enumerate(placed)}
    unplaced = (len(places), None)
    rows = [
        (*places.get(name, unplaced), name, kind, comment, estimated)
        for name, kind, comment, estimated in session.execute(text(TABLES_QUERY)).all()
    ]
    return TABLES.of(
        (name, kind, domain, comment, estimated)
        for _, domain, name, kind, comment, estimated in sorted(rows, key=lambda row: (row[0], row[2]))
    )


def columns(session: Session, *, table: str | None = None) -> pd.DataFrame:
    """Every column of one table or of all, by table and in its order: columns of ``frames.COLUMNS``.

    Raises:
        NotFound: there is no such table.
    """
    frame = COLUMNS.of(session.execute(text(COLUMNS_QUERY), {"table": table}).all())
    if table is not None and frame.empty:
        message = f"There is no table {table!r}; tables() lists them."
        raise NotFound(message)
    return frame


def domains() -> Mapping[str, list[Table]]:
    """The tables and views of each domain, as the modules of :mod:`edukit.models` define them, in their order."""
    modules = {mapper.class_.__tablename__: mapper.class_.__module__ for mapper in Base.registry.mappers}
    found: dict[str, list[Table]] = {}
    for table in Base.metadata.tables.values():
        found.setdefault(modules[table.name].rpartition(".")[2], []).append(table)
    return found
