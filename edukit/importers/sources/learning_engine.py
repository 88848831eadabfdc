"""The adaptive learning engine: where its models and fields live now."""

from __future__ import annotations

from edukit.importers.sources.place import COMPUTED, DERIVED, Places, at, keyed, stamped, stamps

PLACES: Places = {
    "users": {
        "id": keyed("users"),
        "username": at("accounts.username", note="unique across institutions, whatever its case"),
        "password_hash": at("accounts.password_hash", note="an Argon2id hash"),
        "role": at("users.role"),
        **stamps("users"),
    },
    "student_profiles": {
        "id": at("students.id", note="the user's: the source's profile and user become one person"),
        "user": at("students.id", note="a student's id is the user's"),
        "grade": at("students.grade"),
        "target_exam": at("students.target_exam"),
        "exam_date": at("students.exam_date"),
        "available_hours_per_day": at("students.available_hours_per_day", note="0-24"),
        "class": at("enrolments.class_id", note="a student may be in several classes, from a day to a day"),
        **stamps("students"),
    },
    "classes": {
        "id": keyed("classes"),
        "teachers": at("class_teachers.teacher_id"),
        **stamps("classes"),
    },
    "topics": {
        "id": keyed("topics"),
        "name": at("topics.name"),
        "parent": at("topics.parent_id"),
        "exam_weightage": at("topics.exam_weight", note="a share, 0-1"),
        "estimated_hours": at("topics.estimated_hours"),
        **stamps("topics"),
    },
    "topic_prerequisites": {
        "id": at("topic_prerequisites.topic_id", "topic_prerequisites.prerequisite_id", note="the two are the key"),
        "topic": at("topic_prerequisites.topic_id"),
        "prerequisite": at("topic_prerequisites.prerequisite_id"),
        **stamped("topic_prerequisites.created_at"),
    },
    "concepts": {
        "id": keyed("concepts"),
        "topic": at("concepts.topic_id"),
        **stamps("concepts"),
    },
    "questions": {
        "id": keyed("questions"),
        "concept": at("question_concepts.concept_id", note="a question may ask for several"),
        "kind": at("questions.kind", values={"MCQ": "multiple_choice", "true/false": "true_false"}),
        **stamps("questions"),
    },
    "question_attempts": {
        "id": at("question_attempts.id", note=DERIVED),
        "student": at("question_attempts.student_id"),
        "question": at("question_attempts.question_id"),
        "answer": at(
            "question_attempts.answer", "question_attempts.selected_option", note="text, or the option chosen"
        ),
        "is_correct": at("question_attempts.is_correct"),
        "time_taken_seconds": at("question_attempts.time_taken_seconds"),
        "confidence": at("question_attempts.confidence", note="a share, 0-1"),
        "timestamp": at(
            "question_attempts.attempted_at", "question_attempts.sequence", note="the moment, and the order by it"
        ),
        **stamped("question_attempts.attempted_at"),
    },
    "concept_mastery": {
        "id": at("concept_mastery.student_id", "concept_mastery.concept_id", note="the two together are the key"),
        "student": at("concept_mastery.student_id"),
        "concept": at("concept_mastery.concept_id"),
        "total_attempts": at("concept_mastery.total_attempts"),
        "correct_attempts": at("concept_mastery.correct_attempts"),
        "avg_time_seconds": at("concept_mastery.avg_time_seconds"),
        "avg_confidence": at("concept_mastery.avg_confidence", note="a share, 0-1"),
        "mastery_score": at("concept_mastery.mastery_score", "progress_records.score", note=COMPUTED),
        **stamped("concept_mastery.computed_at", note="when edukit computed the row"),
    },
    "study_plans": {
        "id": keyed("study_plans"),
        "schedule": at(
            "study_plan_items.planned_on",
            "study_plan_items.topic_id",
            "study_plan_items.minutes",
            note="one row a sitting",
        ),
        **stamps("study_plans"),
    },
    "sync_operations": {
        "id": at("sync_operations.id", note=DERIVED),
        "operation": at(
            "sync_operations.operation", "sync_operations.payload", note="what is done, and the new values"
        ),
        "status": at("sync_operations.status"),
        "timestamp": at("sync_operations.changed_at", note="of two changes to one row the latest wins"),
        "created_at": at("sync_operations.created_at"),
        "updated_at": at("sync_operations.settled_at", note="when it was applied or given up"),
    },
}
