"""Roles: what somebody is instead, and when they stay what they are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from edukit.actions.roles import change_role
from edukit.errors import ActionError, NotFound

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)
HERE: dict[str, Any] = {"institution_id": 1, "now": NOW}
SCHOOL = """
    INSERT INTO institutions (id, name) VALUES (1, 'North'), (2, 'South');
    INSERT INTO accounts (id, username) VALUES (1, 'fern'), (2, 'ash');
    INSERT INTO users (institution_id, id, account_id, role, name) VALUES
        (1, 1, 1, 'admin', 'Ms Fern'), (1, 2, 2, 'teacher', 'Mr Ash'), (1, 3, 2, 'mentor', 'Mr Ash'),
        (1, 4, NULL, 'student', 'Zoë'), (2, 22, 2, 'admin', 'Mr Ash'), (1, 5, NULL, 'parent', 'P');
    INSERT INTO users (institution_id, id, role, name, departed_at) VALUES (1, 6, 'teacher', 'Former teacher', now());
    INSERT INTO students (institution_id, id) VALUES (1, 4);
    INSERT INTO classes (institution_id, id, name) VALUES (1, 21, '7B');
    """
DUTIES = {
    "teaches a class": "INSERT INTO class_teachers (institution_id, class_id, teacher_id) VALUES (1, 21, 2)",
    "mentors a student": (
        "INSERT INTO mentorships (institution_id, mentor_id, student_id, started_at) VALUES (1, 2, 4, '2026-01-01')"
    ),
    "stands by a student": "INSERT INTO guardianships (institution_id, guardian_id, student_id) VALUES (1, 2, 4)",
    "answers grievances": (
        "INSERT INTO grievances (institution_id, id, student_id, category, severity, description, filed_at, "
        "assigned_to) VALUES (1, gen_random_uuid(), 4, 'grade', 'low', 'Wrong', '2026-01-01', 2)"
    ),
    "answers grievances as": (
        "INSERT INTO grievance_routing_rules (institution_id, id, category, authority_id, valid_from) "
        "VALUES (1, 31, 'grade', 2, '2026-01-01')"
    ),
}
ENDED = [
    "UPDATE classes SET archived_at = '2026-02-01'",
    "UPDATE mentorships SET ended_at = '2026-02-01'",
    "DELETE FROM guardianships",
    "UPDATE grievances SET status = 'resolved', resolution = 'Marked anew', resolved_at = '2026-02-01'",
    "UPDATE grievance_routing_rules SET valid_until = '2026-02-01'",
]


@pytest.fixture
def school(session: Session) -> Session:
    """A small school, in a session whose writes are undone."""
    session.execute(text(SCHOOL))
    return session


def role_of(session: Session, user_id: int) -> object:
    return session.scalar(text("SELECT role FROM users WHERE institution_id = 1 AND id = :id"), {"id": user_id})


def events(session: Session) -> list[tuple[Any, ...]]:
    query = "SELECT user_id, action, resource, details FROM audit_events JOIN audit_event_details ON event_id = id"
    return [tuple(row) for row in session.execute(text(query))]


def test_a_role_in_the_place_of_another(school: Session) -> None:
    """The user is what they became, and the event tells from what, to what and by whom; again, nothing is done."""
    for _ in range(2):
        change_role(school, **HERE, user_id=2, role="analyst", by=1)
        assert role_of(school, 2) == "analyst"
    assert events(school) == [(1, "change_role", "users/2", {"from": "teacher", "to": "analyst"})]


@pytest.mark.parametrize(
    ("user_id", "role", "error", "reason"),
    [
        (2, "head", ActionError, "not 'head'"),
        (99, "teacher", NotFound, "no user 99"),
        (22, "teacher", NotFound, "no user 22"),
        (6, "analyst", ActionError, "has left"),
        (4, "mentor", ActionError, "student does not become mentor.*edukit users add"),
        (5, "student", ActionError, "parent does not become student.*edukit users add"),
        (2, "mentor", ActionError, "mentor of this institution already"),
        (1, "analyst", ActionError, "last enabled admin of North.*edukit users add"),
    ],
)
def test_who_does_not_change_is_told(
    school: Session, user_id: int, role: str, error: type[Exception], reason: str
) -> None:
    """Not to or from student, not one who has left, not to what they are beside, and not the last admin."""
    before = role_of(school, user_id)
    with pytest.raises(error, match=reason):
        change_role(school, **HERE, user_id=user_id, role=role, by=None)
    assert role_of(school, user_id) == before
    assert events(school) == []


def test_an_admin_beside_another_changes(school: Session) -> None:
    """Once there is a second who is enabled; a disabled one does not count, and may themselves change."""
    school.execute(text("INSERT INTO accounts (id, username, disabled_at) VALUES (3, 'elm', now())"))
    school.execute(
        text("INSERT INTO users (institution_id, id, account_id, role, name) VALUES (1, 7, 3, 'admin', 'E')")
    )
    with pytest.raises(ActionError, match="last enabled admin"):
        change_role(school, **HERE, user_id=1, role="analyst", by=None)
    change_role(school, **HERE, user_id=7, role="analyst", by=None)
    change_role(school, **HERE, user_id=7, role="admin", by=None)
    school.execute(text("UPDATE accounts SET disabled_at = NULL"))
    change_role(school, **HERE, user_id=1, role="analyst", by=None)
    assert role_of(school, 1) == "analyst"


@pytest.mark.parametrize("duty", DUTIES)
def test_duties_of_a_role_are_not_left_behind(school: Session, duty: str) -> None:
    """A class, a student or a grievance that waits keeps the role; once nothing waits, it changes."""
    school.execute(text(DUTIES[duty]))
    with pytest.raises(ActionError, match=rf"User 2 {duty}.*edukit users add"):
        change_role(school, **HERE, user_id=2, role="analyst", by=None)
    for ends in ENDED:
        school.execute(text(ends))
    change_role(school, **HERE, user_id=2, role="analyst", by=None)
    assert role_of(school, 2) == "analyst"


def test_grievances_go_along_to_a_role_that_answers_them(school: Session) -> None:
    """A teacher who becomes admin answers what they answered."""
    school.execute(text(DUTIES["answers grievances"]))
    change_role(school, **HERE, user_id=2, role="admin", by=None)
    assert role_of(school, 2) == "admin"


def test_an_analyst_is_granted_names_and_loses_them(school: Session) -> None:
    """Granted, taken back, and gone with the role; each leaves what it was in the audit trail."""
    reads = text("SELECT role, reads_names FROM users WHERE id = 5")
    for role, names, expected in (
        ("analyst", None, ("analyst", False)),
        ("analyst", True, ("analyst", True)),
        ("analyst", None, ("analyst", True)),
        ("analyst", False, ("analyst", False)),
        ("analyst", True, ("analyst", True)),
        ("mentor", None, ("mentor", False)),
    ):
        change_role(school, **HERE, user_id=5, role=role, names=names, by=1)
        assert tuple(school.execute(reads).one()) == expected
    told = "SELECT details ->> 'names' FROM audit_event_details JOIN audit_events e ON e.id = event_id ORDER BY e.id"
    assert sorted(school.scalars(text(told)).all(), key=str) == [None, "no", "no", "yes", "yes"]


def test_names_are_granted_to_analysts_only(school: Session) -> None:
    """For a teacher it is refused, and nothing is done."""
    with pytest.raises(ActionError, match="granted to analysts"):
        change_role(school, **HERE, user_id=5, role="teacher", names=True, by=1)
    assert role_of(school, 5) == "parent"
