"""The demo school's accounts: one of each role can sign in, by a password that is told once and kept nowhere."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import psycopg
import pytest
from pydantic import SecretStr

from edukit.models.people import ROLES
from edukit.ops.prepare import seed_into
from edukit.ops.stores import Stores, open_stores
from edukit.passwords import is_right
from edukit.serving import up
from edukit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Database, House

AS_OF = datetime(2026, 3, 4, 20, tzinfo=UTC)
TOLD = re.compile(r"The demo accounts (.+) have the password ([a-z]{5}(?:-[a-z]{5}){3}): it is told this once")
HASHES = "SELECT email, password_hash FROM accounts WHERE password_hash IS NOT NULL ORDER BY email"
EXPECTED = sorted(f"{role}@demo.example" for role in ROLES)
small = partial(seed_into, students=4)


@pytest.fixture
def stores(database: Database, house: House) -> Iterator[Stores]:
    """Stores without a school."""
    with open_stores(Settings(home=house.settings.home, database_url=SecretStr(database.admin_url))) as stores:
        yield stores


def rows(database: Database, query: str) -> list[tuple[str, ...]]:
    with psycopg.connect(database.admin_url) as admin:
        return admin.execute(query).fetchall()


def test_each_role_can_sign_in(database: Database, stores: Stores) -> None:
    """With one password and a hash each; every user of theirs has an event, at the moment of the demo."""
    _, opened = small(stores, as_of=AS_OF)
    assert opened
    assert sorted(opened.addresses) == EXPECTED
    kept = dict(rows(database, HASHES))
    assert sorted(kept) == EXPECTED
    assert all(is_right(opened.password, one) for one in kept.values())
    assert len(set(kept.values())) == len(ROLES)
    users = f"""
        SELECT DISTINCT role FROM users u JOIN audit_events e ON resource = 'users/' || u.id
        JOIN accounts a ON a.id = account_id AND email = role || '@demo.example'
        WHERE action = 'set_password' AND occurred_at = '{AS_OF}'"""
    assert sorted(role for (role,) in rows(database, users)) == sorted(ROLES)
    assert opened.password not in repr(opened)


def test_a_school_that_is_there_keeps_its_passwords(database: Database, stores: Stores) -> None:
    """Asked for again, nothing is set and nothing is told."""
    small(stores, as_of=AS_OF)
    before = rows(database, HASHES)
    report, opened = small(stores, as_of=AS_OF)
    assert (report.already_there, opened) == (True, None)
    assert rows(database, HASHES) == before


def test_each_store_has_a_password_of_its_own(stores: Stores, house: House) -> None:
    """The same seed makes the same school, and another password."""
    _, first = small(stores, as_of=AS_OF)
    with house.database() as other:
        settings = Settings(home=house.settings.home, database_url=SecretStr(other.admin_url))
        with open_stores(settings) as elsewhere:
            _, second = small(elsewhere, as_of=AS_OF)
    assert first
    assert second
    assert first.addresses == second.addresses
    assert first.password != second.password


def test_the_first_start_tells_it_once(
    database: Database,
    stores: Stores,
    house: House,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`edukit up` prints the addresses and the password that is right, and at the next start nothing."""
    # The demo of 600 students takes long; a smaller one is made in the same way.
    monkeypatch.setattr(up, "seed_into", small)
    settings = Settings(home=house.settings.home, frozen_now=AS_OF)
    up._make_demo_school(stores, settings)
    (found,) = TOLD.findall(capsys.readouterr().out)
    assert found[0].split(", ") == EXPECTED
    assert all(is_right(found[1], kept) for _, kept in rows(database, HASHES))
    up._make_demo_school(stores, settings)
    assert "password" not in capsys.readouterr().out


def test_seed_tells_it_once(house: House, database: Database, stores: Stores, tmp_path: Path) -> None:
    """`edukit seed` prints them too, on one line, and at the second time that the school is there."""
    urls = {"DATABASE_URL": database.admin_url, "REDIS_URL": stores.redis_url}
    command = ("seed", "--students", "4", "--as-of", "2026-03-04")
    ran = [house.command(*command, EDUKIT_HOME=str(tmp_path / "home"), **urls) for _ in range(2)]
    assert [one.returncode for one in ran] == [0, 0], ran
    first, second = (one.stdout for one in ran)
    (found,) = TOLD.findall(first)
    assert found[0].split(", ") == EXPECTED
    assert all(is_right(found[1], kept) for _, kept in rows(database, HASHES))
    assert "there already" in second
    assert "password" not in second
