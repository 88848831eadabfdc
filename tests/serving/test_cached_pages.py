"""What pages and analysts are given is the same with the cache, without it, and while Redis is killed or hangs."""

from __future__ import annotations

import inspect
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from pydantic import SecretStr
from sqlalchemy import text

import edukit
from edukit.actions.practice import refresh_mastery, tell_of_practice
from edukit.cache import TIMEOUT_SECONDS
from edukit.db.session import session_for
from edukit.ops.seed import DEMO_TEACHER
from edukit.serving.worker import Worker
from edukit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    import redis
    from conftest import Database, House, Looking

    from edukit.ops.stores import Stores
    from edukit.workbench import Workbench

    Eventually = Callable[[Callable[[], object]], bool]

ANSWER = text(
    "INSERT INTO question_attempts (institution_id, id, student_id, question_id, class_id, sequence, is_correct)"
    " SELECT institution_id, gen_random_uuid(), student_id, question_id, class_id, sequence + 1, true"
    " FROM question_attempts WHERE class_id = :class_id ORDER BY student_id, sequence DESC LIMIT 1"
    " RETURNING institution_id, student_id"
)
CLASSES = text("SELECT DISTINCT class_id FROM question_attempts WHERE class_id IS NOT NULL ORDER BY 1")
COUNTED = text("SELECT count(*) FROM question_attempts WHERE class_id = :class_id")
KEPT = {"classes": "progress_summary", "class_mastery": "chapter_mastery", "home": "practised_concepts"}


@pytest.fixture
def plain(house: House, look: Callable[..., Looking]) -> Iterator[Workbench]:
    """The teacher's Workbench without a cache."""
    settings = Settings(viewer_url=SecretStr(look().database_url), user=DEMO_TEACHER, frozen_now=house.settings.now)
    with edukit.connect(settings) as edu:
        yield edu


@pytest.fixture
def class_id(school: Database) -> int:
    """A class for which answers were given."""
    with session_for(school.app) as session:
        return int(session.scalars(CLASSES).first() or 0)


@pytest.fixture
def worker(stores: Stores, client: redis.Redis, eventually: Eventually) -> Iterator[Worker]:
    """A worker that has made its first round."""
    with Worker(stores) as worker:
        assert eventually(lambda: client.keys("leaderboard:*"))
        yield worker


def answer(school: Database, class_id: int, now: datetime) -> None:
    """One student of the class gives one more right answer, as an import writes it."""
    with session_for(school.app) as session:
        institution_id, student_id = session.execute(ANSWER, {"class_id": class_id}).one()
        refresh_mastery(session, institution_id=institution_id, now=now, student_ids=[student_id])
        tell_of_practice(session, institution_id=institution_id, student_ids=[student_id])


def counted(school: Database, class_id: int) -> int:
    with session_for(school.app) as session:
        return int(session.scalar(COUNTED, {"class_id": class_id}) or 0)


def answers(edu: Workbench, class_id: int) -> tuple[int, int]:
    """The answers given for a class, as the two frames that are kept have them."""
    classes = edu.classes().set_index("class_id")
    return int(classes.loc[class_id, "attempts"]), int(edu.class_mastery(class_id)["class_attempts"].sum())


def everything(edu: Workbench, class_id: int) -> dict[str, pd.DataFrame]:
    """The frame of every method that gives one, by name; methods that act are not called."""
    student_id = int(edu.class_mastery(class_id)["student_id"].iloc[0])
    known: dict[str, Any] = {"class_": class_id, "student_id": student_id, "table": "classes"}
    if len(grievances := edu.grievances()):
        known["grievance_id"] = grievances["grievance_id"].iloc[0]
    found = {}
    for name, method in inspect.getmembers(edu, inspect.ismethod):
        signature = inspect.signature(method)
        needed = [each.name for each in signature.parameters.values() if each.default is each.empty]
        given = {each: known[each] for each in signature.parameters if each in known}
        # How many rows a table has is the planner's guess, which changes by itself.
        if name == "tables":
            continue
        if not name.startswith("_") and signature.return_annotation == "pd.DataFrame" and given.keys() >= set(needed):
            found[name] = method(**given)
    return found


def assert_same(left: dict[str, pd.DataFrame], right: dict[str, pd.DataFrame]) -> None:
    assert left.keys() == right.keys()
    for name, frame in left.items():
        pd.testing.assert_frame_equal(frame, right[name], check_exact=True, obj=name)


@pytest.mark.usefixtures("worker")
def test_what_is_kept_is_what_would_be_loaded(
    edu: Workbench, plain: Workbench, client: redis.Redis, class_id: int
) -> None:
    """Loaded, given from the cache and without a cache, every frame is equal; and the cache was really asked."""
    loaded = everything(edu, class_id)
    assert {"classes", "class_mastery", "leaderboard", "neighbours", "home", "student", "risk"} <= loaded.keys()
    kept = [key.decode().split("}:")[1].split(":")[0] for key in client.keys("cache:*")]
    assert set(kept) == set(KEPT.values())
    assert_same(everything(edu, class_id), loaded)
    assert_same(everything(plain, class_id), loaded)


@pytest.mark.usefixtures("worker")
def test_kept_frames_come_from_redis(edu: Workbench, client: redis.Redis, class_id: int) -> None:
    """What Redis holds is what is shown: an answer nobody told of is not counted before the generation moves."""
    before = edu.classes().set_index("class_id")["attempts"]
    (key,) = (key for key in client.keys("cache:*:progress_summary:*") if b":%d:" % class_id in key)
    client.set(key, f"[0.0, {time.time() + 60}, [77, 7, null]]", ex=60)
    after = edu.classes().set_index("class_id")["attempts"]
    assert after[class_id] == 77
    assert after.drop(class_id).equals(before.drop(class_id))
    (board,) = client.keys(f"leaderboard:*:{class_id}}}")
    client.zadd(board, {str(edu.leaderboard(class_id)["student_id"].iloc[-1]): 12_345})
    assert edu.leaderboard(class_id)["points"].max() == 12_345


def test_a_writer_sees_their_own_write_at_once(  # noqa: PLR0913, PLR0917
    school: Database, stores: Stores, edu: Workbench, eventually: Eventually, client: redis.Redis, class_id: int
) -> None:
    """With all kept and the worker away, who writes sees it in the next frame; so does everybody else."""
    with Worker(stores):
        assert eventually(lambda: client.keys("leaderboard:*"))
        before = answers(edu, class_id)
        board = edu.leaderboard(class_id)
    for more in (1, 2):
        answer(school, class_id, edu.now)
        assert answers(edu, class_id) == (before[0] + more, before[1] + more)
    student_id = int(board["student_id"].iloc[-1])
    edu.award_points(class_id, student_id, 50)
    moved = edu.leaderboard(class_id).set_index("student_id")["points"] - board.set_index("student_id")["points"]
    assert moved[moved != 0].to_dict() == {student_id: 50}
    with Worker(stores):
        assert eventually(lambda: not edu.sql("SELECT 1 FROM outbox").shape[0])
        assert answers(edu, class_id) == (before[0] + 2, before[1] + 2)
        moved = edu.leaderboard(class_id).set_index("student_id")["points"] - board.set_index("student_id")["points"]
        assert moved[moved != 0].to_dict() == {student_id: 50}


@pytest.mark.usefixtures("worker")
def test_others_see_an_answer_within_a_second(school: Database, edu: Workbench, class_id: int) -> None:
    """A process that has it all kept shows what another has committed, within a second and ever after."""
    for _ in range(3):
        before = answers(edu, class_id)
        answer(school, class_id, edu.now)
        until = time.monotonic() + 1
        while time.monotonic() < until:
            seen = answers(edu, class_id)
        assert seen == (before[0] + 1, before[1] + 1)
        assert seen[0] == counted(school, class_id)


@pytest.mark.usefixtures("worker")
def test_with_redis_killed_everything_answers(  # noqa: PLR0913, PLR0917
    valkey: Stores,
    edu: Workbench,
    client: redis.Redis,
    kill_redis: Callable[[], None],
    eventually: Eventually,
    class_id: int,
) -> None:
    """Killed in the midst of it, Redis is missed by no frame; started again, it is used, kernels' login and all."""
    before = everything(edu, class_id)
    kill_redis()
    assert_same(everything(edu, class_id), before)
    valkey.revive()
    client.flushall()
    assert eventually(lambda: len(edu.class_mastery(class_id)) and client.keys("cache:*chapter_mastery*"))
    assert_same(everything(edu, class_id), before)


@pytest.mark.usefixtures("worker")
def test_with_redis_hanging_a_page_waits_one_timeout(
    stores: Stores, edu: Workbench, plain: Workbench, class_id: int
) -> None:
    """A Redis that takes the line and never answers costs the first frame its timeout, and the next ones nothing."""
    before = edu.class_mastery(class_id)
    pid = int((stores.home / "valkey" / "valkey.pid").read_text())
    os.kill(pid, signal.SIGSTOP)
    try:
        taken = []
        for each in (edu, edu, edu, plain):
            began = time.perf_counter()
            pd.testing.assert_frame_equal(each.class_mastery(class_id), before)
            taken.append(time.perf_counter() - began)
        assert taken[0] < taken[3] + 3 * TIMEOUT_SECONDS
        assert min(taken[1:3]) < taken[3] + TIMEOUT_SECONDS / 2
    finally:
        os.kill(pid, signal.SIGCONT)
