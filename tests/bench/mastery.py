"""Mastery at scale: the full refit, the class dashboard's data, and knowledge tracing against pyBKT as it is compiled.

The first two in schools of 0.1, 1 and 10 million attempts, made in a database of their own. pyBKT is built from source
with its C++ extension in an environment of its own; both fit the same attempts turn by turn: a tidy file (user_id,
item_id, timestamp, correct, skill_id; rows in order), or students made here.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from at_scale import dashboard, refit, school
from load import Figure, fresh_database, server, tell
from opening.peers import default_folder
from tracing.fits import fits, made
from tracing.peer import PINS, pybkt

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS = ("refit", "dashboard", "tracing")
SIZES, QUICK_SIZES = (100_000, 1_000_000, 10_000_000), (3_000,)
MADE = {"students": 1500, "concepts": 20, "length": 8}
QUICK = {"students": 60, "concepts": 5, "length": 6}


def main() -> int:
    """Run the bench; 1 when a goal is asked for and missed."""
    options = _options()
    figures: list[Figure] = []
    told: dict[int, list[str]] = {}
    if {"refit", "dashboard"} & set(options.parts):
        figures, told = _at_scale(options)
    if "tracing" in options.parts:
        figures += _tracing(options)
    tell(figures, as_json=options.json, versions=PINS, told=told)
    return int(options.check and any(figure.holds is False for figure in figures))


def _at_scale(options: argparse.Namespace) -> tuple[list[Figure], dict[int, list[str]]]:
    """The figures of each size, and what the command says there."""
    refits: list[Figure] = []
    reads: list[Figure] = []
    told, whole = {}, {}
    with server() as admin_url:
        for size in sorted(options.attempts):
            with fresh_database(admin_url, "edukit_bench_mastery") as url:
                attempts = school.made(url, attempts=size)
                # What the dashboard reads is what a refit has written.
                found, told[attempts] = refit.refitted(url, attempts)
                refits += found
                whole[attempts] = next(figure.value for figure in found if "to new mastery" in figure.name)
                if "dashboard" in options.parts:
                    reads += dashboard.reads(url, attempts, options.opens)
    if "refit" not in options.parts:
        return [*reads, *dashboard.grown(reads)], told
    return [*refits, *refit.grown(whole), *reads, *dashboard.grown(reads)], told


def _tracing(options: argparse.Namespace) -> list[Figure]:
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as opened:
        folder = Path(name)
        path = options.data or made(folder / "attempts.tsv", **(QUICK if options.quick else MADE))
        peer = None if options.no_peers else opened.enter_context(pybkt(options.peers, folder))
        return fits(path.resolve(), folder, peer, rounds=options.rounds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--parts", type=_names(PARTS), default=PARTS, help=f"some of {','.join(PARTS)}")
    parser.add_argument("--attempts", type=_numbers, default=SIZES, help="of each school, as 100000,1000000")
    parser.add_argument("--opens", type=int, default=21, help="how often a dashboard's data is read")
    parser.add_argument("--data", type=Path, help="a tidy .tsv or .tsv.gz to trace, instead of the made one")
    parser.add_argument("--rounds", type=int, default=5, help="how often each side traces")
    parser.add_argument("--peers", type=Path, default=default_folder(), help="folder that keeps the peers' environment")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--check", action="store_true", help="exit 1 when a goal is missed")
    parser.add_argument("--quick", action="store_true", help="a smaller run of the same")
    parser.add_argument("--no-peers", action="store_true", help="edukit alone")
    options = parser.parse_args()
    if options.quick:
        options.attempts, options.opens, options.rounds = QUICK_SIZES, 3, 1
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
