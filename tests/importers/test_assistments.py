"""The ASSISTments release layout: schools, classes, teachers, and one attempt for each order number."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import select, text

from edukit.errors import LoadError
from edukit.importers.assistments import load_assistments
from edukit.models import Institution

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from conftest import Tables, Write
    from sqlalchemy.orm import Session

    from edukit.db.ids import Ids
    from edukit.importers.report import LoadReport

ROW: dict[str, object] = {
    "": 0, "order_id": 33022537, "user_id": 64525, "problem_id": 51424, "original": 1, "correct": 1,
    "ms_first_response": 32454, "answer_type": "algebra", "student_class_id": 13241, "skill_id": "1.0",
    "skill_name": "Box and Whisker", "teacher_id": 22763, "school_id": 73, "hint_count": 0, "answer_text": "26",
}  # fmt: skip


def release(*changes: dict[str, object], encoding: str = "utf-8") -> bytes:
    """A file of the layout: one row for each set of changes to a usual one."""
    output = io.StringIO()
    writer = csv.DictWriter(output, ROW)
    writer.writeheader()
    writer.writerows({**ROW, **change} for change in changes)
    return output.getvalue().encode(encoding)


@pytest.fixture
def load(session: Session, ids: Ids, now: datetime) -> Callable[..., LoadReport]:
    """Loads a file."""

    def load(path: Path, **options: bool) -> LoadReport:
        return load_assistments(session, path, ids=ids, now=now, **options)

    return load


def test_a_row_becomes_its_people_its_class_and_its_attempt(
    session: Session, write: Write, load: Callable[..., LoadReport]
) -> None:
    """Every field of a row is found where the design says."""
    load(write(release({})))
    found = session.execute(
        text(
            "SELECT i.name, c.name, s.name, s.source_key, t.name, t.role, q.source_key, q.kind, q.body, k.name,"
            " k.position, p.name, a.sequence, a.attempted_at, a.is_correct, a.time_taken_seconds, a.hint_count,"
            " a.answer, e.enrolled_at FROM question_attempts a JOIN institutions i ON i.id = a.institution_id"
            " JOIN classes c ON c.id = a.class_id JOIN users s ON s.id = a.student_id"
            " JOIN class_teachers ct ON ct.class_id = c.id JOIN users t ON t.id = ct.teacher_id"
            " JOIN questions q ON q.id = a.question_id JOIN question_concepts qc ON qc.question_id = q.id"
            " JOIN concepts k ON k.id = qc.concept_id JOIN topics p ON p.id = k.topic_id"
            " JOIN enrolments e ON e.class_id = c.id AND e.student_id = s.id JOIN students st ON st.id = s.id"
        )
    ).one()
    assert tuple(found) == (
        "School 73", "Class 13241", "Student 64525", "assistments:user/64525", "Teacher 22763", "teacher",
        "assistments:question/51424", "text", None, "Box and Whisker", 1, "ASSISTments skills", 33022537, None, True,
        pytest.approx(32.454), 0, "26", None,
    )  # fmt: skip


def test_rows_of_one_order_number_are_one_attempt_with_all_its_skills(
    session: Session, write: Write, load: Callable[..., LoadReport]
) -> None:
    """Repeated rows add concepts, not attempts; a row without skill adds neither concept nor harm."""
    second = {"skill_id": 2, "skill_name": "Mean"}
    report = load(
        write(release({}, second, second, {"order_id": 5, "problem_id": 7, "skill_id": "", "skill_name": ""}))
    )
    assert (report.rows_read, report.attempts_added, report.concepts_added) == (4, 2, 2)
    assert session.scalar(text("SELECT count(*) FROM question_concepts")) == 2
    assert session.scalar(text("SELECT count(*) FROM concept_mastery")) == 2
    assert report.notes == (
        "2 rows repeat an attempt, for a further skill or word for word; it counts once",
        "1 rows have no skill",
    )


def test_an_order_number_of_two_attempts_is_bad(write: Write, load: Callable[..., LoadReport]) -> None:
    """One of two different attempts would be lost silently."""
    with pytest.raises(LoadError, match="line 3: order_id must stand for one attempt"):
        load(write(release({}, {"user_id": 1})))


@pytest.mark.parametrize(
    ("given", "seconds"), [(-7759575, None), (9e12, None), ("", None), (0, 0.0), (86_400_000, 86400)]
)
def test_a_time_that_cannot_be_is_unknown(
    session: Session, write: Write, load: Callable[..., LoadReport], given: object, seconds: float | None
) -> None:
    """Negative and absurd response times are taken as unknown, and noted."""
    report = load(write(release({"ms_first_response": given})))
    assert session.scalar(text("SELECT time_taken_seconds FROM question_attempts")) == seconds
    assert bool(report.notes) == (seconds is None and given != "")


def test_a_class_of_two_schools_is_a_class_in_each(
    session: Session, write: Write, load: Callable[..., LoadReport]
) -> None:
    """No row points into another school."""
    report = load(write(release({}, {"order_id": 2, "user_id": 3, "school_id": 74})))
    assert (report.institutions_added, report.classes_added, report.questions_added) == (2, 2, 2)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_answers_of_any_characters_arrive_as_they_were(
    session: Session, write: Write, load: Callable[..., LoadReport], encoding: str
) -> None:
    """Quotes, commas, line breaks, accents and edge spaces survive, in UTF-8 and in Windows-1252."""
    answer = ' 1/2, "né\u2019" \n\\N\t;<p> '
    report = load(write(release({"answer_text": answer}, encoding=encoding), pack=True))
    assert session.scalar(text("SELECT answer FROM question_attempts")) == answer
    assert any("cp1252" in note for note in report.notes) == (encoding == "cp1252")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("order_id", "1.5"), ("order_id", -1), ("order_id", "1e300"), ("user_id", ""), ("problem_id", "nan"),
        ("correct", 0.5), ("school_id", ""), ("student_class_id", ""), ("teacher_id", ""), ("hint_count", 99_999),
        ("hint_count", -1), ("ms_first_response", "fast"), ("original", 2), ("skill_name", "s" * 201),
    ],
)  # fmt: skip
def test_a_bad_value_is_told_of_and_nothing_is_loaded(
    session: Session, write: Write, load: Callable[..., LoadReport], column: str, value: object
) -> None:
    """The message names line and column; without the row the others are loaded."""
    path = write(release({}, {"order_id": 2, column: value}))
    with pytest.raises(LoadError, match=f"line 3: {column} must"):
        load(path)
    assert session.scalars(select(Institution)).all() == []
    assert load(path, skip_bad_rows=True).attempts_added == 1


def test_order_numbers_may_be_written_as_floats(
    session: Session, write: Write, load: Callable[..., LoadReport]
) -> None:
    """The same attempt however its number was written."""
    load(write(release({})))
    report = load(write(release({"order_id": "33022537.0"}, {"order_id": "3.3022537e7"})))
    assert (report.attempts_added, report.attempts_already_there) == (0, 1)


def test_classes_and_rates_equal_a_plain_count_and_again_changes_nothing(
    session: Session, write: Write, load: Callable[..., LoadReport], tables: Tables
) -> None:
    """Each class's attempts, students and share of right answers are those that the csv module counts."""
    rng = np.random.default_rng(5)
    rows: list[dict[str, object]] = []
    for order in range(500):
        student = int(rng.integers(40))
        attempt = {
            "order_id": order, "user_id": student, "student_class_id": student % 6, "school_id": student % 3,
            "teacher_id": student % 6, "problem_id": int(rng.integers(30)), "correct": int(rng.integers(2)),
        }  # fmt: skip
        rows += [{**attempt, "skill_id": skill} for skill in range(int(rng.integers(1, 4)))]
    data = release(*rows)
    attempts = {row["order_id"]: row for row in csv.DictReader(io.StringIO(data.decode()))}
    expected: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in attempts.values():
        expected["Class " + row["student_class_id"]].append(row)
    report = load(write(data))
    found = session.execute(
        text(
            "SELECT c.name, count(*), count(DISTINCT student_id), avg(is_correct::int)::float"
            " FROM question_attempts a JOIN classes c ON c.id = a.class_id GROUP BY 1"
        )
    )
    assert {name: tuple(rest) for name, *rest in found} == {
        name: (
            len(of),
            len({row["user_id"] for row in of}),
            pytest.approx(sum(int(row["correct"]) for row in of) / len(of)),
        )
        for name, of in expected.items()
    }
    assert (report.rows_read, report.attempts_added) == (len(rows), 500)
    before = tables(session)
    assert load(write(data, pack=True)).attempts_added == 0
    assert tables(session) == before
