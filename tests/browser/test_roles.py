"""Every dashboard for everybody: as each role of the demo meets it, in a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import ConsoleMessage, Page

PAGES = ["home", "class_mastery", "next_lesson", "student_risk", "grievances", "leaderboard", "student"]
ON_CLASSES = ["class_mastery", "next_lesson", "leaderboard"]
STANDS_BY = {
    "student": "SELECT u.id FROM users u WHERE u.account_id = %(account)s",
    "parent": "SELECT g.student_id FROM guardianships g JOIN users u ON u.id = g.guardian_id"
    " WHERE u.account_id = %(account)s",
    "mentor": "SELECT m.student_id FROM mentorships m JOIN users u ON u.id = m.mentor_id"
    " WHERE u.account_id = %(account)s AND m.ended_at IS NULL",
}


@pytest.mark.parametrize("role", ["student", "parent", "mentor", "admin", "analyst"])
def test_every_dashboard_opens(somebody: Callable[..., Any], school: Any, role: str) -> None:
    """Without an error and no wider than the window; instead of a whole class stand those whom one stands by."""
    one = somebody(viewport={"width": 390, "height": 844})
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(message.text)

    one.context.on("console", note)
    comes_in(one, role)
    for name in PAGES:
        # In a tab of its own: what is left while its charts are drawn says that it could not tell its kernel.
        one.opens_tab()
        one.opens(name)
        expect(one.page.locator("header.edukit-head")).to_contain_text(f", {role}, ")
        expect(one.page.locator(".edukit .card.error:visible")).to_have_count(0)
        fits(one.page)
        if role in STANDS_BY and name in ON_CLASSES:
            assert linked(one.page) == stands_by(school, role)
    assert not errors, errors


@pytest.mark.parametrize("role", STANDS_BY)
def test_home_leads_to_those_whom_one_stands_by(somebody: Callable[..., Any], school: Any, role: str) -> None:
    """Exactly those whom SQL tells have a link there, and it opens their page."""
    one = somebody()
    comes_in(one, role)
    one.opens("home")
    assert linked(one.page) == stands_by(school, role)
    link = one.page.locator(".edukit ul.people a").first
    name = link.inner_text()
    link.click()
    expect(one.page.get_by_role("heading", name=name, exact=True)).to_be_visible(timeout=60_000)
    expect(one.page.locator(".edukit .card.error:visible")).to_have_count(0)


def comes_in(one: Any, role: str) -> None:
    """Sign in as one of the demo; who is several chooses a school."""
    one.page.goto(f"{one.address}/login?next=/account")
    one.page.get_by_role("button", name=re.compile(f"^As an? {role}$")).click()
    if role == "analyst":
        one.page.get_by_role("button", name="Maple Harbour School").click(no_wait_after=True)
        one.page.wait_for_url(f"{one.address}/account")


def fits(page: Page) -> None:
    """No page scrolls sideways."""
    inside, outside = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert inside <= outside, page.url


def linked(page: Page) -> set[int]:
    """The students to whose pages a page leads."""
    links = page.locator('.edukit ul.people a[href^="student.ipynb?student="]')
    links.first.wait_for()
    return {int(str(link.get_attribute("href")).partition("student=")[2].partition("&")[0]) for link in links.all()}


def stands_by(school: Any, role: str) -> set[int]:
    """Whom SQL tells."""
    ((account,),) = school.asked("SELECT id FROM accounts WHERE email = %(email)s", email=f"{role}@demo.example")
    return {found for (found,) in school.asked(STANDS_BY[role], account=account)}
