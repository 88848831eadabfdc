"""The columns of every frame that edukit gives out, declared once: name, type, meaning with unit, nullable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOMENT = "datetime64[us, UTC]"


@dataclass(frozen=True)
class Column:
    """One column: its pandas dtype, and what it means, with its unit."""

    name: str
    dtype: str
    meaning: str
    nullable: bool = False


@dataclass(frozen=True)
class Frame:
    """A named frame and its columns."""

    name: str
    columns: tuple[Column, ...]

    def of(self, rows: Iterable[Sequence[Any]]) -> pd.DataFrame:
        """The rows as a frame with exactly these columns and types, the same when there are none."""
        return self.typed(pd.DataFrame(list(rows), columns=[column.name for column in self.columns], dtype=object))

    def typed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """A frame that has the columns, in any order and type: in the declared ones."""
        return frame[[column.name for column in self.columns]].astype(
            {column.name: column.dtype for column in self.columns}
        )

    def describe(self) -> pd.DataFrame:
        """The documentation of the columns, as a frame."""
        return pd.DataFrame(
            [(column.name, column.dtype, column.nullable, column.meaning) for column in self.columns],
            columns=["column", "dtype", "nullable", "meaning"],
        )


CLASSES = Frame(
    "classes",
    (
        Column("institution", "str", "name of the institution"),
        Column("class_id", "int64", "id of the class"),
        Column("class_name", "str", "name of the class"),
        Column("subject", "str", "subject taught", nullable=True),
        Column("teachers", "str", "names of its teachers, comma-separated", nullable=True),
        Column("students", "int64", "students enrolled now"),
        Column("attempts", "int64", "answers given for the class"),
        Column("correct_attempts", "int64", "right ones among them"),
        Column("last_attempted_at", MOMENT, "latest of these answers; missing: none, or times unknown", nullable=True),
    ),
)

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

FRAMES = {frame.name: frame for frame in (CLASSES, CLASS_MASTERY, ATTEMPTS, TABLES, COLUMNS, SOURCES)}
"""Every frame by its name."""
