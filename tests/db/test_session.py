"""The one way to a session: what is the same in each, whatever the server is like."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import InternalError

from edukit.db.session import session_for
from edukit.models import Institution

if TYPE_CHECKING:
    from conftest import Database


def test_moments_come_in_utc_whatever_the_servers_zone(database: Database) -> None:
    """A database that lives in Nepal gives the same moment, in UTC and no other zone, as text of SQL too."""
    at = datetime(2026, 6, 30, 20, tzinfo=UTC)
    with psycopg.connect(database.admin_url, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {admin.info.dbname} SET timezone = 'Asia/Kathmandu'")
        admin.execute("INSERT INTO institutions (id, name, created_at) VALUES (1, 'Hill', %s)", [at])
    with session_for(database.viewer) as session:
        found = session.scalars(select(Institution.created_at)).one()
        assert (found, found.tzinfo) == (at, UTC)
        assert session.scalar(text("SELECT created_at::text FROM institutions")) == "2026-06-30 20:00:00+00"


def test_a_snapshot_writes_nothing(database: Database) -> None:
    """What sees one moment cannot add to it; the next session of the same connection can."""
    insert = text("INSERT INTO institutions (id, name) VALUES (1, 'Hill')")
    with pytest.raises(InternalError, match="read-only"), session_for(database.app, snapshot=True) as session:
        session.execute(insert)
    with session_for(database.app) as session:
        session.execute(insert)
    with session_for(database.app, snapshot=True) as session:
        assert session.scalars(select(Institution.name)).all() == ["Hill"]
