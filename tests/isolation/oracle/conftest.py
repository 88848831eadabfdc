"""Random institutions: who is there, what hangs on them, and a database that holds them for one case at a time.

All of them have the same ids, so that whoever forgets to ask whose a row is finds another institution's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb
from sqlalchemy import NullPool, create_engine

from edukit.db.minting import mint
from edukit.db.roles import url_of
from edukit.db.session import session_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from conftest import Database, House
    from sqlalchemy import Engine

    Row = dict[str, Any]
    Tables = dict[str, list[Row]]

NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
PEOPLE = {
    1: "student", 2: "student", 3: "student", 4: "student", 11: "teacher", 12: "teacher", 13: "teacher", 21: "mentor",
    22: "mentor", 31: "parent", 32: "parent", 41: "admin", 51: "analyst",
}  # fmt: skip
STUDENTS, ALL = [*PEOPLE][:4], [*PEOPLE]
TEACHING, ANSWERING = [11, 12, 13, 21], [11, 12, 13, 21, 22, 41]
CLASSES = (1, 2, 3)
NO_TENANT = ("accounts", "institutions")
VECTORS = {"document_embeddings": ("document_id", "documents"), "chat_embeddings": ("chat_id", "chats")}
HALF = 0.5


def pytest_addoption(parser: pytest.Parser) -> None:
    """How often the oracle is asked: `pytest tests/isolation/oracle --oracle-cases 3000`."""
    parser.addoption("--oracle-cases", type=int, default=300, help="Random institutions that the oracle looks at.")


def uid(kind: str, number: int) -> str:
    """The id of the so-manieth row of a kind, the same at every institution."""
    return str(UUID(int=(sum(kind.encode()) << 32) + number + 1))


def at(hours: float) -> str:
    """So many hours before the moment of the case."""
    return (NOW - hours * HOUR).isoformat()


def one(of: list[int] | tuple[int, ...], number: int) -> int:
    """One of several, by any number."""
    return of[number % len(of)]


def maybe(of: list[int] | tuple[int, ...], number: int) -> int | None:
    """One of several or none, by any number."""
    return (None, *of)[number % (len(of) + 1)]


BASE: Tables = {
    "users": [{"id": user, "role": role, "name": f"{role} {user}"} for user, role in PEOPLE.items()],
    "students": [{"id": student} for student in STUDENTS],
    "topics": [
        {"id": 1, "parent_id": None, "name": "all"},
        {"id": 2, "parent_id": 1, "name": "one"},
        {"id": 3, "parent_id": 1, "name": "two"},
    ],
    "topic_prerequisites": [{"topic_id": 3, "prerequisite_id": 2}],
    "concepts": [{"id": 1, "topic_id": 2, "name": "c1"}, {"id": 2, "topic_id": 3, "name": "c2"}],
    "questions": [{"id": question, "body": f"q{question}"} for question in (1, 2, 3)],
    "question_concepts": [
        {"question_id": question, "concept_id": concept} for question, concept in ((1, 1), (2, 2), (3, 1), (3, 2))
    ],
    "classes": [{"id": class_, "name": f"k{class_}", "subject_id": 1} for class_ in CLASSES],
    "assignments": [
        {"id": class_, "class_id": class_, "topic_id": 2, "title": f"w{class_}", "due_at": at(24 * (class_ - 2))}
        for class_ in CLASSES
    ],
    "badges": [{"id": badge, "name": f"b{badge}", "rarity": "rare"} for badge in (1, 2)],
    "mastery_models": [
        {
            "id": 1,
            "status": "serving",
            "format": 1,
            "parameters": {"a": 1},
            "metrics": {},
            "attempts": 1,
            "students": 1,
            "fitted_at": at(9),
            "validated_at": at(8),
        }
    ],
    "concept_tracing": [
        {
            "concept_id": 1,
            "prior": 0.5,
            "learn": 0.1,
            "forget": 0,
            "guess": 0.2,
            "slip": 0.1,
            "guess_se": 0.05,
            "slip_se": 0.5,
            "guessed_share": 0.2,
            "students": 12,
            "attempts": 60,
            "fitted_at": at(9),
        }
    ],
    "risk_models": [{"id": 1, "name": "m", "version": 1, "kind": "rule"}],
    "grievance_routing_rules": [{"id": 1, "category": "grade", "authority_id": 11, "valid_from": at(900)}],
}
"""What is at every institution."""

# A row of a table from four numbers and its place in the list: (place, a, b, c, d).
OF_NUMBERS: dict[str, Callable[[int, int, int, int, int], Row]] = {
    "profiles": lambda _i, a, b, _c, _d: {"user_id": one(ALL, a), "phone": str(b)},
    "subscriptions": lambda i, a, b, _c, _d: {
        "id": i, "user_id": one(ALL, a), "plan": f"p{b}", "status": "active", "starts_at": at(b),
    },
    "guardianships": lambda _i, a, b, _c, _d: {
        "guardian_id": one((31, 32, 31, 32, 11, 41), a), "student_id": one(STUDENTS, b),
    },
    "mentorships": lambda _i, a, b, c, _d: {
        "mentor_id": one((21, 22, 21, 22, 11), a), "student_id": one(STUDENTS, b), "started_at": at(90),
        "ended_at": at(9) if c % 3 == 0 else None,
    },
    "class_teachers": lambda _i, a, b, _c, _d: {"class_id": one(CLASSES, a), "teacher_id": one(TEACHING, b)},
    "enrolments": lambda i, a, b, c, _d: {
        "id": i, "class_id": one(CLASSES, a), "student_id": one(STUDENTS, b), "enrolled_at": at(900),
        "left_at": at(c) if c % 3 == 0 else None,
    },
    "submissions": lambda i, a, b, c, d: {
        "id": uid("submission", i), "assignment_id": one(CLASSES, a), "student_id": one(STUDENTS, b),
        "submitted_at": at(c), "body": f"s{d}",
    },
    "question_attempts": lambda i, a, b, c, d: {
        "id": uid("attempt", i), "student_id": one(STUDENTS, a), "question_id": 1 + b % 3,
        "class_id": maybe(CLASSES, c), "answer": f"a{b}", "sequence": int((NOW - d * 9 * HOUR).timestamp() * 1e6) + i,
        "attempted_at": at(d * 9), "is_correct": (a + d) % 2 == 0,
    },
    "concept_mastery": lambda _i, a, b, c, _d: {
        "student_id": one(STUDENTS, a), "concept_id": 1 + b % 2, "mastery_score": 8 * c, "mastery_low": 8 * c,
        "mastery_high": 8 * c, "total_attempts": c, "correct_attempts": c, "computed_at": at(1),
        "last_attempted_at": at(24 * c),
    },
    "study_plans": lambda i, a, _b, _c, _d: {
        "id": i, "student_id": one(STUDENTS, a), "title": f"p{i}", "starts_on": "2026-01-01", "ends_on": "2026-02-01",
    },
    "student_badges": lambda _i, a, b, c, _d: {
        "student_id": one(STUDENTS, a), "badge_id": 1 + b % 2, "unlocked_at": at(c),
    },
    "student_points": lambda _i, a, b, _c, d: {
        "student_id": one(STUDENTS, a), "points": b, "xp": b, "level": 1, "current_streak": 1, "best_streak": 2,
        "last_active_on": (NOW - d * HOUR).date().isoformat(), "computed_at": at(d),
    },
    "gamification_events": lambda i, a, b, c, d: {
        "id": uid("award", i), "student_id": one(STUDENTS, a), "user_id": maybe(ANSWERING, b),
        "class_id": maybe(CLASSES, c), "event_type": "practice", "points_awarded": d, "occurred_at": at(d * 30),
    },
    "risk_predictions": lambda i, a, b, c, d: {
        "id": uid("prediction", i), "student_id": one(STUDENTS, a), "model_id": 1,
        "predicted_on": (NOW.date() - timedelta(days=7 * b)).isoformat(), "risk_score": 8 * c,
        "risk_level": ("low", "medium", "high", "critical")[d % 4], "confidence": 0.5, "predicted_at": at(b),
    },
    "grievances": lambda i, a, b, c, d: {
        "id": uid("grievance", i), "student_id": one(STUDENTS, a), "category": "grade",
        "severity": ("low", "critical")[c % 2], "description": f"d{d}", "filed_at": at(100 + d),
        "assigned_to": maybe(ANSWERING, b),
    },
    "study_items": lambda i, a, b, _c, _d: {
        "id": i, "user_id": one(ALL, a), "topic_id": 1 + b % 3, "kind": "note", "content": {},
    },
    "progress_records": lambda i, a, b, _c, _d: {
        "id": uid("record", i), "user_id": one(ALL, a), "category": "reading", "score": b, "recorded_at": at(b),
    },
    "documents": lambda i, a, b, _c, _d: {"id": i, "user_id": one(ALL, a), "kind": "essay", "content": f"t{b}"},
    "chats": lambda i, a, b, _c, _d: {"id": i, "user_id": one(ALL, a), "student_id": maybe(STUDENTS, b)},
    "sync_operations": lambda i, a, b, _c, _d: {
        "id": uid("change", i), "user_id": one(ALL, a), "device": "d", "operation": "delete",
        "table_name": "documents", "row_id": str(b), "changed_at": at(b),
    },
    "outbox": lambda i, a, b, _c, _d: {
        "id": uid("news", i), "class_id": maybe(CLASSES, a), "student_id": maybe(STUDENTS, b) if a % 4 else 1 + b % 4,
    },
}  # fmt: skip
# The same of a row of another table.
OF_ROW: dict[str, tuple[str, Callable[[Row, int, int, int, int, int], Row]]] = {
    "feedback": ("submissions", lambda of, i, a, b, c, _d: {
        "id": uid("feedback", i), "submission_id": of["id"], "student_id": of["student_id"],
        "teacher_id": one(TEACHING, b), "rating": 1 + (a + c) % 5, "created_at": at(c),
    }),
    "feedback_contents": ("feedback", lambda of, _i, a, _b, _c, _d: {"feedback_id": of["id"], "content": f"f{a}"}),
    "mastery_history": ("concept_mastery", lambda of, _i, _a, b, c, d: {
        "student_id": of["student_id"], "concept_id": of["concept_id"], "week": f"2026-06-{one((29, 22, 15), b)}",
        "model_id": None if c == 0 else 1 + c % 2, "mastery_score": 8 * d, "mastery_low": 8 * d, "mastery_high": 8 * d,
        "total_attempts": d, "correct_attempts": d,
    }),
    "study_plan_items": ("study_plans", lambda of, _i, _a, b, _c, _d: {
        "plan_id": of["id"], "position": b, "planned_on": "2026-01-02", "topic_id": 2, "minutes": 20,
    }),
    "risk_responses": ("risk_predictions", lambda of, i, a, b, c, _d: {
        "id": uid("response", i), "prediction_id": of["id"], "user_id": one(ALL, b),
        "action": ("acknowledged", "dismissed")[a % 2], "responded_at": at(c),
    }),
    "interventions": ("risk_predictions", lambda of, i, a, b, c, _d: {
        "id": uid("intervention", i), "student_id": of["student_id"], "made_by": one(ANSWERING, b), "kind": "tutoring",
        "prediction_id": of["id"] if c % 2 else None, "note": f"n{a}", "happened_at": at(c),
    }),
    "grievance_events": ("grievances", lambda of, i, _a, b, c, _d: {
        "id": uid("step", i), "grievance_id": of["id"], "sequence": 1 + c, "occurred_at": at(c),
        "actor_id": of["assigned_to"] if c % 2 else maybe(ALL, b),
        **({"action": "filed", "to_status": "open"} if c == 0 else
           {"action": "assigned", "assigned_to": one(ANSWERING, b)} if c % 3 == 0 else
           {"action": "revealed"} if c % 2 else {"action": "commented"}),
    }),
    "grievance_event_details": ("grievance_events", lambda of, _i, a, _b, _c, _d: {
        "event_id": of["id"], "details": f"e{a}",
    }),
    "chat_messages": ("chats", lambda of, i, a, b, _c, _d: {
        "id": uid("message", i), "chat_id": of["id"], "role": "user", "content": f"m{a}", "sent_at": at(b),
    }),
    "audit_events": ("grievances", lambda of, i, a, b, c, _d: {
        "id": uid("act", i), "user_id": of["assigned_to"] if c % 2 else maybe(ALL, a), "occurred_at": at(b),
        **({"action": "reveal", "resource": f"grievances/{of['id']}"} if c % 4 else {"action": "export"}),
    }),
    "audit_event_details": ("audit_events", lambda of, _i, a, _b, _c, _d: {
        "event_id": of["id"], "details": {"address": str(a)},
    }),
}  # fmt: skip
TABLES = [*NO_TENANT, *BASE, *OF_NUMBERS, *OF_ROW]
UNIQUE = {
    "enrolments": lambda row: None if row.get("left_at") else (row["class_id"], row["student_id"]),
    "risk_predictions": lambda row: (row["student_id"], row["predicted_on"]),
    "grievance_events": lambda row: (row["grievance_id"], row["sequence"]),
}
"""What may be there once, beside the primary key; None: often."""
KEYS = """
    SELECT c.relname::text, array_agg(a.attname::text ORDER BY a.attnum)
    FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
    WHERE c.relnamespace = 'public'::regnamespace GROUP BY c.relname"""
# Who took a step, who complains and which model scores is told by the database; where the owner looks, what the rules
# say. Words that a viewer does not read are missing there, which the tables would not take.
TOLD = """
    ALTER TABLE feedback_contents DROP CONSTRAINT feedback_contents_content_check;
    ALTER TABLE grievances DROP CONSTRAINT grievances_description_check;
    ALTER TABLE grievance_event_details DROP CONSTRAINT grievance_event_details_details_check;
    ALTER TABLE study_plans ALTER title DROP NOT NULL, ALTER parameters DROP NOT NULL;
    CREATE TABLE actors (institution_id bigint, id uuid, called text);
    GRANT SELECT ON actors TO edukit_owner;
    CREATE OR REPLACE FUNCTION grievance_actor(of_institution bigint, of_event uuid) RETURNS text LANGUAGE sql STABLE
        RETURN (SELECT called FROM actors WHERE institution_id = of_institution AND id = of_event);
    CREATE OR REPLACE FUNCTION mastery_scored_by(of_institution bigint, of_format integer DEFAULT NULL) RETURNS bigint
        LANGUAGE sql STABLE RETURN 1;
    CREATE TABLE complainants (institution_id bigint, id uuid, student_id bigint, student text);
    GRANT SELECT ON complainants TO edukit_owner;
    CREATE OR REPLACE FUNCTION complainant_of(of_institution bigint, of_grievance uuid)
        RETURNS TABLE (student_id bigint, student text) LANGUAGE sql STABLE AS
        'SELECT c.student_id, c.student FROM complainants c
            WHERE (c.institution_id, c.id) = (of_institution, of_grievance)'"""


def drawn(rng: Random, most: int) -> dict[str, Any]:
    """An institution, in numbers: so many rows of a table at most."""
    numbers = {
        name: [tuple(rng.randrange(12) for _ in range(4)) for _ in range(rng.randint(most // 2, most))]
        for name in (*OF_NUMBERS, *OF_ROW)
    }
    return {
        **numbers,
        "accounts": [(rng.randrange(12), rng.randint(1, 5)) for _ in range(2 * most)],
        "named": rng.random() < HALF,
        "departed": {user for user in (3, 12, 22, 32) if rng.random() < HALF},
    }


def school(institution_id: int, numbers: dict[str, Any], keys: dict[str, list[str]]) -> Tables:
    """The rows of an institution."""
    made: Tables = {name: [dict(row) for row in rows] for name, rows in BASE.items()}
    held = {}
    for person, account in numbers["accounts"]:
        held.setdefault((account, PEOPLE[one(ALL, person)]), one(ALL, person))
    accounts = {user: account for (account, _), user in held.items()}
    for user in made["users"]:
        user["account_id"] = accounts.get(user["id"])
        user["departed_at"] = at(5) if user["id"] in numbers["departed"] else None
        user["reads_names"] = numbers["named"] and user["role"] == "analyst"
    for name, row in OF_NUMBERS.items():
        rows = [row(place, *four) for place, four in enumerate(numbers[name], 1)]
        made[name] = _once(name, rows, keys[name])
    for name, (whole, part) in OF_ROW.items():
        rows = [
            part(one(made[whole], four[0]), place, *four) for place, four in enumerate(numbers[name], 1) if made[whole]
        ]
        made[name] = _once(name, rows, keys[name])
    return {name: [{"institution_id": institution_id, **row} for row in rows] for name, rows in made.items()}


def _once(name: str, rows: list[Row], keys: list[str]) -> list[Row]:
    """The rows without those that the table would not take twice."""
    found, taken = [], set()
    for row in rows:
        marks = {("key", *(str(row[key]) for key in keys if key != "institution_id"))}
        if name in UNIQUE and (mark := UNIQUE[name](row)) is not None:
            marks.add(("unique", *map(str, mark)))
        if not marks & taken:
            found.append(row)
            taken |= marks
    return found


@dataclass
class Stage:
    """A database that holds the institutions of a case, and one that holds what somebody may see of them."""

    whole: psycopg.Connection[Any]
    part: psycopg.Connection[Any]
    database: Database
    owner: Engine
    viewer: Engine
    keys: dict[str, list[str]]
    login: str = ""

    def fill(self, rng: Random, most: int) -> Tables:
        """Put two institutions or three there; every row that they have, with what the database itself adds."""
        schools = [drawn(rng, most) for _ in range(rng.choice([2, 3]))]
        tables = {
            "accounts": [{"id": account, "email": f"u{account}@example.org"} for account in range(1, 6)],
            "institutions": [{"id": number, "name": f"School {number}"} for number in range(1, len(schools) + 1)],
        }
        for number, numbers in enumerate(schools, 1):
            for name, rows in school(number, numbers, self.keys).items():
                tables.setdefault(name, []).extend(rows)
        with self.whole.transaction():
            _empty(self.whole)
            _insert(self.whole, tables)
            for name, (key, of) in VECTORS.items():
                self.whole.execute(
                    f"INSERT INTO {name} (institution_id, {key}, model, embedding)"
                    f" SELECT institution_id, id, 'm', array_fill(0.5, ARRAY[1536]) FROM {of}"
                )
            return self.rows_of(self.whole, {name: ["*"] for name in TABLES} | _keys_of_vectors())

    def fill_part(self, tables: Tables) -> None:
        """Put these rows, and no others, where the owner looks."""
        with self.part.transaction():
            _empty(self.part)
            self.part.execute(
                "DELETE FROM actors; DELETE FROM complainants; SET LOCAL session_replication_role = replica"
            )
            rows = {name: rows for name, rows in tables.items() if name not in VECTORS}
            _insert(self.part, rows)

    def look_as(self, institution_id: int, user_id: int) -> None:
        """Let the viewer's engine look as a user from now on."""
        with session_for(self.database.app) as session:
            self.login = mint(
                session, institution_id=institution_id, user_id=user_id, database_url=self.database.admin_url
            ).database_url

    @staticmethod
    def rows_of(connection: psycopg.Connection[Any], columns: dict[str, list[str]]) -> Tables:
        """Every row of each table that a connection sees, with the columns that are asked for."""
        query = " UNION ALL ".join(
            f"SELECT '{name}', to_jsonb(t) FROM (SELECT {', '.join(of)} FROM {name}) t" for name, of in columns.items()
        )
        found: Tables = {name: [] for name in columns}
        for name, row in connection.execute(query):
            found[name].append(row)
        return found


def _keys_of_vectors() -> dict[str, list[str]]:
    return {name: ["institution_id", key, "model"] for name, (key, _) in VECTORS.items()}


def _empty(connection: psycopg.Connection[Any]) -> None:
    """Take everything away, also what is never deleted."""
    connection.execute("SET LOCAL session_replication_role = replica")
    connection.execute("; ".join(f"DELETE FROM {name}" for name in (*TABLES, *VECTORS)))
    connection.execute("SET LOCAL session_replication_role = origin")


def _insert(connection: psycopg.Connection[Any], tables: Tables) -> None:
    with connection.pipeline():
        for name, rows in tables.items():
            columns = sorted({column for row in rows for column in row})
            if columns:
                connection.execute(
                    f"INSERT INTO {name} ({', '.join(columns)}) SELECT {', '.join(columns)}"
                    f" FROM jsonb_populate_recordset(NULL::{name}, %s)",
                    [Jsonb(rows)],
                )


@pytest.fixture(scope="module")
def stage(house: House) -> Iterator[Stage]:
    """The two databases."""
    with (
        house.database() as database,
        house.database() as other,
        psycopg.connect(database.admin_url, autocommit=True) as whole,
        psycopg.connect(other.admin_url, autocommit=True) as part,
    ):
        part.execute(TOLD)
        owner = _engine(lambda: url_of("edukit_owner", other.admin_url))
        keys = dict(whole.execute(KEYS).fetchall())
        made = Stage(whole, part, database, owner, _engine(lambda: made.login, poolclass=NullPool), keys)
        yield made
        owner.dispose()


def _engine(url: Callable[[], str], **pool: Any) -> Engine:
    """An engine whose login may change: what it has compiled for one serves the next."""
    return create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(url(), options="-c timezone=UTC"), **pool
    )
