"""Let the outbox tell of grievances, so that whoever may see one hears of its steps."""

from alembic import op

revision = "20261129_0800"
down_revision = "20261121_1400"

TABLE = "of which classes, students and grievances something has changed; the server''s worker empties it"
TABLE_BEFORE = "of which classes and students something has changed; the server''s worker empties it"
SOMETHING = "num_nonnulls(class_id, student_id, grievance_id) >= 1"
SOMETHING_BEFORE = "num_nonnulls(class_id, student_id) >= 1"
# Nobody who looks reads them; who takes a step in a grievance tells of that one.
ADDED_BEFORE = """
    institution_id = (SELECT viewer_institution()) AND (SELECT viewer_is('teacher', 'mentor', 'admin')) AND (
        (student_id IS NULL OR (SELECT viewer_is('admin', 'analyst')) OR student_id IN (SELECT viewer_students()))
        AND (class_id IS NULL OR (SELECT viewer_is('admin', 'analyst')) OR class_id IN (SELECT viewer_classes())))"""
ADDED = f"""{ADDED_BEFORE} AND (
        grievance_id IS NULL OR (SELECT viewer_is('admin')) OR grievance_id IN (SELECT viewer_grievances()))"""


def upgrade() -> None:
    """Add the column, tie it, and let those who take steps tell of them."""
    with op.get_context().autocommit_block():
        op.execute("ALTER TABLE outbox ADD COLUMN IF NOT EXISTS grievance_id UUID")
        _tie(
            "outbox_grievances_fk",
            "FOREIGN KEY(institution_id, grievance_id) REFERENCES grievances (institution_id, id) ON DELETE CASCADE",
        )
        _tie("outbox_of_something_check", f"CHECK ({SOMETHING})")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS outbox_grievance_id_idx")
        op.execute("CREATE INDEX CONCURRENTLY outbox_grievance_id_idx ON outbox (institution_id, grievance_id)")
    op.execute(f"COMMENT ON TABLE outbox IS '{TABLE}'")
    op.execute("COMMENT ON COLUMN outbox.grievance_id IS 'grievance that it is about; null: none'")
    op.execute(f"ALTER POLICY added ON outbox WITH CHECK ({ADDED})")


def downgrade() -> None:
    """Tell of them no more."""
    op.execute(f"ALTER POLICY added ON outbox WITH CHECK ({ADDED_BEFORE})")
    op.execute(f"COMMENT ON TABLE outbox IS '{TABLE_BEFORE}'")
    op.execute("DELETE FROM outbox WHERE num_nonnulls(class_id, student_id) = 0")
    op.execute("ALTER TABLE outbox DROP COLUMN grievance_id")
    with op.get_context().autocommit_block():
        _tie("outbox_of_something_check", f"CHECK ({SOMETHING_BEFORE})")


def _tie(name: str, rule: str) -> None:
    """Put a constraint in the place of one of its name, and hold it against the rows that are there."""
    op.execute(f"ALTER TABLE outbox DROP CONSTRAINT IF EXISTS {name}, ADD CONSTRAINT {name} {rule} NOT VALID")
    op.execute(f"ALTER TABLE outbox VALIDATE CONSTRAINT {name}")
