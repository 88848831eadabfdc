"""Minted logins: what they may do, for how long, and that nothing of them is left."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.errors import InvalidAuthorizationSpecification
from sqlalchemy import text

from edukit.db.minting import forget, mint, renew, revoke
from edukit.db.session import session_for
from edukit.errors import ActionError

if TYPE_CHECKING:
    from conftest import Database

    from edukit.db.minting import Login

SCHOOL = """
    INSERT INTO institutions (id, name) VALUES (1, 'Hill'), (2, 'Lake');
    INSERT INTO users (institution_id, id, role, name) VALUES (1, 1, 'teacher', 'T'), (2, 2, 'analyst', 'A');
    UPDATE users SET departed_at = now() WHERE id = 2;
    INSERT INTO classes (institution_id, id, name) VALUES (1, 11, '7B'), (1, 12, 'Foreign'), (2, 21, 'Far');
    INSERT INTO class_teachers (institution_id, class_id, teacher_id) VALUES (1, 11, 1);"""
HOUR = timedelta(hours=1)


@pytest.fixture
def school(database: Database) -> Database:
    """A teacher of one class of two, and an analyst who has left another school."""
    with psycopg.connect(database.admin_url) as admin:
        admin.execute(SCHOOL)
    return database


def made(school: Database, user_id: int | None = 1, *, institution_id: int = 1, lives: timedelta = HOUR) -> Login:
    with session_for(school.app) as session:
        return mint(session, institution_id=institution_id, user_id=user_id, database_url=school.admin_url, lives=lives)


def test_a_login_sees_what_its_user_may(school: Database) -> None:
    """A teacher their class; whoever keeps the machine, as an analyst, all of one school."""
    for user_id, names in ((1, ["7B"]), (None, ["7B", "Foreign"])):
        with psycopg.connect(made(school, user_id).database_url) as viewer:
            found = viewer.execute("SELECT name FROM classes ORDER BY name").fetchall()
            assert [name for (name,) in found] == names


@pytest.mark.parametrize(("institution_id", "user_id"), [(1, 7), (2, 1), (2, 2), (3, None)])
def test_nobody_is_given_no_login(school: Database, institution_id: int, user_id: int | None) -> None:
    """No such user, one of another school, one who has left and no school: a sentence, and no role is left."""
    with pytest.raises(ActionError, match="no such user"):
        made(school, user_id, institution_id=institution_id)
    with psycopg.connect(school.admin_url) as admin:
        assert admin.execute("SELECT count(*) FROM viewers").fetchone() == (0,)


def test_an_end_is_an_error_and_never_nothing(school: Database) -> None:
    """In an open transaction, too, the next statement after the end is refused; renewed in time, it goes on."""
    login = made(school, lives=timedelta(seconds=1))
    with psycopg.connect(login.database_url) as viewer:
        assert viewer.execute("SELECT count(*) FROM classes").fetchone() == (1,)
        with session_for(school.app) as session:
            assert renew(session, login.name, lives=timedelta(seconds=2))
        time.sleep(1.2)
        assert viewer.execute("SELECT count(*) FROM classes").fetchone() == (1,)
        time.sleep(1)
        with pytest.raises(InvalidAuthorizationSpecification, match=r"This sign-in has ended\."):
            viewer.execute("SELECT count(*) FROM classes")
    with session_for(school.app) as session:
        assert not renew(session, login.name)


def test_revoking_ends_its_connections(school: Database) -> None:
    """Within a second the backend is gone, and the login lets nobody in again."""
    login = made(school)
    with psycopg.connect(login.database_url, autocommit=True) as viewer:
        with session_for(school.app) as session:
            revoke(session, login.name)
        until = time.monotonic() + 1
        with pytest.raises(psycopg.OperationalError):  # noqa: PT012 - one of its statements fails
            while time.monotonic() < until:
                viewer.execute("SELECT 1")
    with pytest.raises(psycopg.OperationalError, match="not permitted to log in"):
        psycopg.connect(login.database_url)


def test_what_has_ended_is_forgotten(school: Database) -> None:
    """After a while the role, its row and whatever it owns are gone; the others stay."""
    ended, living = made(school), made(school)
    with psycopg.connect(ended.database_url) as viewer:
        viewer.execute("SELECT 1")
    with session_for(school.app) as session:
        revoke(session, ended.name)
    with session_for(school.app) as session:
        assert forget(session) == 0
        assert forget(session, ended=timedelta()) == 1
        roles = session.execute(
            text("SELECT rolname FROM pg_roles WHERE rolname = ANY (:names)"), {"names": [ended.name, living.name]}
        )
        assert roles.scalars().all() == [living.name]


def test_a_login_tells_no_password(school: Database) -> None:
    """Neither its text nor the server's own records of statements hold it."""
    login = made(school)
    password = psycopg.conninfo.conninfo_to_dict(login.database_url)["password"]
    assert str(password) not in repr(login)
    with psycopg.connect(school.admin_url) as admin:
        kept = admin.execute("SELECT string_agg(query, ' ') FROM pg_stat_statements").fetchone()
        assert str(password) not in str(kept)
