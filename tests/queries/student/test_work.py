"""What a student handed in and was told: every figure equals plain SQL on the demo school."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from edukit.queries.frames import FRAMES
from edukit.queries.student_work import STATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from edukit.workbench import Workbench

    Rows = Callable[..., list[dict[str, object]]]
    Plain = Callable[..., list[tuple[object, ...]]]

NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)
FEEDBACK_COLUMNS = [column.name for column in FRAMES["feedback"].columns]


def test_submissions_equal_sql(rows: Rows, plain: Plain, demo: Workbench, student_id: int) -> None:
    """Every assignment that was due while the student was there, or that they handed in, with its latest work."""
    frame = demo.submissions(student_id)
    assert set(frame["state"]) <= set(STATES)
    counted = rows(
        """
        SELECT a.id AS assignment_id, a.title AS assignment, a.class_id, c.name AS class_name, a.due_at,
            count(s.id) AS submissions, max(s.submitted_at) AS submitted_at, min(s.submitted_at) AS first_submitted_at,
            CASE WHEN count(s.id) > 0 THEN coalesce(min(s.submitted_at) > a.due_at, false) END AS late
        FROM assignments a JOIN classes c ON c.id = a.class_id
            LEFT JOIN submissions s ON s.assignment_id = a.id AND s.student_id = %(id)s
        GROUP BY a.id, a.title, a.class_id, c.name, a.due_at, a.assigned_at
        HAVING count(s.id) > 0 OR coalesce(a.assigned_at, '-infinity') <= %(now)s AND EXISTS (
            SELECT FROM enrolments e WHERE e.class_id = a.class_id AND e.student_id = %(id)s
            AND tstzrange(e.enrolled_at, e.left_at) @> coalesce(a.due_at, %(now)s))""",
        id=student_id,
        now=NOW,
    )
    assert sorted(plain(frame, *counted[0])) == sorted(tuple(row.values()) for row in counted)
    assert frame["due_at"].is_monotonic_decreasing
    latest = rows(
        "SELECT DISTINCT ON (assignment_id) assignment_id, id::text, score, code_quality_score, body, github_url,"
        " EXISTS (SELECT FROM feedback f WHERE f.submission_id = s.id) AS told"
        " FROM submissions s WHERE student_id = %(id)s ORDER BY assignment_id, submitted_at DESC, id DESC",
        id=student_id,
    )
    told = {row["assignment_id"]: row.pop("told") for row in latest}
    handed_in = frame[frame["submissions"] > 0]
    columns = ("assignment_id", "submission_id", "score", "code_quality_score", "body", "github_url")
    assert sorted(plain(handed_in, *columns), key=str) == sorted((tuple(row.values()) for row in latest), key=str)
    for assignment_id, due_at, state in plain(frame, "assignment_id", "due_at", "state"):
        if assignment_id not in told:
            assert state == ("missing" if due_at < NOW else "open")
        elif told[assignment_id]:
            assert state == "has feedback"
        else:
            assert state == ("handed in" if due_at > NOW else "waiting for feedback")


def test_feedback_equals_sql(rows: Rows, plain: Plain, demo: Workbench, student_id: int) -> None:
    """Everything that was said to the student, corrected or not, the latest first."""
    frame = demo.feedback(student_id)
    counted = rows(
        """
        SELECT f.id::text AS feedback_id, f.submission_id::text AS submission_id, s.assignment_id,
            f.created_at AS given_at, f.teacher_id, u.name AS teacher, f.rating, w.content, f.ai_suggested,
            f.supersedes_id::text AS supersedes_id,
            EXISTS (SELECT FROM feedback later WHERE later.supersedes_id = f.id) AS superseded, w.erased_at
        FROM feedback f JOIN feedback_contents w ON w.feedback_id = f.id JOIN submissions s ON s.id = f.submission_id
            JOIN users u ON u.id = f.teacher_id
        WHERE f.student_id = %(id)s ORDER BY f.created_at DESC""",
        id=student_id,
    )
    assert plain(frame, *FEEDBACK_COLUMNS) == [tuple(row.values()) for row in counted]
