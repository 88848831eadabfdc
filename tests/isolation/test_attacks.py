"""What a viewer may try with a login of theirs, and that it gets them nothing: no row, no hint, no power, no time."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql
from psycopg.errors import AdminShutdown, InsufficientPrivilege, InvalidAuthorizationSpecification, OperationalError
from sqlalchemy import make_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import World

    Connection = psycopg.Connection[tuple[Any, ...]]
    Viewers = dict[str, Connection]

POWERS = {
    "set role owner": "SET ROLE edukit_owner",
    "set role minter": "SET ROLE edukit_minter",
    "set role app": "SELECT set_config('role', 'edukit_app', false)",
    "set role in a block": "DO $$ BEGIN EXECUTE 'SET ROLE edukit_eraser'; END $$",
    "session authorization": "SET SESSION AUTHORIZATION edukit_app",
    "grant oneself the application": "GRANT edukit_app TO CURRENT_USER",
    "grant oneself all server data": "GRANT pg_read_all_data TO CURRENT_USER",
    "lend one's group": "GRANT edukit_viewer TO edukit_eraser",
    "alter oneself bypassrls": "ALTER ROLE CURRENT_USER BYPASSRLS",
    "alter oneself createrole": "ALTER ROLE CURRENT_USER CREATEROLE",
    "alter oneself superuser": "ALTER ROLE CURRENT_USER SUPERUSER",
    "live for ever": "ALTER ROLE CURRENT_USER VALID UNTIL 'infinity'",
    "more connections": "ALTER ROLE CURRENT_USER CONNECTION LIMIT 1000",
    "take another's name": "ALTER ROLE edukit_app RENAME TO mine",
    "create role": "CREATE ROLE mine LOGIN",
    "password of the group": "SET LOCAL ROLE edukit_viewer; ALTER ROLE edukit_viewer PASSWORD 'mine'",
    "settings of the group": "SET LOCAL ROLE edukit_viewer; ALTER ROLE edukit_viewer SET search_path = mine",
    "mint": "SELECT mint_viewer(2, 22, NULL, true, 'SCRAM-SHA-256$4096:x', '1 hour')",
    "renew": "SELECT renew_viewer(session_user, '1 day')",
    "revoke": "SELECT revoke_viewer(session_user)",
    "forget": "SELECT forget_viewers('0')",
    "end others' work": "SELECT end_overstayed('0')",
    "who looks": "SELECT * FROM viewers",
    "be somebody else": "UPDATE viewers SET user_id = 17 WHERE login = session_user",
    "verifiers": "SELECT rolpassword FROM pg_authid",
    "shadow": "SELECT * FROM pg_shadow",
    "password hashes": "SELECT password_hash FROM accounts",
    "row security off": "SET LOCAL row_security = off; SELECT * FROM users",
    "as a replica": "SET session_replication_role = replica",
    "large objects of all": "SET lo_compat_privileges = on",
    "settings of the database": "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET row_security=off', "
    "current_database()); END $$",
    "load a library": "LOAD 'auto_explain'",
    "disable policies": "ALTER TABLE users DISABLE ROW LEVEL SECURITY",
    "not forced": "ALTER TABLE users NO FORCE ROW LEVEL SECURITY",
    "alter policy": "ALTER POLICY seen ON users USING (true)",
    "drop policy": "DROP POLICY seen ON public.users",
    "create policy": "CREATE POLICY mine ON users USING (true)",
    "replace the lookup": "CREATE OR REPLACE FUNCTION public.viewer_user() RETURNS bigint LANGUAGE sql RETURN 22",
    "function in public": "CREATE FUNCTION public.mine() RETURNS int LANGUAGE sql RETURN 1",
    "table in public": "CREATE TABLE public.mine (i int)",
    "schema": "CREATE SCHEMA mine",
    "heir": "CREATE TEMP TABLE mine () INHERITS (public.users)",
    "trigger": "CREATE TRIGGER mine BEFORE INSERT ON feedback FOR EACH ROW EXECUTE FUNCTION touch()",
    "rule": "CREATE RULE mine AS ON INSERT TO feedback DO ALSO SELECT 1",
    "extension": "CREATE EXTENSION dblink",
    "trusted extension": "CREATE EXTENSION hstore",
    "untrusted language": "CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE c AS 'libc.so.6', 'getpid'",
    "leakproof function": "CREATE FUNCTION pg_temp.mine(text) RETURNS bool LANGUAGE sql LEAKPROOF RETURN true",
    "publication": "CREATE PUBLICATION mine FOR ALL TABLES",
    "subscription": "CREATE SUBSCRIPTION mine CONNECTION '' PUBLICATION mine WITH (connect = false)",
    "replication": "SELECT pg_create_physical_replication_slot('mine')",
    "what the owner owns": "REASSIGN OWNED BY edukit_owner TO CURRENT_USER",
    "truncate": "TRUNCATE public.grievances",
    "lock out everybody": "LOCK TABLE grievances IN ACCESS EXCLUSIVE MODE",
    "run a program": "COPY (SELECT 1) TO PROGRAM 'true'",
    "read a program": "CREATE TEMP TABLE mine (t text); COPY mine FROM PROGRAM 'id'",
    "write a file": "COPY (SELECT 1) TO '/tmp/mine'",
    "read a file by copy": "CREATE TEMP TABLE mine (t text); COPY mine FROM '/etc/passwd'",
    "read a file": "SELECT pg_read_file('/etc/passwd')",
    "read the server's file": "SELECT pg_read_binary_file('global/pg_control')",
    "list a folder": "SELECT pg_ls_dir('.')",
    "list the log": "SELECT pg_ls_logdir()",
    "where the data are": "SHOW data_directory",
    "who may connect": "SELECT * FROM pg_hba_file_rules",
    "import a file": "SELECT lo_import('/etc/passwd')",
    "export a file": "SELECT lo_export(1, '/tmp/mine')",
    "bytes of large objects": "SELECT * FROM pg_largeobject",
    "statistics of columns": "SELECT stavalues1 FROM pg_statistic",
    "statistics of pairs": "SELECT stxdmcv FROM pg_statistic_ext_data",
    "forget what was run": "SELECT pg_stat_statements_reset()",
    "cancel another": "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
    "WHERE usename LIKE 'edukit\\_v\\_%' AND usename <> session_user",
    "end another": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE usename LIKE 'edukit\\_v\\_%' AND usename <> session_user",
    "move to another institution": "UPDATE interventions SET institution_id = 2",
    "move to another student": "UPDATE interventions SET student_id = 31",
    "take another's points": "UPDATE student_points SET student_id = 11 WHERE student_id = 31",
    "take another class": "UPDATE class_teachers SET teacher_id = 12",
    "become an admin": "UPDATE users SET role = 'admin' WHERE id = 12",
    "enrol oneself": "INSERT INTO enrolments (institution_id, id, class_id, student_id) VALUES (1, 4711, 31, 11)",
    "lock another's people": "SELECT * FROM users FOR SHARE",
}
"""Refused to everybody, whatever their part in the school."""

NAMES_OF = {
    "past the view": "SELECT name FROM public.users",
    "by a path of one's own": "SET LOCAL search_path = public; SELECT name FROM users",
    "by the whole row": "SELECT u::text FROM public.users u",
    "as JSON": "SELECT to_jsonb(u) FROM public.users u",
    "by asking for one": "SELECT id FROM public.users WHERE name = 'A'",
    "by their order": "SELECT id FROM public.users ORDER BY name",
    "by a join": "SELECT 1 FROM public.users u JOIN (VALUES ('A')) v (name) USING (name)",
    "as a document": "SELECT query_to_xml('SELECT name FROM public.users', false, false, '')",
    "in a copy": "COPY public.users (name) TO STDOUT",
    "by the key in the source": "SELECT source_key FROM public.users",
    "what they complain of": "SELECT description FROM public.grievances",
    "a view of one's own": "CREATE OR REPLACE VIEW pseudonymous.users AS SELECT * FROM public.users",
    "the view's owner": "ALTER VIEW pseudonymous.users OWNER TO CURRENT_USER",
    "the view's right": "ALTER VIEW pseudonymous.users RESET (security_invoker)",
}
"""Ways of an analyst's to the names that they do not read: refused."""

WHO_COMPLAINS = {
    "asked": "SELECT student_id FROM grievances",
    "by the whole row": "SELECT g::text FROM public.grievances g",
    "by asking for one": "SELECT id FROM grievances WHERE student_id = 11",
    "by their order": "SELECT id FROM public.grievances ORDER BY student_id",
    "by a join": "SELECT 1 FROM public.grievances g JOIN students s ON s.id = g.student_id",
    "as a document": "SELECT query_to_xml('SELECT student_id FROM public.grievances', false, false, '')",
    "in a copy": "COPY public.grievances (student_id) TO STDOUT",
    "after a change": "UPDATE grievances SET status = 'in_progress' RETURNING student_id",
    "by what is changed": "UPDATE grievances SET status = 'in_progress' WHERE student_id = 11",
    "as a value": "UPDATE interventions SET outcome_at = (SELECT to_timestamp(student_id) FROM grievances LIMIT 1)",
    "by who filed it": "SELECT actor_id FROM grievance_events WHERE action = 'filed'",
    "by whose step it is": "SELECT id FROM public.grievance_events WHERE actor_id = 11",
}
"""Ways of anybody's to who complains, past the function that tells it: refused."""

ASKS = (
    "INSERT INTO grievance_events (institution_id, id, grievance_id, sequence, action, actor_id, occurred_at) "
    "VALUES (1, gen_random_uuid(), md5('1 grievance')::uuid, 9, 'revealed', 12, now())"
)
RECORDS = (
    "INSERT INTO audit_events (institution_id, id, user_id, action, resource, occurred_at) SELECT 1, gen_random_uuid(),"
    " 12, 'reveal', 'grievances/' || md5('1 grievance')::uuid, now()"
)
TOLD = "SELECT * FROM complainant_of(1, md5('1 grievance')::uuid)"
UNRECORDED = {
    "at once": TOLD,
    "of another class": "SELECT * FROM complainant_of(1, md5('3 grievance')::uuid)",
    "of another institution": "SELECT * FROM complainant_of(2, md5('2 grievance')::uuid)",
    "in the transaction that records it": f"{ASKS}; {RECORDS}; {TOLD}",
    "after a savepoint": f"SAVEPOINT s; {ASKS}; {RECORDS}; RELEASE s; {TOLD}",
    "in the statement that records it": f"WITH a AS ({ASKS}), r AS ({RECORDS}) {TOLD}",
    "as it is recorded": f"{ASKS}; {RECORDS} WHERE EXISTS ({TOLD}); {TOLD}",
    "where the looks of a transaction are off": f"SET LOCAL transaction_isolation = 'serializable'; {ASKS}; {RECORDS}; "
    + TOLD,
}
"""Ways to who complains without a record of it that is there to stay: nobody is told."""

INTERVENTION = (
    "INSERT INTO interventions (institution_id, id, student_id, made_by, prediction_id, kind, happened_at) VALUES "
)
FEEDBACK = (
    "INSERT INTO feedback (institution_id, id, submission_id, student_id, teacher_id, supersedes_id) "
    "SELECT {}, gen_random_uuid(), md5('{} submission {}')::uuid, {}, {}, md5({})::uuid"
)
AWARD = (
    "INSERT INTO gamification_events (institution_id, id, student_id, user_id, class_id, event_type, occurred_at) "
    "VALUES (1, gen_random_uuid(), "
)
GRIEVANCE = (
    "INSERT INTO grievances (institution_id, id, student_id, category, severity, description, filed_at, assigned_to) "
    "VALUES (1, gen_random_uuid(), "
)
STEP = (
    "INSERT INTO grievance_events (institution_id, id, grievance_id, sequence, action, actor_id, occurred_at) "
    "VALUES (1, gen_random_uuid(), "
)
OUTBOX = "INSERT INTO outbox (institution_id, id, class_id, student_id) VALUES (1, gen_random_uuid(), "
WORDS = "INSERT INTO feedback_contents (institution_id, feedback_id, content) VALUES (1, md5('{} silence')::uuid, 'x')"
POINTS = "INSERT INTO student_points VALUES (1, 31, 9, 9, 1, 1, 1, NULL, now()) "
CONFLICT = "ON CONFLICT (institution_id, id) DO UPDATE SET outcome = 'worsened', outcome_at = now()"
FORGERIES = {
    "feedback in another's name": ("mentor", FEEDBACK.format(1, 1, 1, 11, 12, "NULL")),
    "feedback to another class": ("teacher", FEEDBACK.format(1, 3, 1, 31, 12, "NULL")),
    "words in another's mouth": ("mentor", WORDS.format(1)),
    "words in another class": ("teacher", WORDS.format(3)),
    "words for another's act": (
        "admin",
        (
            "INSERT INTO audit_event_details (institution_id, event_id, details) VALUES "
            "(1, md5('1 silence')::uuid, '{}')"
        ),
    ),
    "an act in another's name": (
        "teacher",
        (
            "INSERT INTO audit_events (institution_id, id, user_id, action, occurred_at) VALUES "
            "(1, gen_random_uuid(), 17, 'export', now())"
        ),
    ),
    "an award in another's name": ("mentor", AWARD + "11, 12, NULL, 'practice', now())"),
    "an award to another class": ("teacher", AWARD + "31, 12, NULL, 'practice', now())"),
    "an award on another's board": ("teacher", AWARD + "11, 12, 31, 'practice', now())"),
    "a badge for another class": ("teacher", "INSERT INTO student_badges VALUES (1, 31, 11, now())"),
    "points for another class": (
        "teacher", POINTS + "ON CONFLICT ON CONSTRAINT student_points_pk DO UPDATE SET points = 9",
    ),
    "points for another class, quietly": ("teacher", POINTS + "ON CONFLICT DO NOTHING"),
    "a conflict with another's row": (
        "teacher", INTERVENTION + "(1, md5('3 intervention')::uuid, 11, 12, NULL, 'other', now()) " + CONFLICT,
    ),
    "an intervention in another's name": (
        "teacher", INTERVENTION + "(1, gen_random_uuid(), 11, 32, NULL, 'other', now())",
    ),
    "an intervention by another's prediction": (
        "teacher", INTERVENTION + "(1, gen_random_uuid(), 11, 12, md5('3 prediction')::uuid, 'other', now())",
    ),
    "an answer to another's prediction": (
        "teacher",
        (
            "INSERT INTO risk_responses (institution_id, id, prediction_id, user_id, action, responded_at) "
            "VALUES (1, gen_random_uuid(), md5('3 prediction')::uuid, 12, 'dismissed', now())"
        ),
    ),
    "a grievance of another's student": ("teacher", GRIEVANCE + "31, 'grade', 'low', 'x', now(), NULL)"),
    "a step in another's grievance": ("teacher", STEP + "md5('3 grievance')::uuid, 9, 'commented', 12, now())"),
    "a step in another's name": ("teacher", STEP + "md5('1 grievance')::uuid, 9, 'commented', 17, now())"),
    "a change of another's student": ("teacher", OUTBOX + "NULL, 31)"),
    "a change of one's class and another's student": ("teacher", OUTBOX + "11, 31)"),
    "a change of one's student and another's class": ("teacher", OUTBOX + "31, 11)"),
    "a change of another's grievance": (
        "teacher",
        (
            "INSERT INTO outbox (institution_id, id, grievance_id) VALUES "
            "(1, gen_random_uuid(), md5('3 grievance')::uuid)"
        ),
    ),
    "a change of another institution": (
        "admin", "INSERT INTO outbox (institution_id, id, class_id) VALUES (2, gen_random_uuid(), 21)",
    ),
    "a student's award": ("student", AWARD + "11, 11, NULL, 'practice', now())"),
    "a student's feedback": ("student", FEEDBACK.format(1, 1, 1, 11, 11, "NULL")),
    "a student's points": ("student", "UPDATE student_points SET points = 100 WHERE student_id = 11"),
    "a parent's intervention": ("parent", INTERVENTION + "(1, gen_random_uuid(), 11, 15, NULL, 'other', now())"),
    "a parent's resolution": ("parent", "UPDATE grievances SET status = 'in_progress'"),
    "an analyst's note": ("analyst", INTERVENTION + "(1, gen_random_uuid(), 11, 18, NULL, 'other', now())"),
    "copied in": ("student", "COPY student_points FROM STDIN"),
    "merged into everybody's": (
        "teacher", "MERGE INTO grievances USING (VALUES (1)) v ON true WHEN MATCHED THEN UPDATE SET status = 'open'",
    ),
}  # fmt: skip
"""Writes that name what is not one's own, or whom one is not: refused."""

THEIRS = "id = md5('3 grievance')::uuid"
LEAKS = {
    "a cast that tells": "SELECT name FROM users WHERE institution_id = 2 AND name::int = 0",
    "a cast that tells in one's own institution": "SELECT name FROM users WHERE id = 31 AND name::int = 0",
    "a cast that tells of words": f"SELECT 1 FROM grievances WHERE {THEIRS} AND description::int = 0",
    "a division that tells": "SELECT 1 FROM students WHERE id = 31 AND 1 / (id - 31) = 1",
    "a join that tells": "SELECT 1 FROM (VALUES (31)) v (id) JOIN students s USING (id) WHERE 1 / (s.id - 31) = 1",
    "an order that tells": "SELECT 1 FROM students WHERE id = 31 ORDER BY 1 / (id - 31)",
    "text into a document": "SELECT query_to_xml('SELECT name FROM users WHERE institution_id = 2', false, false, '')"
    "::text WHERE query_to_xml('SELECT 1 FROM users WHERE institution_id = 2', false, false, '')::text LIKE '%<row>%'",
    "by its place": "SELECT 1 FROM users WHERE ctid IN (SELECT ctid FROM users) AND institution_id = 2",
    "nearest meaning": "SELECT document_id FROM document_embeddings WHERE document_id IN (21, 31) ORDER BY "
    "embedding <-> array_fill(0.5, ARRAY[1536])::vector",
    "most common values": "SELECT most_common_vals FROM pg_stats WHERE schemaname = 'public' AND tablename = 'users'",
    "what others run": "SELECT query FROM pg_stat_activity WHERE usename <> session_user AND query NOT LIKE '<insuff%'",
    "whence others come": "SELECT client_addr FROM pg_stat_activity WHERE usename <> session_user "
    # All that PostgreSQL tells everybody of a program is its name, by which every one of edukit's is called alike.
    "AND (client_addr IS NOT NULL OR client_port IS NOT NULL OR application_name !~ '^(edukit( watchdog)?)?$')",
    "what others ran": "SELECT query FROM pg_stat_statements s JOIN pg_roles r ON r.oid = s.userid "
    "WHERE r.rolname <> session_user AND query NOT LIKE '<insuff%'",
    "a setting of one's own": "SET LOCAL edukit.user_id = 22; SET LOCAL edukit.institution_id = 2; "
    "SELECT 1 FROM users WHERE institution_id = 2",
    "a path of one's own": "SET LOCAL search_path = pg_temp, public; SELECT 1 FROM users WHERE institution_id = 2",
    "a prepared statement": "DEALLOCATE ALL; PREPARE kept AS SELECT 1 FROM students WHERE id = 31; EXECUTE kept",
    "progress": "SELECT 1 FROM topic_progress WHERE student_id IN (21, 31)",
    "days": "SELECT 1 FROM daily_activity WHERE student_id IN (21, 31)",
    "students of others": "SELECT id FROM viewer_students() id WHERE id NOT IN (11, 13)",
    "classes of others": "SELECT id FROM viewer_classes() id WHERE id <> 11",
    "grievances of others": "SELECT id FROM viewer_grievances() id WHERE id <> md5('1 grievance')::uuid",
    "accounts of others": "SELECT email FROM accounts WHERE id IN (21, 31)",
    "an actor of another institution": "SELECT 1 WHERE grievance_actor(2, md5('2 step')::uuid) IS NOT NULL",
    "an actor of another class": "SELECT 1 WHERE grievance_actor(1, md5('3 step')::uuid) IS NOT NULL",
}
"""Questions of a teacher's whose answer is no row, and no error that would tell of one."""

REACHES = {
    "locked": f"SELECT id FROM grievances WHERE {THEIRS} FOR UPDATE",
    "moved": f"UPDATE grievances SET status = 'in_progress' WHERE {THEIRS} RETURNING description",
    "taken": f"UPDATE grievances SET assigned_to = 12 WHERE {THEIRS} OR institution_id = 2 RETURNING id",
    "resolved": "UPDATE grievances SET status = 'resolved', resolution = 'x', resolved_at = now() "
    f"WHERE {THEIRS} RETURNING 1",
    "within a query": f"WITH w AS (UPDATE grievances SET status = 'closed' WHERE {THEIRS} RETURNING id) TABLE w",
    "merged": "MERGE INTO grievances g USING (VALUES (md5('3 grievance')::uuid)) v (id) ON g.id = v.id "
    "WHEN MATCHED THEN UPDATE SET status = 'in_progress' RETURNING g.id",
    "worsened": "UPDATE interventions SET outcome = 'worsened', outcome_at = now() WHERE student_id <> 11 RETURNING 1",
    "robbed": "UPDATE student_points SET points = 0 WHERE student_id <> 11 RETURNING 1",
}
"""Changes of a teacher's that find nothing to change."""

ORACLES = {
    "assignee of a new grievance": (GRIEVANCE + "11, 'grade', 'low', 'x', now(), {})", "31", "4711"),
    "assignee of one's own": ("UPDATE grievances SET assigned_to = {} WHERE assigned_to = 12", "31", "4711"),
    "student": (AWARD + "{}, 12, NULL, 'practice', now())", "31", "4711"),
    "class": (AWARD + "11, 12, {}, 'practice', now())", "31", "4711"),
    "changed student": (OUTBOX + "11, {})", "31", "4711"),
    "changed class": (OUTBOX + "{}, 11)", "31", "4711"),
    "points": ("INSERT INTO student_points VALUES (1, {}, 9, 9, 1, 1, 1, NULL, now())", "31", "4711"),
    "badge": ("INSERT INTO student_badges VALUES ({}, now())", "1, 31, 11", "1, 4711, 11"),
    "badge of another institution": ("INSERT INTO student_badges VALUES ({}, now())", "2, 21, 21", "2, 4711, 4711"),
    "prediction": (
        INTERVENTION + "(1, gen_random_uuid(), 11, 12, md5('{} prediction')::uuid, 'other', now())", "3", "4711",
    ),
    "key of another institution": (
        INTERVENTION + "(2, md5('{}')::uuid, 11, 12, NULL, 'other', now())", "2 intervention", "no",
    ),
    "submission": (FEEDBACK.format(1, "{}", 1, 31, 12, "NULL"), "3", "4711"),
    "corrected feedback": (FEEDBACK.format(1, 1, 2, 11, 12, "'{} silence'"), "3", "4711"),
    "corrected feedback elsewhere": (FEEDBACK.format(2, 1, 2, 11, 12, "'{} silence'"), "2", "4711"),
    "grievance": (STEP + "md5('{}')::uuid, 1, 'commented', 12, now())", "3 grievance", "no"),
}  # fmt: skip
"""Writes of a teacher's that name a thing by its key: one that another has, and one that nobody has."""

NAMES = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b(3|31|4711)\b")
"""What of an error the asker has named, or has been named at random."""
STATE = "SELECT {0} AS of_table, ctid::text, xmin::text FROM {1}"
ROLES = """
    SELECT r.*, ARRAY(SELECT roleid::regrole::text FROM pg_auth_members WHERE member = r.oid
        AND roleid::regrole::text NOT LIKE 'edukit\\_v\\_%' ORDER BY 1)
    FROM pg_authid r WHERE rolname NOT LIKE 'edukit\\_v\\_%' ORDER BY oid"""
SHADOWS = """
    CREATE FUNCTION pg_temp.tell(pg_catalog.text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS
        $$ BEGIN RAISE NOTICE 'told % %', current_user, $1; RETURN true; END $$;
    CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (pg_temp.tell(VALUE));
    CREATE DOMAIN pg_temp.uuid AS pg_catalog.uuid CHECK (pg_temp.tell(VALUE::pg_catalog.text));
    CREATE FUNCTION pg_temp.viewer_user() RETURNS bigint LANGUAGE sql RETURN 22;
    CREATE TEMP VIEW viewers AS SELECT 2 AS institution_id, session_user::pg_catalog.text AS login, 22 AS user_id;
    CREATE TEMP VIEW class_teachers AS SELECT 1 AS institution_id, 31 AS class_id, 12 AS teacher_id;
    CREATE TEMP VIEW pg_stat_activity AS SELECT 0 AS pid, NULL::name AS usename;
    SET search_path = pg_temp, public"""


@pytest.fixture(scope="module", autouse=True)
def _asked(world: World) -> None:
    """Answers have a day, and the planner has looked at people: else there would be nothing to leak."""
    world.admin.execute("UPDATE question_attempts SET attempted_at = now()")
    world.admin.execute("ANALYZE users")


@pytest.fixture(autouse=True)
def _untouched(_asked: None, world: World) -> Iterator[None]:
    """Whatever was tried: as the administrator sees it, no row and no role is other than before."""
    tables = [STATE.replace("{0}", f"'{table}'").replace("{1}", table) for table in world.keys]
    queries = [" UNION ALL ".join(tables) + " ORDER BY 1, 2", ROLES]
    before = [world.admin.execute(query).fetchall() for query in queries]
    yield
    assert [world.admin.execute(query).fetchall() for query in queries] == before


def tried(connection: Connection, statement: str) -> list[tuple[Any, ...]] | str:
    """The rows that the last of some statements gave, or the SQLSTATE that they ended with; undone in either case."""
    answer = answered(connection, statement)
    return (answer.sqlstate or "gone") if isinstance(answer, psycopg.Error) else answer


def answered(connection: Connection, statement: str) -> list[tuple[Any, ...]] | psycopg.Error:
    """The rows that the last of some statements gave, or the error that they ended with; undone in either case."""
    try:
        with connection.transaction(force_rollback=True):
            cursor = connection.execute(statement)
            while cursor.nextset():
                pass
            return cursor.fetchall() if cursor.description else []
    except psycopg.Error as error:
        return error


@pytest.mark.parametrize("role", ["student", "teacher", "admin", "analyst"])
@pytest.mark.parametrize("attack", POWERS)
def test_no_power_is_to_be_had(viewers: Viewers, role: str, attack: str) -> None:
    """Nobody becomes another, changes the rules, leaves the database or looks into others' sessions."""
    assert tried(viewers[role], POWERS[attack]) == InsufficientPrivilege.sqlstate


@pytest.mark.parametrize("attack", NAMES_OF)
def test_a_pseudonym_cannot_be_lifted(viewers: Viewers, attack: str) -> None:
    """Who reads no names has the right to none, however they ask: the views only say it more kindly."""
    assert tried(viewers["analyst"], NAMES_OF[attack]) == InsufficientPrivilege.sqlstate


@pytest.mark.parametrize("role", ["student", "teacher", "parent", "mentor", "admin", "analyst who reads names"])
@pytest.mark.parametrize("attack", WHO_COMPLAINS)
def test_who_complains_is_no_column_of_anybodys(viewers: Viewers, role: str, attack: str) -> None:
    """Nobody reads it beside the function that tells it, not by its value, place, order or effect."""
    assert tried(viewers[role], WHO_COMPLAINS[attack]) == InsufficientPrivilege.sqlstate


@pytest.mark.parametrize("attack", UNRECORDED)
def test_who_complains_is_not_told_before_it_is_recorded(viewers: Viewers, attack: str) -> None:
    """A record that can be taken back, of another's grievance, or none, tells nothing to who would have to answer."""
    assert tried(viewers["teacher"], UNRECORDED[attack]) == []


def test_who_complains_is_told_to_who_answers_and_was_recorded(world: World, viewers: Viewers) -> None:
    """With both records there, as the owner may make them: to whom it is assigned, and to nobody else."""
    with psycopg.connect(world.admin.info.dsn, password=world.admin.info.password) as recording:
        recording.execute(ASKS)
        recording.execute(RECORDS)
        recording.commit()
        told = {role: tried(viewers[role], TOLD) for role in viewers}
        recording.execute("SET LOCAL session_replication_role = replica")
        recording.execute("DELETE FROM grievance_events WHERE action = 'revealed'")
        recording.execute("DELETE FROM audit_events WHERE action = 'reveal'")
    assert told == {role: [(11, "A")] if role == "teacher" else [] for role in viewers}


@pytest.mark.parametrize("attack", FORGERIES)
def test_nothing_is_forged(viewers: Viewers, attack: str) -> None:
    """Nobody writes in another's name, nor ties a row of theirs to what is not theirs; families write nothing."""
    role, statement = FORGERIES[attack]
    assert tried(viewers[role], statement) == InsufficientPrivilege.sqlstate


@pytest.mark.parametrize("attack", [*LEAKS, *REACHES])
def test_nothing_is_reached(world: World, viewers: Viewers, attack: str) -> None:
    """Neither a row nor an error tells of what is hidden, and a change does not find it; to who may, there is some."""
    assert tried(world.admin, (LEAKS | REACHES)[attack]) != []
    assert tried(viewers["teacher"], (LEAKS | REACHES)[attack]) == []


@pytest.mark.parametrize("attack", ORACLES)
def test_no_key_tells_whether_it_exists(viewers: Viewers, attack: str) -> None:
    """A hidden thing and one that is not there are refused alike."""
    statement, *keys = ORACLES[attack]
    answers = [answered(viewers["teacher"], statement.format(key)) for key in keys]
    told = {(type(answer), NAMES.sub("", str(answer))) for answer in answers}
    assert len(told) == 1
    assert all(isinstance(answer, psycopg.Error) for answer in answers)


@pytest.mark.parametrize("role", ["student", "parent", "analyst"])
@pytest.mark.parametrize("what", ["TABLE mine (i int)", "VIEW mine AS SELECT 1"])
def test_who_only_reads_makes_nothing(viewers: Viewers, role: str, what: str) -> None:
    """Who never writes has no use for temporary things either."""
    assert tried(viewers[role], f"CREATE TEMP {what}") == InsufficientPrivilege.sqlstate


def test_what_shadows_a_name_is_not_asked(world: World) -> None:
    """Types, functions and views of a teacher's own, first in their path, are neither run nor read by the lookups."""
    heard: list[str] = []
    with psycopg.connect(world.mint(12)) as connection:
        connection.add_notice_handler(lambda notice: heard.append(notice.message_primary or ""))
        connection.execute(SHADOWS)
        lookups = (
            "SELECT public.viewer_user(), public.viewer_students(), public.viewer_classes(), public.viewer_is('x')"
        )
        assert connection.execute(lookups).fetchall() == [(12, 11, 11, False)]
        connection.execute(
            "SELECT public.viewer_grievances(), public.grievance_actor(1, md5('1 step')::pg_catalog.uuid)"
        )
        assert not heard
        found = "SELECT count(*), max(institution_id) FROM public.students WHERE pg_temp.tell(id::pg_catalog.text)"
        assert connection.execute(found).fetchone() == (1, 1)
        assert [message.split()[-1] for message in heard] == ["11"], "a cheap function of one's own sees hidden rows"


def test_who_mints_runs_nobodys_code(world: World) -> None:
    """Not even the application has its types and views looked at by what runs as the minter."""
    heard: list[str] = []
    login = make_url(world.mint(12)).username
    with psycopg.connect(world.app.info.dsn, password=world.app.info.password) as app:
        app.add_notice_handler(lambda notice: heard.append(notice.message_primary or ""))
        app.execute(SHADOWS)
        app.execute("SELECT public.mint_viewer(1, 12, NULL, false, 'SCRAM-SHA-256$4096:x', '1 second')")
        app.execute("SELECT public.revoke_viewer(%s::pg_catalog.text)", [login])
        app.rollback()
    assert not [message for message in heard if message.startswith("told")]


def test_a_wake_up_call_says_nothing(world: World, viewers: Viewers) -> None:
    """Who listens hears that something changed somewhere, not what or for whom."""
    listener = viewers["student"]
    listener.execute("LISTEN edukit_outbox")
    with world.admin.transaction():
        world.admin.execute("INSERT INTO outbox (institution_id, id, class_id) VALUES (2, gen_random_uuid(), 21)")
        world.admin.execute("DELETE FROM outbox WHERE xmin = pg_current_xact_id()::xid")
    assert [call.payload for call in listener.notifies(timeout=5, stop_after=1)] == [""]
    listener.execute("UNLISTEN *")


def test_a_large_object_is_its_makers(world: World, viewers: Viewers) -> None:
    """What one viewer puts by, another cannot read, change or take."""
    with psycopg.connect(world.mint(12)) as maker:
        (kept,) = maker.execute("SELECT lo_from_bytea(0, 'mine')").fetchone() or (0,)
        maker.commit()
        for statement in ("lo_get({})", "lo_put({}, 0, 'x')", "lo_unlink({})", "lo_open({}, 262144)"):
            assert tried(viewers["teacher"], "SELECT " + statement.format(kept)) == InsufficientPrivilege.sqlstate
        maker.execute("SELECT lo_unlink(%s)", [kept])


KEPT = {
    "plain": ("SELECT 1", "SELECT * FROM users"),
    "prepared": ("PREPARE kept AS SELECT * FROM users; EXECUTE kept", "EXECUTE kept"),
    "transaction": ("BEGIN; SELECT * FROM users", "SELECT * FROM users"),
    "snapshot": ("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT * FROM users", "SELECT * FROM users"),
    "write": ("BEGIN", AWARD + "11, 12, NULL, 'practice', now())"),
    "view": ("BEGIN", "SELECT * FROM topic_progress"),
}
"""What was begun while a login was good, and what comes after."""


@pytest.fixture(scope="module")
def kept(world: World) -> Iterator[Viewers]:
    """Connections of a teacher whose login has ended since, by what was begun on them."""
    address = world.mint(12, lives="3 seconds")
    found = {name: psycopg.connect(address, autocommit=True) for name in KEPT}
    for name, (begun, _) in KEPT.items():
        found[name].execute(begun)
    time.sleep(3)
    yield found
    for connection in found.values():
        connection.close()


@pytest.mark.parametrize("attack", KEPT)
def test_the_next_statement_of_an_ended_login_says_so(kept: Viewers, attack: str) -> None:
    """However it was begun, what comes after the end is an error, never an empty answer."""
    with pytest.raises(InvalidAuthorizationSpecification, match="ended"):
        kept[attack].execute(KEPT[attack][1])


@pytest.fixture(scope="module")
def ended(world: World) -> str:
    """The address of a teacher's login that has ended."""
    address = world.mint(12, lives="1 second")
    time.sleep(1)
    return address


@pytest.mark.parametrize(
    "question",
    [
        "SELECT 1 FROM accounts WHERE id = {}1",
        "SELECT 1 FROM accounts WHERE email = 'a@school{}.example'",
        "SELECT 1 FROM institutions WHERE name = 'School {}'",
        "SELECT 1 FROM institutions WHERE id = {}",
        "SELECT 1 FROM users WHERE account_id = {}1",
        "SELECT 1 FROM users WHERE institution_id = {0} AND id = {0}1",
        "SELECT 1 FROM documents WHERE id = {}1",
    ],
)
@pytest.mark.parametrize("path", ["index", "table"])
def test_an_ended_login_learns_nothing_from_the_error(world: World, ended: str, question: str, path: str) -> None:
    """Asking is refused whether or not there is such a row, however it is looked for: else the error would tell.

    To two of the questions PostgreSQL answers nothing, and no error, where an index has no such key: whom that would
    tell something is gone within a second, by the server's watchdog, whose round is taken here.
    """
    other = {"index": ["seq"], "table": ["index", "indexonly", "bitmap"]}[path]
    off = "".join(f"SET LOCAL enable_{scan}scan = off; " for scan in other)
    with psycopg.connect(ended, autocommit=True) as asks:
        world.app.execute("SELECT end_overstayed('1 hour')")
        expect_gone(world, asks.info.backend_pid)
        answers = [answered(asks, off + question.format(number)) for number in (2, 9)]
    assert [type(answer) for answer in answers] in ([AdminShutdown, OperationalError], [OperationalError] * 2)


def expect_gone(world: World, pid: int) -> None:
    """The backend has ended within a second."""
    until = time.monotonic() + 1
    while world.admin.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [pid]).rowcount:
        assert time.monotonic() < until, "it is still there"


def test_an_ended_login_opens_nothing(world: World) -> None:
    """A new connection of it shows nothing either."""
    address = world.mint(12, lives="1 second")
    time.sleep(1.1)
    with pytest.raises(OperationalError), psycopg.connect(address) as connection:
        connection.execute("SELECT * FROM users")


@pytest.mark.parametrize("hold", ["WITH HOLD", "WITHOUT HOLD"])
def test_a_cursor_ends_with_its_login(world: World, hold: str) -> None:
    """An open cursor has only what was its maker's to read when it was opened, and goes when ended logins go."""
    with psycopg.connect(world.mint(12, lives="2 seconds")) as connection:
        connection.execute(f"DECLARE kept CURSOR {hold} FOR SELECT id FROM students")
        if hold == "WITH HOLD":
            connection.commit()
        assert connection.execute("FETCH ALL FROM kept").fetchall() == [(11,)]
        time.sleep(2)
        world.app.execute("SELECT forget_viewers('0')")
        with pytest.raises(OperationalError):
            connection.execute("MOVE ABSOLUTE 0 FROM kept")


def test_a_revoked_login_is_gone_within_a_second(world: World) -> None:
    """Its open transaction ends, its locks are free, and nobody comes back by it."""
    address = world.mint(12)
    login = make_url(address).username
    with psycopg.connect(address) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(4711)")
        world.app.execute("SELECT revoke_viewer(%s)", [login])
        expect_gone(world, connection.info.backend_pid)
        assert world.admin.execute("SELECT pg_try_advisory_xact_lock(4711)").fetchone() == (True,)
        with pytest.raises(OperationalError):
            connection.execute("SELECT * FROM users")
    with pytest.raises(OperationalError, match="permitted"):
        psycopg.connect(address)


def test_who_comes_back_while_being_revoked_stays_out(world: World) -> None:
    """A connection made before the revocation commits, with a snapshot from before it, sees nothing after."""
    address = world.mint(12)
    with psycopg.connect(world.app.info.dsn, password=world.app.info.password) as app:
        app.execute("SELECT revoke_viewer(%s)", [make_url(address).username])
        with psycopg.connect(address) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.execute("SELECT * FROM users")
            app.commit()
            time.sleep(1)
            with pytest.raises(psycopg.Error, match=r"permission denied|terminating|closed"):
                connection.execute("SELECT * FROM users")


def test_nothing_a_viewer_leaves_keeps_logins_from_being_forgotten(world: World) -> None:
    """Something put by in another database of the server, which the janitor does not see, holds up nobody else."""
    logins = {}
    for database in ("postgres", None):
        address = make_url(world.mint(12, lives="1 second"))
        there = address.set(database=database or address.database).render_as_string(hide_password=False)
        with psycopg.connect(there) as left:
            left.execute("SELECT lo_create(0)")
        logins[database] = str(address.username)
    time.sleep(1.1)
    elsewhere = make_url(world.url).set(database="postgres").render_as_string(hide_password=False)
    try:
        world.app.execute("SELECT forget_viewers('0')")
        assert not world.admin.execute("SELECT FROM pg_roles WHERE rolname = %s", [logins[None]]).rowcount
    finally:
        with psycopg.connect(elsewhere) as admin:
            admin.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(logins["postgres"])))
        world.app.execute("SELECT forget_viewers('0')")
