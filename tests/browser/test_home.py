"""The first page as a teacher meets it: in a browser, wide and narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from conftest import House
    from playwright.sync_api import Browser

OPEN_MS = 60_000


@pytest.mark.parametrize("width", [1280, 390])
def test_the_first_page_leads_on(house: House, browser: Browser, dashboards: str, width: int) -> None:
    """The bare address greets by name, fits the window, and its card opens the class it names."""
    context = browser.new_context(viewport={"width": width, "height": 844})
    context.add_cookies(house.signed_in(dashboards))
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(dashboards + "/")
    card = page.locator(".edukit .classes > li").first
    card.wait_for(timeout=OPEN_MS)
    expect(page.get_by_role("heading", name="Hello, ")).to_be_visible()
    inside, outside = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert inside <= outside
    for line in card.locator("ul li > a").all():
        assert line.bounding_box()["height"] >= 44, line.inner_text()
    name = card.locator("h3").inner_text()
    card.locator("h3 a").click()
    chosen = page.get_by_label("Class", exact=True).locator("option:checked")
    expect(chosen).to_contain_text(name, timeout=OPEN_MS)
    context.close()
    assert not faults, faults
