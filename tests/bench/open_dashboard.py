"""How soon a class's dashboard opens: edukit against Voilà as it comes, Panel and Streamlit, all on the same data.

All servers run at once and a browser opens each in turn, with an empty cache and with a warm one; the order rotates.
An open of a peer that never gets ready is counted and tried again, and one that does not answer a change of class is
counted; either ends the bench where it is edukit's.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from load import Figure, tell
from opening.browsing import browser
from opening.comparing import OURS
from opening.crowd import MANY, crowds
from opening.memory import memory
from opening.peers import PINS, default_folder, interpreter
from opening.rounds import caching, opens
from opening.servers import SIDES, serving
from opening.wire import weights

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (40, 400)
PARTS = ("opens", "wire", "crowd", "memory")
QUICK_PARTS, QUICK_MANY = ("opens", "wire", "crowd"), 10
CROWDS_A_ROUND = 0.2
"""A crowd is ten opens by itself."""
STEPS = Path(__file__).with_name("opening") / "steps.json"
"""What each change was expected to give, and what it gave: one row a step."""


def main() -> int:
    """Run the bench; 1 when a goal is asked for and missed."""
    options = _options()
    python = interpreter(options.peers) if {"panel", "streamlit"} & set(options.only) else None
    figures: list[Figure] = []
    for students in options.students:
        figures += _of_size(options, students, python)
    steps = json.loads(STEPS.read_text(encoding="utf-8"))
    tell(figures, as_json=options.json, versions=PINS, steps=steps)
    return int(options.check and any(figure.holds is False for figure in figures))


def _of_size(options: argparse.Namespace, students: int, python: Path | None) -> list[Figure]:
    figures: list[Figure] = []
    if {"opens", "wire"} & set(options.parts):
        with serving(options.only, students, python) as (school, servers), browser() as chromium:
            if "opens" in options.parts:
                figures += opens(chromium, servers, school, options.rounds)
            if "wire" in options.parts:
                figures += weights(chromium, servers, school)
                figures += caching(chromium, servers[OURS], school, options.rounds) if OURS in servers else []
    if "crowd" in options.parts:
        rounds = max(1, round(options.rounds * CROWDS_A_ROUND))
        figures += crowds(options.only, students, python, rounds, many=QUICK_MANY if options.quick else MANY)
    if "memory" in options.parts:
        figures += memory(options.only, students, python)
    return figures


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=10, help="how often each side is opened")
    parser.add_argument("--only", type=_names(SIDES), default=SIDES, help=f"some of {','.join(SIDES)}")
    parser.add_argument("--parts", type=_names(PARTS), default=PARTS, help=f"some of {','.join(PARTS)}")
    parser.add_argument("--students", type=_numbers, default=SIZES, help="of a class, as 40,400")
    parser.add_argument("--peers", type=Path, default=default_folder(), help="folder that keeps the peers' environment")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--check", action="store_true", help="exit 1 when a goal is missed")
    parser.add_argument("--quick", action="store_true", help="a smaller run of the same")
    parser.add_argument("--no-peers", action="store_true", help="edukit alone")
    options = parser.parse_args()
    if options.no_peers:
        options.only = ("edukit",)
    if options.quick:
        options.rounds, options.parts, options.students = 1, QUICK_PARTS, SIZES[:1]
    return options


def _names(known: tuple[str, ...]) -> Callable[[str], tuple[str, ...]]:
    def names(given: str) -> tuple[str, ...]:
        chosen = tuple(given.split(","))
        if unknown := set(chosen) - set(known):
            message = f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(known)}"
            raise argparse.ArgumentTypeError(message)
        return chosen

    return names


def _numbers(given: str) -> tuple[int, ...]:
    return tuple(int(number) for number in given.split(","))


if __name__ == "__main__":
    sys.exit(main())
