"""The commands: each is documented, helps, and fails in one sentence."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer.main

from edukit.cli import app

if TYPE_CHECKING:
    import click
    from conftest import House

ROOT = Path(__file__).parents[1]
COMMANDS: dict[str, click.Command] = typer.main.get_command(app).commands  # type: ignore[attr-defined]


def run(*arguments: str, home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edukit.cli", *arguments],
        env={**os.environ, "EDUKIT_HOME": str(home), "COLUMNS": "500", **more},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_at_most_twelve_verbs() -> None:
    """The list of commands stays short."""
    assert len(COMMANDS) <= 12


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_helps_and_is_documented(name: str) -> None:
    """Each has a help text, every option of it too, and the README names it."""
    command = COMMANDS[name]
    assert command.help
    assert f"edukit {name}" in (ROOT / "README.md").read_text()
    for each in [command, *getattr(command, "commands", {}).values()]:
        assert each.help
        for parameter in each.params:
            if parameter.param_type_name == "option":
                assert getattr(parameter, "help", None), f"{name} {parameter.name}"


def test_help_is_quick(tmp_path: Path) -> None:
    """--help imports no heavy library."""
    program = "import sys, edukit.cli; print(*{'pandas', 'alembic', 'voila', 'plotly', 'redis'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == ""


def test_doctor_tells_health_by_its_status(house: House) -> None:
    """On a migrated home doctor exits 0, and its JSON names versions, rows and sizes."""
    assert house.demo
    told = run("doctor", "--json", home=house.settings.home)
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert found["healthy"]
    assert found["rows"]["question_attempts"] > 0
    assert "question_attempts" in run("doctor", home=house.settings.home).stdout


def test_doctor_tells_illness_in_json(tmp_path: Path) -> None:
    """A store that cannot be opened is JSON too, beside the sentence, and the status is not 0."""
    told = run("doctor", "--json", home=tmp_path, DATABASE_URL="postgresql://u:hush@127.0.0.1:1/x")
    assert told.returncode == 1
    found = json.loads(told.stdout)
    assert not found["healthy"]
    assert "DATABASE_URL" in found["error"]
    assert "hush" not in told.stdout


def test_shell_reads_and_does_not_write(house: House) -> None:
    """`edukit shell` is psql as a viewer, and as another role when asked."""
    assert house.demo
    home = house.settings.home
    assert "count" in run("shell", "-c", "SELECT count(*) FROM classes", home=home).stdout
    refused = run("shell", "-c", "DELETE FROM classes", home=home)
    assert refused.returncode != 0
    assert "permission denied" in refused.stderr
    assert "edukit_owner" in run("shell", "--role", "owner", "-c", "SELECT current_user", home=home).stdout


def test_ctrl_c_in_the_shell_is_psqls(house: House) -> None:
    """Ctrl-C cancels the query; psql lives on and answers the next one."""
    assert house.demo
    command = [sys.executable, "-m", "edukit.cli", "shell"]
    ours, theirs = pty.openpty()
    environment = {**os.environ, "EDUKIT_HOME": str(house.settings.home), "PAGER": "cat", "TERM": "dumb"}
    with subprocess.Popen(
        command,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        preexec_fn=lambda: _own(theirs),  # noqa: PLW1509 - a terminal of its own can be taken only here
    ) as shell:
        os.close(theirs)
        os.write(ours, b"select pg_sleep(60);\n")
        told = _read_until(ours, b"edukit=>")
        time.sleep(1)
        os.write(ours, b"\x03")
        told += _read_until(ours, b"canceling statement")
        os.write(ours, b"select 6 * 7;\n")
        told += _read_until(ours, b"42")
        os.write(ours, b"\\q\n")
        with contextlib.suppress(OSError):
            while os.read(ours, 1000):
                pass
        assert shell.wait(30) == 0, told
    os.close(ours)


def _own(terminal: int) -> None:
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)


def _read_until(terminal: int, wanted: bytes) -> bytes:
    told = b""
    until = time.monotonic() + 60
    while wanted not in told:
        assert time.monotonic() < until, told
        told += os.read(terminal, 1000)
    return told


def test_migrate_tells_where_it_is(house: House) -> None:
    """Current and history name the revisions."""
    assert house.demo
    told = run("migrate", "current", home=house.settings.home)
    assert told.stdout.strip() in run("migrate", "history", home=house.settings.home).stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "sentence"),
    [
        (("doctor",), {"DATABASE_URL": "postgresql://u:hush@127.0.0.1:1/x"}, "DATABASE_URL"),
        (("doctor",), {"EDUKIT_NOW": "yesterday"}, "EDUKIT_NOW"),
        (("load", "assistments", "/nowhere/at/all.csv"), {}, "/nowhere/at/all.csv"),
    ],
)
def test_a_failure_is_one_sentence(
    house: House, arguments: tuple[str, ...], environment: dict[str, str], sentence: str
) -> None:
    """No traceback and no password; the thing at fault is named; the status is not 0. --debug adds the traceback."""
    told = run(*arguments, home=house.settings.home, **environment)
    assert told.returncode == 1
    assert sentence in told.stderr
    assert "Traceback" not in told.stderr
    assert "hush" not in told.stderr
    assert "Traceback" in run(*arguments, "--debug", home=house.settings.home, **environment).stderr
