"""A page that cannot be shown says so in the shell, and the log has more under its number."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import pytest

from edukit.serving.plain import ANY, SAID

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Browser, Served


@pytest.fixture
def ash(served: Served) -> Browser:
    """A browser in which Mr Ash has signed in, who likes it dark."""
    browser = served.browser()
    browser.sign_in()
    browser.send("/theme", theme="dark")
    return browser


@pytest.mark.parametrize("status", [400, 403, 404, 418, 500, 503])
def test_each_says_what_to_do(ash: Browser, status: int) -> None:
    """The heading and the sentence of the status stand in the visitor's shell; nobody keeps it."""
    answer = ash.get(f"/broken/{status}")
    assert answer.status_code == status
    heading, words = SAID.get(status, ANY)
    assert f"<h1>{heading}</h1>" in answer.text
    assert words.split(";")[0] in answer.text
    assert "Mr Ash" in answer.text
    assert '<html lang="en" data-theme="dark">' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert ("Retry-After" in answer.headers) == (status == 503)
    assert ("Try again</a>" in answer.text) == (status >= 500)
    assert ("goes on by itself" in answer.text) == ('data-health="/health"' in answer.text) == (status == 503)
    assert "sign in again" not in answer.text


def test_a_fault_is_found_by_its_number(
    ash: Browser, caplog: pytest.LogCaptureFixture, eventually: Callable[[Callable[[], object]], bool]
) -> None:
    """The page tells a number and no more; under it the log has the fault once, and nothing of what was asked for."""
    answer = ash.get("/broken/mischief?find=somebody")
    assert answer.status_code == 500
    assert "secrets" not in answer.text
    (number,) = re.findall("<code>([0-9a-f]{8})</code>", answer.text)
    (told,) = [record for record in caplog.records if record.exc_info]
    assert told.getMessage() == f"{number}: GET /broken/mischief failed."
    assert "secrets of mischief" in caplog.text
    # The request's own line comes after its answer.
    assert eventually(lambda: "500 GET /broken/mischief (127.0.0.1)" in caplog.text)
    assert "somebody" not in caplog.text


@pytest.mark.parametrize(("status", "level"), [(404, logging.WARNING), (503, logging.ERROR)])
def test_what_was_asked_for_stays_out_of_the_log(
    ash: Browser,
    caplog: pytest.LogCaptureFixture,
    eventually: Callable[[Callable[[], object]], bool],
    status: int,
    level: int,
) -> None:
    """A request that failed is told by its status, its page and from where; a search's words are not."""
    ash.get(f"/broken/{status}?find=somebody")
    line = ("edukit.serving.plain", level)
    assert eventually(lambda: any(told[:2] == line and f"{status} GET" in told[2] for told in caplog.record_tuples))
    assert "somebody" not in caplog.text


def test_another_page_has_no_number(ash: Browser) -> None:
    """What is refused is no fault."""
    assert "<code>" not in ash.get("/broken/403").text


def test_what_is_not_there_is_not_there_for_anybody(served: Served, ash: Browser) -> None:
    """Signed in or not; only whoever is sees their name."""
    answers = [browser.get("/nothing") for browser in (ash, served.browser())]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert ["Mr Ash" in answer.text for answer in answers] == [True, False]


def test_a_faults_page_needs_no_sign_in(served: Served) -> None:
    """An address that cannot be read is told to whoever asks, without a second fault."""
    answer = served.browser().get("/nothing?class=%ff")
    assert answer.status_code == 404
    assert "<h1>" in answer.text
