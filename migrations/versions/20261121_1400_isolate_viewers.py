"""Let the database decide who sees what: logins of viewers, and row-level security on every table."""

import json

from alembic import op

revision = "20261121_1400"
down_revision = "20261121_1300"

VIEWERS = """
CREATE TABLE IF NOT EXISTS viewers (
    institution_id BIGINT NOT NULL,
    login TEXT NOT NULL,
    user_id BIGINT,
    role TEXT NOT NULL,
    reads_names BOOLEAN NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    revoked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT viewers_pk PRIMARY KEY (institution_id, login),
    CONSTRAINT viewers_login_key UNIQUE (login),
    CONSTRAINT viewers_role_check CHECK (role IN ('student', 'teacher', 'mentor', 'parent', 'admin', 'analyst')),
    CONSTRAINT viewers_users_fk FOREIGN KEY (institution_id, user_id)
        REFERENCES users (institution_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE viewers IS 'short-lived logins of the database, each in the name of one user: who is looking';
COMMENT ON COLUMN viewers.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN viewers.login IS 'name of the database role';
COMMENT ON COLUMN viewers.user_id IS 'user who looks; null: whoever keeps the machine, as an analyst';
COMMENT ON COLUMN viewers.role IS 'the role of that user when it was made';
COMMENT ON COLUMN viewers.reads_names IS 'whether names and words about people are told, and not pseudonyms alone';
COMMENT ON COLUMN viewers.made_at IS 'when (UTC)';
COMMENT ON COLUMN viewers.expires_at IS 'until when it sees anything, unless it is renewed (UTC)';
COMMENT ON COLUMN viewers.revoked_at IS 'since when it sees nothing (UTC); null: it was not revoked';
GRANT SELECT ON viewers TO edukit_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON viewers TO edukit_minter;
GRANT SELECT ON institutions, users, accounts TO edukit_minter;
-- To lock their rows, no more: its policy lets no change through.
GRANT UPDATE (updated_at) ON users, accounts TO edukit_minter;
"""
# Whose a login is, is asked of session_user: no SET ROLE, setting or shadowing name changes it. A login that has ended
# raises, for an empty page would look like an empty class; and by the clock, for a transaction may stay open.
WHO = """
CREATE OR REPLACE FUNCTION viewer() RETURNS viewers LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found public.viewers;
BEGIN
    SELECT * INTO found FROM public.viewers v WHERE v.login = session_user;
    IF found.login IS NULL OR found.revoked_at IS NOT NULL OR found.expires_at <= clock_timestamp() THEN
        RAISE invalid_authorization_specification USING
            MESSAGE = 'This sign-in has ended.', HINT = 'Sign in again.';
    END IF;
    RETURN found;
END $$;
CREATE OR REPLACE FUNCTION viewer_institution() RETURNS bigint LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
    'SELECT (public.viewer()).institution_id';
CREATE OR REPLACE FUNCTION viewer_user() RETURNS bigint LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
    'SELECT (public.viewer()).user_id';
CREATE OR REPLACE FUNCTION viewer_is(VARIADIC roles text[]) RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
    'SELECT (public.viewer()).role = ANY (roles)';
CREATE OR REPLACE FUNCTION viewer_account() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
    'SELECT u.account_id FROM public.viewer() v
        JOIN public.users u ON u.institution_id = v.institution_id AND u.id = v.user_id';
CREATE OR REPLACE FUNCTION viewer_accounts() RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
    'SELECT u.account_id FROM public.viewer() v
        JOIN public.users u ON u.institution_id = v.institution_id AND (u.id = v.user_id OR v.role = ''admin'')';
CREATE OR REPLACE FUNCTION viewer_students() RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    who public.viewers := public.viewer();
BEGIN
    IF who.role = 'teacher' THEN
        RETURN QUERY SELECT e.student_id FROM public.class_teachers t
            JOIN public.enrolments e ON e.institution_id = t.institution_id AND e.class_id = t.class_id
            WHERE t.institution_id = who.institution_id AND t.teacher_id = who.user_id AND e.left_at IS NULL;
    ELSIF who.role = 'student' THEN
        RETURN NEXT who.user_id;
    ELSIF who.role = 'parent' THEN
        RETURN QUERY SELECT g.student_id FROM public.guardianships g
            WHERE g.institution_id = who.institution_id AND g.guardian_id = who.user_id;
    ELSIF who.role = 'mentor' THEN
        RETURN QUERY SELECT m.student_id FROM public.mentorships m
            WHERE m.institution_id = who.institution_id AND m.mentor_id = who.user_id AND m.ended_at IS NULL;
    END IF;
END $$;
CREATE OR REPLACE FUNCTION viewer_classes() RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    who public.viewers := public.viewer();
BEGIN
    IF who.role = 'teacher' THEN
        RETURN QUERY SELECT t.class_id FROM public.class_teachers t
            WHERE t.institution_id = who.institution_id AND t.teacher_id = who.user_id;
    ELSE
        RETURN QUERY SELECT e.class_id FROM public.enrolments e
            WHERE e.institution_id = who.institution_id AND e.left_at IS NULL
                AND e.student_id IN (SELECT public.viewer_students());
    END IF;
END $$;
CREATE OR REPLACE FUNCTION viewer_grievances() RETURNS SETOF uuid LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    who public.viewers := public.viewer();
BEGIN
    RETURN QUERY SELECT g.id FROM public.grievances g
        WHERE g.institution_id = who.institution_id AND (g.assigned_to = who.user_id OR (
            who.role IN ('student', 'parent') AND g.student_id IN (SELECT public.viewer_students())))
        -- Who files one for a student sees it until its first step tells who has filed it.
        UNION SELECT g.id FROM public.grievances g
        WHERE g.institution_id = who.institution_id AND g.student_id IN (SELECT public.viewer_students())
            AND NOT EXISTS (SELECT FROM public.grievance_events e
                WHERE e.institution_id = g.institution_id AND e.grievance_id = g.id)
        UNION SELECT e.grievance_id FROM public.grievance_events e
        WHERE e.institution_id = who.institution_id AND e.actor_id = who.user_id;
END $$;
CREATE OR REPLACE FUNCTION viewer_took(of_event uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
    'SELECT EXISTS (SELECT FROM public.grievance_events e, public.viewer() v
        WHERE e.institution_id = v.institution_id AND e.id = of_event AND (e.actor_id = v.user_id OR e.actor_id IS NULL)
            AND (v.role = ''admin'' OR e.grievance_id IN (SELECT public.viewer_grievances())))';
"""
# The password comes as a verifier, so that it stands in no statement; the role can be given up by nobody but us.
MINT = """
CREATE FUNCTION viewer_prefix() RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS
    'SELECT ''edukit_v_'' || d.oid || ''_'' FROM pg_database d WHERE d.datname = current_database()';
CREATE FUNCTION mint_viewer(
    of_institution bigint, of_user bigint, signed_in timestamptz, names boolean, verifier text, lives interval
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    -- Roles are the cluster's: a copy of this database must not drop those that were made here.
    made text := public.viewer_prefix() || replace(gen_random_uuid()::text, '-', '');
    looks_as text;
    named boolean := names;
    of_account bigint;
BEGIN
    IF of_user IS NULL THEN
        SELECT 'analyst' INTO looks_as FROM public.institutions i WHERE i.id = of_institution AND i.closed_at IS NULL;
    ELSE
        -- Locked: whoever is being signed out just now waits for this login, to revoke it, or this waits for that.
        SELECT u.role, u.role <> 'analyst' OR u.reads_names, u.account_id INTO looks_as, named, of_account
            FROM public.users u
            WHERE u.institution_id = of_institution AND u.id = of_user AND u.departed_at IS NULL FOR SHARE;
        PERFORM FROM public.accounts a WHERE a.id = of_account AND a.disabled_at IS NULL
            AND (signed_in IS NULL OR a.signed_out_at IS NULL OR signed_in > a.signed_out_at) FOR SHARE;
        IF of_account IS NOT NULL AND NOT FOUND THEN
            looks_as := NULL;
        END IF;
    END IF;
    IF looks_as IS NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = 'There is no such user, or they have left or were signed out.';
    ELSIF verifier !~ '^SCRAM-SHA-256[$]' OR lives NOT BETWEEN interval '1 second' AND interval '1 day' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'A login needs a SCRAM verifier, and lives a day at most.';
    END IF;
    EXECUTE format('CREATE ROLE %I LOGIN PASSWORD %L CONNECTION LIMIT 8', made, verifier);
    -- It has what the group may do, but cannot become the group: PostgreSQL 15 has no such difference.
    EXECUTE format(
        'GRANT %I TO %I' || CASE WHEN current_setting('server_version_num')::integer >= 160000
            THEN ' WITH INHERIT TRUE, SET FALSE' ELSE '' END,
        CASE WHEN looks_as IN ('teacher', 'mentor', 'admin') THEN 'edukit_teacher' WHEN named THEN 'edukit_viewer'
            ELSE 'edukit_analyst' END, made
    );
    EXECUTE format('GRANT %I TO CURRENT_USER', made);
    IF NOT named THEN
        EXECUTE format('ALTER ROLE %I SET search_path = pseudonymous, public', made);
    END IF;
    INSERT INTO public.viewers (institution_id, login, user_id, role, reads_names, made_at, expires_at)
        VALUES (of_institution, made, of_user, looks_as, named, clock_timestamp(), clock_timestamp() + lives);
    RETURN made;
END $$;
CREATE FUNCTION renew_viewer(of_login text, lives interval) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE public.viewers SET expires_at = clock_timestamp() + least(lives, interval '1 day')
        WHERE login = of_login AND revoked_at IS NULL AND expires_at > clock_timestamp();
    RETURN FOUND;
END $$;
CREATE FUNCTION revoke_viewer(of_login text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE public.viewers SET revoked_at = clock_timestamp() WHERE login = of_login AND revoked_at IS NULL;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    EXECUTE format('ALTER ROLE %I NOLOGIN', of_login);
    -- Who comes back before this is committed would not see it in an old snapshot; privileges know none.
    EXECUTE format('REVOKE edukit_viewer, edukit_analyst, edukit_teacher FROM %I', of_login);
    PERFORM pg_terminate_backend(a.pid) FROM pg_stat_activity a WHERE a.usename = of_login;
END $$;
CREATE FUNCTION forget_viewers(ended interval) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    gone text;
    count bigint := 0;
BEGIN
    FOR gone IN SELECT v.login FROM public.viewers v
        WHERE least(v.revoked_at, v.expires_at) < clock_timestamp() - ended FOR UPDATE SKIP LOCKED
    LOOP
        PERFORM pg_terminate_backend(a.pid) FROM pg_stat_activity a
            WHERE a.usename = gone AND a.datname = current_database();
        BEGIN
            IF starts_with(gone, public.viewer_prefix()) AND EXISTS (SELECT FROM pg_roles r WHERE r.rolname = gone) THEN
                EXECUTE format('DROP OWNED BY %I', gone);
                EXECUTE format('DROP ROLE %I', gone);
            END IF;
            DELETE FROM public.viewers v WHERE v.login = gone;
            count := count + 1;
        EXCEPTION WHEN dependent_objects_still_exist THEN
            -- It owns something in another database: it stays, shut, and holds nobody up.
            EXECUTE format('ALTER ROLE %I NOLOGIN', gone);
        END;
    END LOOP;
    RETURN count;
END $$;
CREATE FUNCTION end_overstayed(longest interval) RETURNS bigint
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(pg_terminate_backend(a.pid)) FROM pg_stat_activity a
    LEFT JOIN public.viewers v ON v.login = a.usename
    WHERE a.datname = current_database() AND starts_with(a.usename, 'edukit_v_') AND (
        v.login IS NULL OR v.revoked_at IS NOT NULL OR v.expires_at <= clock_timestamp()
        OR (a.state <> 'idle' AND least(a.xact_start, a.query_start) < clock_timestamp() - longest))
$$;
"""
# Made before there were viewers: they would tell what is not theirs, or look for types where a viewer puts them.
OLDER = """
ALTER FUNCTION supersede_earlier() SECURITY INVOKER;
ALTER FUNCTION refuse_cycle() SET search_path = pg_catalog, pg_temp;
CREATE OR REPLACE FUNCTION grievance_actor(of_institution bigint, of_event uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE
        WHEN step.actor_id IS NULL THEN 'edukit'
        WHEN step.actor_id = complaint.student_id THEN 'the complainant'
        WHEN actor.role = 'student' THEN 'a student'
        WHEN actor.role = 'parent' THEN 'a parent'
        WHEN starts_with(session_user, 'edukit_v_') AND NOT (public.viewer()).reads_names THEN pseudonymous.name_of(actor.role, actor.id)
        ELSE actor.name
    END
    FROM public.grievance_events step
    JOIN public.grievances complaint
        ON complaint.institution_id = step.institution_id AND complaint.id = step.grievance_id
    LEFT JOIN public.users actor ON actor.institution_id = step.institution_id AND actor.id = step.actor_id
    WHERE step.institution_id = of_institution AND step.id = of_event AND CASE
        WHEN starts_with(session_user, 'edukit_v_') THEN
            of_institution = (SELECT public.viewer_institution()) AND (
                (SELECT public.viewer_is('admin', 'analyst'))
                OR step.grievance_id IN (SELECT public.viewer_grievances()))
        ELSE true END
$$;
REVOKE SELECT ON grievances, grievance_events FROM edukit_teacher;
"""
# A record that could still be taken back is none: who has written nothing in their transaction sees only what is kept.
REVEALED = """
CREATE FUNCTION complainant_of(of_institution bigint, of_grievance uuid) RETURNS TABLE (student_id bigint, student text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT who.id, who.name FROM public.grievances g
    JOIN public.users who ON who.institution_id = g.institution_id AND who.id = g.student_id
    WHERE g.institution_id = of_institution AND g.id = of_grievance AND CASE
        WHEN starts_with(session_user, 'edukit_v_') THEN
            g.institution_id = (SELECT public.viewer_institution()) AND g.assigned_to = (SELECT public.viewer_user())
            AND pg_current_xact_id_if_assigned() IS NULL
            AND EXISTS (SELECT FROM public.grievance_events e
                WHERE e.institution_id = g.institution_id AND e.grievance_id = g.id
                    AND e.action = 'revealed' AND e.actor_id = (SELECT public.viewer_user()))
            AND EXISTS (SELECT FROM public.audit_events e
                WHERE e.institution_id = g.institution_id AND e.user_id = (SELECT public.viewer_user())
                    AND e.action = 'reveal' AND e.resource = 'grievances/' || g.id)
        ELSE true END
$$;
COMMENT ON FUNCTION complainant_of(bigint, uuid) IS
    'who complains: told to whom the grievance is assigned, once that they ask is recorded in it and in audit_events';
REVOKE EXECUTE ON FUNCTION complainant_of(bigint, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION complainant_of(bigint, uuid) TO edukit_app, edukit_viewer, edukit_analyst;
"""
OLDER_BEFORE = """
GRANT SELECT ON grievances, grievance_events TO edukit_teacher;
ALTER FUNCTION supersede_earlier() SECURITY DEFINER;
ALTER FUNCTION refuse_cycle() SET search_path = '';
CREATE OR REPLACE FUNCTION grievance_actor(of_institution bigint, of_event uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
    SELECT CASE
        WHEN step.actor_id IS NULL THEN 'edukit'
        WHEN step.actor_id = complaint.student_id THEN 'the complainant'
        WHEN actor.role = 'student' THEN 'a student'
        WHEN actor.role = 'parent' THEN 'a parent'
        ELSE actor.name
    END
    FROM public.grievance_events step
    JOIN public.grievances complaint
        ON complaint.institution_id = step.institution_id AND complaint.id = step.grievance_id
    LEFT JOIN public.users actor ON actor.institution_id = step.institution_id AND actor.id = step.actor_id
    WHERE step.institution_id = of_institution AND step.id = of_event
$$;
"""
PREFIX = "viewer_prefix()"
MINTING = {
    PREFIX: "how the names begin of the logins that are minted in this database",
    "mint_viewer(bigint, bigint, timestamptz, boolean, text, interval)": "a login that sees what a user may see, for a while; its name",
    "renew_viewer(text, interval)": "let a login live on; false: it has ended",
    "revoke_viewer(text)": "end a login and its connections, now",
    "end_overstayed(interval)": "end connections of logins that have ended, and work of viewers that takes longer; how many",
    "forget_viewers(interval)": "drop the logins that ended so long ago; how many",
}
COMMENTS = {
    "viewer()": "who is looking; raises where the login is nobody''s or has ended",
    "viewer_institution()": "institution of who is looking",
    "viewer_user()": "user who is looking",
    "viewer_is(text[])": "whether who is looking has one of these roles",
    "viewer_account()": "account of who is looking",
    "viewer_accounts()": "accounts that who is looking may see: their own, and for an admin the institution''s",
    "viewer_students()": "students whom who is looking stands by: none for an admin or analyst, who sees all",
    "viewer_classes()": "classes that who is looking teaches, or that their students are in",
    "viewer_grievances()": "grievances that who is looking has filed, answers, or has taken a step in",
    "viewer_took(uuid)": "whether who is looking has taken a step in a grievance, or edukit has, in one that they see",
}
ME, ALL = "(SELECT viewer_user())", "(SELECT viewer_is('admin', 'analyst'))"
ADMIN = "(SELECT viewer_is('admin'))"
TEACHER = "(SELECT viewer_is('teacher'))"
STAFF = "(SELECT viewer_is('teacher', 'mentor', 'admin'))"
MY_STUDENT, MY_CLASS = "student_id IN (SELECT viewer_students())", "class_id IN (SELECT viewer_classes())"
OF_STUDENT, OF_CLASS = f"{ALL} OR {MY_STUDENT}", f"{ALL} OR {MY_CLASS}"
OWN = f"user_id = {ME} OR {ADMIN}"
EVERYBODY = "true"


def _in_class(taught: str) -> str:
    """A teacher sees what was done in their classes; who stands by a student, what that student did."""
    return f"{ALL} OR CASE WHEN {TEACHER} THEN {taught} ELSE {MY_STUDENT} END"


def _with(whole: str, key: str, own: str = "true") -> str:
    """Whoever sees the row that it is a part of, if that is of their own."""
    same = f"w.institution_id = {{table}}.institution_id AND w.id = {{table}}.{key}"
    return f"EXISTS (SELECT FROM {whole} w WHERE {same} AND {own})"


PREDICTED = _with("risk_predictions", "prediction_id", "w.student_id = {table}.student_id")
ANSWERABLE = (
    "(assigned_to IS NULL OR " + _with("users", "assigned_to", "w.role IN ('teacher', 'mentor', 'admin')") + ")"
)
# Whose each row is that a viewer may read, within their institution.
SEEN = {
    "users": f"{ALL} OR id = {ME} OR role IN ('teacher', 'mentor', 'admin') OR id IN (SELECT viewer_students())",
    "profiles": OWN,
    "subscriptions": OWN,
    "students": f"{ALL} OR id IN (SELECT viewer_students())",
    "guardianships": f"{OF_STUDENT} OR guardian_id = {ME}",
    "mentorships": f"{OF_STUDENT} OR mentor_id = {ME}",
    "classes": f"{ALL} OR id IN (SELECT viewer_classes())",
    "class_teachers": OF_CLASS,
    "enrolments": _in_class(MY_CLASS),
    "assignments": OF_CLASS,
    "submissions": _in_class("assignment_id IN (SELECT a.id FROM assignments a)"),
    "feedback": f"{ALL} OR {_with('submissions', 'submission_id')}",
    "feedback_contents": f"{ALL} OR {_with('feedback', 'feedback_id')}",
    "topics": EVERYBODY,
    "topic_prerequisites": EVERYBODY,
    "concepts": EVERYBODY,
    "questions": EVERYBODY,
    "question_concepts": EVERYBODY,
    "question_attempts": _in_class(f"({MY_CLASS} OR class_id IS NULL AND {MY_STUDENT})"),
    "concept_mastery": OF_STUDENT,
    "study_plans": OF_STUDENT,
    "study_plan_items": _with("study_plans", "plan_id"),
    "badges": EVERYBODY,
    "student_badges": OF_STUDENT,
    "student_points": OF_STUDENT,
    "gamification_events": OF_STUDENT,
    "risk_models": EVERYBODY,
    "risk_predictions": OF_STUDENT,
    "risk_responses": f"{ALL} OR {_with('risk_predictions', 'prediction_id')}",
    "interventions": OF_STUDENT,
    "grievance_routing_rules": EVERYBODY,
    "grievances": f"{ALL} OR id IN (SELECT viewer_grievances())",
    "grievance_events": f"{ALL} OR grievance_id IN (SELECT viewer_grievances())",
    "grievance_event_details": f"{ALL} OR {_with('grievance_events', 'event_id')}",
    "study_items": OWN,
    "progress_records": OWN,
    "documents": OWN,
    "chats": OWN,
    "chat_messages": _with("chats", "chat_id"),
    "audit_events": f"user_id IS NOT DISTINCT FROM {ME} OR {ADMIN}",
    "audit_event_details": _with("audit_events", "event_id"),
    "sync_operations": OWN,
    "outbox": f"{OF_STUDENT} OR {MY_CLASS}",
}
# These are no tenant's or carry its id under another name.
APART = {
    "institutions": "id = (SELECT viewer_institution())",
    "accounts": "(SELECT viewer_institution()) IS NOT NULL AND id = ANY (ARRAY(SELECT viewer_accounts()))",
}
# What a teacher, mentor or admin may add, beyond its being of their institution and students.
ADDED = {
    "interventions": f"made_by = {ME} AND ({OF_STUDENT}) AND (prediction_id IS NULL OR {PREDICTED})",
    "risk_responses": f"user_id = {ME} AND {_with('risk_predictions', 'prediction_id')}",
    "feedback": f"teacher_id = {ME} AND {_with('submissions', 'submission_id')}",
    "feedback_contents": _with("feedback", "feedback_id", f"w.teacher_id = {ME}"),
    "grievances": f"({OF_STUDENT}) AND {ANSWERABLE}",
    "grievance_events": f"(actor_id = {ME} OR actor_id IS NULL) AND ({ADMIN} OR grievance_id IN (SELECT viewer_grievances()))",
    "grievance_event_details": "(SELECT viewer_took({table}.event_id))",
    "gamification_events": f"(user_id = {ME} OR user_id IS NULL) AND ({OF_STUDENT}) AND ({OF_CLASS} OR class_id IS NULL)",
    "student_badges": OF_STUDENT,
    "student_points": OF_STUDENT,
    "outbox": f"(student_id IS NULL OR {OF_STUDENT}) AND (class_id IS NULL OR {OF_CLASS})",
}
# Everybody has their exports recorded, and whoever keeps the machine, too; staff also what else they do.
RECORDED = {
    "audit_events": f"user_id IS NOT DISTINCT FROM {ME} AND ({STAFF} OR action = 'export')",
    "audit_event_details": _with(
        "audit_events", "event_id", f"w.user_id IS NOT DISTINCT FROM {ME} AND ({STAFF} OR w.action = 'export')"
    ),
}
# And change: which rows, and what must hold of them afterwards.
CHANGED = {
    "interventions": (OF_STUDENT, OF_STUDENT),
    "student_points": (OF_STUDENT, OF_STUDENT),
    "grievances": (
        MY_GRIEVANCE := f"{ADMIN} OR id IN (SELECT viewer_grievances())",
        f"({MY_GRIEVANCE}) AND {ANSWERABLE}",
    ),
}
# Analysts who read no names may read all but these columns, in which people are named and words about them stand. Under
# the names of the tables they find views, in which these columns hold what follows; where nothing does, the view has none.
UNTOLD = {
    "users": {"name": "pseudonymous.name_of(role, id)", "account_id": "NULL::bigint", "source_key": "NULL::text"},
    "students": {"github_username": "NULL::text", "target_exam": "NULL::text"},
    "guardianships": {"relationship": "NULL::text"},
    "question_attempts": {"answer": "NULL::text"},
    "study_plans": {"title": "NULL::text", "parameters": "NULL::jsonb", "source_key": "NULL::text"},
    "submissions": {"body": "NULL::text", "github_url": "NULL::text"},
    "feedback_contents": {"content": "NULL::text", "ai_suggestion": "NULL::text"},
    "interventions": {"note": "NULL::text"},
    "risk_responses": {"reason": "NULL::text"},
    "grievances": {"student_id": "", "description": "NULL::text", "resolution": "NULL::text"},
    "grievance_events": {"actor_id": ""},
    "grievance_event_details": {"details": "NULL::text"},
}
PSEUDONYMOUS = """
CREATE SCHEMA pseudonymous;
COMMENT ON SCHEMA pseudonymous IS 'tables in which people are named, as analysts see them who read no names';
GRANT USAGE ON SCHEMA pseudonymous TO edukit_analyst;
CREATE FUNCTION pseudonymous.name_of(role text, id bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS
    'SELECT initcap(role) || '' '' || upper(left(encode(sha256(id::text::bytea), ''hex''), 8))';
COMMENT ON FUNCTION pseudonymous.name_of(text, bigint) IS 'a name that tells a person''s role and no more';
REVOKE EXECUTE ON FUNCTION pseudonymous.name_of(text, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION pseudonymous.name_of(text, bigint) TO edukit_analyst;
"""
UNTELL = """
DO $$
DECLARE
    told text;
    shown text;
BEGIN
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FILTER (WHERE NOT h.hidden),
        string_agg(CASE WHEN NOT h.hidden THEN quote_ident(a.attname)
            ELSE ('{untold}'::jsonb ->> a.attname) || ' AS ' || quote_ident(a.attname) END, ', ' ORDER BY a.attnum)
            FILTER (WHERE '{untold}'::jsonb ->> a.attname IS DISTINCT FROM '')
        INTO told, shown
        FROM pg_attribute a CROSS JOIN LATERAL (SELECT '{untold}'::jsonb ? a.attname AS hidden) h
        WHERE a.attrelid = 'public.{table}'::regclass AND a.attnum > 0 AND NOT a.attisdropped;
    EXECUTE format('GRANT SELECT (%s) ON public.{table} TO edukit_analyst', told);
    EXECUTE format('CREATE VIEW pseudonymous.{table} WITH (security_invoker) AS SELECT %s FROM public.{table}', shown);
    GRANT SELECT ON pseudonymous.{table} TO edukit_analyst;
END $$
"""
# Where the server has vectors they are made, with their policies, after the migrations.
OPTIONAL = ("document_embeddings", "chat_embeddings")
MINTER_READS = ("institutions", "users", "accounts")
LOOKUPS = ", ".join(COMMENTS)
READERS = "edukit_viewer, edukit_analyst"
VIEWS = ("topic_progress", "daily_activity")
READS_NAMES = "whether an analyst reads names and words, and not pseudonyms alone"


def _policies(table: str) -> dict[str, str]:
    """Who may do what with the rows of a table."""
    mine = f"{table}.institution_id = (SELECT viewer_institution())"
    made = {"server": "TO edukit_owner, edukit_app USING (true) WITH CHECK (true)"}
    if table in {"viewers", *MINTER_READS}:
        made["minter"] = f"TO edukit_minter USING (true) WITH CHECK ({str(table == 'viewers').lower()})"
    if table in APART:
        made["seen"] = f"FOR SELECT TO {READERS} USING ({APART[table]})"
    elif table in SEEN:
        made["seen"] = f"FOR SELECT TO {READERS} USING ({mine} AND ({SEEN[table]}))"
    if table in ADDED:
        made["added"] = f"FOR INSERT TO edukit_teacher WITH CHECK ({mine} AND {STAFF} AND ({ADDED[table]}))"
    if table in RECORDED:
        made["added"] = f"FOR INSERT TO {READERS} WITH CHECK ({mine} AND {RECORDED[table]})"
    if table in CHANGED:
        before, after = (f"{mine} AND {STAFF} AND ({rule})" for rule in CHANGED[table])
        made["changed"] = f"FOR UPDATE TO edukit_teacher USING ({before}) WITH CHECK ({after})"
    return {name: rule.replace("{table}", table) for name, rule in made.items()}


def upgrade() -> None:
    """Make the table of logins, the functions that ask who is looking, and the policies that ask them."""
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE users ADD COLUMN IF NOT EXISTS reads_names BOOLEAN DEFAULT false NOT NULL")
        op.execute(VIEWERS)
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS viewers_user_id_idx")
        op.execute("CREATE INDEX CONCURRENTLY viewers_user_id_idx ON viewers (institution_id, user_id)")
        op.execute(f"{WHO} REVOKE EXECUTE ON FUNCTION {LOOKUPS} FROM PUBLIC")
        for table in (*APART, *SEEN, "viewers"):
            made = [
                f"DROP POLICY IF EXISTS {name} ON {table}; CREATE POLICY {name} ON {table} {rule}"
                for name, rule in _policies(table).items()
            ]
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; {'; '.join(made)}")
    op.execute(f"COMMENT ON COLUMN users.reads_names IS '{READS_NAMES}'")
    for function, comment in COMMENTS.items():
        op.execute(f"COMMENT ON FUNCTION {function} IS '{comment}'")
    op.execute(PSEUDONYMOUS)
    op.execute(OLDER)
    op.execute(REVEALED)
    op.execute(MINT)
    for function, comment in MINTING.items():
        op.execute(f"COMMENT ON FUNCTION {function} IS '{comment}'")
        op.execute(f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
        if function != PREFIX:
            op.execute(f"GRANT EXECUTE ON FUNCTION {function} TO edukit_app")
        op.execute(f"ALTER FUNCTION {function} OWNER TO edukit_minter")
    op.execute(f"GRANT EXECUTE ON FUNCTION {LOOKUPS}, grievance_actor(bigint, uuid) TO {READERS}")
    for table, untold in UNTOLD.items():
        op.execute(UNTELL.format(table=table, untold=json.dumps(untold)))
    whole = [table for table in SEEN if table not in UNTOLD]
    op.execute(f"GRANT SELECT ON institutions, alembic_version, {', '.join((*whole, *VIEWS))} TO edukit_analyst")
    op.execute("GRANT SELECT (id, email, username) ON accounts TO edukit_analyst")
    op.execute(f"GRANT INSERT ON {', '.join(RECORDED)} TO {READERS}")


def downgrade() -> None:
    """Show everybody everything again."""
    with op.get_context().autocommit_block():
        for table in (*APART, *SEEN, *OPTIONAL):
            dropped = [f"DROP POLICY IF EXISTS {name} ON {table}" for name in _policies(table)]
            op.execute(
                f"ALTER TABLE IF EXISTS {table} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY; "
                f"{'; '.join((*dropped, f'DROP POLICY IF EXISTS seen ON {table}'))}"
            )
    op.execute("DROP FUNCTION complainant_of(bigint, uuid)")
    op.execute(OLDER_BEFORE)
    op.execute("DROP SCHEMA pseudonymous CASCADE")
    op.execute(f"REVOKE INSERT ON {', '.join(RECORDED)} FROM {READERS}")
    op.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM edukit_analyst")
    op.execute("REVOKE EXECUTE ON FUNCTION grievance_actor(bigint, uuid) FROM edukit_analyst")
    op.execute("SET LOCAL ROLE edukit_minter")
    op.execute(f"DROP FUNCTION {', '.join(MINTING)}")
    op.execute("RESET ROLE")
    op.execute("ALTER TABLE users DROP COLUMN reads_names")
    op.execute("DROP TABLE viewers CASCADE")
    op.execute(f"DROP FUNCTION IF EXISTS {LOOKUPS}")
