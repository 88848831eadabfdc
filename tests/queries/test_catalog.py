"""The schema as frames: what the catalog says, and what the models say, are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from edukit.db.session import session_for
from edukit.errors import NotFound
from edukit.models import Base
from edukit.queries.catalog import columns, domains, tables

if TYPE_CHECKING:
    from conftest import Database
    from sqlalchemy.orm import Session

METADATA = Base.metadata.tables


def test_every_table_is_listed(session: Session) -> None:
    """Each table and view of the models is there once, with its kind, its domain and the comment of its model."""
    frame = tables(session).set_index("table")
    assert frame.index.is_unique
    assert set(frame.index) == set(METADATA)
    for name, table in METADATA.items():
        assert frame.loc[name, "kind"] == ("view" if table.info.get("view") else "table")
        assert frame.loc[name, "comment"] == table.comment


def test_domains_are_the_modules(session: Session) -> None:
    """A table's domain is the module that defines it; tables of a domain stand together, in the module's order."""
    frame = tables(session)
    told = frame.groupby("domain", sort=False)["table"].apply(list).to_dict()
    assert told == {domain: [table.name for table in members] for domain, members in domains().items()}
    assert told["risk"] == ["risk_models", "risk_predictions", "risk_responses", "interventions"]


def test_a_table_of_nobody_is_listed(database: Database) -> None:
    """A table that no model knows stands at the end, without domain; alembic's own and that of logins are left out."""
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("CREATE TABLE a_stranger (x int)")
    with session_for(database.app) as session:
        last = tables(session).iloc[-1]
        assert last["table"] == "a_stranger"
        assert last[["domain", "comment", "estimated_rows"]].isna().all()


def test_rows_are_estimated_once_analysed(database: Database) -> None:
    """Rows are unknown until the table is analysed, and then what the statistics say."""
    with session_for(database.app) as session:
        assert tables(session)["estimated_rows"].isna().all()
    with psycopg.connect(database.admin_url) as connection:
        connection.execute("INSERT INTO institutions (id, name) SELECT i, 'School ' || i FROM generate_series(1, 7) i")
        connection.execute("ANALYZE institutions")
    with session_for(database.app) as session:
        assert tables(session).set_index("table").loc["institutions", "estimated_rows"] == 7


def test_columns_are_those_of_the_models(session: Session) -> None:
    """Name, order, nullability, key and comment of each column are those of its model."""
    frame = columns(session)
    for name, table in METADATA.items():
        own = frame[frame["table"] == name].set_index("column")
        assert set(own.index) == set(table.columns.keys())
        for column in table.columns:
            assert own.loc[column.name, "comment"] == column.comment
            if not table.info.get("view"):
                assert own.loc[column.name, "nullable"] == column.nullable
                assert own.loc[column.name, "in_key"] == column.primary_key


def test_references_are_those_of_the_models(session: Session) -> None:
    """A column refers to what its foreign keys say, and the institution beside it only where it stands alone."""
    told = {
        (row.table, row.column): row.references for row in columns(session).dropna(subset="references").itertuples()
    }
    wanted: dict[tuple[str, str], set[str]] = {}
    for name, table in METADATA.items():
        for constraint in table.foreign_key_constraints:
            for element in constraint.elements:
                if element.parent.name != "institution_id" or len(constraint.elements) == 1:
                    wanted.setdefault((name, element.parent.name), set()).add(element.target_fullname)
    assert told == {column: ", ".join(sorted(targets)) for column, targets in wanted.items()}
    assert told["class_teachers", "teacher_id"] == "users.id"


def test_one_table_alone(session: Session) -> None:
    """The columns of one table or view are those that the whole list has of it."""
    whole = columns(session)
    for name in ("feedback", "daily_activity"):
        alone = columns(session, table=name)
        assert alone.equals(whole[whole["table"] == name].reset_index(drop=True))
        assert len(alone) == len(METADATA[name].columns)


def test_no_such_table(session: Session) -> None:
    """A table that is not there is said, and where to look."""
    with pytest.raises(NotFound, match=r"no table 'feedbacks'.*tables\(\)"):
        columns(session, table="feedbacks")
