"""Let an account be disabled: nobody signs in by it, and what its users did stays."""

from alembic import op

revision = "20261121_1300"
down_revision = "20261121_1200"

COMMENT = "when it was disabled, so that nobody signs in by it (UTC); null: it is enabled"


def upgrade() -> None:
    """Add the column; whether an account is disabled is the application's reading alone, as its hash is."""
    op.execute("ALTER TABLE accounts ADD COLUMN disabled_at TIMESTAMP WITH TIME ZONE")
    op.execute(f"COMMENT ON COLUMN accounts.disabled_at IS '{COMMENT}'")


def downgrade() -> None:
    """Drop it again."""
    op.execute("ALTER TABLE accounts DROP COLUMN disabled_at")
