"""What the catalog must look like, so that a table or function that is added later is not forgotten."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import World

OURS = "NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = {}.oid AND d.deptype = 'e')"
UNPROTECTED = """
    SELECT relname::text FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
        AND relname <> 'alembic_version' AND NOT (relrowsecurity AND relforcerowsecurity)"""
WITHOUT_RULE = """
    SELECT c.relname::text FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
        AND c.relname NOT IN ('alembic_version', 'viewers') AND NOT EXISTS (
            SELECT FROM pg_policies p WHERE p.tablename = c.relname AND p.policyname = 'seen' AND p.cmd = 'SELECT')"""
OPEN_VIEWS = """
    SELECT relname::text FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind = 'v'
        AND NOT coalesce(reloptions::text LIKE '%%security_invoker=true%%', false) AND {}"""
GIVEN_AWAY = """
    SELECT relname::text FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind = 'm'
        AND has_table_privilege('edukit_viewer', c.oid, 'SELECT')"""
LOOSE = """
    SELECT proname::text FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
        AND NOT coalesce(proconfig::text LIKE '%%search_path=%%', false) AND {}"""
EVERYBODYS = """
    SELECT proname::text FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
        AND (proacl IS NULL OR EXISTS (SELECT FROM aclexplode(proacl) a WHERE a.grantee = 0)) AND {}"""
TENANTLESS = """
    SELECT c.conrelid::regclass::text FROM pg_constraint c
    WHERE c.contype = 'p' AND c.connamespace = 'public'::regnamespace
        AND c.conrelid::regclass::text NOT IN ('institutions', 'accounts', 'alembic_version') AND NOT EXISTS (
            SELECT FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attname = 'institution_id'
                AND a.attnum = c.conkey[1])"""
OTHERS = """
    SELECT tablename::text || '.' || policyname FROM pg_policies
    WHERE schemaname = 'public' AND NOT roles <@ ARRAY['edukit_owner', 'edukit_app', 'edukit_viewer', 'edukit_analyst',
        'edukit_teacher', 'edukit_minter']::name[]"""


@pytest.mark.parametrize(
    "wrong",
    [
        UNPROTECTED,
        WITHOUT_RULE,
        OPEN_VIEWS.format(OURS.format("c")),
        GIVEN_AWAY,
        LOOSE.format(OURS.format("p")),
        EVERYBODYS.format(OURS.format("p")),
        TENANTLESS,
        OTHERS,
    ],
    ids=[
        "row-level security on every table, also for its owner",
        "a rule of who sees it for every table",
        "no view that looks as its owner",
        "no materialised view for viewers",
        "a pinned search_path for every function",
        "no function for everybody",
        "the institution first in every key",
        "no policy for anybody else",
    ],
)
def test_nothing_is_forgotten(world: World, wrong: str) -> None:
    """No object of the schema breaks the rule."""
    assert world.admin.execute(wrong.replace("%%", "%")).fetchall() == []


def test_policies_ask_once(world: World) -> None:
    """Every call in a policy is wrapped in a SELECT, so that it is evaluated once and not for every row."""
    policies = world.admin.execute(
        "SELECT tablename, policyname, coalesce(qual, '') || ' ' || coalesce(with_check, '') FROM pg_policies"
        " WHERE schemaname = 'public'"
    ).fetchall()
    calls = [(table, name, call) for table, name, text in policies for call in re.finditer(r"viewer_\w+\(", text)]
    assert len(calls) > 100
    bare = [(table, name) for table, name, call in calls if not re.search(r"SELECT $", call.string[: call.start()])]
    assert bare == []
