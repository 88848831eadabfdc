"""Frames of the database itself."""

from __future__ import annotations

from edukit.queries.frames.frame import Column, Frame

TABLES = Frame(
    "tables",
    (
        Column("table", "str", "name of the table or view"),
        Column("kind", "str", "table or view"),
        Column("domain", "str", "what it is about: the module of edukit.models that defines it", nullable=True),
        Column("comment", "str", "what its rows are", nullable=True),
        Column(
            "estimated_rows", "Int64", "rows when last analysed, in all institutions; missing: never", nullable=True
        ),
    ),
)

COLUMNS = Frame(
    "columns",
    (
        Column("table", "str", "name of the table or view"),
        Column("column", "str", "name of the column"),
        Column("type", "str", "type in PostgreSQL"),
        Column("nullable", "bool", "whether it may be null; always so in a view"),
        Column("in_key", "bool", "whether it is part of the primary key"),
        Column("references", "str", "what it refers to, as table.column, comma-separated", nullable=True),
        Column("comment", "str", "what it means, with its unit", nullable=True),
    ),
)

SOURCES = Frame(
    "sources",
    (
        Column("system", "str", "source system"),
        Column("model", "str", "model of the source system"),
        Column("field", "str", "field of that model"),
        Column("table", "str", "table or view in which it lives now"),
        Column("column", "str", "column in which it lives now"),
        Column("type", "str", "type of that column; missing: the server lacks the extension", nullable=True),
        Column("comment", "str", "what that column means, with its unit", nullable=True),
        Column("note", "str", "what is other than in the source; missing: nothing", nullable=True),
    ),
)
