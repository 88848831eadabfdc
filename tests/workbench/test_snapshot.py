"""A snapshot: one moment for all that is read, whatever is written meanwhile, and an end in every case."""

from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import event

import edukit
from edukit.db.session import engine_for
from edukit.settings import Settings
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Database

SCHOOL = """
INSERT INTO institutions (id, name) VALUES (1, 'Hill');
INSERT INTO classes (institution_id, id, name) VALUES (1, 1, '7B');
"""


@pytest.fixture
def edu(database: Database) -> Iterator[Workbench]:
    """An analyst's Workbench on a school of one class."""
    with psycopg.connect(database.admin_url) as admin:
        admin.execute(SCHOOL)
    with Workbench(database.viewer, Settings()) as edu:
        yield edu


def add_class(database: Database, class_id: int) -> None:
    """Somebody else adds a class."""
    with psycopg.connect(database.admin_url) as admin:
        admin.execute("INSERT INTO classes (institution_id, id, name) VALUES (1, %s, 'New')", [class_id])


def test_all_is_read_as_of_one_moment(database: Database, edu: Workbench) -> None:
    """What is committed meanwhile is seen after the block, and not by half of it; a block within is a part of it."""
    with edu.snapshot():
        assert len(edu.class_names()) == 1
        add_class(database, 2)
        with edu.snapshot():
            assert len(edu.classes()) == 1
        assert len(edu.class_names()) == 1
    assert len(edu.class_names()) == len(edu.classes()) == 2


def test_it_takes_one_transaction(database: Database, edu: Workbench) -> None:
    """However many frames are read, there is one beginning."""
    begun: list[object] = []

    def begin(connection: object) -> None:
        begun.append(connection)

    engine = engine_for(database.viewer.database_url)
    event.listen(engine, "begin", begin)
    with edu.snapshot():
        for _ in range(3):
            edu.class_names()
    event.remove(engine, "begin", begin)
    assert len(begun) == 1


def test_it_ends_with_an_error(database: Database, edu: Workbench) -> None:
    """After an error nothing of it is left: the next read is of the present."""
    with pytest.raises(edukit.NotFound), edu.snapshot():
        edu.classes(99)
    add_class(database, 2)
    assert len(edu.class_names()) == 2


def test_it_is_of_its_thread(database: Database, edu: Workbench) -> None:
    """Another thread reads the present meanwhile."""
    seen: list[int] = []
    with edu.snapshot():
        assert len(edu.class_names()) == 1
        add_class(database, 2)
        other = Thread(target=lambda: seen.append(len(edu.class_names())))
        other.start()
        other.join()
        assert len(edu.class_names()) == 1
    assert seen == [2]


def test_sql_that_fails_is_no_end_of_it(edu: Workbench) -> None:
    """An analyst's own statement stands outside: it may fail, and the rest is read as before."""
    with edu.snapshot():
        with pytest.raises(edukit.QueryError):
            edu.sql("SELECT 1 / 0")
        assert len(edu.class_names()) == 1
