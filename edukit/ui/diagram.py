"""The entity diagram: every table by its domain, and what refers to what, as HTML with a drawing (SVG) in it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from edukit.ui.cards import lead
from edukit.ui.entity_layout import BOX_WIDTH, PANEL_PADDING, Box, Panel, Point, Reference, laid_out
from edukit.ui.theme import HUES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Table

CORNER = 6.0
ARROW = 5
OWN = 2
"""How many tables have a hue of their own."""

LEGEND = (
    "An arrow goes from the table that refers to the one that it refers to; lines of one colour in one lane lead to "
    "the same table. A dashed box is a view. Point at a box for its columns and for its lines alone. "
    "Every table but accounts also refers to institutions; those lines are left out."
)


def entity_diagram(domains: Mapping[str, Sequence[Table]]) -> str:
    """Every table and view in the panel of its domain, a line to each table that it refers to.

    A box names its columns on hover, and shows its own lines alone. The institution, which every row carries
    and every key begins with, has no lines. It wears the page's style: :func:`edukit.ui.page.page_style`.

    Args:
        domains: the tables of each domain, as :func:`edukit.queries.catalog.domains` gives them.
    """
    layout = laid_out(domains)
    hues = _hues([reference for reference, _ in layout.lines])
    shapes = [
        *(_panel(panel) for panel in layout.panels),
        *(_line(reference, corners, hues[reference.target]) for reference, corners in layout.lines),
        *(_box(box) for box in layout.boxes),
    ]
    label = f"Entity diagram: {len(layout.boxes)} tables and views in {len(layout.panels)} domains"
    return (
        f"<style>{_hover_rules([box.table.name for box in layout.boxes])}</style>"
        f'<div class="edukit"><div class="diagram" role="region" tabindex="0" aria-label="{label}">'
        f'<svg viewBox="0 0 {layout.width:g} {layout.height:g}" role="img" aria-label="{label}">{"".join(shapes)}</svg>'
        f"</div>{lead(LEGEND)}</div>"
    )


def _hues(references: Sequence[Reference]) -> dict[str, int]:
    """A hue for each table that is referred to; the two that most refer to share theirs with no other."""
    targets = [reference.target for reference in references]
    by_use = sorted(set(targets), key=lambda name: (-targets.count(name), name))
    return {
        name: place + 1 if place < OWN else OWN + 1 + (place - OWN) % (HUES - OWN) for place, name in enumerate(by_use)
    }


def _hover_rules(tables: Sequence[str]) -> str:
    return "".join(
        f".edukit .diagram:has(.table-{name}:hover) :is(.from-{name}, .to-{name}) {{ opacity: 1; }}" for name in tables
    )


def _panel(panel: Panel) -> str:
    width = BOX_WIDTH + 2 * PANEL_PADDING
    return (
        f'<g class="domain"><rect x="{panel.x:g}" y="{panel.y:g}" width="{width}" height="{panel.height:g}" rx="8"/>'
        f'<text x="{panel.x + 10:g}" y="{panel.y + 19:g}">{escape(panel.domain)}</text></g>'
    )


def _box(box: Box) -> str:
    kind = "table view" if box.table.info.get("view") else "table"
    name = escape(box.table.name)
    return (
        f'<g class="{kind} table-{name}"><title>{escape(_told(box.table))}</title>'
        f'<rect x="{box.x:g}" y="{box.y:g}" width="{BOX_WIDTH}" height="{box.height:g}" rx="5"/>'
        f'<text x="{box.x + 9:g}" y="{box.y + box.height / 2 + 4.5:g}">{name}</text></g>'
    )


def _told(table: Table) -> str:
    """What hover says: what the rows are, and the columns."""
    columns = [f"{column.name}{' (key)' if column.primary_key else ''}" for column in table.columns]
    return f"{table.name}: {table.comment}\n\n" + "\n".join(columns)


def _line(reference: Reference, corners: Sequence[Point], hue: int) -> str:
    end, before = corners[-1], corners[-2]
    back = ARROW if before.x > end.x else -ARROW
    arrow = f"{end.x:g},{end.y:g} {end.x + back:g},{end.y - ARROW / 1.6:g} {end.x + back:g},{end.y + ARROW / 1.6:g}"
    told = f"{reference.source} ({', '.join(reference.columns)}) refers to {reference.target}"
    return (
        f'<g class="line from-{reference.source} to-{reference.target}" style="color:var(--edukit-hue-{hue})">'
        f'<title>{escape(told)}</title><path d="{_path(corners)}"/><polygon points="{arrow}"/></g>'
    )


def _path(corners: Sequence[Point]) -> str:
    """The way with its corners rounded: where lines join a lane it is seen which way they go."""
    drawn = [f"M{corners[0].x:g} {corners[0].y:g}"]
    for before, corner, after in zip(corners, corners[1:], corners[2:], strict=False):
        radius = min(CORNER, _length(before, corner) / 2, _length(corner, after) / 2)
        into, out = _towards(corner, before, radius), _towards(corner, after, radius)
        drawn.append(f"L{into.x:g} {into.y:g}Q{corner.x:g} {corner.y:g} {out.x:g} {out.y:g}")
    drawn.append(f"L{corners[-1].x:g} {corners[-1].y:g}")
    return "".join(drawn)


def _length(one: Point, other: Point) -> float:
    return abs(one.x - other.x) + abs(one.y - other.y)


def _towards(start: Point, end: Point, distance: float) -> Point:
    """The point at a distance from ``start`` on the way to ``end``; ways are level or upright."""
    share = distance / (_length(start, end) or 1.0)
    return Point(start.x + (end.x - start.x) * share, start.y + (end.y - start.y) * share)
