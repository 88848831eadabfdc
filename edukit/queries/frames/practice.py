"""Frames of what students answer, and of the mastery that follows."""

from __future__ import annotations

from edukit.queries.frames.frame import MOMENT, Column, Frame

CLASS_MASTERY = Frame(
    "class_mastery",
    (
        Column("student_id", "int64", "id of the student"),
        Column("student", "str", "name of the student"),
        Column("concept_id", "int64", "id of the concept"),
        Column("topic", "str", "topic of the concept"),
        Column("concept", "str", "name of the concept"),
        Column("concept_order", "int64", "place of the concept in the curriculum, from 0"),
        Column("mastery_score", "float64", "0-100: chance of a right next answer, times 100", nullable=True),
        Column("mastery_low", "float64", "lower end of the score's 90% interval, 0-100", nullable=True),
        Column("mastery_high", "float64", "upper end of the score's 90% interval, 0-100", nullable=True),
        Column("level", "str", "beginning, developing, proficient or mastered", nullable=True),
        Column("total_attempts", "int64", "answers that the score rests on, in all of the student's classes"),
        Column("correct_attempts", "int64", "right ones among them"),
        Column("class_attempts", "int64", "answers given for this class"),
        Column("class_correct", "int64", "right ones among those"),
        Column("last_attempted_at", MOMENT, "latest answer; missing: none, or times unknown", nullable=True),
    ),
)

ATTEMPTS = Frame(
    "attempts",
    (
        Column("attempt_id", "str", "id of the attempt"),
        Column("student_id", "int64", "id of the student"),
        Column("student", "str", "name of the student"),
        Column("class_name", "str", "class that it was given for; missing: on their own", nullable=True),
        Column("question_id", "int64", "id of the question"),
        Column("question", "str", "text of the question, or its key where the source had no text"),
        Column("concepts", "str", "concepts of the question, comma-separated", nullable=True),
        Column("concept_ids", "str", "their ids, comma-separated, in the order of the ids", nullable=True),
        Column("sequence", "int64", "order of a student's attempts"),
        Column("attempted_at", MOMENT, "when; missing: the source had no times", nullable=True),
        Column("is_correct", "bool", "whether the first answer was right without help"),
        Column("time_taken_seconds", "float64", "seconds to the answer", nullable=True),
        Column("hint_count", "Int64", "hints asked for", nullable=True),
        Column("confidence", "float64", "the student's own, 0-1", nullable=True),
        Column("answer", "str", "answer as given", nullable=True),
    ),
)
