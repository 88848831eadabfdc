"""The class mastery dashboard as a teacher meets it: in a browser, wide and narrow, light and dark."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from playwright.sync_api import expect

from edukit.analytics.wording import counted
from edukit.ui.export import csv_file
from edukit.ui.figures import concepts_in_order, students_in_order
from edukit.ui.views.class_mastery import STUDENTS_A_PAGE
from edukit.ui.widgets import class_picker
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import House
    from playwright.sync_api import Browser, Page

CELL = ".edukit .js-plotly-plot .nsewdrag"
OPEN_MS = 60_000


@pytest.fixture(params=[1280, 390], ids=["wide", "phone"])
def width(request: pytest.FixtureRequest) -> int:
    """Width of the window in pixels."""
    return request.param


@pytest.fixture
def demo(house: House) -> Workbench:
    """The Workbench of the teacher who is signed in."""
    assert house.demo
    return Workbench(house.home_database.teacher, house.demo._settings)


@pytest.fixture
def page(house: House, browser: Browser, dashboards: str, width: int) -> Iterator[Page]:
    """A page of its own, whose own faults fail the test."""
    context = browser.new_context(viewport={"width": width, "height": 844}, has_touch=width < 500)
    context.add_cookies(house.signed_in(dashboards))
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert not faults, faults


def opened(page: Page, dashboards: str, query: str = "") -> Page:
    """The page with its chart drawn."""
    page.goto(f"{dashboards}/voila/render/class_mastery.ipynb{query}")
    page.locator(CELL).wait_for(state="attached", timeout=OPEN_MS)
    return page


def largest(demo: Workbench) -> pd.Series:
    """The row of the class with most answers, of more than one student."""
    classes = demo.classes()
    return classes.loc[classes["attempts"].idxmax()]


def label(demo: Workbench, row: pd.Series) -> str:
    """How the picker calls the class."""
    return next(label for label, id_ in class_picker(demo.classes()).options if id_ == row["class_id"])


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows that the first page shows, in its order."""
    students = students_in_order(frame, "need")["student_id"].tolist()[:STUDENTS_A_PAGE]
    pieces = [frame[frame["student_id"] == student_id].sort_values("concept_order") for student_id in students]
    return pd.concat(pieces, ignore_index=True)


def figure(page: Page, name: str) -> str:
    """The figure at the head of the page under that name."""
    return page.locator(".figures > div", has_text=name).locator("b").inner_text()


def test_a_class_is_shown_and_nothing_overflows(page: Page, dashboards: str, demo: Workbench) -> None:
    """The chosen class's figures are those of its frames, and the page is no wider than the window."""
    opened(page, dashboards)
    row = largest(demo)
    page.get_by_label("Class", exact=True).select_option(label(demo, row))
    expect(page.locator(".figures > div", has_text="Answers in this class").locator("b")).to_have_text(
        f"{row['attempts']:,}"
    )
    frame = demo.class_mastery(int(row["class_id"]))
    assert figure(page, "Students") == f"{row['students']:,}"
    assert figure(page, "Median mastery") == f"{frame['mastery_score'].median():.0f}"
    assert figure(page, "Scores below 50") == f"{(frame['mastery_score'] < 50).sum():,}"
    right = demo.attempts(int(row["class_id"]))["is_correct"].mean()
    expect(page.locator(".figures")).to_contain_text(f"{right:.0%} of them right")
    for box in ("document.documentElement", "document.querySelector('#rendered_cells')"):
        inside, outside = page.evaluate(f"[{box}.scrollWidth, {box}.clientWidth]")
        assert inside <= outside


def test_controls_are_large_enough_to_touch(page: Page, dashboards: str) -> None:
    """Every control that can be seen is at least 44 pixels high."""
    opened(page, dashboards)
    for control in page.locator(".edukit :is(button, select, summary):visible").all():
        assert control.bounding_box()["height"] >= 44, control.inner_text()


def test_a_cell_shows_the_answers_behind_it(page: Page, dashboards: str, demo: Workbench) -> None:
    """A click on a cell chooses its student and concept, and lists every answer there is."""
    row = largest(demo)
    frame = demo.class_mastery(int(row["class_id"]))
    opened(page, dashboards, f"?class={row['class_id']}")
    rows, columns = students_in_order(frame, "need"), concepts_in_order(frame)
    shown = min(len(rows), STUDENTS_A_PAGE)
    area = page.locator(CELL)
    area.scroll_into_view_if_needed()
    box = area.bounding_box()
    cell = {"x": box["width"] / len(columns) / 2, "y": box["height"] / shown / 2}
    area.click(position=cell)
    chosen = page.get_by_label("Student", exact=True)
    expect(chosen.locator("option:checked")).to_have_text(rows["student"].iloc[0])
    expect(page.get_by_label("Concept", exact=True).locator("option:checked")).to_have_text(columns["concept"].iloc[0])
    answers = demo.attempts(student_id=int(rows["student_id"].iloc[0]), concept_id=int(columns["concept_id"].iloc[0]))
    expect(page.locator("table.answers tbody tr")).to_have_count(len(answers))
    right = int(answers["is_correct"].sum())
    if len(answers):
        expect(page.locator(".strips .tally")).to_have_text(f"{right:,} of {len(answers):,} right")
    expect(page.get_by_role("heading", name="One student's answers")).to_be_focused()


def test_levels_begin_where_the_viewer_says(page: Page, dashboards: str, demo: Workbench) -> None:
    """By keys alone: chosen scores colour and count at once, on home, too; what does not rise is refused in words."""
    row = largest(demo)
    opened(page, dashboards, f"?class={row['class_id']}")
    control = page.locator(".edukit-thresholds")
    control.locator("summary").press("Enter")
    fields = [control.get_by_label(f"{level} from") for level in ("developing", "proficient", "mastered")]
    try:
        fields[0].fill("90")
        fields[0].press("Enter")
        expect(control.get_by_role("alert")).to_contain_text("three rising scores between 0 and 100")
        fields[0].fill("60")
        fields[0].press("Enter")
        expect(control.get_by_role("alert")).to_have_text("")
        expect(page.locator(".figures")).to_contain_text("Scores below 60")
        expect(page.locator(".legend").first).to_contain_text("60 to below 80")
        assert demo.mastery_thresholds == (60, 80, 95)
        page.goto(f"{dashboards}/voila/render/home.ipynb")
        expect(page.locator(".edukit")).to_contain_text("below 60 on a concept", timeout=OPEN_MS)
        opened(page, dashboards, f"?class={row['class_id']}")
        expect(page.locator(".figures")).to_contain_text("Scores below 60")
        control.locator("summary").press("Enter")
        control.get_by_role("button", name="As the school has them").press("Enter")
        expect(page.locator(".figures")).to_contain_text("Scores below 50")
        fields[0].fill("90")
        fields[0].press("Enter")
        expect(control.get_by_role("alert")).to_contain_text("three rising scores between 0 and 100")
        control.get_by_role("button", name="As the school has them").press("Enter")
        # The school's held all along, so that no score changes: what was refused goes all the same.
        expect(fields[0]).to_have_value("50")
        expect(control.get_by_role("alert")).to_have_text("")
    finally:
        demo.choose_mastery_thresholds(None)


def test_the_file_is_what_is_shown(page: Page, dashboards: str, demo: Workbench, tmp_path: Path) -> None:
    """The CSV holds the rows on the screen, in their order, byte for byte what the package writes."""
    row = largest(demo)
    opened(page, dashboards, f"?class={row['class_id']}")
    frame = in_order(demo.class_mastery(int(row["class_id"])))
    menu = page.locator(".edukit-export").first
    expect(menu.locator("summary")).to_contain_text(counted(frame["student_id"].nunique(), "student"))
    menu.locator("summary").click()
    with page.expect_download() as download:
        menu.get_by_role("button", name="CSV").click()
    download.value.save_as(tmp_path / "mastery.csv")
    assert (tmp_path / "mastery.csv").read_bytes() == csv_file(frame)
    assert download.value.suggested_filename.endswith(".csv")
    shown = page.locator("table.scores tbody tr")
    expect(shown).to_have_count(frame["student_id"].nunique())


def test_the_link_opens_the_same_view(page: Page, dashboards: str, demo: Workbench) -> None:
    """What was chosen stands in the address, and the address opens it again."""
    opened(page, dashboards)
    row = largest(demo)
    page.get_by_label("Class", exact=True).select_option(label(demo, row))
    page.wait_for_url(re.compile(rf"class={row['class_id']}"))
    page.get_by_label("Order of students").select_option("By name")
    page.wait_for_url(re.compile("sort=name"))
    page.get_by_label("Student", exact=True).select_option(index=2)
    page.wait_for_url(re.compile("student="))
    expect(page.locator(".strips li").first).to_be_visible()
    parts = (".figures", ".strips", "table.answers", "table.scores")
    state = [page.locator(part).text_content() for part in parts]
    opened(page, dashboards, page.url[page.url.index("?") :])
    expect(page.locator(".strips li").first).to_be_visible()
    assert [page.locator(part).text_content() for part in parts] == state
