"""Grievances go where the rules say, and their history is what was done, whatever is done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from psycopg.errors import InsufficientPrivilege, RestrictViolation
from sqlalchemy import insert

from edukit.actions.grievances import assign, comment, move, reveal
from edukit.db.roles import ROLES
from edukit.db.session import session_for
from edukit.errors import ActionError
from edukit.models import GrievanceRoutingRule, Institution, Student, User
from edukit.models.grievances import CATEGORIES, SEVERITIES
from edukit.queries.grievances import grievances

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from conftest import Database, School
    from sqlalchemy.orm import Session

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)
STUDENT, CLASSMATE, TEACHER, PARENT, MENTOR, ADMIN = range(1, 7)
STAFF = (TEACHER, MENTOR, ADMIN)
RULE = """
    SELECT id, authority_id, minimum_severity FROM grievance_routing_rules
    WHERE institution_id = %(institution)s AND category = %(category)s AND valid_from <= %(at)s
        AND (valid_until IS NULL OR valid_until > %(at)s)
        AND array_position(%(severities)s, minimum_severity) <= array_position(%(severities)s, %(severity)s)
    ORDER BY array_position(%(severities)s, minimum_severity) DESC, valid_from DESC, id DESC LIMIT 1"""
some = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])

ruled = st.lists(
    st.tuples(
        st.sampled_from(CATEGORIES[:2]),
        st.sampled_from(SEVERITIES),
        st.sampled_from(STAFF),
        st.integers(-3, 3),
        st.none() | st.integers(1, 4),
    ),
    max_size=6,
    # Of two that go on for the same the database keeps one.
    unique_by=lambda rule: rule[:2] if rule[4] is None else rule,
)


@some
@given(ruled, st.lists(st.tuples(st.sampled_from(CATEGORIES[:3]), st.sampled_from(SEVERITIES)), min_size=1, max_size=4))
def test_each_goes_to_the_right_authority(
    empty_school: Callable[[], School], table: list[tuple[str, str, int, int, int | None]], filed: list[tuple[str, str]]
) -> None:
    """Promise 7: by category and severity and the rules of that moment; the trail shows each decision with its rule."""
    one = empty_school()
    number = one.number
    with session_for(one.database.app) as session:
        session.execute(insert(Institution).values(id=number, name=f"School {number}"))
        people = [{"id": id_, "role": "teacher" if id_ != STUDENT else "student", "name": "N"} for id_ in (1, *STAFF)]
        session.execute(insert(User), [{"institution_id": number, **person} for person in people])
        session.execute(insert(Student).values(institution_id=number, id=STUDENT))
        for place, (category, severity, authority, since, lasts) in enumerate(table):
            began = NOW + timedelta(days=since)
            ends = None if lasts is None else began + timedelta(days=lasts)
            rule = {"category": category, "minimum_severity": severity, "authority_id": authority}
            rule |= {"valid_from": began, "valid_until": ends}
            session.execute(insert(GrievanceRoutingRule).values(institution_id=number, id=place, **rule))
    for category, severity in filed:
        grievance_id = one.file(category=category, severity=severity)
        asked = {"institution": number, "category": category, "severity": severity, "at": NOW}
        with psycopg.connect(one.database.admin_url) as connection:
            rule = connection.execute(RULE, asked | {"severities": list(SEVERITIES)}).fetchone()
        first, second = one.history(grievance_id)
        assert first[:5] == (1, "filed", TEACHER, None, "open")
        if rule:
            words = f"By the rule for {category} from severity {rule[2]} on."
            assert second[1:8] == ("routed", None, None, None, rule[1], rule[0], words)
        else:
            assert second[1:7] == ("unassigned", None, None, None, None, None)
            assert f"No rule says who answers {category} from severity {severity}" in second[7]
        assert one.row(grievance_id) == ("open", rule[1] if rule else None, None, None)
        with session_for(one.database.minted(number, None)) as session:
            inbox = grievances(session, as_of=NOW).set_index("grievance_id")
        assert inbox["assigned_to"].isna()[str(grievance_id)] == (rule is None)


words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
steps = st.lists(
    st.tuples(
        st.integers(-30, 300),
        st.sampled_from(STAFF),
        st.one_of(
            st.tuples(st.just("assign"), st.sampled_from((*STAFF, STUDENT, PARENT, 99)), words),
            st.tuples(st.just("comment"), st.none(), words),
            st.tuples(
                st.just("move"),
                st.sampled_from(["open", "in_progress", "in_progress", "resolved", "resolved", "closed", "gone"]),
                words | st.just("It was counted anew."),
            ),
            st.tuples(st.just("reveal"), st.none(), st.just("")),
        ),
    ),
    max_size=12,
)


class Told:
    """What a grievance must be after the steps that were taken: the rules once more, in another form."""

    def __init__(self, assigned_to: int | None) -> None:
        self.status, self.assigned_to, self.resolution, self.resolved_at = "open", assigned_to, None, None
        self.at = NOW
        self.events: list[tuple[Any, ...]] = []

    def take(self, now: datetime, by: int, kind: str, to: Any, said: str) -> bool:
        """Take a step if it may be taken; whether it may."""
        said = said.strip() or None
        at = max(now, self.at)
        if kind == "assign" and to in STAFF and to != self.assigned_to:
            self.assigned_to = to
            self.events.append(("assigned", by, None, None, to, None, said, at))
        elif kind == "comment" and said:
            self.events.append(("commented", by, None, None, None, None, said, at))
        elif kind == "reveal" and by == self.assigned_to:
            self.events.append(("revealed", by, None, None, None, None, None, at))
        elif kind == "move" and self._may_become(to, said):
            self.events.append(("status_changed", by, self.status, to, None, None, said, at))
            if to == "resolved":
                self.resolution, self.resolved_at = said, at
            if to == "in_progress":
                self.resolution, self.resolved_at = None, None
            self.status = to
        else:
            return False
        self.at = at
        return True

    def _may_become(self, to: str, said: str | None) -> bool:
        pair = f"{self.status}→{to}"
        held = self.assigned_to is not None
        return (
            (pair in {"open→in_progress", "resolved→in_progress", "closed→in_progress"} and held)
            or (pair == "in_progress→resolved" and held and said is not None)
            or pair == "resolved→closed"
        )


def take(session: Session, case: dict[str, Any], act: tuple[str, Any, str]) -> None:
    """Take a step by the package's own actions."""
    kind, to, said = act
    if kind == "assign":
        assign(session, **case, user_id=to, words=said)
    elif kind == "comment":
        comment(session, **case, words=said)
    elif kind == "move":
        move(session, **case, to_status=to, words=said)
    else:
        reveal(session, **case)


@some
@given(st.sampled_from(["grade", "other"]), steps)
def test_the_history_is_what_was_done(
    one: School, category: str, taken: list[tuple[int, int, tuple[str, Any, str]]]
) -> None:
    """Promise 8: every step that was taken, in order and in its words; replayed it is the row; no role changes it.

    What is against a rule leaves no trace. Clocks that run back do not turn the order round.
    """
    grievance_id = one.file(category=category)
    told = Told(ADMIN if category == "grade" else None)
    now = NOW
    for minutes, by, act in taken:
        now += timedelta(minutes=minutes)
        case = one.case(grievance_id, by, now)
        if told.take(now, by, *act):
            with session_for(one.database.app) as session:
                take(session, case, act)
        else:
            with pytest.raises(ActionError), session_for(one.database.app) as session:
                take(session, case, act)
    history = one.history(grievance_id)
    assert [step[0] for step in history] == list(range(1, len(history) + 1))
    assert [step[1:] for step in history[2:]] == told.events
    assert one.row(grievance_id) == (told.status, told.assigned_to, told.resolution, told.resolved_at)
    assert replayed(history) == one.row(grievance_id)
    refused_to_all(one.database, grievance_id)
    assert one.history(grievance_id) == history


def replayed(history: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    """The row that the events alone lead to."""
    status = assigned_to = resolution = resolved_at = None
    for _, action, _, _, to_status, to, _, details, at in history:
        status = to_status or status
        assigned_to = to if action in {"routed", "assigned", "unassigned"} else assigned_to
        if to_status == "resolved":
            resolution, resolved_at = details, at
        elif to_status in {"open", "in_progress"}:
            resolution = resolved_at = None
    return status, assigned_to, resolution, resolved_at


def refused_to_all(database: Database, grievance_id: UUID) -> None:
    """Every role tries to change and to delete the events and their words, and is refused."""
    of_one = "event_id IN (SELECT id FROM grievance_events WHERE grievance_id = %(id)s)"
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        for role in ROLES:
            for statement in (
                "UPDATE grievance_events SET actor_id = NULL WHERE grievance_id = %(id)s",
                "UPDATE grievance_events SET occurred_at = now() WHERE grievance_id = %(id)s",
                "DELETE FROM grievance_events WHERE grievance_id = %(id)s",
                f"UPDATE grievance_event_details SET details = 'other' WHERE {of_one}",
                f"DELETE FROM grievance_event_details WHERE {of_one}",
            ):
                connection.execute(sql.SQL("SET SESSION AUTHORIZATION {}").format(sql.Identifier(role)))
                with pytest.raises((InsufficientPrivilege, RestrictViolation)):
                    connection.execute(statement, {"id": grievance_id})
                connection.execute("SET SESSION AUTHORIZATION DEFAULT")
