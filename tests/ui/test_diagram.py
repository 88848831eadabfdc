"""The entity diagram shows every table once, and every line leads where its foreign key does."""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import pytest

from edukit.models import Base
from edukit.queries.catalog import domains
from edukit.ui.diagram import entity_diagram
from edukit.ui.entity_layout import BOX_WIDTH, PANEL_PADDING, Layout, laid_out, references
from edukit.ui.page import page_style

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TABLES = Base.metadata.tables
MIDDLE = 0.5


@pytest.fixture(scope="module")
def layout() -> Layout:
    """The layout of edukit's own tables."""
    return laid_out(domains())


def segments(layout: Layout) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Each straight piece of each line as ``(target, (left, top, right, bottom))``."""
    return [
        (
            reference.target,
            (min(one.x, two.x), min(one.y, two.y), max(one.x, two.x), max(one.y, two.y)),
        )
        for reference, corners in layout.lines
        for one, two in pairwise(corners)
    ]


def test_every_table_has_a_box(layout: Layout) -> None:
    """Each table and view of the models is there once, within the picture and the panel of its domain."""
    assert sorted(box.table.name for box in layout.boxes) == sorted(TABLES)
    panels = {panel.domain: panel for panel in layout.panels}
    assert panels.keys() == domains().keys()
    for domain, tables in domains().items():
        panel = panels[domain]
        for box in (box for box in layout.boxes if box.table in tables):
            assert box.x == panel.x + PANEL_PADDING
            assert panel.y < box.y < box.y + box.height < panel.y + panel.height <= layout.height
            assert 0 < box.x < box.x + BOX_WIDTH < layout.width


def test_no_box_covers_another(layout: Layout) -> None:
    """Two boxes never share a place."""
    for one, two in combinations(layout.boxes, 2):
        beside = one.x + BOX_WIDTH <= two.x or two.x + BOX_WIDTH <= one.x
        assert beside or one.y + one.height <= two.y or two.y + two.height <= one.y


def test_every_foreign_key_has_a_line(layout: Layout) -> None:
    """The lines are the foreign keys of the models, but for those to the institution."""
    drawn = {
        (reference.source, column, reference.target) for reference, _ in layout.lines for column in reference.columns
    }
    wanted = {
        (table.name, element.parent.name, element.column.table.name)
        for table in TABLES.values()
        for constraint in table.foreign_key_constraints
        for element in constraint.elements
        if element.parent.name != "institution_id"
    }
    assert drawn == wanted
    assert ("users", "account_id", "accounts") in drawn
    assert not any(target == "institutions" for _, _, target in drawn)


def test_a_line_begins_and_ends_at_its_boxes(layout: Layout) -> None:
    """A line goes level or upright from a side of the one box to a side of the other."""
    boxes = {box.table.name: box for box in layout.boxes}
    for reference, corners in layout.lines:
        for name, corner in ((reference.source, corners[0]), (reference.target, corners[-1])):
            box = boxes[name]
            assert corner.x in {box.x, box.x + BOX_WIDTH}
            assert box.y < corner.y < box.y + box.height
        assert all(one.x == two.x or one.y == two.y for one, two in pairwise(corners))


def test_no_line_goes_through_a_box(layout: Layout) -> None:
    """Lines stay in the gutters and the corridor."""
    for _, (left, top, right, bottom) in segments(layout):
        for box in layout.boxes:
            outside = right <= box.x or left >= box.x + BOX_WIDTH or bottom <= box.y or top >= box.y + box.height
            assert outside, box.table.name


@pytest.mark.parametrize(("across", "along"), [(0, 1), (1, 0)], ids=["upright", "level"])
def test_lines_to_different_tables_never_lie_on_each_other(layout: Layout, across: int, along: int) -> None:
    """Pieces that lead to different tables may cross and never run in one place: a line can be followed."""
    pieces = {piece for piece in segments(layout) if piece[1][across] == piece[1][across + 2]}
    for (target, one), (other, two) in combinations(pieces, 2):
        if target != other and abs(one[across] - two[across]) < MIDDLE:
            assert one[along + 2] <= two[along] or two[along + 2] <= one[along], (target, other)


def test_a_domain_without_a_place_is_refused() -> None:
    """A new module of tables has to be given its column."""
    with pytest.raises(ValueError, match=r"sorcery.*give each domain its place"):
        laid_out({**domains(), "sorcery": []})


def test_a_table_that_refers_twice_has_one_line() -> None:
    """Two columns that refer to the same table are one line that names both."""
    found = {(one.source, one.target): one.columns for one in references(list(TABLES.values()))}
    assert found["topic_prerequisites", "topics"] == ("prerequisite_id", "topic_id")


def test_hover_tells_the_columns() -> None:
    """A box says what its rows are and names every column; a view is drawn as one."""
    html = entity_diagram(domains())
    for name, table in TABLES.items():
        (title,) = re.findall(rf'table-{name}"><title>(.*?)</title>', html, re.DOTALL)
        assert [line.removesuffix(" (key)") for line in title.splitlines()[2:]] == table.columns.keys()
    assert 'class="table view table-daily_activity"' in html


def test_nothing_comes_from_elsewhere() -> None:
    """The drawing loads nothing and runs nothing."""
    html = entity_diagram(domains())
    assert not re.findall(r"https?:|<script|url\(|@import", html)


@pytest.mark.parametrize("width", [1280, 390])
def test_names_fit_their_boxes(browser: Browser, width: int) -> None:
    """In a browser every name stays within its box, and on a phone the picture scrolls in a frame of its own."""
    page = browser.new_page(viewport={"width": width, "height": 844})
    page.set_content(page_style() + entity_diagram(domains()))
    wide = page.evaluate(
        "[...document.querySelectorAll('.table')].filter(g => g.querySelector('text').getBBox().width > "
        f"{BOX_WIDTH - 12}).map(g => g.querySelector('text').textContent)"
    )
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    page.close()
    assert wide == []
    assert overflow <= 0
