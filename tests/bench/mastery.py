"""How soon, how likely and how well answers are explained: edukit's knowledge tracing against pyBKT as it is compiled.

pyBKT is built from source with its C++ extension in an environment of its own. Both fit the same attempts turn by
turn: a tidy file (user_id, item_id, timestamp, correct, skill_id; rows in order), or students made here.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from pathlib import Path

from load import tell
from opening.peers import default_folder
from tracing.fits import fits, made
from tracing.peer import PINS, pybkt

MADE = {"students": 1500, "concepts": 20, "length": 8}
QUICK = {"students": 60, "concepts": 5, "length": 6}


def main() -> int:
    """Run the bench; 1 when a goal is asked for and missed."""
    options = _options()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as opened:
        folder = Path(name)
        path = options.data or made(folder / "attempts.tsv", **(QUICK if options.quick else MADE))
        peer = None if options.no_peers else opened.enter_context(pybkt(options.peers, folder))
        figures = fits(path.resolve(), folder, peer, rounds=1 if options.quick else options.rounds)
    tell(figures, as_json=False)
    if options.json:
        with options.json.open("w", encoding="utf-8") as file, contextlib.redirect_stdout(file):
            tell(figures, as_json=True, versions=PINS, data=path.name)
    return int(options.check and any(figure.holds is False for figure in figures))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help="a tidy .tsv or .tsv.gz instead of the made one")
    parser.add_argument("--rounds", type=int, default=5, help="how often each side fits")
    parser.add_argument("--peers", type=Path, default=default_folder(), help="folder that keeps the peers' environment")
    parser.add_argument("--json", type=Path, help="write the record into this file")
    parser.add_argument("--check", action="store_true", help="exit 1 when a goal is missed")
    parser.add_argument("--quick", action="store_true", help="a smaller run of the same")
    parser.add_argument("--no-peers", action="store_true", help="edukit alone")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
