"""Validate the constraints that the last migration added, and index usernames, while others read and write."""

from alembic import op

revision = "20261121_1110"
down_revision = "20261121_1100"

CONSTRAINTS = [
    ("accounts", "accounts_name_check"),
    ("questions", "questions_correct_option_check"),
    ("questions", "questions_difficulty_level_check"),
    ("questions", "questions_options_check"),
    ("topics", "topics_estimated_hours_check"),
    ("topics", "topics_exam_weight_check"),
    ("topics", "topics_unlock_xp_check"),
    ("students", "students_available_hours_per_day_check"),
    ("students", "students_users_fk"),
    ("class_teachers", "class_teachers_classes_fk"),
    ("class_teachers", "class_teachers_users_fk"),
    ("concept_mastery", "concept_mastery_concepts_fk"),
    ("concept_mastery", "concept_mastery_students_fk"),
    ("enrolments", "enrolments_classes_fk"),
    ("enrolments", "enrolments_students_fk"),
    ("question_attempts", "question_attempts_selected_option_check"),
    ("question_attempts", "question_attempts_xp_earned_check"),
    ("question_concepts", "question_concepts_concepts_fk"),
    ("question_concepts", "question_concepts_questions_fk"),
]


def upgrade() -> None:
    """Validate, a transaction a table; build the index concurrently."""
    with op.get_context().autocommit_block():
        for table, constraint in CONSTRAINTS:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}")
        op.execute("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS accounts_username_key ON accounts (lower(username))")


def downgrade() -> None:
    """Drop the index; a validated constraint goes with its column."""
    op.execute("DROP INDEX IF EXISTS accounts_username_key")
