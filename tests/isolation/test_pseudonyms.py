"""What an analyst who reads no names can select: whatever there is, but no name of a person and no word about one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from edukit.db.minting import mint
from edukit.db.session import session_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Database, House, World

    Connection = psycopg.Connection[tuple[Any, ...]]

SCHOOL = Path(__file__).parents[1] / "db" / "school.sql"
MARK = "zoraquill"
# Where the row stands makes its marks different, for some must be.
MARKED = {
    "text": f"'{MARK}' || ctid::text",
    "jsonb": "CASE jsonb_typeof({0}) WHEN 'array' THEN "
    f"jsonb_build_array('{MARK}', '') ELSE jsonb_build_object('note', '{MARK}') END",
    "bytea": f"'{MARK}'::bytea",
}
# But for columns that have a list of what they may hold.
TEXTS = """
    SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL) FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
        AND c.relname NOT IN ('alembic_version', 'viewers')
        AND format_type(a.atttypid, NULL) NOT IN ('bigint', 'integer', 'smallint', 'boolean', 'date', 'uuid', 'real',
            'double precision', 'timestamp with time zone', 'vector', 'halfvec')
        AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c'
            AND k.conkey = ARRAY[a.attnum] AND pg_get_constraintdef(k.oid) LIKE '%= ANY (%')"""
READABLE = """
    SELECT c.oid::regclass::text, c.relname::text, a.attname::text FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'v', 'm', 'p') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
        AND a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(c.oid, a.attnum, 'SELECT')"""
# What of its columns a group may read: of tables, and of the views that stand before them.
MAY_READ = """
    SELECT c.relname::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = {1}::regnamespace AND c.relkind IN ('r', 'v', 'm', 'p') AND a.attnum > 0
        AND NOT a.attisdropped AND has_column_privilege('{0}', c.oid, a.attnum, 'SELECT')"""
COLUMNS = """
    SELECT c.relname::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = {}::regnamespace AND c.relkind IN ('r', 'v') AND a.attnum > 0 AND NOT a.attisdropped"""
LOOKS_AS_ITS_OWNER = """
    SELECT relname::text FROM pg_class WHERE relnamespace = 'pseudonymous'::regnamespace
        AND NOT (relkind = 'v' AND coalesce(reloptions::text LIKE '%security_invoker=true%', false))"""

WORDS = {
    ("feedback_contents", "ai_suggestion"),
    ("feedback_contents", "content"),
    ("grievance_event_details", "details"),
    ("grievances", "description"),
    ("grievances", "resolution"),
    ("guardianships", "relationship"),
    ("interventions", "note"),
    ("question_attempts", "answer"),
    ("risk_responses", "reason"),
    ("students", "github_username"),
    ("students", "target_exam"),
    ("study_plans", "parameters"),
    ("study_plans", "source_key"),
    ("study_plans", "title"),
    ("submissions", "body"),
    ("submissions", "github_url"),
    ("users", "name"),
    ("users", "source_key"),
}
"""Names of people, and what is said by and about them."""
NOBODYS = {
    "assignments", "badges", "classes", "concepts", "institutions", "mastery_models", "questions", "risk_models",
    "topics",
}  # fmt: skip
"""Their words are about what is taught, won and reckoned."""
PLAIN = {("students", "grade"), ("risk_predictions", "reasons")}
"""Of persons, but no words of anybody's: the form, and sentences of edukit's own that name nobody."""
COMPLAINANTS = {("grievances", "student_id"), ("grievance_events", "actor_id")}
"""What no analyst may read, not even one who reads names; the views leave it out."""


@pytest.fixture(scope="module")
def marked(house: House) -> Iterator[Database]:
    """A school in which every text that may be any words has the marker in it."""
    with house.database() as database:
        with psycopg.connect(database.admin_url, autocommit=True) as admin:
            admin.execute(SCHOOL.read_text().format(n=1))
            # What is written once, and words that are there only in some states, are marked too.
            admin.execute("SET session_replication_role = replica")
            admin.execute("UPDATE grievances SET status = 'resolved', resolved_at = now(), resolution = 'fair'")
            admin.execute("UPDATE sync_operations SET status = 'failed', settled_at = now(), error = 'no'")
            for table, column, kind in admin.execute(TEXTS).fetchall():
                admin.execute(f"UPDATE {table} SET {column} = {MARKED[kind].format(column)}")
        yield database


def told(database: Database, *, names: bool) -> set[tuple[str, str]]:
    """The columns in which an analyst finds the marker, under whatever name of their table."""
    with session_for(database.app) as session:
        login = mint(session, institution_id=1, user_id=None, names=names, database_url=database.admin_url)
    with psycopg.connect(login.database_url) as analyst:
        return {
            (name, column)
            for relation, name, column in analyst.execute(READABLE).fetchall()
            if analyst.execute(f"SELECT FROM {relation} WHERE strpos({column}::text, '{MARK}') > 0 LIMIT 1").rowcount
        }


def test_no_word_about_a_person_is_told(marked: Database) -> None:
    """Of all that can be selected, only what is taught, won and reckoned has the words that were put everywhere."""
    assert {place for place in told(marked, names=False) if place[0] not in NOBODYS} <= PLAIN


def test_who_reads_names_is_told(marked: Database) -> None:
    """The very same analyst, granted names, finds just the words that others are not told."""
    assert told(marked, names=True) - told(marked, names=False) == WORDS


def test_who_took_a_step_is_a_pseudonym(marked: Database) -> None:
    """The function that names who answered a grievance names nobody to who reads no names."""
    with session_for(marked.app) as session:
        login = mint(session, institution_id=1, user_id=None, database_url=marked.admin_url)
    step = "UPDATE grievance_events SET actor_id = 12 WHERE actor_id IS NOT NULL"
    with psycopg.connect(marked.admin_url) as admin, psycopg.connect(login.database_url) as analyst:
        admin.execute("SET session_replication_role = replica")
        admin.execute(step)
        admin.commit()
        actors = analyst.execute("SELECT DISTINCT grievance_actor(institution_id, id) FROM grievance_events").fetchall()
        (pseudonym,) = analyst.execute("SELECT name FROM users WHERE id = 12").fetchone() or ("",)
    assert sorted(name for (name,) in actors) == sorted(["edukit", pseudonym])
    assert pseudonym.startswith("Teacher ")


def test_a_pseudonym_is_one_persons(marked: Database) -> None:
    """It tells the role and is another for each, and the same wherever the person is met."""
    with session_for(marked.app) as session:
        login = mint(session, institution_id=1, user_id=None, database_url=marked.admin_url)
    with psycopg.connect(login.database_url) as analyst:
        rows = analyst.execute("SELECT role, name FROM users").fetchall()
        assert len({name for _, name in rows}) == len(rows) == 3
        assert all(name.startswith(role.capitalize() + " ") for role, name in rows)
        assert analyst.execute("SELECT role, name FROM users").fetchall() == rows


def test_the_views_look_as_who_asks(world: World) -> None:
    """Everything in the schema of pseudonyms is a view that has no right of its own."""
    assert world.admin.execute(LOOKS_AS_ITS_OWNER).fetchall() == []


def test_the_views_have_what_their_tables_have(world: World) -> None:
    """A column that is added to a table later is added to its view, or left out on purpose."""
    public, views = (
        set(world.admin.execute(COLUMNS.format(f"'{name}'")).fetchall()) for name in ("public", "pseudonymous")
    )
    before = {(table, column) for table, column in public if table in {view for view, _ in views}}
    assert before - views == COMPLAINANTS
    assert views <= before


def test_analysts_read_what_viewers_read(world: World) -> None:
    """Who reads no names may read every column that others may, but for names and words; and nothing else."""
    may = {
        (group, schema): set(world.admin.execute(MAY_READ.format(group, f"'{schema}'")).fetchall())
        for group in ("edukit_viewer", "edukit_analyst")
        for schema in ("public", "pseudonymous")
    }
    viewer, analyst = may["edukit_viewer", "public"], may["edukit_analyst", "public"]
    assert analyst <= viewer
    assert viewer - analyst == WORDS | {("users", "account_id")}
    assert may["edukit_analyst", "pseudonymous"] >= WORDS
    assert may["edukit_viewer", "pseudonymous"] == set()
