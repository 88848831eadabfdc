"""Store where students stand between two answers, P(known), and how concepts are learned."""

from alembic import op

revision = "20261129_1600"
down_revision = "20261129_1510"

TRACING = """
CREATE TABLE IF NOT EXISTS concept_tracing (
    institution_id BIGINT NOT NULL,
    concept_id BIGINT NOT NULL,
    prior DOUBLE PRECISION NOT NULL,
    learn DOUBLE PRECISION NOT NULL,
    forget DOUBLE PRECISION NOT NULL,
    guess DOUBLE PRECISION NOT NULL,
    slip DOUBLE PRECISION NOT NULL,
    prior_se DOUBLE PRECISION,
    learn_se DOUBLE PRECISION,
    forget_se DOUBLE PRECISION,
    guess_se DOUBLE PRECISION,
    slip_se DOUBLE PRECISION,
    guessed_share DOUBLE PRECISION,
    slipped_share DOUBLE PRECISION,
    students INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    fitted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT concept_tracing_pk PRIMARY KEY (institution_id, concept_id),
    CONSTRAINT concept_tracing_prior_check CHECK (prior BETWEEN 0 AND 1),
    CONSTRAINT concept_tracing_learn_check CHECK (learn BETWEEN 0 AND 1),
    CONSTRAINT concept_tracing_forget_check CHECK (forget BETWEEN 0 AND 1),
    CONSTRAINT concept_tracing_guess_check CHECK (guess BETWEEN 0 AND 1),
    CONSTRAINT concept_tracing_slip_check CHECK (slip BETWEEN 0 AND 1),
    CONSTRAINT concept_tracing_prior_se_check CHECK (prior_se >= 0 AND prior_se < 'Infinity'),
    CONSTRAINT concept_tracing_learn_se_check CHECK (learn_se >= 0 AND learn_se < 'Infinity'),
    CONSTRAINT concept_tracing_forget_se_check CHECK (forget_se >= 0 AND forget_se < 'Infinity'),
    CONSTRAINT concept_tracing_guess_se_check CHECK (guess_se >= 0 AND guess_se < 'Infinity'),
    CONSTRAINT concept_tracing_slip_se_check CHECK (slip_se >= 0 AND slip_se < 'Infinity'),
    CONSTRAINT concept_tracing_guessed_share_check CHECK (guessed_share BETWEEN 0 AND 1),
    CONSTRAINT concept_tracing_slipped_share_check CHECK (slipped_share BETWEEN 0 AND 1),
    CONSTRAINT concept_tracing_students_check CHECK (students >= 1),
    CONSTRAINT concept_tracing_attempts_check CHECK (attempts >= 1)
);
"""
# Packed numbers that change with every answer: to compress them would take longer than to write them.
STATES = """
CREATE TABLE IF NOT EXISTS mastery_states (
    institution_id BIGINT NOT NULL,
    student_id BIGINT NOT NULL,
    model_id BIGINT,
    format INTEGER NOT NULL,
    last_sequence BIGINT NOT NULL,
    state BYTEA NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT mastery_states_pk PRIMARY KEY (institution_id, student_id),
    CONSTRAINT mastery_states_format_check CHECK (format >= 1)
);
ALTER TABLE mastery_states ALTER COLUMN state SET STORAGE EXTERNAL;
"""
INDEX = "mastery_states_model_id_idx"
KNOWN = "ALTER TABLE concept_mastery ADD COLUMN IF NOT EXISTS p_known DOUBLE PRECISION"
COMMENTS = {
    "concept_tracing": "how each concept is learned, by knowledge tracing of the answers of many students",
    "mastery_states": "what follows from a student''s answers and the next one adds to; made anew where it is missing",
}
COLUMN_COMMENTS = {
    "concept_mastery": {
        "p_known": "how likely the student knows the concept, 0-1, by knowledge tracing; null: it is not traced",
    },
    "concept_tracing": {
        "institution_id": "institution that the row belongs to",
        "concept_id": "which concept",
        "prior": "share of students who know it before their first answer, 0-1",
        "learn": "share of those who do not know it who learn it at an answer, 0-1",
        "forget": "share of those who know it who forget it from one to the next, 0-1",
        "guess": "share of right answers by those who do not know it, 0-1",
        "slip": "share of wrong answers by those who know it, 0-1",
        "prior_se": "standard error of prior; null: the answers do not tell it",
        "learn_se": "standard error of learn; null: the answers do not tell it",
        "forget_se": "standard error of forget; null: fixed, or not told",
        "guess_se": "standard error of guess; null: the answers do not tell it",
        "slip_se": "standard error of slip; null: the answers do not tell it",
        "guessed_share": "of right answers, guesses, 0-1; null: none was right",
        "slipped_share": "of wrong answers, slips, 0-1; null: none was wrong",
        "students": "students whose answers it was fitted to",
        "attempts": "those answers",
        "fitted_at": "when it was fitted (UTC)",
    },
    "mastery_states": {
        "institution_id": "institution that the row belongs to",
        "student_id": "whose state",
        "model_id": "model that it is a state of; null: the rule",
        "format": "number of the way in which the state is written",
        "last_sequence": "sequence of the latest answer that it knows",
        "state": "packed numbers; whoever reads them knows the format",
        "recorded_at": "when it was written (UTC)",
    },
}
SERVER = "TO edukit_owner, edukit_app USING (true) WITH CHECK (true)"
# Of many students together, it tells of a concept and of nobody.
TRACING_SEEN = (
    "FOR SELECT TO edukit_viewer, edukit_analyst USING (concept_tracing.institution_id = (SELECT viewer_institution()))"
)
# Nobody who looks has a use for it.
STATES_SEEN = "FOR SELECT TO edukit_viewer, edukit_analyst USING (false)"


def upgrade() -> None:
    """Make both tables, tie them, let everybody see how concepts are learned; add the column."""
    with op.get_context().autocommit_block():
        op.execute(TRACING)
        op.execute(STATES)
        op.execute(KNOWN)
        for table, name, rule in (
            ("concept_mastery", "concept_mastery_p_known_check", "CHECK (p_known BETWEEN 0 AND 1)"),
            (
                "concept_tracing",
                "concept_tracing_concepts_fk",
                "FOREIGN KEY(institution_id, concept_id) REFERENCES concepts (institution_id, id) ON DELETE CASCADE",
            ),
            (
                "mastery_states",
                "mastery_states_students_fk",
                "FOREIGN KEY(institution_id, student_id) REFERENCES students (institution_id, id) ON DELETE CASCADE",
            ),
            (
                "mastery_states",
                "mastery_states_mastery_models_fk",
                "FOREIGN KEY(institution_id, model_id) REFERENCES mastery_models (institution_id, id) ON DELETE CASCADE",
            ),
        ):
            _tie(table, name, rule)
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")
        op.execute(f"CREATE INDEX CONCURRENTLY {INDEX} ON mastery_states (institution_id, model_id)")
    for table, seen in (("concept_tracing", TRACING_SEEN), ("mastery_states", STATES_SEEN)):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY server ON {table} {SERVER}")
        op.execute(f"CREATE POLICY seen ON {table} {seen}")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO edukit_app")
        op.execute(f"COMMENT ON TABLE {table} IS '{COMMENTS[table]}'")
    op.execute("GRANT SELECT ON concept_tracing TO edukit_viewer, edukit_analyst")
    for table, columns in COLUMN_COMMENTS.items():
        for column, comment in columns.items():
            op.execute(f"COMMENT ON COLUMN {table}.{column} IS '{comment}'")


def downgrade() -> None:
    """Forget it: each answer is scored with all before it, as it was."""
    op.execute("DROP TABLE mastery_states, concept_tracing")
    op.execute("ALTER TABLE concept_mastery DROP COLUMN p_known")


def _tie(table: str, name: str, rule: str) -> None:
    """Put a constraint in the place of one of its name, and hold it against the rows that are there."""
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}, ADD CONSTRAINT {name} {rule} NOT VALID")
    op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
