"""The commands: each is documented, helps, and fails in one sentence."""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import pty
import re
import shlex
import subprocess
import sys
import termios
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pandas as pd
import pytest
import typer.main
from sqlalchemy import text

from edukit.cli import app
from edukit.db.session import session_for
from edukit.ops.seed import DEMO_TEACHER, seed_demo

if TYPE_CHECKING:
    import click
    from conftest import Database, House

ROOT = Path(__file__).parents[1]
COMMANDS: dict[str, click.Command] = typer.main.get_command(app).commands  # type: ignore[attr-defined]


class Run(Protocol):
    """Runs a command on a home, with more in its environment."""

    def __call__(self, *arguments: str, home: Path, **more: str) -> subprocess.CompletedProcess[str]:
        """What it said, and its status."""


@pytest.fixture
def run(house: House) -> Run:
    """Runs `edukit` on wide paper."""

    def run(*arguments: str, home: Path, **more: str) -> subprocess.CompletedProcess[str]:
        return house.command(*arguments, **{"EDUKIT_HOME": str(home), "COLUMNS": "500", **more})

    return run


def reads_all(house: House) -> dict[str, str]:
    """What makes a command read what the demo's reader does: one institution, with names."""
    return {"EDUKIT_INSTITUTION": str(house.demo.class_names()["institution"].iloc[0]), "EDUKIT_NAMES": "1"}


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


def test_accounts_are_kept_without_what_reckons() -> None:
    """Commands about accounts and sign-ins talk to the stores, and import nothing that computes."""
    program = (
        "import sys, edukit.ops.accounts, edukit.ops.prepare, edukit.serving.revoking;"
        " print(*{'pandas', 'scipy', 'sklearn', 'numba', 'jupyter_server'} & set(sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == ""


def test_doctor_tells_health_by_its_status(run: Run, house: House) -> None:
    """On a migrated home doctor exits 0, and its JSON names versions, rows and sizes."""
    assert house.demo
    told = run("doctor", "--json", home=house.settings.home)
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert found["healthy"]
    assert found["rows"]["question_attempts"] > 0
    assert "question_attempts" in run("doctor", home=house.settings.home).stdout


def test_doctor_tells_illness_in_json(run: Run, tmp_path: Path) -> None:
    """A store that cannot be opened is JSON too, beside the sentence, and the status is not 0."""
    told = run("doctor", "--json", home=tmp_path, DATABASE_URL="postgresql://u:hush@127.0.0.1:1/x")
    assert told.returncode == 1
    found = json.loads(told.stdout)
    assert not found["healthy"]
    assert "DATABASE_URL" in found["error"]
    assert "hush" not in told.stdout


@pytest.mark.parametrize("format_", ["csv", "xlsx", "parquet"])
def test_export_writes_a_frame(run: Run, house: House, tmp_path: Path, format_: str) -> None:
    """Into a file, or to standard output, which then holds nothing else; the sentence goes to standard error."""
    classes = house.demo.classes()
    home = house.settings.home
    path = tmp_path / "classes.out"
    told = run("export", "classes", "--format", format_, "--out", str(path), home=home, **reads_all(house))
    assert told.returncode == 0, told.stderr
    assert told.stdout == ""
    assert f"{len(classes)} rows of classes are in {path}." in told.stderr
    command = ["-m", "edukit.cli", "export", "classes", "--format", format_, "--out", "-"]
    sent = house.said(*command, EDUKIT_HOME=str(home), **reads_all(house))
    assert sent.returncode == 0, sent.stderr
    for file in (path, io.BytesIO(sent.stdout)):
        if format_ == "parquet":
            pd.testing.assert_frame_equal(pd.read_parquet(file), classes)
        else:
            found = pd.read_csv(file, encoding="utf-8-sig") if format_ == "csv" else pd.read_excel(file)
            assert found["class_name"].tolist() == classes["class_name"].tolist()
            assert found["class_id"].tolist() == classes["class_id"].tolist()


def test_export_asks_by_class_student_and_anything_else(run: Run, house: House, tmp_path: Path) -> None:
    """The options reach the frame: a class by its name or id, a student, and any other parameter."""
    home = house.settings.home
    first = house.demo.classes().query("attempts > 0").drop_duplicates("class_name", keep=False).iloc[0]
    student = house.demo.class_mastery(int(first["class_id"]))["student_id"].iloc[0]
    for place, class_ in enumerate([first["class_name"], first["class_id"]]):
        path = tmp_path / f"{place}.parquet"
        asked = ("--class", str(class_), "--student", str(student))
        assert run("export", "attempts", *asked, "--out", str(path), home=home, **reads_all(house)).returncode == 0
        frame = house.demo.attempts(int(first["class_id"]), student_id=int(student))
        pd.testing.assert_frame_equal(pd.read_parquet(path), frame)
    path = tmp_path / "columns.csv"
    run("export", "columns", "--where", "table=topics", "--out", str(path), home=home, **reads_all(house))
    assert pd.read_csv(path, encoding="utf-8-sig")["table"].unique().tolist() == ["topics"]


def test_a_reader_that_has_enough_is_no_failure(house: House) -> None:
    """`edukit export … | head` ends quietly."""
    class_ = house.demo.classes().sort_values("attempts")["class_id"].iloc[-1]
    export = f"{shlex.quote(sys.executable)} -m edukit.cli export attempts --class {class_} --out - | head -c 10"
    environment = {**os.environ, "EDUKIT_HOME": str(house.settings.home), **reads_all(house)}
    told = subprocess.run(
        ["bash", "-o", "pipefail", "-c", export], env=environment, capture_output=True, timeout=120, check=False
    )
    assert told.returncode == 0
    assert len(told.stdout) == 10
    assert b"Traceback" not in told.stderr
    assert b"BrokenPipe" not in told.stderr


def test_shell_reads_and_does_not_write(run: Run, house: House) -> None:
    """`edukit shell` is psql as an analyst, and as another role when asked."""
    home, institution = house.settings.home, {"EDUKIT_INSTITUTION": reads_all(house)["EDUKIT_INSTITUTION"]}
    seen = run("shell", "-c", "SELECT count(*) FROM classes", home=home, **institution).stdout
    assert str(len(house.demo.classes())) in seen.split()
    refused = run("shell", "-c", "DELETE FROM classes", home=home, **institution)
    assert refused.returncode != 0
    assert "permission denied" in refused.stderr
    assert "edukit_owner" in run("shell", "--role", "owner", "-c", "SELECT current_user", home=home).stdout


def test_ctrl_c_in_the_shell_is_psqls(house: House) -> None:
    """Ctrl-C cancels the query; psql lives on and answers the next one."""
    command = [sys.executable, "-m", "edukit.cli", "shell"]
    ours, theirs = pty.openpty()
    own = {"EDUKIT_HOME": str(house.settings.home), "PAGER": "cat", "TERM": "dumb"}
    environment = {**os.environ, **own, **reads_all(house)}
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


def test_risk_is_predicted_by_a_command(run: Run, house: House, database: Database) -> None:
    """A sentence an institution on what is predicted; again, nothing is new; no school and a day to come are told."""
    everywhere = {"DATABASE_URL": database.admin_url, "EDUKIT_NOW": "2026-03-04T20:00:00+00:00"}
    home = house.settings.home
    empty = run("models", "score", "risk", home=home, **everywhere)
    assert (empty.returncode, "no institution yet" in empty.stdout) == (0, True), empty.stderr
    with session_for(database.app) as session:
        seed_demo(session, students=12, as_of=datetime(2026, 3, 4, 20, tzinfo=UTC))
    first, again, earlier = (
        run("models", "score", "risk", *more, home=home, **everywhere).stdout.splitlines()
        for more in ((), (), ("--as-of", "2025-11-20"))
    )
    told = (
        r".+, 2026-03-04: (\d) students \(\d critical, \d high, \d medium, \d low\), (\d) predictions new or changed\."
    )
    found = [re.fullmatch(told, line) for line in (*first, *again)]
    assert [one.groups() for one in found if one] == [("5", "5"), ("6", "6"), ("5", "0"), ("6", "0")]
    assert all(", 2025-11-20: " in line for line in earlier)
    refused = run("models", "score", "risk", "--as-of", "2026-03-06", home=home, **everywhere)
    assert refused.returncode == 1
    assert "2026-03-06: nothing was done" in refused.stderr


def test_the_mastery_model_is_tried_by_a_command(run: Run, tmp_path: Path) -> None:
    """On a file, without any store: JSON with the promised fields, text else, and a file that is missing is told."""
    rows = "".join(f"{n // 20}\t{n % 7}\t0\t{n % 3 % 2}\t{n % 2}\n" for n in range(400))
    path = tmp_path / "answers.tsv"
    path.write_text("user_id\titem_id\ttimestamp\tcorrect\tskill_id\n" + rows)
    told = run("models", "backtest", "mastery", "--data", str(path), "--json", home=tmp_path / "home")
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert found["n_test"] == 400
    assert found["model"].keys() == {"name", "auc", "rmse", "ece", "fit_seconds"}
    assert found["baselines"].keys() >= {"concept_mean", "recency_mean"}
    assert not (tmp_path / "home").exists()
    missing = run("models", "backtest", "mastery", "--data", str(tmp_path / "none.tsv"), home=tmp_path)
    assert (missing.returncode, "none.tsv" in missing.stderr) == (1, True)


def test_mastery_is_refitted_by_a_command(run: Run, house: House, database: Database) -> None:
    """No school, too few attempts and a name that is nobody's are told, with what to do; only the last is a failure."""
    everywhere = {"DATABASE_URL": database.admin_url}
    home = house.settings.home
    empty = run("models", "refit", "mastery", home=home, **everywhere)
    assert (empty.returncode, "no institution yet" in empty.stdout) == (0, True), empty.stderr
    with session_for(database.app) as session:
        session.execute(text("INSERT INTO institutions (id, name) VALUES (1, 'North [1]')"))
    few = run("models", "refit", "mastery", "--institution", "North [1]", home=home, **everywhere)
    assert few.stdout.startswith("North [1]: 0 attempts are too few to fit a model to"), few.stderr
    refused = run("models", "refit", "mastery", "--institution", "East", home=home, **everywhere)
    assert refused.returncode == 1
    assert "There is no open institution 'East'" in refused.stderr


def test_migrate_tells_where_it_is(run: Run, house: House) -> None:
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
        (("export", "clases"), {"EDUKIT_USER": DEMO_TEACHER}, "There is no frame 'clases'"),
        (("export", "class_mastery"), {"EDUKIT_USER": DEMO_TEACHER}, "class_mastery needs --class"),
        (("export", "classes"), {}, "EDUKIT_INSTITUTION is not told"),
        (("export", "classes"), {"EDUKIT_USER": "nobody@demo.example"}, "There is no account 'nobody@demo.example'"),
    ],
)
def test_a_failure_is_one_sentence(
    run: Run, house: House, arguments: tuple[str, ...], environment: dict[str, str], sentence: str
) -> None:
    """No traceback and no password; the thing at fault is named; the status is not 0. --debug adds the traceback."""
    assert house.demo
    told = run(*arguments, home=house.settings.home, **environment)
    assert told.returncode == 1
    assert sentence in told.stderr
    assert "Traceback" not in told.stderr
    assert "hush" not in told.stderr
    assert "Traceback" in run(*arguments, "--debug", home=house.settings.home, **environment).stderr
