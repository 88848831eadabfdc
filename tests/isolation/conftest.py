"""Two classes of one school and another school, a row of every table in each, and logins of everybody who may look."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from edukit.db.roles import url_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Database, House

SCHOOL = Path(__file__).parents[1] / "db" / "school.sql"
OWN, CLASS, SCHOOL_APART = "own", "another class", "another school"
# Each part of the world: the number that its ids begin with, and its institution.
PARTS = {OWN: (1, 1), CLASS: (3, 1), SCHOOL_APART: (2, 2)}
PEOPLE = """
    INSERT INTO users (institution_id, id, role, name) VALUES
        (1, 15, 'parent', 'P'), (1, 16, 'mentor', 'M'), (1, 17, 'admin', 'D'), (1, 18, 'analyst', 'N'),
        (1, 19, 'analyst', 'R');
    UPDATE users SET reads_names = true WHERE institution_id = 1 AND id = 19;
    INSERT INTO guardianships (institution_id, guardian_id, student_id) VALUES (1, 15, 11);
    INSERT INTO mentorships (institution_id, mentor_id, student_id, started_at) VALUES (1, 16, 11, now());
    INSERT INTO mentorships (institution_id, mentor_id, student_id, started_at, ended_at)
        VALUES (1, 16, 31, now(), now());
"""
WHO = {
    "student": 11, "teacher": 12, "parent": 15, "mentor": 16, "admin": 17, "analyst": 18, "analyst who reads names": 19,
}  # fmt: skip
"""A user of each role; the teacher teaches the student's class."""
KEYS = """
    SELECT c.relname::text, array_agg(a.attname::text ORDER BY a.attnum)
    FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
    WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT IN ('alembic_version', 'viewers')
    GROUP BY c.relname ORDER BY c.relname"""

Key = tuple[Any, ...]


@dataclass
class World:
    """The database with its parts, and a connection for each role."""

    admin: psycopg.Connection[tuple[Any, ...]]
    app: psycopg.Connection[tuple[Any, ...]]
    url: str
    keys: dict[str, list[str]]
    parts: dict[str, dict[Key, str]] = field(default_factory=dict)
    """Of each table: to which part each row belongs, by its primary key."""

    def mint(self, user_id: int, *, institution_id: int = 1, lives: str = "1 hour") -> str:
        """The address of a login that looks as a user."""
        password = secrets.token_urlsafe(24)
        verifier = self.app.pgconn.encrypt_password(password.encode(), b"", b"scram-sha-256").decode()
        minted = "SELECT mint_viewer(%s, %s, NULL, false, %s, %s::interval)"
        (login,) = self.app.execute(minted, [institution_id, user_id, verifier, lives]).fetchone() or ("",)
        url = make_url(self.url).set(drivername="postgresql", username=login, password=password)
        return url.render_as_string(hide_password=False)

    def state(self, table: str) -> list[Any]:
        """The versions of all rows of a table."""
        return self.admin.execute(
            sql.SQL("SELECT ctid::text, xmin::text FROM {} ORDER BY 1").format(sql.Identifier(table))
        ).fetchall()

    def copy(self, table: str, key: Key) -> Any:
        """A row as JSON, under an id that nobody has."""
        keys = self.keys[table]
        row = sql.SQL("SELECT to_jsonb(t) FROM {} t WHERE ({}) = ({})").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, keys)),
            sql.SQL(", ").join([sql.Placeholder()] * len(keys)),
        )
        (found,) = self.admin.execute(row, key).fetchone() or ({},)
        fresh = "00000000-0000-0000-0000-000000004711" if isinstance(found.get("id"), str) else 4711
        # What it would supersede is looked for among what one sees, and is no matter here.
        return found | {name: value for name, value in (("id", fresh), ("supersedes_id", None)) if name in found}

    def seen_by(self, viewer: psycopg.Connection[tuple[Any, ...]], table: str) -> set[str]:
        """The parts of the world of which a viewer sees rows of a table, or of what they find under its name."""
        keys = sql.SQL(", ").join(map(sql.Identifier, self.keys[table]))
        found = set()
        for name in (sql.Identifier(table), sql.Identifier("public", table)):
            rows = viewer.execute(sql.SQL("SELECT {} FROM {}").format(keys, name)).fetchall()
            found |= {self.parts[table][row] for row in rows}
        return found


@pytest.fixture(scope="session")
def world(house: House) -> Iterator[World]:
    """The parts, each loaded in a transaction of its own, by which its rows are known."""
    with house.database() as database:
        yield from _made(database)


def _made(database: Database) -> Iterator[World]:
    with (
        psycopg.connect(database.admin_url, autocommit=True) as admin,
        psycopg.connect(url_of("edukit_app", database.admin_url), autocommit=True) as app,
    ):
        names = {}
        for part, (number, institution) in PARTS.items():
            with admin.transaction():
                admin.execute(_rows(number, institution))
                names[str(admin.execute("SELECT pg_current_xact_id()::xid").fetchone()[0])] = part  # type: ignore[index]
        with admin.transaction():
            admin.execute(PEOPLE)
            names[str(admin.execute("SELECT pg_current_xact_id()::xid").fetchone()[0])] = OWN  # type: ignore[index]
        world = World(admin, app, database.admin_url, dict(admin.execute(KEYS).fetchall()))
        for table, keys in world.keys.items():
            columns = sql.SQL(", ").join(map(sql.Identifier, keys))
            found = admin.execute(sql.SQL("SELECT xmin, {} FROM {}").format(columns, sql.Identifier(table))).fetchall()
            world.parts[table] = {row[1:]: names[str(row[0])] for row in found}
        yield world


def _rows(number: int, institution: int) -> str:
    """A row of every table, with ids that begin with a number, at an institution."""
    text = SCHOOL.read_text()
    if number != institution:
        text = "\n".join(line for line in text.splitlines() if not line.startswith("INSERT INTO institutions"))
        text = re.sub(r"(\(|SELECT )\{n\}, ", rf"\g<1>{institution}, ", text)
    return text.format(n=number)


@pytest.fixture(scope="session")
def viewers(world: World) -> Iterator[dict[str, psycopg.Connection[tuple[Any, ...]]]]:
    """A connection of each role, each statement for itself."""
    found = {role: psycopg.connect(world.mint(user_id), autocommit=True) for role, user_id in WHO.items()}
    yield found
    for connection in found.values():
        connection.close()
