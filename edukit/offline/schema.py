"""The part of the schema that offline work needs, as SQLite takes it.

Its tables are made from the models: columns, keys, checks and indexes are the same by construction. What
SQLite spells otherwise stands here. Its tables are STRICT, or a number could be a text; of the types that
these know, a truth value and a small number are whole numbers within bounds, and what has no type of its own
(moment, day, UUID, JSON) is the text that SQLAlchemy writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    INTEGER,
    REAL,
    TEXT,
    Boolean,
    CheckConstraint,
    DefaultClause,
    Float,
    Integer,
    MetaData,
    SmallInteger,
    text,
)

from edukit import models
from edukit.db.base import NAMES, UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column, Table
    from sqlalchemy.types import TypeEngine

# What a lesson needs. What others decide on or must be told at once (grievances, risk, assignments and their
# feedback, the ledger of points) is worked on with a connection. Closed under foreign keys.
MODELS = (
    models.Institution, models.Account, models.User, models.Profile, models.Student,
    models.Class, models.ClassTeacher, models.Enrolment,
    models.Topic, models.TopicPrerequisite, models.Concept, models.Question, models.QuestionConcept,
    models.QuestionAttempt, models.ConceptMastery, models.StudyPlan, models.StudyPlanItem, models.StudyItem,
    models.SyncOperation,
)  # fmt: skip
"""The models whose tables an offline store has."""

# With six decimals, as SQLAlchemy writes moments: text then sorts as time.
NOW = "(strftime('%Y-%m-%d %H:%M:%f000', 'now'))"
# What checks spell otherwise. SQLite has no word for infinity, and a text is greater than every number.
WORDS = {"'Infinity'": "9e999", "jsonb_typeof(": "json_type("}
# Where words are not enough: the same rule, by the name of the check.
CHECKS = {
    "questions_options_check": (
        "CASE json_type(options) WHEN 'array' "
        "THEN json_array_length(options) > max(coalesce(correct_option, 1), 1) ELSE options IS NULL END"
    ),
}
# BigInteger needs none: it is what SQLite's INTEGER holds.
BOUNDS = {Boolean: (0, 1), SmallInteger: (-(2**15), 2**15 - 1), Integer: (-(2**31), 2**31 - 1)}

TOUCH = """
    CREATE TRIGGER {table}_touch AFTER UPDATE ON {table}
    BEGIN
        UPDATE {table} SET updated_at = {now} WHERE {row};
    END
"""
# {lower} comes after {upper}; writers of a file go one at a time, so that no two can close a circle together.
REFUSE_CYCLE = """
    CREATE TRIGGER {table}_refuse_cycle_{event} AFTER {event} ON {table}
    WHEN EXISTS (
        WITH RECURSIVE above (id) AS (
            SELECT NEW.{upper}
            UNION
            SELECT edge.{upper} FROM {table} AS edge JOIN above ON edge.{lower} = above.id
            WHERE edge.institution_id = NEW.institution_id
        )
        SELECT 1 FROM above WHERE id = NEW.{lower}
    )
    BEGIN
        SELECT RAISE(
            ABORT, 'row of {table} would close a circle: a topic cannot, even by way of others, come before itself'
        );
    END
"""
EDGES = (("topics", "id", "parent_id"), ("topic_prerequisites", "topic_id", "prerequisite_id"))


def offline_schema() -> MetaData:
    """The tables of an offline store, with their checks and indexes, for SQLite."""
    schema = MetaData(naming_convention=NAMES)
    for model in MODELS:
        _suit(models.Base.metadata.tables[model.__tablename__].to_metadata(schema))
    return schema


def triggers(schema: MetaData) -> Iterator[str]:
    """The statements that make what PostgreSQL's triggers see to: ``updated_at``, and no circle of topics."""
    for table in schema.sorted_tables:
        if "updated_at" in table.columns:
            row = " AND ".join(f"{key.name} = NEW.{key.name}" for key in table.primary_key)
            yield TOUCH.format(table=table.name, now=NOW, row=row)
    for name, lower, upper in EDGES:
        for event in ("INSERT", "UPDATE"):
            yield REFUSE_CYCLE.format(table=name, event=event, lower=lower, upper=upper)


def _suit(table: Table) -> None:
    """Change a copy of a model's table into what SQLite can keep as strictly as PostgreSQL does."""
    # Without a rowid: it would stand in for a primary key of one whole number that was not given.
    table.dialect_options["sqlite"].update(strict=True, with_rowid=False)
    for check in table.constraints:
        if isinstance(check, CheckConstraint):
            plain = str(check.sqltext)
            for word, ours in WORDS.items():
                plain = plain.replace(word, ours)
            check.sqltext = text(CHECKS.get(str(check.name), plain))
    for column in table.columns:
        _suit_column(table, column)


def _suit_column(table: Table, column: Column[Any]) -> None:
    if bounds := BOUNDS.get(type(column.type)):
        rule = "{} BETWEEN {} AND {}".format(column.name, *bounds)
        table.append_constraint(CheckConstraint(rule, name=f"{column.name}_bounds"))
    if isinstance(column.type, UtcDateTime) and column.server_default is not None:
        column.server_default = DefaultClause(text(NOW))
    column.type = _stored(column.type)


def _stored(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    if isinstance(kind, Boolean | Integer):
        return INTEGER()
    return REAL() if isinstance(kind, Float) else TEXT()
