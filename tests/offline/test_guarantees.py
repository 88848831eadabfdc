"""What PostgreSQL guarantees of the tables of offline work, SQLite does too: each is shown on both."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import JSON, delete, insert, inspect, select, update
from sqlalchemy.exc import DatabaseError, IntegrityError

from edukit import models

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from edukit.models import Base

WHEN = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)
ACCOUNT = {"id": 9, "email": "ann@school.example"}
TOPIC = {"institution_id": 1, "name": "Algebra"}
USER = {"institution_id": 1, "id": 9, "role": "student", "name": "O'Brien"}
CLASS = {"institution_id": 1, "id": 9, "name": "7B"}
ENROLMENT = {"institution_id": 1, "class_id": 3, "student_id": 2, "enrolled_at": WHEN}
QUESTION = {"institution_id": 1, "id": 9, "options": ["a", "b"], "correct_option": 1}
ATTEMPT = {
    "institution_id": 1, "id": UUID(int=9), "student_id": 2, "question_id": 4, "class_id": 3, "sequence": 2**52,
    "attempted_at": WHEN, "is_correct": True, "time_taken_seconds": 1.5, "hint_count": 2, "confidence": 0.5,
    "answer": 'tab\tquote"back\\slash\nline 学校', "selected_option": 0, "xp_earned": 5,
}  # fmt: skip
MASTERY = {
    "institution_id": 1, "student_id": 2, "concept_id": 6, "mastery_score": 50.0, "mastery_low": 5.0,
    "mastery_high": 95.0, "total_attempts": 2, "correct_attempts": 1, "computed_at": WHEN,
}  # fmt: skip
PLAN = {"institution_id": 1, "id": 7, "student_id": 2, "title": "T", "starts_on": date(2026, 3, 1),
        "ends_on": date(2026, 3, 1), "parameters": {"hours": [1, 2.5], "ü": None}}  # fmt: skip
CARD = {"institution_id": 1, "id": 9, "user_id": 2, "kind": "flashcard", "content": {"front": "2 + 2", "back": 4}}
OPERATION = {
    "institution_id": 1, "id": UUID(int=9), "user_id": 2, "device": "laptop", "operation": "insert",
    "table_name": "study_items", "row_id": "5", "payload": {"progress": 0.5}, "changed_at": WHEN,
}  # fmt: skip

ACCEPTED = {
    "account": (models.Account, ACCOUNT),
    "topic": (models.Topic, TOPIC | {"id": 9, "exam_weight": 1}),
    "user": (models.User, USER),
    "class": (models.Class, CLASS | {"starts_on": WHEN.date(), "ends_on": WHEN.date()}),
    "enrolment": (models.Enrolment, ENROLMENT | {"id": 9, "left_at": WHEN}),
    "question": (models.Question, QUESTION),
    "attempt": (models.QuestionAttempt, ATTEMPT),
    "mastery": (models.ConceptMastery, MASTERY),
    "plan": (models.StudyPlan, PLAN),
    "card": (models.StudyItem, CARD),
    "operation": (models.SyncOperation, OPERATION | {"status": "pending"}),
}
"""Rows at the edge of what the rules allow: each of the refused differs from one of them in little."""

# What is refused, and the word of the refusal: a check's name, or the kind of rule.
REFUSED = {
    "no institution": (models.Topic, TOPIC | {"institution_id": 99, "id": 9}, "foreign key"),
    "no student": (models.QuestionAttempt, ATTEMPT | {"student_id": 99}, "foreign key"),
    "student of another": (models.QuestionAttempt, ATTEMPT | {"institution_id": 10}, "foreign key"),
    "no name": (models.User, {"institution_id": 1, "id": 9, "role": "student", "name": None}, "not.null"),
    "id twice": (models.Topic, TOPIC | {"id": 5}, "unique|primary"),
    "code twice": (models.Topic, TOPIC | {"id": 9, "code": "ALG"}, "unique"),
    "institution's name twice": (models.Institution, {"id": 9, "name": "Ñandú 学校"}, "unique"),
    "e-mail in capitals": (models.Account, ACCOUNT | {"email": "BO@school.example"}, "unique"),
    "enrolled twice": (models.Enrolment, ENROLMENT | {"id": 9}, "unique"),
    "mastery twice": (models.ConceptMastery, MASTERY | {"concept_id": 8}, "unique"),
    "nameless account": (models.Account, {"id": 9, "password_hash": "x"}, "accounts_name_check"),
    "role": (models.User, USER | {"role": "king"}, "users_role_check"),
    "theme": (models.Profile, {"institution_id": 1, "user_id": 2, "theme": "pink"}, "profiles_theme_check"),
    "own parent": (models.Topic, TOPIC | {"id": 9, "parent_id": 9}, "topics_parent_check"),
    "own prerequisite": (
        models.TopicPrerequisite,
        {"institution_id": 1, "topic_id": 5, "prerequisite_id": 5},
        "topic_prerequisites_prerequisite_check",
    ),
    "class backwards": (
        models.Class,
        CLASS | {"starts_on": date(2026, 10, 1), "ends_on": date(2026, 9, 30)},
        "classes_dates_check",
    ),
    "left too early": (
        models.Enrolment,
        ENROLMENT | {"id": 9, "left_at": WHEN - timedelta(microseconds=1)},
        "enrolments_left_at_check",
    ),
    "one option": (models.Question, QUESTION | {"options": ["a"], "correct_option": 0}, "questions_options_check"),
    "options no list": (models.Question, QUESTION | {"options": {"a": 1, "b": 2}}, "questions_options_check"),
    "right one not there": (models.Question, QUESTION | {"correct_option": 2}, "questions_options_check"),
    "right one of none": (models.Question, QUESTION | {"options": None}, "questions_correct_option_check"),
    "kind": (models.Question, QUESTION | {"kind": "riddle"}, "questions_kind_check"),
    "difficulty": (models.Question, QUESTION | {"difficulty": 1.001}, "questions_difficulty_check"),
    "confidence": (models.QuestionAttempt, ATTEMPT | {"confidence": -0.1}, "question_attempts_confidence_check"),
    "hints": (models.QuestionAttempt, ATTEMPT | {"hint_count": -1}, "question_attempts_hint_count_check"),
    "no time at all": (
        models.QuestionAttempt,
        ATTEMPT | {"time_taken_seconds": -0.5},
        "question_attempts_time_taken_seconds_check",
    ),
    "for ever": (
        models.QuestionAttempt,
        ATTEMPT | {"time_taken_seconds": float("inf")},
        "question_attempts_time_taken_seconds_check",
    ),
    "score": (
        models.ConceptMastery,
        MASTERY | {"mastery_score": 100.5, "mastery_high": 100},
        "concept_mastery_(mastery_score|interval)_check",
    ),
    "score outside": (models.ConceptMastery, MASTERY | {"mastery_low": 51}, "concept_mastery_interval_check"),
    "more right than all": (models.ConceptMastery, MASTERY | {"correct_attempts": 3}, "concept_mastery_attempts_check"),
    "plan backwards": (models.StudyPlan, PLAN | {"ends_on": date(2026, 2, 28)}, "study_plans_dates_check"),
    "settled and pending": (
        models.SyncOperation,
        OPERATION | {"settled_at": WHEN},
        "sync_operations_settled_at_check",
    ),
    "failed for no reason": (
        models.SyncOperation,
        OPERATION | {"status": "failed", "settled_at": WHEN},
        "sync_operations_error_check",
    ),
    "change without what": (
        models.SyncOperation,
        OPERATION | {"payload": None},
        "sync_operations_operation_payload_check",
    ),
    "change a list": (models.SyncOperation, OPERATION | {"payload": [1]}, "sync_operations_payload_check"),
    "wishes a list": (
        models.Profile,
        {"institution_id": 1, "user_id": 2, "preferences": ["dark"]},
        "profiles_preferences_check",
    ),
    "plan from a number": (models.StudyPlan, PLAN | {"parameters": 3}, "study_plans_parameters_check"),
    "card a text": (models.StudyItem, CARD | {"content": "front"}, "study_items_content_check"),
    "card of nothing": (models.StudyItem, CARD | {"content": JSON.NULL}, "study_items_content_check"),
}


@pytest.fixture
def school(either: Session) -> Session:
    """Two institutions; in the first a student in a class, two topics of which one has a concept, a question."""
    for model, rows in (
        (models.Institution, [{"id": 1, "name": "Ñandú 学校"}, {"id": 10, "name": "other"}]),
        (models.Account, [{"id": 1, "email": "bo@School.example"}]),
        (models.User, [{"institution_id": 1, "id": 2, "account_id": 1, "role": "student", "name": "Bo"}]),
        (models.Student, [{"institution_id": 1, "id": 2}]),
        (models.Class, [{"institution_id": 1, "id": 3, "name": "7B"}]),
        (models.Enrolment, [ENROLMENT | {"id": 2, "left_at": None}]),
        (models.Topic, [TOPIC | {"id": 5, "code": "ALG"}]),
        (models.Concept, [{"institution_id": 1, "id": id_, "topic_id": 5, "name": "C"} for id_ in (6, 8)]),
        (models.ConceptMastery, [MASTERY | {"concept_id": 8}]),
        (models.Question, [{"institution_id": 1, "id": 4}]),
    ):
        either.execute(insert(model), rows)
    return either


@pytest.mark.parametrize(("model", "row"), ACCEPTED.values(), ids=ACCEPTED)
def test_what_is_right_comes_back_as_it_went(school: Session, model: type[Base], row: dict[str, Any]) -> None:
    """In both stores numbers, truth values, text, days, moments, UUIDs and JSON survive, at the edge of every rule."""
    school.add(model(**row))
    school.flush()
    school.expire_all()
    key = [row[column.name] for column in inspect(model).primary_key]
    stored = school.get_one(model, key[0] if len(key) == 1 else tuple(key))
    assert {name: getattr(stored, name) for name in row} == row


@pytest.mark.parametrize(("model", "row", "rule"), REFUSED.values(), ids=REFUSED)
def test_what_is_wrong_is_refused(school: Session, model: type[Base], row: dict[str, Any], rule: str) -> None:
    """In both stores a row that breaks a rule is the same IntegrityError, and for that rule."""
    with pytest.raises(IntegrityError) as caught:
        school.execute(insert(model).values(row))
    assert re.search(rule, str(caught.value.orig), re.IGNORECASE)


def test_what_is_pointed_at_stays(school: Session) -> None:
    """In both stores a topic that has a concept cannot go, and a student's mastery goes with the student."""
    with pytest.raises(IntegrityError), school.begin_nested():
        school.execute(delete(models.Topic).where(models.Topic.id == 5))
    school.execute(delete(models.Student).where(models.Student.id == 2))
    assert school.scalars(select(models.ConceptMastery)).all() == []


@pytest.mark.parametrize(
    ("model", "row"),
    [
        (models.QuestionAttempt, ATTEMPT | {"hint_count": 2**15}),
        (models.ConceptMastery, MASTERY | {"total_attempts": 2**31}),
        (models.Topic, TOPIC | {"id": 9, "position": -(2**31) - 1}),
    ],
    ids=["small", "usual", "negative"],
)
def test_numbers_keep_to_their_size(school: Session, model: type[Base], row: dict[str, Any]) -> None:
    """In both stores a number that the column's type does not hold is refused, not cut and not kept."""
    with pytest.raises(DatabaseError, match=r"out of range|_bounds_check"):
        school.execute(insert(model).values(row))


def test_a_change_is_dated(school: Session) -> None:
    """In both stores the database sets updated_at, whatever the writer says, and leaves created_at alone."""
    old = datetime(2020, 1, 1, tzinfo=UTC)
    before = datetime.now(UTC) - timedelta(minutes=5)
    school.execute(insert(models.Topic).values(TOPIC | {"id": 9, "created_at": old, "updated_at": old}))
    school.execute(update(models.Topic).where(models.Topic.id == 9).values(name="Sets", updated_at=old))
    found = dict(school.execute(select(models.Topic.id, models.Topic.updated_at)).all())
    assert before < found[9] < datetime.now(UTC) + timedelta(minutes=5)
    assert found[5] == school.scalar(select(models.Topic.created_at).where(models.Topic.id == 5))
    assert school.scalar(select(models.Topic.created_at).where(models.Topic.id == 9)) == old


@pytest.mark.parametrize("changed", [models.Topic, models.TopicPrerequisite], ids=["tree", "prerequisites"])
def test_no_circle_of_topics(school: Session, changed: type[Base]) -> None:
    """In both stores random edges are taken in exactly while they close no circle, in the tree and in the graph."""
    rng = np.random.default_rng(3)
    topics = range(101, 107)
    school.execute(insert(models.Topic), [TOPIC | {"id": topic} for topic in topics])
    edges: set[tuple[int, int]] = set()
    refused = 0
    for _ in range(60):
        lower, upper = (int(topic) for topic in rng.choice(topics, 2, replace=False))
        others = {edge for edge in edges if changed is models.TopicPrerequisite or edge[0] != lower}
        if (lower, upper) in edges:
            continue
        if reachable(others, upper, lower):
            refused += 1
            with pytest.raises(IntegrityError, match="circle"), school.begin_nested():
                put_above(school, changed, lower, upper)
        else:
            put_above(school, changed, lower, upper)
            edges = others | {(lower, upper)}
    assert min(refused, len(edges)) > 3


def put_above(session: Session, changed: type[Base], lower: int, upper: int) -> None:
    if changed is models.Topic:
        session.execute(update(models.Topic).where(models.Topic.id == lower).values(parent_id=upper))
    else:
        row = {"institution_id": 1, "topic_id": lower, "prerequisite_id": upper}
        session.execute(insert(models.TopicPrerequisite).values(row))


def reachable(edges: set[tuple[int, int]], start: int, end: int) -> bool:
    seen, waiting = set(), [start]
    while waiting:
        at = waiting.pop()
        seen.add(at)
        waiting.extend(upper for lower, upper in edges if lower == at and upper not in seen)
    return end in seen
