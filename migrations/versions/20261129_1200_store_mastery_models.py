"""Store the fitted models that score mastery."""

from alembic import op

revision = "20261129_1200"
down_revision = "20261129_0800"

# Packed arrays: PostgreSQL would try in vain to compress them once more.
TABLE = """
CREATE TABLE IF NOT EXISTS mastery_models (
    institution_id BIGINT NOT NULL,
    id BIGINT NOT NULL,
    status TEXT NOT NULL,
    format INTEGER NOT NULL,
    parameters JSONB NOT NULL,
    first_attempted_at TIMESTAMP WITH TIME ZONE,
    last_attempted_at TIMESTAMP WITH TIME ZONE,
    attempts INTEGER NOT NULL,
    students INTEGER NOT NULL,
    metrics JSONB DEFAULT '{}' NOT NULL,
    fitted_at TIMESTAMP WITH TIME ZONE NOT NULL,
    validated_at TIMESTAMP WITH TIME ZONE,
    approved_by BIGINT,
    CONSTRAINT mastery_models_pk PRIMARY KEY (institution_id, id),
    CONSTRAINT mastery_models_status_check CHECK (status IN ('candidate', 'serving', 'retired')),
    CONSTRAINT mastery_models_format_check CHECK (format >= 1),
    CONSTRAINT mastery_models_parameters_check CHECK (jsonb_typeof(parameters) = 'object'),
    CONSTRAINT mastery_models_metrics_check CHECK (jsonb_typeof(metrics) = 'object'),
    CONSTRAINT mastery_models_window_check CHECK (last_attempted_at >= first_attempted_at),
    CONSTRAINT mastery_models_size_check CHECK (attempts >= 0 AND students >= 0),
    CONSTRAINT mastery_models_validated_check CHECK (status <> 'serving' OR validated_at IS NOT NULL)
);
ALTER TABLE mastery_models ALTER COLUMN parameters SET STORAGE EXTERNAL;
"""
COMMENT = "fitted models that score mastery: what each was fitted to, and how well it predicts"
COMMENTS = {
    "institution_id": "institution that the row belongs to",
    "id": "id of the model",
    "status": "candidate, serving or retired; one of an institution serves",
    "format": "number of the way in which parameters are written",
    "parameters": "the model: weights, trees and counts of answers, as packed arrays",
    "first_attempted_at": "earliest attempt that it was fitted to (UTC); null: no time is known",
    "last_attempted_at": "latest attempt that it was fitted to (UTC); null: no time is known",
    "attempts": "attempts that it was fitted to",
    "students": "students whose attempts those are",
    "metrics": "how well it predicts students that it was not fitted to, beside others; by name",
    "fitted_at": "when it was fitted (UTC)",
    "validated_at": "when it was tried on other students (UTC); null: not yet",
    "approved_by": "user who let it serve; null: the command that validated it, or nobody yet",
}
INDEX = "mastery_models_in_use_key"
# Counts of answers that few gave tell of those few: who sees every answer of the institution sees its models.
POLICIES = {
    "server": "TO edukit_owner, edukit_app USING (true) WITH CHECK (true)",
    "seen": (
        "FOR SELECT TO edukit_viewer, edukit_analyst USING ("
        "mastery_models.institution_id = (SELECT viewer_institution()) AND (SELECT viewer_is('admin', 'analyst')))"
    ),
}


def upgrade() -> None:
    """Make the table, tie it, and let who sees every answer see it."""
    with op.get_context().autocommit_block():
        op.execute(TABLE)
        _tie("mastery_models_institutions_fk", "FOREIGN KEY(institution_id) REFERENCES institutions (id)")
        _tie(
            "mastery_models_users_fk",
            "FOREIGN KEY(institution_id, approved_by) REFERENCES users (institution_id, id)",
        )
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")
        op.execute(
            f"CREATE UNIQUE INDEX CONCURRENTLY {INDEX} ON mastery_models (institution_id, status) "
            "WHERE status <> 'retired'"
        )
    op.execute("ALTER TABLE mastery_models ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    for name, rule in POLICIES.items():
        op.execute(f"CREATE POLICY {name} ON mastery_models {rule}")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON mastery_models TO edukit_app")
    op.execute("GRANT SELECT ON mastery_models TO edukit_viewer, edukit_analyst")
    op.execute(f"COMMENT ON TABLE mastery_models IS '{COMMENT}'")
    for column, comment in COMMENTS.items():
        op.execute(f"COMMENT ON COLUMN mastery_models.{column} IS '{comment}'")


def downgrade() -> None:
    """Forget the models: mastery is scored by the rule again, when it is next computed."""
    op.execute("DROP TABLE mastery_models")


def _tie(name: str, rule: str) -> None:
    """Put a constraint in the place of one of its name, and hold it against the rows that are there."""
    op.execute(f"ALTER TABLE mastery_models DROP CONSTRAINT IF EXISTS {name}, ADD CONSTRAINT {name} {rule} NOT VALID")
    op.execute(f"ALTER TABLE mastery_models VALIDATE CONSTRAINT {name}")
