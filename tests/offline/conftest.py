"""Both stores, for what holds in either."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edukit.offline.store import offline_session, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    """An offline store in a new file."""
    engine = open_store(tmp_path / "offline.db")
    yield engine
    engine.dispose()


@pytest.fixture
def offline(store: Engine) -> Iterator[Session]:
    """A writing session on an offline store, whose writes are undone at the end."""
    with offline_session(store, writes=True) as session:
        yield session
        session.rollback()


@pytest.fixture(params=["session", "offline"], ids=["postgresql", "sqlite"])
def either(request: pytest.FixtureRequest) -> Session:
    """A writing session on PostgreSQL, and once more on SQLite."""
    found: Session = request.getfixturevalue(request.param)
    return found
