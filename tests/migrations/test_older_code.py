"""What older code sends still passes on the newest schema: it may be running while, and after, that is made.

``older_code/`` has a recording for every revision that was once the newest: each statement as it was sent, by which
login, in which transaction, and what it gave. `pytest --update-snapshots` records the present code for the newest
revision; a recording of an older one is never written again.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from edukit import actions
from edukit.ops import migrate
from edukit.workbench import Workbench

if TYPE_CHECKING:
    # Of this folder and of the one above it.
    from conftest import Database, Recording, Tape

RECORDINGS = Path(__file__).with_name("older_code")
FIRST = RECORDINGS / "20261121_0800.sql"


def test_the_newest_revision_is_recorded(
    tape: Tape, recording: type[Recording], request: pytest.FixtureRequest
) -> None:
    """The recording of the newest revision has what the code sends now, no more and no less (--update-snapshots)."""
    file = RECORDINGS / f"{migrate.newest()}.sql"
    sent = recording(tape.text).shapes()
    there = recording(file.read_text()).shapes() if file.exists() else set()
    # The same statements with other values are no reason to write it anew.
    if request.config.getoption("--update-snapshots") and there != sent:
        file.write_text(tape.text)
        there = sent
    assert there == sent, "make the recording with `pytest --update-snapshots tests/migrations`"


def test_all_that_reads_and_writes_is_recorded(tape: Tape) -> None:
    """Whatever a Workbench gives and every action is called while the tape runs: a new one needs its line above."""
    asked = [function for _, function in inspect.getmembers(Workbench, inspect.isfunction)]
    for found in pkgutil.iter_modules(actions.__path__):
        module = importlib.import_module(f"{actions.__name__}.{found.name}")
        asked += [it for _, it in inspect.getmembers(module, inspect.isfunction) if it.__module__ == module.__name__]
    public = [function for function in asked if not function.__name__.startswith("_")]
    assert [function.__qualname__ for function in public if function.__code__ not in tape.called] == []


@pytest.mark.parametrize("file", sorted(RECORDINGS.glob("*.sql")), ids=lambda file: file.stem)
def test_older_code_works_on_the_newest_schema(file: Path, recording: type[Recording], database: Database) -> None:
    """What the code of a revision sent, as the logins that sent it, is accepted now and gives what it gave."""
    assert recording(file.read_text()).replay(database) == []


@pytest.mark.parametrize(
    "contraction",
    [
        "ALTER TABLE questions DROP COLUMN difficulty CASCADE",
        "ALTER TABLE users RENAME COLUMN name TO full_name",
        "ALTER TABLE classes ADD COLUMN room TEXT NOT NULL",
        "DROP VIEW pseudonymous.question_attempts; ALTER TABLE question_attempts ALTER COLUMN sequence TYPE NUMERIC",
        "REVOKE SELECT ON topics FROM edukit_viewer",
    ],
)
def test_a_contraction_is_seen(database: Database, recording: type[Recording], contraction: str) -> None:
    """A column dropped, renamed, demanded or retyped, or a privilege taken, breaks what the first code sends."""
    with psycopg.connect(database.admin_url) as admin:
        admin.execute(contraction)
    with pytest.raises(psycopg.Error):
        recording(FIRST.read_text()).replay(database)


def test_another_result_is_seen(database: Database, recording: type[Recording]) -> None:
    """A read that is accepted but gives something else is told."""
    with psycopg.connect(database.admin_url) as admin:
        admin.execute("ALTER TABLE enrolments ALTER COLUMN left_at SET DEFAULT 'infinity'")
    assert recording(FIRST.read_text()).replay(database) != []
