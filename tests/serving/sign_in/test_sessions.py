"""Sessions live as long as they may, end wherever they are ended, and outlive an absence of Redis."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import redis

from edukit.errors import StoreError
from edukit.serving import sessions as module
from edukit.serving.kept_sessions import Session, key_of
from edukit.serving.sessions import LEFT_ALONE_SECONDS, Sessions, name_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Mortal

    Make = Callable[..., Sessions]
    Eventually = Callable[[Callable[[], object]], bool]


def come(now: datetime, account_id: int = 7) -> Session:
    return Session(account_id, now, "192.0.2.1", 1, 13, "teacher", "Ms Fern", "North", has_choice=True)


def test_a_session_is_the_same_to_every_process(sessions: Make, now: datetime) -> None:
    """What one process begins another finds, equal in every part."""
    word = sessions().begin(come(now))
    assert sessions().get(name_of(word)) == come(now)
    assert sessions().get(name_of(word + "x")) is None


def test_the_word_is_kept_nowhere(sessions: Make, redis_url: str, now: datetime) -> None:
    """Redis holds the hash of the cookie's word alone, and a word has 256 bits."""
    word = sessions().begin(come(now))
    assert len(word) >= 43
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        names = client.keys("*")
        assert sorted(names) == [f"session:{{{name_of(word)}}}", "sessions:{account:7}"]
        assert word not in str([names, client.get(key_of(name_of(word))), client.zrange("sessions:{account:7}", 0, -1)])


def test_it_slides_but_not_past_the_longest(sessions: Make, redis_url: str, now: datetime) -> None:
    """Each look makes it last the idle time again, never past the longest time since the sign-in."""
    clock = [now]
    kept = sessions(idle=timedelta(hours=1), longest=timedelta(hours=24), clock=lambda: clock[0])
    word = kept.begin(come(now))
    with redis.Redis.from_url(redis_url) as client:
        client.pexpire(key_of(name_of(word)), 60_000)
        clock[0] = now + timedelta(minutes=30)
        kept.touch(name_of(word))
        assert 3590 < client.ttl(key_of(name_of(word))) <= 3600
        clock[0] = now + timedelta(hours=23, minutes=50)
        kept.touch(name_of(word))
        assert client.ttl(key_of(name_of(word))) <= 600
    clock[0] = now + timedelta(hours=24)
    assert not kept.is_alive(name_of(word))


def test_it_ends_by_itself(sessions: Make, now: datetime, eventually: Eventually) -> None:
    """A session in which nothing is asked any more ends after the idle time, and is listed no more."""
    kept = sessions(idle=timedelta(seconds=1))
    word = kept.begin(come(now))
    assert kept.is_alive(name_of(word))
    assert eventually(lambda: not kept.is_alive(name_of(word)))
    assert kept.of_accounts(7) == []


def test_an_end_holds_in_every_process(sessions: Make, now: datetime) -> None:
    """What one process ends has ended in another that knew it, which says so to whoever asked to be told."""
    first, second = sessions(), sessions()
    ended: list[str] = []
    second.on_end.append(ended.append)
    name = name_of(first.begin(come(now)))
    assert second.is_alive(name)
    first.end(name)
    assert not first.is_alive(name)
    assert not second.is_alive(name)
    assert ended == [name]


def test_all_of_an_account_end(sessions: Make, now: datetime) -> None:
    """Every session of the account ends, also those of other processes, and no other account's; new ones are let in."""
    first, second = sessions(), sessions()
    theirs = [name_of(kept.begin(come(now))) for kept in (first, second, second)]
    others = name_of(first.begin(come(now, account_id=8)))
    assert first.end_all(7)
    assert not any(kept.is_alive(name) for name in theirs for kept in (first, second))
    assert second.is_alive(others)
    later = name_of(second.begin(come(datetime.now(UTC))))
    assert first.is_alive(later)


def test_open_sessions_are_listed(sessions: Make, now: datetime) -> None:
    """Of one account or of all, those seen last first."""
    clock = [now]
    kept = sessions(clock=lambda: clock[0])
    names = []
    for account_id in (7, 8, 7):
        names.append(name_of(kept.begin(come(now, account_id))))
        clock[0] += timedelta(minutes=1)
    clock[0] += timedelta(minutes=1)
    kept.touch(names[0])
    found = kept.of_accounts()
    assert found is not None
    assert [one.session.account_id for one in found] == [7, 7, 8]
    assert found[0].seen_at == clock[0].replace(microsecond=found[0].seen_at.microsecond)
    assert [one.session.account_id for one in kept.of_accounts(8) or ()] == [8]


def test_memory_is_bounded(sessions: Make, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many sign in, a process remembers so many; the others are found in Redis."""
    monkeypatch.setattr(module, "MOST_REMEMBERED", 3)
    kept = sessions()
    words = [kept.begin(come(now)) for _ in range(6)]
    assert len(kept._kept) == 3
    assert all(kept.is_alive(name_of(word)) for word in words)
    for word in words:
        kept.end(name_of(word))
    assert not kept._kept
    assert not kept._ended


@pytest.mark.parametrize("text", ["", "{}", "null", "[1]", "x", json.dumps({"account_id": 1})])
def test_what_cannot_be_read_is_no_session(sessions: Make, redis_url: str, text: str) -> None:
    """What another edukit may have written lets nobody in, and fails nothing."""
    with redis.Redis.from_url(redis_url) as client:
        client.set(key_of("abc"), text)
    assert sessions().get("abc") is None


def test_an_absence_of_redis_is_lived_through(
    sessions: Make, mortal: Mortal, now: datetime, eventually: Eventually
) -> None:
    """With Redis gone old and new sessions are open, at once; back again it has the new ones, and none that ended."""
    kept = sessions(mortal.url)
    before, left = (name_of(kept.begin(come(now))) for _ in range(2))
    elsewhere = name_of(sessions(mortal.url).begin(come(now, account_id=9)))
    mortal.kill()
    start = time.monotonic()
    assert kept.is_alive(before)
    during, gone = (name_of(kept.begin(come(now, account_id=8))) for _ in range(2))
    assert kept.is_alive(during)
    kept.touch(before)
    kept.end(left)
    kept.end(gone)
    assert not kept.end_all(9)
    assert not kept.is_alive(left)
    assert not kept.is_alive(gone)
    assert kept.of_accounts() is None
    assert time.monotonic() - start < 1
    mortal.revive()
    other = sessions(mortal.url)
    assert eventually(lambda: other.is_alive(before))
    # What one process has not told yet another cannot know.
    assert eventually(lambda: kept.is_alive(before) and other.is_alive(during))
    assert [other.is_alive(name) for name in (before, during, left, gone, elsewhere)] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert LEFT_ALONE_SECONDS <= 5


def test_who_was_not_met_before_an_absence_is_not_known(sessions: Make, mortal: Mortal, now: datetime) -> None:
    """A session of another process, as before a restart, may be open: that it is not is never said; an ended one is."""
    theirs = name_of(sessions(mortal.url).begin(come(now)))
    kept = sessions(mortal.url)
    ended, signed_out = name_of(kept.begin(come(now))), name_of(kept.begin(come(now, account_id=8)))
    mortal.kill()
    with pytest.raises(StoreError, match="Redis does not answer"):
        kept.get(theirs)
    assert not kept.is_alive(theirs)
    kept.end(ended)
    kept.end_all(8)
    assert kept.get(ended) is kept.get(signed_out) is None


def test_what_ended_elsewhere_during_the_absence_has_ended(
    sessions: Make, mortal: Mortal, now: datetime, eventually: Eventually
) -> None:
    """A session that is gone when Redis is back is gone here, however lively it was in memory."""
    kept = sessions(mortal.url)
    name = name_of(kept.begin(come(now)))
    mortal.kill()
    assert kept.is_alive(name)
    kept.touch(name)
    mortal.revive()
    assert eventually(lambda: sessions(mortal.url).end_all(7))
    assert eventually(lambda: not kept.is_alive(name))
