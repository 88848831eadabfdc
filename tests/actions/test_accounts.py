"""Accounts: who is added, what a password leaves behind, and who can no longer sign in."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import text

from edukit.actions.accounts import add_user, disable_account, enable_account, set_password
from edukit.actions.departure import close_institution
from edukit.db.roles import url_of
from edukit.db.session import Viewer, engine_for, session_for
from edukit.errors import ActionError, NotFound
from edukit.passwords import is_right

if TYPE_CHECKING:
    from conftest import Database
    from sqlalchemy.orm import Session

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)
GOOD = "purple gravel teapot"
# Ms Fern is admin of the first school and teacher of both; each school has another admin, the second's disabled.
SCHOOLS = """
    INSERT INTO institutions (id, name) VALUES (1, 'North'), (2, 'South');
    INSERT INTO accounts (id, email, username) VALUES (3, 'Fern@mail.example', 'fern'), (4, 'ash@mail.example', NULL),
        (5, 'elm@mail.example', NULL);
    UPDATE accounts SET disabled_at = '2026-01-01' WHERE id = 5;
    INSERT INTO users (institution_id, id, account_id, role, name) VALUES
        (1, 3, 3, 'admin', 'Ms Fern'), (1, 4, 3, 'teacher', 'Ms Fern'), (2, 23, 3, 'teacher', 'Iris Fern'),
        (1, 5, 4, 'admin', 'Mr Ash'), (2, 24, 4, 'admin', 'Mr Ash'), (2, 25, 5, 'admin', 'Ms Elm');
    """
EVENTS = """
    SELECT e.institution_id, user_id, action, resource, details FROM audit_events e
    LEFT JOIN audit_event_details d ON (d.institution_id, d.event_id) = (e.institution_id, e.id)
    ORDER BY e.institution_id, resource"""
ZOE: dict[str, Any] = {"institution_id": 1, "account": "Zoe@mail.example", "role": "mentor", "name": "Zoë", "now": NOW}


@pytest.fixture
def schools(session: Session) -> Session:
    """Two small schools, in a session whose writes are undone."""
    session.execute(text(SCHOOLS))
    return session


def rows(session: Session, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in session.execute(text(query))]


def test_a_user_of_a_new_account(schools: Session) -> None:
    """The account is made with the address as it was given, the user with the role, and an event says by whom."""
    user_id = add_user(schools, **ZOE, by=3)
    made = "SELECT institution_id, u.id, role, name, email, username, password_hash, disabled_at, u.created_at"
    where = "FROM users u JOIN accounts a ON a.id = account_id WHERE name = 'Zoë'"
    assert rows(schools, f"{made} {where}") == [
        (1, user_id, "mentor", "Zoë", "Zoe@mail.example", None, None, None, NOW)
    ]
    assert rows(schools, EVENTS) == [(1, 3, "add_user", f"users/{user_id}", {"role": "mentor"})]
    assert rows(schools, "SELECT id FROM students") == []


def test_a_user_of_an_account_that_there_is(schools: Session) -> None:
    """By its address or username in any case: it is the same account, and the person keeps their name."""
    for called, role, name in ((" FERN@mail.example ", "mentor", None), ("Fern", "parent", "Iris")):
        add_user(schools, **ZOE | {"institution_id": 2, "account": called, "role": role, "name": name}, by=None)
    found = rows(schools, "SELECT institution_id, role, name FROM users WHERE account_id = 3 ORDER BY 1, 2")
    assert found == [
        (1, "admin", "Ms Fern"),
        (1, "teacher", "Ms Fern"),
        (2, "mentor", "Iris Fern"),
        (2, "parent", "Iris"),
        (2, "teacher", "Iris Fern"),
    ]
    assert rows(schools, "SELECT count(*) FROM accounts") == [(3,)]


def test_a_student_gets_their_row(schools: Session) -> None:
    """Beside the user, with the same id; what has no @ is a username."""
    user_id = add_user(schools, **ZOE | {"account": "zoe7", "role": "student"}, by=None)
    assert rows(schools, "SELECT institution_id, id FROM students") == [(1, user_id)]
    assert rows(schools, "SELECT email, username FROM accounts ORDER BY id DESC LIMIT 1") == [(None, "zoe7")]


def test_ids_do_not_meet_where_the_clock_stands_still(schools: Session) -> None:
    """A hundred people are added in one moment."""
    made = [add_user(schools, **ZOE | {"account": f"zoe{number}"}, by=None) for number in range(100)]
    assert len(set(made)) == 100


@pytest.mark.parametrize(
    ("wrong", "error", "reason"),
    [
        ({"institution_id": 9}, NotFound, "no institution 9"),
        ({"role": "head"}, ActionError, "not 'head'"),
        ({"name": None}, ActionError, "None is none.*--name"),
        ({"name": " "}, ActionError, "' ' is none"),
        ({"name": "Zoë\0"}, ActionError, "printable"),
        ({"account": ""}, ActionError, "'' is neither"),
        ({"account": "zoe w"}, ActionError, "'zoe w' is neither"),
        ({"account": "@mail.example"}, ActionError, "is neither"),
        ({"account": "zoe@"}, ActionError, "is neither"),
        ({"account": "z" * 255}, ActionError, "is neither"),
        ({"account": "fern", "role": "teacher"}, ActionError, "teacher of this institution already"),
    ],
)
def test_who_cannot_be_added_is_told(
    schools: Session, wrong: dict[str, Any], error: type[Exception], reason: str
) -> None:
    """No such institution or role, no name, no address, or the same a second time: nothing is done."""
    with pytest.raises(error, match=reason):
        add_user(schools, **ZOE | wrong, by=None)
    assert rows(schools, "SELECT count(*) FROM users") == [(6,)]
    assert rows(schools, EVENTS) == []


def test_an_account_that_two_are_called_is_not_guessed(schools: Session) -> None:
    """The address of one is the username of another: neither gets the user."""
    schools.execute(text("INSERT INTO accounts (id, username) VALUES (6, 'fern@MAIL.example')"))
    with pytest.raises(ActionError, match="one account and the username of another"):
        add_user(schools, **ZOE | {"account": "fern@mail.example"}, by=None)


def test_nobody_comes_to_an_institution_that_has_left(database: Database) -> None:
    """It is closed, and its people are pseudonyms."""
    with session_for(database.app) as session:
        session.execute(text(SCHOOLS))
    eraser = Viewer(url_of("edukit_eraser", database.admin_url))
    with session_for(eraser) as session:
        close_institution(session, institution_id=1, now=NOW)
    engine_for(eraser.database_url).dispose()
    with session_for(database.app) as session, pytest.raises(NotFound, match="no institution 1 any more"):
        add_user(session, **ZOE, by=None)


def test_one_account_for_two_who_add_it_at_once(database: Database) -> None:
    """Both schools take on the same new person in one moment: there is one account, and two users."""
    with session_for(database.app) as session:
        session.execute(text(SCHOOLS))
    together = threading.Barrier(2)

    def add(institution_id: int) -> None:
        with session_for(database.app) as session:
            together.wait()
            add_user(session, **ZOE | {"institution_id": institution_id}, by=None)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(add, [1, 2]))
    with session_for(database.app) as session:
        assert rows(session, "SELECT count(*), count(DISTINCT account_id) FROM users WHERE name = 'Zoë'") == [(2, 1)]


def test_a_password_is_kept_as_a_hash(schools: Session) -> None:
    """It is right afterwards, an event at each institution says so, of each user, and it stands nowhere."""
    set_password(schools, account_id=3, password=GOOD, now=NOW, acting="ash@mail.example")
    ((kept,),) = rows(schools, "SELECT password_hash FROM accounts WHERE password_hash IS NOT NULL")
    assert is_right(GOOD, kept)
    assert rows(schools, EVENTS) == [
        (1, 5, "set_password", "users/3", None),
        (1, 5, "set_password", "users/4", None),
        (2, 24, "set_password", "users/23", None),
    ]
    set_password(schools, account_id=3, password="another gravel teapot", now=NOW, acting=None)
    ((kept,),) = rows(schools, "SELECT password_hash FROM accounts WHERE id = 3")
    assert not is_right(GOOD, kept)


@pytest.mark.parametrize("password", ["qwertyuiopasdfgh", "short", "Iris-Fern @ North 7", "South Iris Fern mail"])
def test_a_password_that_may_not_be_chosen_is_refused(schools: Session, password: str) -> None:
    """Too easy, too short, or made of the names of the person and the schools: the old one stays."""
    with pytest.raises(ActionError, match="nothing was done; take three or more") as refused:
        set_password(schools, account_id=3, password=password, now=NOW, acting=None)
    assert password not in str(refused.value)
    assert rows(schools, "SELECT count(password_hash) FROM accounts") == [(0,)]
    assert rows(schools, EVENTS) == []


def test_who_acts_has_a_part_in_each_institution(schools: Session) -> None:
    """An account that belongs to two schools is no business of somebody who is at one."""
    schools.execute(text("INSERT INTO accounts (id, username) VALUES (7, 'oak')"))
    schools.execute(
        text("INSERT INTO users (institution_id, id, account_id, role, name) VALUES (1, 7, 7, 'admin', 'O')")
    )
    with pytest.raises(ActionError, match="oak has no part in this institution"):
        set_password(schools, account_id=3, password=GOOD, now=NOW, acting="oak")


def test_disabled_and_enabled(schools: Session) -> None:
    """Since the first moment, each change an event at each institution; again, nothing is done."""
    disabled = "SELECT disabled_at FROM accounts WHERE id = 3"
    later = NOW.replace(hour=9)
    for now in (NOW, later):
        disable_account(schools, account_id=3, now=now, acting=None)
        assert rows(schools, disabled) == [(NOW,)]
    for _ in range(2):
        enable_account(schools, account_id=3, now=later, acting="fern")
        assert rows(schools, disabled) == [(None,)]
    told = [(place, by, action) for place, by, action, *_ in rows(schools, EVENTS)]
    everywhere = [(1, None, 3), (1, None, 3), (2, None, 23)]
    expected = [(place, None, "disable_account") for place, *_ in everywhere]
    expected += [(place, by, "enable_account") for place, _, by in everywhere]
    assert sorted(told, key=str) == sorted(expected, key=str)


def test_the_last_enabled_admin_is_not_disabled(schools: Session) -> None:
    """Of the second school, where the other is disabled; once there is another, it can be done."""
    with pytest.raises(ActionError, match=r"last enabled admin of South.*edukit users add"):
        disable_account(schools, account_id=4, now=NOW, acting=None)
    assert rows(schools, EVENTS) == []
    enable_account(schools, account_id=5, now=NOW, acting=None)
    disable_account(schools, account_id=4, now=NOW, acting=None)
    with pytest.raises(ActionError, match="last enabled admin of North"):
        disable_account(schools, account_id=3, now=NOW, acting=None)


def test_two_admins_cannot_end_each_other_at_once(database: Database) -> None:
    """Of two who are disabled in one moment, one stays."""
    with session_for(database.app) as session:
        session.execute(text(SCHOOLS))
        session.execute(text("UPDATE accounts SET disabled_at = NULL"))
    together = threading.Barrier(2)

    def disable(account_id: int) -> str:
        try:
            with session_for(database.app) as session:
                together.wait()
                disable_account(session, account_id=account_id, now=NOW, acting=None)
        except ActionError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(disable, [4, 5]))
    assert sorted("last enabled admin of South" in one for one in told) == [False, True]
    with psycopg.connect(database.admin_url) as admin:
        assert admin.execute("SELECT count(*) FROM accounts WHERE disabled_at IS NULL").fetchone() == (2,)


def test_an_account_that_there_is_not(schools: Session) -> None:
    """Nothing is done to it, and that is told."""
    for act in (disable_account, enable_account):
        with pytest.raises(NotFound, match="no account 99"):
            act(schools, account_id=99, now=NOW, acting=None)
    with pytest.raises(NotFound, match="no account 99"):
        set_password(schools, account_id=99, password=GOOD, now=NOW, acting=None)
