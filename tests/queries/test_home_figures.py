"""The first page's frames: each figure equals plain SQL on the demo school, whoever looks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import psycopg
import pytest

from edukit.analytics.help import needs_help
from edukit.db.session import session_for
from edukit.queries import home
from edukit.queries.classroom import by_name
from edukit.queries.frames import FRAMES

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import House
    from sqlalchemy.orm import Session

    from edukit.workbench import Workbench

NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)  # the demo school's
THRESHOLDS = (50.0, 80.0, 95.0)


def rows(house: House, sql: str, *values: object) -> dict[Any, Any]:
    """What a statement says to whom the frames are shown, by its first column."""
    assert house.demo
    with psycopg.connect(house.home_database.viewer.database_url) as connection:
        return {key: tuple(rest) for key, *rest in connection.execute(sql, values).fetchall()}


def of_each(house: House, sql: str, shown: Callable[[Session, int], object]) -> tuple[list[object], list[object]]:
    """What a statement says of users (institution, user, what), and what each is shown by their own login."""
    assert house.demo
    with psycopg.connect(house.stores.database_url) as connection:
        counted = connection.execute(sql).fetchall()
    found: list[object] = []
    for institution_id, user_id, _ in counted:
        with session_for(house.home_database.minted(institution_id, user_id)) as session:
            found.append(shown(session, user_id))
    return [what for *_, what in counted], found


def test_only_ones_own_classes(house: House) -> None:
    """Each teacher of the demo school gets the classes of their user, and no other."""
    counted, found = of_each(
        house,
        "SELECT institution_id, teacher_id, array_agg(class_id ORDER BY class_id) FROM class_teachers GROUP BY 1, 2",
        lambda session, user_id: sorted(home.classes_of(session, user_id=user_id)["class_id"]),
    )
    assert found == counted
    assert len(counted) > 1


def test_students_equal_sql(house: House, demo: Workbench) -> None:
    """Whoever is enrolled now is counted, in every class that there is."""
    counted = rows(
        house,
        "SELECT c.id, (SELECT count(*) FROM enrolments e WHERE e.class_id = c.id AND e.left_at IS NULL) FROM classes c",
    )
    frame = demo.home()
    assert {id_: (students,) for id_, students in zip(frame["class_id"], frame["students"], strict=True)} == counted
    names = frame["class_name"].tolist()
    assert names == sorted(names, key=by_name)


def test_answers_equal_sql(house: House, demo: Workbench) -> None:
    """Answers of the week, right ones among them, and those of the week before, are what a plain count says."""
    counted = rows(
        house,
        "SELECT class_id, count(*) FILTER (WHERE late), count(*) FILTER (WHERE late AND is_correct),"
        " count(*) FILTER (WHERE NOT late) FROM (SELECT *, attempted_at > %s - interval '168 hours' AS late"
        "  FROM question_attempts WHERE attempted_at > %s - interval '336 hours' AND attempted_at <= %s) AS a"
        " GROUP BY class_id",
        NOW, NOW, NOW,
    )  # fmt: skip
    frame = demo.home()
    shown = frame[["class_id", "answers", "correct_answers", "earlier_answers"]].itertuples(index=False, name=None)
    assert {id_: tuple(figures) for id_, *figures in shown} == {
        id_: counted.get(id_, (0, 0, 0)) for id_ in frame["class_id"]
    }
    assert frame["earlier_answers"].sum() > 0


@pytest.mark.parametrize("thresholds", [THRESHOLDS, (70.0, 75.0, 99.0), (30.0, 60.0, 90.0)])
def test_who_needs_help_is_who_class_mastery_names(demo: Workbench, thresholds: tuple[float, float, float]) -> None:
    """The number of each class is that of the students whom the page behind it lists, whatever the thresholds."""
    settings = demo._settings.model_copy(update={"mastery_thresholds": thresholds})
    edu = type(demo)(demo._viewer, settings)
    frame = edu.home()
    listed = {id_: needs_help(edu.class_mastery(id_), thresholds)["student_id"].nunique() for id_ in frame["class_id"]}
    assert dict(zip(frame["class_id"], frame["need_help"], strict=True)) == listed
    assert sum(listed.values()) > 0


def test_risk_equals_sql(house: House, demo: Workbench) -> None:
    """Whoever is enrolled counts by what was said of them last, unless somebody has answered that."""
    counted = rows(
        house,
        "WITH latest AS (SELECT DISTINCT ON (student_id) student_id, predicted_on, risk_level"
        "  FROM risk_predictions"
        "  ORDER BY student_id, predicted_on DESC, predicted_at DESC)"
        " SELECT class_id, count(risk_level), count(*) FILTER (WHERE risk_level IN ('high', 'critical')"
        "  AND NOT coalesce((SELECT array_position(levels, q.risk_level) >= array_position(levels, l.risk_level)"
        "  FROM risk_responses r JOIN risk_predictions q ON q.id = r.prediction_id WHERE q.student_id = l.student_id"
        "  AND q.predicted_on >= l.predicted_on - 28 ORDER BY r.responded_at DESC LIMIT 1), false))"
        " FROM (SELECT ARRAY['low', 'medium', 'high', 'critical'] AS levels) AS every CROSS JOIN enrolments"
        " LEFT JOIN latest AS l USING (student_id) WHERE left_at IS NULL GROUP BY class_id",
    )
    frame = demo.home()
    shown = frame[["class_id", "predicted", "at_risk"]].itertuples(index=False, name=None)
    assert {id_: tuple(figures) for id_, *figures in shown} == {id_: counted[id_] for id_ in frame["class_id"]}
    assert frame["at_risk"].sum() > 0


def test_waiting_work_equals_sql(house: House, demo: Workbench) -> None:
    """How many submissions wait, since when the oldest does, and whose it is."""
    counted = rows(
        house,
        "WITH latest AS (SELECT DISTINCT ON (s.assignment_id, s.student_id) a.class_id, a.due_at, s.*"
        "  FROM submissions s JOIN assignments a ON a.id = s.assignment_id JOIN enrolments e ON e.class_id = a.class_id"
        "  AND e.student_id = s.student_id AND e.left_at IS NULL"
        "  ORDER BY s.assignment_id, s.student_id, s.submitted_at DESC, s.id DESC),"
        " waits AS (SELECT * FROM latest l WHERE coalesce(due_at, '-infinity') <= %s"
        "  AND NOT EXISTS (SELECT FROM feedback f WHERE f.submission_id = l.id))"
        " SELECT class_id, count(*), min(submitted_at), (array_agg(student_id ORDER BY submitted_at))[1]"
        " FROM waits GROUP BY class_id",
        NOW,
    )
    frame = demo.home()
    shown = frame[["class_id", "waiting", "waiting_since", "waiting_student_id"]].itertuples(index=False, name=None)
    assert {id_: tuple(figures) for id_, *figures in shown} == {id_: counted[id_] for id_ in frame["class_id"]}
    assert frame["waiting"].sum() > 0


def test_what_waits_is_what_student_pages_call_waiting(demo: Workbench) -> None:
    """The number of a class is that of the work which the pages of its students say waits for feedback."""
    row = demo.home().query("due > 0").sort_values("waiting").iloc[-1]
    pages = [demo.submissions(student_id) for student_id in demo.students(int(row["class_id"]))["student_id"]]
    work = pd.concat(pages).query("class_id == @row.class_id")
    assert row["waiting"] == (work["state"] == "waiting for feedback").sum() > 0
    assert (work["state"] == "handed in").any()


def test_work_that_is_due_equals_sql(house: House, demo: Workbench) -> None:
    """The assignments of the week ahead, and the first of them."""
    counted = rows(
        house,
        "SELECT class_id, count(*), min(due_at), (array_agg(title ORDER BY due_at, id))[1] FROM assignments"
        " WHERE due_at > %s AND due_at <= %s + interval '168 hours' GROUP BY class_id",
        NOW, NOW,
    )  # fmt: skip
    due = demo.home().query("due > 0")
    shown = due[["class_id", "due", "next_due_at", "next_due"]].itertuples(index=False, name=None)
    assert {id_: tuple(figures) for id_, *figures in shown} == {id_: counted[id_] for id_ in due["class_id"]}
    assert set(due["class_id"]) == set(counted) != set()


def test_grievances_are_counted_for_the_person(house: House) -> None:
    """Of everybody who answers any, those that are open or in progress."""
    counted, found = of_each(
        house,
        "SELECT u.institution_id, u.id, count(g.id) FROM users u LEFT JOIN grievances g"
        " ON g.assigned_to = u.id AND g.status IN ('open', 'in_progress') WHERE u.role IN ('teacher', 'admin')"
        " GROUP BY 1, 2",
        lambda session, user_id: home.me(session, user_id=user_id)["grievances"].sum(),
    )
    assert found == counted
    assert any(counted)


@pytest.mark.parametrize("name", ["home", "me"])
def test_frames_fit_their_declaration(demo: Workbench, name: str) -> None:
    """Columns, dtypes and nullability are those that describe() tells."""
    frame, declared = getattr(demo, name)(), FRAMES[name].columns
    assert {column: str(dtype) for column, dtype in frame.dtypes.items()} == {
        column.name: column.dtype for column in declared
    }
    assert not frame[[column.name for column in declared if not column.nullable]].isna().any(axis=None)
