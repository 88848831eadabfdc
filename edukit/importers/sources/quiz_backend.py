"""The XP and quiz backend: where its models and fields live now."""

from __future__ import annotations

from edukit.importers.sources.place import COMPUTED, DERIVED, Places, at, keyed, stamped, stamps

RECORDED = "of the figure that the source had computed"

PLACES: Places = {
    "students": {
        "id": at("students.id", note="the user's: the source's student and user become one person"),
        "user_id": keyed("users"),
        "email": at("accounts.email", note="unique across institutions, whatever its case"),
        "name": at("users.name"),
        "grade_level": at("students.grade"),
        "total_xp": at("student_points.xp", "progress_records.score", note=COMPUTED),
        "current_streak": at("student_points.current_streak", "progress_records.score", note=COMPUTED),
        "best_streak": at("student_points.best_streak", "progress_records.score", note=COMPUTED),
        **stamps("students"),
    },
    "parents": {
        "id": at("users.id", note="edukit's own; found again by the source's user_id"),
        "user_id": keyed("users"),
        "email": at("accounts.email", note="unique across institutions, whatever its case"),
        "name": at("users.name", note="a user with the role parent"),
        "phone": at("profiles.phone"),
        **stamps("users"),
    },
    "student_parent_link": {
        "id": at("guardianships.guardian_id", "guardianships.student_id", note="the two together are the key"),
        "student": at("guardianships.student_id"),
        "parent": at("guardianships.guardian_id"),
        **stamped("guardianships.created_at"),
    },
    "chapters": {
        "id": at("topics.code", "topics.source_key", note="the text; topics.id is edukit's own"),
        "name": at("topics.name"),
        "description": at("topics.description"),
        "subject": at("topics.parent_id", note="the subject is the topic above it"),
        "order": at("topics.position", note="from 0"),
        "is_locked": at("topics.is_locked"),
        "unlock_xp_required": at("topics.unlock_xp"),
        **stamps("topics"),
    },
    "questions": {
        "id": keyed("questions"),
        "quiz_id": at("questions.source_key", note="unique in the source as well: it is the key"),
        "chapter": at(
            "question_concepts.concept_id", "concepts.topic_id", note="by the concept of the chapter that it asks for"
        ),
        "question_text": at("questions.body"),
        "options": at("questions.options", note="two or more, not four only"),
        "correct_answer_index": at("questions.correct_option", note="from 0, as there"),
        "explanation": at("questions.explanation"),
        "image_url": at("questions.image_url"),
        "difficulty_level": at("questions.difficulty_level"),
        **stamps("questions"),
    },
    "quiz_submissions": {
        "id": at("question_attempts.id", note=DERIVED),
        "student": at("question_attempts.student_id"),
        "question": at("question_attempts.question_id"),
        "selected_answer_index": at("question_attempts.selected_option", note="from 0, as there"),
        "is_correct": at("question_attempts.is_correct"),
        "xp_earned": at("question_attempts.xp_earned"),
        "time_taken_seconds": at("question_attempts.time_taken_seconds"),
        "submitted_at": at(
            "question_attempts.attempted_at", "question_attempts.sequence", note="the moment, and the order by it"
        ),
        **stamped("question_attempts.attempted_at"),
    },
    "student_progress": {
        "id": at("topic_progress.student_id", "topic_progress.topic_id", note="the two together are the key"),
        "student": at("topic_progress.student_id"),
        "chapter": at("topic_progress.topic_id"),
        "mastery_score": at("topic_progress.mastery_score", "progress_records.score", note=COMPUTED),
        "questions_completed": at("topic_progress.questions_completed", "progress_records.details", note=COMPUTED),
        "questions_correct": at("topic_progress.questions_correct", "progress_records.details", note=COMPUTED),
        "last_answered_at": at("topic_progress.last_answered_at"),
        **stamped("progress_records.recorded_at", note=RECORDED),
    },
    "daily_analytics": {
        "id": at("daily_activity.student_id", "daily_activity.active_on", note="the two together are the key"),
        "student": at("daily_activity.student_id"),
        "date": at("daily_activity.active_on", note="in the institution's time zone"),
        "questions_answered": at("daily_activity.questions_answered", "progress_records.score", note=COMPUTED),
        "questions_correct": at("daily_activity.questions_correct", "progress_records.details", note=COMPUTED),
        "xp_earned": at("daily_activity.xp_earned", "progress_records.details", note=COMPUTED),
        "time_spent_minutes": at("daily_activity.time_spent_minutes", "progress_records.details", note=COMPUTED),
        "streak_count": at("daily_activity.streak_count", "progress_records.details", note=COMPUTED),
        **stamped("progress_records.recorded_at", note=RECORDED),
    },
}
