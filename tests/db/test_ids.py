"""Ids: sortable, exact in a browser, unique within a process, the same for the same source row."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edukit.db import ids as module
from edukit.db.ids import Ids, derived_uuids, new_uuids, time_ordered_uuids

NOW = datetime(2026, 6, 30, tzinfo=UTC)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=20), st.integers(0, 2**32))
def test_ids_increase(counts: list[int], seed: int) -> None:
    """Each id is greater than all before it, whatever the sizes of the calls."""
    source = Ids(np.random.default_rng(seed))
    taken = np.concatenate([source.take(count, NOW) for count in counts])
    assert (np.diff(taken) > 0).all()


def test_ids_fit_53_bits_until_2089() -> None:
    """A browser's numbers hold every id for the next sixty years."""
    last = Ids(np.random.default_rng(1)).take(1, datetime(2089, 1, 1, tzinfo=UTC))
    assert int(last[0]) < 2**53


def test_ids_sort_by_time() -> None:
    """An id made a millisecond later, by another process, is greater."""
    early = Ids(np.random.default_rng(1)).take(1, NOW)
    late = Ids(np.random.default_rng(2)).take(1, NOW + timedelta(milliseconds=1))
    assert early[0] < late[0]


def test_ids_are_shared_between_threads() -> None:
    """Threads that take from one source at once never get the same id."""
    source = Ids(np.random.default_rng(1))
    with ThreadPoolExecutor(8) as pool:
        taken = np.concatenate(list(pool.map(lambda _: source.take(100, NOW), range(80))))
    assert len(np.unique(taken)) == 8000


def test_the_same_seed_gives_the_same_ids() -> None:
    """A seeded source is deterministic, which the demo school rests on."""
    first, second = (Ids(np.random.default_rng(7)).take(3, NOW).tolist() for _ in range(2))
    assert first == second


def test_derived_uuids_are_version_5() -> None:
    """They equal the standard library's, so that anyone can find a source row's attempt."""
    names = ["assistments:33022537", "ä"]
    assert derived_uuids(names) == [uuid5(module.NAMESPACE, name) for name in names]
    assert derived_uuids(names)[0] != uuid5(NAMESPACE_URL, names[0])


def test_uuids_sort_by_time() -> None:
    """Ids of happenings are UUIDs of version 7 whose order is that of their milliseconds."""
    moments = np.array([1_700_000_000_000_000, 1_700_000_000_002_000, 1_800_000_000_000_000])
    made = time_ordered_uuids(np.random.default_rng(0), moments)
    assert made == sorted(made)
    assert {(uuid.version, uuid.variant) for uuid in made} == {(7, "specified in RFC 4122")}
    assert made[0].int >> 80 == 1_700_000_000_000


def test_new_uuids_tell_their_moment() -> None:
    """They are of version 7 and its variant, begin with the millisecond, and no two are the same."""
    moment = datetime(2026, 3, 1, 12, 0, 0, 123_999, tzinfo=UTC)
    made = new_uuids(moment, 1_000)
    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}
    assert {one.int >> 80 for one in made} == {int(moment.replace(microsecond=0).timestamp()) * 1_000 + 123}
    assert len({*made}) == 1_000
    drawn = [one.int & ((0xFFF << 64) | ((1 << 62) - 1)) for one in made]
    assert min(drawn) < 1 << 72 < 1 << 75 < max(drawn)
