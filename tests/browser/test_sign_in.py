"""The door as people meet it: in a browser, wide and narrow, light and dark, without scripts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from edukit.passwords import hashed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import House
    from playwright.sync_api import Browser, Page

PASSWORD = "seven quiet lanterns"
HOME = "/voila/render/home.ipynb"


@pytest.fixture(params=[1280, 390], ids=["wide", "phone"])
def width(request: pytest.FixtureRequest) -> int:
    """Width of the window in pixels."""
    return request.param


@pytest.fixture(params=[False, True], ids=["plain", "scripts"])
def page(browser: Browser, width: int, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page of its own, without scripts and with them."""
    context = browser.new_context(viewport={"width": width, "height": 844}, java_script_enabled=request.param)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module", autouse=True)
def password(house: House) -> None:
    """The demo's mentor has a password that these tests know."""
    assert house.dashboards
    with psycopg.connect(house.stores.database_url) as admin:
        admin.execute("UPDATE accounts SET password_hash = %s WHERE email = 'mentor@demo.example'", [hashed(PASSWORD)])


def test_the_keyboard_is_enough(page: Page, dashboards: str) -> None:
    """Name, Tab, password, Enter: one stands where one wanted to go, and one's name above it."""
    page.goto(f"{dashboards}{HOME}?class=4")
    expect(page.get_by_label("E-mail address or username")).to_be_focused()  # a moment after the page has come
    page.keyboard.type("Mentor@demo.example")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login?" not in url, wait_until="commit")
    assert page.get_by_role("alert").all_inner_texts() == []
    assert page.url == f"{dashboards}{HOME}?class=4"
    expect(page.locator("header.edukit-head")).to_contain_text(", mentor, ")


def test_a_failure_is_said_where_one_looks(page: Page, dashboards: str) -> None:
    """What is wrong is an alert, has the focus, and leaves the name; a second try needs two more keys."""
    page.goto(f"{dashboards}/login")
    page.get_by_label("E-mail address or username").fill("mentor@demo.example")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    said = page.get_by_role("alert")
    expect(said).to_contain_text("do not belong together")
    expect(said).to_be_focused()
    expect(page.get_by_label("E-mail address or username")).to_have_value("mentor@demo.example")
    expect(page.get_by_label("Password")).to_have_value("")
    expect(page).to_have_title(re.compile("Not signed in"))


def test_the_demo_is_one_click_away(page: Page, dashboards: str) -> None:
    """A button for each role leads in; signing out leads to the door, and Back shows nothing of what was open."""
    page.goto(dashboards + HOME)
    expect(page.get_by_role("button", name=re.compile("^As an? "))).to_have_count(6)
    page.get_by_role("button", name="As a teacher").click(no_wait_after=True)
    head = page.locator("header.edukit-head")
    expect(head).to_contain_text(", teacher, ")
    head.locator("summary").click()
    head.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{dashboards}/login")
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert "/login" in page.url


def test_who_is_several_chooses(page: Page, dashboards: str) -> None:
    """The analyst of two schools chooses one, sees it above the page, and changes to the other without a password."""
    page.goto(dashboards + HOME)
    page.get_by_role("button", name="As an analyst").click()
    page.get_by_role("button", name="Maple Harbour School").click(no_wait_after=True)
    head = page.locator("header.edukit-head")
    expect(head).to_contain_text("Maple Harbour School")
    head.locator("summary").click()
    head.get_by_role("link", name="Change").click()
    expect(page.get_by_role("button", name="Maple Harbour School")).to_contain_text("(now)")
    page.get_by_role("button", name="Lindenfeld International School").click(no_wait_after=True)
    expect(head).to_contain_text("Lindenfeld International School")
    assert page.url == dashboards + HOME


def test_one_may_leave_everywhere(page: Page, browser: Browser, dashboards: str) -> None:
    """From one's account every browser is signed out."""
    other = browser.new_context()
    pages = [page, other.new_page()]
    for one in pages:
        one.goto(f"{dashboards}/login?next=/account")
        one.get_by_role("button", name="As a student").click()
    page.get_by_role("button", name="Sign out everywhere").click()
    page.wait_for_url(f"{dashboards}/login")
    pages[1].reload()
    expect(pages[1].get_by_role("heading", name="Sign in")).to_be_visible()
    other.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barrier(browser: Browser, dashboards: str, scheme: str, width: int) -> None:
    """Axe finds nothing on any page of the door or at the head of a page; nothing is wider than the window or tiny."""
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True)
    page = context.new_page()
    page.goto(f"{dashboards}/login?next=/account")
    unhindered(page)
    page.get_by_label("E-mail address or username").fill("zoe")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    unhindered(page)
    page.get_by_role("button", name="As an analyst").click()
    unhindered(page)
    page.get_by_role("button", name="Maple Harbour School").click()
    unhindered(page)
    page.goto(dashboards + HOME)
    unhindered(page, ".edukit-head")
    context.close()


def unhindered(page: Page, part: str = "html") -> None:
    """Whoever reads or touches it meets no barrier."""
    found = Axe().run(page, context=part).response["violations"]
    assert not [(one["id"], one["nodes"][0]["html"][:200]) for one in found]
    inside, outside = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert inside <= outside
    for control in page.locator(part).locator("input:visible, button:visible, header a:visible").all():
        box = control.bounding_box()
        assert box is not None
        assert box["height"] >= 44, control.inner_text()


def test_the_head_is_not_printed(browser: Browser, dashboards: str) -> None:
    """On paper a page is what it shows, without the way out."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(dashboards + HOME)
    page.get_by_role("button", name="As a teacher").click(no_wait_after=True)
    head = page.locator("header.edukit-head")
    expect(head).to_be_visible()
    page.emulate_media(media="print")
    expect(head).to_be_hidden()
    context.close()
