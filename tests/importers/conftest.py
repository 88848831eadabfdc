"""What the tests of importers share: files to load, ids, and the whole database as text."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import text

from edukit.db.ids import Ids
from edukit.models import Base

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from sqlalchemy.orm import Session

    Write = Callable[..., Path]
    Tables = Callable[[Session], dict[str, list[str]]]


@pytest.fixture
def now() -> datetime:
    """The moment of every load."""
    return datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def ids() -> Ids:
    """A source of ids."""
    return Ids(np.random.default_rng(7))


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes rows, text or bytes into a file, packed when asked for."""

    def write(
        content: Iterable[Sequence[object]] | str | bytes,
        name: str = "rows.txt",
        *,
        separator: str = "\t",
        pack: bool = False,
    ) -> Path:
        if not isinstance(content, str | bytes):
            content = "".join(separator.join(map(str, row)) + "\n" for row in content)
        data = content.encode() if isinstance(content, str) else content
        path = tmp_path / name
        path.write_bytes(gzip.compress(data) if pack else data)
        return path

    return write


@pytest.fixture
def tables() -> Tables:
    """Gives every row of every table as text, in order."""

    def tables(session: Session) -> dict[str, list[str]]:
        return {
            table.name: sorted(session.scalars(text(f"SELECT t::text FROM {table.name} t")))
            for table in Base.metadata.sorted_tables
        }

    return tables
