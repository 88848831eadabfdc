"""A sign-in that ends while a page is open: the page says so at the next click, and the way back leads to the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

OPEN_MS = 60_000
SOON_MS = 5_000
TYPED = "The second task was marked wrong although the working is right."


@pytest.fixture(params=["revoke", "disable", "everywhere"])
def ends(request: pytest.FixtureRequest, school: Any) -> Callable[..., None]:
    """Ends a sign-in: by a command of who keeps the stores, or from another tab."""

    def end(one: Any, account: str) -> None:
        if request.param != "everywhere":
            school.users(request.param, account)
            return
        tab = one.context.new_page()
        tab.goto(f"{one.address}/account")
        tab.get_by_role("button", name="Sign out everywhere").click()
        expect(tab.get_by_role("heading", name="Sign in")).to_be_visible()
        tab.close()

    return end


@pytest.fixture
def teacher(school: Any, teachers: Any) -> Any:
    """A teacher of several classes, whose account is enabled again afterwards."""
    yield teachers[1]
    school.users("enable", teachers[1].account)


def test_the_page_says_so_and_one_comes_back(
    somebody: Callable[..., Any], school: Any, teacher: Any, ends: Callable[..., None]
) -> None:
    """In place of what was asked for stands a card; after the sign-in the page shows exactly that."""
    one, class_id = somebody(), [*teacher.classes][-1]
    one.asks_for("class_mastery", f"?class={class_id}&sort=name")
    one.sign_in(teacher.account)
    one.sees_page()
    first, second = sorted(teacher.students[class_id])[:2]
    choose(one.page, first)
    expect(one.page.locator(".strips li").first).to_be_visible(timeout=OPEN_MS)
    parts = (".figures", ".strips", "table.answers", "table.scores")
    address, before = one.page.url, [one.page.locator(part).text_content() for part in parts]
    choose(one.page, second)
    ends(one, teacher.account)
    choose(one.page, first)
    says_so(one.page)
    expect(one.page.locator(".strips")).to_be_hidden()
    one.page.get_by_role("link", name="Sign in again").click()
    one.page.wait_for_url(f"{one.address}/login?next=*")
    school.users("enable", teacher.account)
    one.sign_in(teacher.account)
    expect(one.page.locator(".strips li").first).to_be_visible(timeout=OPEN_MS)
    assert one.page.url == address
    assert [one.page.locator(part).text_content() for part in parts] == before


def test_what_was_typed_is_still_to_be_read(
    somebody: Callable[..., Any], school: Any, teacher: Any, ends: Callable[..., None]
) -> None:
    """Words that come too late are kept; another tab leads through the door to the same page, where they are heard."""
    one, class_id = somebody(), [*teacher.classes][-1]
    one.asks_for("grievances", f"?class={class_id}&status=all&whose=nobody")
    one.sign_in(teacher.account)
    one.sees_page()
    file(one.page)
    filed = school.asked("SELECT count(*) FROM grievances")
    ends(one, teacher.account)
    one.page.get_by_role("button", name="File the grievance").click()
    says_so(one.page)
    expect(one.page.get_by_label("What it is about")).to_have_value(TYPED)
    with one.page.expect_popup() as opened:
        one.page.get_by_role("link", name="Sign in again in a new tab").click()
    school.users("enable", teacher.account)
    again = opened.value
    one.sign_in(teacher.account, page=again)
    again.locator(".edukit .edukit-section").first.wait_for(timeout=OPEN_MS)
    assert again.url == one.page.url
    expect(again.get_by_label("Status").locator("option:checked")).to_have_text("all")
    expect(again.get_by_label("Whose").locator("option:checked")).to_have_text(re.compile("nobody's.yet"))
    assert school.asked("SELECT count(*) FROM grievances") == filed
    file(again)
    again.get_by_role("button", name="File the grievance").click()
    expect(again.get_by_text(TYPED).first).to_be_visible(timeout=OPEN_MS)


def choose(page: Page, student_id: int) -> None:
    """Choose a student of the class, until the address asks for them."""
    link = page.locator(f'table.scores a[href*="student={student_id}&"]')
    page.get_by_label("Student", exact=True).select_option(link.text_content())
    page.wait_for_url(re.compile(f"student={student_id}"))


def file(page: Page) -> None:
    """Fill in the form that files a grievance."""
    page.get_by_label("Student", exact=True).select_option(index=1)
    page.get_by_label("What it is about").fill(TYPED)


def says_so(page: Page) -> None:
    """The page says that the sign-in has ended, at once and not when somebody next looks at all of them."""
    expect(page.get_by_role("alert").filter(has_text="Your sign-in has ended")).to_be_visible(timeout=SOON_MS)
