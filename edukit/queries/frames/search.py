"""The frame of the search."""

from __future__ import annotations

from edukit.queries.frames.frame import Column, Frame

FOUND = Frame(
    "find",
    (
        Column("kind", "str", "student or class"),
        Column("id", "int64", "id of the student or of the class"),
        Column("name", "str", "their name"),
        Column("class_id", "Int64", "id of a class that the student is in, or of the class", nullable=True),
        Column("about", "str", "names of a student's classes, or the subject of a class", nullable=True),
    ),
)
