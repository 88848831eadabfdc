"""Validate the constraints that the last migration added, and build indexes, while others read and write."""

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
    ("concept_mastery", "concept_mastery_avg_time_seconds_check"),
    ("concept_mastery", "concept_mastery_concepts_fk"),
    ("concept_mastery", "concept_mastery_students_fk"),
    ("enrolments", "enrolments_classes_fk"),
    ("enrolments", "enrolments_students_fk"),
    ("question_attempts", "question_attempts_selected_option_check"),
    ("question_attempts", "question_attempts_time_taken_seconds_check"),
    ("question_attempts", "question_attempts_xp_earned_check"),
    ("question_concepts", "question_concepts_concepts_fk"),
    ("question_concepts", "question_concepts_questions_fk"),
]
INDEXES = {
    "accounts_username_key": "CREATE UNIQUE INDEX CONCURRENTLY accounts_username_key ON accounts (lower(username))",
    # Who is or was in a class: the unique index knows only those who are.
    "enrolments_class_id_idx": "CREATE INDEX CONCURRENTLY enrolments_class_id_idx ON enrolments (institution_id, class_id)",
}
# NaN and infinity are no times: ">= 0" alone had let them in, and they are unknown now.
TIMES = {"question_attempts": "time_taken_seconds", "concept_mastery": "avg_time_seconds"}


def upgrade() -> None:
    """Validate, a transaction a constraint; build indexes concurrently, anew where that was broken off before."""
    with op.get_context().autocommit_block():
        for table, column in TIMES.items():
            op.execute(f"UPDATE {table} SET {column} = NULL WHERE {column} >= 'Infinity'")
        for table, constraint in CONSTRAINTS:
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}")
        for name, create in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(create)


def downgrade() -> None:
    """Drop the indexes; a validated constraint goes with its column."""
    op.execute(f"DROP INDEX IF EXISTS {', '.join(INDEXES)}")
