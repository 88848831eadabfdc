"""The queries that offline work needs give equal frames on PostgreSQL and SQLite."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select

from edukit import models
from edukit.actions.practice import refresh_mastery
from edukit.db.copy import copy_rows
from edukit.db.session import session_for
from edukit.offline.store import offline_session, open_store
from edukit.queries import classroom, curriculum, learning, people, practice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Database
    from sqlalchemy.orm import Session

    from edukit.models import Base

NOW = datetime(2026, 11, 1, tzinfo=UTC)
ZURICH = ZoneInfo("Europe/Zurich")
# Before, at and after the changes of the clock, one hour twice; the ends of a second; before 1970.
MOMENTS = [
    datetime(2026, 3, 29, 1, 59, 59, 999_999, tzinfo=ZURICH),
    datetime(2026, 3, 29, 3, tzinfo=ZURICH),
    datetime(2026, 10, 25, 2, 30, tzinfo=ZURICH),
    datetime(2026, 10, 25, 2, 30, tzinfo=ZURICH, fold=1),
    datetime(2026, 6, 30, 23, 59, 59, 999_600, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 2, 28, 12, 0, 0, 1, tzinfo=UTC),
]
NAMES = ["Zoë", "ábel", "Ñandú 学校", "李雷", "\N{GRINNING FACE} Ann", "\N{FULLWIDTH TILDE}", "ann", "O'Brien, 100%"]
STUDENTS = range(1, 7)
TEACHERS = (7, 8)


def people_and_classes(institution: int) -> list[tuple[type[Base], pd.DataFrame]]:
    """Eight people of whom six are students, one of them never enrolled; a class of all, a small and an empty one."""
    users = pd.DataFrame({"id": [*STUDENTS, *TEACHERS], "role": ["student"] * 6 + ["teacher"] * 2, "name": NAMES})
    classes = pd.DataFrame({"id": [1, 2, 3], "name": ["7B", "Algèbre", "leer"], "subject_id": pd.array([1, None, 1])})
    teaching = pd.DataFrame({"class_id": [1, 1, 2], "teacher_id": [7, 8, 8]})
    enrolments = pd.DataFrame(
        {"id": range(1, 8), "class_id": [1, 1, 1, 1, 1, 2, 2], "student_id": [1, 2, 3, 4, 5, 1, 2]}
    ).assign(left_at=[None] * 4 + [NOW] + [None] * 2)
    own = {"institution_id": institution}
    return [
        (models.Institution, pd.DataFrame({"id": [institution], "name": [f"Schule {institution}"]})),
        (models.User, users.assign(**own)),
        (models.Student, users[users["role"] == "student"][["id"]].assign(**own)),
        (models.Topic, topics().assign(**own)),
        (models.TopicPrerequisite, pd.DataFrame({"topic_id": [4, 3], "prerequisite_id": [3, 5]}).assign(**own)),
        (models.Class, classes.assign(**own)),
        (models.ClassTeacher, teaching.assign(**own)),
        (models.Enrolment, enrolments.assign(**own)),
    ]


def topics() -> pd.DataFrame:
    """A tree of three levels whose siblings share places."""
    return pd.DataFrame(
        {
            "id": range(1, 6),
            "parent_id": pd.array([None, 1, 1, 2, None], dtype="Int64"),
            "name": ["Maths", "Algebra", "Zahlen", "Gleichungen", "Ænglisc"],
            "position": [0, 1, 1, 0, 0],
        }
    )


def questions(institution: int) -> list[tuple[type[Base], pd.DataFrame]]:
    """Concepts, two of one name; questions with several, one or no concept, with and without text, key and options."""
    concepts = pd.DataFrame(
        {"id": range(1, 7), "topic_id": [2, 3, 4, 4, 5, 5], "name": ["b", "a", "é", "a", "Z", "10"], "position": 0}
    )
    asked = pd.DataFrame(
        {
            "id": range(1, 9),
            "body": ["1 + 1?", None, None, "Größe?", "x", "y", "z", "w"],
            "source_key": ["k1", "k2", None, "k4", "k5", "k6", "k7", "k8"],
            "options": [["a", "b"], None, None, [1, 2, None], None, None, None, None],
        }
    )
    pairs = [(1, 4), (1, 2), (1, 3), (2, 1), (3, 5), (4, 6), (4, 5), (5, 2), (6, 6), (7, 4)]
    own = {"institution_id": institution}
    return [
        (models.Concept, concepts.assign(**own)),
        (models.Question, asked.assign(**own)),
        (models.QuestionConcept, pd.DataFrame(pairs, columns=["question_id", "concept_id"]).assign(**own)),
    ]


def answers(institution: int, count: int = 300) -> pd.DataFrame:
    """Random attempts, many of one moment, some without time, class or figures."""
    rng = np.random.default_rng(institution)

    def gaps(values: object, share: float) -> pd.Series[object]:
        return pd.Series(values, dtype=object).mask(pd.Series(rng.random(count) < share), None)

    moments = [
        MOMENTS[place] + timedelta(days=int(days))
        for place, days in zip(rng.integers(len(MOMENTS), size=count), rng.integers(2, size=count), strict=True)
    ]
    return pd.DataFrame(
        {
            "institution_id": institution,
            "id": [UUID(bytes=rng.bytes(16), version=4) for _ in range(count)],
            "student_id": rng.choice(STUDENTS[:-1], size=count),
            "question_id": rng.integers(1, 9, size=count),
            "class_id": gaps(rng.integers(1, 3, size=count), 0.2),
            "sequence": [int(moment.timestamp()) for moment in moments],
            "attempted_at": gaps([moment.astimezone(UTC) for moment in moments], 0.2),
            "is_correct": rng.random(count) < 0.6,
            "time_taken_seconds": gaps(rng.exponential(20, size=count), 0.3),
            "hint_count": gaps(rng.integers(0, 4, size=count), 0.5),
            "confidence": gaps(rng.random(count), 0.5),
            "answer": gaps(rng.choice(["12", "ü\n'\"", "", "学"], size=count), 0.3),
        }
    )


def school() -> list[tuple[type[Base], pd.DataFrame]]:
    """Two institutions whose ids are the same in all but the first column."""
    return [
        table
        for institution in (1, 2)
        for table in (
            *people_and_classes(institution),
            *questions(institution),
            (models.QuestionAttempt, answers(institution)),
        )
    ]


@pytest.fixture(scope="module")
def filled(migrated: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Session, Session]]:
    """PostgreSQL and SQLite with the same rows, and the mastery that each has computed of them; undone at the end."""
    engine = open_store(tmp_path_factory.mktemp("portable") / "offline.db")
    with session_for(migrated.app) as postgresql, offline_session(engine, writes=True) as sqlite:
        for store in (postgresql, sqlite):
            for model, frame in school():
                assert copy_rows(store, model, frame) == len(frame)
            for institution in (1, 2):
                refresh_mastery(store, institution_id=institution, now=NOW)
        yield postgresql, sqlite
        postgresql.rollback()
        sqlite.rollback()
    engine.dispose()


@pytest.fixture
def stores(filled: tuple[Session, Session]) -> Iterator[tuple[Session, Session]]:
    """Both, of which each test finds what the one before has found."""
    savepoints = [store.begin_nested() for store in filled]
    yield filled
    for savepoint in savepoints:
        savepoint.rollback()


def evidence(session: Session) -> pd.DataFrame:
    frame = practice.mastery_evidence(session, institution_id=1, student_ids=[1, 2, 3])
    return frame.sort_values(list(frame.columns), ignore_index=True)


def stored_mastery(session: Session) -> pd.DataFrame:
    table = models.ConceptMastery.__table__
    rows = session.execute(select(*table.columns).order_by(*table.primary_key))
    return pd.DataFrame(rows.all(), columns=list(rows.keys()))


READS: dict[str, Callable[[Session], pd.DataFrame]] = {
    "classes": classroom.classes,
    "class mastery": lambda session: practice.class_mastery(session, institution_id=1, class_id=1),
    "mastery of an empty class": lambda session: practice.class_mastery(session, institution_id=1, class_id=3),
    "attempts of a class": lambda session: practice.attempts(session, institution_id=2, class_id=1),
    "attempts of a student": lambda session: practice.attempts(session, institution_id=1, student_id=2),
    "attempts at a concept": lambda session: practice.attempts(session, institution_id=1, class_id=2, concept_id=2),
    "attempts of nobody": lambda session: practice.attempts(session, institution_id=1, student_id=6),
    "concepts": lambda session: curriculum.concepts(session, institution_id=1),
    "topics": lambda session: curriculum.topics(session, institution_id=1),
    "prerequisites": lambda session: curriculum.topic_prerequisites(session, institution_id=1),
    "questions of concepts": lambda session: curriculum.concept_questions(session, institution_id=1),
    "learners": lambda session: learning.learners(session, institution_id=1, class_id=1),
    "a learner": lambda session: learning.learners(session, institution_id=1, student_id=2),
    "mastery of a class": lambda session: learning.stored_mastery(session, institution_id=1, class_id=1),
    "mastery of a student": lambda session: learning.stored_mastery(session, institution_id=1, student_id=2),
    "scores by topic": lambda session: learning.topic_scores(session, institution_id=1, class_ids=[1, 2]),
    "classes without a subject": lambda session: learning.classes_of_subject(
        session, institution_id=1, subject_id=None
    ),
    "answers of a class": lambda session: learning.class_answers(session, institution_id=1, class_id=1),
    "bank": lambda session: learning.question_bank(session, institution_id=1, concept_ids=[2, 5]),
    "bank of questions": lambda session: learning.question_bank(session, institution_id=1, question_ids=[1, 4, 8]),
    "counts": lambda session: learning.question_counts(session, institution_id=1, student_id=2),
    "latest answers": lambda session: learning.latest_answers(session, institution_id=1, student_id=2, most=20),
    "evidence": evidence,
    "mastery as stored": stored_mastery,
}
EMPTY = {"mastery of an empty class", "attempts of nobody"}


@pytest.mark.parametrize("name", READS)
def test_both_stores_give_the_same_frame(stores: tuple[Session, Session], name: str) -> None:
    """Rows, their order, columns, dtypes, what is missing and every moment are equal; figures to four-byte floats."""
    postgresql, sqlite = (READS[name](store) for store in stores)
    assert postgresql.empty == (name in EMPTY)
    pd.testing.assert_frame_equal(postgresql, sqlite, rtol=1e-6, atol=0)


def test_moments_are_those_that_were_written(stores: tuple[Session, Session]) -> None:
    """Each attempt's moment comes back to the microsecond from either store, of frames and of evidence."""
    written = answers(1).set_index("id")["attempted_at"]
    for store in stores:
        frame = practice.attempts(store, institution_id=1, class_id=1)
        expected = pd.to_datetime(written.loc[[UUID(text) for text in frame["attempt_id"]]], utc=True)
        assert frame["attempted_at"].isna().sum() > 5
        assert frame["attempted_at"].tolist() == expected.astype("datetime64[us, UTC]").tolist()
        known = set(evidence(store)["attempted_at"].dropna())
        assert known <= set(written.dropna())
        assert len(known) > len(MOMENTS)


def test_lists_are_in_order(stores: tuple[Session, Session]) -> None:
    """Teachers and concepts are listed by name, ids by number, however they were written."""
    for store in stores:
        assert classroom.classes(store)["teachers"].iloc[0] == "O'Brien, 100%, ann"
        asked = practice.attempts(store, institution_id=1, class_id=1).set_index("question_id")
        assert set(asked.loc[1, ["concepts", "concept_ids"]].itertuples(index=False, name=None)) == {
            ("a, a, é", "2,3,4")
        }
        assert asked.loc[8, "concepts"].isna().all()


def test_one_is_found_in_either(stores: tuple[Session, Session]) -> None:
    """A class by its name, a student's institution, in both stores, other institutions' left out."""
    for store in stores:
        copy_rows(store, models.Class, pd.DataFrame({"institution_id": [2], "id": [9], "name": ["Ñandú 学校"]}))
        assert classroom.find_class(store, "Ñandú 学校") == (2, 9)
        copy_rows(store, models.Institution, pd.DataFrame({"id": [3], "name": ["C"]}))
        row = {"institution_id": [3], "id": [77], "role": ["student"], "name": ["Eve"]}
        copy_rows(store, models.User, pd.DataFrame(row))
        copy_rows(store, models.Student, pd.DataFrame({"institution_id": [3], "id": [77]}))
        assert people.institution_of(store, 77) == 3


def test_an_attempt_made_offline_counts(stores: tuple[Session, Session]) -> None:
    """Recorded in either store, an answer gives the student the same mastery; a retry adds nothing."""
    extra = answers(1).iloc[[0]].assign(id=UUID(int=5), student_id=6, question_id=1, is_correct=True)
    after = []
    for store in stores:
        before = len(stored_mastery(store))
        assert [copy_rows(store, models.QuestionAttempt, extra) for _ in range(2)] == [1, 0]
        assert refresh_mastery(store, institution_id=1, now=NOW + timedelta(days=1), student_ids=[6]) == 3
        assert len(stored_mastery(store)) == before + 3
        after.append(stored_mastery(store).query("student_id == 6"))
    assert (after[0]["mastery_score"] == 75.0).all()
    pd.testing.assert_frame_equal(after[0], after[1], rtol=1e-6, atol=0)


def test_a_refresh_writes_over(stores: tuple[Session, Session]) -> None:
    """In either store a second refresh leaves one row for each student and concept, with its new date."""
    for store in stores:
        before = stored_mastery(store).query("institution_id == 1")
        later = NOW + timedelta(days=1)
        assert refresh_mastery(store, institution_id=1, now=later) == len(before)
        after = stored_mastery(store).query("institution_id == 1")
        assert (after["computed_at"] == later).all()
        pd.testing.assert_frame_equal(before.drop(columns="computed_at"), after.drop(columns="computed_at"))
