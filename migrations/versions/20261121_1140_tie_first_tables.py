"""Tie the first tables to the others: foreign keys that point at them, and guards that hang on them.

Each table is locked by itself, for a moment, and again where that was broken off.
"""

from alembic import op

revision = "20261121_1140"
down_revision = "20261121_1130"

FOREIGN_KEYS = [
    ("badges", "badges_institutions_fk", "FOREIGN KEY(institution_id) REFERENCES institutions (id)"),
    (
        "audit_events",
        "audit_events_users_fk",
        "FOREIGN KEY(institution_id, user_id) REFERENCES users (institution_id, id)",
    ),
    ("audit_events", "audit_events_institutions_fk", "FOREIGN KEY(institution_id) REFERENCES institutions (id)"),
    (
        "documents",
        "documents_users_fk",
        "FOREIGN KEY(institution_id, user_id) REFERENCES users (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "grievance_routing_rules",
        "grievance_routing_rules_users_fk",
        "FOREIGN KEY(institution_id, authority_id) REFERENCES users (institution_id, id)",
    ),
    (
        "grievance_routing_rules",
        "grievance_routing_rules_institutions_fk",
        "FOREIGN KEY(institution_id) REFERENCES institutions (id)",
    ),
    (
        "profiles",
        "profiles_users_fk",
        "FOREIGN KEY(institution_id, user_id) REFERENCES users (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "progress_records",
        "progress_records_users_fk",
        "FOREIGN KEY(institution_id, user_id) REFERENCES users (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "risk_models",
        "risk_models_users_fk",
        "FOREIGN KEY(institution_id, approved_by) REFERENCES users (institution_id, id)",
    ),
    ("risk_models", "risk_models_institutions_fk", "FOREIGN KEY(institution_id) REFERENCES institutions (id)"),
    (
        "study_items",
        "study_items_users_fk",
        "FOREIGN KEY(institution_id, user_id) REFERENCES users (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "study_items",
        "study_items_topics_fk",
        "FOREIGN KEY(institution_id, topic_id) REFERENCES topics (institution_id, id)",
    ),
    (
        "subscriptions",
        "subscriptions_users_fk",
        "FOREIGN KEY(institution_id, user_id) REFERENCES users (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "sync_operations",
        "sync_operations_users_fk",
        "FOREIGN KEY(institution_id, user_id) REFERENCES users (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "topic_prerequisites",
        "topic_prerequisites_topic_fk",
        "FOREIGN KEY(institution_id, topic_id) REFERENCES topics (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "topic_prerequisites",
        "topic_prerequisites_prerequisite_fk",
        "FOREIGN KEY(institution_id, prerequisite_id) REFERENCES topics (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "assignments",
        "assignments_classes_fk",
        "FOREIGN KEY(institution_id, class_id) REFERENCES classes (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "assignments",
        "assignments_topics_fk",
        "FOREIGN KEY(institution_id, topic_id) REFERENCES topics (institution_id, id)",
    ),
    (
        "chats",
        "chats_users_fk",
        "FOREIGN KEY(institution_id, user_id) REFERENCES users (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "chats",
        "chats_students_fk",
        "FOREIGN KEY(institution_id, student_id) REFERENCES students (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "gamification_events",
        "gamification_events_students_fk",
        "FOREIGN KEY(institution_id, student_id) REFERENCES students (institution_id, id)",
    ),
    (
        "gamification_events",
        "gamification_events_users_fk",
        "FOREIGN KEY(institution_id, user_id) REFERENCES users (institution_id, id)",
    ),
    (
        "gamification_events",
        "gamification_events_classes_fk",
        "FOREIGN KEY(institution_id, class_id) REFERENCES classes (institution_id, id)",
    ),
    (
        "grievances",
        "grievances_students_fk",
        "FOREIGN KEY(institution_id, student_id) REFERENCES students (institution_id, id)",
    ),
    (
        "grievances",
        "grievances_users_fk",
        "FOREIGN KEY(institution_id, assigned_to) REFERENCES users (institution_id, id)",
    ),
    (
        "guardianships",
        "guardianships_users_fk",
        "FOREIGN KEY(institution_id, guardian_id) REFERENCES users (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "guardianships",
        "guardianships_students_fk",
        "FOREIGN KEY(institution_id, student_id) REFERENCES students (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "mentorships",
        "mentorships_users_fk",
        "FOREIGN KEY(institution_id, mentor_id) REFERENCES users (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "mentorships",
        "mentorships_students_fk",
        "FOREIGN KEY(institution_id, student_id) REFERENCES students (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "risk_predictions",
        "risk_predictions_students_fk",
        "FOREIGN KEY(institution_id, student_id) REFERENCES students (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "student_badges",
        "student_badges_students_fk",
        "FOREIGN KEY(institution_id, student_id) REFERENCES students (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "student_points",
        "student_points_students_fk",
        "FOREIGN KEY(institution_id, student_id) REFERENCES students (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "study_plans",
        "study_plans_students_fk",
        "FOREIGN KEY(institution_id, student_id) REFERENCES students (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "grievance_events",
        "grievance_events_actor_fk",
        "FOREIGN KEY(institution_id, actor_id) REFERENCES users (institution_id, id)",
    ),
    (
        "grievance_events",
        "grievance_events_assigned_to_fk",
        "FOREIGN KEY(institution_id, assigned_to) REFERENCES users (institution_id, id)",
    ),
    (
        "interventions",
        "interventions_students_fk",
        "FOREIGN KEY(institution_id, student_id) REFERENCES students (institution_id, id) ON DELETE CASCADE",
    ),
    (
        "interventions",
        "interventions_users_fk",
        "FOREIGN KEY(institution_id, made_by) REFERENCES users (institution_id, id)",
    ),
    (
        "study_plan_items",
        "study_plan_items_topics_fk",
        "FOREIGN KEY(institution_id, topic_id) REFERENCES topics (institution_id, id)",
    ),
    (
        "study_plan_items",
        "study_plan_items_concepts_fk",
        "FOREIGN KEY(institution_id, concept_id) REFERENCES concepts (institution_id, id)",
    ),
    (
        "submissions",
        "submissions_students_fk",
        "FOREIGN KEY(institution_id, student_id) REFERENCES students (institution_id, id)",
    ),
    ("feedback", "feedback_users_fk", "FOREIGN KEY(institution_id, teacher_id) REFERENCES users (institution_id, id)"),
]
TOUCHED = [
    "accounts",
    "classes",
    "concepts",
    "institutions",
    "questions",
    "students",
    "topics",
    "users",
]


def upgrade() -> None:
    """Add the foreign keys and the triggers, a statement each."""
    with op.get_context().autocommit_block():
        for table, name, key in FOREIGN_KEYS:
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}, ADD CONSTRAINT {name} {key} NOT VALID")
            op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}")
        op.execute("""
            CREATE OR REPLACE TRIGGER refuse_cycle AFTER INSERT OR UPDATE OF institution_id, id, parent_id ON topics
            FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION refuse_cycle()""")
        for table in TOUCHED:
            op.execute(
                f"CREATE OR REPLACE TRIGGER touch BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION touch()"
            )


def downgrade() -> None:
    """Take them away again."""
    for table in TOUCHED:
        op.execute(f"DROP TRIGGER touch ON {table}")
    op.execute("DROP TRIGGER refuse_cycle ON topics")
    for table, name, _ in FOREIGN_KEYS:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
