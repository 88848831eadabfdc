"""A theme is kept with whoever chooses it, and with nobody else."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from edukit.serving.kept_sessions import Session
from edukit.serving.sessions import Sessions, name_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from conftest import Browser, Database, Mortal, Served

    Asked = Callable[..., list[tuple[Any, ...]]]

KEPT = "SELECT institution_id, user_id, theme FROM profiles ORDER BY 1, 2"


@pytest.fixture
def ash(served: Served) -> Browser:
    """A browser in which Mr Ash has signed in."""
    return signed_in(served)


def signed_in(served: Served, account: str = "ash") -> Browser:
    browser = served.browser()
    assert browser.sign_in(account).status_code == 303
    return browser


def shown(browser: Browser) -> str:
    """The theme that a page of somebody's is told."""
    return str(browser.get("/").json()["theme"])


def test_a_theme_is_saved(served: Served, ash: Browser, asked: Asked) -> None:
    """It is kept in the profile, shown at once in every browser of theirs, and after the next sign-in."""
    other, fern = signed_in(served), signed_in(served, "fern@mail.example")
    fern.send("/account", user="1:13")
    assert shown(ash) == "system"
    assert ash.send("/theme", theme="dark").status_code == 204
    assert asked(KEPT) == [(1, 14, "dark")]
    assert (shown(ash), shown(other), shown(signed_in(served)), shown(fern)) == ("dark", "dark", "dark", "system")
    assert ash.send("/theme", theme="light").status_code == 204
    assert asked(KEPT) == [(1, 14, "light")]
    assert 'data-theme="light"' in ash.get("/account").text


def test_a_profile_keeps_the_rest(ash: Browser, people: Database, asked: Asked) -> None:
    """What else stands in the profile stays."""
    with psycopg.connect(people.admin_url) as admin:
        admin.execute("INSERT INTO profiles (institution_id, user_id, language) VALUES (1, 14, 'de-CH')")
    ash.send("/theme", theme="dark")
    assert asked("SELECT language, theme FROM profiles") == [("de-CH", "dark")]


def test_a_form_goes_back_to_its_page(ash: Browser) -> None:
    """Without scripts one stands again where one chose."""
    answer = ash.send("/theme", theme="dark", next="/?class=4")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?class=4")


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"])
def test_it_leads_nowhere_else(ash: Browser, elsewhere: str) -> None:
    """No address of another site is gone on to."""
    assert ash.send("/theme", theme="dark", next=elsewhere).headers["Location"] == "/"


@pytest.mark.parametrize("theme", ["blue", "", "DARK", "dark'; DROP TABLE users"])
def test_there_are_three(ash: Browser, asked: Asked, theme: str) -> None:
    """Nothing else is saved."""
    assert ash.send("/theme", theme=theme).status_code == 400
    assert asked(KEPT) == []


def test_only_our_own_page_may_ask(served: Served, ash: Browser, asked: Asked) -> None:
    """Neither another site, nor who has not signed in, nor who has not chosen as whom."""
    assert ash.client.post("/theme", data={"theme": "dark"}).status_code == 403
    assert served.browser().send("/theme", theme="dark").status_code == 403
    assert signed_in(served, "fern@mail.example").send("/theme", theme="dark").status_code == 403
    assert ash.get("/theme").status_code == 405
    assert asked(KEPT) == []


def test_who_has_left_has_no_profile(ash: Browser, people: Database, asked: Asked) -> None:
    """Nothing personal comes back of somebody who became a pseudonym while their page was open."""
    with psycopg.connect(people.admin_url) as admin:
        admin.execute("UPDATE users SET departed_at = now() WHERE id = 14")
    assert ash.send("/theme", theme="dark").status_code == 400
    assert asked(KEPT) == []


def test_no_session_lasts_longer_or_comes_back(
    sessions: Callable[..., Sessions], now: datetime, redis_url: str
) -> None:
    """A theme changes nothing else of a session, of one that has ended nothing, and another user's not at all."""
    first, second = sessions(), sessions()
    come = Session(7, now, "192.0.2.1", 1, 13, "teacher", "Ms Fern", "North", has_choice=True)
    here, gone = name_of(first.begin(come)), name_of(first.begin(come))
    elsewhere = name_of(first.begin(replace(come, institution_id=2)))
    first.end(gone)
    second.show_in("dark", 7, (1, 13))
    assert first.get(here) == replace(come, theme="dark")
    assert first.get(gone) is None
    assert first.get(elsewhere) == replace(come, institution_id=2)


def test_without_redis_it_is_shown_here(serving: Callable[..., Served], mortal: Mortal, asked: Asked) -> None:
    """It is saved, and this server shows it."""
    served = serving(mortal.url)
    ash = signed_in(served)
    mortal.kill()
    assert ash.send("/theme", theme="dark").status_code == 204
    assert asked(KEPT) == [(1, 14, "dark")]
    assert shown(ash) == "dark"


def test_without_the_database_it_says_so(serving: Callable[..., Served], people: Database) -> None:
    """503, and nothing is pretended."""
    ash = signed_in(serving())
    broken = serving(database_url=re.sub(r"test_\d+", "nowhere", people.app.database_url))
    broken_ash = broken.browser()
    broken_ash.get("/login")
    broken_ash.client.cookies.set(f"edukit-{re.sub('[.:]', '-', broken.address[7:])}", ash.words[0])
    assert broken_ash.send("/theme", theme="dark").status_code == 503
    assert shown(broken_ash) == "system"
