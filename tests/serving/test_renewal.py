"""What the worker writes to Redis is what the ledger says, however it came to be missing or behind."""

from __future__ import annotations

import threading
import time
from random import Random
from typing import TYPE_CHECKING

from sqlalchemy import text

from edukit.actions.outbox import tell_outbox
from edukit.cache import Cache, board_keys, generation_key, updates_key
from edukit.db.session import session_for
from edukit.queries.gamification import board_points
from edukit.queries.outbox import horizon
from edukit.serving import renewal
from edukit.serving.renewal import KEPT_SECONDS, renew_told

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    import redis
    from conftest import Boards, Looking

AWARD = text(
    "INSERT INTO gamification_events (id, institution_id, student_id, class_id, event_type, points_awarded,"
    " occurred_at) VALUES (gen_random_uuid(), :institution_id, :student_id, :class_id, :kind, :points, now())"
)


def test_boards_are_the_ledger(boards: Boards, client: redis.Redis, somebody: dict[str, int]) -> None:
    """Made from nothing, each class's board holds everybody enrolled, at the sum of their points there, 0 included."""
    boards.renew()
    expected = boards.ledger()
    assert len(expected) > 3
    assert boards.shown() == expected
    assert board_keys(somebody["institution_id"], next(iter(expected)))[0].encode() in client.keys("leaderboard:*")


def test_a_board_is_what_the_database_says(boards: Boards, look: Callable[..., Looking]) -> None:
    """Read by an analyst's login, a board has the points that the query has, for every class of their institution."""
    boards.renew()
    looking = look(None)
    cache = Cache(looking.redis_url)
    seen = []
    with session_for(boards.school.app) as session:
        for institution_id, class_id in session.execute(text("SELECT institution_id, id FROM classes")).all():
            points = board_points(session, institution_id=institution_id, class_id=class_id)
            expected = dict(zip(points["student_id"].tolist(), points["points"].tolist(), strict=True))
            assert cache.board(institution_id, class_id) in (expected, None)
            seen.append((institution_id, cache.board(institution_id, class_id) is not None))
    assert set(seen) == {(institution_id, institution_id == looking.institution_id) for institution_id, _ in seen}
    assert len(set(seen)) == 2
    cache.close()


def test_boards_are_exact(boards: Boards, look: Callable[..., Looking], somebody: dict[str, int]) -> None:
    """With points that many share, taken back below 0 and very high ones, the board has the ledger's sums."""
    rng = Random(3)
    for _ in range(30):
        student_id = rng.choice(list(boards.ledger()[somebody["class_id"]]))
        boards.award({**somebody, "student_id": student_id}, rng.choice([-500, -1, 0, 1, 1, 100, 2_000_000_000]))
    boards.renew()
    cache = Cache(look(None).redis_url)
    where = (somebody["institution_id"], somebody["class_id"])
    with session_for(boards.school.app) as session:
        points = board_points(session, institution_id=where[0], class_id=where[1])
    found = dict(zip(points["student_id"].tolist(), points["points"].tolist(), strict=True))
    assert cache.board(*where) == found
    assert cache.board(where[0] + 1, where[1]) is None
    cache.close()


def test_what_is_told_is_renewed_and_nothing_else(
    boards: Boards, client: redis.Redis, somebody: dict[str, int]
) -> None:
    """An award moves its class's board, generation and stream of updates, and no other class's; the row goes."""
    boards.renew()
    before = boards.generations()
    boards.award(somebody, 5)
    with session_for(boards.school.app) as session:
        assert renew_told(session, client) == 1
        assert renew_told(session, client) == 0
    class_ = (somebody["institution_id"], somebody["class_id"])
    after = boards.generations()
    assert [key for key in before if before[key] != after[key]] == [generation_key(*class_).encode()]
    (((_, update),),) = (client.xrange(updates_key(*class_)),)
    assert set(update) == {b"eldest", b"transaction"}
    assert client.keys("updates:*") == [updates_key(*class_).encode()]
    assert boards.shown() == boards.ledger()
    assert boards.untold() == 0


def test_what_another_database_has_told_is_new(boards: Boards, client: redis.Redis, somebody: dict[str, int]) -> None:
    """What came with rows of another database, whose numbers are higher, is told by one that who reads later knows."""
    boards.renew()
    boards.award(somebody, 5)
    with session_for(boards.school.app) as session:
        session.execute(text("UPDATE outbox SET transaction = 10 ^ 15"))
        before = horizon(session)
    with session_for(boards.school.app) as session:
        assert renew_told(session, client) == 1
    with session_for(boards.school.app) as session:
        since = horizon(session)
    key = updates_key(somebody["institution_id"], somebody["class_id"])
    (((_, update),),) = (client.xrange(key),)
    assert update[b"eldest"] == update[b"transaction"]
    assert before.next - 1 <= int(update[b"transaction"]) < since.next


def test_what_is_told_of_a_class_and_of_its_student_is_one_span(
    boards: Boards, client: redis.Redis, somebody: dict[str, int]
) -> None:
    """Transactions that are told of together, of a class and of a student in it, are told from first to last."""
    boards.renew()
    numbers = []
    for about in ({"class_ids": [somebody["class_id"]]}, {"student_ids": [somebody["student_id"]]}):
        with session_for(boards.school.app) as session:
            tell_outbox(session, institution_id=somebody["institution_id"], **about)
            numbers.append(session.scalar(text("SELECT pg_current_xact_id()::text::bigint")))
    with session_for(boards.school.app) as session:
        assert renew_told(session, client) == 2
    key = updates_key(somebody["institution_id"], somebody["class_id"])
    (((_, update),),) = (client.xrange(key),)
    assert [int(update[b"eldest"]), int(update[b"transaction"])] == numbers


def test_updates_tell_of_those_before_them_until_the_outbox_is_at_its_end(
    boards: Boards, client: redis.Redis, somebody: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For as long as more is left, an update of a class begins with the first that was told; the next, with its own."""

    def tell() -> int:
        # Of one millisecond the order would be anybody's guess.
        time.sleep(0.002)
        with session_for(boards.school.app) as session:
            tell_outbox(session, institution_id=somebody["institution_id"], class_ids=[somebody["class_id"]])
            return int(session.scalar(text("SELECT pg_current_xact_id()::text")) or 0)

    def renewed(most: int) -> list[int]:
        monkeypatch.setattr(renewal, "AT_ONCE", most)
        with session_for(boards.school.app) as session:
            assert renew_told(session, client) == 1
        ((_, update),) = client.xrevrange(updates_key(somebody["institution_id"], somebody["class_id"]), count=1)
        return [int(update[b"eldest"]), int(update[b"transaction"])]

    boards.renew()
    first, second, third = (tell() for _ in range(3))
    assert [renewed(1), renewed(1), renewed(2)] == [[first, first], [first, second], [first, third]]
    fourth = tell()
    assert renewed(2) == [fourth, fourth]


def test_one_renews_at_a_time(boards: Boards, client: redis.Redis, somebody: dict[str, int]) -> None:
    """Who has yet to commit what it renewed holds up the next, which then reads and writes what is newer."""
    boards.renew()
    boards.award(somebody, 1)
    with session_for(boards.school.app) as first:
        assert renew_told(first, client) == 1
        boards.award(somebody, 1)
        before = boards.shown()
        second = threading.Thread(target=boards.renew)
        second.start()
        second.join(0.5)
        assert second.is_alive()
        assert boards.shown() == before
    second.join()
    assert boards.shown() == boards.ledger() != before


def test_what_is_told_of_a_student_alone_is_cleared(
    boards: Boards, client: redis.Redis, somebody: dict[str, int]
) -> None:
    """Of students nothing is kept: word of one moves no class's generation, leaves no key and does not stay."""
    boards.renew()
    before = boards.generations()
    with session_for(boards.school.app) as session:
        tell_outbox(session, institution_id=somebody["institution_id"], student_ids=[somebody["student_id"]])
    boards.renew()
    assert boards.generations() == before
    assert boards.untold() == 0


def test_what_is_missing_or_behind_is_made_again(boards: Boards, client: redis.Redis, somebody: dict[str, int]) -> None:
    """A board that is gone, one whose ledger is gone and one of an older ledger are made anew; a generation is new."""
    boards.renew()
    before = boards.generations()
    whole = boards.shown()
    first, second, third = sorted(class_id for class_id in whole if class_id != somebody["class_id"])[:3]
    institution_id = somebody["institution_id"]
    client.delete(board_keys(institution_id, first)[0])
    client.delete(board_keys(institution_id, second)[1])
    client.zadd(board_keys(institution_id, second)[0], {"1": 1})
    client.set(board_keys(institution_id, third)[1], "an older one")
    client.zadd(board_keys(institution_id, third)[0], {"1": 1})
    with session_for(boards.school.app) as session:
        # Told to nobody: only the ledger itself shows it.
        session.execute(AWARD, {**somebody, "points": 7, "kind": "practice"})
    lost = generation_key(institution_id, first).encode()
    client.delete(lost)
    boards.renew()
    assert boards.shown() == boards.ledger() != whole
    after = boards.generations()
    assert [key for key in before if before[key] != after[key]] == [lost]


def test_who_joins_or_leaves_is_on_the_board_or_not(
    boards: Boards, client: redis.Redis, somebody: dict[str, int]
) -> None:
    """A roster that changed, told to nobody, makes a board behind."""
    boards.renew()
    leave = text("UPDATE enrolments SET left_at = :at WHERE (class_id, student_id) = (:class_id, :student_id)")
    for at in ("2999-01-01", None):
        with session_for(boards.school.app) as session:
            session.execute(leave, {**somebody, "at": at})
        boards.renew()
        assert boards.shown() == boards.ledger()
        assert (somebody["student_id"] in boards.shown()[somebody["class_id"]]) == (at is None)


def test_a_start_moves_every_generation(boards: Boards, client: redis.Redis) -> None:
    """What was kept before the server started, by another edukit or of an older database, is never given again."""
    boards.renew()
    before = boards.generations()
    boards.renew(move=True)
    after = boards.generations()
    assert before.keys() == after.keys()
    assert not set(before.values()) & set(after.values())


def test_what_nobody_renews_is_forgotten(boards: Boards, client: redis.Redis, somebody: dict[str, int]) -> None:
    """Every key that the worker writes ends by itself; each round gives all their whole life again."""
    boards.award(somebody, 1)
    boards.renew()
    keys = client.keys("*")
    assert all(0 < client.ttl(key) <= KEPT_SECONDS for key in keys)
    for key in keys:
        client.expire(key, 60)
    boards.renew()
    assert all(client.ttl(key) > 60 for key in keys)
