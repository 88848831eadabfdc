"""Who asks is known by the cookie of their session, and by nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from edukit.serving.identity import Identity, Visitor
from edukit.serving.sessions import name_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Browser, Mortal, Served


@pytest.fixture
def ash(served: Served) -> Browser:
    """A browser in which Mr Ash has signed in."""
    browser = served.browser()
    assert browser.sign_in().status_code == 303
    return browser


def test_a_visitor_is_who_signed_in(ash: Browser) -> None:
    """The page knows the user, the institution and the role, and the session by its hash."""
    told = ash.get("/").json()
    assert told["session"] == name_of(ash.words[0])
    assert (told["institution_id"], told["user_id"], told["account_id"]) == ("1", "14", "4")
    assert (told["name"], told["role"], told["institution"]) == ("Mr Ash", "teacher", "North <b>")
    assert ash.words[0] not in str(told)


def test_nobody_is_sent_to_the_door(served: Served) -> None:
    """Pages lead to the sign-in page and back; what scripts ask is refused."""
    browser = served.browser()
    answer = browser.get("/?class=4")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login?next=%2F%3Fclass%3D4")
    assert browser.get("/api").status_code == 403
    assert browser.client.post("/").status_code == 403


@pytest.mark.parametrize(
    "forged",
    [
        {"params": {"token": "x", "user": "ash", "username": "ash"}},
        {"headers": {"Authorization": "token x"}},
        {"headers": {"Authorization": "Bearer x"}},
        {"headers": {"X-Forwarded-User": "ash", "Remote-User": "ash", "X-Edukit-User": "ash"}},
        {"cookies": {"edukit-127-0-0-1": "x", "username-127-0-0-1": "ash", "user": "ash"}},
    ],
)
def test_nothing_else_makes_a_visitor(served: Served, forged: dict[str, dict[str, str]]) -> None:
    """Tokens, names and cookies that anybody can write let nobody in."""
    browser = served.browser()
    browser.client.cookies.update(forged.pop("cookies", {}))
    assert browser.client.get("/", **forged).status_code == 302  # type: ignore[arg-type]
    assert browser.client.get("/api", **forged).status_code == 403  # type: ignore[arg-type]


def test_an_empty_token_or_one_of_the_environment_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable by which Jupyter takes a token gives this one none."""
    monkeypatch.setenv("JUPYTER_TOKEN", "x")
    assert Identity().token == ""
    assert Identity().auth_enabled


def test_the_cookie_is_shut(served: Served) -> None:
    """No script reads it, no other site sends it, and it says nothing of the person."""
    answer = served.browser().sign_in()
    (cookie,) = [line for line in answer.headers.get_list("Set-Cookie") if line.startswith("edukit-")]
    assert {part.strip() for part in cookie.split(";")[1:]} == {"HttpOnly", "Path=/", "SameSite=Lax"}
    assert "ash" not in cookie


def test_the_cookie_is_secure_behind_tls(serving: Callable[..., Served]) -> None:
    """Behind a proxy that says so it goes by TLS only; without one nobody's word counts for that."""
    answers = [
        serving(is_behind_proxy=behind).browser(**{"X-Forwarded-Proto": "https"}).sign_in() for behind in (True, False)
    ]
    assert ["Secure" in answer.headers["Set-Cookie"] for answer in answers] == [True, False]


def test_a_server_takes_no_other_servers_cookie(served: Served, serving: Callable[..., Served]) -> None:
    """Cookies know no ports, so their name tells the server's."""
    first, second = served.browser(), serving().browser()
    first.sign_in()
    second.client.cookies.update(first.client.cookies)
    (name,) = [cookie.name for cookie in first.client.cookies.jar if cookie.name.startswith("edukit-")]
    assert name.endswith(f"-{served.address.rpartition(':')[2]}")


def test_who_has_not_chosen_is_nobody(served: Served) -> None:
    """An account of two users is nobody before the choice: pages lead on to it."""
    browser = served.browser()
    answer = browser.sign_in("fern@mail.example", next="/?class=4")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account?next=%2F%3Fclass%3D4")
    assert browser.get("/").headers["Location"] == "/login?next=%2F"
    assert browser.get("/login?next=%2F%3Fclass%3D4").headers["Location"] == "/account?next=%2F%3Fclass%3D4"
    assert browser.get("/api").status_code == 403


def test_a_session_that_has_ended_is_nobodys(ash: Browser, served: Served) -> None:
    """The next request after its end is refused."""
    assert ash.get("/").status_code == 200
    served.door.sessions.end(name_of(ash.words[0]))
    assert ash.get("/").status_code == 302
    assert ash.get("/api").status_code == 403


def test_who_cannot_be_told_is_not_sent_to_the_door(serving: Callable[..., Served], mortal: Mortal) -> None:
    """A server that begins while Redis is away says that it waits, also to scripts; one may sign in anew, or out."""
    first, second = serving(mortal.url), serving(mortal.url)
    ash, gone = second.browser(), second.browser()
    cookie = f"edukit-127-0-0-1-{second.address.rpartition(':')[2]}"
    for browser in (ash, gone):
        known = first.browser()
        known.sign_in()
        browser.client.cookies.set(cookie, known.words[0], domain="127.0.0.1", path="/")
    mortal.kill()
    answer = ash.get("/broken/404?find=x")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "goes on by itself" in answer.text
    assert '<a href="/login?next=%2Fbroken%2F404%3Ffind%3Dx">sign in again</a>' in answer.text
    assert ash.get("/api").status_code == ash.get("/account").status_code == 503
    assert gone.send("/logout").status_code == 503
    assert not gone.words
    assert ash.get("/login").status_code == 200
    assert ash.sign_in().status_code == 303
    assert ash.get("/").json()["name"] == "Mr Ash"


def test_who_signs_in_anew_leaves_no_session_that_could_not_be_told(
    serving: Callable[..., Served], mortal: Mortal, eventually: Callable[[Callable[[], object]], bool]
) -> None:
    """A session that a server has not met before Redis went away ends, too, when another begins in its place."""
    first, second = serving(mortal.url), serving(mortal.url)
    known, ash = first.browser(), second.browser()
    known.sign_in()
    cookie = f"edukit-127-0-0-1-{second.address.rpartition(':')[2]}"
    ash.client.cookies.set(cookie, known.words[0], domain="127.0.0.1", path="/")
    mortal.kill()
    assert ash.sign_in().status_code == 303
    mortal.revive()
    assert eventually(lambda: ash.get("/").status_code == 200 and known.get("/").status_code == 302)


def test_other_sites_are_refused(ash: Browser) -> None:
    """Nothing is done without the token of our own page, nor for a page of another origin."""
    assert ash.client.post("/").status_code == 403
    assert ash.client.post("/", data={"_xsrf": "2|aaaaaaaa|bbbb|1"}).status_code == 403
    assert ash.send("/").text == "done"
    ash.client.headers["Origin"] = "https://evil.example"
    assert ash.send("/").status_code == 404


def test_every_answer_has_the_headers_of_security(ash: Browser) -> None:
    """Pages, refusals and what is not there alike."""
    for path in ("/", "/api", "/login", "/account", "/nothing"):
        headers = ash.get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Referrer-Policy"] == "same-origin", path
        assert "frame-ancestors '" in headers["Content-Security-Policy"], path


def test_a_visitor_shows_no_secret() -> None:
    """What stands in a log of a visitor lets nobody in."""
    name = name_of("word")
    visitor = Visitor(
        username="1:14", session=name, account_id=4, institution_id=1, user_id=14, role="teacher", institution="North",
        signed_in_at=datetime.now(UTC), has_choice=False,
    )  # fmt: skip
    assert "word" not in repr(visitor)
