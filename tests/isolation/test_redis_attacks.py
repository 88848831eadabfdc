"""What a viewer may try with their login of Redis, and that it gets them nothing: no key, no hint, no power."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import redis
from redis.connection import parse_url

from edukit.cache import board_keys, generation_key, kept_key, updates_key
from edukit.serving.redis_login import drop_login, make_login

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import House

ROLES = {
    "teacher": {"institution_id": 1, "user_id": 12, "classes": [11]},
    "admin": {"institution_id": 1, "user_id": 17, "classes": []},
    "analyst": {"institution_id": 1, "user_id": None, "classes": []},
    "namedanalyst": {"institution_id": 1, "user_id": 18, "classes": []},
}
SCOPES = {role: f"1:{who['user_id'] or 0}:{role}" for role, who in ROLES.items()}
THEIRS = {
    "a session": "session:abc",
    "whose sessions": "sessions:5",
    "a rate limit": "ratelimit:{5}",
    "an analyst's cache of pseudonyms": kept_key("1:18:analyst", "x"),
    "a colleague's cache": kept_key("1:32:teacher", "x"),
    "a cache elsewhere": kept_key("2:22:teacher", "x"),
    "a cache of a number that begins the same": kept_key("1:120:teacher", "x"),
    "a board elsewhere": board_keys(2, 21)[0],
    "its ledger": board_keys(2, 21)[1],
    "a generation elsewhere": generation_key(2, 21),
    "updates elsewhere": updates_key(2, 21),
    "a board of an institution whose number begins the same": board_keys(12, 21)[0],
    "a key of nobody": "other",
}
"""Keys that are neither a viewer's nor of their institution."""
ANOTHER_CLASS = {
    "another class's board": board_keys(1, 31)[0],
    "another class's ledger": board_keys(1, 31)[1],
    "another class's generation": generation_key(1, 31),
    "another class's updates": updates_key(1, 31),
    "a board of a class whose number begins the same": board_keys(1, 110)[0],
}
"""Keys of classes that a teacher does not teach."""
BOARD, LEDGER, GENERATION, UPDATES = *board_keys(1, 11), generation_key(1, 11), updates_key(1, 11)
TOUCHES = (
    "GET {}",
    "SET {} 1",
    "SET {} 1 NX GET",
    "DEL {}",
    "DEL mine {}",
    "ZRANGE {} 0 -1",
    "ZCOUNT {} -inf +inf",
    "XRANGE {} - +",
    "XREAD STREAMS {} 0",
    "XREAD STREAMS mine {} 0 0",
)
"""Every command that a viewer has, at another's key."""
POWERS = [
    "SCAN 0",
    "SCAN 0 MATCH cache:*",
    "KEYS *",
    "KEYS cache:*",
    "RANDOMKEY",
    "DBSIZE",
    "EXISTS session:abc",
    "TYPE session:abc",
    "TTL session:abc",
    "TOUCH session:abc",
    "STRLEN session:abc",
    "MGET mine session:abc",
    "GETRANGE session:abc 0 -1",
    "GETDEL mine",
    "GETEX mine EX 5",
    "APPEND mine x",
    "INCR mine",
    "SETRANGE mine 536870911 x",
    "SORT mine BY nosort GET session:*",
    "SORT_RO mine BY session:*",
    "WATCH session:abc",
    "OBJECT ENCODING mine",
    "OBJECT FREQ session:abc",
    "MEMORY USAGE session:abc",
    "MEMORY DOCTOR",
    "DUMP mine",
    "RESTORE mine 0 x",
    "MIGRATE 127.0.0.1 6379 mine 0 10",
    "MOVE mine 1",
    "COPY session:abc mine",
    "COPY mine other",
    "RENAME mine other",
    "RENAMENX mine other",
    "ZRANGESTORE mine board 0 -1",
    "ZUNIONSTORE mine 1 board",
    "PERSIST mine",
    "EXPIRE generation 1",
    "SELECT 0",
    "SELECT 1",
    "SWAPDB 0 1",
    "FLUSHDB",
    "FLUSHALL ASYNC",
    "EVAL return(redis.call('GET','session:abc')) 0",
    "EVAL_RO return(1) 0",
    "EVALSHA abc 0",
    "SCRIPT LOAD return(1)",
    "SCRIPT FLUSH",
    "FUNCTION LIST",
    "FUNCTION LOAD x",
    "FCALL x 0",
    "CONFIG GET requirepass",
    "CONFIG SET requirepass mine",
    "CONFIG REWRITE",
    "ACL WHOAMI",
    "ACL LIST",
    "ACL USERS",
    "ACL GETUSER default",
    "ACL SETUSER default on nopass +@all ~*",
    "ACL SETUSER {name} +@all ~*",
    "ACL DELUSER default",
    "ACL LOG",
    "ACL SAVE",
    "ACL DRYRUN default GET x",
    "ACL GENPASS",
    "CLIENT LIST",
    "CLIENT INFO",
    "CLIENT ID",
    "CLIENT KILL TYPE normal",
    "CLIENT KILL USER default",
    "CLIENT PAUSE 1000",
    "CLIENT NO-EVICT ON",
    "CLIENT TRACKING ON BCAST",
    "CLIENT SETNAME worker",
    "CLIENT UNBLOCK 1",
    "MONITOR",
    "PUBSUB CHANNELS",
    "PUBSUB NUMPAT",
    "SUBSCRIBE __keyspace@0__:x",
    "PSUBSCRIBE *",
    "SSUBSCRIBE x",
    "PUBLISH x y",
    "SPUBLISH x y",
    "INFO",
    "INFO keyspace",
    "COMMAND",
    "COMMAND GETKEYS GET session:abc",
    "COMMAND LIST",
    "LATENCY LATEST",
    "SLOWLOG GET",
    "LOLWUT",
    "TIME",
    "LASTSAVE",
    "ROLE",
    "REPLICAOF NO ONE",
    "REPLICAOF 127.0.0.1 1",
    "PSYNC ? -1",
    "SYNC",
    "REPLCONF ACK 0",
    "WAIT 1 1000",
    "FAILOVER",
    "CLUSTER INFO",
    "CLUSTER RESET",
    "READONLY",
    "MODULE LIST",
    "BGSAVE",
    "BGREWRITEAOF",
    "SAVE",
    "SHUTDOWN NOSAVE",
    "BLPOP mine 1",
    "LPUSH mine x",
    "SADD mine x",
    "HSET mine a b",
    "PFADD mine x",
    "GEOADD mine 1 1 x",
    "SETBIT mine 4294967295 1",
    "BITFIELD mine GET u8 0",
]
"""Commands, with the viewer's own key as ``mine``, a board, a generation and the name of the login: none is theirs."""
FORGERIES = [
    f"ZADD {BOARD} 1000 11",
    f"ZREM {BOARD} 11",
    f"ZINCRBY {BOARD} 5 11",
    f"DEL {BOARD}",
    f"SET {BOARD} 1",
    f"SET {LEDGER} 1",
    f"DEL {LEDGER}",
    f"SET {GENERATION} mine",
    f"SET {GENERATION} mine XX GET",
    f"DEL {GENERATION}",
    f"SET {UPDATES} 1",
    f"XADD {UPDATES} * a b",
    f"XTRIM {UPDATES} MAXLEN 0",
    f"XGROUP CREATE {UPDATES} g 0",
    f"DEL mine {GENERATION}",
]
"""Writes to what a teacher may read of their own class."""


@pytest.fixture(scope="module")
def server(house: House) -> Iterator[redis.Redis]:
    """The server's own way to a Redis that holds one of everything."""
    with redis.Redis.from_url(house.stores.redis_url) as server:
        for institution, class_ in ((1, 11), (1, 31), (1, 110), (2, 21), (12, 21)):
            server.zadd(board_keys(institution, class_)[0], {"11": 5})
            server.set(board_keys(institution, class_)[1], "s")
            server.set(generation_key(institution, class_), "g")
            server.xadd(updates_key(institution, class_), {"generation": "g"})
        for key in [*THEIRS.values(), *(kept_key(scope, "x") for scope in SCOPES.values())]:
            server.set(key, "secret", nx=True)
        yield server


@pytest.fixture(scope="module")
def logins(house: House) -> Iterator[dict[str, str]]:
    """The address that a viewer of each role has."""
    found = {role: str(make_login(house.stores, f"edukit_v_{role}", role=role, **who)) for role, who in ROLES.items()}
    yield found
    for role in found:
        drop_login(house.stores, f"edukit_v_{role}")


@pytest.fixture
def viewers(logins: dict[str, str]) -> Iterator[dict[str, redis.Redis]]:
    """A viewer of each role."""
    found = {role: redis.Redis.from_url(url) for role, url in logins.items()}
    yield found
    for viewer in found.values():
        viewer.close()


@pytest.fixture(autouse=True)
def _untouched(server: redis.Redis) -> Iterator[None]:
    """Whatever was tried: as the server sees it, no key, login or setting is other than before."""
    before = state(server)
    yield
    assert state(server) == before


def state(server: redis.Redis) -> list[object]:
    # The worker of an `edukit up` that another test has begun writes what is of its own institutions.
    ours = sorted(
        key for key in server.keys("*") if b"{1:" in key or b"{2:" in key or key in {b"session:abc", b"other"}
    )
    keys = {key: (server.dump(key), server.pttl(key) > 0) for key in ours}
    return [keys, sorted(server.acl_list()), server.config_get("requirepass"), server.config_get("maxmemory")]


def refused(viewer: redis.Redis, command: str) -> bool:
    """Whether Redis says that a command is not the viewer's to give, with their own names put in."""
    name = str(viewer.get_connection_kwargs()["username"])
    own = {"mine": kept_key(name.partition(":")[2], "x"), "board": BOARD, "generation": GENERATION, "{name}": name}
    try:
        viewer.execute_command(*(own.get(word, word) for word in command.split()))
    except redis.exceptions.NoPermissionError:
        return True
    return False


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("command", POWERS)
def test_no_power_is_to_be_had(viewers: dict[str, redis.Redis], role: str, command: str) -> None:
    """Nobody finds keys, runs scripts, sees others, changes the server or reaches past it."""
    assert refused(viewers[role], command)


@pytest.mark.parametrize("command", ["DEBUG SLEEP 0", "MODULE LOAD /tmp/x.so"])
def test_what_the_server_shuts_is_shut_to_viewers_too(
    server: redis.Redis, viewers: dict[str, redis.Redis], command: str
) -> None:
    """Where an external server allows everybody what the embedded one does not, a viewer still may not."""
    for viewer in viewers.values():
        name = viewer.get_connection_kwargs()["username"]
        assert "has no permissions" in str(server.execute_command("ACL", "DRYRUN", name, *command.split()))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("key", THEIRS)
def test_what_is_anothers_is_not_reached(viewers: dict[str, redis.Redis], role: str, key: str) -> None:
    """By no command is a key read, written or found to be there that is another's, the server's or nobody's."""
    assert [command for command in TOUCHES if not refused(viewers[role], command.replace("{}", THEIRS[key]))] == []


@pytest.mark.parametrize("key", ANOTHER_CLASS)
def test_another_class_is_not_reached(viewers: dict[str, redis.Redis], key: str) -> None:
    """A teacher reaches nothing of a class of their own institution that they do not teach."""
    given = (command.replace("{}", ANOTHER_CLASS[key]) for command in TOUCHES)
    assert [command for command in given if not refused(viewers["teacher"], command)] == []


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("command", FORGERIES)
def test_nothing_that_others_read_is_forged(viewers: dict[str, redis.Redis], role: str, command: str) -> None:
    """What the worker writes of a class, who reads it cannot change."""
    assert refused(viewers[role], command)


def test_what_is_attacked_is_there_for_its_owners(viewers: dict[str, redis.Redis]) -> None:
    """The same commands are answered at what is the viewer's: else every refusal above would say nothing."""
    for role, viewer in viewers.items():
        assert viewer.get(kept_key(SCOPES[role], "x")) == b"secret"
        assert viewer.zrange(BOARD, 0, -1) == [b"11"]
        assert viewer.zcount(BOARD, "-inf", "+inf") == 1
        assert (viewer.get(LEDGER), viewer.get(GENERATION)) == (b"s", b"g")
        assert len(viewer.xrange(UPDATES)) == len(viewer.xread({UPDATES: 0})) == 1
    assert viewers["admin"].zrange(board_keys(1, 31)[0], 0, -1) == [b"11"]


@pytest.mark.parametrize("role", ROLES)
def test_no_transaction_hides_a_command(viewers: dict[str, redis.Redis], role: str) -> None:
    """One that is refused among others is not done with them, and ends them all."""
    with viewers[role].pipeline(transaction=True) as pipe:
        pipe.set(kept_key(SCOPES[role], "y"), "1")
        pipe.get("session:abc")
        with pytest.raises(redis.exceptions.NoPermissionError):
            pipe.execute()
    assert viewers[role].get(kept_key(SCOPES[role], "y")) is None


@pytest.mark.parametrize("role", ROLES)
def test_nobody_signs_in_as_another(logins: dict[str, str], viewers: dict[str, redis.Redis], role: str) -> None:
    """With the password that one has, one is nobody else; who gives up their login is nobody."""
    password = parse_url(logins[role])["password"]
    names = [str(parse_url(url)["username"]) for other, url in logins.items() if other != role]
    for name in ("default", *names):
        for command in (("AUTH", name, password), ("HELLO", 3, "AUTH", name, password)):
            with pytest.raises(redis.AuthenticationError):
                viewers[role].execute_command(*command)
    with viewers[role].client() as connection:
        assert connection.execute_command("RESET") in {b"RESET", "RESET"}
        with pytest.raises(redis.AuthenticationError):
            connection.execute_command("GET", GENERATION)
