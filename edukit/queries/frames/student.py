"""Frames of one student: who they are, what they master, do, hand in and are told."""

from __future__ import annotations

from edukit.queries.frames.frame import MOMENT, Column, Frame

DAY = "datetime64[s]"
"""A day of the institution's calendar: its midnight, without a time zone."""

STUDENTS = Frame(
    "students",
    (
        Column("student_id", "int64", "id of the student"),
        Column("student", "str", "name of the student"),
        Column("grade", "str", "school year or grade, in the institution's words", nullable=True),
        Column(
            "enrolled_at",
            MOMENT,
            "when they joined the class, or the first of theirs; missing: not known",
            nullable=True,
        ),
    ),
)

STUDENT = Frame(
    "student",
    (
        Column("student_id", "int64", "id of the student"),
        Column("student", "str", "name of the student; a pseudonym of one who has left"),
        Column("institution", "str", "name of the institution"),
        Column("grade", "str", "school year or grade, in the institution's words", nullable=True),
        Column("classes", "str", "classes that they are enrolled in now, comma-separated", nullable=True),
        Column("class_ids", "str", "ids of these classes, comma-separated, in the same order", nullable=True),
        Column("departed_at", MOMENT, "when they left edukit; missing: still here", nullable=True),
        Column("attempts", "int64", "answers, in all classes and on their own"),
        Column("correct_share", "float64", "right ones among them, 0-1; missing: no answers", nullable=True),
        Column("last_attempted_at", MOMENT, "latest answer; missing: none, or times unknown", nullable=True),
        Column("concepts", "int64", "concepts with a mastery score"),
        Column("median_mastery", "float64", "0-100: median of these scores; missing: none", nullable=True),
        Column("points", "int64", "sum of the points awarded"),
        Column("xp", "int64", "sum of the experience points awarded"),
        Column("level", "int64", "level that the experience points reach, from 1"),
        Column("current_streak", "int64", "days in a row with an award, up to today or yesterday"),
        Column("best_streak", "int64", "most days in a row with an award, ever"),
        Column("badges", "int64", "badges earned"),
        Column("today", DAY, "day of the institution's calendar that the streak was looked at"),
    ),
)

STUDENT_MASTERY = Frame(
    "student_mastery",
    (
        Column("concept_id", "int64", "id of the concept"),
        Column("topic", "str", "topic of the concept"),
        Column("concept", "str", "name of the concept"),
        Column("concept_order", "int64", "place of the concept in the curriculum, from 0"),
        Column("mastery_score", "float64", "0-100: chance of a right next answer, times 100"),
        Column("mastery_low", "float64", "lower end of the score's 90% interval, 0-100"),
        Column("mastery_high", "float64", "upper end of the score's 90% interval, 0-100"),
        Column("level", "str", "beginning, developing, proficient or mastered", nullable=True),
        Column("total_attempts", "int64", "answers that the score rests on"),
        Column("correct_attempts", "int64", "right ones among them"),
        Column("last_attempted_at", MOMENT, "latest answer; missing: times unknown", nullable=True),
    ),
)

ACTIVITY = Frame(
    "activity",
    (
        Column("active_on", DAY, "day with an answer or work handed in, in the institution's time zone"),
        Column("attempts", "int64", "answers on that day"),
        Column("correct_attempts", "int64", "right ones among them"),
        Column("minutes", "float64", "minutes spent on those answers whose time is known"),
        Column("submissions", "int64", "pieces of work handed in on that day"),
    ),
)

SUBMISSIONS = Frame(
    "submissions",
    (
        Column("assignment_id", "int64", "id of the assignment"),
        Column("assignment", "str", "title of the assignment"),
        Column("class_id", "int64", "id of the class that it was set"),
        Column("class_name", "str", "name of that class"),
        Column("due_at", MOMENT, "when it must be handed in; missing: open", nullable=True),
        Column(
            "state",
            "str",
            "open, missing, handed in (not due yet, or by who has left), waiting for feedback, or has feedback: of the "
            "latest",
        ),
        Column("submissions", "int64", "how often it was handed in"),
        Column("submission_id", "str", "id of the latest submission; missing: none", nullable=True),
        Column("submitted_at", MOMENT, "when the latest was handed in; missing: none", nullable=True),
        Column("first_submitted_at", MOMENT, "when the first was handed in; missing: none", nullable=True),
        Column("late", "boolean", "whether the first came after it was due; missing: none", nullable=True),
        Column("score", "float64", "mark of the latest, 0-100; missing: not marked", nullable=True),
        Column("code_quality_score", "float64", "code quality of the latest, 0-100; missing: no code", nullable=True),
        Column("body", "str", "the latest as text; missing: elsewhere, erased, or not told", nullable=True),
        Column(
            "github_url", "str", "address of the latest on GitHub; missing: none, erased, or not told", nullable=True
        ),
    ),
)

FEEDBACK = Frame(
    "feedback",
    (
        Column("feedback_id", "str", "id of the feedback"),
        Column("submission_id", "str", "id of the submission that it is about"),
        Column("assignment_id", "int64", "id of the assignment that the submission answers"),
        Column("given_at", MOMENT, "when it was given"),
        Column("teacher_id", "int64", "id of the user who gave it"),
        Column("teacher", "str", "their name"),
        Column("rating", "Int64", "1 (poor) to 5 (excellent); missing: not rated", nullable=True),
        Column("content", "str", "its words; missing: erased, or not told", nullable=True),
        Column("ai_suggested", "bool", "whether the teacher used a model's suggestion"),
        Column("supersedes_id", "str", "id of the earlier feedback that it corrects; missing: none", nullable=True),
        Column("superseded", "bool", "whether a later one corrects it"),
        Column("erased_at", MOMENT, "when its words were erased; missing: they are whole", nullable=True),
    ),
)
