"""Signing out: whoever is signed out, for whatever reason, sees nothing any more, and no login slips through."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import select, text

from edukit.actions.accounts import disable_account, set_password, sign_out
from edukit.actions.departure import close_institution, depart_user
from edukit.actions.roles import change_role
from edukit.db.minting import mint
from edukit.db.roles import url_of
from edukit.db.session import Viewer, session_for
from edukit.errors import ActionError, NotFound, SignedOut
from edukit.models import AuditEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Database
    from sqlalchemy.orm import Session

    End = Callable[[Session], None]

NOW = datetime(2026, 3, 3, 9, tzinfo=UTC)
PERSON, HOUR = 13, timedelta(hours=1)
SCHOOL = """
    INSERT INTO institutions (id, name) VALUES (1, 'Hill');
    INSERT INTO accounts (id, email) VALUES (3, 'fern@mail.example'), (6, 'moss@mail.example');
    INSERT INTO users (institution_id, id, account_id, role, name) VALUES
        (1, 13, 3, 'teacher', 'Ms Fern'), (1, 16, 6, 'admin', 'Mr Moss');"""
HERS: dict[str, Any] = {"account_id": 3, "now": NOW, "acting": None}
HER: dict[str, Any] = {"institution_id": 1, "user_id": PERSON, "now": NOW}
ENDS: dict[str, End] = {
    "signed out": lambda session: sign_out(session, **HERS),
    "another password": lambda session: set_password(session, **HERS, password="purple gravel teapot"),
    "disabled": lambda session: disable_account(session, **HERS),
    "another role": lambda session: change_role(session, **HER, by=None, role="analyst"),
    "departed": lambda session: depart_user(session, **HER),
    "closed": lambda session: close_institution(session, institution_id=1, now=NOW),
}
"""What ends the logins of a person."""


@pytest.fixture
def school(database: Database) -> Database:
    """A school with a teacher and an admin."""
    with psycopg.connect(database.admin_url) as admin:
        admin.execute(SCHOOL)
    return database


def look(school: Database, session: Session, *, user_id: int = PERSON, ago: timedelta = HOUR) -> Viewer:
    """A login of who has signed in a while ago."""
    since = session.scalar(text("SELECT clock_timestamp()")) - ago
    who = {"institution_id": 1, "user_id": user_id, "signed_in_at": since}
    return Viewer(mint(session, **who, database_url=school.admin_url).database_url)


def eraser(school: Database) -> Viewer:
    """The login that may do all of these."""
    return Viewer(url_of("edukit_eraser", school.admin_url))


def expect_out(viewer: Viewer) -> None:
    """Nothing is seen any more, and a sentence says why."""
    with pytest.raises(SignedOut, match="sign in again"), session_for(viewer) as session:
        session.execute(text("SELECT * FROM users"))


@pytest.mark.parametrize("end", ENDS)
def test_an_end_is_everywhere(school: Database, end: str) -> None:
    """What is open sees nothing from then on, nor does who signed in before; a colleague sees what they saw."""
    with session_for(school.app) as session:
        hers, his = look(school, session), look(school, session, user_id=16)
    with psycopg.connect(hers.database_url) as looking:
        assert looking.execute("SELECT FROM users").rowcount == 2
        with session_for(eraser(school)) as session:
            ENDS[end](session)
        with pytest.raises(psycopg.errors.AdminShutdown):
            looking.execute("SELECT FROM users")
    expect_out(hers)
    with pytest.raises(ActionError, match="signed out"), session_for(school.app) as session:
        look(school, session)
    if end != "closed":
        with session_for(his) as session:
            assert session.scalar(text("SELECT count(*) FROM users")) == 2


@pytest.mark.parametrize("end", ENDS)
def test_a_login_made_at_once_with_an_end_is_none(school: Database, end: str) -> None:
    """Minted while the end is not committed it waits, and is refused."""
    with ThreadPoolExecutor() as pool:
        with session_for(eraser(school)) as session:
            ENDS[end](session)
            made = pool.submit(lambda: in_a_session(school, lambda other: look(school, other)))
            wait_for_a_waiter(school)
        with pytest.raises(ActionError, match="signed out"):
            made.result(20)


@pytest.mark.parametrize("end", ENDS)
def test_an_end_at_once_with_a_login_ends_it(school: Database, end: str) -> None:
    """The end waits for a login that is being minted, and ends it."""
    with ThreadPoolExecutor() as pool:
        with session_for(school.app) as session:
            hers = look(school, session)
            done = pool.submit(lambda: in_a_session(school, ENDS[end]))
            wait_for_a_waiter(school)
        done.result(20)
    expect_out(hers)


def in_a_session(school: Database, do: Callable[[Session], Any]) -> Any:
    with session_for(eraser(school)) as session:
        return do(session)


def wait_for_a_waiter(school: Database) -> None:
    """Return once somebody waits for a lock that another holds."""
    waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with psycopg.connect(school.admin_url, autocommit=True) as admin:
        until = time.monotonic() + 20
        while not admin.execute(waiting).rowcount:
            assert time.monotonic() < until, "nobody waits"
            time.sleep(0.01)


def test_a_sign_out_is_recorded(school: Database) -> None:
    """An audit event at each of their institutions says who was signed out, when and by whom."""
    with session_for(school.app) as session:
        sign_out(session, account_id=3, now=NOW, acting="moss@mail.example")
        event = session.scalars(select(AuditEvent)).one()
    told = (event.action, event.resource, event.user_id, event.occurred_at)
    assert told == ("sign_out_everywhere", f"users/{PERSON}", 16, NOW)


def test_nobody_is_signed_out_of_no_account(school: Database) -> None:
    """Whose account is not there is told so."""
    with pytest.raises(NotFound, match="no account 4"), session_for(school.app) as session:
        sign_out(session, account_id=4, now=NOW, acting=None)
