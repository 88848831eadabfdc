"""What departures leave of cases and traces: grievances tell what happened to them, records tell of nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, text

from edukit.actions import traces
from edukit.actions.departure import depart_user
from edukit.models import (
    AuditEvent,
    AuditEventDetails,
    Base,
    Grievance,
    GrievanceRoutingRule,
    SyncOperation,
    User,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from sqlalchemy.orm import Session

    AddSchool = Callable[[Session, int], None]

THEN = datetime(2026, 3, 1, 9, tzinfo=UTC)
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
STUDENT, CLASSMATE, TEACHER, PARENT, MENTOR, ADMIN = range(1, 7)
# Where a row that leads to a person is nobody's in particular, and why.
EXEMPT = {
    "audit_events": "a trace itself: its particulars are emptied",
    "audit_event_details": "a trace itself",
    "sync_operations": "a trace itself",
    "outbox": "it is emptied within seconds and tells nothing of them",
    "risk_models": "the institution's: somebody approved it in office",
    "mastery_models": "the institution's: somebody approved it in office",
    "mastery_states": "numbers that follow from the answers; no record tells of it, and it goes with its student",
    "grievance_routing_rules": "the institution's: somebody answers in office",
}
IN_OFFICE = {"mastery_models", "risk_models", "grievance_routing_rules"}


def test_a_grievance_tells_that_its_words_were_erased(eraser: Session, add_school: AddSchool) -> None:
    """Its steps stay in order and the last says what happened; the classmate's grievance keeps its words."""
    add_school(eraser, 1)
    depart_user(eraser, institution_id=1, user_id=STUDENT, now=NOW, by=ADMIN)
    steps = text("""
        SELECT student_id, array_agg(action ORDER BY sequence), max(actor_id) FILTER (WHERE action = 'erased')
        FROM grievance_events JOIN grievances g ON g.id = grievance_id GROUP BY 1 ORDER BY 1""")
    before = ["filed", "commented", "commented"]
    assert eraser.execute(steps).all() == [(STUDENT, [*before, "erased"], ADMIN), (CLASSMATE, before, None)]
    kept = select(Grievance.description, Grievance.erased_at).where(Grievance.student_id == CLASSMATE)
    assert eraser.execute(kept).one() == ("olafbircha wants a better mark", None)


def test_nobody_waits_for_who_has_left(eraser: Session, add_school: AddSchool) -> None:
    """An open grievance is nobody's and says since when, a resolved one tells by whom; routing rules have ended."""
    add_school(eraser, 1)
    depart_user(eraser, institution_id=1, user_id=ADMIN, now=NOW, by=TEACHER)
    assigned = select(Grievance.assigned_to).order_by(Grievance.student_id)
    assert eraser.scalars(assigned).all() == [ADMIN, None]
    rules = eraser.scalars(select(GrievanceRoutingRule).order_by(GrievanceRoutingRule.id)).all()
    assert [rule.valid_until == NOW for rule in rules] == [True, False]
    assert all(rule.valid_until is not None for rule in rules)
    last = text("""
        SELECT DISTINCT ON (grievance_id) student_id, sequence, action, actor_id, e.assigned_to, occurred_at
        FROM grievance_events e JOIN grievances g ON g.id = grievance_id ORDER BY grievance_id, sequence DESC""")
    assert eraser.execute(last).all() == [
        (STUDENT, 3, "commented", PARENT, None, THEN),
        (CLASSMATE, 4, "unassigned", TEACHER, None, NOW),
    ]


def test_every_table_that_leads_to_a_person_is_looked_for() -> None:
    """Each with a path of foreign keys to accounts, users or students is among those by which traces are found."""
    leading = {"accounts", "users", "students"}
    for table in Base.metadata.sorted_tables:
        referred = {key.column.table.name for key in table.foreign_keys if key.parent.name != "institution_id"}
        if referred & leading - {table.name} - IN_OFFICE or table.name in leading:
            leading.add(table.name)
    named = {table for table, *_ in traces._NAMED_BY} | {"accounts"}
    assert not named & EXEMPT.keys()
    assert leading == named | EXEMPT.keys()


def uuid_of(person: int) -> str:
    return f"00000000-0000-0000-0000-{person:012x}"


# Rows that tell of the student of the small school, by their tables.
ROWS = [
    ("accounts", "11"),
    ("students", "1"),
    ("student_points", "1"),
    ("concept_mastery", "1/1"),
    ("mastery_history", "1/1/2026-02-23"),
    ("student_badges", "1/1"),
    ("guardianships", "4/1"),
    ("mentorships", "5/1"),
    ("enrolments", "2"),
    ("chats", "3"),
    ("chat_embeddings", "3"),
    ("document_embeddings", "1"),
    ("study_plan_items", "1/0"),
    *((table, uuid_of(1)) for table in ("question_attempts", "progress_records", "risk_predictions")),
    *((table, uuid_of(1)) for table in ("gamification_events", "interventions", "grievances")),
    ("chat_messages", uuid_of(3)),
    ("grievance_events", uuid_of(12)),
    ("grievance_event_details", uuid_of(12)),
]
POINTERS: list[dict[str, Any]] = [
    {"student_id": 1},
    {"account_id": 11},
    {"attempt_id": uuid_of(1)},
    {"prediction_id": uuid_of(1)},
]


def record(session: Session, resource: tuple[str, str], words: dict[str, Any]) -> UUID:
    """The id of both an audit event of the admin and a change made offline by the mentor, with the same words."""
    table, row = resource
    made = session.scalars(select(text("gen_random_uuid()"))).one()
    session.add(
        AuditEvent(
            institution_id=1, id=made, user_id=ADMIN, action="change", resource=f"{table}/{row}", occurred_at=THEN
        )
    )
    session.flush()
    session.add(AuditEventDetails(institution_id=1, event_id=made, details=words))
    session.add(
        SyncOperation(
            institution_id=1, id=made, user_id=MENTOR, device="tablet", operation="update", table_name=table,
            row_id=row, payload=words, changed_at=THEN,
        )
    )  # fmt: skip
    session.flush()
    return made


def kept(session: Session, made: UUID) -> tuple[bool, bool]:
    """Whether an audit event still has its particulars, and whether the change made offline is there."""
    words = text("SELECT details IS NOT NULL FROM audit_event_details WHERE event_id = :id")
    change = text("SELECT count(*) > 0 FROM sync_operations WHERE id = :id")
    return bool(session.scalar(words, {"id": made})), bool(session.scalar(change, {"id": made}))


def test_nothing_is_told_of_their_rows(eraser: Session, add_school: AddSchool) -> None:
    """Particulars and changes of each kind of row are gone, by key and by pointer; a classmate's are whole."""
    add_school(eraser, 1)
    told = {row: record(eraser, row, {"name": "Zora"}) for row in ROWS}
    pointing = [record(eraser, ("classes", "1"), {"name": "Zora"} | pointer) for pointer in POINTERS]
    others = [
        record(eraser, ("classes", "1"), {"student_id": CLASSMATE, "room": 1}),
        record(eraser, ("accounts", "12"), {"email": "olaf@mail.example"}),
        record(eraser, ("question_attempts", uuid_of(2)), {"answer": "a half"}),
        record(eraser, ("concept_mastery", "2/1"), {"mastery_score": 1}),
        record(eraser, ("grievance_events", uuid_of(22)), {"action": "commented"}),
        record(eraser, ("classes", "1"), {"room": "1", "seats": 11}),
    ]
    depart_user(eraser, institution_id=1, user_id=STUDENT, now=NOW)
    assert [row for row, made in told.items() if any(kept(eraser, made))] == []
    assert [kept(eraser, made) for made in pointing] == [(False, False)] * len(POINTERS)
    assert [kept(eraser, made) for made in others] == [(True, True)] * 6


@pytest.mark.parametrize("again", [True, False])
def test_an_account_is_told_of_while_somebody_here_uses_it(
    eraser: Session, add_school: AddSchool, *, again: bool
) -> None:
    """Who is a teacher and a parent at a school leaves as one: what is told of the account goes with the second."""
    add_school(eraser, 1)
    eraser.add(User(institution_id=1, id=7, account_id=13, role="parent", name="T"))
    made = record(eraser, ("accounts", "13"), {"email": "tobias@mail.example"})
    depart_user(eraser, institution_id=1, user_id=TEACHER, now=NOW)
    if again:
        depart_user(eraser, institution_id=1, user_id=7, now=NOW)
    assert kept(eraser, made) == (not again, not again)
