"""The audit trail: who sees which acts, what is recorded of files, and that nobody rewrites it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import psycopg
import pytest

import edukit
from edukit.ops.export import export
from edukit.queries.frames import FRAMES
from edukit.settings import Settings
from edukit.ui.export import csv_file
from edukit.workbench import Workbench
from edukit.workbench.audit import UNRECORDED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Database

    Opened = Callable[[int | None], Workbench]

NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)
ADMIN, TEACHER, STUDENT, ANALYST = 1, 2, 3, 4
SCHOOL = """
    INSERT INTO institutions (id, name) VALUES (1, 'School'), (2, 'Another');
    INSERT INTO users (institution_id, id, role, name) VALUES
        (1, 1, 'admin', 'Ann'), (1, 2, 'teacher', '=Fern'), (1, 3, 'student', 'Sol'), (1, 4, 'analyst', 'Ana'),
        (2, 2, 'teacher', 'Else');
    INSERT INTO students (institution_id, id) VALUES (1, 3);
    INSERT INTO classes (institution_id, id, name) VALUES (1, 7, '7B');
    INSERT INTO enrolments (institution_id, id, class_id, student_id) VALUES (1, 1, 7, 3);
    INSERT INTO class_teachers (institution_id, class_id, teacher_id) VALUES (1, 7, 2);
    INSERT INTO audit_events (institution_id, id, user_id, action, resource, occurred_at) VALUES
        (1, '00000000-0000-0000-0000-000000000001', 2, 'sign_in', NULL, '2026-06-01 08:00Z'),
        (1, '00000000-0000-0000-0000-000000000002', 3, 'sign_in_failed', NULL, '2026-06-02 08:00Z'),
        (1, '00000000-0000-0000-0000-000000000003', 2, 'reveal', 'grievances/9', '2026-06-03 08:00Z'),
        (1, '00000000-0000-0000-0000-000000000004', NULL, 'score', 'risk_models/1', '2026-06-04 08:00Z'),
        (2, '00000000-0000-0000-0000-000000000001', 2, 'sign_in', NULL, '2026-06-05 08:00Z');
    INSERT INTO audit_event_details (institution_id, event_id, details) VALUES
        (1, '00000000-0000-0000-0000-000000000001', '{"address": "192.0.2.1", "browser": "B"}'),
        (1, '00000000-0000-0000-0000-000000000002', '{"address": "192.0.2.2"}');
    """


@pytest.fixture
def opened(database: Database) -> Opened:
    """Opens the school's Workbench as a user, or as whoever keeps the machine."""
    with psycopg.connect(database.admin_url) as admin:
        admin.execute(SCHOOL)
    return lambda user_id: Workbench(database.minted(1, user_id), Settings(frozen_now=NOW))


def test_an_admin_sees_everybodys_acts(opened: Opened) -> None:
    """The latest first, typed as declared, with who, from where and what else; of no other institution."""
    found = opened(ADMIN).audit()
    assert found["action"].tolist() == ["score", "reveal", "sign_in_failed", "sign_in"]
    assert {name: str(dtype) for name, dtype in found.dtypes.items()} == {
        column.name: column.dtype for column in FRAMES["audit"].columns
    }
    first = found.iloc[-1]
    assert (first["name"], first["role"], first["address"]) == ("=Fern", "teacher", "192.0.2.1")
    assert first["details"] == '{"browser": "B"}'
    assert found.iloc[0][["user_id", "name", "address", "details"]].isna().all()
    assert pd.isna(found.iloc[2]["details"])


@pytest.mark.parametrize(
    ("given", "actions"),
    [
        ({"since": "2026-06-02T10:00+02:00"}, ["score", "reveal", "sign_in_failed"]),
        ({"until": "2026-06-02"}, ["sign_in"]),
        ({"since": datetime(2026, 6, 3, tzinfo=UTC), "until": "2026-06-04"}, ["reveal"]),
        ({"action": "reveal"}, ["reveal"]),
        ({"user_id": STUDENT}, ["sign_in_failed"]),
        ({"limit": 1}, ["score"]),
    ],
)
def test_it_is_narrowed(opened: Opened, given: dict[str, Any], actions: list[str]) -> None:
    """By time (without a zone it is UTC), act, user and number."""
    assert opened(ADMIN).audit(**given)["action"].tolist() == actions


def test_no_moment_is_said_so(opened: Opened) -> None:
    """What is no moment is named, with how one looks."""
    with pytest.raises(edukit.ActionError, match=r"since takes a moment such as 2026-06-01.*'yesterday'"):
        opened(ADMIN).audit(since="yesterday")


@pytest.mark.parametrize(("user_id", "count"), [(TEACHER, 2), (STUDENT, 1), (ANALYST, 0)])
def test_everybody_else_sees_their_own(opened: Opened, user_id: int, count: int) -> None:
    """No act of anybody else is there."""
    found = opened(user_id).audit()
    assert len(found) == count
    assert set(found["user_id"]) <= {user_id}


@pytest.mark.parametrize("user_id", [ADMIN, TEACHER, STUDENT, ANALYST, None])
def test_whoever_takes_a_file_out_is_recorded(opened: Opened, user_id: int | None) -> None:
    """Who, what, when and how much, whatever their role; the class by its id."""
    edu = opened(user_id)
    edu.record_export("class_mastery", rows=12, class_="7B")
    (row,) = edu.audit(action="export").itertuples(index=False)
    assert (row.occurred_at, row.resource) == (NOW, "classes/7")
    assert pd.isna(row.user_id) if user_id is None else row.user_id == user_id
    assert row.details == '{"rows": 12, "frame": "class_mastery", "format": "csv"}'


def test_the_command_records_the_file(opened: Opened, tmp_path: Path) -> None:
    """`edukit export` records frame, format and rows, and what it was of; a formula in a name is none."""
    edu = opened(ADMIN)
    out = tmp_path / "audit.csv"
    export(edu, "audit", {"action": "sign_in"}, out=out, progress=lambda _stage, _share: None)
    assert ",'=Fern," in out.read_text(encoding="utf-8-sig")
    assert edu.audit(action="export").iloc[0]["details"] == '{"rows": 1, "frame": "audit", "format": "csv"}'
    export(edu, "class_mastery", {"class_": "7B"}, out=tmp_path / "m.xlsx", progress=lambda _stage, _share: None)
    assert set(edu.audit(action="export")["resource"].dropna()) == {"classes/7"}


def test_no_record_no_file(database: Database, opened: Opened, tmp_path: Path) -> None:
    """Where the act cannot be recorded nothing is written, what is there stays, and the message says so."""
    edu = opened(ADMIN)
    with psycopg.connect(database.admin_url) as admin:
        admin.execute("REVOKE INSERT ON audit_event_details FROM edukit_viewer, edukit_teacher")
    kept = tmp_path / "kept.csv"
    kept.write_text("before")
    with pytest.raises(edukit.ActionError, match="so there is no file") as caught:
        export(edu, "classes", {}, out=kept, force=True, progress=lambda _stage, _share: None)
    assert str(caught.value) == UNRECORDED
    assert [path.name for path in tmp_path.iterdir()] == ["kept.csv"]
    assert kept.read_text() == "before"
    assert edu.audit(action="export").empty


FORGERIES = {
    "another's act": "INSERT INTO audit_events (institution_id, id, user_id, action, occurred_at)"
    " VALUES (1, gen_random_uuid(), 1, 'export', now())",
    "an act of nobody": "INSERT INTO audit_events (institution_id, id, action, occurred_at)"
    " VALUES (1, gen_random_uuid(), 'export', now())",
    "an act elsewhere": "INSERT INTO audit_events (institution_id, id, user_id, action, occurred_at)"
    " VALUES (2, gen_random_uuid(), 2, 'export', now())",
    "words beside another's act": "INSERT INTO audit_event_details (institution_id, event_id, details)"
    " VALUES (1, '00000000-0000-0000-0000-000000000004', '{}')",
    "another moment": "UPDATE audit_events SET occurred_at = now()",
    "no act": "DELETE FROM audit_events",
    "no acts at all": "TRUNCATE audit_events CASCADE",
    "other words": "UPDATE audit_event_details SET details = '{}'",
    "no words": "UPDATE audit_event_details SET details = NULL, erased_at = now()",
    "words gone": "DELETE FROM audit_event_details",
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=FORGERIES)
@pytest.mark.parametrize("user_id", [TEACHER, STUDENT, ANALYST])
def test_nobody_forges_the_trail(database: Database, opened: Opened, user_id: int, forgery: str) -> None:
    """Nothing is recorded in another's name or elsewhere, nothing changed and nothing removed; nothing is lost."""
    before = len(opened(ADMIN).audit())
    with psycopg.connect(database.minted(1, user_id).database_url) as viewer:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            viewer.execute(forgery)
        viewer.rollback()
    assert len(opened(ADMIN).audit()) == before


@pytest.mark.parametrize("user_id", [STUDENT, ANALYST])
def test_who_only_looks_records_nothing_else(database: Database, opened: Opened, user_id: int) -> None:
    """A student or analyst cannot say of themself that they did what only staff do."""
    assert len(opened(user_id).audit()) <= 1
    with (
        psycopg.connect(database.minted(1, user_id).database_url) as viewer,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        viewer.execute(
            "INSERT INTO audit_events (institution_id, id, user_id, action, occurred_at)"
            " VALUES (1, gen_random_uuid(), %s, 'reveal', now())",
            [user_id],
        )


def test_a_trail_is_a_file_without_formulas(opened: Opened) -> None:
    """As from a page: a name that a spreadsheet would run is text."""
    assert b",'=Fern," in csv_file(opened(ADMIN).audit())
