"""Classrooms: what has a history is put away, what has none is deleted; what was said of work stays said."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from edukit.actions.classroom import give_feedback, remove_class
from edukit.actions.departure import depart_user
from edukit.actions.words import LONGEST
from edukit.db.session import session_for
from edukit.errors import ActionError, NotFound
from edukit.queries.student_work import feedback
from edukit.settings import Settings
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Database
    from sqlalchemy.orm import Session

    AddSchool = Callable[[Session, int], None]

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
OWNED = """
    SELECT (SELECT count(*) FROM classes WHERE id = :id), (SELECT count(*) FROM assignments WHERE class_id = :id),
        (SELECT count(*) FROM class_teachers WHERE class_id = :id),
        (SELECT count(*) FROM enrolments WHERE class_id = :id)"""
AUDITED = "SELECT action, resource, user_id FROM audit_events WHERE resource LIKE 'classes/%'"
WITHOUT = 2
STUDENT, TEACHER, PARENT = 1, 3, 4
WORK, OTHERS_WORK = UUID(int=1), UUID(int=2)
FIRST, CORRECTED = UUID(int=1), UUID(int=11)
"""What the student was told of WORK: the second corrects the first."""
SAID = text("SELECT (SELECT count(*) FROM feedback), (SELECT count(*) FROM feedback_contents)")
LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
WORDS = st.text(LETTERS, min_size=1, max_size=60).filter(str.strip)
ACTS = st.lists(st.tuples(WORDS, st.sampled_from([None, 1, 2, 3, 4, 5]), st.booleans()), min_size=1, max_size=6)


def test_a_class_without_history_is_deleted(session: Session, add_school: AddSchool) -> None:
    """It goes with its assignments, teachers and enrolments; the act is recorded."""
    add_school(session, 1)
    assert remove_class(session, institution_id=1, class_id=WITHOUT, now=NOW, by=6) == "deleted"
    assert session.execute(text(OWNED), {"id": WITHOUT}).one() == (0, 0, 0, 0)
    assert session.execute(text(AUDITED)).all() == [("delete", "classes/2", 6)]


@pytest.mark.parametrize(
    ("history", "column"),
    [("submissions", "assignment_id"), ("question_attempts", "class_id"), ("gamification_events", "class_id")],
)
def test_a_class_with_history_is_archived(session: Session, add_school: AddSchool, history: str, column: str) -> None:
    """One piece of work, answer or award is enough: all that it owns stays, and its enrolments end."""
    add_school(session, 1)
    moved = f"jsonb_build_object('id', gen_random_uuid(), '{column}', {WITHOUT})"
    session.execute(
        text(f"INSERT INTO {history} SELECT (jsonb_populate_record(h, {moved})).* FROM {history} h LIMIT 1")
    )
    before = session.execute(text(OWNED), {"id": WITHOUT}).one()
    assert remove_class(session, institution_id=1, class_id=WITHOUT, now=NOW) == "archived"
    assert session.execute(text(OWNED), {"id": WITHOUT}).one() == before == (1, 1, 1, 1)
    state = text("""
        SELECT archived_at, (SELECT left_at FROM enrolments WHERE class_id = c.id) FROM classes c WHERE id = :id""")
    assert session.execute(state, {"id": WITHOUT}).one() == (NOW, NOW)
    assert session.execute(text(AUDITED)).all() == [("archive", "classes/2", None)]


def test_other_classes_stay(session: Session, add_school: AddSchool) -> None:
    """Neither the class beside it nor that of the same id elsewhere is touched."""
    add_school(session, 1)
    add_school(session, 2)
    others = text("SELECT * FROM classes WHERE (institution_id, id) <> (1, :id) ORDER BY institution_id, id")
    before = session.execute(others, {"id": WITHOUT}).all()
    remove_class(session, institution_id=1, class_id=WITHOUT, now=NOW)
    assert session.execute(others, {"id": WITHOUT}).all() == before
    assert len(before) == 3


def test_an_unknown_class_is_named(session: Session, add_school: AddSchool) -> None:
    """Nothing is removed by a wrong number."""
    add_school(session, 1)
    with pytest.raises(NotFound, match="no class 99 at institution 1"):
        remove_class(session, institution_id=1, class_id=99, now=NOW)


def give(session: Session, content: str = "Show the second step.", **how: object) -> UUID:
    """Give feedback on the student's work as their teacher, with what is told otherwise."""
    return give_feedback(
        session, **{"institution_id": 1, "submission_id": WORK, "content": content, "now": NOW, "by": TEACHER, **how}
    )


def test_what_was_said_stays_said(session: Session, add_school: AddSchool) -> None:
    """Each feedback is in the student's list with its very words, rating and time, whatever is said or corrected later.

    What corrects supersedes the one before it, once: together they are a chain.
    """
    add_school(session, 1)
    before = len(feedback(session, institution_id=1, student_id=STUDENT))

    @settings(max_examples=30)
    @given(ACTS)
    def say(acts: list[tuple[str, int | None, bool]]) -> None:
        savepoint = session.begin_nested()
        said: dict[str, tuple[object, ...]] = {}
        latest = str(CORRECTED)
        for place, (words, rating, corrects) in enumerate(acts):
            moment = NOW + timedelta(microseconds=place)
            supersedes = UUID(latest) if corrects else None
            given_id = str(give(session, words, rating=rating, supersedes_id=supersedes, now=moment))
            said[given_id] = (words, rating, moment, str(supersedes) if supersedes else None)
            latest = given_id
            found = feedback(session, institution_id=1, student_id=STUDENT).set_index("feedback_id")
            assert len(found) == before + len(said)
            shown = found.loc[list(said), ["content", "rating", "given_at", "supersedes_id"]].astype(object)
            assert [tuple(row) for row in shown.where(shown.notna(), None).to_numpy()] == list(said.values())
            superseded = set(found["supersedes_id"].dropna())
            assert set(found.index[found["superseded"]]) == superseded
            assert len(superseded) == found["supersedes_id"].notna().sum()
        savepoint.rollback()

    say()


@pytest.mark.parametrize(
    ("how", "rule"),
    [
        ({"content": ""}, "has no words"),
        ({"content": " \n\t "}, "has no words"),
        ({"content": "x" * (LONGEST + 1)}, "10,000 letters, this has 10,001"),
        ({"content": "nul \0"}, "letter that is none"),
        ({"content": "half of a pair \ud83d"}, "letter that is none"),
        ({"rating": 0}, "1 .poor. to 5 .excellent., not 0"),
        ({"rating": 6}, "not 6"),
        ({"rating": -1}, "not -1"),
        ({"supersedes_id": FIRST}, "correct the latest"),
        ({"supersedes_id": UUID(int=12)}, "correct the latest"),
        ({"supersedes_id": UUID(int=99)}, "correct the latest"),
    ],
)
def test_feedback_against_a_rule_is_not_given(
    session: Session, add_school: AddSchool, how: dict[str, object], rule: str
) -> None:
    """No words, too many or none such, no such rating, or a correction of what is not the latest: nothing is sent."""
    add_school(session, 1)
    before = session.execute(SAID).one()
    with pytest.raises(ActionError, match=rule + r".*nothing was done|nothing was done.*" + rule):
        give(session, **how)
    assert session.execute(SAID).one() == before


def test_the_longest_feedback_is_given(session: Session, add_school: AddSchool) -> None:
    """As many letters as may be are kept, and each rating from 1 to 5."""
    add_school(session, 1)
    for rating in range(1, 6):
        given_id = str(give(session, "é" * LONGEST, rating=rating))
        found = feedback(session, institution_id=1, student_id=STUDENT).set_index("feedback_id").loc[given_id]
        assert (found["content"], found["rating"]) == ("é" * LONGEST, rating)


def test_a_correction_works_after_later_feedback(session: Session, add_school: AddSchool) -> None:
    """What a colleague said by a faster clock is the latest: it can be corrected, and what comes now follows it."""
    add_school(session, 1)
    colleagues = give(session, "By a fast clock", now=NOW + timedelta(hours=1))
    with pytest.raises(ActionError, match="correct the latest"):
        give(session, supersedes_id=CORRECTED)
    correction = give(session, "Corrected", supersedes_id=colleagues)
    found = feedback(session, institution_id=1, student_id=STUDENT).set_index("feedback_id")
    assert list(found.index[:2]) == [str(correction), str(colleagues)]
    assert found["given_at"].iloc[0] > NOW + timedelta(hours=1)


def test_feedback_of_one_moment_has_an_order(session: Session, add_school: AddSchool) -> None:
    """While the clock stands still, what is said later is later, and the last of it is the latest."""
    add_school(session, 1)
    said = [give(session, f"{place}.") for place in range(5)]
    said.append(give(session, "Last", supersedes_id=said[-1]))
    found = feedback(session, institution_id=1, student_id=STUDENT).head(6)
    assert found["feedback_id"].tolist() == [str(one) for one in reversed(said)]
    assert found["given_at"].is_unique
    assert found["given_at"].iloc[-1] == NOW


def test_feedback_on_nothing_is_named(session: Session, add_school: AddSchool) -> None:
    """Work that is not there, or is another institution's, is not told about."""
    add_school(session, 1)
    with pytest.raises(NotFound, match="no submission"):
        give(session, submission_id=UUID(int=99))
    with pytest.raises(NotFound, match="no submission"):
        give(session, institution_id=2)


def test_feedback_is_told_to_the_outbox(session: Session, add_school: AddSchool) -> None:
    """The class and the student are renewed where they are cached; no one else is."""
    add_school(session, 1)
    give(session)
    told = session.execute(text("SELECT class_id, student_id FROM outbox ORDER BY class_id NULLS LAST")).all()
    assert told == [(1, None), (None, STUDENT)]


def test_who_has_left_is_told_nothing(eraser: Session, add_school: AddSchool) -> None:
    """Nothing is written about somebody whose words were erased."""
    add_school(eraser, 1)
    depart_user(eraser, institution_id=1, user_id=STUDENT, now=NOW)
    with pytest.raises(ActionError, match=r"left on 2026-09-01.*nothing was done"):
        give(eraser)


def test_two_at_once_correct_it_once(database: Database, add_school: AddSchool) -> None:
    """Of two corrections of the same feedback, each begun before the other was there, one is given."""
    with session_for(database.app) as session:
        add_school(session, 1)

    def correct() -> None:
        with session_for(database.app) as other:
            give(other, supersedes_id=CORRECTED)

    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
    with ThreadPoolExecutor() as pool:
        with session_for(database.app) as session:
            give(session, supersedes_id=CORRECTED)
            second = pool.submit(correct)
            until = monotonic() + 20
            while not session.execute(waits).scalar():
                assert monotonic() < until, "the second did not wait for the first"
        with pytest.raises(ActionError, match="correct the latest"):
            second.result(20)
    with session_for(database.app) as session:
        assert session.execute(SAID).one() == (5, 5)


def test_a_reader_gives_no_feedback(database: Database, add_school: AddSchool) -> None:
    """A parent is told that they read, and the teacher's words are kept for them to read."""
    with session_for(database.app) as session:
        add_school(session, 1)
    teacher, reader = database.minted(1, TEACHER), database.minted(1, PARENT)
    with pytest.raises(ActionError, match="only reads"):
        Workbench(reader, Settings(frozen_now=NOW)).give_feedback(str(WORK), "Well done.")
    given_id = Workbench(teacher, Settings(frozen_now=NOW)).give_feedback(str(WORK), "Well done.", 5)
    found = Workbench(reader, Settings(frozen_now=NOW)).feedback(STUDENT)
    assert found["feedback_id"].tolist()[0] == str(given_id)
    assert found["given_at"].iloc[0] == NOW
    assert found["teacher_id"].iloc[0] == TEACHER
