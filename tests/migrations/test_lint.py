"""What takes long locks is refused before anybody's database meets it: squawk reads the SQL of every migration."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest
from alembic import command
from alembic.script import Script, ScriptDirectory

from edukit.ops import migrate

SQUAWK = Path(sysconfig.get_path("scripts"), "squawk")
# Each rule that is not asked for, and why. All others are, those too that newer squawks bring.
TASTE = {
    "prefer-bigint-over-int": "a count that fits is an integer; ids are BIGINT by the models' own types",
    "prefer-bigint-over-smallint": "question_attempts is lean: options, hints and points of an answer are few",
    "prefer-text-field": "the one VARCHAR is in Alembic's own table",
    "prefer-robust-stmts": "alembic_version knows what has run; what runs outside a transaction is tested below",
}
# What one migration may do, and why it harms nobody.
ALLOWED = {
    "20261121_1100": {
        "ban-drop-constraint": "foreign keys are made anew in the same statement, as ones that cascade",
        "ban-drop-not-null": "the code before it only looks whether an address is among those there are",
    },
    "20261121_1140": {"ban-drop-constraint": "it is the migration's own, where that was broken off before"},
    "20261121_1200": {"ban-drop-constraint": "it is the migration's own, where that was broken off before"},
    "20261129_0800": {"ban-drop-constraint": "it is the migration's own, or makes way for one that allows more"},
    "20261129_1200": {"ban-drop-constraint": "it is the migration's own, where that was broken off before"},
    "20261129_1500": {"ban-drop-constraint": "it is the migration's own, where that was broken off before"},
    "20261129_1600": {"ban-drop-constraint": "it is the migration's own, where that was broken off before"},
}
BAD = {
    "CREATE INDEX old_a_idx ON question_attempts (answer)": "require-concurrent-index-creation",
    "DROP INDEX question_attempts_class_idx": "require-concurrent-index-deletion",
    "ALTER TABLE topics ADD CONSTRAINT topics_name_check CHECK (name <> '')": "constraint-missing-not-valid",
    "ALTER TABLE topics ADD CONSTRAINT topics_owner_fk FOREIGN KEY (id) REFERENCES users (id)": (
        "adding-foreign-key-constraint"
    ),
    "ALTER TABLE topics ADD CONSTRAINT topics_name_key UNIQUE (name)": "disallowed-unique-constraint",
    "ALTER TABLE topics ADD CONSTRAINT topics_name_check CHECK (name <> '') NOT VALID;\n"
    "ALTER TABLE topics VALIDATE CONSTRAINT topics_name_check": "constraint-missing-not-valid",
    "ALTER TABLE topics ADD COLUMN token UUID DEFAULT gen_random_uuid()": "adding-field-with-default",
    "ALTER TABLE topics ADD COLUMN code2 TEXT NOT NULL": "adding-required-field",
    "ALTER TABLE topics ALTER COLUMN position TYPE BIGINT": "changing-column-type",
    "ALTER TABLE topics ALTER COLUMN description SET NOT NULL": "adding-not-nullable-field",
    "ALTER TABLE topics DROP COLUMN description": "ban-drop-column",
    "ALTER TABLE topics RENAME COLUMN description TO about": "renaming-column",
    "DROP TABLE topics": "ban-drop-table",
}


def revisions() -> list[Script]:
    """Every migration, the oldest first."""
    return list(ScriptDirectory.from_config(migrate.config("")).walk_revisions())[::-1]


def sql_of(script: Script) -> str:
    """The SQL of one migration, upward, with its transactions."""
    output = io.StringIO()
    command.upgrade(migrate.config("", output=output), f"{script.down_revision or 'base'}:{script.revision}", sql=True)
    return output.getvalue()


def faults(sql: str, *allowed: str) -> list[tuple[str, str]]:
    """What squawk finds, each as its rule and the line."""
    left_out = [f"--exclude={rule}" for rule in (*TASTE, *allowed)]
    asked = [SQUAWK, "--pg-version=15", "--reporter=json", "--stdin-filepath=migration.sql", *left_out]
    found = subprocess.run(asked, input=sql, text=True, capture_output=True, check=False)
    assert found.returncode in {0, 1}, found.stderr
    return [(fault["rule_name"], sql.splitlines()[fault["line"]]) for fault in json.loads(found.stdout)]


def indexes_in_the_way(sql: str) -> set[str]:
    """Indexes built concurrently that a broken-off build of the same would keep from being built."""
    built = set(re.findall(r"CREATE (?:UNIQUE )?INDEX CONCURRENTLY (?:IF NOT EXISTS )?(\w+)", sql))
    return built - set(re.findall(r"DROP INDEX CONCURRENTLY IF EXISTS (\w+)", sql))


@pytest.mark.parametrize("script", revisions(), ids=lambda script: script.revision)
def test_no_migration_takes_long_locks(script: Script) -> None:
    """There is nothing in the migration's SQL but what is allowed by name, with a reason."""
    assert faults(sql_of(script), *ALLOWED.get(script.revision, ())) == []


@pytest.mark.parametrize(("revision", "rule"), [(name, rule) for name, rules in ALLOWED.items() for rule in rules])
def test_what_is_allowed_happens(revision: str, rule: str) -> None:
    """No allowance outlives what it was made for."""
    (script,) = (script for script in revisions() if script.revision == revision)
    assert rule in {found for found, _ in faults(sql_of(script))}


@pytest.mark.parametrize(("statement", "rule"), BAD.items(), ids=BAD.values())
def test_a_bad_migration_is_refused(statement: str, rule: str) -> None:
    """The lint sees each statement that would hold up readers or writers of an old table, or break their code."""
    timeouts, *_ = sql_of(revisions()[0]).splitlines()
    assert rule in {found for found, _ in faults(f"{timeouts}\nBEGIN;\n{statement};\nCOMMIT;\n")}


def test_a_new_table_may_have_anything() -> None:
    """Constraints and indexes of a table that the same transaction makes hold up nobody, and are let pass."""
    timeouts, *_ = sql_of(revisions()[0]).splitlines()
    new = "CREATE TABLE t (id BIGINT PRIMARY KEY, a TEXT);\nCREATE INDEX t_a_idx ON t (a);"
    assert faults(f"{timeouts}\nBEGIN;\n{new}\nCOMMIT;\n") == []


@pytest.mark.parametrize("script", revisions(), ids=lambda script: script.revision)
def test_no_broken_index_is_in_the_way(script: Script) -> None:
    """Before an index is built concurrently, one whose building was broken off is dropped."""
    assert indexes_in_the_way(sql_of(script)) == set()


def test_an_index_that_takes_a_broken_one_for_its_own_is_refused() -> None:
    """CREATE INDEX CONCURRENTLY IF NOT EXISTS would be content with an invalid index: the lint sees it."""
    assert indexes_in_the_way("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS a_key ON accounts (username)") == {
        "a_key"
    }


def test_what_needs_no_transaction_has_none() -> None:
    """Statements of an autocommit block stand outside BEGIN and COMMIT in the SQL that is read."""
    sql = "\n".join(map(sql_of, revisions()))
    inside = re.findall(r"^BEGIN;$.*?^COMMIT;$", sql, flags=re.MULTILINE | re.DOTALL)
    assert "CONCURRENTLY" in sql
    assert [part for part in inside if "CONCURRENTLY" in part or "VALIDATE CONSTRAINT" in part] == []


@pytest.mark.parametrize("script", revisions(), ids=lambda script: script.revision)
def test_a_migration_is_frozen(script: Script) -> None:
    """A migration imports nothing from edukit: what it does is the same whatever becomes of the models."""
    assert re.findall(r"^\s*(?:from|import) edukit\b.*", Path(script.path).read_text(), flags=re.MULTILINE) == []
