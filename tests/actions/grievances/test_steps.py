"""Steps in a grievance that are against a rule, that come late, and that tell a name."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from edukit.actions.grievances import assign, comment, move, reveal
from edukit.actions.words import LONGEST
from edukit.db.session import session_for
from edukit.errors import ActionError, NotFound
from edukit.queries.grievances import complainant

if TYPE_CHECKING:
    from conftest import School

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)
STUDENT, CLASSMATE, TEACHER, PARENT, MENTOR, ADMIN = range(1, 7)


@pytest.mark.parametrize(
    ("how", "rule"),
    [
        ({"category": "food"}, r"category.*grade, feedback, fairness or other, not 'food'"),
        ({"severity": "mild"}, r"severity.*low, medium, high or critical, not 'mild'"),
        ({"description": " \n"}, "say what it is about"),
        ({"description": "x" * (LONGEST + 1)}, "10,000 letters.*10,001"),
        ({"description": "nul \0"}, "letter that is none"),
        ({"description": "half of a pair \ud83d"}, "letter that is none"),
    ],
)
def test_what_is_filed_against_a_rule_is_not_filed(one: School, how: dict[str, str], rule: str) -> None:
    """An unknown category or severity, no words, too many or none such: the rule is named and nothing is there."""
    with pytest.raises(ActionError, match=rule):
        one.file(**how)
    assert one.rows("SELECT count(*) FROM grievances WHERE institution_id = %s", one.number) == [(0,)]


def test_who_is_not_there_cannot_complain(one: School) -> None:
    """No student of that id, or another institution's; and one who has left."""
    with pytest.raises(NotFound, match="no student 77"):
        one.file(student_id=77)
    with pytest.raises(NotFound, match="no student 3"):
        one.file(student_id=TEACHER)
    one.depart(STUDENT)
    with pytest.raises(ActionError, match="has left"):
        one.file()


def test_no_grievance_is_named(one: School) -> None:
    """A step in a grievance that another institution has, or nobody, is not taken."""
    grievance_id = one.file()
    with session_for(one.database.app) as session:
        for institution, wanted in ((one.number, UUID(int=5)), (one.number + 10**6, grievance_id)):
            with pytest.raises(NotFound, match="no grievance"):
                comment(session, institution_id=institution, grievance_id=wanted, words="?", now=NOW, by=TEACHER)


def test_an_illegal_move_says_which_are_legal(one: School) -> None:
    """The message names the status, what it can become, and what was wanted."""
    grievance_id = one.file()
    with (
        pytest.raises(ActionError, match=r"is open can only become in progress, not closed: nothing was done"),
        session_for(one.database.app) as session,
    ):
        move(session, institution_id=one.number, grievance_id=grievance_id, to_status="closed", now=NOW, by=ADMIN)


def test_what_comes_back_needs_somebody_who_is_here(one: School) -> None:
    """Once who had it has left, it is reopened only after it was assigned anew."""
    grievance_id = one.file()
    case = one.case(grievance_id)
    with session_for(one.database.app) as session:
        move(session, **case, to_status="in_progress")
        move(session, **case, to_status="resolved", words="Done.")
    one.depart(ADMIN)
    with pytest.raises(ActionError, match="assign it first"), session_for(one.database.app) as session:
        move(session, **case, to_status="in_progress")
    with session_for(one.database.app) as session:
        assign(session, **case, user_id=TEACHER)
        move(session, **case, to_status="in_progress")
    assert one.row(grievance_id) == ("in_progress", TEACHER, None, None)


def test_what_was_erased_goes_on_without_its_words(one: School) -> None:
    """After the student has left, the grievance can still be resolved; its row keeps no words, the step does."""
    grievance_id = one.file()
    one.depart(STUDENT)
    case = one.case(grievance_id, by=ADMIN)
    with session_for(one.database.app) as session:
        move(session, **case, to_status="in_progress")
        move(session, **case, to_status="resolved", words="Settled.")
    assert one.row(grievance_id) == ("resolved", ADMIN, None, NOW)
    assert one.history(grievance_id)[-1][7] == "Settled."


def test_a_name_is_told_after_it_is_recorded(one: School) -> None:
    """The event and the audit event say by whom and of what; the name is told after they are committed."""
    grievance_id = one.file()
    case: dict[str, Any] = {"institution_id": one.number, "grievance_id": grievance_id}
    admin = one.database.minted(one.number, ADMIN)
    with session_for(admin) as session:
        reveal(session, **case, now=NOW, by=ADMIN)
        with pytest.raises(NotFound, match="after that is recorded"):
            complainant(session, **case)
    with session_for(admin) as session:
        assert complainant(session, **case) == (STUDENT, f"Zoë <b>{one.number}</b>")
    assert one.history(grievance_id)[-1][1:3] == ("revealed", ADMIN)
    audited = "SELECT action, resource, user_id, occurred_at FROM audit_events WHERE institution_id = %s"
    assert one.rows(audited, one.number) == [("reveal", f"grievances/{grievance_id}", ADMIN, NOW)]


@pytest.mark.parametrize("by", [TEACHER, STUDENT, PARENT])
def test_a_name_is_told_to_nobody_else(one: School, by: int) -> None:
    """Who does not have the grievance gets no name, and nothing is recorded as told; each look is recorded anew."""
    grievance_id = one.file()
    before = one.history(grievance_id)
    with pytest.raises(ActionError, match="only to the person whom"), session_for(one.database.app) as session:
        reveal(session, institution_id=one.number, grievance_id=grievance_id, now=NOW, by=by)
    assert one.history(grievance_id) == before
    assert one.rows("SELECT count(*) FROM audit_events WHERE institution_id = %s", one.number) == [(0,)]
