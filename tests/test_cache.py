"""The cache gives what was loaded, for as long as its table says, once for everybody, and is never in the way."""

from __future__ import annotations

import json
import socket
import threading
import time
from math import e
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import redis

from edukit import cache as module
from edukit.cache import SECONDS, Cache, board_keys, generation_key, kept_key, updates_key
from edukit.queries.frames import Column, Frame
from edukit.serving.redis_login import drop_login, make_login

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import House

CLASS = (1, 7)
GENERATION = generation_key(*CLASS)
RUBBISH = [
    "",
    "{",
    "[]",
    "[1]",
    "[1, [1]]",
    '["x", 4e9, [1]]',
    '[1, "x", [1]]',
    "[1, 4e9, {}]",
    "[1, 4e9, [1, 2]]",
    "[1, 4e9, [[1e400], [[1], [0]]]]",
    "[" * 100_000,
    b"\xff",
]


@pytest.fixture
def stores(house: House) -> Iterator[SimpleNamespace]:
    """A numbered database of the run's Valkey that nobody else uses."""
    url = f"{house.stores.redis_url}&db=7"
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        yield SimpleNamespace(redis_url=url, embedded_redis=True, embedded_postgres=True)
        client.flushdb()


@pytest.fixture
def client(stores: SimpleNamespace) -> Iterator[redis.Redis]:
    """The server's own way to it, with a generation of the class."""
    with redis.Redis.from_url(stores.redis_url) as client:
        client.set(GENERATION, "g1")
        yield client


@pytest.fixture
def login(stores: SimpleNamespace) -> Iterator[Callable[..., str]]:
    """Makes the login of a teacher of classes 7, 8 and 9, or of somebody else; its address."""
    made = []

    def login(user_id: int = 12, role: str = "teacher") -> str:
        made.append(f"edukit_v_cache{len(made)}")
        who = {"institution_id": 1, "user_id": user_id, "role": role, "classes": [7, 8, 9]}
        return str(make_login(stores, made[-1], **who))

    yield login
    for viewer in made:
        drop_login(stores, viewer)


@pytest.fixture
def redis_url(login: Callable[..., str]) -> str:
    """The address that a teacher's kernel has."""
    return login()


@pytest.fixture
def cache(redis_url: str, client: redis.Redis) -> Iterator[Cache]:
    """A cache that refreshes as if by chance, and always the same."""
    cache = Cache(redis_url, rng=Random(1))
    yield cache
    cache.close()


def key_of(kind: str, generation: str = "g1") -> str:
    return kept_key("1:12:teacher", f"{kind}:7:{generation}")


def never() -> Any:
    pytest.fail("it was loaded although it is kept")


def test_the_table_is_the_design() -> None:
    """The lives of the kinds are those that the source systems gave them, or the kind that they are like."""
    assert dict(SECONDS) == {
        "student_streak": 300,
        "leaderboard": 300,
        "standings": 21600,
        "student_progress": 600,
        "progress_summary": 900,
        "chapter_mastery": 1800,
        "practised_concepts": 1800,
        "feedback_suggestions": 1800,
        "default": 1800,
        "daily_analytics": 3600,
        "student_profile": 7200,
        "question_content": 86400,
    }


@pytest.mark.parametrize("kind", SECONDS)
def test_what_is_kept_lives_as_long_as_the_table_says(kind: str, cache: Cache, client: redis.Redis) -> None:
    """Each kind is kept once, and Redis forgets it by itself after the seconds of the table."""
    assert cache.get_or_load(kind, CLASS, lambda: [1]) == [1]
    assert cache.get_or_load(kind, CLASS, never) == [1]
    assert client.ttl(key_of(kind)) in {SECONDS[kind], SECONDS[kind] - 1}
    assert client.dbsize() == 2


def test_an_unknown_kind_is_a_mistake(cache: Cache) -> None:
    """A kind that the table does not have is not kept for a time that nobody chose."""
    with pytest.raises(KeyError):
        cache.get_or_load("anything", CLASS, lambda: 1)


def test_keys_of_one_class_stand_together() -> None:
    """What stands in a key's braces is the class, or the viewer: on a cluster their keys are on one server."""
    keys = [generation_key(1, 7), updates_key(1, 7), *board_keys(1, 7)]
    assert {key[key.index("{") : key.index("}") + 1] for key in keys} == {"{1:7}"}
    assert key_of("default").startswith("cache:{1:12:teacher}:")


def test_a_new_generation_is_loaded_anew(cache: Cache, client: redis.Redis) -> None:
    """When the worker moves the generation, what was kept is never given again, and nothing has to be deleted."""
    cache.get_or_load("default", CLASS, lambda: "old")
    client.set(GENERATION, "g2")
    assert cache.get_or_load("default", CLASS, lambda: "new") == "new"
    assert cache.get_or_load("default", CLASS, never) == "new"


def test_without_a_generation_nothing_is_kept(cache: Cache, client: redis.Redis) -> None:
    """A generation that is missing (never set, or evicted) means load and keep nothing, one by one or many."""
    client.delete(GENERATION)
    assert [cache.get_or_load("default", CLASS, lambda n=n: n) for n in (1, 2)] == [1, 2]
    assert cache.get_or_load_each("default", [CLASS], lambda missing: dict.fromkeys(missing, 3)) == {CLASS: 3}
    assert client.dbsize() == 0


def test_nobody_reads_what_another_kept(client: redis.Redis, login: Callable[..., str]) -> None:
    """Two pages of a user share; another user, or the same in another role, loads for themselves."""
    first, second, other, promoted = caches = [Cache(url) for url in (login(), login(), login(13), login(12, "admin"))]
    assert first.get_or_load("default", CLASS, lambda: "first") == "first"
    assert second.get_or_load("default", CLASS, never) == "first"
    assert other.get_or_load("default", CLASS, lambda: "other") == "other"
    assert promoted.get_or_load("default", CLASS, lambda: "promoted") == "promoted"
    assert first.get_or_load("default", CLASS, never) == "first"
    for cache in caches:
        cache.close()


def test_a_class_that_is_not_theirs_is_loaded(cache: Cache, client: redis.Redis) -> None:
    """What Redis refuses a login is not there, one by one or among many; the rest goes on being kept."""
    client.set(generation_key(1, 99), "g9")
    client.set(board_keys(1, 99)[1], "1")
    assert [cache.get_or_load("default", (1, 99), lambda n=n: n) for n in (1, 2)] == [1, 2]
    assert cache.board(1, 99) is None
    cache.get_or_load("default", CLASS, lambda: "kept")
    assert cache.get_or_load_each("default", [CLASS, (1, 99)], lambda missing: dict.fromkeys(missing, "loaded")) == {
        CLASS: "kept",
        (1, 99): "loaded",
    }
    assert cache.get_or_load("default", CLASS, never) == "kept"


def test_a_board_of_nobody_is_not_one_that_is_missing(cache: Cache, client: redis.Redis) -> None:
    """A class without students has an empty board; one that the worker has not written, none."""
    assert cache.board(*CLASS) is None
    client.set(board_keys(*CLASS)[1], "0")
    assert cache.board(*CLASS) == {}
    client.zadd(board_keys(*CLASS)[0], {"5": 20, "6": -1})
    assert cache.board(*CLASS) == {5: 20, 6: -1}


def test_the_servers_own_login_keeps_nothing(stores: SimpleNamespace, client: redis.Redis) -> None:
    """With an address that says nobody's name there is nobody to keep anything for."""
    cache = Cache(stores.redis_url)
    assert [cache.get_or_load("default", CLASS, lambda n=n: n) for n in (1, 2)] == [1, 2]
    cache.close()
    assert client.dbsize() == 1


def test_one_loads_for_all(redis_url: str, client: redis.Redis) -> None:
    """Of eight who miss the same key at once, one loads, the others get what it kept; the lock is gone afterwards."""
    gate, loads = threading.Barrier(8), []

    def load() -> list[int]:
        loads.append(1)
        time.sleep(0.1)
        return [5]

    def ask() -> None:
        cache = Cache(redis_url)
        gate.wait()
        got.append(cache.get_or_load("default", CLASS, load))
        cache.close()

    got: list[list[int]] = []
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (got, len(loads)) == ([[5]] * 8, 1)
    assert client.keys("*:loader") == []


def test_who_waits_in_vain_loads_for_themselves(cache: Cache, client: redis.Redis) -> None:
    """A loader that died holds nobody up for longer than a moment, and its lock stays until it ends by itself."""
    lock = key_of("default") + ":loader"
    client.set(lock, 1, px=60_000)
    began = time.monotonic()
    assert cache.get_or_load("default", CLASS, lambda: 3) == 3
    assert module.WAIT_SECONDS <= time.monotonic() - began < 2
    assert client.exists(lock)


def test_a_load_that_fails_frees_the_next(cache: Cache, client: redis.Redis) -> None:
    """An error of the load is the caller's to see, keeps nothing and leaves no lock."""
    with pytest.raises(ZeroDivisionError):
        cache.get_or_load("default", CLASS, lambda: 1 // 0)
    assert client.keys("cache:*") == []


def test_refreshes_come_early_and_one_by_one() -> None:
    """One whose rest is as long as its load is refreshed early by one reader in e, a young one by nobody."""
    rng = Random(4)
    entry = module._Entry(value=None, cost_seconds=2.0, left_seconds=2.0)
    share = sum(module._is_early(entry, rng.random()) for _ in range(20_000)) / 20_000
    assert share == pytest.approx(1 / e, abs=0.02)
    assert not any(module._is_early(module._Entry(None, 0.1, 1_800.0), rng.random()) for _ in range(20_000))


def test_an_early_refresh_keeps_nobody_waiting(cache: Cache, client: redis.Redis) -> None:
    """Near its end and costly, a value is loaded anew by one; who comes meanwhile gets the one that is there."""
    key = key_of("default")
    client.set(key, json.dumps([10_000.0, time.time() + 0.5, "old"]), px=500)
    client.set(f"{key}:loader", 1, px=60_000)
    assert cache.get_or_load("default", CLASS, never) == "old"
    client.delete(f"{key}:loader")
    assert cache.get_or_load("default", CLASS, lambda: "new") == "new"
    assert cache.get_or_load("default", CLASS, never) == "new"


@pytest.mark.parametrize("rubbish", RUBBISH)
def test_what_was_not_kept_by_us_is_not_there(rubbish: str | bytes, cache: Cache, client: redis.Redis) -> None:
    """Whatever somebody else wrote under the key, the frame is loaded and kept in its place, without an error."""
    frame = Frame("f", (Column("a", "int64", "a number"), Column("b", "str", "a name")))
    loaded = frame.of([(1, "x")])
    client.set(key_of("default"), rubbish)
    pd.testing.assert_frame_equal(cache.frame("default", CLASS, frame, lambda: loaded), loaded)
    pd.testing.assert_frame_equal(cache.frame("default", CLASS, frame, never), loaded)


def test_of_many_only_the_missing_are_loaded(cache: Cache, client: redis.Redis) -> None:
    """Of three classes one is kept, one missing, one without a generation: the last two are loaded at once."""
    classes = [(1, 7), (1, 8), (1, 9)]
    client.set(generation_key(*classes[1]), "h1")
    asked: list[list[int]] = []

    def load(missing: list[tuple[int, int]]) -> dict[tuple[int, int], int]:
        asked.append([class_id for _, class_id in missing])
        return {class_: class_[1] * 10 for class_ in missing}

    cache.get_or_load_each("default", classes[:1], load)
    for _ in range(2):
        assert cache.get_or_load_each("default", classes, load) == {class_: class_[1] * 10 for class_ in classes}
    assert asked == [[7], [8, 9], [9]]


def test_without_an_address_everything_is_loaded() -> None:
    """A process that has no login of Redis has no cache and needs none."""
    cache = Cache(None)
    assert [cache.get_or_load("default", CLASS, lambda n=n: n) for n in (1, 2)] == [1, 2]
    assert cache.board(1, 7) is None
    cache.close()


def test_a_silent_redis_is_left_alone(tmp_path: Path) -> None:
    """One that takes the line and says nothing costs one timeout; then nobody asks it until a while has passed."""
    address = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(address)
        silent.listen(100)
        cache = Cache(f"unix://{address}?username=v:1:12:teacher&password=x")
        assert seconds(lambda: cache.get_or_load("default", CLASS, lambda: 1)) < module.TIMEOUT_SECONDS * 2.5
        assert seconds(lambda: [cache.get_or_load("default", CLASS, lambda: 1) for _ in range(1000)]) < 0.1
        cache._left_alone_until = 0.0
        assert seconds(lambda: cache.get_or_load("default", CLASS, lambda: 1)) > module.TIMEOUT_SECONDS / 2
        cache.close()


def test_an_absent_redis_is_no_error_and_is_found_again(
    tmp_path: Path, client: redis.Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With nothing at the address everything is loaded; once it answers and the while has passed, it is used."""
    place = tmp_path / "s"
    real = client.connection_pool.connection_kwargs["path"]
    cache = Cache(redis_url.replace(real.replace(" ", "%20"), str(place)))
    assert cache.get_or_load("default", CLASS, lambda: 1) == 1
    place.symlink_to(real)
    assert cache.get_or_load("default", CLASS, lambda: 2) == 2
    monkeypatch.setattr(time, "monotonic", lambda now=time.monotonic: now() + module.LEFT_ALONE_SECONDS)
    assert cache.get_or_load("default", CLASS, lambda: 3) == 3
    assert cache.get_or_load("default", CLASS, never) == 3
    cache.close()


def test_a_full_redis_is_no_error(cache: Cache, client: redis.Redis, redis_url: str) -> None:
    """A Redis that refuses to keep more is left alone, and what was loaded is given all the same."""
    before = client.config_get("maxmemory")["maxmemory"]
    client.config_set("maxmemory", 1)
    try:
        assert cache.get_or_load("default", CLASS, lambda: 1) == 1
    finally:
        client.config_set("maxmemory", before)
    assert client.keys("cache:*") == []


def seconds(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    do()
    return time.perf_counter() - began
