"""What isolation costs: the class dashboard's questions by a minted login, against the owner with the same filter.

Both ask the same frames of the same class, turn by turn, in a school of 10,000 students and a million answers; and how
long it takes until a new login has its first answer.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from load import Figure, fresh_database, tell
from pages import NOW, _fill

from edukit.db.minting import mint
from edukit.db.roles import url_of
from edukit.db.session import Viewer, engine_for, session_for
from edukit.ops.stores import open_stores
from edukit.queries import classroom, gamification, practice, risk
from edukit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

GOAL, MINT_GOAL_MS = 1.15, 20.0
INSTITUTION, CLASS = 1, 4
TEACHER = "SELECT teacher_id FROM class_teachers WHERE institution_id = %s AND class_id = %s"
ASKED: dict[str, Callable[[Session], object]] = {
    "names of the classes": lambda session: classroom.classes(session, only=(INSTITUTION, CLASS)),
    "class mastery": lambda session: practice.class_mastery(session, institution_id=INSTITUTION, class_id=CLASS),
    "attempts of the class": lambda session: practice.attempts(session, institution_id=INSTITUTION, class_id=CLASS),
    "risk": lambda session: risk.risk(session, institution_id=INSTITUTION, class_id=CLASS, as_of=NOW),
    "leaderboard": lambda session: gamification.board_students(
        session, institution_id=INSTITUTION, class_id=CLASS, now=NOW
    ),
}
"""What the dashboards ask of a class."""


def main() -> int:
    """Run the bench; 1 when a goal is asked for and missed."""
    options = _options()
    students, attempts, runs = (1_500, 10_000, 3) if options.quick else (10_000, 1_000_000, options.runs)
    with (
        tempfile.TemporaryDirectory(prefix="edukit rls ") as folder,
        open_stores(Settings.from_environment(home=Path(folder) / "home")) as stores,
        fresh_database(stores.database_url, "edukit_bench_rls") as url,
    ):
        _fill(url, students, attempts)
        figures = [*_asking(url, runs), _minting(url, runs)]
        for engine in (url_of("edukit_app", url), url_of("edukit_owner", url)):
            engine_for(engine).dispose()
    tell(figures, as_json=options.json)
    return int(options.check and any(figure.holds is False for figure in figures))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=31, help="how often each is asked")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--check", action="store_true", help="exit 1 when a goal is missed")
    parser.add_argument("--quick", action="store_true", help="a smaller run of the same")
    parser.add_argument("--no-peers", action="store_true", help="there are none: as the other benches have it")
    return parser.parse_args()


def _asking(url: str, runs: int) -> list[Figure]:
    """Each frame, and all together, by the minted login and by the owner, turn by turn."""
    with psycopg.connect(url_of("edukit_owner", url)) as owner:
        (teacher,) = owner.execute(TEACHER, [INSTITUTION, CLASS]).fetchone() or (0,)
    with session_for(Viewer(url_of("edukit_app", url))) as session:
        login = mint(session, institution_id=INSTITUTION, user_id=teacher, database_url=url, lives=timedelta(hours=1))
    logins = {"owner": url_of("edukit_owner", url), "viewer": login.database_url}
    times: dict[str, dict[str, list[float]]] = {name: {who: [] for who in logins} for name in ASKED}
    for run in range(runs + 2):
        for name, ask in ASKED.items():
            for who, address in logins.items():
                took = _timed(address, ask)
                # What is loaded, planned and kept once is not the frame's time.
                if run > 1:
                    times[name][who].append(took)
    medians = {name: {who: 1000 * statistics.median(each) for who, each in of.items()} for name, of in times.items()}
    medians["all of the dashboard"] = {who: sum(of[who] for of in medians.values()) for who in logins}
    engine_for(login.database_url).dispose()
    return [
        Figure(
            name,
            of["viewer"],
            "ms",
            peer=of["owner"],
            ratio=of["viewer"] / of["owner"],
            goal=f"<= {GOAL} of owner" if name.startswith("all") else "",
            holds=of["viewer"] / of["owner"] <= GOAL if name.startswith("all") else None,
        )
        for name, of in medians.items()
    ]


def _timed(address: str, ask: Callable[[Session], object]) -> float:
    with session_for(Viewer(address)) as session:
        start = time.perf_counter()
        ask(session)
        return time.perf_counter() - start


def _minting(url: str, runs: int) -> Figure:
    """From the wish for a login to its first answer."""
    times = []
    app = Viewer(url_of("edukit_app", url))
    for _ in range(runs):
        start = time.perf_counter()
        with session_for(app) as session:
            login = mint(session, institution_id=INSTITUTION, user_id=None, database_url=url)
        with psycopg.connect(login.database_url) as viewer:
            viewer.execute("SELECT viewer_institution()")
        times.append(1000 * (time.perf_counter() - start))
    value = statistics.median(times)
    goal = f"<= {MINT_GOAL_MS:.0f} ms"
    return Figure("a new login's first answer", value, "ms", goal=goal, holds=value <= MINT_GOAL_MS)


if __name__ == "__main__":
    sys.exit(main())
