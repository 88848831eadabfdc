"""A viewer's login of Redis reaches what the database lets them see, for as long as it does, and nothing else."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import redis
from pydantic import SecretStr
from redis.connection import parse_url
from sqlalchemy import text

from edukit.cache import Cache, board_keys, generation_key, kept_key, updates_key
from edukit.db import minting
from edukit.db.session import session_for
from edukit.ops.stores import open_stores
from edukit.serving import redis_login
from edukit.serving.redis_login import drop_login, make_login, renew_logins
from edukit.serving.worker import Worker
from edukit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Database, Looking

    from edukit.ops.stores import Stores

    Eventually = Callable[[Callable[[], object]], bool]

TEACHER = {"institution_id": 1, "user_id": 12, "role": "teacher", "classes": [7, 8]}
ADMIN = {"institution_id": 1, "user_id": 17, "role": "admin", "classes": []}
TEACHES = text(
    "INSERT INTO class_teachers (institution_id, class_id, teacher_id) VALUES (:institution_id, :class_id, :user_id)"
)
TEACHES_NO_MORE = text("DELETE FROM class_teachers WHERE (class_id, teacher_id) = (:class_id, :user_id)")
ANOTHER_CLASS = text(
    "SELECT id FROM classes WHERE institution_id = :institution_id AND id <> ALL (:classes) ORDER BY 1 LIMIT 1"
)


@pytest.fixture(autouse=True)
def _said() -> Iterator[None]:
    """What is said once in a process may be said once in each test."""
    redis_login._tell.cache_clear()
    yield
    for viewer in list(redis_login._made):
        del redis_login._made[viewer]


@pytest.fixture
def as_kernel(stores: Stores) -> Iterator[Callable[..., redis.Redis]]:
    """Makes a login, by default a teacher's, and gives a kernel's way to Redis with it."""
    with contextlib.ExitStack() as exits:

        def kernel(viewer: str = "edukit_v_one", **who: object) -> redis.Redis:
            url = make_login(stores, viewer, **{**TEACHER, **who})
            assert url is not None
            return exits.enter_context(redis.Redis.from_url(url))

        yield kernel


def reads(kernel: redis.Redis, institution_id: int, class_id: int) -> bool:
    """Whether a kernel reads a class: all that there is of it, or nothing."""
    board, ledger = board_keys(institution_id, class_id)
    told = set()
    for command in (
        ("ZRANGE", board, 0, -1),
        ("ZCOUNT", board, "(3", "+inf"),
        ("GET", ledger),
        ("GET", generation_key(institution_id, class_id)),
        ("XRANGE", updates_key(institution_id, class_id), "-", "+"),
        ("XREAD", "STREAMS", updates_key(institution_id, class_id), 0),
    ):
        try:
            kernel.execute_command(*command)
            told.add("read")
        except redis.exceptions.NoPermissionError:
            told.add("refused")
    (found,) = told
    return found == "read"


def test_a_teacher_reads_their_classes(as_kernel: Callable[..., redis.Redis]) -> None:
    """Boards, generations and updates of the classes that they teach, and of no other, here or elsewhere."""
    kernel = as_kernel()
    seen = {
        (institution, class_)
        for institution in (1, 2, 12)
        for class_ in (7, 8, 9, 77)
        if reads(kernel, institution, class_)
    }
    assert seen == {(1, 7), (1, 8)}


def test_an_admin_reads_their_institution(as_kernel: Callable[..., redis.Redis]) -> None:
    """Of all classes of it, those to come too, and of no institution whose number only begins like theirs."""
    kernel = as_kernel(**ADMIN)
    seen = {
        (institution, class_) for institution in (1, 2, 12) for class_ in (7, 77) if reads(kernel, institution, class_)
    }
    assert seen == {(1, 7), (1, 77)}


def test_a_viewer_keeps_for_themselves(as_kernel: Callable[..., redis.Redis]) -> None:
    """What a user's kernel keeps another of theirs reads and drops, and nobody else's, nor theirs in another role."""
    key = kept_key("1:12:teacher", "x")
    assert as_kernel().set(key, "1", nx=True, ex=9)
    assert as_kernel("edukit_v_two").get(key) == b"1"
    for viewer, who in (
        ("edukit_v_colleague", {"user_id": 1}),
        ("edukit_v_elsewhere", {"institution_id": 11}),
        ("edukit_v_promoted", {"role": "admin"}),
        ("edukit_v_machine", {"user_id": None, "role": "analyst"}),
    ):
        other = as_kernel(viewer, **who)
        for command in ("GET", "DEL"):
            with pytest.raises(redis.exceptions.NoPermissionError):
                other.execute_command(command, key)
    assert as_kernel("edukit_v_three").delete(key) == 1


@pytest.mark.parametrize("role", ["student", "parent", "mentor"])
def test_who_sees_a_class_in_part_has_no_login(role: str, stores: Stores, client: redis.Redis) -> None:
    """A board tells of everybody in the class, and a database lets them see their own: they are given none."""
    assert make_login(stores, "edukit_v_one", **{**TEACHER, "role": role}) is None
    assert client.acl_users() == ["default"]


def test_names_tell_who_looks_and_passwords_nothing(stores: Stores, client: redis.Redis) -> None:
    """Each login has a random password of its own, which this process keeps only the hash of, and shows nowhere."""
    urls = [str(make_login(stores, f"edukit_v_{n}", **{**TEACHER, "user_id": None, "role": "analyst"})) for n in (1, 2)]
    passwords = {parse_url(url)["password"] for url in urls}
    assert len(passwords) == 2
    assert min(map(len, passwords)) > 40
    assert set(client.acl_users()) == {"default", "edukit_v_1:1:0:analyst", "edukit_v_2:1:0:analyst"}
    told = repr(redis_login._made)
    for login in redis_login._made.values():
        assert login.digest not in told
    assert not any(password in f"{vars(login)}" for login in redis_login._made.values() for password in passwords)


def test_a_dropped_login_is_gone_at_once(stores: Stores, as_kernel: Callable[..., redis.Redis]) -> None:
    """Its connections end, nobody comes in with it again, and it is not made again; another's stays."""
    kernel, other = as_kernel(), as_kernel("edukit_v_two")
    assert kernel.ping()
    assert other.ping()
    drop_login(stores, "edukit_v_one")
    with pytest.raises(redis.ConnectionError):
        kernel.execute_command("PING")
    with pytest.raises(redis.AuthenticationError):
        kernel.execute_command("PING")
    assert other.ping()
    assert redis_login._made.keys() == {"edukit_v_two"}


def test_logins_follow_the_database(school: Database, client: redis.Redis, look: Callable[..., Looking]) -> None:
    """A teacher who gets a class reads it, one who loses it no more, in the midst of a connection."""
    looking = look()
    which = {"institution_id": looking.institution_id, "user_id": looking.user_id, "classes": looking.classes}
    with session_for(school.app) as session, redis.Redis.from_url(looking.redis_url) as kernel:
        which["class_id"] = session.scalar(ANOTHER_CLASS, which)
        seen = []
        for change in (None, TEACHES, TEACHES_NO_MORE):
            if change is not None:
                session.execute(change, which)
            renew_logins(session, client)
            seen.append([reads(kernel, looking.institution_id, id_) for id_ in (which["class_id"], looking.classes[0])])
    assert seen == [[False, True], [True, True], [False, True]]


def test_logins_end_with_their_viewers(
    school: Database, stores: Stores, client: redis.Redis, look: Callable[..., Looking]
) -> None:
    """Revoked, a viewer loses Redis too, whoever made the login; what is another edukit's or nobody's of ours stays."""
    ended, living = look(), look(None)
    with redis.Redis.from_url(ended.redis_url) as kernel, session_for(school.app) as session:
        assert kernel.ping()
        left = f"edukit_v_left:{living.institution_id}:0:analyst"
        for name in ("edukit_viewer", left, "edukit_v_theirs:1:2:teacher", "edukit_v_", "somebody"):
            client.acl_setuser(name)
        minting.revoke(session, ended.viewer)
        renew_logins(session, client)
        with pytest.raises(redis.ConnectionError):
            kernel.execute_command("PING")
    names = {parse_url(living.redis_url)["username"], "default", "edukit_v_theirs:1:2:teacher", "edukit_v_", "somebody"}
    assert set(client.acl_users()) == names
    assert redis_login._made.keys() == {living.viewer}


def test_a_restart_brings_logins_back(  # noqa: PLR0913, PLR0917
    valkey: Stores,
    stores: Stores,
    client: redis.Redis,
    look: Callable[..., Looking],
    kill_redis: Callable[[], None],
    eventually: Eventually,
) -> None:
    """A Redis that was killed knows a login again, with its password and its rights, and not one that was dropped."""
    looking, dropped = look(), look(None)
    with Worker(stores), redis.Redis.from_url(looking.redis_url) as kernel:
        assert eventually(client.ping)
        kill_redis()
        drop_login(stores, dropped.viewer)
        valkey.revive()
        assert eventually(kernel.ping)
        assert reads(kernel, looking.institution_id, looking.classes[0])
        assert not reads(kernel, looking.institution_id, 7)
    assert client.acl_users() == ["default", parse_url(looking.redis_url)["username"]]


def test_with_redis_away_the_login_comes_later(
    school: Database, valkey: Stores, stores: Stores, look: Callable[..., Looking], kill_redis: Callable[[], None]
) -> None:
    """A page that starts while Redis is away starts; when it is back the page's kernel keeps what it loads."""
    kill_redis()
    looking = look()
    valkey.revive()
    with redis.Redis.from_url(stores.redis_url) as client, session_for(school.app) as session:
        client.set(generation_key(looking.institution_id, looking.classes[0]), "g")
        renew_logins(session, client)
    cache = Cache(looking.redis_url)
    assert [
        cache.get_or_load("default", (looking.institution_id, looking.classes[0]), lambda n=n: n) for n in (1, 2)
    ] == [1, 1]
    cache.close()


def test_made_again_it_is_as_it_should_be(
    school: Database, valkey: Stores, client: redis.Redis, look: Callable[..., Looking]
) -> None:
    """A login that is missing is made anew by its rules; what somebody gave it beside them is gone."""
    looking = look()
    name = parse_url(looking.redis_url)["username"]
    client.acl_deluser(name)
    with session_for(school.app) as session:
        renew_logins(session, client)
    (rules,) = (rule for rule in client.acl_list() if f"user {name} " in rule)
    assert rules.count("#") == 1
    assert " on " in rules
    assert " resetchannels " in rules
    assert " -@all " in rules
    assert "nopass" not in rules
    assert "+@" not in rules
    assert "skip-sanitize-payload" not in rules


def test_a_redis_without_logins_gives_none(
    school: Database, stores: Stores, client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the server's own login may make no other, as with a managed Redis, kernels get none: it is said once."""
    client.execute_command("ACL", "SETUSER", "managed", "reset", "on", ">pw", "~*", "+@all", "-acl")
    path = parse_url(stores.redis_url)["path"]
    managed = SimpleNamespace(
        redis_url=f"unix://{path}?username=managed&password=pw", embedded_redis=False, embedded_postgres=False
    )
    for viewer in ("edukit_v_one", "edukit_v_two"):
        assert make_login(managed, viewer, **TEACHER) is None
    with redis.Redis.from_url(managed.redis_url) as server, session_for(school.app) as session:
        renew_logins(session, server)
    (said,) = [record.message for record in caplog.records]
    assert "gives kernels no login" in said
    assert redis_login._made == {}


def test_a_redis_that_lets_everybody_in_gives_none(
    stores: Stores, client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a password of its own, RESET would make a kernel master of it: none gets an address."""
    client.config_set("requirepass", "")
    assert make_login(stores, "edukit_v_one", **TEACHER) is None
    assert client.acl_users() == ["default"]
    (said,) = caplog.records
    assert "lets everybody in without a password" in said.message


def test_a_redis_of_ones_own_does_not_cache_what_is_shared(stores: Stores, tmp_path: Path) -> None:
    """Beside a PostgreSQL that other machines may write to, their changes would not be heard of: kernels get none."""
    settings = Settings(home=tmp_path / "home", database_url=SecretStr(stores.database_url))
    with open_stores(settings) as halves:
        assert make_login(halves, "edukit_v_one", **TEACHER) is None


def test_a_numbered_database_is_the_only_one(stores: Stores, client: redis.Redis) -> None:
    """Where the server's address has a number, its kernels work in that database and select no other."""
    numbered = SimpleNamespace(redis_url=f"{stores.redis_url}&db=3", embedded_redis=False, embedded_postgres=False)
    client.execute_command("SELECT", 3)
    client.set(generation_key(1, 7), "third")
    with redis.Redis.from_url(str(make_login(numbered, "edukit_v_one", **TEACHER))) as kernel:
        assert kernel.get(generation_key(1, 7)) == b"third"
        for other in (0, 2, 30):
            with pytest.raises(redis.exceptions.NoPermissionError):
                kernel.execute_command("SELECT", other)


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
def test_every_spelling_of_an_address_is_kept(address: str, kept: dict[str, object]) -> None:
    """Host, port, socket, number and options are those of the server's own address; its login is not in it."""
    url = redis_login._address(address, "edukit_v_one:1:0:analyst", "theirs")
    assert parse_url(url).items() >= {**kept, "username": "edukit_v_one:1:0:analyst", "password": "theirs"}.items()
    assert "secret" not in url
    assert "admin" not in url
