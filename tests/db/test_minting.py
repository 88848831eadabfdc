"""Minted logins: what they may do, for how long, and that nothing of them is left."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg.errors import InvalidAuthorizationSpecification
from sqlalchemy import text

from edukit.db.minting import end_overstayed, forget, mint, renew, revoke, revoke_all
from edukit.db.session import session_for
from edukit.errors import ActionError

if TYPE_CHECKING:
    from conftest import Database

    from edukit.db.minting import Login

SCHOOL = """
    INSERT INTO institutions (id, name) VALUES (1, 'Hill'), (2, 'Lake');
    INSERT INTO accounts (id, email) VALUES (5, 'ms@mail.example'), (6, 'mr@mail.example');
    INSERT INTO users (institution_id, id, account_id, role, name) VALUES
        (1, 1, 5, 'teacher', 'T'), (2, 1, 5, 'admin', 'T'), (1, 3, 6, 'teacher', 'F'), (2, 2, NULL, 'analyst', 'A');
    UPDATE users SET departed_at = now() WHERE id = 2;
    INSERT INTO classes (institution_id, id, name) VALUES (1, 11, '7B'), (1, 12, 'Foreign'), (2, 21, 'Far');
    INSERT INTO class_teachers (institution_id, class_id, teacher_id) VALUES (1, 11, 1);"""
HOUR = timedelta(hours=1)


@pytest.fixture
def school(database: Database) -> Database:
    """A teacher of one class of two, who is admin of another school, which an analyst has left; and a colleague."""
    with psycopg.connect(database.admin_url) as admin:
        admin.execute(SCHOOL)
    return database


def made(school: Database, user_id: int | None = 1, *, institution_id: int = 1, **how: Any) -> Login:
    who = {"institution_id": institution_id, "user_id": user_id, "database_url": school.admin_url, "lives": HOUR}
    with session_for(school.app) as session:
        return mint(session, **{**who, **how})


def test_a_login_sees_what_its_user_may(school: Database) -> None:
    """A teacher their class; whoever keeps the machine, as an analyst, all of one school."""
    for user_id, names in ((1, ["7B"]), (None, ["7B", "Foreign"])):
        with psycopg.connect(made(school, user_id).database_url) as viewer:
            found = viewer.execute("SELECT name FROM classes ORDER BY name").fetchall()
            assert [name for (name,) in found] == names


@pytest.mark.parametrize(("institution_id", "user_id"), [(1, 7), (2, 3), (2, 2), (3, None)])
def test_nobody_is_given_no_login(school: Database, institution_id: int, user_id: int | None) -> None:
    """No such user, one of another school, one who has left and no school: a sentence, and no role is left."""
    with pytest.raises(ActionError, match="no such user"):
        made(school, user_id, institution_id=institution_id)
    with psycopg.connect(school.admin_url) as admin:
        assert admin.execute("SELECT count(*) FROM viewers").fetchone() == (0,)


def test_an_end_is_an_error_and_never_nothing(school: Database) -> None:
    """In an open transaction, too, the next statement after the end is refused; renewed in time, it goes on."""
    login = made(school, lives=timedelta(seconds=2))
    with psycopg.connect(login.database_url) as viewer:
        assert viewer.execute("SELECT count(*) FROM classes").fetchone() == (1,)
        with session_for(school.app) as session:
            assert renew(session, login.name, lives=timedelta(seconds=4))
        time.sleep(2.2)
        assert viewer.execute("SELECT count(*) FROM classes").fetchone() == (1,)
        time.sleep(2)
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
        while alive(viewer):
            assert time.monotonic() < until, "it is still there"
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


def test_who_is_disabled_is_given_no_login(school: Database) -> None:
    """Nobody looks by a disabled account, however they signed in; enabled again, they do."""
    change = "UPDATE accounts SET disabled_at = {} WHERE id = 5"
    with psycopg.connect(school.admin_url, autocommit=True) as admin:
        admin.execute(change.format("now()"))
        for signed_in_at in (None, datetime.now(UTC) + HOUR):
            with pytest.raises(ActionError, match="signed out"):
                made(school, signed_in_at=signed_in_at)
        admin.execute(change.format("NULL"))
        assert is_good(made(school))


def test_what_was_signed_in_before_counts_no_more(school: Database) -> None:
    """After a sign-out everywhere only who has signed in since is given a login, or whom the machine's keeper names."""
    with session_for(school.app) as session:
        signed_out = session.scalar(text("SELECT clock_timestamp()"))
        assert revoke_all(session, 5) == 0
    with pytest.raises(ActionError, match="signed out"):
        made(school, signed_in_at=signed_out)
    assert is_good(made(school, signed_in_at=datetime.now(UTC) + HOUR))
    assert is_good(made(school))


def test_an_account_is_signed_out_of_every_institution(school: Database) -> None:
    """All logins of all its users end, once; nobody else's does."""
    theirs = [made(school), made(school), made(school, institution_id=2)]
    others = [made(school, 3), made(school, None)]
    with session_for(school.app) as session:
        assert revoke_all(session, 5) == 3
    with session_for(school.app) as session:
        assert revoke_all(session, 5) == 0
    assert [is_good(login) for login in (*theirs, *others)] == [False] * 3 + [True] * 2


def is_good(login: Login) -> bool:
    """Whether a login still lets somebody in, who then sees something."""
    try:
        with psycopg.connect(login.database_url) as viewer:
            return viewer.execute("SELECT FROM institutions").rowcount == 1
    except psycopg.OperationalError as error:
        if "not permitted to log in" not in str(error):
            raise
        return False


def test_who_overstays_is_shown_out(school: Database) -> None:
    """Connections end whose login has, and those that work or hold a transaction for too long; others stay."""
    ended, living = made(school, lives=timedelta(seconds=2)), made(school)
    with ExitStack() as open_:
        idle, holding, asking = (
            open_.enter_context(psycopg.connect(living.database_url, autocommit=True)) for _ in range(3)
        )
        over = open_.enter_context(psycopg.connect(ended.database_url, autocommit=True))
        server = open_.enter_context(psycopg.connect(school.app.database_url))
        asked = open_.enter_context(ThreadPoolExecutor()).submit(asking.execute, "SELECT pg_sleep(60)")
        for connection in (holding, server):
            connection.execute("BEGIN" if connection is holding else "SELECT 1")
        time.sleep(2.2)
        with session_for(school.app) as session:
            assert end_overstayed(session) == 1
            assert end_overstayed(session, longest=timedelta(seconds=1)) >= 2
        with pytest.raises(psycopg.errors.AdminShutdown):
            asked.result(10)
        assert [alive(connection) for connection in (over, holding, idle, server)] == [False, False, True, True]


def alive(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server still answers on a connection."""
    try:
        return connection.execute("SELECT 1").rowcount == 1
    except psycopg.OperationalError:
        return False
