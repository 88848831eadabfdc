"""Roles: logins and groups whose powers the database limits, made as often as one likes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import make_url

from edukit.db.roles import GROUPS, make_roles, url_of
from edukit.ops import migrate
from edukit.ops.health import examine
from edukit.ops.stores import open_stores
from edukit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Database, House

TEACHER, ANALYST, READS_NAMES = 1, 2, 3
LOOKING = (TEACHER, ANALYST, READS_NAMES)
SCHOOL = """
    INSERT INTO institutions (id, name) VALUES (1, 'Hill');
    INSERT INTO users (institution_id, id, role, name, reads_names) VALUES
        (1, 1, 'teacher', 'T', false), (1, 2, 'analyst', 'A', false), (1, 3, 'analyst', 'N', true)"""


@pytest.fixture(scope="module")
def school(house: House) -> Iterator[Database]:
    """A school with a teacher and analysts, of whom one reads names."""
    with house.database() as database:
        with psycopg.connect(database.admin_url) as admin:
            admin.execute(SCHOOL)
        yield database


@pytest.mark.parametrize("user_id", LOOKING)
def test_a_viewer_only_reads(school: Database, user_id: int) -> None:
    """A viewer's login may read classes and delete nothing."""
    with psycopg.connect(school.minted(1, user_id).database_url) as connection:
        connection.execute("SELECT * FROM classes")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM classes")


@pytest.mark.parametrize("user_id", LOOKING)
@pytest.mark.parametrize("columns", ["*", "password_hash", "disabled_at", "signed_out_at"])
def test_a_viewer_sees_no_password_hash(school: Database, user_id: int, columns: str) -> None:
    """Of accounts, viewers read only by what name they are found."""
    with psycopg.connect(school.minted(1, user_id).database_url) as connection:
        connection.execute("SELECT id, email, username FROM accounts")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"SELECT {columns} FROM accounts")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT student_id FROM grievances",
        "SELECT actor_id FROM grievance_events",
        "SELECT * FROM grievances",
        "SELECT g FROM grievances g",
        "SELECT count(*) FROM users u JOIN grievances g ON g.student_id = u.id",
    ],
)
def test_an_analyst_cannot_ask_who_complains(school: Database, query: str) -> None:
    """The columns that tell it are not the reading of an analyst, even of one who reads names; all others are."""
    with psycopg.connect(school.minted(1, READS_NAMES).database_url) as connection:
        connection.execute(
            "SELECT category, severity, status, grievance_actor(e.institution_id, e.id) "
            "FROM grievances g JOIN grievance_events e ON e.grievance_id = g.id"
        )
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(query)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE grievances SET category = 'other'",
        "UPDATE grievances SET severity = 'low'",
        "UPDATE interventions SET note = 'changed'",
        "DELETE FROM grievances",
        "INSERT INTO risk_predictions SELECT * FROM risk_predictions",
        "UPDATE feedback SET rating = 5",
    ],
)
def test_a_teacher_changes_only_what_dashboards_do(school: Database, statement: str) -> None:
    """What a step in a dashboard never changes, the login behind it cannot."""
    refused = pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.RestrictViolation))
    with psycopg.connect(school.minted(1, TEACHER).database_url) as connection, refused:
        connection.execute(statement)


def test_the_application_changes_no_table(migrated: Database) -> None:
    """The application writes rows and cannot alter, truncate or create a table, nor become the owner."""
    for statement in (
        "ALTER TABLE classes ADD COLUMN x int",
        "TRUNCATE classes CASCADE",
        "CREATE TABLE x (i int)",
        "SET ROLE edukit_owner",
        "DROP TABLE classes CASCADE",
    ):
        refused = pytest.raises(psycopg.errors.InsufficientPrivilege)
        with psycopg.connect(url_of("edukit_app", migrated.admin_url)) as connection, refused:
            connection.execute(statement)


def test_roles_are_made_again_without_harm(migrated: Database) -> None:
    """Each start makes the roles; a login stays good."""
    make_roles(migrated.admin_url)
    make_roles(migrated.admin_url)
    with psycopg.connect(url_of("edukit_app", migrated.admin_url)) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("edukit_app",)


def test_an_administrator_needs_not_be_superuser(house: House) -> None:
    """On a server of its own, CREATEROLE and the database's ownership are enough to migrate, seed and examine."""
    with open_stores(Settings(home=house.settings.home.with_name("plain"))) as stores:
        with psycopg.connect(stores.database_url, autocommit=True) as connection:
            connection.execute("CREATE ROLE plain LOGIN CREATEROLE PASSWORD 'plain'")
            connection.execute("CREATE DATABASE plain OWNER plain")
        url = make_url(stores.database_url).set(username="plain", password="plain", database="plain")
        admin_url = url.render_as_string(hide_password=False)
        migrate.upgrade(admin_url)
        assert examine(admin_url, stores.redis_url).healthy
        with psycopg.connect(url_of("edukit_app", admin_url)) as connection:
            connection.execute("SELECT * FROM classes")
        migrate.downgrade(admin_url, "base")


def test_each_role_has_a_password_of_its_own(migrated: Database) -> None:
    """Knowing the application's password opens no other role."""
    app = url_of("edukit_app", migrated.admin_url)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(app.replace("edukit_app", "edukit_owner"))


@pytest.mark.parametrize("group", GROUPS)
def test_nobody_signs_in_as_a_group(house: House, migrated: Database, group: str) -> None:
    """What viewers may do is a login of nobody's, also where an older edukit had made it one."""
    with psycopg.connect(house.stores.database_url, autocommit=True) as admin:
        admin.execute(f"ALTER ROLE {group} LOGIN PASSWORD 'known'")
        make_roles(migrated.admin_url)
        of = "SELECT rolcanlogin, rolpassword IS NULL FROM pg_authid WHERE rolname = %s"
        assert admin.execute(of, [group]).fetchone() == (False, True)
