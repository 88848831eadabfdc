"""What a minted login sees is what the rules say, told here once more and without the database's own functions."""

from __future__ import annotations

import pkgutil
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from importlib import import_module
from inspect import getmembers, isfunction, signature
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from edukit import queries
from edukit.errors import EdukitError
from edukit.models import Base, GamificationEvent, Grievance, Intervention, RiskPrediction, Submission
from edukit.queries import (
    answers,
    audit,
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
    search,
    student,
    student_work,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Row, Stage, Tables

NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)
ROLES = ("student", "teacher", "mentor", "parent", "admin", "analyst")
STAFF = {"teacher", "mentor", "admin"}
EVERYBODYS = {
    "topics", "topic_prerequisites", "concepts", "questions", "question_concepts", "badges", "risk_models",
    "grievance_routing_rules", "concept_tracing",
}  # fmt: skip
PERSONAL = {
    "profiles", "subscriptions", "study_items", "progress_records", "documents", "chats", "audit_events",
    "sync_operations",
}  # fmt: skip
OF_A_STUDENT = {
    "concept_mastery", "mastery_history", "study_plans", "student_badges", "student_points", "gamification_events",
    "risk_predictions", "interventions",
}  # fmt: skip
OF_A_CLASS = {"class_teachers", "assignments"}
PARTS = {
    "feedback": ("submissions", "submission_id"),
    "feedback_contents": ("feedback", "feedback_id"),
    "study_plan_items": ("study_plans", "plan_id"),
    "risk_responses": ("risk_predictions", "prediction_id"),
    "grievance_events": ("grievances", "grievance_id"),
    "grievance_event_details": ("grievance_events", "event_id"),
    "chat_messages": ("chats", "chat_id"),
    "chat_embeddings": ("chats", "chat_id"),
    "document_embeddings": ("documents", "document_id"),
    "audit_event_details": ("audit_events", "event_id"),
}
"""What is seen with the whole that it is a part of."""
TOLD = {"accounts": {"id", "email", "username"}}
"""Tables of which only some columns are anybody's reading."""
WHO_COMPLAINS = {"grievances": "student_id", "grievance_events": "actor_id"}
"""Columns that tell who complains: nobody's reading."""
UNTOLD = {
    "users": ("name", "account_id", "source_key"),
    "students": ("github_username", "target_exam"),
    "guardianships": ("relationship",),
    "question_attempts": ("answer",),
    "study_plans": ("title", "parameters", "source_key"),
    "submissions": ("body", "github_url"),
    "feedback_contents": ("content", "ai_suggestion"),
    "interventions": ("note",),
    "risk_responses": ("reason",),
    "grievances": ("description", "resolution"),
    "grievance_event_details": ("details",),
}
"""Columns with names and words: empty for analysts who read no names, who find pseudonyms for the names of users."""
# What explains a failure would take minutes.
PHASES = (Phase.reuse, Phase.generate, Phase.shrink)
VIEWS = ("topic_progress", "daily_activity")


@dataclass
class Rules:
    """What one user of an institution may see of all rows that there are."""

    rows: Tables
    user: Row

    def __post_init__(self) -> None:
        """Find the students and classes that are the user's."""
        self.role, self.me = self.user["role"], self.user["id"]
        self.sees_all = self.role in {"admin", "analyst"}
        taught = {row["class_id"] for row in self.of("class_teachers") if row["teacher_id"] == self.me}
        here = [row for row in self.of("enrolments") if row["left_at"] is None]
        self.students = {
            "student": {self.me},
            "teacher": {row["student_id"] for row in here if row["class_id"] in taught},
            "parent": {row["student_id"] for row in self.of("guardianships") if row["guardian_id"] == self.me},
            "mentor": {
                row["student_id"]
                for row in self.of("mentorships")
                if row["mentor_id"] == self.me and row["ended_at"] is None
            },
        }.get(self.role, set())
        attended = {row["class_id"] for row in here if row["student_id"] in self.students}
        self.classes = taught if self.role == "teacher" else attended
        self.set_for = {row["id"]: row["class_id"] for row in self.of("assignments")}
        self.complaints = self._complaints()
        self.reads_names = self.role != "analyst" or self.user["reads_names"]

    def of(self, table: str) -> list[Row]:
        """The rows of the user's own institution."""
        return [row for row in self.rows[table] if row["institution_id"] == self.user["institution_id"]]

    def _complaints(self) -> set[str]:
        """Grievances that the user has filed, for themself or a child, answers, or has taken a step in."""
        begun = {row["grievance_id"] for row in self.of("grievance_events")}
        mine = {row["grievance_id"] for row in self.of("grievance_events") if row["actor_id"] == self.me}
        for row in self.of("grievances"):
            of_mine = row["student_id"] in self.students
            # Who files one for somebody sees it until its first step says who has filed it.
            of_family = of_mine and (self.role in {"student", "parent"} or row["id"] not in begun)
            if row["assigned_to"] == self.me or of_family:
                mine.add(row["id"])
        return mine

    def permitted(self) -> Tables:
        """All that the user may see."""
        found: Tables = {}
        for table in self.rows:
            if table not in PARTS:
                found[table] = [row for row in self._candidates(table) if self._sees(table, row)]
        for table, (whole, key) in PARTS.items():
            ids = {row["id"] for row in found[whole]}
            found[table] = [row for row in self.of(table) if row[key] in ids]
        if not self.reads_names:
            for table, columns in UNTOLD.items():
                found[table] = [row | dict.fromkeys(columns) for row in found[table]]
            found["users"] = [row | {"name": pseudonym(row)} for row in found["users"]]
        return found

    def _candidates(self, table: str) -> list[Row]:
        return self.rows[table] if table in {"accounts", "institutions"} else self.of(table)

    def _sees(self, table: str, row: Row) -> bool:
        """The rule of every table that is no part of another."""
        if table == "institutions":
            return bool(row["id"] == self.user["institution_id"])
        if table == "accounts":
            known = self.of("users") if self.role == "admin" else [self.user]
            return row["id"] in {user["account_id"] for user in known}
        if table in PERSONAL:
            return self.role == "admin" or row["user_id"] == self.me
        return self.sees_all or table in EVERYBODYS or self._is_near(table, row)

    def _is_near(self, table: str, row: Row) -> bool:  # noqa: PLR0911 - a rule a line
        """The rule of those whose sight ends at their students and classes."""
        of_mine, of_class = row.get("student_id") in self.students, row.get("class_id") in self.classes
        if table == "users":
            return row["role"] in STAFF or row["id"] == self.me or row["id"] in self.students
        if table in {"students", "classes"}:
            return row["id"] in getattr(self, table)
        if table in {"guardianships", "mentorships"}:
            return of_mine or row.get("guardian_id", row.get("mentor_id")) == self.me
        if table in OF_A_CLASS:
            return of_class
        if table in OF_A_STUDENT:
            return of_mine
        if table == "grievances":
            return row["id"] in self.complaints
        if table == "outbox":
            return of_mine or of_class
        if table == "question_attempts" and row["class_id"] is None:
            return of_mine
        # What was done in a class is its teachers', and else of who stands by the student.
        done = {"submissions": lambda: self.set_for[row["assignment_id"]] in self.classes}.get(table, lambda: of_class)
        return done() if self.role == "teacher" else of_mine

    def actors(self, steps: list[Row]) -> list[Row]:
        """What is told of who took each step: families by their part, others by name."""
        complainants = {row["id"]: row["student_id"] for row in self.of("grievances")}
        users = {row["id"]: row for row in self.of("users")}
        return [
            {"institution_id": step["institution_id"], "id": step["id"], "called": called}
            for step in steps
            for called in [self._called(users.get(step["actor_id"]), complainants[step["grievance_id"]])]
        ]

    def revealed(self) -> list[Row]:
        """Who complains, of the grievances that the user answers and where their asking is recorded twice."""
        names = {row["id"]: row["name"] for row in self.of("users")}
        asked = {row["grievance_id"] for row in self.of("grievance_events") if self._asks(row, "actor_id", "revealed")}
        acts = {row["resource"] for row in self.of("audit_events") if self._asks(row, "user_id", "reveal")}
        return [
            {
                "institution_id": row["institution_id"],
                "id": row["id"],
                "student_id": row["student_id"],
                "student": names[row["student_id"]],
            }
            for row in self.of("grievances")
            if row["assigned_to"] == self.me and row["id"] in asked and f"grievances/{row['id']}" in acts
        ]

    def _asks(self, row: Row, by: str, action: str) -> bool:
        return bool(row[by] == self.me and row["action"] == action)

    def _called(self, actor: Row | None, complainant: int) -> str:
        if actor is None:
            return "edukit"
        if actor["id"] == complainant:
            return "the complainant"
        if actor["role"] in {"student", "parent"}:
            return f"a {actor['role']}"
        return str(actor["name"]) if self.reads_names else pseudonym(actor)

    def columns(self, table: str) -> list[str]:
        """The columns that the user may read."""
        if table.endswith("_embeddings"):
            return sorted(self.rows[table][0]) if self.rows[table] else ["institution_id", "model"]
        told = TOLD.get(table, {column.name for column in Base.metadata.tables[table].columns})
        return sorted(told - {WHO_COMPLAINS.get(table)})


def pseudonym(user: Row) -> str:
    """What an analyst who reads no names finds in place of a user's."""
    return f"{user['role'].capitalize()} {sha256(str(user['id']).encode()).hexdigest()[:8].upper()}"


@dataclass(frozen=True)
class Asked:
    """What a read is asked for: it is there or not, and the viewer's or not."""

    institution_id: int
    class_id: int
    student_id: int
    number: int
    user_id: int

    @classmethod
    def by(cls, rng: Random) -> Asked:
        """Some of those."""
        return cls(rng.randint(1, 3), rng.randint(1, 4), rng.randint(1, 5), rng.randint(1, 6), rng.choice([1, 11, 31]))

    @property
    def of_class(self) -> dict[str, int]:
        """The class, as reads take it."""
        return {"institution_id": self.institution_id, "class_id": self.class_id}

    @property
    def of_student(self) -> dict[str, int]:
        """The student, as reads take them."""
        return {"institution_id": self.institution_id, "student_id": self.student_id}

    @property
    def key(self) -> tuple[int, int]:
        """The class, as reads of several take it."""
        return self.institution_id, self.class_id

    @property
    def account(self) -> str:
        """An account."""
        return f"u{self.number}@example.org"

    def id_of(self, kind: str) -> UUID:
        """The id of a happening."""
        return UUID(int=(sum(kind.encode()) << 32) + self.number + 1)

    def of_grievance(self) -> dict[str, Any]:
        """A grievance, as reads take it."""
        return {"institution_id": self.institution_id, "grievance_id": self.id_of("grievance")}


HELD = {
    GamificationEvent: "award", Grievance: "grievance", Intervention: "intervention", RiskPrediction: "prediction",
    Submission: "submission",
}  # fmt: skip
READS: dict[str, Callable[[Session, Asked], Any]] = {
    "answers_seen": lambda s, _: seen(answers.answers_seen(s)),
    "acting_user": lambda s, a: people.acting_user(s, a.account, a.institution_id),
    "activity": lambda s, a: student.activity(s, **a.of_student, now=NOW),
    "answers_given": lambda s, a: classroom.answers_given(s, classes=[a.key]),
    "attempts of a class": lambda s, a: practice.attempts(s, **a.of_class),
    "attempts of a student": lambda s, a: practice.attempts(s, **a.of_student),
    "find": lambda s, a: search.find(s, "a", class_id=a.of_class["class_id"], most=1000),
    "audit": lambda s, _: audit.audit(s, limit=1000),
    "badges": lambda s, a: gamification.badges(s, **a.of_student),
    "board_points": lambda s, a: gamification.board_points(s, **a.of_class),
    "board_states": lambda s, _: boards.board_states(s),
    "board_students": lambda s, a: gamification.board_students(s, **a.of_class, now=NOW),
    "boards": lambda s, a: [
        vars(board) | {"points": sorted(board.points.items())} for board in boards.boards(s, [a.key])
    ],
    "classes_of_subject": lambda s, a: learning.classes_of_subject(
        s,
        institution_id=a.institution_id,
        subject_id=learning.subject_of_class(s, **a.of_class),
    ),
    "class_mastery": lambda s, a: practice.class_mastery(s, **a.of_class),
    "class_names": lambda s, _: classroom.class_names(s),
    "classes": lambda s, _: classroom.classes(s),
    "classes_of": lambda s, a: home.classes_of(s, user_id=a.user_id),
    "complainant": lambda s, a: grievances.complainant(s, **a.of_grievance()),
    "class_answers": lambda s, a: learning.class_answers(s, **a.of_class),
    "concept_questions": lambda s, a: curriculum.concept_questions(s, institution_id=a.institution_id),
    "concepts": lambda s, a: curriculum.concepts(s, institution_id=a.institution_id),
    "daily_activity": lambda s, _: s.execute(text("SELECT * FROM daily_activity")).all(),
    "enrolled_points": lambda s, a: boards.enrolled_points(s, [a.key]),
    "feedback": lambda s, a: student_work.feedback(s, **a.of_student),
    "find_class": lambda s, a: classroom.find_class(s, f"k{a.class_id}"),
    "find_grievance": lambda s, a: grievances.find_grievance(s, a.id_of("grievance")),
    "grievance": lambda s, a: grievances.grievance(s, **a.of_grievance(), as_of=NOW, user_id=a.user_id),
    "grievance_authorities": lambda s, a: grievances.grievance_authorities(s, **a.of_grievance()),
    "grievance_events": lambda s, a: grievances.grievance_events(s, **a.of_grievance()),
    "grievances": lambda s, a: grievances.grievances(s, as_of=NOW, user_id=a.user_id),
    "home": lambda s, a: home.home(s, home.classes_of(s, user_id=a.user_id), thresholds=(50, 80, 95), now=NOW),
    "institution_holding": lambda s, a: [people.institution_holding(s, of, a.id_of(kind)) for of, kind in HELD.items()],
    "institution_of": lambda s, a: people.institution_of(s, a.student_id),
    "institution_of_event": lambda s, a: gamification.institution_of_event(s, a.id_of("award")),
    "institution_of_intervention": lambda s, a: risk.institution_of_intervention(s, a.id_of("intervention")),
    "institution_of_prediction": lambda s, a: risk.institution_of_prediction(s, a.id_of("prediction")),
    "institution_of_submission": lambda s, a: student_work.institution_of_submission(s, a.id_of("submission")),
    "interventions of a class": lambda s, a: risk.interventions(s, **a.of_class),
    "interventions of a student": lambda s, a: risk.interventions(s, **a.of_student),
    "is_pending of a class": lambda s, a: outbox.is_pending(s, **a.of_class),
    "is_pending of a student": lambda s, a: outbox.is_pending(s, **a.of_student),
    "latest_answers": lambda s, a: learning.latest_answers(s, **a.of_student, most=1000),
    "learners of a class": lambda s, a: learning.learners(s, **a.of_class),
    "learners of one": lambda s, a: learning.learners(s, **a.of_student),
    "ledger": lambda s, a: gamification.ledger(s, institution_id=a.institution_id, student_ids=[1, 2, 3, 4]),
    "local_day": lambda s, a: gamification.local_day(s, institution_id=a.institution_id, now=NOW),
    "mastery_evidence": lambda s, a: practice.mastery_evidence(
        s, institution_id=a.institution_id, student_ids=[1, 2, 3, 4]
    ),
    "answers": lambda s, a: answers.answers(s, institution_id=a.institution_id, student_ids=[1, 2, 3, 4]).tolist(),
    "attempts_by_student": lambda s, a: answers.attempts_by_student(s, institution_id=a.institution_id).tolist(),
    "concepts_asked": lambda s, a: [
        *answers.concepts_asked(s, institution_id=a.institution_id, question_ids=np.array([1, 2, 3])).items()
    ],
    "concept_tracing": lambda s, a: mastery_models.concept_tracing(s, institution_id=a.institution_id),
    "model_in_use": lambda s, a: mastery_models.model_in_use(s, institution_id=a.institution_id, status="serving"),
    "model_parameters": lambda s, a: mastery_models.model_parameters(s, institution_id=a.institution_id, model_id=1),
    "mastery_history": lambda s, a: mastery_history.mastery_history(s, **a.of_student),
    "mastery_then": lambda s, a: mastery_history.mastery_then(
        s,
        institution_id=a.institution_id,
        student_ids=[1, 2, 3, 4],
        before=date(2026, 6, 29),
    ),
    "is_behind": lambda s, a: mastery_history.is_behind(s, institution_id=a.institution_id, since=NOW),
    "me": lambda s, a: home.me(s, user_id=a.user_id),
    "pending_classes": lambda s, _: outbox.pending_classes(s),
    "points_ledger": lambda s, a: gamification.points_ledger(s, **a.of_student),
    "practised_concepts": lambda s, a: practice.practised_concepts(s, classes=[a.key]),
    "question_bank": lambda s, a: learning.question_bank(s, institution_id=a.institution_id, concept_ids=[1, 2, 3]),
    "question_counts": lambda s, a: learning.question_counts(s, **a.of_student),
    "risk": lambda s, a: risk.risk(s, **a.of_class, as_of=NOW),
    "risk_factors": lambda s, a: risk_factors.risk_factors(s, institution_id=a.institution_id, on=NOW.date()),
    "risk_history": lambda s, a: risk.risk_history(s, **a.of_student),
    "own_students": lambda s, _: student.own_students(s),
    "routing_rules": lambda s, a: grievances.routing_rules(s, institution_id=a.institution_id, category="grade"),
    "status_steps": lambda s, _: grievances.status_steps(s),
    "stored_mastery of a class": lambda s, a: learning.stored_mastery(s, **a.of_class),
    "stored_mastery of a student": lambda s, a: learning.stored_mastery(s, **a.of_student),
    "topic_scores": lambda s, a: learning.topic_scores(
        s, institution_id=a.institution_id, class_ids=[1, 2, 3, 4, a.class_id]
    ),
    "subject_of_class": lambda s, a: learning.subject_of_class(s, **a.of_class),
    "student": lambda s, a: student.student(s, **a.of_student, now=NOW),
    "student_mastery": lambda s, a: student.student_mastery(s, **a.of_student),
    "students": lambda s, a: student.students(s, **a.of_class),
    "students_asked": lambda s, a: practice.students_asked(s, institution_id=a.institution_id, question_ids=[1, 2]),
    "submissions": lambda s, a: student_work.submissions(s, **a.of_student, now=NOW),
    "topic_prerequisites": lambda s, a: curriculum.topic_prerequisites(s, institution_id=a.institution_id),
    "topics": lambda s, a: curriculum.topics(s, institution_id=a.institution_id),
    "topic_progress": lambda s, _: s.execute(text("SELECT * FROM topic_progress")).all(),
}
APART = {"viewing_institution", "looking", "own_model", "own_thresholds", "ask", "columns", "tables", "horizon"}
"""Who looks, what an analyst asks, the catalog, and where transactions are: none of them is a read of rows."""


def answer(session: Session, read: Callable[[Session, Asked], Any], asked: Asked) -> Any:
    """What a read gives, or how it refuses, without its order."""
    try:
        found = read(session, asked)
    except (EdukitError, NoResultFound) as error:
        return type(error), str(error)
    if isinstance(found, pd.DataFrame):
        return list(found.dtypes.items()), Counter(map(repr, found.itertuples(index=False)))
    return Counter(map(repr, found)) if isinstance(found, list) else repr(found)


def seen(found: answers.Seen) -> list[Row]:
    """Answers with the names of what they are about, one a row."""
    columns = found.answers.dtype.names
    return [
        dict(zip(columns, row, strict=True)) | {"class": class_, "concepts": found.concepts.get(row[1])}
        for row, class_ in zip(found.answers.tolist(), found.classes, strict=True)
    ]


def in_any_order(rows: list[Row], columns: list[str]) -> list[str]:
    """Rows as text, with some of their columns."""
    return sorted(repr([(column, row[column]) for column in columns]) for row in rows)


def look(stage: Stage, role: str, seed: int, most: int) -> None:
    """Somebody looks at every table, and asks a quarter of the reads: nothing is missing, and nothing too much."""
    rng = Random(seed)
    rows = stage.fill(rng, most)
    user = rng.choice([user for user in rows["users"] if user["role"] == role and user["departed_at"] is None])
    rules = Rules(rows, user)
    permitted = rules.permitted()
    told = {"actors": rules.actors(permitted["grievance_events"]), "complainants": rules.revealed()}
    stage.fill_part(permitted | told)
    stage.look_as(user["institution_id"], user["id"])
    columns = {table: rules.columns(table) for table in rows}
    with Session(stage.viewer) as viewer, Session(stage.owner) as owner:
        shown = stage.rows_of(viewer.connection().connection.driver_connection, columns)
        for table, names in columns.items():
            assert in_any_order(shown[table], names) == in_any_order(permitted[table], names), table
        asked = Asked.by(rng)
        for name in rng.sample([*READS], len(READS) // 4):
            assert answer(viewer, READS[name], asked) == answer(owner, READS[name], asked), name


@pytest.mark.parametrize("role", ROLES)
def test_a_login_sees_what_the_rules_say(stage: Stage, request: pytest.FixtureRequest, role: str) -> None:
    """Of random institutions it sees the very rows that the rules say, whatever read is asked."""
    cases = settings(max_examples=request.config.getoption("--oracle-cases", 300) // len(ROLES), phases=PHASES)
    cases(given(st.just(stage), st.just(role), st.integers(0, 2**32), st.integers(1, 8))(look))()


def test_every_read_is_asked() -> None:
    """A read that is added to the package is asked of the oracle, too."""
    modules = [import_module(f"edukit.queries.{found.name}") for found in pkgutil.iter_modules(queries.__path__)]
    reads = {
        name
        for module in modules
        for name, function in getmembers(module, isfunction)
        # Accounts are read by who keeps the stores and by who lets people in.
        if function.__module__ == module.__name__ not in {"edukit.queries.accounts", "edukit.queries.sign_in"}
        and "session" in signature(function).parameters
        and name[0] != "_"
    }
    assert reads | set(VIEWS) == APART | {name.split()[0] for name in READS}
