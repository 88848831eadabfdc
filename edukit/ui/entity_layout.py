"""Where the boxes and lines of the entity diagram go.

Tables stand in columns, a box each, by domain. Between the columns are gutters; in a gutter every table that is
referred to has a lane of its own, and all lines to it share that lane, as wires share a conduit. A line to a
column that is no neighbour goes by the corridor above.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Table

COLUMNS = (
    ("curriculum", "practice", "mastery", "study"),
    ("classroom", "gamification"),
    ("people", "audit", "sync"),
    ("risk", "grievances", "documents"),
)
"""Which domains stand in which column: people in the middle, what is referred to beside what refers."""
HALF = len(COLUMNS) / 2
BOX_WIDTH = 182
BOX_HEIGHT = 26
BOX_GAP = 7
PANEL_PADDING = 8
PANEL_GAP = 14
HEADING = 28
PORT = 8
LANE = 9
GUTTER = 15
MARGIN = 2

Side = Literal["left", "right"]


class Point(NamedTuple):
    """A place in the picture, in pixels from its top left."""

    x: float
    y: float


@dataclass(frozen=True)
class Reference:
    """One table's references to another: its columns that refer."""

    source: str
    target: str
    columns: tuple[str, ...]


@dataclass
class Box:
    """A table's box, and the ports at its sides: the tables that it refers to there, or its own name for lines in."""

    table: Table
    column: int
    x: float = 0.0
    y: float = 0.0
    ports: dict[Side, list[str]] = field(default_factory=lambda: {"left": [], "right": []})

    @property
    def height(self) -> float:
        """Pixels, enough for the ports."""
        return max(BOX_HEIGHT, PORT * (1 + max(len(ports) for ports in self.ports.values())))

    def port(self, side: Side, name: str) -> Point:
        """Where a line leaves or enters."""
        ports = self.ports[side]
        share = (ports.index(name) + 1) / (len(ports) + 1)
        return Point(self.x if side == "left" else self.x + BOX_WIDTH, self.y + self.height * share)


@dataclass
class Panel:
    """The ground and the heading of a domain."""

    domain: str
    column: int
    y: float
    height: float
    x: float = 0.0


@dataclass(frozen=True)
class Layout:
    """Everything in its place; a line is the corners of its way, from the table that refers to the other."""

    width: float
    height: float
    panels: list[Panel]
    boxes: list[Box]
    lines: list[tuple[Reference, list[Point]]]


def references(tables: Sequence[Table]) -> list[Reference]:
    """What the tables refer to among themselves, without the institution that stands beside every reference."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for table in tables:
        for constraint in table.foreign_key_constraints:
            target = constraint.referred_table.name
            found[table.name, target] += [name for name in constraint.column_keys if name != "institution_id"]
    return [
        Reference(source, target, tuple(sorted(set(columns))))
        for (source, target), columns in sorted(found.items())
        if columns
    ]


def laid_out(domains: Mapping[str, Sequence[Table]]) -> Layout:
    """Boxes, panels and lines of the tables of all domains.

    Raises:
        ValueError: a domain has no place in ``COLUMNS``, or a place and no tables.
    """
    if set(domains) != {domain for column in COLUMNS for domain in column}:
        message = f"COLUMNS places {COLUMNS}, and the domains are {sorted(domains)}: give each domain its place"
        raise ValueError(message)
    boxes = {
        table.name: Box(table, number)
        for number, column in enumerate(COLUMNS)
        for domain in column
        for table in domains[domain]
    }
    known = references([box.table for box in boxes.values()])
    ways = {reference: gutters(boxes[reference.source].column, boxes[reference.target].column) for reference in known}
    _open_ports(boxes, ways)
    corridor = _corridor(ways)
    top = GUTTER + LANE * len(corridor)
    panels = [panel for number in range(len(COLUMNS)) for panel in _stack(domains, boxes, number, top)]
    lanes, edges, width = _lanes(ways, boxes)
    for panel in panels:
        panel.x = edges[panel.column]
    for box in boxes.values():
        box.x = edges[box.column] + PANEL_PADDING
    _sort_ports(boxes, ways, lanes)
    lines = [(reference, _way(reference, way, boxes, lanes, corridor)) for reference, way in ways.items()]
    return Layout(width, max(panel.y + panel.height for panel in panels) + MARGIN, panels, list(boxes.values()), lines)


def gutters(source: int, target: int) -> tuple[int, ...]:
    """The gutters that a line goes through, by the column on their right: one, or the two beside the columns."""
    if source == target:
        return (source if source < HALF else source + 1,)
    if source < target:
        return tuple(sorted({source + 1, target}))
    return tuple(sorted({source, target + 1}, reverse=True))


def _side(gutter: int, box: Box) -> Side:
    return "left" if gutter == box.column else "right"


def _open_ports(boxes: Mapping[str, Box], ways: Mapping[Reference, tuple[int, ...]]) -> None:
    for reference, way in ways.items():
        source, target = boxes[reference.source], boxes[reference.target]
        # A table that refers to itself has two ports: "" is where its own line leaves.
        leaves = reference.target if source is not target else ""
        source.ports[_side(way[0], source)].append(leaves)
        arrivals = target.ports[_side(way[-1], target)]
        if target.table.name not in arrivals:
            arrivals.append(target.table.name)


def _lanes(
    ways: Mapping[Reference, tuple[int, ...]], boxes: Mapping[str, Box]
) -> tuple[dict[tuple[int, str], float], list[float], float]:
    """The x of each lane by gutter and table, the x of each column's panels, and the width of it all."""
    lanes: dict[tuple[int, str], float] = {}
    edges, x = [], 0.0
    for gutter in range(len(COLUMNS) + 1):
        slots = _slots(gutter, ways, boxes)
        wide = max(slots.values(), default=-1) + 1
        # The first slot is beside the column whose own lines the gutter carries.
        rightmost = x + GUTTER + LANE * (wide - 1)
        for name, slot in slots.items():
            lanes[gutter, name] = rightmost - LANE * slot if gutter < HALF else x + GUTTER + LANE * slot
        x += 2 * GUTTER + LANE * (wide - 1) if wide else MARGIN
        edges.append(x)
        x += BOX_WIDTH + 2 * PANEL_PADDING
    return lanes, edges[:-1], edges[-1]


def _slots(gutter: int, ways: Mapping[Reference, tuple[int, ...]], boxes: Mapping[str, Box]) -> dict[str, int]:
    """The slot of each lane of a gutter: the shortest first, and lanes that do not meet share one."""
    spans: dict[str, tuple[float, float]] = {}
    for reference, way in ways.items():
        if gutter in way:
            ends = [boxes[name].y for name in (reference.source, reference.target)]
            reach = [*ends, *spans.get(reference.target, ends), *([0.0] if len(way) > 1 else [])]
            spans[reference.target] = min(reach), max(reach)
    slots: dict[str, int] = {}
    for name in sorted(spans, key=lambda name: (spans[name][1] - spans[name][0], name)):
        low, high = spans[name]
        meeting = {
            slots[other]
            for other in slots
            if spans[other][0] <= high + BOX_HEIGHT and low <= spans[other][1] + BOX_HEIGHT
        }
        slots[name] = next(slot for slot in count() if slot not in meeting)
    return slots


def _corridor(ways: Mapping[Reference, tuple[int, ...]]) -> dict[str, float]:
    """The y of each lane above the columns, by the table that it leads to."""
    targets = sorted({reference.target for reference, way in ways.items() if len(way) > 1})
    return {name: LANE * (place + 1) for place, name in enumerate(targets)}


def _stack(domains: Mapping[str, Sequence[Table]], boxes: Mapping[str, Box], number: int, top: float) -> list[Panel]:
    """Put the boxes of a column below each other; its panels."""
    panels, y = [], top
    for domain in COLUMNS[number]:
        start, y = y, y + HEADING
        for table in domains[domain]:
            box = boxes[table.name]
            box.y = y
            y += box.height + BOX_GAP
        y += PANEL_PADDING - BOX_GAP
        panels.append(Panel(domain, number, start, y - start))
        y += PANEL_GAP
    return panels


def _sort_ports(
    boxes: Mapping[str, Box], ways: Mapping[Reference, tuple[int, ...]], lanes: Mapping[tuple[int, str], float]
) -> None:
    """Order the ports of each side so that lines of one box do not cross: upward ones first, the nearest lane top."""
    keys: dict[tuple[str, Side, str], tuple[int, float]] = {}
    for reference, way in ways.items():
        source, target = boxes[reference.source], boxes[reference.target]
        side = _side(way[0], source)
        away = abs(lanes[way[0], reference.target] - (source.x if side == "left" else source.x + BOX_WIDTH))
        up = len(way) > 1 or target.y < source.y
        name = reference.target if source is not target else ""
        keys[reference.source, side, name] = (0, away) if up else (2, -away)
    for table, box in boxes.items():
        for side, ports in box.ports.items():
            ports.sort(key=lambda name: keys.get((table, side, name), (1, 0.0)))


def _way(
    reference: Reference,
    way: tuple[int, ...],
    boxes: Mapping[str, Box],
    lanes: Mapping[tuple[int, str], float],
    corridor: Mapping[str, float],
) -> list[Point]:
    """The corners of a line."""
    source, target = boxes[reference.source], boxes[reference.target]
    start = source.port(_side(way[0], source), reference.target if source is not target else "")
    end = target.port(_side(way[-1], target), reference.target)
    first, last = (lanes[gutter, reference.target] for gutter in (way[0], way[-1]))
    above = [Point(first, corridor[reference.target]), Point(last, corridor[reference.target])] if len(way) > 1 else []
    return [start, Point(first, start.y), *above, Point(last, end.y), end]
