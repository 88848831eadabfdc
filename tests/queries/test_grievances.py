"""Grievances: the frames equal plain SQL on the demo school, and none of them tells who complains."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import psycopg
import pytest
from sqlalchemy import event

import edukit
from edukit.db.session import engine_for
from edukit.queries.frames import FRAMES
from edukit.settings import Settings
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from conftest import Database, House

LISTED = """
    SELECT i.name, g.id::text, g.category, g.severity, g.status, u.name, g.filed_at, g.resolved_at,
        (SELECT count(*) FROM grievance_events e WHERE (e.institution_id, e.grievance_id) = (g.institution_id, g.id)),
        (SELECT action FROM grievance_events e WHERE (e.institution_id, e.grievance_id) = (g.institution_id, g.id)
            ORDER BY sequence DESC LIMIT 1)
    FROM grievances g
    JOIN institutions i ON i.id = g.institution_id
    LEFT JOIN users u ON (u.institution_id, u.id) = (g.institution_id, g.assigned_to)
    WHERE g.institution_id = %s
    ORDER BY g.status IN ('resolved', 'closed'),
        array_position(ARRAY['critical', 'high', 'medium', 'low'], g.severity), g.filed_at, g.id"""
WEEKS = """
    WITH moved AS (
        SELECT e.*, date_trunc('week', e.occurred_at AT TIME ZONE i.time_zone) AS week,
            from_status IN ('resolved', 'closed') AS was, to_status IN ('resolved', 'closed') AS is_,
            (SELECT filed_at FROM grievances g WHERE g.id = e.grievance_id) AS filed_at
        FROM grievance_events e JOIN institutions i ON i.id = e.institution_id
        WHERE i.id = %s
    )
    SELECT week::date,
        (SELECT count(*) FROM moved m WHERE m.week = w.week AND action = 'filed'),
        (SELECT count(*) FROM moved m WHERE m.week = w.week AND is_ AND NOT was),
        (SELECT count(*) FROM moved m WHERE m.week = w.week AND was AND NOT is_),
        (SELECT count(*) FROM (
            SELECT DISTINCT ON (grievance_id) to_status FROM moved m WHERE m.week <= w.week AND to_status IS NOT NULL
            ORDER BY grievance_id, sequence DESC) s WHERE to_status IN ('open', 'in_progress')),
        (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM occurred_at - filed_at) / 86400)
            FROM moved m WHERE m.week = w.week AND is_ AND NOT was)
    FROM (SELECT generate_series(min(week), date_trunc('week', %s AT TIME ZONE 'Europe/Zurich'), '7 days') AS week
        FROM moved) w
    ORDER BY 1"""

DEMO_ADMIN = "admin@demo.example"
NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)
SMALL = """
    INSERT INTO institutions (id, name) VALUES (1, 'School');
    INSERT INTO accounts (id, email) VALUES (9, 'teacher@demo.example');
    INSERT INTO users (institution_id, id, account_id, role, name) VALUES
        (1, 1, NULL, 'student', 'Zoë'), (1, 9, 9, 'teacher', 'T');
    INSERT INTO students (institution_id, id) VALUES (1, 1);
    INSERT INTO classes (institution_id, id, name) VALUES (1, 1, '7A');
    INSERT INTO class_teachers (institution_id, class_id, teacher_id) VALUES (1, 1, 9);
    INSERT INTO enrolments (institution_id, id, class_id, student_id) VALUES (1, 1, 1, 1);"""


@pytest.fixture
def edu(house: House) -> Workbench:
    """An admin of the demo school at its moment, who sees every grievance there and only looks."""
    assert house.demo
    return Workbench(house.home_database.of(DEMO_ADMIN), Settings(frozen_now=house.settings.frozen_now))


def rows(house: House, sql: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(house.stores.database_url) as connection:
        return connection.execute(sql, values).fetchall()


@pytest.fixture
def institution(house: House) -> int:
    """The institution of that admin."""
    assert house.demo
    ((found,),) = rows(
        house,
        "SELECT u.institution_id FROM users u JOIN accounts a ON a.id = u.account_id WHERE a.email = %s",
        DEMO_ADMIN,
    )
    return int(found)


def plain(frame: pd.DataFrame) -> list[tuple[Any, ...]]:
    """The rows with None for what is missing."""
    return [tuple(None if pd.isna(value) else value for value in row) for row in frame.itertuples(index=False)]


def test_the_list_equals_sql(house: House, edu: Workbench, institution: int) -> None:
    """Every grievance once, in the order of urgency, with its holder, number of steps and latest one."""
    columns = [
        "institution", "grievance_id", "category", "severity", "status", "assigned_to", "filed_at", "resolved_at",
        "steps", "last_step",
    ]  # fmt: skip
    frame = edu.grievances()
    assert plain(frame[columns]) == rows(house, LISTED, institution)
    ends = frame["resolved_at"].fillna(pd.Timestamp(edu.now))
    assert frame["age_days"].tolist() == ((ends - frame["filed_at"]) / pd.Timedelta(days=1)).tolist()
    assert (frame["age_days"] > 0).all()


def test_a_status_is_a_part_of_the_list(edu: Workbench) -> None:
    """The four statuses share out the list; one that there is not is named."""
    frame = edu.grievances()
    parts = [edu.grievances(status) for status in ("open", "in_progress", "resolved", "closed")]
    assert all(len(part) for part in parts)
    assert sorted(pd.concat(parts)["grievance_id"]) == sorted(frame["grievance_id"])
    with pytest.raises(edukit.NotFound, match=r"'gone'.*open, in_progress, resolved or closed"):
        edu.grievances("gone")


def test_mine_is_what_is_assigned_to_the_viewer(house: House, edu: Workbench) -> None:
    """Each of those who answer any has theirs marked, and no other; whoever keeps the machine has none."""
    theirs = rows(
        house,
        "SELECT institution_id, assigned_to, array_agg(id::text) FROM grievances WHERE assigned_to IS NOT NULL"
        " GROUP BY 1, 2",
    )
    assert len(theirs) > 1
    for institution_id, user_id, ids in theirs:
        frame = Workbench(house.home_database.minted(institution_id, user_id), edu._settings).grievances()
        assert set(frame["grievance_id"][frame["mine"]]) == set(ids)
    nobody = house.demo.grievances()
    assert len(nobody)
    assert not nobody["mine"].any()


def test_one_has_its_words(house: House, edu: Workbench) -> None:
    """Description and resolution are the stored ones, beside what the list says of it."""
    listed = edu.grievances().set_index("grievance_id")
    for grievance_id in listed.index:
        (row,) = edu.grievance(grievance_id).to_dict("records")
        stored = rows(house, "SELECT description, resolution FROM grievances WHERE id = %s", grievance_id)
        assert plain(pd.DataFrame([row])[["description", "resolution"]]) == stored
        assert row["steps"] == listed.loc[grievance_id, "steps"] == len(edu.grievance_events(grievance_id))


def test_steps_are_in_order_and_tell_no_complainant(house: House, edu: Workbench) -> None:
    """Every step with its words; staff by name, the complainant as such, edukit where a rule decided."""
    stored = (
        "SELECT e.sequence, e.action, e.actor_id, e.actor_id = g.student_id, u.name, d.details FROM grievance_events e"
        " JOIN grievances g ON g.id = e.grievance_id LEFT JOIN users u ON u.id = e.actor_id"
        " LEFT JOIN grievance_event_details d ON d.event_id = e.id WHERE e.grievance_id = %s ORDER BY 1"
    )
    for grievance_id in edu.grievances()["grievance_id"]:
        frame = edu.grievance_events(grievance_id)
        expected = [
            (sequence, action, "edukit" if by is None else "the complainant" if own else name, details)
            for sequence, action, by, own, name, details in rows(house, stored, grievance_id)
        ]
        assert plain(frame[["sequence", "action", "actor", "details"]]) == expected
        assert frame["routing_rule_id"].notna().tolist() == (frame["action"] == "routed").tolist()


def test_no_frame_tells_who_complains(house: House, edu: Workbench) -> None:
    """Neither id nor name of any complainant stands in any cell, and no column is for it."""
    people = rows(house, "SELECT DISTINCT u.id::text, u.name FROM grievances g JOIN users u ON u.id = g.student_id")
    secrets = [word for person in people for word in person]
    frames = [edu.grievances(), edu.grievance_figures()]
    for grievance_id in frames[0]["grievance_id"]:
        frames += [
            edu.grievance(grievance_id), edu.grievance_events(grievance_id), edu.grievance_authorities(grievance_id),
        ]  # fmt: skip
    assert len(secrets) >= 4
    for frame in frames:
        assert not [name for name in frame if "student" in name or "complain" in name]
        text = frame.to_csv()
        assert [secret for secret in secrets if secret in text] == []


def test_figures_equal_sql(house: House, edu: Workbench, institution: int) -> None:
    """Filed, resolved, reopened, open at the end and the median of each week, counted week by week in SQL."""
    frame = edu.grievance_figures()
    counted = rows(house, WEEKS, institution, edu.now)
    assert len(frame) > 20
    assert [day.date() for day in frame["week_start"]] == [row[0] for row in counted]
    columns = ["filed", "resolved", "reopened", "open_at_end"]
    assert plain(frame[columns]) == [row[1:5] for row in counted]
    medians = [None if row[5] is None else pytest.approx(float(row[5])) for row in counted]
    assert [row[0] for row in plain(frame[["median_days_to_resolve"]])] == medians
    assert frame["open_at_end"].iloc[-1] == len(edu.grievances("open")) + len(edu.grievances("in_progress"))


def test_authorities_are_staff_who_are_here(house: House, edu: Workbench, institution: int) -> None:
    """Everybody of the institution who may answer, each with what waits for them; one of them has it."""
    (grievance_id,), *_ = rows(
        house, "SELECT id FROM grievances WHERE institution_id = %s ORDER BY id DESC", institution
    )
    staff = rows(
        house,
        "SELECT id, name, role, id = (SELECT assigned_to FROM grievances WHERE id = %s), (SELECT count(*) FROM"
        " grievances g WHERE g.assigned_to = u.id AND status IN ('open', 'in_progress')) FROM users u WHERE"
        " institution_id = %s AND role IN ('teacher', 'mentor', 'admin') AND departed_at IS NULL",
        grievance_id,
        institution,
    )
    frame = edu.grievance_authorities(grievance_id)
    assert set(plain(frame)) == set(staff)
    assert frame["assigned"].sum() == 1


@pytest.mark.parametrize("wanted", ["nonsense", "019f04db-69b2-76f1-a3ae-000000000000", ""])
def test_an_unknown_grievance_is_named(edu: Workbench, wanted: str) -> None:
    """What is no id, or nobody's, is an error that says where the ids are."""
    for ask in (edu.grievance, edu.grievance_events, edu.grievance_authorities):
        with pytest.raises(edukit.NotFound, match=r"no grievance.*grievances"):
            ask(wanted)


def test_frames_fit_their_declarations(edu: Workbench) -> None:
    """Columns, dtypes and nullability are those that describe() tells."""
    grievance_id = edu.grievances()["grievance_id"].iloc[0]
    for name, frame in {
        "grievances": edu.grievances(),
        "grievance": edu.grievance(grievance_id),
        "grievance_events": edu.grievance_events(grievance_id),
        "grievance_authorities": edu.grievance_authorities(grievance_id),
        "grievance_figures": edu.grievance_figures(),
    }.items():
        declared = {column.name: column for column in FRAMES[name].columns}
        assert {column: str(dtype) for column, dtype in frame.dtypes.items()} == {
            column.name: column.dtype for column in declared.values()
        }
        for column in declared.values():
            assert column.nullable or not frame[column.name].isna().any(), column.name


def test_statements_do_not_grow(database: Database) -> None:
    """List, figures, one grievance, its steps and its authorities are as many statements for sixty as for one."""
    with psycopg.connect(database.admin_url) as connection:
        connection.execute(SMALL)
    edu = Workbench(database.teacher, Settings(frozen_now=NOW))
    grievance_id = edu.file_grievance(1, "grade", "low", "The first")
    first = statements(edu, grievance_id)
    for place in range(59):
        edu.file_grievance(1, "grade", "low", f"The {place}th")
        edu.comment_on_grievance(grievance_id, f"Note {place}")
    assert statements(edu, grievance_id) == first
    assert (len(edu.grievances()), len(edu.grievance_events(grievance_id))) == (60, 61)


def statements(edu: Workbench, grievance_id: str) -> list[int]:
    """How many each question sends."""
    sent: list[str] = []
    engine = engine_for(edu._viewer.database_url)
    event.listen(engine, "before_cursor_execute", record := lambda _c, _k, query, *_: sent.append(query))
    counts = []
    for ask, given in (
        (edu.grievances, ()),
        (edu.grievance_figures, ()),
        (edu.grievance, (grievance_id,)),
        (edu.grievance_events, (grievance_id,)),
        (edu.grievance_authorities, (grievance_id,)),
    ):
        del sent[:]
        ask(*given)
        counts.append(len(sent))
    event.remove(engine, "before_cursor_execute", record)
    assert counts[:2] == [1, 1]
    return counts
