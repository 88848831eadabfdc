"""Tidy files of attempts: what is loaded is what stands there, once."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sqlalchemy import select, text

from edukit.actions.practice import refresh_mastery
from edukit.errors import LoadError
from edukit.importers import delimited
from edukit.importers.attempts import COLUMNS as TIDY
from edukit.importers.attempts import load_attempts
from edukit.models import ConceptMastery, Institution, QuestionAttempt

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from conftest import Tables, Write
    from sqlalchemy.orm import Session

    from edukit.db.ids import Ids
    from edukit.importers.report import LoadReport

Row = tuple[object, ...]
MOMENT = 1_500_000_000


def made(count: int, *, timed: bool = True) -> list[Row]:
    """Rows as a source has them: repeated triples, equal moments, several skills, skills missing."""
    rng = np.random.default_rng(3)
    rows = []
    for number in range(count):
        item = int(rng.integers(40))
        skill = "" if item == 0 else item % 7 if rng.random() < 0.9 else item % 5
        moment = MOMENT + number // 3 if timed else 0
        rows.append((int(rng.integers(20)), item, moment, int(rng.random() < 0.6), skill))
    return rows


@pytest.fixture
def load(session: Session, ids: Ids, now: datetime) -> Callable[..., LoadReport]:
    """Loads a file into one institution."""

    def load(path: Path, **options: bool) -> LoadReport:
        return load_attempts(session, path, institution="North", ids=ids, now=now, **options)

    return load


@pytest.mark.parametrize("timed", [True, False])
def test_counts_and_rates_equal_a_plain_count_of_the_file(
    session: Session, write: Write, load: Callable[..., LoadReport], monkeypatch: pytest.MonkeyPatch, *, timed: bool
) -> None:
    """Attempts, right answers and concepts of each student are those that the csv module counts."""
    monkeypatch.setattr(delimited, "CHUNK_ROWS", 100)
    path = write([TIDY, *made(1_000, timed=timed)], pack=timed)
    report = load(path)
    text_of = "\t".join(TIDY) + "\n" + "".join("\t".join(map(str, row)) + "\n" for row in made(1_000, timed=timed))
    expected: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    concepts: dict[str, set[str]] = defaultdict(set)
    for row in csv.DictReader(io.StringIO(text_of), delimiter="\t"):
        expected["Student " + row["user_id"]][0] += 1
        expected["Student " + row["user_id"]][1] += int(row["correct"])
        if row["skill_id"]:
            concepts["attempts:question/" + row["item_id"]].add("Skill " + row["skill_id"])
    found = session.execute(
        text(
            "SELECT u.name, count(*), count(*) FILTER (WHERE is_correct) FROM question_attempts a "
            "JOIN users u ON u.id = a.student_id JOIN classes c ON c.id = a.class_id AND c.name = 'All students' "
            "JOIN enrolments e ON e.class_id = c.id AND e.student_id = u.id GROUP BY 1"
        )
    )
    assert {name: [count, right] for name, count, right in found} == expected
    asked = session.execute(
        text(
            "SELECT q.source_key, array_agg(c.name) FROM question_concepts x "
            "JOIN questions q ON q.id = x.question_id JOIN concepts c ON c.id = x.concept_id GROUP BY 1"
        )
    )
    assert {key: set(names) for key, names in asked} == concepts
    assert (report.rows_read, report.attempts_added, report.students_added) == (1_000, 1_000, len(expected))
    assert (report.institutions_added, report.classes_added, report.questions_added) == (1, 1, 40)


def test_times_and_order_are_the_sources(session: Session, write: Write, load: Callable[..., LoadReport]) -> None:
    """A time is that of the file; rows of one moment, and rows without times, keep the file's order."""
    times = [MOMENT + 5, MOMENT, MOMENT, 0, 0, f"{MOMENT + 7}.25"]
    load(write([TIDY, *((1, item, moment, 1, 1) for item, moment in enumerate(times))]))
    rows = session.execute(
        text(
            "SELECT q.source_key, extract(epoch FROM attempted_at)::float, sequence FROM question_attempts "
            "JOIN questions q ON q.id = question_id ORDER BY sequence"
        )
    ).all()
    micros = 1_000_000
    assert [(key.rpartition("/")[2], moment, sequence) for key, moment, sequence in rows] == [
        ("3", None, 0),
        ("4", None, 1),
        ("1", MOMENT, MOMENT * micros),
        ("2", MOMENT, MOMENT * micros + 1),
        ("0", MOMENT + 5, (MOMENT + 5) * micros),
        ("5", MOMENT + 7.25, int((MOMENT + 7.25) * micros)),
    ]


def test_loading_again_changes_nothing_and_more_rows_add_what_is_new(
    session: Session, write: Write, load: Callable[..., LoadReport], tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same file, unpacked or in other chunks, leaves every table as it was; appended rows are added."""
    rows = made(600)
    load(write([TIDY, *rows[:500]], pack=True))
    before = tables(session)
    monkeypatch.setattr(delimited, "CHUNK_ROWS", 77)
    again = load(write([TIDY, *rows[:500]]))
    assert tables(session) == before
    assert (again.attempts_added, again.attempts_already_there, again.students_added) == (0, 500, 0)
    more = load(write([TIDY, *rows]))
    assert (more.attempts_added, more.attempts_already_there) == (100, 500)


def test_mastery_is_that_of_all_evidence(
    session: Session, write: Write, load: Callable[..., LoadReport], tables: Tables, now: datetime
) -> None:
    """After two loads, mastery equals one computed afresh for everybody, new concepts of old questions included."""
    load(write([TIDY, *made(400)]))
    load(write([TIDY, *made(400), ("new", 3, MOMENT, 1, "a skill that question 3 had not")]))
    stored = tables(session)["concept_mastery"]
    refresh_mastery(session, institution_id=session.scalars(select(Institution.id)).one(), now=now)
    assert tables(session)["concept_mastery"] == stored
    assert session.query(ConceptMastery).count() > 50


def test_who_has_left_stays_so(session: Session, write: Write, load: Callable[..., LoadReport], tables: Tables) -> None:
    """A second load does not enrol again a student who left the class."""
    path = write([TIDY, *made(50)])
    load(path)
    session.execute(text("UPDATE enrolments SET left_at = now()"))
    before = tables(session)
    load(path)
    assert tables(session) == before


BAD = {
    "user_id": ["", "nan", "x" * 201],
    "item_id": [" "],
    "timestamp": ["-1", "soon", "", "1500000000000", "12", "inf"],
    "correct": ["2", "", "0.5", "yes"],
    "skill_id": ["s" * 201],
}


@pytest.mark.parametrize(("column", "value"), [(column, value) for column, values in BAD.items() for value in values])
def test_a_bad_value_is_told_of_and_nothing_is_loaded(
    session: Session, write: Write, load: Callable[..., LoadReport], column: str, value: str
) -> None:
    """The message gives file, line, column, rule and value; skipping it loads the others and reports it."""
    rows = made(30)
    broken = list(rows[20])
    broken[TIDY.index(column)] = value
    path = write([TIDY, *rows[:20], broken, *rows[21:]])
    with pytest.raises(LoadError) as caught:
        load(path)
    assert f"{path} cannot be loaded: 1 of 30 rows break a rule; nothing was loaded." in str(caught.value)
    assert f"line 22: {column} must" in str(caught.value)
    assert session.scalars(select(Institution)).all() == []
    report = load(path, skip_bad_rows=True)
    assert (report.rows_read, report.attempts_added, report.bad_row_count) == (30, 29, 1)
    assert (report.bad_rows[0].line, report.bad_rows[0].column) == (22, column)


def test_hundreds_of_bad_rows_are_counted_and_twenty_shown(write: Write, load: Callable[..., LoadReport]) -> None:
    """A message stays readable however much is wrong."""
    with pytest.raises(LoadError, match="500 of 500 rows break") as caught:
        load(write([TIDY, *(("u", "i", 0, 7, "") for _ in range(500))]))
    assert "and 480 more" in str(caught.value)
    assert str(caught.value).count("line ") == 20


def test_other_columns_are_noted_and_a_header_alone_is_no_rows(
    session: Session, write: Write, load: Callable[..., LoadReport]
) -> None:
    """What is left out is said; a file without rows makes no institution."""
    report = load(write([(*TIDY, "Colour"), (1, 2, 0, 1, 3, "red")]))
    assert report.notes == ("columns left out: colour",)
    session.execute(text("DELETE FROM concept_mastery"))
    assert load(write([TIDY])).rows_read == 0


@pytest.mark.parametrize("name", ["", "  ", "a\0b", "x" * 201])
def test_an_institution_must_have_a_name(session: Session, ids: Ids, now: datetime, write: Write, name: str) -> None:
    """A name that cannot be stored or read is refused before anything is written."""
    with pytest.raises(LoadError, match="institution's name must be"):
        load_attempts(session, write([TIDY, (1, 1, 0, 1, 1)]), institution=name, ids=ids, now=now)


def test_a_caller_that_goes_on_after_a_failure_has_nothing_of_the_file(
    session: Session, write: Write, load: Callable[..., LoadReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that were sent before the bad one are undone even when the caller commits."""
    monkeypatch.setattr(delimited, "CHUNK_ROWS", 10)
    with pytest.raises(LoadError):
        load(write([TIDY, *made(100), (1, 1, 0, 9, 1)]))
    assert session.query(QuestionAttempt).count() == 0
