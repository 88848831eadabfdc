"""Who sees and changes what: every role, every table, every part of the world. A new table without a rule fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from edukit.models import Base

if TYPE_CHECKING:
    from conftest import World

    Viewers = dict[str, psycopg.Connection[tuple[Any, ...]]]

OWN, CLASS = "own", "another class"
ANALYSTS = ("analyst", "analyst who reads names")
ROLES = ("student", "teacher", "parent", "mentor", "admin", *ANALYSTS)
# The catalog's tables: a fixture's parameters must be known before there is a database.
TABLES = sorted({name for name in Base.metadata.tables if name not in {"topic_progress", "daily_activity", "viewers"}})
WIDE = {
    "badges", "concept_tracing", "concepts", "grievance_routing_rules", "question_concepts", "questions", "risk_models",
    "topic_prerequisites", "topics", "users",
}  # fmt: skip
"""What everybody of an institution sees: what is taught, what can be won, the rules; of users the staff."""
PERSONAL = {
    "accounts", "audit_event_details", "audit_events", "chat_embeddings", "chat_messages", "chats",
    "document_embeddings", "documents", "profiles", "progress_records", "study_items", "subscriptions",
    "sync_operations",
}  # fmt: skip
"""What only its user and an admin see."""

OFFICE = {"mastery_models"}
"""What only who has to do with all of the institution sees."""
NOBODYS = {"mastery_states"}
"""What the application alone reads."""


def allowed(role: str, table: str) -> set[str]:
    """The parts of the world of which a role may see rows."""
    if table in NOBODYS:
        return set()
    if table == "institutions":
        return {OWN}
    if role == "admin" or (table not in PERSONAL and (role in ANALYSTS or table in WIDE)):
        return {OWN, CLASS}
    return set() if table in OFFICE else {OWN}


def seen(world: World, viewer: psycopg.Connection[tuple[Any, ...]], table: str) -> set[str]:
    """The parts of the world of which somebody sees rows; what is the application's is refused as a whole."""
    if table in NOBODYS:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            world.seen_by(viewer, table)
        return set()
    return world.seen_by(viewer, table)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("role", ROLES)
def test_nobody_sees_more_than_their_own(world: World, viewers: Viewers, role: str, table: str) -> None:
    """Rows of other classes and of other institutions are not there, in no table."""
    assert world.parts[table], "the world has no row of it"
    assert seen(world, viewers[role], table) <= allowed(role, table)


@pytest.mark.parametrize("table", sorted(set(TABLES) - PERSONAL))
@pytest.mark.parametrize("role", ["teacher", "admin", *ANALYSTS])
def test_staff_see_their_own(world: World, viewers: Viewers, role: str, table: str) -> None:
    """Whoever teaches a class, or has to do with all of them, sees what is theirs: no rule is narrower than it says."""
    assert seen(world, viewers[role], table) == allowed(role, table)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("statement", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_nobody_changes_what_is_not_theirs(
    world: World, viewers: Viewers, role: str, table: str, statement: str
) -> None:
    """A change of everything is refused or reaches no foreign row."""
    before = world.state(table)
    column = sql.Identifier(world.keys[table][0])
    try:
        with viewers[role].transaction(force_rollback=False):
            viewers[role].execute(sql.SQL(statement).format(sql.Identifier("public", table), column))
    except psycopg.errors.InsufficientPrivilege:
        pass
    assert world.state(table) == before


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("role", ROLES)
def test_nobody_adds_to_what_is_not_theirs(world: World, viewers: Viewers, role: str, table: str) -> None:
    """A copy of a foreign row is refused, whatever its key."""
    foreign = [key for key, part in world.parts[table].items() if part not in allowed(role, table)]
    assert foreign
    for key in foreign:
        with pytest.raises(psycopg.errors.InsufficientPrivilege), viewers[role].transaction():
            viewers[role].execute(
                sql.SQL("INSERT INTO {0} SELECT * FROM jsonb_populate_record(NULL::{0}, %s)").format(
                    sql.Identifier("public", table)
                ),
                [Jsonb(world.copy(table, key))],
            )
