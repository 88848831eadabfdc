"""The parts that all dashboards share, as a reader meets them: the days, the table behind a chart, the export menu."""

from __future__ import annotations

import json
import re
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from playwright.sync_api import expect

from edukit.ui.export import csv_file
from edukit.ui.figures import students_in_order
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import House
    from playwright.sync_api import Browser, Locator, Page

OPEN_MS = 60_000


@pytest.fixture
def demo(house: House) -> Workbench:
    """The Workbench of the teacher who is signed in."""
    assert house.demo
    return Workbench(house.home_database.teacher, house.demo._settings)


@pytest.fixture(params=[1280, 390], ids=["wide", "phone"])
def page(request: pytest.FixtureRequest, house: House, browser: Browser, dashboards: str) -> Iterator[Page]:
    """A page of its own, whose own faults fail the test."""
    context = browser.new_context(viewport={"width": request.param, "height": 844}, has_touch=request.param < 500)
    context.set_default_timeout(OPEN_MS)
    context.add_cookies(house.signed_in(dashboards))
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert not faults, faults


@pytest.fixture
def class_id(demo: Workbench) -> int:
    """The class with most answers."""
    classes = demo.classes()
    return int(classes.loc[classes["attempts"].idxmax(), "class_id"])


def opened(page: Page, dashboards: str, query: str, notebook: str = "class_mastery") -> Page:
    """The page with its figures and its chart."""
    page.goto(f"{dashboards}/voila/render/{notebook}.ipynb?{query}")
    page.locator(".edukit-chart[data-drawn]").first.wait_for()
    return page


def asked(page: Page) -> dict[str, str]:
    """What the page's address asks for."""
    return {name: values[0] for name, values in parse_qs(urlsplit(page.url).query).items()}


def test_days_are_counted_kept_and_opened_again(page: Page, dashboards: str, demo: Workbench, class_id: int) -> None:
    """A usual span counts its answers, stands in the address and in the head's links, and is opened by the link."""
    opened(page, dashboards, f"class={class_id}")
    page.get_by_label("Days", exact=True).select_option("Last 4 weeks")
    page.wait_for_url(re.compile("from=.*to="))
    days = asked(page)
    assert days["to"] == str(demo.today)
    zone = demo.time_zone
    since = pd.Timestamp(days["from"], tz=zone)
    until = pd.Timestamp(days["to"], tz=zone) + pd.Timedelta(days=1)
    at = demo.attempts(class_id)["attempted_at"]
    figure = page.locator(".figures > div", has_text="Answers in this class").locator("b")
    expect(figure).to_have_text(f"{int(((at >= since) & (at < until)).sum()):,}")
    href = page.locator("nav.pages a", has_text="Leaderboard").get_attribute("href") or ""
    assert f"from={days['from']}" in href
    opened(page, dashboards, urlsplit(page.url).query)
    expect(page.get_by_label("Days", exact=True).locator("option:checked")).to_have_text("Last 4 weeks")
    expect(page.locator(".edukit")).to_contain_text("every score stands as it is now")


def test_days_of_ones_choice_are_checked(page: Page, dashboards: str, class_id: int) -> None:
    """Days that end before they begin are refused where they are chosen, and change nothing."""
    opened(page, dashboards, f"class={class_id}")
    page.get_by_label("Days", exact=True).select_option("Other days")
    first, last = page.get_by_label("From", exact=True), page.get_by_label("To", exact=True)
    expect(first).to_be_focused()
    first.fill("2026-06-20")
    page.wait_for_url(re.compile("from=2026-06-20"))
    last.fill("2026-06-10")
    expect(page.get_by_role("alert").filter(has_text="The first day is after the last one")).to_be_visible()
    assert "to" not in asked(page)
    last.fill("2026-06-25")
    page.wait_for_url(re.compile("to=2026-06-25"))
    expect(page.get_by_text("The first day is after the last one")).to_have_count(0)


def test_the_table_behind_a_chart_stays_unfolded(page: Page, dashboards: str, class_id: int) -> None:
    """It is folded at first; once it is opened, another class leaves it open."""
    opened(page, dashboards, f"class={class_id}")
    expect(page.locator("table.scores")).to_be_hidden()
    page.get_by_text("Show as a table").first.click()
    expect(page.locator("table.scores")).to_be_visible()
    page.get_by_label("Order of students").select_option("By name")
    page.wait_for_url(re.compile("sort=name"))
    expect(page.locator("table.scores")).to_be_visible()


def handed(page: Page, menu: Locator, format_: str, folder: Path) -> bytes:
    """The content of the file that the menu gives, chosen by keyboard alone."""
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    entry = menu.get_by_role("button", name=format_)
    while not entry.evaluate("(one) => one === document.activeElement"):
        page.keyboard.press("Tab")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path.read_bytes()


def test_everything_can_be_taken_out_by_keyboard(
    page: Page, dashboards: str, demo: Workbench, class_id: int, tmp_path: Path
) -> None:
    """CSV, workbook and picture are files of what is shown, the paper is the browser's; all are in the audit trail."""
    opened(page, dashboards, f"class={class_id}")
    frame = demo.class_mastery(class_id)
    order = {one: place for place, one in enumerate(students_in_order(frame, "need")["student_id"])}
    place = frame["student_id"].map(order)
    rows = (
        frame.assign(place=place).sort_values(["place", "concept_order"]).drop(columns="place").reset_index(drop=True)
    )
    before = set(demo.audit(action="export")["event_id"])
    menu = page.locator(".edukit-export").first
    assert handed(page, menu, "CSV", tmp_path) == csv_file(rows)
    book = pd.read_excel(BytesIO(handed(page, menu, "Excel", tmp_path)))
    assert book["mastery_score"].fillna(-1).tolist() == pytest.approx(rows["mastery_score"].fillna(-1).tolist())
    assert handed(page, menu, "Picture", tmp_path).startswith(b"\x89PNG")
    page.evaluate("() => { window.print = () => { window.printed = true; }; }")
    menu.locator("summary").click()
    page.keyboard.press("Escape")
    expect(menu.locator("summary")).to_be_focused()
    expect(menu.get_by_role("button", name="Print")).to_be_hidden()
    menu.locator("summary").click()
    menu.get_by_role("button", name="Print").click()
    page.wait_for_function("window.printed")
    trail = demo.audit(action="export")
    said = trail.loc[~trail["event_id"].isin(before), "details"].map(json.loads)
    assert sorted(one["format"] for one in said) == ["csv", "png", "print", "xlsx"]
    assert {(one["frame"], one["rows"]) for one in said} == {("class_mastery", len(rows))}
