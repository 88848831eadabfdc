"""What every model shares: the declarative base, constraint names, column types and tenant keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, MetaData, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Dialect

NAMES = {
    "pk": "%(table_name)s_pk",
    "fk": "%(table_name)s_%(referred_table_name)s_fk",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
}


class Base(DeclarativeBase):
    """The base of every model; one naming convention names every constraint."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {str: Text}  # noqa: RUF012


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, always aware: SQLite forgets the zone, and a naive time from Python is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Turn a moment into UTC; a naive one is an error of the caller."""
        if value is not None and value.tzinfo is None:
            message = f"{value!r} has no time zone: pass an aware datetime"
            raise ValueError(message)
        return value if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Give back the zone that SQLite lost."""
        if value is None or value.tzinfo is UTC:
            return value
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


Id = Annotated[int, mapped_column(BigInteger, primary_key=True, autoincrement=False)]
"""A 53-bit id made by :mod:`edukit.db.ids`."""
Tenant = Annotated[
    int,
    mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="institution that the row belongs to"),
]
"""The institution, first column of every tenant's primary key."""
Moment = Annotated[datetime, mapped_column(UtcDateTime)]
"""A moment, stored as timestamptz in UTC."""
CreatedAt = Annotated[
    datetime,
    mapped_column(
        UtcDateTime,
        server_default=func.now(),
        comment="when the row was made, in its source where it was imported (UTC)",
    ),
]
UpdatedAt = Annotated[
    datetime,
    mapped_column(
        UtcDateTime, server_default=func.now(), comment="when the row last changed (UTC); the database sets it"
    ),
]
Json = Annotated[dict[str, Any], mapped_column(JSON().with_variant(JSONB(), "postgresql"))]
"""An object of whatever its writer needs to keep; JSONB in PostgreSQL."""
SourceKey = Annotated[
    str | None,
    mapped_column(Text, comment="key in the system that the row was imported from, as source:kind/key; else null"),
]


def one_of(column: str, values: Sequence[str]) -> CheckConstraint:
    """A check that a text column holds one of ``values``: edukit's one style of enumeration."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def within(column: str, low: float, high: float) -> CheckConstraint:
    """A check that a number is null or between ``low`` and ``high``, both included."""
    return CheckConstraint(f"{column} BETWEEN {low} AND {high}", name=column)


def at_least(column: str, low: float) -> CheckConstraint:
    """A check that a number is null or finite and not below ``low``: NaN and infinity are above every number."""
    return CheckConstraint(f"{column} >= {low} AND {column} < 'Infinity'", name=column)


def finite(column: str) -> CheckConstraint:
    """A check that a number is null or finite: neither NaN, which is above every number, nor an infinity."""
    return CheckConstraint(f"{column} > '-Infinity' AND {column} < 'Infinity'", name=column)


def real_moments(*columns: str) -> CheckConstraint:
    """A check that moments are null or on the calendar: an infinite one could never be read, nor mended."""
    return CheckConstraint(" AND ".join(f"isfinite({column})" for column in columns), name="moments")


def json_of(kind: str, column: str) -> CheckConstraint:
    """A check that a JSON column is null or of one kind: ``object`` or ``array``."""
    return CheckConstraint(f"jsonb_typeof({column}) = '{kind}'", name=column)


def to_tenant_row(table: str, column: str, *, referred: str = "id", **options: Any) -> ForeignKeyConstraint:
    """A foreign key ``(institution_id, column)``: it cannot point at another institution's row."""
    return ForeignKeyConstraint(
        ["institution_id", column],
        [f"{table}.institution_id", f"{table}.{referred}"],
        name=options.pop("name", None),
        **options,
    )
