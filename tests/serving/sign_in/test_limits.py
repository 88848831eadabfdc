"""Whoever fails too often has to wait, and nobody else; with Redis away sooner."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import redis

from edukit.serving.limits import ALONE, ENTRIES, FAILURES, Limits

if TYPE_CHECKING:
    from conftest import Mortal

HERE, THERE = "192.0.2.1", "198.51.100.2"


@pytest.fixture
def limits(redis_url: str) -> Limits:
    """One server's limits."""
    return Limits(redis_url)


def fail(limits: Limits, times: int, account: str = "fern", address: str = HERE) -> list[int]:
    """Fail so many times; the seconds to wait that were told."""
    told = []
    for _ in range(times):
        told.append(limits.begin(account, address))
        if not told[-1]:
            limits.end(account, address, failed=True)
    return told


def test_five_failures_in_a_minute_are_let_through(limits: Limits) -> None:
    """The sixth has to wait, a minute at most; whoever else comes, or from elsewhere, has not."""
    told = fail(limits, 7)
    assert told[:5] == [0] * 5
    assert all(0 < wait <= 60 for wait in told[5:])
    assert limits.begin("fern", THERE) == 0
    assert limits.begin("ash", HERE) == 0


def test_a_name_is_counted_however_it_is_spelt(limits: Limits) -> None:
    """Case and the space around a name make no other account of it."""
    fail(limits, 5, "Fern@Mail.example")
    assert limits.begin("  fern@mail.EXAMPLE ", HERE) > 0


def test_another_server_counts_the_same(limits: Limits, redis_url: str) -> None:
    """The windows are shared by all servers of a Redis."""
    fail(limits, 5)
    assert Limits(redis_url).begin("fern", HERE) > 0


def test_success_does_not_count(limits: Limits) -> None:
    """Whoever is right may come as often as they like, and what they failed before still counts."""
    fail(limits, 4)
    for _ in range(30):
        assert limits.begin("fern", HERE) == 0
        limits.end("fern", HERE, failed=False)
    assert fail(limits, 2)[0] == 0
    assert limits.begin("fern", HERE) > 0


def test_what_is_under_way_counts(limits: Limits) -> None:
    """Tries at once are no way around: each counts as failed until it is known."""
    assert [limits.begin("fern", HERE) for _ in range(6)] == [0, 0, 0, 0, 0, 1]
    for _ in range(5):
        limits.end("fern", HERE, failed=False)
    assert limits.begin("fern", HERE) == 0
    limits.end("fern", HERE, failed=False)
    assert not limits._under_way


def test_an_account_has_a_limit_whatever_the_addresses(limits: Limits) -> None:
    """A hundred addresses that try one account are stopped, for an hour at most, and no other account is."""
    ((most, _),) = FAILURES["account"]
    told = [fail(limits, 1, address=f"203.0.113.{number}")[0] for number in range(most + 1)]
    assert told[:-1] == [0] * most
    assert 0 < told[-1] <= 3600
    assert limits.begin("ash", THERE) == 0


def test_an_address_has_a_limit_whatever_the_accounts(limits: Limits) -> None:
    """An address that tries a hundred accounts is stopped, and others are not."""
    ((most, _),) = FAILURES["address"]
    told = [fail(limits, 1, account=f"pupil{number}")[0] for number in range(most + 1)]
    assert told[:-1] == [0] * most
    assert 0 < told[-1] <= 900
    assert limits.begin("pupil1", THERE) == 0


def test_addresses_of_one_network_are_one(limits: Limits) -> None:
    """Whoever has an address of IPv6 has the rest of its network too."""
    for number in range(5):
        fail(limits, 1, address=f"2001:db8:0:1::{number}")
    assert limits.begin("fern", "2001:db8:0:1:ffff::1") > 0
    assert limits.begin("fern", "2001:db8:0:2::1") == 0


def test_nothing_that_was_typed_is_kept(limits: Limits, redis_url: str) -> None:
    """What stands in Redis tells neither names, one of which may be a password, nor addresses."""
    fail(limits, 3, "my secret words")
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        names = client.keys("*")
        assert names
        assert all(name.startswith("ratelimit:") for name in names)
        assert all(client.ttl(name) > 0 for name in names)
        assert "secret" not in str(names)
        assert HERE not in str(names)


def test_entries_are_bounded(limits: Limits) -> None:
    """An account is entered so often in an hour: each entry leaves an audit event."""
    assert all(limits.enter("7") == 0 for _ in range(ENTRIES.amount))
    assert 0 < limits.enter("7") <= 3600
    assert limits.enter("8") == 0


def test_alone_it_is_stricter(mortal: Mortal) -> None:
    """With Redis gone fewer failures are let through, those before count, and the answer comes at once."""
    limits = Limits(mortal.url)
    fail(limits, 2)
    mortal.kill()
    start = time.monotonic()
    told = fail(limits, 2)
    assert time.monotonic() - start < 1
    assert told[0] == 0
    assert 0 < told[1] <= 60
    assert ALONE["both"][0] == (3, 1)
    assert limits.enter("7") == 0


def test_thirty_may_come_at_once_alone(mortal: Mortal) -> None:
    """Without Redis a school's computers, which have one address, may still all sign in at once."""
    limits = Limits(mortal.url)
    mortal.kill()
    assert [limits.begin(f"pupil{number}", HERE) for number in range(30)] == [0] * 30
