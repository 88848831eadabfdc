"""The shell as people meet it: navigation, search, themes and print, wide and narrow, by keyboard and by touch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from edukit.ui.links import PAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import House
    from playwright.sync_api import Browser, BrowserContext, Locator, Page

HOME = "/voila/render/home.ipynb"
WIDTHS = {"wide": 1280, "phone": 390}
CHANGE = """(query) => {
    history.replaceState(null, "", location.pathname + query);
    window.dispatchEvent(new Event("edukit:address"));
}"""

CROSS = 20
"""Pixels that Chromium keeps for the cross of a search field, at most; a phone's has none."""
ROOM = """(field, cross) => {
    const context = document.createElement("canvas").getContext("2d"), own = getComputedStyle(field);
    context.font = getComputedStyle(field, "::placeholder").font;
    const around = parseFloat(own.paddingLeft) + parseFloat(own.paddingRight) + cross;
    return [context.measureText(field.placeholder).width, field.clientWidth - around];
}"""


@pytest.fixture(params=WIDTHS.values(), ids=WIDTHS)
def width(request: pytest.FixtureRequest) -> int:
    """Width of the window in pixels."""
    return request.param


@pytest.fixture
def context(browser: Browser, house: House, dashboards: str, width: int) -> Iterator[BrowserContext]:
    """A browser in which the demo's teacher has signed in."""
    context = browser.new_context(viewport={"width": width, "height": 844}, base_url=dashboards, bypass_csp=True)
    context.add_cookies(house.signed_in(dashboards))
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page of theirs."""
    return context.new_page()


def ready(page: Page, address: str = HOME) -> Page:
    """A dashboard, when all of it is there."""
    page.goto(address)
    page.locator("body[data-ready]").wait_for(timeout=60_000)
    return page


def head(page: Page) -> Locator:
    return page.locator("header.edukit-head")


def asked(address: str | None) -> dict[str, list[str]]:
    return parse_qs(urlsplit(address or "").query)


def test_the_heading_is_seen_at_once(page: Page, width: int) -> None:
    """The header leaves the most of the window, and nothing is wider than that."""
    ready(page)
    heading = page.get_by_role("heading", level=1).bounding_box()
    assert heading is not None
    assert heading["y"] + heading["height"] < 844 / 4
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_dashboard_is_reached(page: Page) -> None:
    """Each is linked in the header with class and dates, the open one is marked and seen, and the address leads on."""
    ready(page, f"{HOME}?class=1&from=2026-06-01")
    links = head(page).locator("nav.pages a")
    assert links.all_inner_texts() == [*PAGES.values()]
    for link in links.all():
        assert asked(link.get_attribute("href")) == {"class": ["1"], "from": ["2026-06-01"]}
    links.last.click()
    page.wait_for_url(re.compile(r"leaderboard\.ipynb"))
    expect(head(page).locator("[aria-current]")).to_be_in_viewport(ratio=0.9)
    expect(head(page).locator("[aria-current]")).to_have_text("Leaderboard")


def test_links_follow_the_address(page: Page) -> None:
    """What a view writes into the address goes into the links, the search and the way back, without a new page."""
    ready(page, f"{HOME}?class=1&from=2026-06-01")
    page.evaluate(CHANGE, "?class=2&to=2026-06-30&student=7")
    for link in head(page).locator("nav.pages a").all():
        assert asked(link.get_attribute("href")) == {"class": ["2"], "to": ["2026-06-30"]}
    hidden = head(page).locator("[role=search] [type=hidden]").all()
    assert {field.get_attribute("name"): field.input_value() for field in hidden} == {"class": "2", "to": "2026-06-30"}
    assert asked(head(page).locator(".edukit-account").get_attribute("href"))["next"] == [
        f"{HOME}?class=2&to=2026-06-30&student=7"
    ]


@pytest.mark.parametrize("width", [1280, 1220, 1219, 390])
def test_what_is_looked_for_can_be_read(page: Page, width: int) -> None:
    """The words in the empty search field are not cut, beside six pages and the account, and the head has two rows."""
    page.goto("/search")
    text, room = head(page).locator("[type=search]").evaluate(ROOM, CROSS if width > WIDTHS["phone"] else 0)
    assert text <= room
    assert head(page).bounding_box()["height"] < 100


def test_a_student_is_found_by_keyboard(page: Page) -> None:
    """Typing and Enter lead to a list of links; one more Tab walk and Enter to the student's page."""
    page.goto("/search")
    field = page.get_by_role("searchbox", name="Find a student or class")
    field.focus()
    page.keyboard.type("a")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Found: a")
    first = page.locator("main li a").first
    name = first.inner_text()
    first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"student\.ipynb\?student=\d+&class=\d+"))
    expect(page.locator("main")).to_contain_text(name, timeout=60_000)


def test_a_theme_is_chosen_once(page: Page, context: BrowserContext, house: House, dashboards: str) -> None:
    """The page changes at once, the next page and another browser's follow, and System gives it back."""
    page.emulate_media(color_scheme="light")
    ready(page)
    light = ground(page)
    choose(page, "Dark")
    assert ground(page) != light
    other = context.new_page()
    other.goto("/search")
    expect(other.locator("html")).to_have_attribute("data-theme", "dark")
    assert ground(other) == ground(page)
    other.goto("/account")
    expect(other.locator("html")).to_have_attribute("data-theme", "dark")
    context.clear_cookies()
    context.add_cookies(house.signed_in(dashboards))
    other.goto("/search")
    assert ground(other) == ground(page)
    choose(other, "System")
    assert ground(other) == light
    other.emulate_media(color_scheme="dark")
    assert ground(other) == ground(page)


def choose(page: Page, theme: str) -> None:
    """Choose a theme in the menu, which stays open and says that it is saved."""
    head(page).locator("summary").click()
    button = head(page).get_by_role("button", name=theme)
    button.click()
    expect(head(page).get_by_role("status")).to_have_text("Saved.")
    expect(button).to_have_attribute("aria-pressed", "true")


def ground(page: Page) -> str:
    """The colour of the page's ground."""
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_without_scripts_it_works_as_well(browser: Browser, house: House, dashboards: str, width: int) -> None:
    """A theme, the search and the way out are forms; what needs a script is not shown."""
    context = browser.new_context(
        viewport={"width": width, "height": 844}, base_url=dashboards, java_script_enabled=False
    )
    context.add_cookies(house.signed_in(dashboards))
    page = context.new_page()
    page.goto("/search?class=1")
    head(page).locator("summary").click()
    expect(head(page).get_by_role("button", name="Print this page")).to_be_hidden()
    head(page).get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.url == f"{dashboards}/search?class=1"
    head(page).locator("summary").click()
    head(page).get_by_role("button", name="System").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "system")
    head(page).locator("summary").click()
    head(page).get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{dashboards}/login")
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_barrier(page: Page, theme: str) -> None:
    """Axe finds nothing on a page of the shell's with its menu open; every control is big enough to touch."""
    page.emulate_media(color_scheme=theme)
    for address in ("/search", "/search?find=a", "/search?find=zzzz", "/nothing"):
        page.goto(address)
        head(page).locator("summary").click()
        found = Axe().run(page).response["violations"]
        assert not [(one["id"], one["nodes"][0]["html"][:200]) for one in found], address
        for control in head(page).locator("a:visible, button:visible, input:visible, summary").all():
            if "edukit-skip" in (control.get_attribute("class") or ""):
                continue
            box = control.bounding_box()
            assert box is not None
            assert min(box["height"], box["width"]) >= 44, control.evaluate("it => it.outerHTML")


def test_paper_is_white_and_whole(page: Page) -> None:
    """Printed from the dark theme it is black on white, without the header, and nothing is cut off in a box."""
    page.emulate_media(color_scheme="dark", media="print")
    ready(page)
    expect(head(page)).to_be_hidden()
    tokens = (
        "['--edukit-paper', '--edukit-ink'].map(it => getComputedStyle(document.documentElement).getPropertyValue(it))"
    )
    assert page.evaluate(tokens) == ["#ffffff", "#1f2328"]
    assert page.evaluate(
        "[...document.querySelectorAll('.scroll')].every(it => it.scrollHeight <= it.clientHeight + 1)"
    )


def test_the_icon_is_found(page: Page) -> None:
    """Where the page says that it is."""
    page.goto("/search")
    icon = page.locator("link[rel=icon]").evaluate("it => it.href")
    assert page.request.get(icon).headers["content-type"] == "image/svg+xml"
