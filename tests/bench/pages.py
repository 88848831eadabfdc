"""The dashboards' data: how long each page's questions to the Workbench take when it opens, and how many statements.

Each page is opened as a notebook opens it, by a teacher of sixty classes in a school of 10,000 students, and the
time that it spends in the Workbench's methods is added up: once from PostgreSQL alone, once with the cache as the
server keeps it. The year's work, predictions and grievances are the same at every number of attempts.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import redis
from load import Figure, fresh_database, tell
from pydantic import SecretStr
from sqlalchemy import event, text

import edukit
from edukit.db.minting import mint
from edukit.db.roles import url_of
from edukit.db.session import Viewer, engine_for, session_for
from edukit.ops.stores import open_stores
from edukit.serving.redis_login import make_login
from edukit.serving.renewal import renew_all
from edukit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import ipywidgets

    from edukit.ops.stores import Stores
    from edukit.workbench import Workbench

GOAL_MS = 100.0
NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)
TEACHER, TEACHER_ID = "teacher@bench.example", 1_000_001
CLASSES = text("SELECT class_id FROM class_teachers WHERE teacher_id = :teacher")
DATA = Path(__file__).with_suffix(".sql")
PAGES = {
    "home": "",
    "class_mastery": "class=4",
    "student_risk": "class=4",
    "grievances": "",
    "leaderboard": "class=4",
    "next_lesson": "class=4",
    "student": "class=4&student=1",
}
"""Each page with the query that it is opened at."""


def main() -> int:
    """Run the bench; 1 when a goal is asked for and missed."""
    options = _options()
    students, sizes, runs = (1_500, [10_000], 3) if options.quick else (10_000, [100_000, 1_000_000], options.runs)
    figures: list[Figure] = []
    # Redis is the bench's own: boards and generations of invented classes are nobody else's.
    with (
        tempfile.TemporaryDirectory(prefix="edukit pages ") as folder,
        open_stores(Settings.from_environment(home=Path(folder) / "home")) as stores,
    ):
        for attempts in sizes:
            with fresh_database(stores.database_url, "edukit_bench_pages") as url:
                _fill(url, students, attempts)
                figures += _of_size(url, stores, f"{attempts:,} attempts", runs)
    tell(figures, as_json=options.json)
    return int(options.check and any(figure.holds is False for figure in figures))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=21, help="how often each page is opened")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--check", action="store_true", help="exit 1 when a goal is missed")
    parser.add_argument("--quick", action="store_true", help="a smaller run of the same")
    parser.add_argument("--no-peers", action="store_true", help="there are none: as the other benches have it")
    return parser.parse_args()


def _fill(url: str, students: int, attempts: int) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(f"SET bench.students = '{students}'")
        admin.execute(f"SET bench.attempts = '{attempts}'")
        admin.execute(DATA.read_text())
        admin.execute("VACUUM ANALYZE")
        admin.execute("CHECKPOINT")  # its writing must not fall into a page's time


def _of_size(url: str, stores: Stores, size: str, runs: int) -> list[Figure]:
    """The figures of each page, without and with the cache, turn by turn."""
    client = redis.Redis.from_url(stores.redis_url)
    with session_for(Viewer(url_of("edukit_app", url))) as session:
        renew_all(session, client, move=True)
        login = mint(session, institution_id=1, user_id=TEACHER_ID, database_url=url, lives=timedelta(hours=2))
        classes = session.scalars(CLASSES, {"teacher": TEACHER_ID}).all()
    redis_url = make_login(stores, login.name, institution_id=1, user_id=TEACHER_ID, role="teacher", classes=classes)
    url = login.database_url
    with _workbench(url, None) as plain, _workbench(url, redis_url) as cached, _statements(url) as sent:
        figures = []
        for page in PAGES:
            for edu in (plain, cached):
                _opened(page, edu)  # what is loaded and kept once is not the page's time
            sent.clear()
            _opened(page, plain)
            figures.append(Figure(f"{page}, {size}", len(sent), "statements"))
            times = [(_opened(page, plain), _opened(page, cached)) for _ in range(runs)]
            for kind, each in zip(("", ", cached"), zip(*times, strict=True), strict=True):
                value = 1000 * statistics.median(each)
                goal = f"<= {GOAL_MS:.0f} ms"
                figures.append(Figure(f"{page}, {size}{kind}", value, "ms", goal=goal, holds=value <= GOAL_MS))
    client.close()
    return figures


@contextmanager
def _workbench(url: str, redis_url: str | None) -> Iterator[Workbench]:
    """The teacher's Workbench, with what a dashboard's kernel holds."""
    settings = Settings(
        viewer_url=SecretStr(url),
        viewer_redis_url=None if redis_url is None else SecretStr(redis_url),
        frozen_now=NOW,
    )
    with edukit.connect(settings) as edu:
        yield edu


@contextmanager
def _statements(url: str) -> Iterator[list[object]]:
    """The statements that a teacher's connections send, also those that go by the driver itself."""
    sent: list[object] = []

    class Counted(psycopg.Cursor[Any]):
        def execute(self, query: Any, *args: Any, **options: Any) -> Counted:
            sent.append(query)
            return super().execute(query, *args, **options)

    def count(driver: psycopg.Connection[Any], _record: object) -> None:
        driver.cursor_factory = Counted

    engine = engine_for(url)
    engine.dispose()
    event.listen(engine, "connect", count)
    yield sent
    event.remove(engine, "connect", count)
    engine.dispose()


@dataclass
class _Timed:
    """A Workbench that adds up the time spent in its methods."""

    edu: Workbench
    seconds: float = field(default=0.0)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.edu, name)
        return self._timed(value) if callable(value) else value

    def _timed(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            start = time.perf_counter()
            try:
                return method(*args, **options)
            finally:
                self.seconds += time.perf_counter() - start

        return call


def _opened(page: str, edu: Workbench) -> float:
    """Open a page; the seconds that its data took."""
    timed = _Timed(edu)
    shown = getattr(import_module(f"edukit.ui.views.{page}"), page)(timed, query=PAGES[page])
    faults = [html for html in _html(shown) if "card error" in html]
    assert not faults, f"{page} could not be shown: {faults[0]}"
    return timed.seconds


def _html(widget: ipywidgets.Widget) -> Sequence[str]:
    own = getattr(widget, "html", "")
    return [own, *(html for child in getattr(widget, "children", ()) for html in _html(child))]


if __name__ == "__main__":
    sys.exit(main())
