"""Frames of classes."""

from __future__ import annotations

from edukit.queries.frames.frame import MOMENT, Column, Frame

_NAMED = (
    Column("institution", "str", "name of the institution"),
    Column("class_id", "int64", "id of the class"),
    Column("class_name", "str", "name of the class"),
)

CLASS_NAMES = Frame("class_names", _NAMED)

CLASSES = Frame(
    "classes",
    (
        *_NAMED,
        Column("subject", "str", "subject taught", nullable=True),
        Column("teachers", "str", "names of its teachers, comma-separated", nullable=True),
        Column("students", "int64", "students enrolled now"),
        Column("attempts", "int64", "answers given for the class"),
        Column("correct_attempts", "int64", "right ones among them"),
        Column("last_attempted_at", MOMENT, "latest of these answers; missing: none, or times unknown", nullable=True),
    ),
)
