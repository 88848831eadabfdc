"""Who a student is, what they master and do: every figure equals plain SQL on the demo school."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from edukit.workbench import Workbench

    Rows = Callable[..., list[dict[str, object]]]
    Plain = Callable[..., list[tuple[object, ...]]]

NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)


def test_students_of_a_class_equal_sql(rows: Rows, plain: Plain, demo: Workbench) -> None:
    """Who is enrolled now, and nobody who left."""
    for class_id in demo.classes()["class_id"]:
        counted = rows(
            "SELECT e.student_id, u.name AS student, enrolled_at FROM enrolments e JOIN users u ON u.id = e.student_id"
            " WHERE class_id = %(class)s AND left_at IS NULL",
            **{"class": class_id},
        )
        found = plain(demo.students(class_id), "student_id", "student", "enrolled_at")
        assert sorted(found) == sorted(tuple(row.values()) for row in counted)


def test_who_a_student_is_equals_sql(rows: Rows, plain: Plain, demo: Workbench, student_id: int) -> None:
    """Name, classes, answers, scores, points and badges are what plain counts say."""
    (counted,) = rows(
        """
        SELECT u.name AS student, i.name AS institution, s.grade, u.departed_at,
            (SELECT count(*) FROM question_attempts a WHERE a.student_id = s.id) AS attempts,
            (SELECT count(*) FILTER (WHERE is_correct)::float8 / nullif(count(*), 0)
                FROM question_attempts a WHERE a.student_id = s.id) AS correct_share,
            (SELECT max(attempted_at) FROM question_attempts a WHERE a.student_id = s.id) AS last_attempted_at,
            (SELECT count(*) FROM concept_mastery m WHERE m.student_id = s.id) AS concepts,
            coalesce(p.points, 0) AS points, coalesce(p.xp, 0) AS xp, coalesce(p.level, 1) AS level,
            coalesce(p.best_streak, 0) AS best_streak,
            CASE WHEN p.last_active_on >= (%(now)s AT TIME ZONE i.time_zone)::date - 1 THEN p.current_streak
                ELSE 0 END AS current_streak,
            (SELECT count(*) FROM student_badges b WHERE b.student_id = s.id) AS badges,
            ((%(now)s AT TIME ZONE i.time_zone)::date)::timestamp AS today
        FROM students s JOIN users u USING (institution_id, id) JOIN institutions i ON i.id = s.institution_id
            LEFT JOIN student_points p ON p.student_id = s.id
        WHERE s.id = %(id)s""",
        id=student_id,
        now=NOW,
    )
    row = demo.student(student_id)
    found = dict(zip(counted, plain(row, *counted)[0], strict=True))
    assert found.pop("correct_share") == pytest.approx(counted.pop("correct_share"))
    assert found == counted
    scores = rows("SELECT mastery_score FROM concept_mastery WHERE student_id = %(id)s", id=student_id)
    ordered = sorted(float(str(score["mastery_score"])) for score in scores)
    middle = (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2 if ordered else None
    assert plain(row, "median_mastery") == [(pytest.approx(middle) if ordered else None,)]
    classes = rows(
        "SELECT c.id, c.name FROM classes c JOIN enrolments e ON e.class_id = c.id"
        " WHERE e.student_id = %(id)s AND left_at IS NULL ORDER BY c.name, c.id",
        id=student_id,
    )
    told = ", ".join(str(one["name"]) for one in classes), ",".join(str(one["id"]) for one in classes)
    assert plain(row, "classes", "class_ids") == [told if classes else (None, None)]


def test_mastery_equals_sql(rows: Rows, plain: Plain, demo: Workbench, student_id: int) -> None:
    """The stored scores, each once, in the order of the curriculum and with the level of the score."""
    frame = demo.student_mastery(student_id)
    names = (
        "concept_id", "mastery_score", "mastery_low", "mastery_high", "total_attempts", "correct_attempts",
        "last_attempted_at",
    )  # fmt: skip
    counted = rows(f"SELECT {', '.join(names)} FROM concept_mastery WHERE student_id = %(id)s", id=student_id)
    assert sorted(plain(frame, *names)) == sorted(tuple(row.values()) for row in counted)
    assert frame["concept_order"].is_monotonic_increasing
    topics = rows("SELECT c.id, c.name, t.name AS topic FROM concepts c JOIN topics t ON t.id = c.topic_id")
    known = {row["id"]: (row["topic"], row["name"]) for row in topics}
    assert plain(frame, "topic", "concept") == [known[id_] for id_ in frame["concept_id"]]
    starts = {"beginning": 0, "developing": 50, "proficient": 80, "mastered": 95}
    for score, level in plain(frame, "mastery_score", "level"):
        assert level == max((name for name in starts if starts[name] <= score), key=starts.__getitem__)


@pytest.mark.parametrize("days", [None, 1, 7, 28])
def test_activity_equals_sql(rows: Rows, plain: Plain, demo: Workbench, student_id: int, days: int | None) -> None:
    """Each day of the institution's calendar with its answers, minutes and work, and no other day."""
    counted = rows(
        """
        SELECT day, count(*) FILTER (WHERE kind = 'answer') AS answers, count(*) FILTER (WHERE is_correct) AS correct,
            coalesce(sum(seconds), 0) / 60 AS minutes, count(*) FILTER (WHERE kind = 'work') AS work
        FROM (
            SELECT 'answer' AS kind, institution_id, attempted_at AS moment, is_correct,
                time_taken_seconds::float8 AS seconds, student_id FROM question_attempts
            UNION ALL SELECT 'work', institution_id, submitted_at, NULL, NULL, student_id FROM submissions
        ) AS done JOIN institutions i ON i.id = institution_id
            CROSS JOIN LATERAL (SELECT (moment AT TIME ZONE time_zone)::date AS day) AS on_day
        WHERE student_id = %(id)s AND moment IS NOT NULL
            AND (%(days)s::int IS NULL OR day > (%(now)s AT TIME ZONE time_zone)::date - %(days)s)
        GROUP BY day ORDER BY day""",
        id=student_id,
        days=days,
        now=NOW,
    )
    frame = demo.activity(student_id, days=days)
    found = [(day.date(), *rest) for day, *rest in plain(frame, *frame.columns)]
    wanted = [list(row.values()) for row in counted]
    assert [[*row[:3], row[4]] for row in found] == [[*row[:3], row[4]] for row in wanted]
    assert frame["minutes"].tolist() == pytest.approx([row[3] for row in wanted])


def test_activity_is_the_views(rows: Rows, plain: Plain, demo: Workbench, student_id: int) -> None:
    """Days with answers are those of the view daily_activity, which analysts read."""
    counted = rows(
        "SELECT active_on, questions_answered, questions_correct FROM daily_activity WHERE student_id = %(id)s"
        " ORDER BY active_on",
        id=student_id,
    )
    frame = demo.activity(student_id)
    answered = frame[frame["attempts"] > 0]
    found = [(day.date(), *rest) for day, *rest in plain(answered, "active_on", "attempts", "correct_attempts")]
    assert found == [tuple(row.values()) for row in counted]
