"""Add what the database keeps by itself, and the views that follow from the attempts.

Each guard says what it refuses, and what to do instead, in words that a person can act on. Functions pin
their search path; those that must see rows which the writer may not run as the owner.
"""

from alembic import op

revision = "20261121_1130"
down_revision = "20261121_1120"

GUARDS = ["refuse_change", "only_erase", "keep_grievance", "supersede_earlier", "refuse_cycle", "touch"]
APPEND_ONLY = ["feedback", "grievance_events", "gamification_events", "audit_events"]
# The table of words, and the column that says whose they are.
WORDS = {
    "feedback_contents": "feedback_id",
    "grievance_event_details": "event_id",
    "audit_event_details": "event_id",
}
TOUCHED = [
    "assignments",
    "badges",
    "chats",
    "documents",
    "grievances",
    "interventions",
    "profiles",
    "risk_models",
    "study_items",
    "study_plans",
    "submissions",
    "subscriptions",
]

FUNCTIONS = r"""
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    RAISE EXCEPTION '%.% is append-only: % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation', HINT = 'Add a row that corrects or supersedes the other.';
END $$;
COMMENT ON FUNCTION refuse_change() IS 'trigger: rows of an append-only table are neither changed nor deleted';

CREATE FUNCTION only_erase() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
-- The first argument of the trigger names the column that says whose words these are.
BEGIN
    IF TG_OP = 'UPDATE' AND current_user = 'edukit_eraser' AND OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL
        AND jsonb_strip_nulls(to_jsonb(NEW)) - 'erased_at'
            = jsonb_build_object('institution_id', OLD.institution_id, TG_ARGV[0], to_jsonb(OLD) -> TG_ARGV[0])
    THEN
        INSERT INTO public.audit_events (institution_id, id, action, resource, occurred_at)
        VALUES (
            OLD.institution_id, gen_random_uuid(), 'erase',
            TG_TABLE_NAME || '/' || (to_jsonb(OLD) ->> TG_ARGV[0]), clock_timestamp()
        );
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '%.% never changes: % by % is refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP, current_user
        USING ERRCODE = 'restrict_violation', HINT = 'Words may only be emptied, once, by an erasure.';
END $$;
COMMENT ON FUNCTION only_erase() IS 'trigger: words may only be emptied, once, by the eraser; an audit event says so';

CREATE FUNCTION keep_grievance() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'grievances are never deleted'
            USING ERRCODE = 'restrict_violation', HINT = 'Close it, or erase its words.';
    END IF;
    IF TG_OP = 'INSERT' THEN
        RAISE EXCEPTION 'a grievance is filed with its words'
            USING ERRCODE = 'restrict_violation', HINT = 'Leave erased_at empty: only an erasure sets it.';
    END IF;
    IF (NEW.institution_id, NEW.id, NEW.student_id, NEW.filed_at, NEW.created_at)
        IS DISTINCT FROM (OLD.institution_id, OLD.id, OLD.student_id, OLD.filed_at, OLD.created_at)
    THEN
        RAISE EXCEPTION 'who filed a grievance, and when, never changes' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.erased_at IS DISTINCT FROM OLD.erased_at AND NOT (
        current_user = 'edukit_eraser' AND OLD.erased_at IS NULL
        AND NEW.description IS NULL AND NEW.resolution IS NULL
    ) OR NEW.erased_at IS NULL AND NEW.description IS DISTINCT FROM OLD.description
    THEN
        RAISE EXCEPTION 'the words of a grievance never change: % by % is refused', TG_OP, current_user
            USING ERRCODE = 'restrict_violation', HINT = 'Comment on it; or have it erased.';
    END IF;
    IF OLD.resolved_at IS NOT NULL AND NEW.resolved_at IS NOT NULL AND NEW.erased_at IS NULL
        AND (NEW.resolution, NEW.resolved_at) IS DISTINCT FROM (OLD.resolution, OLD.resolved_at)
    THEN
        RAISE EXCEPTION 'how and when a grievance was resolved does not change while it is resolved'
            USING ERRCODE = 'restrict_violation', HINT = 'Reopen it, and resolve it anew.';
    END IF;
    IF OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL THEN
        INSERT INTO public.audit_events (institution_id, id, action, resource, occurred_at)
        VALUES (OLD.institution_id, gen_random_uuid(), 'erase', 'grievances/' || OLD.id, clock_timestamp());
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION keep_grievance() IS
    'trigger: who filed a grievance, when and with what words never changes; the eraser may empty the words';

CREATE FUNCTION supersede_earlier() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
BEGIN
    IF TG_TABLE_SCHEMA <> 'public' THEN
        RAISE EXCEPTION 'not a table of edukit: %.%', TG_TABLE_SCHEMA, TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF NOT EXISTS (
        SELECT FROM public.feedback
        WHERE institution_id = NEW.institution_id AND id = NEW.supersedes_id AND created_at <= NEW.created_at
    ) THEN
        RAISE EXCEPTION 'feedback % supersedes %, which is not there or is later', NEW.id, NEW.supersedes_id
            USING ERRCODE = 'foreign_key_violation', HINT = 'Supersede feedback that was given before.';
    END IF;
    RETURN NEW;
END $$;
COMMENT ON FUNCTION supersede_earlier() IS 'trigger: feedback supersedes only feedback that was given before it';

CREATE FUNCTION refuse_cycle() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = '' AS $$
-- Two edges that close a circle together may be added at once: one writer an institution at a time, who then
-- sees all that was committed. A snapshot taken before the lock would not show it.
DECLARE
    closes boolean;
BEGIN
    IF TG_TABLE_SCHEMA <> 'public' THEN
        RAISE EXCEPTION 'not a table of edukit: %.%', TG_TABLE_SCHEMA, TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION '% can be changed in READ COMMITTED transactions only, not in %',
            TG_TABLE_NAME, current_setting('transaction_isolation')
            USING ERRCODE = 'invalid_transaction_state', HINT = 'Change it in a transaction of its own.';
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(hashtextextended('edukit ' || TG_TABLE_NAME, NEW.institution_id));
    IF TG_TABLE_NAME = 'topics' THEN
        WITH RECURSIVE above (id) AS (
            SELECT NEW.parent_id
            UNION
            SELECT t.parent_id FROM public.topics t JOIN above ON t.id = above.id
            WHERE t.institution_id = NEW.institution_id AND t.parent_id IS NOT NULL
        )
        SELECT EXISTS (SELECT FROM above WHERE id = NEW.id) INTO closes;
    ELSE
        WITH RECURSIVE before (id) AS (
            SELECT NEW.prerequisite_id
            UNION
            SELECT p.prerequisite_id FROM public.topic_prerequisites p JOIN before ON p.topic_id = before.id
            WHERE p.institution_id = NEW.institution_id
        )
        SELECT EXISTS (SELECT FROM before WHERE id = NEW.topic_id) INTO closes;
    END IF;
    IF closes THEN
        RAISE EXCEPTION 'row of % would close a circle: %', TG_TABLE_NAME, to_jsonb(NEW) - 'created_at'
            USING ERRCODE = 'check_violation', HINT = 'A topic cannot, even by way of others, come before itself.';
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION refuse_cycle() IS 'trigger: neither the tree of topics nor their prerequisites may hold a circle';

CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$;
COMMENT ON FUNCTION touch() IS 'trigger: updated_at is the moment of the change';
"""

TRIGGERS = """
CREATE TRIGGER keep_grievance BEFORE UPDATE OR DELETE ON grievances
    FOR EACH ROW EXECUTE FUNCTION keep_grievance();
CREATE TRIGGER filed_whole BEFORE INSERT ON grievances
    FOR EACH ROW WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION keep_grievance();
CREATE TRIGGER supersede_earlier BEFORE INSERT ON feedback
    FOR EACH ROW WHEN (NEW.supersedes_id IS NOT NULL) EXECUTE FUNCTION supersede_earlier();
CREATE TRIGGER refuse_cycle AFTER INSERT OR UPDATE ON topic_prerequisites
    FOR EACH ROW EXECUTE FUNCTION refuse_cycle();
"""

VIEWS = """
CREATE VIEW topic_progress WITH (security_invoker = true) AS
SELECT
    known.institution_id, known.student_id, counted.topic_id,
    round(avg(known.mastery_score)::numeric, 2)::numeric(5, 2) AS mastery_score,
    count(DISTINCT known.question_id) AS questions_completed,
    count(DISTINCT known.question_id) FILTER (WHERE known.is_correct) AS questions_correct,
    max(known.attempted_at) AS last_answered_at
FROM (
    -- One list of both, so that whatever is asked of students finds answers and scores by their indexes.
    SELECT
        a.institution_id, a.student_id, q.concept_id, a.question_id, a.is_correct, a.attempted_at,
        NULL::double precision AS mastery_score
    FROM question_attempts a JOIN question_concepts q USING (institution_id, question_id)
    UNION ALL
    SELECT institution_id, student_id, concept_id, NULL, NULL, NULL, mastery_score FROM concept_mastery
) AS known
JOIN (
    -- The topics that a concept counts for, its own and those above it. DISTINCT takes nothing away: it keeps the
    -- planner from climbing the tree once an answer rather than once a concept.
    SELECT DISTINCT c.institution_id, c.id AS concept_id, above.id AS topic_id
    FROM concepts c
    CROSS JOIN LATERAL (
        WITH RECURSIVE up AS (
            SELECT t.id, t.parent_id FROM topics t WHERE t.institution_id = c.institution_id AND t.id = c.topic_id
            UNION ALL
            SELECT t.id, t.parent_id FROM topics t JOIN up ON t.id = up.parent_id
            WHERE t.institution_id = c.institution_id
        )
        SELECT id FROM up
    ) AS above
) AS counted USING (institution_id, concept_id)
GROUP BY known.institution_id, known.student_id, counted.topic_id;

CREATE VIEW daily_activity WITH (security_invoker = true) AS
SELECT
    institution_id, student_id, active_on, questions_answered, questions_correct, xp_earned, time_spent_minutes,
    row_number() OVER (PARTITION BY institution_id, student_id, run ORDER BY active_on) AS streak_count
FROM (
    -- Days in a row are as far from their number in the order as their neighbours are.
    SELECT
        *, active_on - (row_number() OVER (PARTITION BY institution_id, student_id ORDER BY active_on))::integer AS run
    FROM (
        SELECT
            a.institution_id, a.student_id, (a.attempted_at AT TIME ZONE i.time_zone)::date AS active_on,
            count(*) AS questions_answered,
            count(*) FILTER (WHERE a.is_correct) AS questions_correct,
            coalesce(sum(a.xp_earned), 0) AS xp_earned,
            coalesce(sum(a.time_taken_seconds::numeric), 0)::double precision / 60 AS time_spent_minutes
        FROM question_attempts a JOIN institutions i ON i.id = a.institution_id
        WHERE a.attempted_at IS NOT NULL
        GROUP BY 1, 2, 3
    ) AS days
) AS runs;

COMMENT ON VIEW daily_activity IS 'what a student did on a day of the institution''s calendar; a view, from attempts with a time';
COMMENT ON COLUMN daily_activity.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN daily_activity.student_id IS 'whose day';
COMMENT ON COLUMN daily_activity.active_on IS 'day, in the institution''s time zone';
COMMENT ON COLUMN daily_activity.questions_answered IS 'answers on that day';
COMMENT ON COLUMN daily_activity.questions_correct IS 'right ones among them';
COMMENT ON COLUMN daily_activity.xp_earned IS 'experience points earned by answers on that day';
COMMENT ON COLUMN daily_activity.time_spent_minutes IS 'minutes spent on those answers whose time is known';
COMMENT ON COLUMN daily_activity.streak_count IS 'days in a row with an answer, up to and with this one';
COMMENT ON VIEW topic_progress IS 'what a student has done and mastered of a topic and the topics below it; a view';
COMMENT ON COLUMN topic_progress.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN topic_progress.student_id IS 'whose progress';
COMMENT ON COLUMN topic_progress.topic_id IS 'in what, with the topics below it';
COMMENT ON COLUMN topic_progress.mastery_score IS '0-100: mean of the mastery of its concepts that the student has practised; null: none scored';
COMMENT ON COLUMN topic_progress.questions_completed IS 'different questions of it that the student has answered';
COMMENT ON COLUMN topic_progress.questions_correct IS 'those among them that the student once answered rightly';
COMMENT ON COLUMN topic_progress.last_answered_at IS 'latest answer (UTC); null: no time is known';
GRANT SELECT ON topic_progress, daily_activity TO edukit_app, edukit_viewer;
"""


def upgrade() -> None:
    """Create functions, triggers and views."""
    op.execute(FUNCTIONS)
    # Else anybody could hang one that runs as the owner on a table of their own, with types and operators of theirs.
    op.execute(f"REVOKE EXECUTE ON FUNCTION {', '.join(f'{name}()' for name in GUARDS)} FROM PUBLIC")
    op.execute(TRIGGERS)
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    for table, owner in WORDS.items():
        op.execute(
            f"CREATE TRIGGER only_erase BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION only_erase('{owner}')"
        )
        # Words that were never there cannot be said to have been erased.
        op.execute(
            f"CREATE TRIGGER given_whole BEFORE INSERT ON {table} "
            f"FOR EACH ROW WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION only_erase('{owner}')"
        )
    for table in [*APPEND_ONLY, *WORDS, "grievances"]:
        op.execute(
            f"CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
    for table in TOUCHED:
        op.execute(f"CREATE TRIGGER touch BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION touch()")
    op.execute(VIEWS)


def downgrade() -> None:
    """Drop them again."""
    op.execute("DROP VIEW topic_progress, daily_activity")
    for name in GUARDS:
        op.execute(f"DROP FUNCTION {name}() CASCADE")
