"""Who keeps the stores sees who is signed in, and signs them out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import SecretStr

from edukit.errors import ActionError, NotFound, StoreError
from edukit.ops.stores import Stores, open_stores
from edukit.serving.revoking import end_sign_ins, revoke, sign_ins
from edukit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Database, House, Served


@pytest.fixture
def settings(house: House, people: Database, redis_url: str) -> Settings:
    """The settings of a command on these people."""
    urls = {"database_url": SecretStr(people.admin_url), "redis_url": SecretStr(redis_url)}
    return Settings(home=house.settings.home, **urls)


@pytest.fixture
def kept(settings: Settings) -> Iterator[Stores]:
    """The stores as a command has them."""
    with open_stores(settings) as stores:
        yield stores


def test_who_is_signed_in_is_listed(served: Served, kept: Stores, settings: Settings) -> None:
    """Those of all accounts or of one, those seen last first, and those that have not chosen as such."""
    served.browser().sign_in("ash")
    served.browser().sign_in("fern@mail.example")
    found = sign_ins(kept, settings, None)
    assert [(one.account, one.name, one.role) for one in found] == [
        ("Fern@mail.example", None, None),
        ("ash", "Mr Ash", "teacher"),
    ]
    assert found[1].address == "127.0.0.1"
    assert found[1].signed_in_at <= found[1].seen_at
    assert [one.account for one in sign_ins(kept, settings, "ASH")] == ["ash"]
    with pytest.raises(NotFound, match="There is no account 'zoe'"):
        sign_ins(kept, settings, "zoe")


def test_revoking_signs_out(
    served: Served, kept: Stores, settings: Settings, asked: Callable[..., list[tuple[Any, ...]]]
) -> None:
    """Every browser of the account is out, no other is, and the act is recorded."""
    ash, fern = served.browser(), served.browser()
    ash.sign_in("ash")
    fern.sign_in("fern@mail.example")
    told = revoke(kept, settings, "ash")
    assert told == "ash is signed out everywhere; whoever knows the password may sign in again."
    assert ash.get("/").status_code == 302
    assert fern.get("/account").status_code == 200
    assert asked("SELECT user_id FROM audit_events WHERE action = 'sign_out_everywhere'") == [(None,)]
    with pytest.raises(NotFound):
        revoke(kept, settings, "zoe")
    with pytest.raises(ActionError, match="has no part in this institution"):
        revoke(kept, settings.model_copy(update={"user": "zoe"}), "ash")


def test_without_redis_it_is_said(
    people: Database, house: House, kept: Stores, asked: Callable[..., list[tuple[Any, ...]]]
) -> None:
    """Revoking is done in the database and says what is left; a list is not made up."""
    gone = Settings(home=house.settings.home, database_url=SecretStr(people.admin_url))
    kept.redis_url = "redis://127.0.0.1:1"
    assert "Redis does not answer" in revoke(kept, gone, "ash")
    assert asked("SELECT count(*) FROM audit_events WHERE action = 'sign_out_everywhere'") == [(1,)]
    with pytest.raises(StoreError, match="Redis does not answer"):
        sign_ins(kept, gone, None)


def test_what_the_database_ended_ends_here(served: Served, kept: Stores, settings: Settings) -> None:
    """After a change to an account its sessions end, and an account that is gone needs none ended."""
    browser = served.browser()
    browser.sign_in("ash")
    end_sign_ins(kept, settings, "zoe")
    assert browser.get("/").status_code == 200
    end_sign_ins(kept, settings, "ash")
    assert browser.get("/").status_code == 302


@pytest.mark.parametrize(
    "change",
    [("disable", "ash"), ("set-password", "ash"), ("set-role", "ash", "mentor"), ("revoke", "ash")],
    ids=lambda change: change[0],
)
def test_commands_sign_out(
    house: House, served: Served, settings: Settings, tmp_path: Path, change: tuple[str, ...]
) -> None:
    """Whoever's account is disabled, or gets another password or role, is signed out; the list says it before."""
    browser = served.browser()
    browser.sign_in("ash")
    urls = {"DATABASE_URL": settings.database_url, "REDIS_URL": settings.redis_url}
    environment = {"EDUKIT_HOME": str(tmp_path), **{name: url.get_secret_value() for name, url in urls.items() if url}}

    def users(*arguments: str) -> str:
        done = house.command("users", *arguments, given="purple gravel teapot\n", **environment)
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert [one["name"] for one in json.loads(users("sessions", "--json"))] == ["Mr Ash"]
    assert "Mr Ash, teacher of North <b>" in users("sessions", "ash")
    users(*change)
    assert json.loads(users("sessions", "--json")) == []
    assert browser.get("/").status_code == 302
