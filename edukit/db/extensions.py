"""PostgreSQL's extensions: what edukit uses where the server has it, and does without where not.

What needs an extension is made beside the migrations and again at every upgrade, so that an extension
which the server gets later is put to use then. Each statement leaves alone what is there.
"""

from __future__ import annotations

import logging

import psycopg
from psycopg import sql

LOG = logging.getLogger(__name__)

_VECTORS = """
    CREATE TABLE IF NOT EXISTS {table} (
        institution_id BIGINT NOT NULL,
        {key} BIGINT NOT NULL,
        model TEXT NOT NULL,
        embedding VECTOR(1536) NOT NULL,
        created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
        CONSTRAINT {table}_pk PRIMARY KEY (institution_id, {key}),
        CONSTRAINT {table}_{of}_fk FOREIGN KEY (institution_id, {key})
            REFERENCES {of} (institution_id, id) ON DELETE CASCADE
    );
    -- Half precision: the index builds several times as fast, at half the size, and finds the same neighbours.
    CREATE INDEX IF NOT EXISTS {table}_hnsw_idx
        ON {table} USING hnsw ((embedding::halfvec(1536)) halfvec_cosine_ops);
    COMMENT ON TABLE {table} IS 'the {what} as vectors';
    COMMENT ON COLUMN {table}.institution_id IS 'institution that the row belongs to';
    COMMENT ON COLUMN {table}.{key} IS '{thing} it is';
    COMMENT ON COLUMN {table}.model IS 'model that made the vector: only vectors of one model compare';
    COMMENT ON COLUMN {table}.embedding IS 'the vector';
    COMMENT ON COLUMN {table}.created_at IS 'when edukit recorded the row (UTC)';
    GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO edukit_app;
    GRANT SELECT ON {table} TO edukit_viewer
"""
# Built without holding up those who write: several of these tables are old and may be large.
_TRIGRAMS = "CREATE INDEX CONCURRENTLY IF NOT EXISTS {0}_{1}_trgm_idx ON {0} USING gin ({1} gin_trgm_ops)"
# A build that was interrupted leaves an index that is not used and not built again.
_BROKEN = r"""
    SELECT indexrelid::regclass::text FROM pg_index
    WHERE NOT indisvalid AND indexrelid::regclass::text LIKE '%\_trgm\_idx'
"""

EXTENSIONS: dict[str, tuple[str, ...]] = {
    "vector": (
        _VECTORS.format(
            table="document_embeddings", key="document_id", of="documents",
            what="meaning of documents", thing="document whose meaning",
        ),
        _VECTORS.format(
            table="chat_embeddings", key="chat_id", of="chats",
            what="context of conversations", thing="conversation whose context",
        ),
    ),
    "pg_trgm": tuple(
        _TRIGRAMS.format(table, column)
        for table, column in (
            ("users", "name"), ("classes", "name"), ("topics", "name"), ("concepts", "name"),
            ("assignments", "title"), ("documents", "title"),
        )
    ),
    "pg_stat_statements": (),
}  # fmt: skip
"""Each extension, and the statements (owner's) that make what needs it."""


def create_extensions(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Create the extensions that the server has, as its administrator; one that cannot be is done without."""
    for name in EXTENSIONS:
        try:
            with connection.transaction():
                connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name)))
        except psycopg.Error as error:
            LOG.info("edukit goes without PostgreSQL's extension %s: %s", name, error.diag.message_primary)


def use_extensions(owner: psycopg.Connection[tuple[object, ...]]) -> None:
    """Make what needs the extensions that the database has, on a connection of the owner's in autocommit."""
    for (broken,) in owner.execute(_BROKEN).fetchall():
        owner.execute(f"DROP INDEX CONCURRENTLY {broken}")
    there = {name for (name,) in owner.execute("SELECT extname FROM pg_extension").fetchall()}
    for name, statements in EXTENSIONS.items():
        for statement in statements if name in there else ():
            owner.execute(statement)
