"""Servers that run elsewhere, named by DATABASE_URL and REDIS_URL: looked at once, before anything relies on them."""

from __future__ import annotations

import re
from typing import Final

import psycopg
import redis
from psycopg.conninfo import conninfo_to_dict
from redis.backoff import NoBackoff
from redis.retry import Retry

from edukit.errors import StoreError
from edukit.ops.stores.programs import OLDEST_POSTGRES

CONNECT_SECONDS: Final = 5
OLDEST_REDIS: Final = 7


def checked_database_url(url: str) -> str:
    """The address in libpq's spelling, of a PostgreSQL that answers and is new enough.

    Raises:
        StoreError: it is no such address, nothing answers, or the server is too old.
    """
    url = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url)
    try:
        parts = conninfo_to_dict(url) if url.startswith("postgresql://") else None
    except psycopg.ProgrammingError:
        parts = None  # its text may quote the password
    if parts is None:
        message = (
            "DATABASE_URL must read postgresql://user:password@host:5432/database and does not: correct or unset it."
        )
        raise StoreError(message)
    where = f"{parts.get('host', 'the local socket')}:{parts.get('port', 5432)}"
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connection:
            version = connection.info.server_version // 10000
    except psycopg.Error as error:
        raise StoreError(_unreachable("DATABASE_URL", where, error, parts.get("password"))) from None
    if version < OLDEST_POSTGRES:
        raise StoreError(_too_old("DATABASE_URL", where, f"PostgreSQL {version}", f"PostgreSQL {OLDEST_POSTGRES}"))
    return url


def checked_redis_url(url: str) -> str:
    """The address of a Redis or Valkey that answers and is new enough.

    Raises:
        StoreError: it is no such address, nothing answers, or the server is too old.
    """
    seconds = {"socket_connect_timeout": CONNECT_SECONDS, "socket_timeout": CONNECT_SECONDS}
    try:
        client = redis.Redis.from_url(url, **seconds, retry=Retry(NoBackoff(), 0))
    except ValueError:
        message = "REDIS_URL must read redis://user:password@host:6379/0 (or rediss://, unix://): correct or unset it."
        raise StoreError(message) from None
    parts = client.connection_pool.connection_kwargs
    where = str(parts.get("path") or f"{parts.get('host', 'localhost')}:{parts.get('port', 6379)}")
    try:
        with client:
            version = _redis_version(client)
    except (redis.RedisError, OSError) as error:
        raise StoreError(_unreachable("REDIS_URL", where, error, parts.get("password"))) from None
    if int(version.split(".")[0]) < OLDEST_REDIS:
        raise StoreError(_too_old("REDIS_URL", where, f"Redis {version}", f"Redis {OLDEST_REDIS} or a Valkey"))
    return url


def _redis_version(client: redis.Redis) -> str:
    client.ping()
    try:
        # Valkey, too, calls itself by the Redis version that it is compatible with: 7.2.4.
        return str(client.info("server")["redis_version"])
    except redis.exceptions.NoPermissionError:
        return str(OLDEST_REDIS)  # a limited login works; that it cannot be asked is no reason to refuse it


def _unreachable(variable: str, where: str, error: Exception, password: object) -> str:
    reason = " ".join(str(error).split()) or type(error).__name__
    if password:
        reason = reason.replace(str(password), "***")
    return (
        f"{variable} names the server {where}, which must answer within {CONNECT_SECONDS} seconds and does not "
        f"({reason}): start it, correct the variable, or unset it to use the embedded one."
    )


def _too_old(variable: str, where: str, found: str, oldest: str) -> str:
    return (
        f"{variable} names {where}, which is {found} and must be {oldest} or newer: upgrade it or unset the variable."
    )
