"""The login of Redis that kernels get does what they need and nothing else."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import redis
from pydantic import SecretStr
from redis.connection import parse_url

from edukit.cache import Scope, board_keys
from edukit.ops.stores import open_stores
from edukit.serving.application import viewers_environment
from edukit.serving.redis_login import make_viewers_login, viewers_redis_url
from edukit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edukit.ops.stores import Stores

SCOPE = Scope("class", 1, 7)
BOARD, LEDGER = board_keys(7)
REFUSED = [
    "SCAN 0",
    "KEYS *",
    "RANDOMKEY",
    "DBSIZE",
    "CONFIG GET *",
    "CONFIG SET requirepass x",
    "FLUSHDB",
    "FLUSHALL",
    "SCRIPT LOAD x",
    "EVAL return 0",
    "FUNCTION LIST",
    "ACL LIST",
    "ACL SETUSER edukit_viewer +@all",
    "MONITOR",
    "CLIENT LIST",
    "INFO",
    "SUBSCRIBE x",
    "PUBLISH x y",
    "SHUTDOWN",
    "GET session:x",
    "SET session:x 1",
    "SET other 1",
    f"SET {SCOPE.generation_key} mine",
    f"DEL {SCOPE.generation_key}",
    f"PEXPIRE {SCOPE.generation_key} 1",
    f"ZADD {BOARD} 1 2",
    f"ZREM {BOARD} 1",
    f"ZRANGESTORE cache:x {BOARD} 0 -1",
    f"SET {LEDGER} 1",
    f"DEL {BOARD}",
    f"RENAME {BOARD} cache:x",
    f"COPY cache:x {BOARD}",
    f"XADD {SCOPE.updates_key} * a b",
    f"DEL {SCOPE.updates_key}",
]


@pytest.fixture
def kernel(stores: Stores, client: redis.Redis) -> Iterator[redis.Redis]:
    """A kernel's way to a Redis that holds a session, a board, a generation and an update."""
    client.set("session:x", "secret")
    client.set(SCOPE.generation_key, "g1")
    client.zadd(BOARD, {"1": 5, "2": 3})
    client.set(LEDGER, "[1, 2]")
    client.xadd(SCOPE.updates_key, {"generation": "g1"})
    client.set("cache:x", "kept")
    with redis.Redis.from_url(viewers_redis_url(stores)) as kernel:
        yield kernel


def test_a_kernel_reads_boards_generations_and_updates(kernel: redis.Redis) -> None:
    """It reads what the worker writes, follows updates, and keeps and drops what is cached."""
    assert kernel.get(SCOPE.generation_key) == b"g1"
    assert kernel.zrange(BOARD, 0, -1, withscores=True) == [(b"2", 3.0), (b"1", 5.0)]
    assert kernel.zcount(BOARD, "(3", "+inf") == 1
    assert kernel.get(LEDGER) == b"[1, 2]"
    assert len(kernel.xrange(SCOPE.updates_key)) == 1
    assert kernel.set("cache:y", "1", nx=True, ex=9)
    assert kernel.mget("cache:y", SCOPE.generation_key) == [b"1", b"g1"]
    assert kernel.delete("cache:y") == 1


@pytest.mark.parametrize("command", REFUSED)
def test_a_kernel_does_nothing_else(command: str, kernel: redis.Redis, client: redis.Redis) -> None:
    """It sees no other key, finds none, changes nothing that the worker writes, and does not touch the server."""
    before = {key: client.dump(key) for key in client.keys("*")}
    with pytest.raises(redis.exceptions.NoPermissionError):
        kernel.execute_command(*command.split())
    assert {key: client.dump(key) for key in client.keys("*")} == before


def test_a_kernel_may_not_debug(kernel: redis.Redis, client: redis.Redis) -> None:
    """Where the server allows DEBUG at all, a kernel still may not."""
    assert kernel.ping()
    assert "no permissions" in str(client.execute_command("ACL", "DRYRUN", "edukit_viewer", "DEBUG", "SLEEP", "0"))


def test_the_login_is_the_same_made_again(stores: Stores, kernel: redis.Redis) -> None:
    """Made once more while a kernel is logged in, it goes on working; changed by hand, it is as it should be again."""
    with redis.Redis.from_url(stores.redis_url) as client:
        client.execute_command("ACL", "SETUSER", "edukit_viewer", "+@all", "~*", ">other")
        assert make_viewers_login(stores)
        (rules,) = (rule for rule in client.acl_list() if "user edukit_viewer " in rule)
    assert kernel.get("cache:x") == b"kept"
    assert rules.count("#") == 1
    with pytest.raises(redis.exceptions.NoPermissionError):
        kernel.get("session:x")


def test_a_redis_without_logins_gives_none(
    stores: Stores, client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the server's own login may make no other, as with a managed Redis, kernels get none, and it is said."""
    client.execute_command("ACL", "SETUSER", "managed", "reset", "on", ">pw", "~*", "+@all", "-acl")
    path = parse_url(stores.redis_url)["path"]
    managed = SimpleNamespace(
        redis_url=f"unix://{path}?username=managed&password=pw",
        database_url=stores.database_url,
        embedded_redis=False,
        embedded_postgres=False,
    )
    environment = viewers_environment(managed, "edukit_teacher", None)
    assert "EDUKIT_VIEWER_REDIS_URL" not in environment
    assert "managed:" not in str(environment)
    (said,) = caplog.records
    assert "gives kernels no login" in said.message


def test_a_redis_of_ones_own_does_not_cache_what_is_shared(stores: Stores, tmp_path: Path) -> None:
    """Beside a PostgreSQL that other machines may write to, their changes would not be heard of: kernels get none."""
    settings = Settings(home=tmp_path / "home", database_url=SecretStr(stores.database_url))
    with open_stores(settings) as halves:
        assert not make_viewers_login(halves)
        assert "EDUKIT_VIEWER_REDIS_URL" not in viewers_environment(halves, "edukit_teacher", None)


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("redis://:secret@cache.example:6380/2", {"host": "cache.example", "port": 6380, "db": 2}),
        ("rediss://admin:secret@cache.example?ssl_cert_reqs=none", {"host": "cache.example"}),
        ("redis://cache.example?username=admin&password=secret&db=3", {"host": "cache.example", "db": 3}),
        ("unix:///a%20b/redis.sock?password=secret&db=4", {"path": "/a b/redis.sock", "db": 4}),
        ("unix://admin:secret@/a/redis.sock", {"path": "/a/redis.sock"}),
    ],
)
def test_every_spelling_of_an_address_is_kept(address: str, kept: dict[str, object], stores: Stores) -> None:
    """Host, port, socket, number and options are those of the server's own address; its login is not in it."""
    url = viewers_redis_url(SimpleNamespace(redis_url=address, database_url=stores.database_url))
    told = parse_url(url)
    assert told.items() >= {**kept, "username": "edukit_viewer"}.items()
    assert len(told["password"]) > 30
    assert "secret" not in url
    assert "admin" not in url
