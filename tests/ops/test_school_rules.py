"""What is set for a school by command: who answers grievances, and who is named on boards."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest
from pydantic import SecretStr

from edukit.errors import ActionError, NotFound
from edukit.ops.school_rules import name_student, route_grievances
from edukit.ops.stores import Stores, open_stores
from edukit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Database, House

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)
# Ms Fern is at both schools, the mentor at the first, and the parent answers nothing.
SCHOOLS = """
    INSERT INTO institutions (id, name) VALUES (1, 'North'), (2, 'South');
    INSERT INTO accounts (id, email) VALUES (3, 'Fern@mail.example'), (4, 'parent@mail.example'),
        (5, 'mentor@mail.example');
    INSERT INTO users (institution_id, id, account_id, role, name) VALUES
        (1, 1, NULL, 'student', 'Zoë [b]'), (1, 3, 3, 'teacher', 'Ms Fern'), (2, 23, 3, 'admin', 'Ms Fern'),
        (1, 4, 4, 'parent', 'P'), (1, 5, 5, 'mentor', 'Mr Moss');
    INSERT INTO students (institution_id, id) VALUES (1, 1);"""
RULES = """
    SELECT institution_id, category, minimum_severity, authority_id, valid_until IS NULL FROM grievance_routing_rules
    ORDER BY valid_from, id"""


@pytest.fixture
def stores(database: Database, house: House) -> Iterator[Stores]:
    """Two small schools."""
    with psycopg.connect(database.admin_url) as admin:
        admin.execute(SCHOOLS)
    with open_stores(Settings(home=house.settings.home, database_url=SecretStr(database.admin_url))) as stores:
        yield stores


def rows(database: Database, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(database.admin_url) as admin:
        return admin.execute(query).fetchall()


def route(stores: Stores, to: str, *, institution: str | None = None, account: str | None = None) -> str:
    """Say who answers grievances of grades from high on."""
    rule = {"category": "grade", "minimum_severity": "high", "to": to}
    return route_grievances(stores, **rule, institution=institution, account=account, now=NOW)


def test_who_answers_is_found_by_account(database: Database, stores: Stores) -> None:
    """By the e-mail address in any case, at the one institution or the one that is named; by whom is audited."""
    assert route(stores, "MENTOR@mail.example", account="fern@mail.example").startswith("At North, Mr Moss answers")
    assert route(stores, "fern@mail.example", institution="South").startswith("At South, Ms Fern answers")
    assert sorted(rows(database, RULES)) == [(1, "grade", "high", 5, True), (2, "grade", "high", 23, True)]
    assert sorted(rows(database, "SELECT institution_id, user_id FROM audit_events")) == [(1, 3), (2, None)]


@pytest.mark.parametrize(
    ("to", "institution", "reason"),
    [
        ("nobody@mail.example", None, "teacher, mentor or admin of any institution"),
        ("parent@mail.example", None, "teacher, mentor or admin of any institution"),
        ("mentor@mail.example", "South", "teacher, mentor or admin of 'South'"),
        ("fern@mail.example", None, r"several institutions \(North, South\).*--institution"),
    ],
)
def test_who_cannot_answer_is_told(
    database: Database, stores: Stores, to: str, institution: str | None, reason: str
) -> None:
    """No such account, a parent, somebody of another institution, and somebody of two: no rule is made."""
    with pytest.raises(NotFound, match=reason):
        route(stores, to, institution=institution)
    assert rows(database, RULES) == []


def test_a_student_is_named_and_hidden(database: Database, stores: Stores) -> None:
    """The sentence says what classmates see, and the row is so; who is not there is told."""
    named = "SELECT named_on_boards FROM students"
    for agreed, told in ((True, "Zoë [b] is named to"), (False, "Zoë [b] is hidden from")):
        assert name_student(stores, student_id=1, agreed=agreed, account=None, now=NOW).startswith(told)
        assert rows(database, named) == [(agreed,)]
    with pytest.raises(NotFound, match="no student 7"):
        name_student(stores, student_id=7, agreed=True, account=None, now=NOW)
    with pytest.raises(ActionError, match="no part in this institution"):
        name_student(stores, student_id=1, agreed=True, account="stranger@mail.example", now=NOW)


def test_the_commands_do_it(house: House, database: Database, stores: Stores, tmp_path: Path) -> None:
    """`edukit grievances route` and `edukit leaderboard name` say what was done, in a sentence."""
    urls = {"DATABASE_URL": database.admin_url, "REDIS_URL": stores.redis_url}
    environment = {"EDUKIT_HOME": str(tmp_path / "home"), **urls}
    for arguments, told in (
        (["grievances", "route", "grade", "--minimum-severity", "low", "--to", "mentor@mail.example"], "Mr Moss ans"),
        (["leaderboard", "name", "1"], "Zoë [b] is named to classmates"),
        (["leaderboard", "name", "1", "--hide"], "Zoë [b] is hidden from classmates"),
    ):
        ran = house.command(*arguments, **environment)
        assert (ran.returncode, told in ran.stdout) == (0, True), ran.stderr
    assert rows(database, RULES) == [(1, "grade", "low", 5, True)]
