"""The offline store: it has what the models say, many may use it, and a file is edukit's or left alone."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, func, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from edukit import models
from edukit.errors import MigrationError, StoreError
from edukit.models import Base
from edukit.offline.schema import MODELS
from edukit.offline.store import SCHEMA, offline_session, open_store

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

PAGE = 4096
WRITE_VERSION = 18  # its place in the file's header


def test_the_store_has_what_the_models_say(store: Engine) -> None:
    """Tables, columns, which may be null, keys, checks and indexes of the file are those of the models."""
    with store.connect() as connection:
        made = dict(connection.execute(text("SELECT name, sql FROM sqlite_master")).all())
        tables = connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")).all()
        there = {
            name: {
                (column, not required)
                for column, required in connection.execute(
                    text(f"SELECT name, \"notnull\" FROM pragma_table_info('{name}')")
                ).all()
            }
            for name in tables
        }
    expected = [Base.metadata.tables[model.__tablename__] for model in MODELS]
    assert there == {table.name: {(column.name, column.nullable) for column in table.columns} for table in expected}
    for table in expected:
        assert {part.name for part in table.constraints} <= set(re.findall(r"CONSTRAINT (\w+)", made[table.name]))
        assert {index.name for index in table.indexes} <= set(made)


def test_types_are_kept(offline: Session) -> None:
    """SQLite by itself would keep a text as a number, seven as a truth value, and a row without its key."""
    offline.execute(text("INSERT INTO institutions (id, name) VALUES (1, 'A')"))
    topic = "INSERT INTO topics (institution_id, id, name, exam_weight, is_locked) VALUES (1, 2, 'T', {}, {})"
    for values, rule in ((("'much'", 0), "cannot store TEXT"), ((0.5, 7), "topics_is_locked_bounds_check")):
        with pytest.raises(IntegrityError, match=rule):
            offline.execute(text(topic.format(*values)))
    with pytest.raises(IntegrityError, match="NOT NULL"):
        offline.execute(text("INSERT INTO institutions (name) VALUES ('B')"))


def test_a_schema_keeps_its_number(store: Engine) -> None:
    """A file of an older edukit is known by its number: a change of the schema counts SCHEMA on, and its digest."""
    with store.connect() as connection:
        made = connection.scalars(text("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")).all()
    # Without regard to order and layout, which are SQLAlchemy's.
    lines = sorted(line.strip(" \t,") for statement in made for line in statement.splitlines())
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
    assert (SCHEMA, digest) == (5, "13b9adb8f229232a"), "count SCHEMA on, and put the new digest here"


def test_a_store_is_found_as_it_was_left(tmp_path: Path) -> None:
    """Opened again, rows are there; keys hold, readers and a writer go side by side, and only its owner reads it."""
    path = tmp_path / "a store?.db"
    for expected in ([], ["A"]):
        engine = open_store(path)
        with offline_session(engine, writes=True) as session:
            assert session.scalars(select(models.Institution.name)).all() == expected
            session.merge(models.Institution(id=1, name="A"))
        with engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        engine.dispose()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_of_another_schema_is_refused(tmp_path: Path) -> None:
    """Newer or older: in one sentence with both numbers and what to do."""
    path = tmp_path / "offline.db"
    open_store(path).dispose()
    for number, advice in ((SCHEMA + 1, "update edukit"), (SCHEMA - 1, "sync it with the edukit that made it")):
        with sqlite3.connect(path) as connection:
            connection.execute(f"PRAGMA user_version = {number}")
        connection.close()
        with pytest.raises(MigrationError, match=f"has the schema {number} .*this edukit knows {SCHEMA}: {advice}"):
            open_store(path)


def test_a_foreign_file_is_left_alone(tmp_path: Path) -> None:
    """A text, somebody else's SQLite file and a folder that is not there are refused, and no byte changes."""
    words, foreign = tmp_path / "words.txt", tmp_path / "foreign.db"
    words.write_text("Not a database, and longer than the header that every one of them has.\n" * 9)
    connection = sqlite3.connect(foreign)
    connection.execute("CREATE TABLE topics (id)")
    connection.close()
    for path, reason in ((words, "not a database"), (foreign, "not an offline store")):
        before = path.read_bytes()
        with pytest.raises(StoreError, match=reason):
            open_store(path)
        assert path.read_bytes() == before
    with pytest.raises(StoreError, match="No such file or directory"):
        open_store(tmp_path / "nowhere" / "offline.db")
    assert {path.name for path in tmp_path.iterdir()} == {"words.txt", "foreign.db"}


def test_an_empty_file_becomes_its_owners_alone(tmp_path: Path) -> None:
    """A file that was there, empty and open to all, is its owner's once it is a store, and so are those beside it."""
    path = tmp_path / "offline.db"
    path.touch()
    path.chmod(0o644)
    engine = open_store(path)
    with offline_session(engine, writes=True) as session:
        session.add(models.Institution(id=1, name="A"))
    modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    engine.dispose()
    assert modes == {"offline.db": 0o600, "offline.db-wal": 0o600, "offline.db-shm": 0o600}


def test_a_damaged_file_is_told(tmp_path: Path) -> None:
    """One that opens, as its first pages are whole, fails at the first write with its name and the next step."""
    path = tmp_path / "offline.db"
    open_store(path).dispose()
    content = bytearray(path.read_bytes())
    content[2 * PAGE : 6 * PAGE] = b"\xff" * 4 * PAGE
    path.write_bytes(content)
    engine = open_store(path)
    with pytest.raises(StoreError, match=rf"{path} is damaged \(.*malformed\): put a copy back"):
        add_institutions(engine)
    engine.dispose()


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Whoever runs this: SQLite only reads a file that says a newer format is needed to write it."""
    path = tmp_path / "offline.db"
    open_store(path).dispose()
    content = bytearray(path.read_bytes())
    content[WRITE_VERSION] = 3
    path.write_bytes(content)
    engine = open_store(path)
    with pytest.raises(StoreError, match=rf"{path} cannot be written \(.*readonly.*\): let yourself write"):
        add_institutions(engine)
    engine.dispose()


def test_a_full_disk_is_told(store: Engine) -> None:
    """With no page more to be had the write is undone as a whole, and goes through once there is room."""
    with store.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # SQLite takes the pages that there are
    with pytest.raises(StoreError, match=r"offline\.db has no room to grow \(.*full\): free some"):
        add_institutions(store)
    with store.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(models.Institution)) == 0
        connection.exec_driver_sql("PRAGMA max_page_count = 100000")
    add_institutions(store)


def test_a_file_in_use_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new file that is being read cannot be made a store, and one that is being written not be written."""
    monkeypatch.setattr("edukit.offline.store.BUSY_SECONDS", 0)
    path = tmp_path / "offline.db"
    told = rf"{path} is in use by another program \(database is locked\): try again"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN")
    other.execute("SELECT * FROM sqlite_master").fetchall()
    with pytest.raises(StoreError, match=told):
        open_store(path)
    other.execute("ROLLBACK")
    engine = open_store(path)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match=told):
        add_institutions(engine)
    other.close()
    add_institutions(engine)
    engine.dispose()


def test_a_table_in_use_is_told(store: Engine) -> None:
    """SQLite's other word for it: a table cannot go while a result is still being read."""
    with store.connect().execution_options(writes=True) as connection:
        reading = connection.exec_driver_sql("SELECT * FROM sqlite_master")
        with pytest.raises(StoreError, match=r"in use by another program \(database table is locked\)"):
            connection.exec_driver_sql("DROP TABLE sync_operations")
        reading.close()


def add_institutions(store: Engine) -> None:
    """Write more than the pages of a new store can take in."""
    with offline_session(store, writes=True) as session:
        rows = [{"id": number, "name": f"{number:06}" * 20} for number in range(2000)]
        session.execute(insert(models.Institution), rows)


def test_an_old_sqlite_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python whose SQLite has no STRICT tables is told so, and no file is made."""
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 0))
    with pytest.raises(StoreError, match=r"SQLite 3\.37 or newer"):
        open_store(tmp_path / "offline.db")
    assert list(tmp_path.iterdir()) == []


def test_many_open_a_new_file_at_once(tmp_path: Path) -> None:
    """One of them makes the schema, the others find it."""

    def count(_: int) -> int:
        engine = open_store(tmp_path / "offline.db")
        tables = len(inspect(engine).get_table_names())
        engine.dispose()
        return tables

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(count, range(8))) == {len(MODELS)}


def test_writers_wait_their_turn(store: Engine) -> None:
    """Of eight threads that read, add one and write, none fails and no addition is lost, while readers go on."""
    with offline_session(store, writes=True) as session:
        session.add(models.Institution(id=1, name="0"))

    def add(_: int) -> None:
        with offline_session(store) as session:
            assert session.scalars(select(models.Institution.name)).one().isdigit()
        with offline_session(store, writes=True) as session:
            institution = session.scalars(select(models.Institution)).one()
            institution.name = str(int(institution.name) + 1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(80)))
    with offline_session(store) as session:
        assert session.scalars(select(models.Institution.name)).one() == "80"


def test_a_reader_goes_on_while_one_writes(store: Engine) -> None:
    """A reader sees what was there, at once, while another session has written and not yet committed."""
    with offline_session(store, writes=True) as writer:
        writer.add(models.Institution(id=1, name="A"))
        writer.flush()
        with offline_session(store) as reader:
            assert reader.scalars(select(models.Institution)).all() == []


def test_a_reader_cannot_write(store: Engine) -> None:
    """What writes says so at the start: else it could find its turn taken after it has read."""
    with pytest.raises(StoreError, match=r"only read in this session .*writes=True"), offline_session(store) as session:
        session.execute(insert(models.Institution).values(id=1, name="A"))
    with offline_session(store, writes=True) as session:
        session.execute(insert(models.Institution).values(id=1, name="A"))


def test_what_is_not_offline_is_named(offline: Session) -> None:
    """Asking for a table of the online part is an error that tells the table and the next step."""
    with pytest.raises(StoreError, match=r"grievances is not in the offline store: connect to the school's database"):
        offline.scalars(select(models.Grievance)).all()
    with pytest.raises(StoreError, match="feedback"):
        offline.execute(delete(models.Feedback))
