"""Departures: who leaves is nowhere to be found, what happened stays, and nobody else is touched."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from edukit.actions.departure import close_institution, depart_user
from edukit.db.roles import url_of
from edukit.db.session import Viewer, engine_for, session_for
from edukit.errors import NotFound
from edukit.models import Account, Enrolment, User
from edukit.ops.seed import seed_demo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Database
    from sqlalchemy.orm import Session

    AddSchool = Callable[[Session, int], None]

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
STUDENT, _, TEACHER, PARENT, MENTOR, ADMIN = range(1, 7)
APPEND_ONLY = ["feedback", "grievance_events", "gamification_events", "audit_events"]
TABLES = """
    SELECT relname::text FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version' ORDER BY 1"""
WORDS = """
    SELECT c.relname::text, a.attname::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname <> 'alembic_version'
        AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid IN ('text'::regtype, 'jsonb'::regtype)
        AND NOT EXISTS (
            SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum]
                AND pg_get_constraintdef(k.oid) LIKE '%= ANY%'
        )"""
# Words that are the institution's, or figures: nobody is named there.
IMPERSONAL = {
    "institutions": {"name", "domain", "time_zone"},
    "topics": {"code", "name", "description", "source_key"},
    "concepts": {"name", "description", "source_key"},
    "questions": {"body", "options", "correct_answer", "explanation", "image_url", "source_key"},
    "classes": {"name", "description", "source_key"},
    "assignments": {"title", "description", "source_key"},
    "badges": {"name", "description", "icon_url", "criteria", "source_key"},
    "students": {"grade"},
    "mastery_models": {"parameters", "metrics"},
    "risk_models": {"name", "parameters", "metrics"},
    "audit_events": {"action", "resource"},
    "sync_operations": {"table_name", "row_id"},
    "viewers": {"login"},
}


def tables(session: Session) -> list[str]:
    return list(session.scalars(text(TABLES)))


def found(session: Session, words: str) -> set[str]:
    """The tables that hold the words anywhere in a row, in any column and any spelling."""
    query = "SELECT count(*) FROM {} t WHERE strpos(lower(to_jsonb(t)::text), lower(:words)) > 0"
    return {table for table in tables(session) if session.scalar(text(query.format(table)), {"words": words})}


def fingerprint(session: Session, institution_id: int) -> dict[str, str]:
    """Each table's rows of an institution, in short."""
    query = "SELECT md5(string_agg(row, ',' ORDER BY row)) FROM (SELECT to_jsonb(t)::text FROM {} t WHERE {}) r (row)"
    keys = {"institutions": "id = :id", "accounts": "id / 10 = :id"}
    return {
        table: str(
            session.scalar(text(query.format(table, keys.get(table, "institution_id = :id"))), {"id": institution_id})
        )
        for table in tables(session)
    }


def count(session: Session, table: str) -> int:
    return int(session.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def test_every_column_with_words_is_thought_of(eraser: Session, add_school: AddSchool) -> None:
    """Each text and JSON column either holds somebody's mark in these tests, or is named as nobody's."""
    add_school(eraser, 1)
    for table, column in eraser.execute(text(WORDS)).all():
        marks = "zoraquilla|olafbircha|tobiasferna|petraquilla|milamossa|adarowana"
        marked = eraser.scalar(text(f"SELECT count(*) FROM {table} WHERE {column}::text ~ '{marks}'"))
        assert bool(marked) != (column in IMPERSONAL.get(table, set())), f"{table}.{column}"


@pytest.mark.parametrize(
    ("user_id", "mark", "stub"),
    [
        (STUDENT, "zoraquilla", "Former student 0001"),
        (PARENT, "petraquilla", "Former parent 0004"),
        (MENTOR, "milamossa", "Former mentor 0005"),
        (TEACHER, "tobiasferna", "Former teacher 0003"),
        (ADMIN, "adarowana", "Former admin 0006"),
    ],
)
def test_who_departs_is_nowhere_to_be_found(
    eraser: Session, add_school: AddSchool, user_id: int, mark: str, stub: str
) -> None:
    """No column of any table holds the mark that is in everything they wrote and were told; a stub is left."""
    add_school(eraser, 1)
    assert {"users", "accounts", "profiles", "documents", "audit_event_details"} <= found(eraser, mark)
    depart_user(eraser, institution_id=1, user_id=user_id, now=NOW)
    assert found(eraser, mark) == set()
    user = eraser.scalars(select(User).where(User.id == user_id)).one()
    assert (user.name, user.departed_at, user.account_id, user.source_key) == (stub, NOW, None, None)
    departures = text("SELECT resource FROM audit_events WHERE action = 'depart'")
    assert eraser.scalars(departures).all() == [f"users/{user_id}"]


def test_history_stays_readable(eraser: Session, add_school: AddSchool) -> None:
    """A student's answers, marks, feedback, points and steps are there after they left, and so is a classmate whole."""
    add_school(eraser, 1)
    kept = [*APPEND_ONLY, "submissions", "question_attempts", "student_points", "enrolments", "interventions"]
    before = {table: count(eraser, table) for table in kept}
    classmate = found(eraser, "olafbircha")
    depart_user(eraser, institution_id=1, user_id=STUDENT, now=NOW, by=ADMIN)
    after = {table: count(eraser, table) for table in kept}
    assert all(after[table] >= before[table] for table in kept)
    assert found(eraser, "olafbircha") == classmate
    story = text("""
        SELECT u.name, s.score, f.rating, c.content FROM feedback f
        JOIN users u ON (u.institution_id, u.id) = (f.institution_id, f.student_id)
        JOIN submissions s ON (s.institution_id, s.id) = (f.institution_id, f.submission_id)
        JOIN feedback_contents c ON (c.institution_id, c.feedback_id) = (f.institution_id, f.id)
        WHERE f.student_id = :student""")
    assert eraser.execute(story, {"student": STUDENT}).all() == [("Former student 0001", 80, 4, None)] * 2


def test_a_teachers_words_to_students_stay(eraser: Session, add_school: AddSchool) -> None:
    """After the teacher left the students still read what they were told, from a pseudonym."""
    add_school(eraser, 1)
    words = text("SELECT feedback_id, content FROM feedback_contents ORDER BY 1")
    before = eraser.execute(words).all()
    depart_user(eraser, institution_id=1, user_id=TEACHER, now=NOW)
    assert eraser.execute(words).all() == before
    assert count(eraser, "class_teachers") == 0


def test_enrolments_end_with_the_departure(eraser: Session, add_school: AddSchool) -> None:
    """Those of the student end, one that had yet to begin as it begins; the classmate's goes on."""
    add_school(eraser, 1)
    depart_user(eraser, institution_id=1, user_id=STUDENT, now=NOW)
    rows = eraser.execute(select(Enrolment.enrolled_at, Enrolment.left_at).order_by(Enrolment.id)).all()
    assert rows[0].left_at == NOW
    assert rows[1].left_at == rows[1].enrolled_at
    assert rows[2].left_at is None


def test_an_account_stays_while_it_is_used_elsewhere(eraser: Session, add_school: AddSchool) -> None:
    """Somebody of two institutions still signs in at the other; with the last membership the account goes."""
    add_school(eraser, 1)
    eraser.execute(text("INSERT INTO institutions (id, name) VALUES (2, 'Evening school')"))
    eraser.execute(
        text("INSERT INTO users (institution_id, id, account_id, role, name) VALUES (2, 1, 13, 'admin', 'T')")
    )
    depart_user(eraser, institution_id=1, user_id=TEACHER, now=NOW)
    assert found(eraser, "tobiasferna") == {"accounts"}
    depart_user(eraser, institution_id=2, user_id=1, now=NOW)
    assert found(eraser, "tobiasferna") == set()


def test_departing_again_erases_what_came_in_since(eraser: Session, add_school: AddSchool) -> None:
    """Work that was done offline arrives late; the departure, which is not recorded twice, takes it as well."""
    add_school(eraser, 1)
    depart_user(eraser, institution_id=1, user_id=STUDENT, now=NOW)
    eraser.execute(text("UPDATE submissions SET body = 'late work of zoraquilla' WHERE student_id = 1"))
    depart_user(eraser, institution_id=1, user_id=STUDENT, now=NOW)
    assert found(eraser, "zoraquilla") == set()
    assert eraser.scalar(text("SELECT count(*) FROM audit_events WHERE action = 'depart'")) == 1


def test_an_institution_departs_with_everybody(eraser: Session, add_school: AddSchool) -> None:
    """Nobody of it is found, its history is; the other institution's rows are the same to the last byte."""
    add_school(eraser, 1)
    add_school(eraser, 2)
    other = fingerprint(eraser, 2)
    assert other["feedback"] != "None"
    events = {table: count(eraser, table) for table in APPEND_ONLY}
    close_institution(eraser, institution_id=1, now=NOW, by=ADMIN)
    for mark in ("zoraquilla", "olafbircha", "tobiasferna", "petraquilla", "milamossa", "adarowana", "school1"):
        assert found(eraser, mark) == set()
    assert fingerprint(eraser, 2) == other
    assert all(count(eraser, table) >= events[table] for table in APPEND_ONLY)
    closed = text("""
        SELECT i.name, domain, closed_at = :now,
            (SELECT bool_and(archived_at = :now) FROM classes WHERE institution_id = 1),
            (SELECT count(*) FROM enrolments WHERE institution_id = 1 AND left_at IS NULL),
            (SELECT count(*) FROM audit_events WHERE action = 'close' AND user_id = :by AND resource = 'institutions/1')
        FROM institutions i WHERE id = 1""")
    assert eraser.execute(closed, {"now": NOW, "by": ADMIN}).one() == ("Former institution 1", None, True, True, 0, 1)


def test_an_unknown_id_is_named(eraser: Session, add_school: AddSchool) -> None:
    """Nobody departs by a wrong number, nor by that of another institution."""
    add_school(eraser, 1)
    with pytest.raises(NotFound, match="no user 99 at institution 1"):
        depart_user(eraser, institution_id=1, user_id=99, now=NOW)
    with pytest.raises(NotFound, match="no user 1 at institution 2"):
        depart_user(eraser, institution_id=2, user_id=STUDENT, now=NOW)
    with pytest.raises(NotFound, match="no institution 99"):
        close_institution(eraser, institution_id=99, now=NOW)


def test_the_application_lets_nobody_depart(session: Session, add_school: AddSchool) -> None:
    """Only the eraser's login may empty words: the application's is refused."""
    add_school(session, 1)
    with pytest.raises(ProgrammingError, match="permission denied"):
        depart_user(session, institution_id=1, user_id=STUDENT, now=NOW)


def test_an_account_goes_when_both_its_institutions_are_left_at_once(database: Database, add_school: AddSchool) -> None:
    """Two departures that run at the same time do not leave the account to each other."""
    viewer = Viewer(url_of("edukit_eraser", database.admin_url))
    with session_for(viewer) as session:
        add_school(session, 1)
        session.execute(text("INSERT INTO institutions (id, name) VALUES (2, 'Evening school')"))
        session.execute(
            text("INSERT INTO users (institution_id, id, account_id, role, name) VALUES (2, 1, 13, 'admin', 'T')")
        )

    def leave_the_other() -> None:
        with session_for(viewer) as session:
            depart_user(session, institution_id=2, user_id=1, now=NOW)

    other = threading.Thread(target=leave_the_other)
    with session_for(viewer) as session:
        depart_user(session, institution_id=1, user_id=TEACHER, now=NOW)
        other.start()
        waits_for_a_lock(database)
    other.join(30)
    with session_for(viewer) as session:
        assert session.scalars(select(Account.id).where(Account.id == 13)).all() == []
    engine_for(viewer.database_url).dispose()


def waits_for_a_lock(database: Database) -> None:
    """Return once somebody waits for a lock that another holds."""
    waiting = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with psycopg.connect(database.admin_url, autocommit=True) as connection:
        until = time.monotonic() + 10
        while not connection.execute(waiting).rowcount:
            assert time.monotonic() < until, "nobody waits: the two departures do not see each other"
            time.sleep(0.01)


def test_people_of_the_demo_school_depart(eraser: Session) -> None:
    """Of somebody of each role, no words are found afterwards that were theirs alone before."""
    seed_demo(eraser, seed=3, students=12, as_of=NOW)
    people = text("SELECT DISTINCT ON (role) institution_id, id, role FROM users ORDER BY role, institution_id, id")
    looked_for = 0
    for institution_id, user_id, role in eraser.execute(people).all():
        before = dump(eraser)
        alone = {words for words in words_of(eraser, institution_id, user_id) if before.count(words) == 1}
        looked_for += len(alone)
        depart_user(eraser, institution_id=institution_id, user_id=user_id, now=NOW)
        after = dump(eraser)
        assert [words for words in alone if words in after] == [], role
    assert looked_for > 5


def dump(session: Session) -> str:
    """Every row of every table, as text."""
    rows = "SELECT coalesce(string_agg(to_jsonb(t)::text, E'\n'), '') FROM {} t"
    return "\n".join(str(session.scalar(text(rows.format(table)))) for table in tables(session))


def words_of(session: Session, institution_id: int, user_id: int) -> Iterator[str]:
    """What stands in columns with words of the user's rows, as it is spelt in a dump."""
    keys = {"users": "id", "students": "id"} | dict.fromkeys(("profiles", "subscriptions", "documents"), "user_id")
    keys |= dict.fromkeys(("study_items", "progress_records", "sync_operations"), "user_id")
    keys |= dict.fromkeys(("submissions", "question_attempts", "grievances", "study_plans"), "student_id")
    keys |= dict.fromkeys(("risk_predictions", "interventions"), "student_id")
    for table, column in session.execute(text(WORDS)).all():
        if table in keys and column not in IMPERSONAL.get(table, set()):
            query = text(
                f"SELECT to_jsonb({column})::text FROM {table} "
                f"WHERE institution_id = :institution AND {keys[table]} = :user AND {column} IS NOT NULL"
            )
            for found in session.scalars(query, {"institution": institution_id, "user": user_id}):
                if " " in found or "@" in found:
                    yield found
