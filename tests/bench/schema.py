r"""Ten million attempts in the schema: how fast they are loaded and indexed, and what they weigh.

Both sides write the same rows into ``question_attempts`` as it stands, checks included, but for its keys and
indexes: numpy arrays by binary COPY in blocks of about 1 MB, and ``psql \copy`` of a file that holds them in that
format already. The rows are right by construction, so foreign keys are not looked up; keys and indexes are built
at the end, each by itself.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import psycopg
from load import Figure, fresh_database, psql, server, tell

from edukit.models import QuestionAttempt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SPEED_GOAL = 0.8
WEIGHT_GOAL = 1.3
BLOCK_BYTES = 1 << 20
# What PostgreSQL adds to a row's columns: its header, and the pointer to it at the head of the page.
OVERHEAD_BYTES = 23 + 4
UNCHECKED = "SET session_replication_role = replica"

# Beginning and end of PostgreSQL's binary format: signature, flags, length of an extension; minus one column.
HEADER, TRAILER = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
STORED = {
    "institution_id": ">i8", "id": "V16", "student_id": ">i8", "question_id": ">i8", "class_id": ">i8",
    "sequence": ">i8", "attempted_at": ">i8", "is_correct": "?", "time_taken_seconds": ">f4", "hint_count": ">i2",
    "confidence": ">f4", "answer": None, "selected_option": ">i2", "xp_earned": ">i2",
}  # fmt: skip
"""Each column as COPY takes it; ``answer`` is null throughout, as where a question offers options."""


def main() -> int:
    """Run the bench; 1 when a goal is asked for and missed."""
    options = _options()
    rows = 100_000 if options.quick else options.rows
    with server() as admin_url, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) if options.peers else None
        figures = _measured(admin_url, path, rows, repeat=1 if options.quick else options.repeat)
    tell(figures, as_json=options.json)
    return int(options.check and any(figure.holds is False for figure in figures))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=10_000_000, help="how many attempts")
    parser.add_argument("--repeat", type=int, default=3, help="repetitions of each side")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--check", action="store_true", help="exit 1 when a goal is missed")
    parser.add_argument("--quick", action="store_true", help="a smaller run of the same")
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="edukit alone")
    return parser.parse_args()


def _measured(admin_url: str, folder: Path | None, rows: int, *, repeat: int) -> list[Figure]:
    attempts = _made(np.random.default_rng(2009), rows)
    with (
        fresh_database(admin_url, "edukit_bench_schema") as url,
        psycopg.connect(url, autocommit=True) as admin,
    ):
        admin.execute(UNCHECKED)
        later = _without_indexes(admin)
        ours, theirs = _interleaved(admin, url, attempts, folder, repeat=repeat)
        built = {name: _timed(admin, statement) for name, statement in later.items()}
        admin.execute("VACUUM ANALYZE question_attempts")
        return [
            *_speeds(rows, ours, theirs, built),
            *(Figure(f"{name}, built", seconds, "s") for name, seconds in built.items()),
            *(Figure(f"{name}, size", _mebibytes(admin, name), "MiB") for name in built),
            *_weights(admin, rows),
        ]


def _made(rng: np.random.Generator, rows: int) -> dict[str, NDArray[Any]]:
    """A year of attempts by time: 250 a student, 40 students to a class, in 40 institutions."""
    student = rng.integers(max(rows // 250, 40), size=rows)
    micros = 1_785_542_400_000_000 + np.sort(rng.integers(300 * 86_400_000_000, size=rows))
    ids = np.empty(rows, dtype=[("high", ">u8"), ("low", ">u8")])
    ids["high"] = ((micros // 1000) << 16) | 0x7000 | rng.integers(1 << 12, size=rows)
    ids["low"] = rng.integers(1 << 62, size=rows, dtype=np.uint64) | np.uint64(1 << 63)
    return {
        "institution_id": 1 + student % 40,
        "id": ids.view("V16"),
        "student_id": 1_000_000 + student,
        "question_id": 2_000_000 + rng.integers(max(rows // 500, 40), size=rows),
        "class_id": 3_000_000 + student // 40,
        "sequence": micros,
        "attempted_at": micros - 946_684_800_000_000,  # PostgreSQL counts from 2000
        "is_correct": rng.random(rows) < 0.66,
        "time_taken_seconds": rng.exponential(30, size=rows).astype("f4"),
        "hint_count": rng.integers(3, size=rows, dtype="i2"),
        "confidence": rng.random(rows, dtype="f4"),
        "selected_option": rng.integers(4, size=rows, dtype="i2"),
        "xp_earned": rng.integers(11, size=rows, dtype="i2"),
    }


def _blocks(attempts: dict[str, NDArray[Any]]) -> Iterator[bytes]:
    """The attempts in PostgreSQL's binary format, about a megabyte at a time."""
    layout = [("columns", ">i2")]
    for name, stored in STORED.items():
        layout += [(f"{name} bytes", ">i4"), *([(name, stored)] if stored else [])]
    rows = len(attempts["sequence"])
    block = np.empty(BLOCK_BYTES // np.dtype(layout).itemsize, dtype=layout)
    block["columns"] = len(STORED)
    for name, stored in STORED.items():
        block[f"{name} bytes"] = np.dtype(stored).itemsize if stored else -1
    yield HEADER
    for start, stop in pairwise([*range(0, rows, len(block)), rows]):
        part = block[: stop - start]
        for name, values in attempts.items():
            part[name] = values[start:stop]
        yield part.tobytes()
    yield TRAILER


def _without_indexes(admin: psycopg.Connection[Any]) -> dict[str, str]:
    """Drop the table's key and indexes; the statement that makes each again."""
    found = admin.execute(
        "SELECT indexrelid::regclass::text, conname, coalesce(pg_get_constraintdef(c.oid), pg_get_indexdef(indexrelid))"
        " FROM pg_index LEFT JOIN pg_constraint c ON conindid = indexrelid AND contype = 'p'"
        " WHERE indrelid = 'question_attempts'::regclass ORDER BY conname, 1"
    ).fetchall()
    for name, key, _ in found:
        admin.execute(f"ALTER TABLE question_attempts DROP CONSTRAINT {key}" if key else f"DROP INDEX {name}")
    return {
        name: f"ALTER TABLE question_attempts ADD CONSTRAINT {key} {definition}" if key else definition
        for name, key, definition in found
    }


def _interleaved(
    admin: psycopg.Connection[Any], url: str, attempts: dict[str, NDArray[Any]], folder: Path | None, *, repeat: int
) -> tuple[list[float], list[float]]:
    """The seconds that each side took, turn by turn; our rows are in the table at the end."""
    ours, theirs = [], []
    if folder is not None:
        with (folder / "attempts").open("wb") as file:
            file.writelines(_blocks(attempts))
    for _ in range(repeat):
        if folder is not None:
            theirs.append(_timed_psql(admin, url, folder / "attempts"))
            _expect(admin, attempts)
        _empty(admin)
        ours.append(_timed_copy(admin, attempts))
        _expect(admin, attempts)
    return ours, theirs


def _timed_copy(admin: psycopg.Connection[Any], attempts: dict[str, NDArray[Any]]) -> float:
    start = time.perf_counter()
    with admin.cursor().copy(f"COPY question_attempts ({', '.join(STORED)}) FROM STDIN (FORMAT BINARY)") as copy:
        for block in _blocks(attempts):
            copy.write(block)
    return time.perf_counter() - start


def _timed_psql(admin: psycopg.Connection[Any], url: str, path: Path) -> float:
    _empty(admin)
    start = time.perf_counter()
    psql(url, [UNCHECKED, f"\\copy question_attempts ({', '.join(STORED)}) FROM '{path}' (FORMAT binary)"])
    return time.perf_counter() - start


def _empty(admin: psycopg.Connection[Any]) -> None:
    admin.execute("TRUNCATE question_attempts")
    admin.execute("CHECKPOINT")  # the other side's writing must not fall into this one's time


def _expect(admin: psycopg.Connection[Any], attempts: dict[str, NDArray[Any]]) -> None:
    """The rows that were written are the ones that were made."""
    written = admin.execute(
        "SELECT count(*), min(id::text), sum(student_id)::bigint, max(sequence), sum(xp_earned), max(confidence),"
        " count(*) FILTER (WHERE is_correct), min(extract(epoch FROM attempted_at) * 1000000)::bigint"
        " FROM question_attempts"
    ).fetchone()
    first = UUID(bytes=min(attempts["id"][: 1 << 16].tolist()))  # those of the first moment are among these
    assert written == (
        len(attempts["id"]),
        str(first),
        attempts["student_id"].sum(),
        attempts["sequence"].max(),
        attempts["xp_earned"].sum(),
        attempts["confidence"].max(),
        attempts["is_correct"].sum(),
        attempts["sequence"].min(),
    ), "other rows were written than were made"


def _timed(admin: psycopg.Connection[Any], statement: str) -> float:
    start = time.perf_counter()
    admin.execute(statement)
    return time.perf_counter() - start


def _speeds(rows: int, ours: list[float], theirs: list[float], built: dict[str, float]) -> list[Figure]:
    speed = rows / statistics.median(ours)
    peer = rows / statistics.median(theirs) if theirs else None
    ratio = speed / peer if peer else None
    holds = None if ratio is None else ratio >= SPEED_GOAL
    return [
        Figure("attempts, loaded", speed, "rows/s", peer, ratio, f">= {SPEED_GOAL} of psql", holds),
        Figure("attempts, loaded and indexed", rows / (statistics.median(ours) + sum(built.values())), "rows/s"),
    ]


def _weights(admin: psycopg.Connection[Any], rows: int) -> list[Figure]:
    """What the table weighs, and an attempt against the sum of what its columns and its header take."""
    names = [column.name for column in QuestionAttempt.__table__.columns]
    sizes = ", ".join(f"coalesce(avg(coalesce(pg_column_size({name}), 0)), 0)::float" for name in names)
    # A sample of pages: the columns of an attempt that are not null have one width.
    columns = admin.execute(f"SELECT {sizes} FROM question_attempts TABLESAMPLE SYSTEM (5) REPEATABLE (1)").fetchone()
    assert columns is not None
    least = sum(columns) + OVERHEAD_BYTES
    ((heap, everything),) = admin.execute(
        "SELECT pg_relation_size('question_attempts'), pg_total_relation_size('question_attempts')"
    ).fetchall()
    ratio = heap / rows / least
    return [
        Figure("table, size", heap / 2**20, "MiB"),
        Figure("table with indexes, size", everything / 2**20, "MiB"),
        Figure(
            "an attempt against its columns and header",
            heap / rows,
            "bytes",
            least,
            ratio,
            f"<= {WEIGHT_GOAL}",
            ratio <= WEIGHT_GOAL,
        ),
    ]


def _mebibytes(admin: psycopg.Connection[Any], name: str) -> float:
    ((size,),) = admin.execute("SELECT pg_relation_size(%s::regclass)", [name]).fetchall()
    return size / 2**20


if __name__ == "__main__":
    sys.exit(main())
