"""There is no way round what the database keeps: not by another's role, not by names of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.errors import CheckViolation, FeatureNotSupported, InsufficientPrivilege, WrongObjectType

from edukit.db.roles import url_of

if TYPE_CHECKING:
    from conftest import Database

    from edukit.db.roles import Role

SUPERSEDES_NOTHING = """
    INSERT INTO public.feedback (institution_id, id, submission_id, student_id, teacher_id, supersedes_id)
    VALUES (1, gen_random_uuid(), md5('1 submission 1')::uuid, 11, 12, gen_random_uuid())"""
# What could get round a guard: another's role, a switch of the server, something of one's own in a trusted place.
ESCAPES = (
    "SET ROLE edukit_owner",
    "SET SESSION AUTHORIZATION edukit_owner",
    "GRANT edukit_eraser TO CURRENT_USER",
    "SET session_replication_role = replica",
    "ALTER TABLE feedback DISABLE TRIGGER ALL",
    "ALTER TABLE feedback_contents DISABLE TRIGGER only_erase",
    "DROP TRIGGER refuse_change ON feedback",
    "CREATE TRIGGER aside BEFORE UPDATE ON feedback_contents FOR EACH ROW EXECUTE FUNCTION touch()",
    "CREATE RULE aside AS ON UPDATE TO feedback DO INSTEAD NOTHING",
    "CREATE OR REPLACE FUNCTION public.only_erase() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "ALTER FUNCTION public.refuse_cycle() SECURITY INVOKER",
    "CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql RETURN '1970-01-01'::timestamptz",
    "CREATE TABLE public.mine (i int)",
    "CREATE VIEW public.mine AS SELECT 1",
    "CREATE SCHEMA mine",
    "ALTER TABLE feedback SET SCHEMA pg_temp",
    "CREATE TEMP TABLE mine () INHERITS (feedback)",
    "COPY feedback FROM PROGRAM 'true'",
)
TELLS = {"grievance_actor(bigint,uuid)", "complainant_of(bigint,uuid)", "mastery_scored_by(bigint,integer)"}
CHOOSES = {"choose_mastery_thresholds(double precision[])"}
MINTS = {
    "mint_viewer(bigint,bigint,timestamp with time zone,boolean,text,interval)",
    "renew_viewer(text,interval)",
    "revoke_viewer(text)",
    "forget_viewers(interval)",
    "end_overstayed(interval)",
}
ASKS_WHO_LOOKS = {
    "viewer()",
    "viewer_account()",
    "viewer_accounts()",
    "viewer_classes()",
    "viewer_grievances()",
    "viewer_took(uuid)",
    "viewer_institution()",
    "viewer_is(text[])",
    "viewer_students()",
    "viewer_user()",
}
# A guard that runs as the owner, hung on a table of one's own whose types bring operators and casts of one's own.
BORROWED_GUARD = """
    CREATE TYPE pg_temp.e AS ENUM ('1');
    CREATE FUNCTION pg_temp.as_owner(pg_temp.e) RETURNS bigint LANGUAGE plpgsql AS
        $$ BEGIN RAISE NOTICE 'runs as %', current_user; RETURN 1; END $$;
    CREATE CAST (pg_temp.e AS bigint) WITH FUNCTION pg_temp.as_owner(pg_temp.e) AS IMPLICIT;
    CREATE TEMP TABLE {0} (institution_id pg_temp.e, id bigint, parent_id bigint, topic_id bigint,
        prerequisite_id bigint, supersedes_id uuid, created_at timestamptz);
    CREATE TRIGGER mine AFTER INSERT ON pg_temp.{0} FOR EACH ROW EXECUTE FUNCTION public.{1}()"""


@pytest.mark.parametrize("role", ["edukit_app", "edukit_eraser"])
@pytest.mark.parametrize("statement", ESCAPES)
def test_there_is_no_way_round(schools: Database, role: Role, statement: str) -> None:
    """A login of the role's own can neither become another, nor switch a guard off, nor put its own in its place."""
    with psycopg.connect(url_of(role, schools.admin_url)) as connection:
        with pytest.raises((InsufficientPrivilege, WrongObjectType, FeatureNotSupported)):
            connection.execute(statement)
        connection.rollback()


@pytest.mark.parametrize("role", ["edukit_app", "edukit_eraser"])
@pytest.mark.parametrize("guard", [("topics", "refuse_cycle"), ("feedback", "supersede_earlier")])
def test_no_guard_is_lent(schools: Database, role: Role, guard: tuple[str, str]) -> None:
    """Nobody hangs a guard that runs as the owner on a table of their own, and so makes the owner run their code."""
    refused = pytest.raises(InsufficientPrivilege, match="for function")
    with psycopg.connect(url_of(role, schools.admin_url)) as connection, refused:
        connection.execute(BORROWED_GUARD.format(*guard).encode())


def test_no_function_is_everybodys(schools: Database) -> None:
    """Only the application mints, only readers ask who looks and choose, and both are told; nobody calls more."""
    query = """
        SELECT coalesce(grantee, 0)::regrole::text, array_agg(p.oid::regprocedure::text) FROM pg_proc p
        LEFT JOIN LATERAL aclexplode(coalesce(proacl, acldefault('f', proowner))) ON true
        WHERE pronamespace = 'public'::regnamespace AND grantee <> proowner
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
        GROUP BY 1"""
    readers = ASKS_WHO_LOOKS | TELLS | CHOOSES
    with psycopg.connect(schools.admin_url) as connection:
        given = {role: set(functions) for role, functions in connection.execute(query).fetchall()}
    assert given == {"edukit_app": MINTS | TELLS, "edukit_viewer": readers, "edukit_analyst": readers}


@pytest.mark.parametrize("role", ["edukit_owner", "edukit_app"])
def test_nobody_else_becomes_the_eraser(schools: Database, role: Role) -> None:
    """Not even the owner takes on the eraser's role."""
    refused = pytest.raises(InsufficientPrivilege)
    with psycopg.connect(url_of(role, schools.admin_url)) as connection, refused:
        connection.execute("SET ROLE edukit_eraser")


@pytest.mark.parametrize("role", ["edukit_app", "edukit_eraser"])
def test_what_shadows_a_name_changes_no_guard(schools: Database, role: Role) -> None:
    """Temporary tables and functions of the writer's own, first in their path, are not what the guards look at."""
    shadows = """
        CREATE TEMP TABLE topics AS SELECT * FROM public.topics WHERE false;
        CREATE TEMP TABLE topic_prerequisites AS SELECT * FROM public.topic_prerequisites WHERE false;
        CREATE TEMP TABLE feedback AS SELECT * FROM public.feedback WHERE false;
        CREATE TEMP TABLE audit_events AS SELECT * FROM public.audit_events WHERE false;
        CREATE FUNCTION pg_temp.hashtextextended(text, bigint) RETURNS bigint LANGUAGE sql RETURN 0;
        CREATE FUNCTION pg_temp.current_setting(text) RETURNS text LANGUAGE sql RETURN 'read committed';
        SET search_path = pg_temp, public"""
    with psycopg.connect(url_of(role, schools.admin_url)) as connection:
        connection.execute(shadows)
        with connection.transaction(force_rollback=True), pytest.raises(CheckViolation):
            connection.execute("INSERT INTO public.topic_prerequisites VALUES (1, 11, 12)")
        with connection.transaction(force_rollback=True), pytest.raises(psycopg.Error, match="later"):
            connection.execute(SUPERSEDES_NOTHING)
        if role == "edukit_eraser":
            connection.execute(
                "UPDATE public.feedback_contents SET content = NULL, ai_suggestion = NULL, erased_at = now() "
                "WHERE institution_id = 1"
            )
            recorded = connection.execute("SELECT count(*) FROM public.audit_events WHERE action = 'erase'").fetchone()
            assert recorded == (2,)
        connection.rollback()
