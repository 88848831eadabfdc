"""Plans at a million attempts: what asks for one class or one student reads no big table from end to end."""

from __future__ import annotations

import pkgutil
import re
from datetime import UTC, date, datetime
from importlib import import_module
from inspect import getmembers, isfunction, signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import psycopg
import pytest
from sqlalchemy import select

from edukit import queries
from edukit.analytics.mastery_weeks import last_monday
from edukit.db.session import session_for
from edukit.models import GamificationEvent, Grievance, Intervention, RiskPrediction, Submission
from edukit.queries import (
    answers,
    boards,
    classroom,
    curriculum,
    gamification,
    grievances,
    home,
    learning,
    mastery_history,
    mastery_models,
    outbox,
    people,
    practice,
    risk,
    risk_factors,
    student,
    student_work,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from conftest import Database
    from sqlalchemy.orm import Session

    Node = dict[str, Any]

SCHOOL = Path(__file__).with_name("large_school.sql")
QUERIES = Path(__file__).with_name("known_queries.sql")
BIG = 15_000  # rows; what is smaller is people and curriculum, and read at once
SHARE = 0.1  # of a big table, at most: a class has a twentieth of the school's students, an institution a quarter
NOW = datetime(2027, 5, 1, 12, tzinfo=UTC)
SCORED_ON = date(2027, 3, 1)
INSTITUTION, CLASS, STUDENT, TEACHER = 2, 1, 1, 4001  # the student is among those who have answered most
CLASSMATES = [student for student in range(1, 4001) if student % 20 == STUDENT]


class Asked(NamedTuple):
    """A query that somebody will ask, and the index that answers it."""

    what: str
    index: str
    sql: str


def asked(text: str) -> Asked:
    """A query as it stands in the file, under what it is and its index."""
    found = re.fullmatch(r"-- (.+): (\w+)\n(.+);\s*", text, re.DOTALL)
    assert found, text
    return Asked(*found.groups())


ASKED = [asked(text) for text in QUERIES.read_text().split("\n\n")[1:]]


def a_grievance(session: Session) -> UUID:
    """The first grievance that the teacher answers."""
    of_teacher = (Grievance.institution_id == INSTITUTION, Grievance.assigned_to == TEACHER)
    return session.scalars(select(Grievance.id).where(*of_teacher).order_by(Grievance.filed_at)).first()


OF_ONE: dict[str, Callable[[Session], object]] = {
    "class_mastery": lambda session: practice.class_mastery(session, institution_id=INSTITUTION, class_id=CLASS),
    "mastery_evidence of a student": lambda session: practice.mastery_evidence(
        session, institution_id=INSTITUTION, student_ids=[STUDENT]
    ),
    "mastery_evidence of a class": lambda session: practice.mastery_evidence(
        session, institution_id=INSTITUTION, student_ids=CLASSMATES
    ),
    "answers of a student": lambda session: answers.answers(session, institution_id=INSTITUTION, student_ids=[STUDENT]),
    "concepts_asked": lambda session: answers.concepts_asked(
        session, institution_id=INSTITUTION, question_ids=np.array([1, 2])
    ),
    "attempts of a class": lambda session: practice.attempts(session, institution_id=INSTITUTION, class_id=CLASS),
    "attempts of a student": lambda session: practice.attempts(session, institution_id=INSTITUTION, student_id=STUDENT),
    "attempts of a student on a concept": lambda session: practice.attempts(
        session, institution_id=INSTITUTION, student_id=STUDENT, concept_id=2005
    ),
    "attempts of a class on a concept": lambda session: practice.attempts(
        session, institution_id=INSTITUTION, class_id=CLASS, concept_id=2005
    ),
    "ledger of a class": lambda session: gamification.ledger(
        session, institution_id=INSTITUTION, student_ids=CLASSMATES
    ),
    "board_points": lambda session: gamification.board_points(session, institution_id=INSTITUTION, class_id=CLASS),
    "board_students": lambda session: gamification.board_students(
        session, institution_id=INSTITUTION, class_id=CLASS, now=NOW
    ),
    "badges": lambda session: gamification.badges(session, institution_id=INSTITUTION, student_id=STUDENT),
    "points_ledger": lambda session: gamification.points_ledger(
        session, institution_id=INSTITUTION, student_id=STUDENT
    ),
    "local_day": lambda session: gamification.local_day(session, institution_id=INSTITUTION, now=NOW),
    "institution_of_event": lambda session: gamification.institution_of_event(
        session,
        session.scalars(
            select(GamificationEvent.id).where(
                GamificationEvent.institution_id == INSTITUTION, GamificationEvent.student_id == STUDENT
            )
        ).first(),
    ),
    "me": lambda session: home.me(session, user_id=TEACHER),
    "classes_of": lambda session: home.classes_of(session, user_id=TEACHER),
    "home of a class": lambda session: home.home(
        session,
        home.classes_of(session, user_id=TEACHER).query("class_id == @CLASS"),
        thresholds=(50, 80, 95),
        now=NOW,
    ),
    "find_grievance": lambda session: grievances.find_grievance(session, a_grievance(session)),
    "grievance": lambda session: grievances.grievance(
        session, institution_id=INSTITUTION, grievance_id=a_grievance(session), as_of=NOW, user_id=TEACHER
    ),
    "grievance_events": lambda session: grievances.grievance_events(
        session, institution_id=INSTITUTION, grievance_id=a_grievance(session)
    ),
    "grievance_authorities": lambda session: grievances.grievance_authorities(
        session, institution_id=INSTITUTION, grievance_id=a_grievance(session)
    ),
    "routing_rules": lambda session: grievances.routing_rules(session, institution_id=INSTITUTION, category="grade"),
    "risk": lambda session: risk.risk(session, institution_id=INSTITUTION, class_id=CLASS, as_of=NOW),
    "risk_history": lambda session: risk.risk_history(session, institution_id=INSTITUTION, student_id=STUDENT),
    "interventions of a student": lambda session: risk.interventions(
        session, institution_id=INSTITUTION, student_id=STUDENT
    ),
    "interventions of a class": lambda session: risk.interventions(session, institution_id=INSTITUTION, class_id=CLASS),
    "risk_factors of a student": lambda session: risk_factors.risk_factors(
        session, institution_id=INSTITUTION, on=SCORED_ON, student_ids=[STUDENT]
    ),
    "institution_of_prediction": lambda session: risk.institution_of_prediction(
        session,
        session.scalars(
            select(RiskPrediction.id).where(
                RiskPrediction.institution_id == INSTITUTION, RiskPrediction.student_id == STUDENT
            )
        ).first(),
    ),
    "institution_of_intervention": lambda session: risk.institution_of_intervention(
        session, session.scalars(select(Intervention.id).where(Intervention.institution_id == INSTITUTION)).first()
    ),
    "practised_concepts": lambda session: practice.practised_concepts(session, classes=[(INSTITUTION, CLASS)]),
    "classes of one": lambda session: classroom.classes(session, only=(INSTITUTION, CLASS)),
    "answers_given": lambda session: classroom.answers_given(session, classes=[(INSTITUTION, CLASS)]),
    "students_asked": lambda session: practice.students_asked(session, institution_id=INSTITUTION, question_ids=[1, 2]),
    "board_states of a class": lambda session: boards.board_states(session, [(INSTITUTION, CLASS)]),
    "boards of a class": lambda session: boards.boards(session, [(INSTITUTION, CLASS)]),
    "enrolled_points of a class": lambda session: boards.enrolled_points(session, [(INSTITUTION, CLASS)]),
    "is_pending of a class": lambda session: outbox.is_pending(session, institution_id=INSTITUTION, class_id=CLASS),
    "is_pending of a student": lambda session: outbox.is_pending(
        session, institution_id=INSTITUTION, student_id=STUDENT
    ),
    "acting_user": lambda session: people.acting_user(session, "user4001@school.example", INSTITUTION),
    "find_class by id": lambda session: classroom.find_class(session, CLASS),
    "find_class by name": lambda session: classroom.find_class(session, "Class 1"),
    "concept_tracing": lambda session: mastery_models.concept_tracing(session, institution_id=INSTITUTION),
    "concepts": lambda session: curriculum.concepts(session, institution_id=INSTITUTION),
    "topics": lambda session: curriculum.topics(session, institution_id=INSTITUTION),
    "topic_prerequisites": lambda session: curriculum.topic_prerequisites(session, institution_id=INSTITUTION),
    "concept_questions": lambda session: curriculum.concept_questions(session, institution_id=INSTITUTION),
    "learners of a class": lambda session: learning.learners(session, institution_id=INSTITUTION, class_id=CLASS),
    "subject_of_class": lambda session: learning.subject_of_class(session, institution_id=INSTITUTION, class_id=CLASS),
    "stored_mastery of a class": lambda session: learning.stored_mastery(
        session, institution_id=INSTITUTION, class_id=CLASS
    ),
    "stored_mastery of a student": lambda session: learning.stored_mastery(
        session, institution_id=INSTITUTION, student_id=STUDENT
    ),
    "topic_scores": lambda session: learning.topic_scores(session, institution_id=INSTITUTION, class_ids=[CLASS, 2]),
    "classes_of_subject": lambda session: learning.classes_of_subject(
        session, institution_id=INSTITUTION, subject_id=1
    ),
    "mastery_history": lambda session: mastery_history.mastery_history(
        session, institution_id=INSTITUTION, student_id=STUDENT
    ),
    "mastery_then": lambda session: mastery_history.mastery_then(
        session,
        institution_id=INSTITUTION,
        student_ids=CLASSMATES,
        before=last_monday(NOW.date()),
    ),
    "class_answers": lambda session: learning.class_answers(session, institution_id=INSTITUTION, class_id=CLASS),
    "question_bank of concepts": lambda session: learning.question_bank(
        session, institution_id=INSTITUTION, concept_ids=[2001, 2002]
    ),
    "question_bank of questions": lambda session: learning.question_bank(
        session, institution_id=INSTITUTION, question_ids=[20001, 20002]
    ),
    "question_counts": lambda session: learning.question_counts(
        session, institution_id=INSTITUTION, student_id=STUDENT
    ),
    "latest_answers": lambda session: learning.latest_answers(
        session, institution_id=INSTITUTION, student_id=STUDENT, most=50
    ),
    "institution_holding of a grievance": lambda session: people.institution_holding(
        session, Grievance, a_grievance(session)
    ),
    "institution_of": lambda session: people.institution_of(session, STUDENT),
    "students": lambda session: student.students(session, institution_id=INSTITUTION, class_id=CLASS),
    "student": lambda session: student.student(session, institution_id=INSTITUTION, student_id=STUDENT, now=NOW),
    "student_mastery": lambda session: student.student_mastery(session, institution_id=INSTITUTION, student_id=STUDENT),
    "activity": lambda session: student.activity(session, institution_id=INSTITUTION, student_id=STUDENT, now=NOW),
    "activity of a year": lambda session: student.activity(
        session, institution_id=INSTITUTION, student_id=STUDENT, now=NOW, days=364
    ),
    "submissions": lambda session: student_work.submissions(
        session, institution_id=INSTITUTION, student_id=STUDENT, now=NOW
    ),
    "feedback": lambda session: student_work.feedback(session, institution_id=INSTITUTION, student_id=STUDENT),
    "institution_of_submission": lambda session: student_work.institution_of_submission(
        session,
        session.scalars(
            select(Submission.id).where(Submission.institution_id == INSTITUTION, Submission.student_id == STUDENT)
        ).first(),
    ),
}
"""Every read of the package that is about one class, one student or one curriculum."""
OF_ALL = {
    "answers_seen",
    "audit",
    "classes",
    "class_names",
    "own_students",
    "find",
    "grievances",
    "status_steps",
    "tables",
    "columns",
    "pending_classes",
    "ask",
}
"""Those that are about all that the viewer may see, about the catalog, and whatever an analyst asks."""
OF_ACCOUNTS = {
    "account_called", "memberships", "words_about", "people", "way_in", "is_enabled", "enabled_among",
    "names_of_accounts", "moment_of",
}  # fmt: skip
"""Those that commands and the server ask about accounts, and no page."""
OF_VIEWER = {"looking", "viewing_institution", "own_model", "own_thresholds"}
"""Whose login it is, and what they have chosen."""
OF_MODELS = {"attempts_by_student", "model_in_use", "model_parameters", "is_behind"}
"""What those ask who fit models and score by them, of all students, or of a table of few rows; and no page."""
OF_THE_DATABASE = {"complainant", "horizon"}
"""What a function of the database tells, which finds its rows by their keys, or needs none."""


@pytest.fixture(scope="module")
def school(house: Any) -> Iterator[Database]:
    """A million attempts and what belongs to them; the planner knows of them."""
    with house.database() as database:
        with psycopg.connect(database.admin_url, autocommit=True) as admin:
            admin.execute(SCHOOL.read_text())
            admin.execute("VACUUM ANALYZE")
        yield database


@pytest.fixture(scope="module")
def big(school: Database) -> dict[str, int]:
    """The big tables and how many rows each has."""
    with psycopg.connect(school.admin_url) as admin:
        return dict(
            admin.execute(
                "SELECT relname, reltuples::bigint FROM pg_class"
                " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples >= %s",
                [BIG],
            ).fetchall()
        )


def plan_of(connection: psycopg.Connection[Any], query: Any, parameters: Any = None) -> list[Node]:
    """Every node of the plan that a query has just run by."""
    explain = "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + (query.decode() if isinstance(query, bytes) else query)
    ((found,),) = connection.execute(explain, parameters).fetchall()
    waiting, nodes = [found[0]["Plan"]], []
    while waiting:
        nodes.append(waiting.pop())
        waiting.extend(nodes[-1].get("Plans", []))
    return nodes


def rows_read(node: Node) -> float:
    """The rows that a scan looked at, in all its loops, wanted or not."""
    removed = (count for name, count in node.items() if name.startswith("Rows Removed by"))
    return float((node["Actual Rows"] + sum(removed)) * node["Actual Loops"])


def too_much(nodes: list[Node], big: dict[str, int]) -> list[str]:
    """The scans of a plan that read a big table, or an index, from end to end, or more than its share."""
    scans = [node for node in nodes if node.get("Relation Name") in big]
    whole = [node["Node Type"] for node in nodes if "Index Name" in node and not {"Index Cond", "Order By"} & {*node}]
    sequential = [f"Seq Scan of {node['Relation Name']}" for node in scans if node["Node Type"] == "Seq Scan"]
    many = [
        f"{rows_read(node):,.0f} rows of {node['Relation Name']}"
        for node in scans
        if rows_read(node) > SHARE * big[node["Relation Name"]]
    ]
    return whole + sequential + many


def sent_by(session: Session, read: Callable[[Session], object]) -> list[tuple[Any, Any]]:
    """The statements, with their parameters, that a read of the package really sends."""
    sent: list[tuple[Any, Any]] = []

    class Recorded(psycopg.Cursor[Any]):
        def execute(self, query: Any, params: Any = None, **options: Any) -> Recorded:
            sent.append((query, params))
            return super().execute(query, params, **options)

    driver = session.connection().connection.driver_connection
    driver.cursor_factory = Recorded
    try:
        read(session)
    finally:
        driver.cursor_factory = psycopg.Cursor
    return sent


@pytest.mark.parametrize("query", ASKED, ids=lambda query: query.what)
def test_an_index_answers(school: Database, big: dict[str, int], query: Asked) -> None:
    """Each query that we know is answered, to the server, by the index made for it, from a small share of a table."""
    with psycopg.connect(school.app.database_url) as connection:
        nodes = plan_of(connection, query.sql)
    assert too_much(nodes, big) == []
    assert query.index in {node.get("Index Name") for node in nodes}


@pytest.mark.parametrize("name", OF_ONE)
def test_reads_of_one_class_or_student(school: Database, big: dict[str, int], name: str) -> None:
    """The package's own reads, as they are really sent for a teacher, look at a small share of any big table."""
    with session_for(school.minted(INSTITUTION, TEACHER)) as session:
        sent = sent_by(session, OF_ONE[name])
        assert sent
        for query, parameters in sent:
            plan = plan_of(session.connection().connection.driver_connection, query, parameters)
            assert too_much(plan, big) == [], query


def test_every_read_of_the_package_is_looked_at() -> None:
    """A read that is added to the package is added here, too."""
    modules = [import_module(f"edukit.queries.{found.name}") for found in pkgutil.iter_modules(queries.__path__)]
    reads = {
        name
        for module in modules
        for name, function in getmembers(module, isfunction)
        if function.__module__ == module.__name__ and "session" in signature(function).parameters and name[0] != "_"
    }
    of_one = {name.split()[0] for name in OF_ONE}
    assert reads == of_one | OF_ALL | OF_ACCOUNTS | OF_VIEWER | OF_MODELS | OF_THE_DATABASE


def test_the_list_of_classes_reads_the_attempts_once(school: Database, big: dict[str, int]) -> None:
    """What is about all classes reads every attempt, but once and not once a class."""
    with session_for(school.viewer) as session:
        sent = sent_by(session, classroom.classes)
        connection = session.connection().connection.driver_connection
        nodes = [node for query, parameters in sent for node in plan_of(connection, query, parameters)]
    (scan,) = [node for node in nodes if node.get("Relation Name") == "question_attempts"]
    assert rows_read(scan) <= 1.01 * big["question_attempts"]


def test_what_reads_too_much_is_seen(school: Database, big: dict[str, int]) -> None:
    """These tests can fail: a query that no index answers, and one for a whole institution, are both found."""
    with psycopg.connect(school.minted(INSTITUTION, None).database_url) as connection:
        for sql in (
            "SELECT count(*) FROM question_attempts WHERE hint_count = 3",
            "SELECT avg(confidence) FROM question_attempts WHERE institution_id = 2",
            "SELECT institution_id FROM question_attempts ORDER BY institution_id, student_id",
        ):
            assert too_much(plan_of(connection, sql), big), sql


def test_every_foreign_key_has_an_index(migrated: Database) -> None:
    """Whatever a row is deleted with or kept by is found by an index, but for tables of a few rows an institution."""
    small = {"grievance_routing_rules_users_fk", "mastery_models_users_fk", "risk_models_users_fk"}
    with psycopg.connect(migrated.admin_url) as connection:
        bare = connection.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace"
            " AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = conrelid AND indisvalid"
            "  AND coalesce(pg_get_expr(indpred, indrelid), '') !~ '=|IS NULL'"  # not of some of the rows only
            "  AND (indkey::int2[])[0:least(cardinality(conkey), 2) - 1] <@ conkey)"
        ).fetchall()
    assert {name for (name,) in bare} == small
