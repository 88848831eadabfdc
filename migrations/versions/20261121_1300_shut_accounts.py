"""Let an account be disabled and signed out: nobody signs in by it, or by what is older; what its users did stays."""

from alembic import op

revision = "20261121_1300"
down_revision = "20261121_1200"

COMMENTS = {
    "disabled_at": "when it was disabled, so that nobody signs in by it (UTC); null: it is enabled",
    "signed_out_at": "when it was signed out everywhere: what was signed in before counts no more (UTC); null: never",
}


def upgrade() -> None:
    """Add the columns; they are the application's reading alone, as the hash is."""
    for column, comment in COMMENTS.items():
        op.execute(f"ALTER TABLE accounts ADD COLUMN {column} TIMESTAMP WITH TIME ZONE")
        op.execute(f"COMMENT ON COLUMN accounts.{column} IS '{comment}'")


def downgrade() -> None:
    """Drop them again."""
    for column in COMMENTS:
        op.execute(f"ALTER TABLE accounts DROP COLUMN {column}")
