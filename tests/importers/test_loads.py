"""What every load promises: two at once, a file broken in any way, a file larger than memory."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from edukit.db.ids import Ids
from edukit.db.session import session_for
from edukit.errors import LoadError
from edukit.importers.assistments import OPTIONAL, REQUIRED, load_assistments
from edukit.importers.attempts import COLUMNS, load_attempts

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from conftest import Tables, Write
    from sqlalchemy.orm import Session

    from edukit.importers.report import LoadReport

ROWS = 300
TIDY = "\t".join(COLUMNS) + "\n" + "".join(f"{n % 9}\t{n % 17}\t0\t{n % 2}\t{n % 4}\n" for n in range(ROWS))
RELEASE = ",".join((*REQUIRED, *OPTIONAL)) + "\n" + "".join(
    f"{n},{n % 9},{n % 17},{n % 2},{n % 4},{n % 3},{n % 3},1,Skill,algebra,é,{n},0,1\n" for n in range(ROWS)
)  # fmt: skip


def test_two_loads_at_once_of_one_file_are_one_load(database: object, write: Write, now: datetime) -> None:
    """The second waits for the first and finds everything there."""
    path = write(TIDY)
    barrier = threading.Barrier(2)

    def load(seed: int) -> LoadReport:
        with session_for(database.app) as session:  # type: ignore[attr-defined]
            barrier.wait()
            return load_attempts(session, path, institution="N", ids=Ids(np.random.default_rng(seed)), now=now)

    with ThreadPoolExecutor(2) as pool:
        reports = list(pool.map(load, (1, 2)))
    assert sorted(report.attempts_added for report in reports) == [0, ROWS]
    assert sorted(report.attempts_already_there for report in reports) == [0, ROWS]
    assert sorted(report.institutions_added for report in reports) == [0, 1]


def test_loads_of_one_frozen_moment_keep_their_people_apart(database: object, write: Write, now: datetime) -> None:
    """Under a clock that stands still, ids of one load never meet those of the next: nobody gets another's answers."""
    header = "\t".join(COLUMNS) + "\n"
    for part in range(4):
        rows = "".join(f"{part}-{n}\t{part}-{n}\t0\t1\t{part}-{n}\n" for n in range(2000))
        with session_for(database.app) as session:  # type: ignore[attr-defined]
            load_attempts(session, write(header + rows), institution="N", ids=Ids(np.random.default_rng()), now=now)
    with session_for(database.app) as session:  # type: ignore[attr-defined]
        for table in ("users", "students", "questions", "concepts", "enrolments", "question_attempts"):
            assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 8000, table
        alone = "SELECT count(*) FROM (SELECT student_id FROM question_attempts GROUP BY 1 HAVING count(*) > 1) x"
        assert session.scalar(text(alone)) == 0


def test_an_id_that_is_taken_stops_the_load(session: Session, write: Write, now: datetime) -> None:
    """A thing that cannot be added is an error, never somebody else's row."""

    class Stuck(Ids):
        def take(self, count: int, now: datetime) -> np.ndarray:  # noqa: ARG002
            return np.arange(1, count + 1, dtype=np.int64)

    source = Stuck(np.random.default_rng(1))
    load_attempts(session, write(TIDY), institution="N", ids=source, now=now)
    other = TIDY.replace("\n0\t", "\nother\t")
    with pytest.raises(LoadError, match="nothing was loaded"):
        load_attempts(session, write(other), institution="N", ids=source, now=now)


def packed(data: bytes) -> bytes:
    import gzip

    return gzip.compress(data)


def inserted(data: bytes, what: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + what + data[at:]


def spotted(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


CORRUPTIONS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "none": lambda data, _rng: data,
    "packed": lambda data, _rng: packed(data),
    "cut": lambda data, rng: data[: rng.randrange(len(data))],
    "packed and cut": lambda data, rng: (whole := packed(data))[: rng.randrange(len(whole))],
    "packed and damaged": lambda data, rng: spotted(packed(data), rng),
    "other delimiter": lambda data, _rng: data.replace(b"\t", b";").replace(b",", b"|"),
    "columns gone": lambda data, rng: data.replace(rng.choice([b"correct", b"user_id", b"skill_id"]), b"other", 1),
    "NUL": lambda data, rng: inserted(data, b"\0", rng),
    "quote": lambda data, rng: inserted(data, b'"', rng),
    "line ends": lambda data, rng: data.replace(b"\n", rng.choice([b"\r\n", b"\r", b"\n\n", b"\x85"])),
    "UTF-16": lambda data, rng: data.decode().encode(rng.choice(["utf-16", "utf-16-le", "utf-32", "utf-32-be"])),
    "many columns": lambda data, rng: data.replace(b"\n", rng.choice([b"\t", b","]) * 500_000 + b"\n", 1),
    "a wide row": lambda data, _rng: data + b"1\t2,3" * 100_000,
    "random bytes": lambda _data, rng: rng.randbytes(rng.randrange(1, 5_000)),
    "spots": spotted,
    "lines shuffled": lambda data, rng: b"\n".join(rng.sample(lines := data.split(b"\n"), len(lines))),
}


@pytest.mark.parametrize("layout", ["tidy", "release"])
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(sorted(CORRUPTIONS)), seed=st.integers(0, 2**32), skip=st.booleans())
def test_a_file_broken_in_any_way_is_refused_or_rightly_loaded(  # noqa: PLR0913, PLR0917 - fixtures and strategies
    session: Session, write: Write, tables: Tables, now: datetime, layout: str, kind: str, seed: int, *, skip: bool
) -> None:
    """Always a LoadError in a sentence with nothing loaded, or a load whose numbers add up; never anything else."""
    data = (TIDY if layout == "tidy" else RELEASE).encode()
    path = write(CORRUPTIONS[kind](data, random.Random(seed)))
    ids = Ids(np.random.default_rng(1))
    around = session.begin_nested()
    try:
        if layout == "tidy":
            report = load_attempts(session, path, institution="N", ids=ids, now=now, skip_bad_rows=skip)
        else:
            report = load_assistments(session, path, ids=ids, now=now, skip_bad_rows=skip)
    except LoadError as error:
        assert kind not in {"none", "packed"}
        message = str(error)
        assert message.startswith(f"{path} cannot be loaded: ")
        assert len(message) < 5_000
        assert not any(tables(session).values())
    else:
        loaded = session.scalar(text("SELECT count(*) FROM question_attempts"))
        assert loaded == report.attempts_added
        assert report.rows_read >= report.attempts_added + report.bad_row_count
        assert (report.bad_row_count == 0) or skip
        assert kind not in {"none", "packed"} or loaded == ROWS
    finally:
        around.rollback()


STREAM = """
import resource, sys
from edukit.importers.attempts import COLUMNS, _AttemptRows
from edukit.importers.delimited import DelimitedFile
from edukit.importers.report import BadRows
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows, bad_rows, count, early = _AttemptRows("N"), BadRows("f"), 0, 0
for chunk in DelimitedFile(sys.argv[1], required=COLUMNS).chunks(bad_rows):
    count += len(rows.of(chunk, bad_rows))
    early = early or peak()
print(count, peak() - early)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the module resource is Unix's")
def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """A file of twelve chunks takes hardly more memory than its first chunk."""
    path = tmp_path / "long.tsv"
    with path.open("w") as file:
        file.write("\t".join(COLUMNS) + "\n")
        file.writelines(f"{n // 100}\t{n % 5000}\t0\t{n % 2}\t{n % 149}\n" for n in range(1_200_000))
    told = subprocess.run([sys.executable, "-c", STREAM, path], capture_output=True, text=True, check=True, timeout=120)
    count, grown = map(int, told.stdout.split())
    assert count == 1_200_000
    assert grown * (1 if sys.platform == "darwin" else 1024) < 120 << 20
