"""An open page hears of a change of its classes within a moment, of no other's, and costs next to nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from queue import Empty, Queue
from statistics import median
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import make_url, text
from tornado.httpserver import HTTPServer
from tornado.web import Application

from edukit.actions.grievances import assign, comment, file_grievance
from edukit.actions.outbox import tell_outbox
from edukit.cache import grievances_key, updates_key
from edukit.db.session import session_for
from edukit.errors import StoreError
from edukit.ops.seed import DEMO_TEACHER
from edukit.queries.outbox import horizon
from edukit.serving import renewal, updates
from edukit.serving.application import bind
from edukit.serving.door import door
from edukit.serving.following import NAME
from edukit.serving.kept_sessions import Session
from edukit.serving.renewal import renew_told
from edukit.serving.updates import MOST_STREAMS, Streams, UpdatesStream
from edukit.serving.worker import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import redis
    from conftest import Boards, House

    from edukit.ops.stores import Stores
    from edukit.serving.door import Door

    Eventually = Callable[[Callable[[], object]], bool]

WITHIN_SECONDS = 30.0
WHO = text("""
    SELECT u.account_id, u.institution_id, u.id AS user_id,
        ARRAY(SELECT t.class_id FROM class_teachers t WHERE t.teacher_id = u.id ORDER BY 1) AS taught,
        ARRAY(SELECT c.id FROM classes c WHERE c.id NOT IN (SELECT t.class_id FROM class_teachers t
            WHERE t.teacher_id = u.id) ORDER BY 1) AS others
    FROM users u JOIN accounts a ON a.id = u.account_id WHERE a.email = :email""")
AWARDS = """
import sys, time
from sqlalchemy import text
from edukit.actions.outbox import tell_outbox
from edukit.db.session import Viewer, session_for
_, url, times, *ids = sys.argv
institution_id, class_id, student_id = map(int, ids)
for _ in range(int(times)):
    with session_for(Viewer(url)) as session:
        session.execute(text(
            "INSERT INTO gamification_events (id, institution_id, student_id, class_id, event_type, points_awarded,"
            " occurred_at) VALUES (gen_random_uuid(), :i, :s, :c, 'practice', 3, now())"
        ), {"i": institution_id, "s": student_id, "c": class_id})
        tell_outbox(session, institution_id=institution_id, class_ids=[class_id])
        number = session.scalar(text("SELECT pg_current_xact_id()::text"))
    print(time.time(), number, flush=True)
    time.sleep(0.2)
"""


class Stream(threading.Thread):
    """A page's stream, read as a browser does."""

    def __init__(self, server: Server, word: str, query: str, **headers: str) -> None:
        super().__init__(daemon=True)
        self._line = HTTPConnection("127.0.0.1", server.port, timeout=60)
        cookie = f"edukit-127-0-0-1-{server.port}={word}"
        self._line.request("GET", f"/updates?{query}", headers={"Cookie": cookie, **headers})
        self._answer = self._line.getresponse()
        self.status, self.kind = self._answer.status, self._answer.headers["Content-Type"]
        self._said: Queue[tuple[float, dict[str, Any]]] = Queue()
        self.comments = 0
        self.start()

    def run(self) -> None:
        """Read until it ends."""
        name = ""
        with contextlib.suppress(OSError, ValueError, AttributeError):
            while self.status == 200 and (line := self._answer.readline()):
                self.comments += line.startswith(b":")
                kind, _, rest = line.decode().rstrip("\n").partition(": ")
                name = rest if kind == "id" else name
                if kind == "data":
                    self._said.put((time.time(), {"run": name, **json.loads(rest)}))

    def next(self, seconds: float = WITHIN_SECONDS) -> tuple[float, dict[str, Any]]:
        """When the next event came, and what it says."""
        return self._said.get(timeout=seconds)

    def hears_nothing(self, seconds: float = 0.7) -> bool:
        """Whether nothing is said for so long."""
        with contextlib.suppress(Empty):
            return not self.next(seconds)
        return True

    def close(self) -> None:
        """Go away, as a page that is left does."""
        if self._line.sock:
            self._line.sock.shutdown(2)
        self.join(10)
        self._line.close()


@dataclass(frozen=True)
class Server:
    """A server of updates, and the teacher who looks."""

    port: int
    door: Door
    account_id: int
    institution_id: int
    user_id: int
    taught: list[int]
    others: list[int]
    opened: list[Stream] = field(default_factory=list)

    def sign_in(self) -> str:
        """Begin a session of the teacher's; its word."""
        come = Session(
            self.account_id, datetime.now(UTC), "127.0.0.1", self.institution_id, self.user_id, "teacher", "A teacher"
        )
        return self.door.sessions.begin(come)

    def open(self, word: str, *class_ids: int, more: str = "", **headers: str) -> Stream:
        """A stream of somebody's; first it says how things stand."""
        stream = Stream(self, word, "&".join(f"class={id_}" for id_ in class_ids) + more, **headers)
        self.opened.append(stream)
        return stream


@pytest.fixture
def server(house: House, stores: Stores, boards: Boards) -> Iterator[Server]:
    """A server on the school's stores."""
    with session_for(boards.school.app) as session:
        who = dict(session.execute(WHO, {"email": DEMO_TEACHER}).mappings().one())
    entrance, ports, ended = door(stores, house.settings), Queue[int](), threading.Event()

    async def serve() -> None:
        streams = Streams(stores)
        handlers = [("/updates", UpdatesStream, {"streams": streams})]
        listening = HTTPServer(Application(handlers, door=entrance, base_url="/"))
        sockets = bind(0)
        listening.add_sockets(sockets)
        ports.put(sockets[0].getsockname()[1])
        await asyncio.to_thread(ended.wait)
        listening.stop()
        await listening.close_all_connections()
        await streams.close()

    thread = threading.Thread(target=asyncio.run, args=[serve()])
    thread.start()
    server = Server(ports.get(timeout=10), entrance, **who)
    yield server
    for stream in server.opened:
        stream.close()
    ended.set()
    thread.join(30)
    entrance.sessions.close()


@pytest.fixture
def mine(server: Server, boards: Boards) -> dict[str, int]:
    """Ids of a student of a class that the teacher teaches, of that class, and of their institution."""
    query = text(
        "SELECT institution_id, class_id, student_id FROM enrolments"
        " WHERE left_at IS NULL AND class_id = :class_id ORDER BY 3"
    )
    with session_for(boards.school.app) as session:
        return dict(session.execute(query, {"class_id": server.taught[0]}).mappings().first() or {})


def following(client: redis.Redis) -> int:
    """How many connections of readers Redis has."""
    return sum(one["name"] == NAME for one in client.client_list())


def living(boards: Boards) -> int:
    """How many logins are alive."""
    with psycopg.connect(boards.school.admin_url) as admin:
        return admin.execute("SELECT FROM viewers WHERE revoked_at IS NULL").rowcount


def test_a_commit_is_told_within_two_seconds(  # noqa: PLR0913, PLR0917
    house: House, boards: Boards, stores: Stores, server: Server, mine: dict[str, int], eventually: Eventually
) -> None:
    """What another process commits is told while its page waits, each time, soon after the commit."""
    with Worker(stores):
        assert eventually(lambda: boards.listening() == 1)
        stream = server.open(server.sign_in(), mine["class_id"])
        assert (stream.status, stream.kind) == (200, "text/event-stream")
        stream.next()
        ids = [str(mine[name]) for name in ("institution_id", "class_id", "student_id")]
        done = house.python("-c", AWARDS, boards.school.app.database_url, "5", *ids)
        assert done.returncode == 0, done.stderr
        taken, came, told = [], 0.0, -1
        for committed, number in (line.split() for line in done.stdout.splitlines()):
            # Commits that come fast are told together, by the latest.
            while told < int(number):
                came, event = stream.next()
                _, told = event["classes"].get(str(mine["class_id"]), (-1, -1))
            taken.append(came - float(committed))
    assert median(taken) < 2


def test_what_was_read_before_is_told_apart(
    boards: Boards, server: Server, mine: dict[str, int], client: redis.Redis
) -> None:
    """An update is not of those that who read before it knows, and is of those that who read since does.

    That holds for what a savepoint wrote, and while a transaction is under way that began before all of it.
    """
    with psycopg.connect(boards.school.admin_url) as elder:
        elder.execute("SELECT pg_current_xact_id()")
        with session_for(boards.school.app) as session:
            before = horizon(session)
        with session_for(boards.school.app) as session, session.begin_nested():
            tell_outbox(session, institution_id=mine["institution_id"], class_ids=[mine["class_id"]])
            with session_for(boards.school.app) as other:
                during = horizon(other)
        with session_for(boards.school.app) as session:
            since = horizon(session)
    boards.renew()
    _, told = server.open(server.sign_in(), mine["class_id"]).next()
    eldest, latest = told["classes"][str(mine["class_id"])]
    assert eldest == latest
    missing = [latest >= at.next or latest in at.running for at in (before, during, since)]
    assert missing == [True, True, False]
    assert since.running
    assert told["run"] == client.info("server")["run_id"]
    assert not told["lost"]


def test_who_comes_while_much_is_untold_hears_what_they_lack(
    boards: Boards, server: Server, mine: dict[str, int], client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A load that ended since a page has read is told to it, also where what the page knows is told after the load.

    So it comes where the worker does not get through the outbox at once: the load left word there first.
    """
    monkeypatch.setattr(renewal, "AT_ONCE", 1)
    about: dict[str, Any] = {"institution_id": mine["institution_id"], "class_ids": [mine["class_id"]]}
    word = server.sign_in()
    first = server.open(word, mine["class_id"])
    first.next()
    with session_for(boards.school.app) as load:
        tell_outbox(load, **about)
        with session_for(boards.school.app) as session:
            tell_outbox(session, **about)
        with session_for(boards.school.app) as session:
            since = horizon(session)
    for _ in range(2):
        with session_for(boards.school.app) as session:
            assert renew_told(session, client) == 1
        first.next()
    _, told = server.open(word, mine["class_id"]).next()
    eldest, latest = told["classes"][str(mine["class_id"])]
    assert latest < since.next
    assert any(eldest <= one <= latest for one in since.running)


def test_who_comes_first_hears_no_more_than_who_comes_later(
    server: Server, mine: dict[str, int], client: redis.Redis
) -> None:
    """Whether somebody follows a class already or nobody does, who comes hears of its last update, and no other."""
    for number in (50, 60):
        client.xadd(updates_key(mine["institution_id"], mine["class_id"]), {"transaction": number})
    word = server.sign_in()
    told = [server.open(word, mine["class_id"]).next()[1]["classes"] for _ in range(2)]
    assert told == [{str(mine["class_id"]): [60, 60]}] * 2


def test_what_is_told_of_a_student_alone_is_told_to_their_classes(
    boards: Boards, client: redis.Redis, mine: dict[str, int]
) -> None:
    """An act about a student, as an intervention is, is an update of each class that they are in, and moves none."""
    boards.renew()
    before = boards.generations()
    with session_for(boards.school.app) as session:
        tell_outbox(session, institution_id=mine["institution_id"], student_ids=[mine["student_id"]])
    with session_for(boards.school.app) as session:
        assert renew_told(session, client) == 1
        enrolled = "SELECT class_id FROM enrolments WHERE student_id = :student_id AND left_at IS NULL"
        classes = session.scalars(text(enrolled), {"student_id": mine["student_id"]}).all()
    keys = {updates_key(mine["institution_id"], class_id).encode() for class_id in classes}
    assert set(client.keys("updates:*")) == keys
    assert boards.generations() == before


def test_only_what_one_may_see_is_told(boards: Boards, server: Server, client: redis.Redis) -> None:
    """Another's class is refused as one that is not there; beside one's own it is passed over, and never told of."""
    word, (own, *_), (foreign, *_) = server.sign_in(), server.taught, server.others
    assert [server.open(word, id_).status for id_ in (foreign, 10**15)] == [403, 403]
    stream = server.open(word, own, foreign)
    stream.next()
    for class_id in (foreign, own):
        client.xadd(updates_key(server.institution_id, class_id), {"transaction": class_id})
    assert stream.next()[1]["classes"] == {str(own): [own, own]}
    assert stream.hears_nothing()
    assert living(boards) == 0


def test_of_grievances_those_hear_who_may_see_them(
    boards: Boards, server: Server, mine: dict[str, int], client: redis.Redis
) -> None:
    """Who answers a grievance hears of its steps; nobody else, though they teach who complains, hears a word."""
    here: dict[str, Any] = {"institution_id": mine["institution_id"], "now": datetime.now(UTC)}
    what = {"category": "other", "severity": "low", "description": "It is loud."}
    with session_for(boards.school.app) as session:
        both = [
            file_grievance(session, **here, **what, student_id=mine["student_id"], by=mine["student_id"]) for _ in "ab"
        ]
        holder = text("SELECT assigned_to FROM grievances WHERE institution_id = :i AND id = :g")
        other = session.scalar(holder, {"i": mine["institution_id"], "g": both[1]})
        assert other not in {None, server.user_id}
        assign(session, **here, grievance_id=both[0], user_id=server.user_id, by=other)
    boards.renew()
    stream = server.open(server.sign_in(), more="grievances=yes")
    assert stream.next()[1]["grievances"]
    for id_, hears in ((both[1], False), (both[0], True)):
        with session_for(boards.school.app) as session:
            comment(session, **here, grievance_id=id_, words="I have asked.", by=other)
            number = session.scalar(text("SELECT pg_current_xact_id()::text::bigint"))
        boards.renew()
        if hears:
            _, told = stream.next()
            assert (told["classes"], told["grievances"]) == ({}, [[number, number]])
        else:
            assert stream.hears_nothing()
    # Its class's stream has no word of it, and a teacher of the class who follows that hears none.
    assert not client.exists(updates_key(mine["institution_id"], mine["class_id"]))
    assert living(boards) == 0


def test_each_grievance_is_told_of_by_itself(boards: Boards, server: Server, mine: dict[str, int]) -> None:
    """Who has read both of two steps is offered nothing for what was under way between them."""
    here: dict[str, Any] = {
        "institution_id": mine["institution_id"],
        "now": datetime.now(UTC),
        "by": mine["student_id"],
    }
    what = {"category": "other", "severity": "low", "description": "It drips."}
    with psycopg.connect(boards.school.admin_url) as load:
        numbers = []
        for _ in range(2):
            with session_for(boards.school.app) as session:
                id_ = file_grievance(session, **here, **what, student_id=mine["student_id"])
                assign(session, **here, grievance_id=id_, user_id=server.user_id)
                numbers.append(session.scalar(text("SELECT pg_current_xact_id()::text::bigint")))
            load.execute("SELECT pg_current_xact_id()")
    boards.renew()
    _, told = server.open(server.sign_in(), more="grievances=yes").next()
    assert sorted(told["grievances"]) == [[number, number] for number in numbers]
    assert numbers[1] - numbers[0] > 1


def test_a_step_is_told_however_many_others_are_told_with_it(
    boards: Boards, server: Server, mine: dict[str, int]
) -> None:
    """Who answers a grievance hears of its step where, before the worker looks, hundreds are taken in another one."""
    here: dict[str, Any] = {
        "institution_id": mine["institution_id"],
        "now": datetime.now(UTC),
        "by": mine["student_id"],
    }
    what = {"category": "other", "severity": "low", "description": "It smells."}
    with session_for(boards.school.app) as session:
        own, other = (file_grievance(session, **here, **what, student_id=mine["student_id"]) for _ in "ab")
        assign(session, **here, grievance_id=own, user_id=server.user_id)
    boards.renew()
    stream = server.open(server.sign_in(), more="grievances=yes")
    stream.next()
    with session_for(boards.school.app) as session:
        for grievance_id in (*[other] * 20, own, *[other] * 300):
            comment(session, **here, grievance_id=grievance_id, words="It does.")
        number = session.scalar(text("SELECT pg_current_xact_id()::text::bigint"))
    boards.renew()
    assert stream.next()[1]["grievances"] == [[number, number]]


def test_what_is_not_ones_own_puts_nothing_off(
    server: Server, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who hears no word of other people's grievances cannot tell by the silence either that there was one."""
    monkeypatch.setattr(updates, "KEEP_ALIVE_SECONDS", 1.0)
    stream = server.open(server.sign_in(), more="grievances=yes")
    stream.next()
    for number in range(15):
        step = {"transaction": number, "grievance": "00000000-0000-4000-8000-000000000000"}
        client.xadd(grievances_key(server.institution_id), step)
        time.sleep(0.2)
    assert stream.comments >= 2


def test_news_of_grievances_that_cannot_be_asked_about_come_later(
    boards: Boards, server: Server, mine: dict[str, int], client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While PostgreSQL is away nobody is told of what may not be theirs; afterwards it is told."""
    here: dict[str, Any] = {"institution_id": mine["institution_id"], "now": datetime.now(UTC)}
    what = {"category": "other", "severity": "low", "description": "It is cold."}
    with session_for(boards.school.app) as session:
        id_ = file_grievance(session, **here, **what, student_id=mine["student_id"], by=mine["student_id"])
        assign(session, **here, grievance_id=id_, user_id=server.user_id, by=mine["student_id"])
    boards.renew()
    monkeypatch.setattr(updates, "KEEP_ALIVE_SECONDS", 0.2)
    asked = Streams.grievances

    async def away(*_: object) -> list[str]:
        message = "PostgreSQL does not answer."
        raise StoreError(message)

    stream = server.open(server.sign_in(), more="grievances=yes")
    stream.next()
    monkeypatch.setattr(Streams, "grievances", away)
    key = grievances_key(mine["institution_id"])
    client.xadd(key, {"transaction": 10**12, "grievance": str(id_)})
    assert stream.hears_nothing()
    monkeypatch.setattr(Streams, "grievances", asked)
    assert stream.next()[1]["grievances"] == [[10**12, 10**12]]


@pytest.mark.parametrize("query", ["", "class=", "class=x", "class=1%20OR%201", "class=-1", "class=1" * 200])
def test_what_are_no_classes_is_refused(server: Server, query: str) -> None:
    """None, words, and more than a page may follow."""
    wanted = query if len(query) < 100 else "&".join(["class=1"] * 101)
    assert server.open(server.sign_in(), more=wanted).status == 400


def test_nobody_and_somebody_signed_out_hear_nothing(server: Server) -> None:
    """Without a session, with the name of one for its word, or after its end, there is no stream."""
    word = server.sign_in()
    server.door.sessions.end(updates.name_of(word))
    assert [server.open(one, *server.taught).status for one in ("", "x", updates.name_of(word), word)] == [403] * 4


def test_a_stream_ends_with_its_session_and_does_not_keep_it(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it lives it lets nobody count as seen; after the session's end, wherever that was, it is over."""
    monkeypatch.setattr(updates, "KEEP_ALIVE_SECONDS", 0.1)
    monkeypatch.setattr(server.door.sessions, "touch", lambda _name: pytest.fail("it counts as seen"))
    word = server.sign_in()
    stream = server.open(word, *server.taught)
    stream.next()
    stream.join(0.5)
    assert stream.is_alive()
    server.door.sessions.end(updates.name_of(word))
    stream.join(WITHIN_SECONDS)
    assert not stream.is_alive()


def test_who_may_see_it_is_asked_again(boards: Boards, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream ends after a while, and the next is refused to who teaches the class no more."""
    monkeypatch.setattr(updates, "KEEP_ALIVE_SECONDS", 0.1)
    monkeypatch.setattr(updates, "ASKED_AGAIN_SECONDS", 0.5)
    word, class_id = server.sign_in(), server.taught[-1]
    stream = server.open(word, class_id)
    stream.join(WITHIN_SECONDS)
    assert not stream.is_alive()
    with psycopg.connect(boards.school.admin_url) as admin:
        admin.execute("DELETE FROM class_teachers WHERE class_id = %s AND teacher_id = %s", [class_id, server.user_id])
        admin.commit()
        try:
            assert server.open(word, class_id).status == 403
        finally:
            teaches = "INSERT INTO class_teachers (institution_id, class_id, teacher_id) VALUES (%s, %s, %s)"
            admin.execute(teaches, [server.institution_id, class_id, server.user_id])


def test_fifty_streams_cost_one_connection_and_no_statement(
    house: House, boards: Boards, server: Server, client: redis.Redis, eventually: Eventually
) -> None:
    """Fifty pages share one connection to Redis; while they wait and are told, PostgreSQL is asked nothing."""
    words = [server.sign_in() for _ in range(5)]
    streams = [server.open(words[place % 5], *server.taught) for place in range(50)]
    for stream in streams:
        stream.next()
    assert following(client) == 1
    asked = (
        "SELECT (SELECT sessions FROM pg_stat_database WHERE datname = %(name)s), (SELECT max(query_start) FROM"
        " pg_stat_activity WHERE datname = %(name)s AND backend_type = 'client backend')"
    )
    name = {"name": make_url(boards.school.admin_url).database}
    with psycopg.connect(house.stores.database_url, autocommit=True) as elsewhere:
        # What has been asked is counted a little later.
        time.sleep(1.5)
        before = elsewhere.execute(asked, name).fetchone()
        time.sleep(3)
        client.xadd(updates_key(server.institution_id, server.taught[0]), {"transaction": 7})
        assert all(stream.next()[1]["classes"] == {str(server.taught[0]): [7, 7]} for stream in streams)
        time.sleep(1.5)
        assert elsewhere.execute(asked, name).fetchone() == before
    for stream in streams:
        stream.close()
    assert eventually(lambda: following(client) == 0)


def test_a_page_that_is_left_frees_its_place(server: Server, eventually: Eventually) -> None:
    """A session has so many streams at once, and another one as soon as one of them is left."""
    word = server.sign_in()
    streams = [server.open(word, *server.taught) for _ in range(MOST_STREAMS)]
    assert {stream.status for stream in streams} == {200}
    assert server.open(word, *server.taught).status == 429
    assert server.open(server.sign_in(), *server.taught).status == 200
    streams[0].close()
    assert eventually(lambda: server.open(word, *server.taught).status == 200)


def test_redis_may_be_killed_and_come_back(  # noqa: PLR0913, PLR0917
    boards: Boards,
    valkey: Stores,
    stores: Stores,
    server: Server,
    mine: dict[str, int],
    kill_redis: Callable[[], None],
) -> None:
    """While it is away nothing is said and streams stay; after it, once, that something may be lost; then as before."""
    with Worker(stores):
        word = server.sign_in()
        stream = server.open(word, mine["class_id"])
        _, first = stream.next()
        kill_redis()
        assert stream.hears_nothing(2)
        assert stream.is_alive()
        valkey.revive()
        _, told = stream.next()
        assert told["lost"]
        assert told["run"] != first["run"]
        boards.award(mine, 1)
        _, later = stream.next()
        assert later["classes"].keys() == {str(mine["class_id"])}
        assert not later["lost"]
        # Who was away meanwhile is told so, too, and who comes anew is not.
        assert server.open(word, mine["class_id"], Last_Event_ID=first["run"]).next()[1]["lost"] is False
        assert server.open(word, mine["class_id"], more=f"&last={first['run']}").next()[1]["lost"]
        assert not server.open(word, mine["class_id"]).next()[1]["lost"]
