"""Steps that are taken at the same time, and departures in the midst of them."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import text

from edukit.actions.grievances import assign, comment, move
from edukit.db.session import session_for
from edukit.errors import ActionError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import School

NOW = datetime(2026, 5, 4, 8, tzinfo=UTC)
STUDENT, CLASSMATE, TEACHER, PARENT, MENTOR, ADMIN = range(1, 7)


def test_steps_taken_at_once_come_one_after_the_other(one: School) -> None:
    """Eight sessions that comment at the same moment leave eight steps in a row, none lost and none twice."""
    grievance_id = one.file()
    together = threading.Barrier(8)

    def say(words: str) -> None:
        with session_for(one.database.app) as session:
            session.execute(text("SELECT 1"))
            together.wait(20)
            comment(session, institution_id=one.number, grievance_id=grievance_id, words=words, now=NOW, by=TEACHER)

    threads = [threading.Thread(target=say, args=[f"{place}"]) for place in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    history = one.history(grievance_id)
    assert [step[0] for step in history] == list(range(1, 11))
    assert {step[7] for step in history[2:]} == set("01234567")


def test_of_two_moves_at_once_the_second_is_judged_by_the_first(one: School) -> None:
    """Both want to take it up; the second waits for the first, and is then told that it is in progress already."""
    grievance_id = one.file()
    case = {**one.case(grievance_id, by=ADMIN), "to_status": "in_progress"}
    refusals: list[str] = []

    def second() -> None:
        try:
            with session_for(one.database.app) as session:
                move(session, **case)
        except ActionError as error:
            refusals.append(str(error))

    thread = threading.Thread(target=second)
    with session_for(one.database.app) as session:
        move(session, **case)
        thread.start()
        one.wait_for_a_waiter()
    thread.join(30)
    assert len(refusals) == 1
    assert "is in progress can only become resolved" in refusals[0]
    assert len(one.history(grievance_id)) == 3


def meanwhile(one: School, leaver: int, act: Callable[[], object]) -> list[str]:
    """Why an action was refused that began while somebody's departure was not committed yet, and waited for it."""
    refusals: list[str] = []

    def wait_and_act() -> None:
        try:
            act()
        except ActionError as error:
            refusals.append(str(error))

    thread = threading.Thread(target=wait_and_act)
    with one.leaving(leaver):
        thread.start()
        one.wait_for_a_waiter()
    thread.join(30)
    return refusals


def test_nothing_is_filed_for_who_is_leaving(one: School) -> None:
    """Words about a student that come while the departure erases theirs are refused, and nothing of them is there."""
    (refusal,) = meanwhile(one, STUDENT, one.file)
    assert "has left" in refusal
    for table in ("grievances", "grievance_events", "grievance_event_details"):
        assert one.rows(f"SELECT count(*) FROM {table} WHERE institution_id = %s", one.number) == [(0,)]


def test_nothing_is_routed_to_who_is_leaving(one: School) -> None:
    """Who answers by the rule leaves while it is filed: it is refused whole, and filed again it is nobody's."""
    (refusal,) = meanwhile(one, ADMIN, one.file)
    assert "no longer there, and nothing was done" in refusal
    assert one.rows("SELECT count(*) FROM grievances WHERE institution_id = %s", one.number) == [(0,)]
    assert one.row(one.file())[1] is None


def test_nothing_is_assigned_to_who_is_leaving(one: School) -> None:
    """Somebody leaves while they are given a grievance: it stays with whom it was, without a step."""
    grievance_id = one.file()
    before = one.history(grievance_id)

    def give() -> None:
        with session_for(one.database.app) as session:
            assign(session, **one.case(grievance_id), user_id=MENTOR)

    (refusal,) = meanwhile(one, MENTOR, give)
    assert "choose somebody else" in refusal
    assert one.row(grievance_id)[1] == ADMIN
    assert one.history(grievance_id) == before
