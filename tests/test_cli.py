"""The commands: each is documented, helps, and fails in one sentence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
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
