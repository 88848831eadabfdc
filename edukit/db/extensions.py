"""PostgreSQL's extensions: what edukit uses where the server has it, and does without where not.

What needs an extension is made beside the migrations and again at every upgrade, so that an extension
which the server gets later is put to use then. Each statement leaves alone what is there.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

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
    COMMENT ON COLUMN {table}.created_at IS 'when the row was made, in its source where it was imported (UTC)';
    GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO edukit_app;
    GRANT SELECT ON {table} TO edukit_viewer, edukit_analyst;
    ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    DROP POLICY IF EXISTS server ON {table};
    CREATE POLICY server ON {table} TO edukit_owner, edukit_app USING (true) WITH CHECK (true);
    DROP POLICY IF EXISTS seen ON {table};
    CREATE POLICY seen ON {table} FOR SELECT TO edukit_viewer, edukit_analyst USING (
        institution_id = (SELECT viewer_institution()) AND EXISTS (
            SELECT FROM {of} w WHERE w.institution_id = {table}.institution_id AND w.id = {table}.{key}
        )
    )
"""
# Built without holding up those who write: several of these tables are old and may be large.
_TRIGRAMS = "CREATE INDEX CONCURRENTLY IF NOT EXISTS {0}_{1}_trgm_idx ON {0} USING gin ({1} gin_trgm_ops)"
_TITLES = (
    ("users", "name"), ("classes", "name"), ("topics", "name"), ("concepts", "name"),
    ("assignments", "title"), ("documents", "title"),
)  # fmt: skip
# A build that was interrupted leaves an index that is not used and not built again.
_BROKEN = r"""
    SELECT indexrelid::regclass::text FROM pg_index
    WHERE NOT indisvalid AND indexrelid::regclass::text LIKE '%\_trgm\_idx'
"""
_STATES = """
    SELECT wanted.name, extversion, available.name IS NOT NULL,
        -- A library that was loaded as the server started has made its settings known.
        wanted.name = 'pg_stat_statements' AND current_setting('pg_stat_statements.max', true) IS NULL
    FROM unnest(%s::text[]) AS wanted (name)
    LEFT JOIN pg_extension ON extname = wanted.name
    LEFT JOIN pg_available_extensions AS available ON available.name = wanted.name
"""


@dataclass(frozen=True)
class Extension:
    """What edukit uses an extension for."""

    without: str
    """What edukit does without where the extension is missing: a clause."""
    makes: dict[str, str] = field(default_factory=dict)
    """Each table or index that needs it, and the owner's statements that make it."""
    since: str = "0"
    """The first version that has all of what is used."""

    def fits(self, version: str) -> bool:
        """Whether a version of it, as the catalog names it, is new enough."""
        return _numbers(version) >= _numbers(self.since)


EXTENSIONS = {
    "vector": Extension(
        "documents and conversations are not found by their meaning",
        {
            "document_embeddings": _VECTORS.format(
                table="document_embeddings", key="document_id", of="documents",
                what="meaning of documents", thing="document whose meaning",
            ),
            "chat_embeddings": _VECTORS.format(
                table="chat_embeddings", key="chat_id", of="chats",
                what="context of conversations", thing="conversation whose context",
            ),
        },
        since="0.7",  # halfvec
    ),
    "pg_trgm": Extension(
        "finding people and titles by a part of their name is slow",
        {f"{table}_{column}_trgm_idx": _TRIGRAMS.format(table, column) for table, column in _TITLES},
    ),
    "pg_stat_statements": Extension("what the server spends its time on is not counted"),
}  # fmt: skip
"""Each extension that edukit knows a use for."""


@dataclass(frozen=True)
class ExtensionState:
    """Whether an extension is in use, and if not, why, what is off and what to do about it."""

    version: str | None
    trouble: str | None = None

    def __str__(self) -> str:
        return self.trouble or self.version or "in use"


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
    found = owner.execute("SELECT extname, extversion FROM pg_extension").fetchall()
    there = {str(name): str(version) for name, version in found}
    for name, extension in EXTENSIONS.items():
        if name in there and extension.fits(there[name]):
            for statements in extension.makes.values():
                owner.execute(statements)


def examine_extensions(connection: psycopg.Connection[tuple[object, ...]]) -> dict[str, ExtensionState]:
    """The state of every extension, by name."""
    found = connection.execute(_STATES, [list(EXTENSIONS)]).fetchall()
    made = {str(name) for (name,) in connection.execute("SELECT relname FROM pg_class").fetchall()}
    states = {}
    for name, version, is_available, is_asleep in found:
        extension = EXTENSIONS[str(name)]
        cause, step = _trouble(str(name), version, made, is_available=bool(is_available), is_asleep=bool(is_asleep))
        trouble = f"{cause}, so {extension.without}: {step}." if cause else None
        states[str(name)] = ExtensionState(None if version is None else str(version), trouble)
    return states


def _trouble(name: str, version: object, made: set[str], *, is_available: bool, is_asleep: bool) -> tuple[str, str]:
    """Why an extension is not in use, and what to do; two empty texts where it is."""
    extension, again = EXTENSIONS[name], "then run `edukit migrate upgrade`"
    if version is None and not is_available:
        return "the server does not have it", f"install it there, {again}"
    if version is None:
        return (
            "the server has it and this database does not",
            f"have a superuser run CREATE EXTENSION {name} in the database, {again}",
        )
    if not extension.fits(str(version)):
        return (
            f"{version} is older than {extension.since}",
            f"have a superuser run ALTER EXTENSION {name} UPDATE in the database, {again}",
        )
    if is_asleep:
        return "the server has not loaded it", "add it to shared_preload_libraries and restart the server"
    if not made.issuperset(extension.makes):
        return "what needs it is not made yet", "run `edukit migrate upgrade`"
    return "", ""


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]
