"""The worker hears of every change within a moment and loses none, whoever is killed meanwhile."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psycopg
import pytest
import redis

from edukit.cache import updates_key
from edukit.serving.worker import POLL_SECONDS, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Boards, Forked, House, Looking

    from edukit.ops.stores import Stores

    Eventually = Callable[[Callable[[], object]], bool]

WORKER = """
import sys
from types import SimpleNamespace
from edukit.serving.worker import Worker
Worker(SimpleNamespace(database_url=sys.argv[1], redis_url=sys.argv[2])).run()
"""


@pytest.fixture
def workers(house: House, stores: Stores, tmp_path: Path) -> Iterator[Callable[[], Forked]]:
    """Starts a worker in a process of its own; ends what is left."""
    started = []

    def start() -> Forked:
        worker = house.begun("-c", WORKER, stores.database_url, stores.redis_url, log=tmp_path / "worker.log")
        started.append(worker)
        return worker

    yield start
    for worker in started:
        worker.kill()
        worker.wait(30)


def test_a_commit_wakes_the_worker(
    boards: Boards, stores: Stores, client: redis.Redis, somebody: dict[str, int], eventually: Eventually
) -> None:
    """Within a second of the commit others see it, long before the worker would look by itself."""
    with Worker(stores):
        assert eventually(lambda: boards.shown() == boards.ledger())
        taken = []
        for _ in range(5):
            boards.award(somebody, 3)
            began = time.monotonic()
            assert eventually(lambda: not boards.untold())
            taken.append(time.monotonic() - began)
            assert boards.shown() == boards.ledger()
    assert min(taken) < 1.0
    assert max(taken) < POLL_SECONDS


def test_killed_between_redis_and_the_delete_nothing_is_lost(  # noqa: PLR0913, PLR0917
    boards: Boards,
    stores: Stores,
    client: redis.Redis,
    somebody: dict[str, int],
    workers: Callable[[], Forked],
    eventually: Eventually,
) -> None:
    """A worker killed after it wrote to Redis leaves its rows: the next takes them again, and all is right."""
    boards.award(somebody, 11)
    updates = updates_key(somebody["institution_id"], somebody["class_id"])
    with psycopg.connect(boards.school.admin_url) as blocker:
        # Whoever takes rows is let in, whoever deletes them waits.
        blocker.execute("LOCK TABLE outbox IN SHARE MODE")
        worker = workers()
        assert eventually(lambda: client.xlen(updates) == 1)
        worker.kill()
        worker.wait(30)
    assert boards.untold() == 1
    workers()
    assert eventually(lambda: not boards.untold())
    assert client.xlen(updates) == 2
    assert boards.shown() == boards.ledger()


def test_two_at_once_agree(
    boards: Boards,
    client: redis.Redis,
    somebody: dict[str, int],
    workers: Callable[[], Forked],
    eventually: Eventually,
) -> None:
    """Two servers on one pair of stores, in the midst of awards: no older board is ever written last."""
    students = list(boards.ledger()[somebody["class_id"]])
    for _ in range(2):
        workers()
    assert eventually(lambda: boards.listening() == 2)
    for number in range(60):
        boards.award({**somebody, "student_id": students[number % len(students)]}, number % 5)
    assert eventually(lambda: not boards.untold())
    assert eventually(lambda: boards.shown() == boards.ledger())


def test_while_redis_is_away_rows_wait(  # noqa: PLR0913, PLR0917
    boards: Boards,
    valkey: Stores,
    stores: Stores,
    somebody: dict[str, int],
    kill_redis: Callable[[], None],
    eventually: Eventually,
    look: Callable[..., Looking],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With Redis killed the rows stay, which is said once; with it back they are heard, and kernels may log in."""
    kernels = look().redis_url
    with Worker(stores):
        assert eventually(boards.generations)
        before = boards.generations()
        kill_redis()
        boards.award(somebody, 2)
        time.sleep(3)
        assert boards.untold() == 1
        valkey.revive()
        assert eventually(lambda: not boards.untold())
        assert eventually(lambda: not set(before.values()) & set(boards.generations().values()))
        with redis.Redis.from_url(kernels) as kernel:
            assert eventually(kernel.ping)
        assert boards.shown() == boards.ledger()
    told = [record for record in caplog.records if "waits to be renewed" in record.message]
    assert len(told) == 1
