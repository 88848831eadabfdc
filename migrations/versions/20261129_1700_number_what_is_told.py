"""Let the outbox keep by which transaction something has changed: a row itself knows the savepoint alone."""

from alembic import op

revision = "20261129_1700"
down_revision = "20261129_1600"


def upgrade() -> None:
    """Add the column; what waits now is taken for changed now."""
    op.execute("ALTER TABLE outbox ADD COLUMN transaction BIGINT DEFAULT pg_current_xact_id()::text::bigint NOT NULL")
    op.execute("COMMENT ON COLUMN outbox.transaction IS 'number of the transaction that changed it'")


def downgrade() -> None:
    """Forget it."""
    op.execute("ALTER TABLE outbox DROP COLUMN transaction")
