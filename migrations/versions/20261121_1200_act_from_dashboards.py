"""Let dashboards act: answers to predictions, who is named on boards, an outbox, and a login for teachers' pages."""

from alembic import op

revision = "20261121_1200"
down_revision = "20261121_1140"

TABLES = [
    """
CREATE TABLE IF NOT EXISTS risk_responses (
    institution_id BIGINT NOT NULL,
    id UUID NOT NULL,
    prediction_id UUID NOT NULL,
    user_id BIGINT NOT NULL,
    action TEXT NOT NULL,
    reason TEXT,
    responded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT risk_responses_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT risk_responses_action_check CHECK (action IN ('acknowledged', 'dismissed'))
)""",
    """
CREATE TABLE IF NOT EXISTS outbox (
    institution_id BIGINT NOT NULL,
    id UUID NOT NULL,
    class_id BIGINT,
    student_id BIGINT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT outbox_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT outbox_of_something_check CHECK (num_nonnulls(class_id, student_id) >= 1)
)""",
    """
ALTER TABLE students ADD COLUMN IF NOT EXISTS named_on_boards BOOLEAN DEFAULT false NOT NULL""",
]
FOREIGN_KEYS = [
    (
        "risk_responses",
        "risk_responses_risk_predictions_fk",
        "FOREIGN KEY(institution_id, prediction_id) REFERENCES risk_predictions (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "risk_responses",
        "risk_responses_users_fk",
        "FOREIGN KEY(institution_id, user_id) REFERENCES users (institution_id, id)",
    ),
    (
        "outbox",
        "outbox_classes_fk",
        "FOREIGN KEY(institution_id, class_id) REFERENCES classes (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "outbox",
        "outbox_students_fk",
        "FOREIGN KEY(institution_id, student_id) REFERENCES students (institution_id, id) ON DELETE CASCADE",
    ),
]
INDEXES = {
    "risk_responses_prediction_id_idx": "risk_responses (institution_id, prediction_id, responded_at)",
    "risk_responses_user_id_idx": "risk_responses (institution_id, user_id)",
    "outbox_class_id_idx": "outbox (institution_id, class_id)",
    "outbox_student_id_idx": "outbox (institution_id, student_id)",
}
COMMENTS = """
COMMENT ON TABLE risk_responses IS 'what people made of predictions of risk; the latest of a prediction counts';
COMMENT ON COLUMN risk_responses.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN risk_responses.id IS 'made where it was said';
COMMENT ON COLUMN risk_responses.prediction_id IS 'prediction that it answers';
COMMENT ON COLUMN risk_responses.user_id IS 'user who said it';
COMMENT ON COLUMN risk_responses.action IS 'acknowledged or dismissed';
COMMENT ON COLUMN risk_responses.reason IS 'why it was dismissed; null: acknowledged, or erased';
COMMENT ON COLUMN risk_responses.responded_at IS 'when (UTC)';
COMMENT ON TABLE outbox IS 'of which classes and students something has changed; the server''s worker empties it';
COMMENT ON COLUMN outbox.institution_id IS 'institution that the row belongs to';
COMMENT ON COLUMN outbox.id IS 'made by the writer';
COMMENT ON COLUMN outbox.class_id IS 'class that it is about; null: none';
COMMENT ON COLUMN outbox.student_id IS 'student whom it is about; null: nobody';
COMMENT ON COLUMN outbox.created_at IS 'when (UTC)';
COMMENT ON COLUMN students.named_on_boards IS 'whether the student has agreed to be named to classmates on leaderboards';
"""
# Whoever waits for the outbox is woken when the writer commits; there is nothing in the message to overhear.
NOTIFY = """
CREATE FUNCTION tell_outbox() RETURNS trigger LANGUAGE plpgsql SET search_path = '' AS $$
BEGIN
    NOTIFY edukit_outbox;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION tell_outbox() IS 'trigger: whoever waits for the outbox is woken at the commit';
REVOKE EXECUTE ON FUNCTION tell_outbox() FROM PUBLIC;
CREATE TRIGGER tell_outbox AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION tell_outbox();
"""
# What a teacher says and does in a dashboard; everything else is only read there.
ADDED = [
    "interventions",
    "risk_responses",
    "feedback",
    "feedback_contents",
    "grievances",
    "grievance_events",
    "grievance_event_details",
    "gamification_events",
    "student_badges",
    "student_points",
    "audit_events",
    "audit_event_details",
    "outbox",
]
CHANGED = {
    "grievances": "status, assigned_to, resolution, resolved_at, updated_at",
    "interventions": "outcome, outcome_at, updated_at",
    "student_points": "points, xp, level, current_streak, best_streak, last_active_on, computed_at",
}
# Who complains stands in these columns alone. Analysts read the others, and of who took a step what may be told.
TOLD = {
    "grievances": (
        "institution_id, id, category, severity, description, filed_at, status, assigned_to, resolution, resolved_at, "
        "erased_at, created_at, updated_at"
    ),
    "grievance_events": (
        "institution_id, id, grievance_id, sequence, action, from_status, to_status, assigned_to, routing_rule_id, "
        "occurred_at, created_at"
    ),
}
ACTOR = """
CREATE FUNCTION grievance_actor(of_institution bigint, of_event uuid) RETURNS text
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
COMMENT ON FUNCTION grievance_actor(bigint, uuid) IS
    'who took a step in a grievance, without telling who complains: families by their part, others by name';
REVOKE EXECUTE ON FUNCTION grievance_actor(bigint, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION grievance_actor(bigint, uuid) TO edukit_app, edukit_viewer;
"""


def upgrade() -> None:
    """Create the tables, add the column, tie them, let the teacher's login write."""
    with op.get_context().autocommit_block():
        for table in TABLES:
            op.execute(table)
        for table, name, key in FOREIGN_KEYS:
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}, ADD CONSTRAINT {name} {key} NOT VALID")
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
        for name, columns in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {columns}")
    op.execute(COMMENTS)
    op.execute(NOTIFY)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON risk_responses, outbox TO edukit_app")
    op.execute("GRANT SELECT ON risk_responses, outbox TO edukit_viewer")
    # By these a notebook finds the users in whose name it acts; password hashes stay nobody's reading.
    op.execute("GRANT SELECT (id, email, username) ON accounts TO edukit_viewer")
    op.execute(f"GRANT INSERT ON {', '.join(ADDED)} TO edukit_teacher")
    for table, columns in CHANGED.items():
        op.execute(f"GRANT UPDATE ({columns}) ON {table} TO edukit_teacher")
    op.execute(ACTOR)
    for table, columns in TOLD.items():
        op.execute(f"REVOKE SELECT ON {table} FROM edukit_viewer")
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO edukit_viewer")
        op.execute(f"GRANT SELECT ON {table} TO edukit_teacher")


def downgrade() -> None:
    """Drop them again."""
    op.execute("REVOKE SELECT (id, email, username) ON accounts FROM edukit_viewer")
    op.execute(f"REVOKE INSERT ON {', '.join(ADDED)} FROM edukit_teacher")
    op.execute(f"REVOKE UPDATE ON {', '.join(CHANGED)} FROM edukit_teacher")
    op.execute(f"REVOKE SELECT ON {', '.join(TOLD)} FROM edukit_teacher")
    op.execute(f"REVOKE SELECT ON {', '.join(TOLD)} FROM edukit_viewer")
    op.execute(f"GRANT SELECT ON {', '.join(TOLD)} TO edukit_viewer")
    op.execute("DROP FUNCTION grievance_actor(bigint, uuid)")
    op.execute("DROP TABLE outbox, risk_responses")
    op.execute("DROP FUNCTION tell_outbox()")
    op.execute("ALTER TABLE students DROP COLUMN named_on_boards")
