"""No viewer takes Redis from the others: what is too much of it is forgotten, and memory beside it has an end."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

import pytest
import redis
from redis.connection import parse_url

from edukit.cache import kept_key
from edukit.serving.redis_room import make_room
from edukit.serving.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Looking

    from edukit.ops.stores import Stores

    Eventually = Callable[[Callable[[], object]], bool]

MEGABYTE = 1_000_000


@pytest.fixture
def small(client: redis.Redis) -> redis.Redis:
    """The server's own way to a Redis in which 20 MB find room."""
    client.config_set("maxmemory", client.info("memory")["used_memory"] + 20 * MEGABYTE)
    return client


def scope(looking: Looking) -> str:
    return str(parse_url(looking.redis_url)["username"]).partition(":")[2]


def fill(kernel: redis.Redis, of_scope: str, value: bytes, most: int = 100_000) -> None:
    for number in range(most):
        kernel.set(kept_key(of_scope, str(number)), value)


def test_who_fills_redis_is_put_out(
    small: redis.Redis, stores: Stores, look: Callable[..., Looking], eventually: Eventually
) -> None:
    """Within moments there is room again for the server; who took it is out, and another keeps what they have."""
    greedy, modest = look(), look(None)
    with redis.Redis.from_url(greedy.redis_url) as kernel, redis.Redis.from_url(modest.redis_url) as other:
        fill(other, scope(modest), b"x" * 1000, most=10)
        with pytest.raises(redis.exceptions.OutOfMemoryError):
            fill(kernel, scope(greedy), b"x" * MEGABYTE)
        with pytest.raises(redis.exceptions.OutOfMemoryError):
            small.set("session:new", b"x" * MEGABYTE)
        with Worker(stores):
            assert eventually(lambda: not small.keys(kept_key(scope(greedy), "*")))
            assert small.set("session:new", b"x" * MEGABYTE)
            assert eventually(lambda: len(small.acl_users()) == 2)
        with pytest.raises(redis.AuthenticationError):
            redis.Redis.from_url(greedy.redis_url).ping()
        assert other.get(kept_key(scope(modest), "9")) == b"x" * 1000


def test_while_there_is_room_everybody_keeps_theirs(small: redis.Redis, look: Callable[..., Looking]) -> None:
    """Much is not too much as long as there is room, nor is little when there is none, nor anything without a limit."""
    looking = look()
    with redis.Redis.from_url(looking.redis_url) as kernel:
        fill(kernel, scope(looking), b"x" * MEGABYTE, most=5)
        assert make_room(small) == []
        small.config_set("maxmemory", 0)
        assert make_room(small) == []
        small.config_set("maxmemory", small.info("memory")["used_memory"] + 100 * MEGABYTE)
        for number in range(3):
            small.set(f"session:{number}", b"x" * 10 * MEGABYTE)
        small.config_set("maxmemory", small.info("memory")["used_memory"] + MEGABYTE)
        kernel.delete(*(kept_key(scope(looking), str(number)) for number in range(4)))
        assert make_room(small) == []
        assert kernel.get(kept_key(scope(looking), "4"))


def test_what_is_sent_and_never_ends_has_an_end(client: redis.Redis, look: Callable[..., Looking]) -> None:
    """Who begins one great value after another and ends none is cut off: what clients hold does not pass its share."""
    looking = look()
    client.config_set("maxmemory", 64 * MEGABYTE)
    login, key = parse_url(looking.redis_url), kept_key(scope(looking), "0")
    begun = f"*3\r\n$3\r\nSET\r\n${len(key)}\r\n{key}\r\n${15 * MEGABYTE}\r\n".encode() + b"x" * 10 * MEGABYTE
    with contextlib.ExitStack() as exits:
        for _ in range(6):
            line = exits.enter_context(socket.socket(socket.AF_UNIX))
            line.connect(login["path"])
            line.sendall(f"AUTH {login['username']} {login['password']}\r\n".encode())
            assert line.recv(100) == b"+OK\r\n"
            with contextlib.suppress(ConnectionError):
                line.sendall(begun)
            assert client.info("memory")["mem_clients_normal"] < 32 * MEGABYTE
        assert client.info("stats")["evicted_clients"] >= 4


def test_a_value_has_an_end(look: Callable[..., Looking]) -> None:
    """One that no page needs is not taken in at all."""
    looking = look()
    with redis.Redis.from_url(looking.redis_url) as kernel:
        with pytest.raises(redis.RedisError):
            kernel.execute_command("SET", kept_key(scope(looking), "0"), b"x" * 17 * 2**20)
        fill(kernel, scope(looking), b"x" * 10 * MEGABYTE, most=1)
