"""Keep where each student stood on each concept, week by week."""

from alembic import op

revision = "20261129_1500"
down_revision = "20261129_1200"

TABLE = """
CREATE TABLE IF NOT EXISTS mastery_history (
    institution_id BIGINT NOT NULL,
    student_id BIGINT NOT NULL,
    concept_id BIGINT NOT NULL,
    week DATE NOT NULL,
    model_id BIGINT,
    mastery_score REAL NOT NULL,
    mastery_low REAL NOT NULL,
    mastery_high REAL NOT NULL,
    total_attempts INTEGER NOT NULL,
    correct_attempts INTEGER NOT NULL,
    CONSTRAINT mastery_history_pk PRIMARY KEY (institution_id, student_id, concept_id, week),
    CONSTRAINT mastery_history_week_check CHECK (extract(isodow FROM week) = 1),
    CONSTRAINT mastery_history_mastery_score_check CHECK (mastery_score BETWEEN 0 AND 100),
    CONSTRAINT mastery_history_mastery_low_check CHECK (mastery_low BETWEEN 0 AND 100),
    CONSTRAINT mastery_history_mastery_high_check CHECK (mastery_high BETWEEN 0 AND 100),
    CONSTRAINT mastery_history_interval_check CHECK (mastery_low <= mastery_score AND mastery_score <= mastery_high),
    CONSTRAINT mastery_history_attempts_check CHECK (correct_attempts BETWEEN 0 AND total_attempts)
);
"""
TIED = "mastery_history_concept_mastery_fk"
TIE = (
    "FOREIGN KEY(institution_id, student_id, concept_id) "
    "REFERENCES concept_mastery (institution_id, student_id, concept_id) ON DELETE CASCADE"
)
COMMENT = "mastery of a student on a concept at the end of each week with an answer, by what scores it now"
COMMENTS = {
    "institution_id": "institution that the row belongs to",
    "student_id": "whose mastery",
    "concept_id": "of what",
    "week": "Monday on which the week begins, in the institution''s time zone",
    "model_id": ("model that scored it; a row of another than the one that serves is out of date; null: the rule"),
    "mastery_score": "0-100: after the last attempt of the week",
    "mastery_low": "lower end of the score''s 90% interval, 0-100",
    "mastery_high": "upper end of the score''s 90% interval, 0-100",
    "total_attempts": "attempts up to then",
    "correct_attempts": "right ones among them",
}
POLICIES = {
    "server": "TO edukit_owner, edukit_app USING (true) WITH CHECK (true)",
    "seen": (
        "FOR SELECT TO edukit_viewer, edukit_analyst USING ("
        "mastery_history.institution_id = (SELECT viewer_institution()) AND ("
        "(SELECT viewer_is('admin', 'analyst')) OR student_id IN (SELECT viewer_students())))"
    ),
}
# Models are not everybody's to see, but which of them it is that speaks must be told beside what it says.
SCORED_BY = """
CREATE FUNCTION mastery_scored_by(of_institution bigint, of_format integer DEFAULT NULL) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.id FROM public.mastery_models m
    WHERE m.institution_id = of_institution AND m.status = 'serving' AND (of_format IS NULL OR m.format = of_format)
    AND CASE
        WHEN starts_with(session_user, 'edukit_v_') THEN of_institution = (SELECT public.viewer_institution())
        ELSE true END
$$;
COMMENT ON FUNCTION mastery_scored_by(bigint, integer) IS
    'model that scores mastery at an institution, if its parameters are written so; null: the rule does';
REVOKE EXECUTE ON FUNCTION mastery_scored_by(bigint, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mastery_scored_by(bigint, integer) TO edukit_app, edukit_viewer, edukit_analyst;
"""


def upgrade() -> None:
    """Make the table, empty until mastery is next computed, and let who sees a student's mastery see its past."""
    with op.get_context().autocommit_block():
        op.execute(TABLE)
        op.execute(
            f"ALTER TABLE mastery_history DROP CONSTRAINT IF EXISTS {TIED}, ADD CONSTRAINT {TIED} {TIE} NOT VALID"
        )
        op.execute(f"ALTER TABLE mastery_history VALIDATE CONSTRAINT {TIED}")
    op.execute("ALTER TABLE mastery_history ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    for name, rule in POLICIES.items():
        op.execute(f"CREATE POLICY {name} ON mastery_history {rule}")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON mastery_history TO edukit_app")
    op.execute("GRANT SELECT ON mastery_history TO edukit_viewer, edukit_analyst")
    op.execute(f"COMMENT ON TABLE mastery_history IS '{COMMENT}'")
    for column, comment in COMMENTS.items():
        op.execute(f"COMMENT ON COLUMN mastery_history.{column} IS '{comment}'")
    op.execute(SCORED_BY)


def downgrade() -> None:
    """Forget the past of mastery: it is in the attempts, and is computed from them again."""
    op.execute("DROP FUNCTION mastery_scored_by(bigint, integer)")
    op.execute("DROP TABLE mastery_history")
