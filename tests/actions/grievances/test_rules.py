"""Routing rules: a change ends one and adds one, and grievances go by the one that holds."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from edukit.actions.grievance_rules import set_routing_rule
from edukit.db.session import session_for
from edukit.errors import ActionError, NotFound

if TYPE_CHECKING:
    from conftest import School

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)
STUDENT, _, TEACHER, PARENT, MENTOR, ADMIN = range(1, 7)
RULES = """
    SELECT category, minimum_severity, authority_id, valid_from, valid_until FROM grievance_routing_rules
    WHERE institution_id = %s ORDER BY valid_from, id"""
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def rule(one: School, **how: Any) -> int:
    """Say that the teacher answers grievances of grades, with what is told otherwise; committed."""
    told = {"category": "grade", "minimum_severity": "low", "authority_id": TEACHER, "now": NOW, "by": ADMIN}
    with session_for(one.database.app) as session:
        return set_routing_rule(session, **{"institution_id": one.number, **told, **how})


def test_a_change_ends_one_and_adds_one(one: School) -> None:
    """The rule before ends at that moment, the new one holds from it on, and grievances go by it; it is audited."""
    before = one.file(now=NOW - timedelta(minutes=1))
    rule_id = rule(one)
    assert one.rows(RULES, one.number) == [
        ("grade", "low", ADMIN, BEGAN, NOW),
        ("grade", "low", TEACHER, NOW, None),
    ]
    assert one.row(before)[1] == ADMIN
    assert one.row(one.file())[1] == TEACHER
    audited = "SELECT action, resource, user_id, occurred_at FROM audit_events WHERE institution_id = %s"
    assert one.rows(audited, one.number) == [("route", f"grievance_routing_rules/{rule_id}", ADMIN, NOW)]


def test_a_severity_has_a_rule_of_its_own(one: School) -> None:
    """A rule from another severity on ends none; said again it is the same one, and nothing is done."""
    rule_id = rule(one, minimum_severity="high")
    assert rule(one, minimum_severity="high", now=NOW + timedelta(days=1)) == rule_id
    assert [row[4] for row in one.rows(RULES, one.number)] == [None, None]
    assert one.row(one.file(severity="critical"))[1] == TEACHER
    assert one.row(one.file(severity="medium"))[1] == ADMIN


def test_a_rule_that_was_to_begin_does_not(one: School) -> None:
    """One with a later beginning gives way, also at the very moment at which it begins."""
    rule(one, now=NOW + timedelta(days=9))
    rule(one, authority_id=MENTOR)
    for authority in (ADMIN, TEACHER, MENTOR, ADMIN):
        rule(one, authority_id=authority)
        assert one.row(one.file())[1] == authority
    assert one.row(one.file(now=NOW + timedelta(days=30)))[1] == ADMIN


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        ({"category": "food"}, "category.*not 'food'"),
        ({"minimum_severity": "mild"}, "severity.*not 'mild'"),
        ({"authority_id": STUDENT}, "a teacher, mentor or admin who is still"),
        ({"authority_id": PARENT}, "a teacher, mentor or admin who is still"),
        ({"authority_id": 99}, "a teacher, mentor or admin who is still"),
    ],
)
def test_a_rule_against_the_rules_is_refused(one: School, how: dict[str, Any], reason: str) -> None:
    """No such category or severity, or nobody who may answer: what held still holds."""
    before = one.rows(RULES, one.number)
    with pytest.raises(ActionError, match=reason):
        rule(one, **how)
    assert one.rows(RULES, one.number) == before


def test_who_left_answers_nothing(one: School) -> None:
    """Somebody who has left cannot be named, and an institution that is not there has no rules."""
    one.depart(TEACHER)
    with pytest.raises(ActionError, match="who is still"):
        rule(one)
    with pytest.raises(NotFound, match="no institution"):
        rule(one, institution_id=10**9)


def test_of_two_changes_at_once_one_holds(one: School) -> None:
    """Eight that set the rule at the same moment leave one that holds, and the others ended."""
    together = threading.Barrier(8)

    def change(authority_id: int) -> None:
        together.wait(20)
        rule(one, authority_id=authority_id)

    threads = [threading.Thread(target=change, args=[(TEACHER, MENTOR)[place % 2]]) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    ends = [row[4] for row in one.rows(RULES, one.number)]
    assert ends.count(None) == 1
    assert len(ends) >= 2
