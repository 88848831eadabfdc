"""What is done with accounts by command: found by name, told in a sentence, and no password ever shown."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psutil
import psycopg
import pytest
from pydantic import SecretStr

from edukit.errors import ActionError, EdukitError, NotFound
from edukit.models import Base
from edukit.ops.accounts import add_user, disable_account, listed, set_role
from edukit.ops.stores import Stores, open_stores
from edukit.passwords import is_right
from edukit.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Database, House

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)
GOOD = "purple gravel teapot"
# Ms Fern is at both schools, and two things at the second; Zoë has no account, and somebody has left.
SCHOOLS = """
    INSERT INTO institutions (id, name) VALUES (1, 'North'), (2, 'South [b]');
    INSERT INTO accounts (id, email, username) VALUES (3, 'Fern@mail.example', 'fern'), (4, NULL, 'ash');
    INSERT INTO users (institution_id, id, account_id, role, name) VALUES
        (1, 1, NULL, 'student', 'Zoë [b]'), (1, 3, 3, 'teacher', 'Ms Fern'), (2, 23, 3, 'admin', 'Ms Fern'),
        (2, 24, 3, 'parent', 'Ms Fern'), (1, 4, 4, 'admin', 'Mr Ash');
    INSERT INTO users (institution_id, id, role, name, departed_at) VALUES (1, 5, 'mentor', 'Former mentor', now());"""
EVENTS = "SELECT institution_id, user_id, action FROM audit_events ORDER BY 1, 3"


@pytest.fixture
def stores(database: Database, house: House) -> Iterator[Stores]:
    """Two small schools."""
    with psycopg.connect(database.admin_url) as admin:
        admin.execute(SCHOOLS)
    with open_stores(Settings(home=house.settings.home, database_url=SecretStr(database.admin_url))) as stores:
        yield stores


@pytest.fixture
def environment(database: Database, stores: Stores, tmp_path: Path) -> dict[str, str]:
    """What a command needs to find the two schools."""
    own = {"EDUKIT_HOME": str(tmp_path / "home"), "DATABASE_URL": database.admin_url, "REDIS_URL": stores.redis_url}
    return {**os.environ, **own, "COLUMNS": "60"}


@pytest.fixture
def run(house: House, environment: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs `edukit users` with something on its standard input."""

    def users(*arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return house.command("users", *arguments, given=given, **environment)

    return users


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.admin_url) as admin:
        return admin.execute(query).fetchall()


def kept(database: Database, account_id: int = 3) -> str | None:
    ((found,),) = rows(database, f"SELECT password_hash FROM accounts WHERE id = {account_id}")
    return found


def everything(database: Database) -> str:
    """Every row of every table."""
    tables = [name for name, table in Base.metadata.tables.items() if not table.info.get("view")]
    return "".join(str(rows(database, f"SELECT t::text FROM {table} t")) for table in tables)


def test_the_institution_is_found_or_asked_for(database: Database, stores: Stores) -> None:
    """Of several it must be named; the sentence says what holds and how to go on; by whom is recorded."""
    ivy: dict[str, Any] = {"role": "mentor", "name": "Ivy", "now": NOW}
    with pytest.raises(NotFound, match=r"North, South \[b\]; no institution is told.*--institution"):
        add_user(stores, "ivy", **ivy, institution=None, acting=None)
    with pytest.raises(NotFound, match="no institution 'West'"):
        add_user(stores, "ivy", **ivy, institution="West", acting=None)
    with pytest.raises(ActionError, match="ash has no part"):
        add_user(stores, "ivy", **ivy, institution="South [b]", acting="ash")
    told = add_user(stores, "ivy", **ivy, institution="North", acting="ASH")
    assert told == "ivy is mentor of North from now on; there is no password yet: `edukit users set-password ivy`."
    assert rows(database, EVENTS) == [(1, 4, "add_user")]
    with psycopg.connect(database.admin_url) as admin:
        admin.execute("UPDATE institutions SET closed_at = now() WHERE id = 2")
        admin.execute("UPDATE accounts SET password_hash = 'x' WHERE username = 'ivy'")
    assert add_user(stores, "ivy", **ivy | {"role": "parent"}, institution=None, acting=None).endswith("from now on.")


@pytest.mark.parametrize(
    ("account", "which", "reason"),
    [
        ("nobody", {}, "no account 'nobody'"),
        ("fern", {}, r"teacher of North, admin of South \[b\], parent of South \[b\].*--institution and --from"),
        ("fern", {"institution": "South [b]"}, "--from"),
        ("fern", {"institution": "North", "instead_of": "admin"}, "--from"),
        ("fern", {"instead_of": "admin"}, "last enabled admin"),
    ],
)
def test_whose_role_it_is_must_be_clear(
    database: Database, stores: Stores, account: str, which: dict[str, str], reason: str
) -> None:
    """No such account, several users of it, and none of that kind: nothing is changed."""
    before = rows(database, "SELECT id, role FROM users ORDER BY id")
    asked = {"instead_of": None, "institution": None} | which
    with pytest.raises(EdukitError, match=reason):
        set_role(stores, account, "analyst", **asked, acting=None, now=NOW)
    assert rows(database, "SELECT id, role FROM users ORDER BY id") == before


def test_the_role_that_is_meant_changes(database: Database, stores: Stores) -> None:
    """By the institution or by the old role, where either is enough; the sentence names both."""
    told = set_role(stores, "fern", "mentor", instead_of=None, institution="North", acting="ash", now=NOW)
    assert told == "Ms Fern is mentor of North from now on."
    told = set_role(stores, "fern", "teacher", instead_of="parent", institution=None, acting=None, now=NOW)
    assert told == "Ms Fern is teacher of South [b] from now on."
    assert rows(database, EVENTS) == [(1, 4, "change_role"), (2, None, "change_role")]


def test_everybody_is_listed(stores: Stores) -> None:
    """With who has no account and who has left, by institution, role and name; or only some of them."""
    with pytest.raises(ActionError, match="last enabled admin of North"):
        disable_account(stores, "ash", acting=None, now=NOW)
    people = listed(stores, institution=None, role=None)
    assert [(one.institution, one.user_id) for one in people] == [
        ("North", 4),
        ("North", 5),
        ("North", 1),
        ("North", 3),
        ("South [b]", 23),
        ("South [b]", 24),
    ]
    assert [one.user_id for one in listed(stores, institution="North", role="admin")] == [4]
    for wrong, reason in (({"institution": "West"}, "no institution 'West'"), ({"role": "head"}, "not 'head'")):
        with pytest.raises(EdukitError, match=reason):
            listed(stores, **{"institution": None, "role": None} | wrong)


def test_the_commands_do_it(database: Database, run: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    """Each says what was done in a sentence, and the list shows it, as a table and as JSON."""
    for arguments, told in (
        (
            ["add", "ivy@mail.example", "--role", "admin", "--name", "Ivy [b]", "--institution", "North"],
            "is admin of N",
        ),
        (["disable", "ash"], "ash is disabled"),
        (["set-role", "ivy@mail.example", "mentor"], "last enabled admin"),
        (["enable", "ash"], "ash is enabled"),
        (["set-role", "ivy@mail.example", "mentor"], "Ivy [b] is mentor of North"),
        (["disable", "IVY@mail.example"], "IVY@mail.example is disabled"),
    ):
        ran = run(*arguments)
        assert (told in ran.stdout + ran.stderr, ran.returncode) == (True, int("last" in told)), ran.stderr
    shown = [line.strip("│ \n").split("│") for line in run("list").stdout.splitlines() if line.startswith("│")]
    table = {tuple(cell.strip() for cell in line) for line in shown}
    assert ("North", "Ivy [b]", "mentor", "ivy@mail.example", "none", "disabled") in table
    assert ("South [b]", "Ms Fern", "parent", "Fern@mail.example / fern", "none", "") in {
        (*line, "")[:6] for line in table
    }
    assert ("North", "Former mentor", "mentor", "", "", "departed") in table
    ivy = json.loads(run("list", "--role", "mentor", "--institution", "North", "--json").stdout)[1]
    assert ivy | {"user_id": 0} == {
        "institution": "North", "user_id": 0, "name": "Ivy [b]", "role": "mentor", "email": "ivy@mail.example",
        "username": None, "has_password": False, "is_disabled": True, "has_departed": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("", "this one has 0"),
        ("qwertyuiopasdfgh\n", "too easy to guess"),
        ("Ms Fern @ South North\n", "too easy to guess"),
        ("purple\tgravel teapot\n", "printable"),
    ],
)
def test_a_password_by_command_follows_the_rules(
    database: Database, run: Callable[..., subprocess.CompletedProcess[str]], given: str, reason: str
) -> None:
    """None, a common pattern, the person's own names, and what is not printable: one sentence without the password."""
    ran = run("set-password", "fern", "--debug", given=given)
    assert (ran.returncode, reason in ran.stderr) == (1, True), ran.stderr
    assert not given.strip() or given.strip() not in ran.stdout + ran.stderr
    assert kept(database) is None


def test_bytes_that_are_no_text_are_told_as_such(database: Database, environment: dict[str, str]) -> None:
    """They are refused by the same sentence, whatever the locale makes of them, and never shown."""
    command = [sys.executable, "-m", "edukit.cli", "users", "set-password", "fern", "--debug"]
    ran = subprocess.run(
        command, env=environment, input=b"purple gravel \xff teapot\n", capture_output=True, timeout=120, check=False
    )
    assert ran.returncode == 1
    assert b"printable characters" in ran.stderr
    assert b"gravel" not in ran.stdout + ran.stderr


def test_a_password_from_standard_input_is_nowhere_else(
    database: Database, stores: Stores, environment: dict[str, str]
) -> None:
    """One line, without its end: it is right then, and in no argument, variable, output, row or server's log."""
    command = [sys.executable, "-m", "edukit.cli", "users", "set-password", "FERN@mail.example"]
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    seen = []
    with subprocess.Popen(command, env=environment, text=True, **pipes) as running:
        running.stdin.write(f"{GOOD}\r\nthe next line is not read\n")
        running.stdin.close()
        while running.poll() is None:
            for process in psutil.process_iter():
                with suppress(psutil.Error):
                    seen += [*process.cmdline(), *process.environ().values()]
            time.sleep(0.05)
        told = running.stdout.read() + running.stderr.read()
    assert running.returncode == 0, told
    assert told == "FERN@mail.example has a new password from now on.\n"
    assert "FERN@mail.example" in seen
    assert not any(GOOD in text for text in seen)
    hash_ = kept(database)
    assert is_right(GOOD, hash_)
    assert rows(database, EVENTS) == [
        (1, None, "set_password"),
        (2, None, "set_password"),
        (2, None, "set_password"),
    ]
    assert str(hash_) in everything(database)
    assert GOOD not in everything(database)
    logs = [path for path in stores.home.rglob("*.log*") if path.is_file()]
    assert logs
    assert not any(GOOD.encode() in path.read_bytes() for path in logs)


def test_a_password_is_asked_for_twice_and_not_shown(database: Database, environment: dict[str, str]) -> None:
    """At a terminal: two that differ are asked for anew, and nothing that is typed appears."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "edukit.cli", "users", "set-password", "fern"]
    told = b""
    with subprocess.Popen(
        command, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as running:
        os.close(theirs)
        for asked, typed in ((b"New password", GOOD), (b"Once more", "purple"), (b"New", GOOD), (b"Once more", GOOD)):
            said = b""
            while asked not in said:
                said += os.read(ours, 1000)
            told += said
            # A prompt that has been written may not have hidden yet what is typed next.
            time.sleep(0.3)
            os.write(ours, typed.encode() + b"\n")
        with suppress(OSError):
            while more := os.read(ours, 1000):
                told += more
    os.close(ours)
    assert running.returncode == 0, told
    assert b"fern has a new password" in told
    assert b"purple" not in told
    assert is_right(GOOD, kept(database))
