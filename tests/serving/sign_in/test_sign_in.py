"""People come in by the door, and go; whoever should not, does not, and learns nothing by trying."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import redis
from argon2 import PasswordHasher
from hypothesis import example, given
from hypothesis import strategies as st

from edukit.serving import door as door_module
from edukit.serving.sessions import name_of
from edukit.serving.sign_in import inside

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Database, Mortal, Served

    Asked = Callable[..., list[tuple[Any, ...]]]

EVENTS = """
    SELECT e.institution_id, e.user_id, e.action, e.resource, d.details ->> 'address' FROM audit_events e
    LEFT JOIN audit_event_details d ON (d.institution_id, d.event_id) = (e.institution_id, e.id)
    ORDER BY e.occurred_at, e.institution_id, e.resource"""
HERE = "127.0.0.1"
PASSWORD = "seven quiet lanterns"  # as in conftest


def test_the_right_password_lets_in(served: Served, asked: Asked) -> None:
    """By username or e-mail address in any case; one goes on to where one wanted, and it is recorded."""
    answer = served.browser().sign_in("ASH", next="/?class=4")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?class=4")
    assert asked(EVENTS) == [(1, 14, "sign_in", "users/14", HERE)]


@pytest.mark.parametrize("account", ["ash", "nobody@mail.example", "elm@mail.example", "teacher@demo.example", ""])
def test_a_failure_tells_nothing(served: Served, account: str) -> None:
    """A wrong password, no account, a disabled one and one without a password have the same answer."""
    browser, other = served.browser(), served.browser()
    answer, same = browser.sign_in(account, "wrong"), other.sign_in("zoe", "wrong")
    assert answer.status_code == same.status_code == 403
    assert seen(answer.text, account) == seen(same.text, "zoe")
    assert "do not belong together" in answer.text
    assert not browser.words


def seen(page: str, account: str) -> str:
    """A page without what is its own: the token, and the name that was typed."""
    lines = [line for line in page.splitlines() if "_xsrf" not in line]
    return "\n".join(lines).replace(f'value="{account}"', "")


def test_nobody_comes_in_by_a_disabled_account_or_one_that_is_nobodys(served: Served) -> None:
    """The right password alone does not do."""
    assert served.browser().sign_in("elm@mail.example").status_code == 403
    assert served.browser().sign_in("oak@mail.example").status_code == 403


def test_failures_take_their_time(served: Served) -> None:
    """Answers to failures come at multiples of half a second: the time tells not who has an account."""
    for account in ("ash", "nobody"):
        start = time.monotonic()
        served.browser().sign_in(account, "wrong")
        assert time.monotonic() - start >= 0.5


def test_failures_are_recorded(served: Served, asked: Asked, caplog: pytest.LogCaptureFixture) -> None:
    """At each institution of the account; of no account the log says that somebody tried, and no name."""
    served.browser().sign_in("fern@mail.example", "wrong")
    assert asked(EVENTS) == [
        (1, None, "sign_in_failed", "users/13", HERE),
        (2, None, "sign_in_failed", "users/23", HERE),
    ]
    with caplog.at_level(logging.DEBUG):
        served.browser().sign_in("my secret words", "other secret words")
    assert "tried to sign in by an account that is not there" in caplog.text
    assert "secret" not in caplog.text
    assert len(asked(EVENTS)) == 2


def test_too_many_failures_have_to_wait(served: Served, asked: Asked) -> None:
    """The sixth try is refused with the time to wait, as for no account; the right one too, and nothing is recorded."""
    browser = served.browser()
    refused = []
    for account in ("ash", "nobody"):
        assert [browser.sign_in(account, "wrong").status_code for _ in range(5)] == [403] * 5
        answer = browser.sign_in(account)
        assert answer.status_code == 429
        assert 0 < int(answer.headers["Retry-After"]) <= 60
        refused.append(answer.text)
    assert "There were too many tries" in refused[0]
    assert len(asked(EVENTS)) == 5


def test_an_old_hash_is_renewed(served: Served, people: Database, asked: Asked) -> None:
    """A hash of lower costs is replaced when the password was right, and not when it was wrong."""
    kept = "SELECT password_hash FROM accounts WHERE id = 4"
    with psycopg.connect(people.admin_url) as admin:
        cheap = PasswordHasher(memory_cost=8, time_cost=1, parallelism=1).hash(PASSWORD)
        admin.execute("UPDATE accounts SET password_hash = %s WHERE id = 4", [cheap])
    served.browser().sign_in(password="wrong")
    assert asked(kept) == [(cheap,)]
    served.browser().sign_in()
    assert "m=19456,t=2,p=1" in asked(kept)[0][0]
    assert served.browser().sign_in().status_code == 303


def test_an_account_of_several_users_chooses(served: Served, asked: Asked) -> None:
    """Who is known in two schools chooses one, may change it without a password, and what was open there ends."""
    browser = served.browser()
    browser.sign_in("fern@mail.example", next="/?class=4")
    assert asked(EVENTS) == []
    page = browser.get("/account?next=%2F%3Fclass%3D4").text
    assert "North &lt;b&gt;" in page
    assert "Ms Fern, admin" in page
    answer = browser.send("/account", user="1:13", next="/?class=4")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/?class=4")
    first = name_of(browser.words[0])
    assert browser.get("/").json()["role"] == "teacher"
    assert "(now)" in browser.get("/account").text
    browser.send("/account", user="2:23")
    assert browser.get("/").json()["role"] == "admin"
    assert not served.door.sessions.is_alive(first)
    assert [event[:3] for event in asked(EVENTS)] == [(1, 13, "sign_in"), (2, 23, "sign_in")]


@pytest.mark.parametrize("user", ["1:14", "2:13", "x", "", "1:", "9999999999999999999999:1"])
def test_nobody_chooses_another(served: Served, user: str) -> None:
    """Users of other accounts, or of no institution of one's own, cannot be chosen."""
    browser = served.browser()
    browser.sign_in("fern@mail.example")
    assert browser.send("/account", user=user).headers["Location"].startswith("/account")
    assert browser.get("/").status_code == 302


def test_nobody_chooses_without_signing_in(served: Served) -> None:
    """The choice leads to the door whoever has not come by it."""
    browser = served.browser()
    assert browser.get("/account").headers["Location"] == "/login"
    assert browser.send("/account", user="1:14").headers["Location"] == "/login"


def test_signing_out_ends_the_session(served: Served, asked: Asked) -> None:
    """Its cookie lets nobody in any more, and it is recorded; another browser's session goes on."""
    browser, other = served.browser(), served.browser()
    browser.sign_in()
    other.sign_in()
    kept = dict(browser.client.cookies)
    answer = browser.send("/logout")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert not browser.words
    browser.client.cookies.update(kept)
    assert browser.get("/").status_code == 302
    assert other.get("/").status_code == 200
    assert [event[2] for event in asked(EVENTS)] == ["sign_in", "sign_in", "sign_out"]


def test_signing_out_everywhere_ends_all(served: Served, asked: Asked) -> None:
    """All sessions of the account end, whichever browser has them; others' go on; it is recorded at each school."""
    browsers = [served.browser() for _ in range(3)]
    for browser in browsers[:2]:
        browser.sign_in("fern@mail.example")
        browser.send("/account", user="1:13")
    browsers[2].sign_in("ash")
    browsers[0].send("/logout", everywhere="1")
    assert [browser.get("/").status_code for browser in browsers] == [302, 302, 200]
    ends = "SELECT institution_id, user_id FROM audit_events WHERE action = 'sign_out_everywhere' ORDER BY 1"
    assert asked(ends) == [(1, 13), (2, 23)]
    assert browsers[0].sign_in("fern@mail.example").status_code == 303


def test_signing_out_needs_the_token(served: Served) -> None:
    """Another site signs nobody out, neither by a link nor by a form."""
    browser = served.browser()
    browser.sign_in()
    assert browser.get("/logout").status_code == 405
    assert browser.client.post("/logout").status_code == 403
    assert browser.get("/").status_code == 200


def test_signing_in_anew_ends_the_earlier_session(served: Served) -> None:
    """A browser has one session, and each sign-in has a word of its own."""
    browser = served.browser()
    browser.sign_in()
    (first,) = browser.words
    browser.sign_in()
    (second,) = browser.words
    assert first != second
    assert not served.door.sessions.is_alive(name_of(first))


def test_a_word_that_somebody_else_chose_is_not_taken(served: Served) -> None:
    """The word of the cookie is always the server's own."""
    browser = served.browser()
    name = f"edukit-127-0-0-1-{served.address.rpartition(':')[2]}"
    browser.client.cookies.set(name, "chosen", domain="127.0.0.1")
    browser.sign_in()
    assert "chosen" not in browser.client.cookies.jar._cookies["127.0.0.1"]["/"][name].value


def test_whoever_has_signed_in_is_led_on(served: Served) -> None:
    """The sign-in page is no dead end for who comes back to it."""
    browser = served.browser()
    browser.sign_in()
    assert browser.get("/login?next=%2F%3Fclass%3D4").headers["Location"] == "/?class=4"


def test_the_demo_is_one_click_away_at_this_machine(served: Served, asked: Asked) -> None:
    """Those of its accounts that are there have a button each, need the token, and are recorded as others are."""
    browser = served.browser()
    page = browser.get("/login").text
    assert 'value="teacher"' in page
    assert 'value="admin"' not in page
    assert browser.client.post("/login", data={"demo": "teacher"}).status_code == 403
    assert browser.send("/login", demo="admin").status_code == 403
    assert browser.send("/login", demo="teacher").status_code == 303
    assert browser.get("/").json()["user_id"] == "17"
    assert asked(EVENTS) == [(1, 17, "sign_in", "users/17", HERE)]


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "school.example"},
        {"Host": "127.0.0.1.evil.example"},
        {"X-Forwarded-For": "192.0.2.1"},
        {"Forwarded": "for=x"},
    ],
    ids=str,
)
def test_from_elsewhere_the_demo_needs_a_password(serving: Callable[..., Served], headers: dict[str, str]) -> None:
    """Under another name, or passed on by a proxy, it is not offered and not let in, unless a setting says so."""
    for shows, status in ((False, 403), (True, 303)):
        browser = serving(shows_demo=shows).browser(**headers)
        assert ('name="demo"' in browser.get("/login").text) is shows
        # httpx keeps cookies by the address, whatever Host says.
        assert browser.send("/login", demo="teacher").status_code == status


def test_a_proxy_is_believed_only_where_there_is_one(serving: Callable[..., Served], asked: Asked) -> None:
    """The address in the audit trail is the connection's, unless a setting says that a proxy tells it."""
    for behind in (False, True):
        serving(is_behind_proxy=behind).browser(**{"X-Forwarded-For": "192.0.2.77"}).sign_in()
    assert [event[4] for event in asked(EVENTS)] == [HERE, "192.0.2.77"]


def test_a_crowd_is_asked_to_come_again(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond those that may wait the next is told so, at once and with the time."""
    monkeypatch.setattr(door_module, "MOST_WAITING", 0)
    answer = served.browser().sign_in()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "Many people are signing in" in answer.text


def test_without_the_database_it_is_said(serving: Callable[..., Served], people: Database) -> None:
    """Nobody signs in while PostgreSQL is away, the page says why, and the tries do not count as failures."""
    nowhere = people.app.database_url.replace("/test_", "/gone_")
    browser = serving(database_url=nowhere).browser()
    answers = [browser.sign_in() for _ in range(7)]
    assert {answer.status_code for answer in answers} == {503}
    assert "The database does not answer" in answers[0].text


def test_without_redis_people_come_in(serving: Callable[..., Served], mortal: Mortal) -> None:
    """With Redis gone who is in stays in and who comes is let in, soon; too many failures still have to wait."""
    served = serving(mortal.url)
    before, during, stranger = served.browser(), served.browser(), served.browser()
    before.sign_in()
    mortal.kill()
    start = time.monotonic()
    assert before.get("/").status_code == 200
    assert during.sign_in().status_code == 303
    assert during.get("/").status_code == 200
    assert time.monotonic() - start < 3
    assert [stranger.sign_in("fern@mail.example", "wrong").status_code for _ in range(4)] == [403, 403, 403, 429]
    during.send("/logout")
    assert during.get("/").status_code == 302


def test_pages_are_kept_by_nobody_and_load_nothing(served: Served) -> None:
    """No cache holds them, and their policy allows their own style alone."""
    browser = served.browser()
    browser.sign_in("fern@mail.example")
    for page in (served.browser().get("/login"), browser.get("/account"), browser.send("/account", user="x")):
        assert page.headers["Cache-Control"] == "no-store"
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'; style-src 'sha256-" in policy
        assert "frame-ancestors 'none'" in policy
        assert "<script" not in page.text


def test_a_form_without_the_token_is_explained(served: Served, asked: Asked) -> None:
    """Who blocks cookies reads why nothing was done, with a fresh form; nothing was tried."""
    answer = served.browser().client.post("/login", data={"account": "ash", "password": PASSWORD})
    assert answer.status_code == 403
    assert "Allow cookies" in answer.text
    assert 'name="_xsrf"' in answer.text
    assert asked(EVENTS) == []


def test_what_cannot_be_understood_is_refused_in_words(served: Served) -> None:
    """Broken text or another method is answered in a plain sentence, and shows nothing of the inside."""
    browser = served.browser()
    for answer, status in ((browser.get("/login?next=%ff"), 400), (browser.client.put("/account"), 403)):
        assert answer.status_code == status
        assert answer.text.endswith("nothing was done. Go back, and try again.")


def test_a_password_is_taken_from_a_form_only(served: Served) -> None:
    """In the address, where logs would keep it, it counts for nothing; nor does a huge one."""
    browser = served.browser()
    browser.get("/login")
    token = {"_xsrf": browser.client.cookies["_xsrf"]}
    answer = browser.client.post(f"/login?account=ash&password={PASSWORD}", data=token)
    assert answer.status_code == 403
    assert browser.sign_in(password="x" * 100_000).status_code == 403


def test_no_secret_reaches_redis_or_a_log(served: Served, redis_url: str, caplog: pytest.LogCaptureFixture) -> None:
    """Neither a password nor a session's word is anywhere but in the browser."""
    browser = served.browser()
    caplog.set_level(logging.WARNING, "httpcore")  # the browser's own
    with caplog.at_level(logging.DEBUG):
        browser.sign_in()
        browser.sign_in("ash", "wrong but secret")
    with redis.Redis.from_url(redis_url, decode_responses=True) as client:
        texts = [client.get(name) if client.type(name) == "string" else name for name in client.keys("*")]
    for secret in (PASSWORD, "wrong but secret", browser.words[0]):
        assert secret not in caplog.text
        assert secret not in str(texts)


OUTSIDE = [
    "//host", "///host", "/\\host", "\\\\host", "https:host", "https://host", "http:///host", "HTTPS://host/",
    "javascript:x", "/\thost", "/\n/host", "\t//host", " //host", "/ /host", "/%0d%0aSet-Cookie:x\r\n", "//host/%2e%2e",
    "/..//host", "host", "", "?x", "#x", "/a\\..\\b", "/\x00", "/\u2028", "/" + "a" * 3000, "//[", "http://[", "@host",
    ".host", ":80",
]  # fmt: skip


@pytest.mark.parametrize("wanted", OUTSIDE)
def test_one_goes_nowhere_else(wanted: str) -> None:
    """Whatever a browser could take for another site leads to the first page."""
    assert inside(wanted, "/") == "/"


@pytest.mark.parametrize(
    "wanted", ["/", "/voila/render/home.ipynb?class=4&x=a%2Fb", "/%2F%2Fhost", "/%5Chost", "/a?u=//h"]
)
def test_one_goes_on_within_the_site(wanted: str) -> None:
    """An address of ours stays as it is; what is encoded is a part of the path to a browser, too."""
    assert inside(wanted, "/") == wanted


def test_one_stays_under_the_first_part() -> None:
    """Where the server has a part of a site only, one does not leave it."""
    assert inside("/edukit/x", "/edukit/") == "/edukit/x"
    assert inside("/elsewhere", "/edukit/") == "/edukit/"


@given(st.text(alphabet="/\\:@%.?#hst\t\r\n \x00é", max_size=12))
@example("/é")
def test_the_way_on_is_a_plain_path(wanted: str) -> None:
    """Whatever is asked for, what comes out begins with one slash and is printable ASCII."""
    address = inside(wanted, "/")
    assert address.startswith("/")
    assert address[1:2] not in {"/", "\\"}
    assert address.isascii()
    assert address.isprintable()
    assert "\\" not in address
