"""The state of the stores: a pulse for ``/health``, a full examination for ``edukit doctor``."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import psycopg
import redis
from sqlalchemy.exc import SQLAlchemyError

from edukit.db.extensions import ExtensionState, examine_extensions
from edukit.db.session import driver_url
from edukit.models.mastery import LEAST_FITTED
from edukit.ops import migrate

if TYPE_CHECKING:
    from collections.abc import Callable

PULSE_SECONDS = 0.08
_BY_RULE = """
    SELECT i.name FROM institutions i
    WHERE i.closed_at IS NULL
        AND NOT EXISTS (SELECT FROM mastery_models m WHERE m.institution_id = i.id AND m.status = 'serving')
        AND EXISTS (SELECT FROM question_attempts a WHERE a.institution_id = i.id OFFSET %s)
    ORDER BY i.name"""


@dataclass(frozen=True)
class Answer:
    """Whether a store answered, how fast, and if not, why."""

    ok: bool
    milliseconds: float
    detail: str

    def __str__(self) -> str:
        return f"{'answers' if self.ok else 'DOES NOT ANSWER'}, {self.detail} ({self.milliseconds} ms)"


@dataclass(frozen=True)
class Examination:
    """What ``edukit doctor`` found; every value is ready for JSON."""

    postgres: Answer
    redis: Answer
    revision: str | None
    newest_revision: str
    extensions: dict[str, ExtensionState]
    rows: dict[str, int]
    mastery_by_rule: list[str]
    database_bytes: int | None
    redis_bytes: int | None

    @property
    def healthy(self) -> bool:
        """Both stores answer and the schema is the one that this edukit expects."""
        return self.postgres.ok and self.redis.ok and self.revision == self.newest_revision

    def __str__(self) -> str:
        stores = [f"{name}: {answer}" for name, answer in (("postgres", self.postgres), ("redis", self.redis))]
        other = (
            ""
            if self.revision == self.newest_revision
            else f" (newest: {self.newest_revision}; edukit migrate upgrade)"
        )
        extensions = [f"extension {name}: {state}" for name, state in self.extensions.items()]
        by_rule = [
            f"mastery: a rule scores it at {name}, which has answers enough for a model (edukit models refit mastery)"
            for name in self.mastery_by_rule
        ]
        sizes = {"database": self.database_bytes, "redis": self.redis_bytes}
        told = [f"size of {name}: {size / 2**20:,.1f} MiB" for name, size in sizes.items() if size is not None]
        return "\n".join(
            [*stores, f"schema: {self.revision or 'none'}{other}", *extensions, *by_rule, *told, *_listed(self.rows)]
        )

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {"healthy": self.healthy, **asdict(self)}


def _listed(rows: dict[str, int]) -> list[str]:
    """The rows of every table, one a line, with the numbers below one another."""
    if not rows:
        return []
    width, digits = max(map(len, rows)), len(f"{max(rows.values()):,}")
    lines = [f"  {table:<{width}}  {count:>{digits},}" for table, count in rows.items()]
    return [f"rows: {sum(rows.values()):,} in {len(rows)} tables", *lines]


def pulse_postgres(database_url: str, *, seconds: float = PULSE_SECONDS) -> Answer:
    """Does PostgreSQL answer a query, over a connection of its own?"""

    def ask() -> str:
        with psycopg.connect(_conninfo(database_url), connect_timeout=2) as connection:
            connection.execute(f"SET statement_timeout = {int(seconds * 1000)}")
            connection.execute("SELECT 1")
            return f"PostgreSQL {connection.info.parameter_status('server_version')}"

    return _timed(ask)


def pulse_redis(redis_url: str, *, seconds: float = PULSE_SECONDS) -> Answer:
    """Does Redis (or Valkey) answer?"""

    def ask() -> str:
        with redis.Redis.from_url(redis_url, socket_timeout=seconds, socket_connect_timeout=seconds) as client:
            info = client.info("server")
        name = "Valkey" if "valkey_version" in info else "Redis"
        return f"{name} {info.get('valkey_version', info['redis_version'])}"

    return _timed(ask)


def examine(database_url: str, redis_url: str) -> Examination:
    """Look at both stores: versions, migration state, extensions, rows and sizes. Raises nothing."""
    postgres, cache = pulse_postgres(database_url, seconds=5), pulse_redis(redis_url, seconds=2)
    found: dict[str, Any] = {
        "revision": None,
        "extensions": {},
        "rows": {},
        "mastery_by_rule": [],
        "database_bytes": None,
    }
    if postgres.ok:
        try:
            found = _look_into_postgres(database_url)
        except (psycopg.Error, SQLAlchemyError) as error:
            postgres = Answer(ok=False, milliseconds=postgres.milliseconds, detail=str(error).splitlines()[0])
    return Examination(
        postgres=postgres,
        redis=cache,
        newest_revision=migrate.newest(),
        redis_bytes=_redis_bytes(redis_url) if cache.ok else None,
        **found,
    )


def _look_into_postgres(database_url: str) -> dict[str, Any]:
    with psycopg.connect(_conninfo(database_url), connect_timeout=2) as connection:
        extensions = examine_extensions(connection)
        tables = connection.execute(
            "SELECT c.relname, c.oid::regclass::text FROM pg_class c WHERE c.relkind IN ('r', 'p') "
            "AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'alembic_version' ORDER BY 1"
        ).fetchall()
        rows = {name: _count(connection, quoted) for name, quoted in tables}
        by_rule = connection.execute(_BY_RULE, [LEAST_FITTED - 1]).fetchall() if "mastery_models" in rows else []
        size = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    return {
        "revision": migrate.current(database_url),
        "extensions": extensions,
        "rows": rows,
        "mastery_by_rule": [name for (name,) in by_rule],
        "database_bytes": size[0] if size else None,
    }


def _count(connection: psycopg.Connection[tuple[Any, ...]], quoted: str) -> int:
    found = connection.execute(f"SELECT count(*) FROM {quoted}").fetchone()  # noqa: S608
    return int(found[0]) if found else 0


def _redis_bytes(redis_url: str) -> int:
    with redis.Redis.from_url(redis_url, socket_timeout=2) as client:
        info = client.info("memory")
    return int(info["used_memory"])


def _timed(ask: Callable[[], str]) -> Answer:
    began = time.perf_counter()
    try:
        detail, ok = ask(), True
    except (psycopg.Error, redis.RedisError, OSError) as error:
        lines = str(error).strip().splitlines()
        detail, ok = (lines[-1] if lines else type(error).__name__), False
    return Answer(ok=ok, milliseconds=round((time.perf_counter() - began) * 1000, 1), detail=detail)


def _conninfo(database_url: str) -> str:
    return driver_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
