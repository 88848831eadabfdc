"""Health: what doctor and /health say, well and ill."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psycopg

from edukit.models import Base
from edukit.models.mastery import LEAST_FITTED
from edukit.ops import migrate
from edukit.ops.health import examine, pulse_postgres, pulse_redis

if TYPE_CHECKING:
    from conftest import Database, House

ANSWERED = """
    INSERT INTO question_attempts (institution_id, id, student_id, question_id, sequence, is_correct)
    SELECT %(here)s, gen_random_uuid(), 1, 1, n, true FROM generate_series(1, %(answers)s) n"""
NOWHERE = "postgresql://nobody:secret@127.0.0.1:1/none"


def test_a_healthy_house(database: Database, house: House) -> None:
    """Both answer, the schema is the newest, rows are counted, and the report is JSON."""
    found = examine(database.admin_url, house.stores.redis_url)
    assert found.healthy
    assert found.revision == migrate.newest()
    assert found.rows["question_attempts"] == 0
    assert all(state.version and not state.trouble for state in found.extensions.values())
    assert json.loads(json.dumps(found.as_dict()))["healthy"] is True


def test_rows_of_every_table_are_listed(database: Database, house: House) -> None:
    """Each table has a line, also those of extensions; the numbers stand below one another, and views are left out."""
    found = examine(database.admin_url, house.stores.redis_url)
    # Minted logins are the database's own, and no model's.
    tables = {name for name, table in Base.metadata.tables.items() if not table.info.get("view")} | {"viewers"}
    assert set(found.rows) == tables
    told = str(found).splitlines()
    lines = told[told.index(f"rows: 0 in {len(tables)} tables") + 1 :]
    assert [line.split()[0] for line in lines] == sorted(tables)
    assert len({len(line) for line in lines}) == 1


def test_who_lacks_a_model_is_told(database: Database, house: House) -> None:
    """An institution with enough answers, open, and without a model that serves is named with the next step."""
    with psycopg.connect(database.admin_url) as connection:
        for here, name, answers in ((1, "Fewer", LEAST_FITTED - 1), (2, "Enough", LEAST_FITTED)):
            connection.execute("INSERT INTO institutions (id, name) VALUES (%s, %s)", [here, name])
            connection.execute(
                "INSERT INTO users (institution_id, id, role, name) VALUES (%s, 1, 'student', 'S')", [here]
            )
            connection.execute("INSERT INTO students (institution_id, id) VALUES (%s, 1)", [here])
            connection.execute("INSERT INTO questions (institution_id, id) VALUES (%s, 1)", [here])
            connection.execute(ANSWERED, {"here": here, "answers": answers})
    found = examine(database.admin_url, house.stores.redis_url)
    assert found.healthy
    assert found.mastery_by_rule == ["Enough"]
    assert "a rule scores it at Enough, which has answers enough for a model (edukit models refit mastery)" in str(
        found
    )


def test_an_old_schema_is_not_healthy(database: Database, house: House) -> None:
    """A database without the newest schema is told apart from a healthy one."""
    migrate.downgrade(database.admin_url, "base")
    found = examine(database.admin_url, house.stores.redis_url)
    assert not found.healthy
    assert found.postgres.ok
    assert found.revision is None


def test_a_store_that_is_gone_is_told(house: House) -> None:
    """Neither raises: each says that it does not answer, and why, without the password."""
    for answer in (pulse_postgres(NOWHERE), pulse_redis("redis://:secret@127.0.0.1:1/0")):
        assert not answer.ok
        assert answer.detail
        assert "secret" not in answer.detail
    assert not examine(NOWHERE, "redis://127.0.0.1:1/0").healthy
