"""What the tests of departures share: a small school in which everybody has left words everywhere."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from edukit.db.roles import url_of
from edukit.db.session import Viewer, engine_for, session_for
from edukit.models import (
    Account,
    Assignment,
    AuditEvent,
    AuditEventDetails,
    Badge,
    Base,
    Chat,
    ChatEmbedding,
    ChatMessage,
    Class,
    ClassTeacher,
    Concept,
    ConceptMastery,
    ConceptTracing,
    Document,
    DocumentEmbedding,
    Enrolment,
    Feedback,
    FeedbackContent,
    GamificationEvent,
    Grievance,
    GrievanceEvent,
    GrievanceEventDetails,
    GrievanceRoutingRule,
    Guardianship,
    Institution,
    Intervention,
    MasteryHistory,
    MasteryState,
    Mentorship,
    Profile,
    ProgressRecord,
    Question,
    QuestionAttempt,
    QuestionConcept,
    RiskModel,
    RiskPrediction,
    RiskResponse,
    StoredMasteryModel,
    Student,
    StudentBadge,
    StudentPoints,
    StudyItem,
    StudyPlan,
    StudyPlanItem,
    Submission,
    Subscription,
    SyncOperation,
    Topic,
    User,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Database
    from sqlalchemy.orm import Session

    AddSchool = Callable[[Session, int], None]

THEN = datetime(2026, 3, 1, 9, tzinfo=UTC)
STUDENT, CLASSMATE, TEACHER, PARENT, MENTOR, ADMIN = range(1, 7)
ROLES = ["student", "student", "teacher", "parent", "mentor", "admin"]
# One word a person, in everything that they wrote and that was written of them.
MARKS = ["zoraquill", "olafbirch", "tobiasfern", "petraquill", "milamoss", "adarowan"]


@pytest.fixture
def eraser(migrated: Database) -> Iterator[Session]:
    """A session of the eraser whose writes are undone at the end."""
    viewer = Viewer(url_of("edukit_eraser", migrated.admin_url))
    with session_for(viewer) as session:
        yield session
        session.rollback()
    engine_for(viewer.database_url).dispose()


@pytest.fixture
def add_school() -> AddSchool:
    """Adds a school to a session, as the institution of that number: its people's ids are 1 to 6."""

    def add(session: Session, number: int) -> None:
        rows = [*people(number), *teaching(number), *practice(number), *words(number), *care(number), *records(number)]
        order = {table: place for place, table in enumerate(Base.metadata.sorted_tables)}
        rows.sort(key=lambda row: order[type(row).__table__])
        for _, of_one_table in groupby(rows, key=type):
            session.add_all(of_one_table)
            session.flush()

    return add


def happening(number: int) -> UUID:
    return UUID(int=number)


def mark(number: int, person: int) -> str:
    """The word by which a person is found: another one at each school."""
    return MARKS[person - 1] + "abc"[number - 1]


def people(number: int) -> Iterator[Base]:
    """An institution, its six people, and how they are reached."""
    key = {"institution_id": number}
    yield Institution(id=number, name=f"School {number}", domain=f"school{number}.example")
    for person, role in enumerate(ROLES, start=1):
        name = mark(number, person)
        yield Account(
            id=number * 10 + person, email=f"{name}@mail.example", username=f"{name}-name", password_hash=f"hash {name}"
        )
        yield User(
            id=person, account_id=number * 10 + person, role=role, name=f"Dr {name}", source_key=f"a:{name}", **key
        )
        yield Profile(
            user_id=person, first_name=name, last_name=name, phone=f"+41 {name}", avatar_url=f"https://{name}.example",
            language=f"de-x-{name}", preferences={"nickname": name}, **key,
        )  # fmt: skip
        yield Subscription(
            id=person, user_id=person, plan=f"plan of {name}", status="active", starts_at=THEN,
            source_key=f"a:{name}", **key,
        )  # fmt: skip
        yield Document(
            id=person, user_id=person, kind=f"diary of {name}", title=name, content=name, details={"by": name},
            source_key=f"a:{name}", **key,
        )  # fmt: skip
        yield DocumentEmbedding(document_id=person, model=f"model {name}", embedding=[0.5] * 1536, **key)
        yield StudyItem(id=person, user_id=person, kind="note", content={"text": name}, source_key=f"a:{name}", **key)
        yield ProgressRecord(
            id=happening(person), user_id=person, category=f"goal of {name}", score=1, recorded_at=THEN,
            details={"by": name}, **key,
        )  # fmt: skip
    for person in (STUDENT, CLASSMATE):
        yield Student(
            id=person, grade="7", github_username=mark(number, person), github_connected=True,
            target_exam=f"exam of {mark(number, person)}", exam_date=date(2026, 7, 1), available_hours_per_day=2, **key,
        )  # fmt: skip
    yield Guardianship(guardian_id=PARENT, student_id=STUDENT, relationship=f"mother of {mark(number, STUDENT)}", **key)
    yield Mentorship(mentor_id=MENTOR, student_id=STUDENT, started_at=THEN, **key)


def teaching(number: int) -> Iterator[Base]:
    """What is taught to whom: a class with a history, and one without."""
    key = {"institution_id": number}
    yield Topic(id=1, name="Fractions", **key)
    yield Concept(id=1, topic_id=1, name="Halves", **key)
    yield Question(id=1, body="What is half of one?", **key)
    yield QuestionConcept(question_id=1, concept_id=1, **key)
    for class_id, name in ((1, "7B"), (2, "7C")):
        yield Class(id=class_id, name=name, **key)
        yield ClassTeacher(class_id=class_id, teacher_id=TEACHER, **key)
        yield Assignment(id=class_id, class_id=class_id, title="Halves and quarters", **key)
        # The second begins only after departures.
        begins = THEN + timedelta(days=99 * (class_id - 1))
        yield Enrolment(id=class_id, class_id=class_id, student_id=STUDENT, enrolled_at=begins, **key)
    yield Enrolment(id=3, class_id=1, student_id=CLASSMATE, enrolled_at=THEN, **key)


def practice(number: int) -> Iterator[Base]:
    """What both students did, and what followed from it."""
    key = {"institution_id": number}
    yield Badge(id=1, name="First steps", rarity="common", **key)
    for person in (STUDENT, CLASSMATE):
        name = mark(number, person)
        yield QuestionAttempt(
            id=happening(person), student_id=person, question_id=1, class_id=1, sequence=1, attempted_at=THEN,
            is_correct=True, answer=f"a half, says {name}", **key,
        )  # fmt: skip
        yield ConceptMastery(
            student_id=person, concept_id=1, mastery_score=60, mastery_low=50, mastery_high=70, total_attempts=1,
            correct_attempts=1, computed_at=THEN, **key,
        )  # fmt: skip
        yield MasteryHistory(
            student_id=person, concept_id=1, week=date(2026, 2, 23), mastery_score=60, mastery_low=50, mastery_high=70,
            total_attempts=1, correct_attempts=1, **key,
        )  # fmt: skip
        yield GamificationEvent(
            id=happening(person), student_id=person, user_id=TEACHER, class_id=1, event_type="achievement",
            points_awarded=5, badge_id=1, occurred_at=THEN, **key,
        )  # fmt: skip
        yield StudentBadge(student_id=person, badge_id=1, unlocked_at=THEN, **key)
        yield StudentPoints(
            student_id=person, points=5, xp=0, level=1, current_streak=1, best_streak=1, computed_at=THEN, **key
        )
        yield StudyPlan(
            id=person, student_id=person, title=f"Plan for {name}", starts_on=date(2026, 3, 1),
            ends_on=date(2026, 3, 9), parameters={"for": name}, source_key=f"a:{name}", **key,
        )  # fmt: skip
        yield StudyPlanItem(plan_id=person, position=0, planned_on=date(2026, 3, 1), topic_id=1, minutes=20, **key)


def words(number: int) -> Iterator[Base]:
    """What students handed in and were told, and what was talked over with the assistant."""
    key = {"institution_id": number}
    for person in (STUDENT, CLASSMATE):
        name = mark(number, person)
        yield Submission(
            id=happening(person), assignment_id=1, student_id=person, submitted_at=THEN, body=f"By {name}",
            github_url=f"https://github.com/{name}", score=80, **key,
        )  # fmt: skip
        for given, supersedes in ((person, None), (person + 10, happening(person))):
            yield Feedback(
                id=happening(given), submission_id=happening(person), student_id=person, teacher_id=TEACHER, rating=4,
                supersedes_id=supersedes, created_at=THEN + timedelta(hours=given), **key,
            )  # fmt: skip
            yield FeedbackContent(
                feedback_id=happening(given), content=f"Well done, {name}", ai_suggestion=f"Praise {name}", **key
            )
    for chat, (person, about) in enumerate([(STUDENT, None), (CLASSMATE, None), (TEACHER, STUDENT)], start=1):
        name = mark(number, about or person)
        yield Chat(
            id=chat, user_id=person, student_id=about, title=f"About {name}", source_key=f"a:{chat}:{name}", **key
        )
        yield ChatEmbedding(chat_id=chat, model=f"model {name}", embedding=[0.5] * 1536, **key)
        yield ChatMessage(id=happening(chat), chat_id=chat, role="user", content=f"I am {name}", sent_at=THEN, **key)


def care(number: int) -> Iterator[Base]:
    """What was feared and done for both students, and what they complained of."""
    key = {"institution_id": number}
    yield RiskModel(
        id=1, name="rule", version=1, kind="rule", approved_by=ADMIN, approved_at=THEN, parameters={"weight": 1}, **key
    )
    yield StoredMasteryModel(
        id=1, status="serving", format=1, parameters={"weight": 1}, attempts=1, students=1, fitted_at=THEN,
        validated_at=THEN, approved_by=ADMIN, **key,
    )  # fmt: skip
    yield MasteryState(
        student_id=STUDENT, model_id=1, format=1, last_sequence=1, state=b"packed", recorded_at=THEN, **key
    )
    yield ConceptTracing(
        concept_id=1, prior=0.5, learn=0.1, forget=0.0, guess=0.2, slip=0.1, students=12, attempts=60, fitted_at=THEN,
        **key,
    )  # fmt: skip
    yield GrievanceRoutingRule(id=1, category="grade", authority_id=ADMIN, valid_from=THEN, **key)
    yield GrievanceRoutingRule(id=2, category="other", authority_id=ADMIN, valid_from=THEN + timedelta(days=900), **key)
    for person in (STUDENT, CLASSMATE):
        name, event = mark(number, person), happening(person)
        yield RiskPrediction(
            id=event, student_id=person, model_id=1, predicted_on=date(2026, 3, 1), risk_score=70, risk_level="high",
            confidence=0.5, reasons=[f"{name} was absent"], predicted_at=THEN, **key,
        )  # fmt: skip
        yield RiskResponse(
            id=event, prediction_id=event, user_id=TEACHER, action="dismissed", reason=f"{name} was ill",
            responded_at=THEN, **key,
        )  # fmt: skip
        yield Intervention(
            id=event, student_id=person, made_by=TEACHER, prediction_id=event, kind="conversation",
            note=f"Talked with {name}", happened_at=THEN, outcome="improved", outcome_at=THEN, **key,
        )  # fmt: skip
        resolved = {"status": "resolved", "resolution": f"{name} was right", "resolved_at": THEN}
        yield Grievance(
            id=event, student_id=person, category="grade", severity="low", description=f"{name} wants a better mark",
            filed_at=THEN, assigned_to=ADMIN, **(resolved if person == STUDENT else {}), **key,
        )  # fmt: skip
        for sequence, (action, actor) in enumerate(
            [("filed", person), ("commented", TEACHER), ("commented", PARENT)], start=1
        ):
            step = happening(person * 10 + sequence)
            yield GrievanceEvent(
                id=step, grievance_id=event, sequence=sequence, action=action, actor_id=actor, occurred_at=THEN,
                to_status="open" if action == "filed" else None, **key,
            )  # fmt: skip
            told = f"Says {mark(number, actor)}" if actor == PARENT else f"On {name}"
            yield GrievanceEventDetails(event_id=step, details=told, **key)


def records(number: int) -> Iterator[Base]:
    """What everybody did, what was done to others' rows, and what came from devices."""
    key = {"institution_id": number}
    for person in range(1, 7):
        name, event = mark(number, person), happening(person)
        yield AuditEvent(id=event, user_id=person, action="sign_in", occurred_at=THEN, **key)
        yield AuditEventDetails(event_id=event, details={"address": f"host of {name}"}, **key)
        yield AuditEvent(
            id=happening(person + 10),
            user_id=ADMIN,
            action="rename",
            resource=f"users/{person}",
            occurred_at=THEN,
            **key,
        )
        yield AuditEventDetails(event_id=happening(person + 10), details={"to": name}, **key)
        yield SyncOperation(
            id=event, user_id=person, device=f"phone of {name}", operation="update", table_name="profiles",
            row_id=str(person), payload={"first_name": name}, changed_at=THEN, status="failed", settled_at=THEN,
            error=f"{name} was here", **key,
        )  # fmt: skip
    theirs = mark(number, STUDENT)
    for place, (table, row_id, payload) in enumerate(
        [
            ("feedback_contents", str(happening(STUDENT)), {"content": theirs}),
            ("interventions", str(happening(77)), {"student_id": STUDENT, "note": theirs}),
        ],
        start=21,
    ):
        yield SyncOperation(
            id=happening(place), user_id=TEACHER, device=f"laptop of {mark(number, TEACHER)}", operation="insert",
            table_name=table, row_id=row_id, payload=payload, changed_at=THEN, **key,
        )  # fmt: skip
