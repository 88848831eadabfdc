"""Frames of mastery over time: where a student stood week by week, and what has changed of late."""

from __future__ import annotations

from edukit.queries.frames.frame import MOMENT, Column, Frame

_DAY = "datetime64[s]"
_CONCEPT = (
    Column("concept_id", "int64", "id of the concept"),
    Column("topic", "str", "topic of the concept"),
    Column("concept", "str", "name of the concept"),
    Column("concept_order", "int64", "place of the concept in the curriculum, among those asked for"),
)

MASTERY_HISTORY = Frame(
    "mastery_history",
    (
        *_CONCEPT,
        Column("week_start", _DAY, "Monday of a week with an answer, by the institution's calendar"),
        Column("mastery_score", "float64", "0-100: after the last answer of the week"),
        Column("mastery_low", "float64", "lower end of the score's 90% interval, 0-100"),
        Column("mastery_high", "float64", "upper end of the score's 90% interval, 0-100"),
        Column("level", "str", "beginning, developing, proficient or mastered"),
        Column("total_attempts", "int64", "answers on the concept up to then"),
        Column("correct_attempts", "int64", "right ones among them"),
    ),
)

MASTERY_DATES = Frame(
    "mastery_dates",
    (
        *_CONCEPT,
        Column("state", "str", "mastered, lost again, or not yet"),
        Column("mastered_week", _DAY, "Monday of the week in which it was mastered last; missing: not", nullable=True),
        Column("mastered_after", "Int64", "answers on the concept up to that week's end; missing: not", nullable=True),
        Column("mastered_score", "float64", "0-100: the score at that week's end", nullable=True),
        Column("mastered_low", "float64", "lower end of that score's 90% interval, 0-100", nullable=True),
        Column("mastered_high", "float64", "upper end of that score's 90% interval, 0-100", nullable=True),
        Column("lost_week", _DAY, "Monday of the week in which it was lost after that", nullable=True),
        Column("times_mastered", "int64", "how often it was mastered, by the ends of the past year's weeks"),
        Column("times_lost", "int64", "how often it was lost again, by the same"),
        Column("total_attempts", "int64", "answers on the concept up to the end of the last week with one"),
        Column("words", "str", "the same in words"),
    ),
)

MASTERY_CHANGES = Frame(
    "mastery_changes",
    (
        Column("student_id", "int64", "id of the student"),
        Column("student", "str", "name of the student"),
        *_CONCEPT,
        Column("direction", "str", "rose or fell"),
        Column("change", "float64", "points, -100 to 100: the score now less the score then"),
        Column("since", _DAY, "Monday at whose beginning then is, by the institution's calendar"),
        Column("score_then", "float64", "0-100: the score when that week began"),
        Column("low_then", "float64", "lower end of that score's 90% interval, 0-100"),
        Column("high_then", "float64", "upper end of that score's 90% interval, 0-100"),
        Column("level_then", "str", "level then: beginning, developing, proficient or mastered"),
        Column("mastery_score", "float64", "0-100: the score now, outside of that interval"),
        Column("mastery_low", "float64", "lower end of the score's 90% interval, 0-100"),
        Column("mastery_high", "float64", "upper end of the score's 90% interval, 0-100"),
        Column("level", "str", "level now: beginning, developing, proficient or mastered"),
        Column("answers_since", "int64", "answers on the concept since then"),
        Column("right_since", "int64", "right ones among them"),
        Column("last_attempted_at", MOMENT, "latest answer"),
        Column("reason", "str", "the same in words"),
    ),
)
