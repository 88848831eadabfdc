"""Frames of points: boards, badges, and the ledger that they follow from."""

from __future__ import annotations

from edukit.queries.frames.frame import MOMENT, Column, Frame
from edukit.queries.frames.student import DAY

LEADERBOARD = Frame(
    "leaderboard",
    (
        Column("rank", "int64", "place by points, from 1: equal points share a place and leave out the next ones"),
        Column("student_id", "int64", "id of the student"),
        Column("student", "str", "name of the student"),
        Column("shown_name", "str", "name that classmates see: the student's own by their consent, else 'A classmate'"),
        Column("points", "int64", "sum of the points awarded in this class"),
        Column("recent_points", "int64", "those of the last seven days among them, or of the days asked for"),
        Column("xp", "int64", "experience points, in all classes"),
        Column("level", "int64", "level that the experience points reach, from 1"),
        Column("current_streak", "int64", "days in a row with an award in any class, up to today or yesterday"),
        Column("best_streak", "int64", "most days in a row with an award, ever"),
        Column("badges", "int64", "badges earned"),
        Column("last_active_on", DAY, "day of the latest award, in any class; missing: none yet", nullable=True),
    ),
)

BADGES = Frame(
    "badges",
    (
        Column("badge_id", "int64", "id of the badge"),
        Column("name", "str", "name of the badge"),
        Column("rarity", "str", "common, rare, epic or legendary"),
        Column("description", "str", "what it is given for, in words", nullable=True),
        Column("unlocked_at", MOMENT, "when the student earned it"),
    ),
)

POINTS_LEDGER = Frame(
    "points_ledger",
    (
        Column("event_id", "str", "id of the event"),
        Column("occurred_at", MOMENT, "when it was earned, or taken back"),
        Column("event_type", "str", "submission, feedback, achievement, streak, practice or correction"),
        Column("points", "int64", "points; below 0 in a correction only"),
        Column("xp", "int64", "experience points; below 0 in a correction only"),
        Column("class_id", "Int64", "class on whose board it counts; missing: on none", nullable=True),
        Column("class_name", "str", "name of that class", nullable=True),
        Column("badge", "str", "name of the badge that came with it; missing: none", nullable=True),
        Column("awarded_by", "str", "name of who awarded it; missing: edukit by its rules", nullable=True),
        Column("taken_back", "bool", "whether a correction has taken it back"),
    ),
)
