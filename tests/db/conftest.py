"""What the tests of guarantees share: two schools with a row of every table, and writes in any role's name."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from conftest import Database, House

    Connection = psycopg.Connection[tuple[Any, ...]]
    Undone = Callable[[], AbstractContextManager[Connection]]

SCHOOL = Path(__file__).with_name("school.sql")


@pytest.fixture(scope="session")
def schools(house: House) -> Iterator[Database]:
    """A database with the schools 1 and 2: leave no row in it."""
    with house.database() as database:
        with psycopg.connect(database.admin_url) as connection:
            for number in (1, 2):
                connection.execute(SCHOOL.read_text().format(n=number))
        yield database


@pytest.fixture
def undone(schools: Database) -> Iterator[Undone]:
    """Transactions of the administrator's on the two schools; each is undone at its end."""
    with psycopg.connect(schools.admin_url, autocommit=True) as connection:

        @contextmanager
        def transaction() -> Iterator[Connection]:
            with connection.transaction(force_rollback=True):
                yield connection

        yield transaction
