"""A visitor's logins are of what the database says that they are now."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest

from edukit.cache import Cache, generation_key
from edukit.db.session import session_for
from edukit.queries.accounts import account_called, memberships
from edukit.serving.door import DEMO_ACCOUNTS
from edukit.serving.identity import Visitor
from edukit.serving.logins import Logins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import redis
    from conftest import Database

    from edukit.ops.stores import Stores


@pytest.fixture
def analyst(school: Database) -> Visitor:
    """The school's analyst, who has just signed in."""
    with session_for(school.app) as session:
        account_id = account_called(session, DEMO_ACCOUNTS["analyst"])
        user = memberships(session, account_id)[0]
    now = datetime.now(UTC)
    return Visitor(
        username="x", session="x", account_id=account_id, has_choice=False, signed_in_at=now, **user._asdict()
    )


@pytest.fixture
def cache_of(stores: Stores) -> Iterator[Callable[[Visitor], Cache]]:
    """Gives the cache of a page that a visitor has just opened."""
    logins, opened = Logins(stores), []

    def open_page(visitor: Visitor) -> Cache:
        minted = logins.mint(visitor)
        opened.append((minted.login.name, Cache(logins.environment(minted)["EDUKIT_VIEWER_REDIS_URL"])))
        return opened[-1][1]

    yield open_page
    for name, cache in opened:
        cache.close()
        logins.revoke(name)


def test_names_and_pseudonyms_are_kept_apart(
    school: Database, client: redis.Redis, analyst: Visitor, cache_of: Callable[[Visitor], Cache]
) -> None:
    """What an analyst's page kept under pseudonyms no page of theirs shows under names, nor the other way round."""
    client.set(generation_key(analyst.institution_id, 1), "g")
    grant = "UPDATE users SET reads_names = %s WHERE (institution_id, id) = (%s, %s)"
    loaded, shown = [], []
    for names in (False, True, False, True):

        def load(told: str = "names" if names else "pseudonyms") -> str:
            loaded.append(told)
            return told

        with psycopg.connect(school.admin_url) as admin:
            admin.execute(grant, [names, analyst.institution_id, analyst.user_id])
        shown.append(cache_of(analyst).get_or_load("default", (analyst.institution_id, 1), load))
    assert shown == ["pseudonyms", "names"] * 2
    assert loaded == ["pseudonyms", "names"]
