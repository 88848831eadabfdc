"""What the tests of the worker share: a small school, and a Redis of its own that may be killed."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest
import redis
from pydantic import SecretStr
from sqlalchemy import text

import edukit
from edukit.actions.outbox import tell_outbox
from edukit.db import minting
from edukit.db.session import session_for
from edukit.ops.seed import DEMO_TEACHER
from edukit.ops.stores import Stores, open_stores
from edukit.serving.redis_login import drop_login, make_login
from edukit.serving.renewal import renew_all, renew_told
from edukit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Database, House

    from edukit.workbench import Workbench

# By itself: not a word of it is shared with what the worker asks.
LEDGER = """
    SELECT e.class_id, e.student_id,
        (SELECT coalesce(sum(g.points_awarded), 0) FROM gamification_events g
         WHERE (g.institution_id, g.class_id, g.student_id) = (e.institution_id, e.class_id, e.student_id))
    FROM enrolments e WHERE e.left_at IS NULL"""
AWARD = (
    "INSERT INTO gamification_events (id, institution_id, student_id, class_id, event_type, points_awarded,"
    " occurred_at) VALUES (gen_random_uuid(), :institution_id, :student_id, :class_id, :kind, :points, now())"
)


@pytest.fixture(scope="module")
def school(house: House) -> Iterator[Database]:
    """A database with a small demo school, for the tests of one module: they leave its outbox empty."""
    with house.school() as database:
        yield database


@pytest.fixture
def valkey(school: Database, tmp_path: Path) -> Iterator[Stores]:
    """Who keeps a Valkey of the test's own, beside the school's database."""
    with open_stores(Settings(home=tmp_path / "home", database_url=SecretStr(school.admin_url))) as stores:
        yield stores


@pytest.fixture
def stores(valkey: Stores) -> Iterator[Stores]:
    """The school's database and that Valkey, shared as servers are."""
    urls = {"database_url": SecretStr(valkey.database_url), "redis_url": SecretStr(valkey.redis_url)}
    with open_stores(Settings(home=valkey.home, **urls)) as stores:
        yield stores


@pytest.fixture
def client(stores: Stores) -> Iterator[redis.Redis]:
    """The server's own way to that Valkey."""
    with redis.Redis.from_url(stores.redis_url) as client:
        yield client


WHO = text("""
    SELECT u.institution_id, u.id AS user_id, u.role, ARRAY(SELECT t.class_id FROM class_teachers t
        WHERE (t.institution_id, t.teacher_id) = (u.institution_id, u.id) ORDER BY 1) AS classes
    FROM users u JOIN accounts a ON a.id = u.account_id WHERE a.email = :email""")


@dataclass(frozen=True)
class Looking:
    """Somebody who looks: what their kernel has, and what it was made from."""

    viewer: str
    database_url: str
    redis_url: str
    institution_id: int
    user_id: int | None
    role: str
    classes: list[int]


@pytest.fixture
def look(school: Database, stores: Stores) -> Iterator[Callable[..., Looking]]:
    """Lets somebody look, by their e-mail address; None: an analyst at the machine, of the teacher's institution."""
    made = []

    def look(email: str | None = DEMO_TEACHER) -> Looking:
        with session_for(school.app) as session:
            who = dict(session.execute(WHO, {"email": email or DEMO_TEACHER}).mappings().one())
            if email is None:
                who |= {"user_id": None, "role": "analyst", "classes": []}
            login = minting.mint(
                session,
                institution_id=who["institution_id"],
                user_id=who["user_id"],
                database_url=school.admin_url,
            )
        made.append(login.name)
        url = make_login(stores, login.name, **who)
        assert url is not None
        return Looking(login.name, login.database_url, url, **who)

    yield look
    for viewer in made:
        drop_login(stores, viewer)


@dataclass(frozen=True)
class Boards:
    """A school whose points change, and what Redis has of it."""

    school: Database
    client: redis.Redis

    def award(self, somebody: dict[str, int], points: int) -> None:
        """Write an award (or take points back) and tell of it, as every action does."""
        with session_for(self.school.app) as session:
            kind = "practice" if points >= 0 else "correction"
            session.execute(text(AWARD), {**somebody, "points": points, "kind": kind})
            tell_outbox(session, institution_id=somebody["institution_id"], class_ids=[somebody["class_id"]])

    def untold(self) -> int:
        """How many entries of the outbox nobody has heard."""
        with session_for(self.school.app) as session:
            return int(session.scalar(text("SELECT count(*) FROM outbox")) or 0)

    def listening(self) -> int:
        """How many workers hear of the database's changes."""
        with psycopg.connect(self.school.admin_url) as admin:
            hear = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN edukit_outbox'"
            return admin.execute(hear).rowcount

    def ledger(self) -> dict[int, dict[int, float]]:
        """The board of each class, as the database says."""
        boards: dict[int, dict[int, float]] = {}
        with session_for(self.school.app) as session:
            for class_id, student_id, points in session.execute(text(LEDGER)):
                boards.setdefault(class_id, {})[student_id] = float(points)
        return boards

    def shown(self) -> dict[int, dict[int, float]]:
        """The board of each class, as Redis says."""
        return {
            int(key.split(b":")[2][:-1]): {
                int(who): points for who, points in self.client.zrange(key, 0, -1, withscores=True)
            }
            for key in self.client.keys("leaderboard:*}")
        }

    def generations(self) -> dict[bytes, bytes | None]:
        """Every generation by its key."""
        keys = self.client.keys("generation:*")
        return dict(zip(keys, self.client.mget(keys), strict=True)) if keys else {}

    def renew(self, *, move: bool = False) -> None:
        """What a worker does in a minute."""
        with session_for(self.school.app) as session:
            while renew_told(session, self.client):
                pass
            renew_all(session, self.client, move=move)


@pytest.fixture
def boards(school: Database, client: redis.Redis) -> Boards:
    """The school's boards."""
    return Boards(school, client)


@pytest.fixture
def somebody(school: Database) -> dict[str, int]:
    """Ids of a student, of a class that they are in, and of their institution."""
    query = text("SELECT institution_id, class_id, student_id FROM enrolments WHERE left_at IS NULL ORDER BY 2, 3")
    with session_for(school.app) as session:
        return dict(session.execute(query).mappings().first() or {})


@pytest.fixture
def edu(house: House, look: Callable[..., Looking]) -> Iterator[Workbench]:
    """The teacher's Workbench, with what kernels get."""
    looking = look()
    settings = Settings(
        viewer_url=SecretStr(looking.database_url),
        viewer_redis_url=SecretStr(looking.redis_url),
        user=DEMO_TEACHER,
        frozen_now=house.settings.now,
    )
    with edukit.connect(settings) as edu:
        yield edu


@pytest.fixture
def kill_redis(stores: Stores) -> Callable[[], None]:
    """Kills that Valkey and what watches over it; ``valkey.revive()`` starts it again."""

    def kill() -> None:
        theirs = [process for process in psutil.process_iter(["cmdline", "cwd"]) if works_for(stores, process)]
        assert len(theirs) == 2, theirs
        # The one that watches first: it would start the other again.
        for process in sorted(theirs, key=lambda process: process.pid):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(theirs, timeout=10)

    return kill


def works_for(stores: Stores, process: psutil.Process) -> bool:
    told = [*(process.info["cmdline"] or ()), process.info["cwd"] or ""]
    return any(str(stores.home) in text for text in told)


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], bool]:
    """Tells whether something holds within some time."""

    def wait(holds: Callable[[], object], seconds: float = 60.0) -> bool:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with contextlib.suppress(redis.RedisError):
                if holds():
                    return True
            time.sleep(0.02)
        return False

    return wait
