"""What edukit sends to the database, on tape: recorded, read again, and sent again by the logins that sent it.

A recording is a text of statements as they were sent, with their values; COPY's binary data stand below as base64.
"""

from __future__ import annotations

import base64
import io
import json
import re
import sys
import zlib
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import psycopg
import pytest
from psycopg.copy import LibpqWriter
from sqlalchemy import event, text

from edukit.actions.accounts import add_user, disable_account, enable_account, set_password, sign_out
from edukit.actions.attempts import Attempt, record_attempts
from edukit.actions.badges import unlock_badges
from edukit.actions.classroom import remove_class
from edukit.actions.departure import close_institution, depart_user
from edukit.actions.gamification import name_on_boards, refresh_points
from edukit.actions.grievance_rules import set_routing_rule
from edukit.actions.mastery_history import forget_old_weeks
from edukit.actions.mastery_models import FittedTo, record_validation, retire_model, serve_model, store_candidate
from edukit.actions.mastery_scoring import read_coded
from edukit.actions.outbox import clear_outbox, take_outbox
from edukit.actions.practice import refresh_mastery
from edukit.actions.profiles import choose_theme
from edukit.actions.risk_scoring import score_risk
from edukit.actions.roles import change_role
from edukit.actions.sign_in import record_failure, record_sign_in, record_sign_out, renew_hash
from edukit.analytics.prediction.model import fit_model
from edukit.analytics.prediction.storage import as_json
from edukit.db.ids import Ids
from edukit.db.roles import ROLES, url_of
from edukit.db.session import Viewer, engine_for, session_for
from edukit.importers.assistments import load_assistments
from edukit.importers.attempts import load_attempts
from edukit.ops.seed import seed_demo
from edukit.queries.accounts import account_called, memberships
from edukit.queries.answers import attempts_by_student
from edukit.settings import Settings
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import CodeType

    from conftest import Database, House
    from sqlalchemy.orm import Session

NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)
LONGEST_RESULT = 1000
# A recording is made of these, each on a line of its own; a statement follows the line that says it is sent.
PART = re.compile(r"^-- (as|sends|data|gives)(?: (.*))?$", flags=re.MULTILINE)
# What the server tells of itself and of the moment is another at every time; arrays are gathered in any order.
OF_THE_MOMENT = re.compile(
    r"\bpg_\w+|array_agg|information_schema|clock_timestamp|gen_random_uuid|renew_viewer|now\(\)|created_at|updated_at"
)
LITERAL = re.compile(r"'(?:[^']|'')*'|\b-?\d+(?:\.\d+)?(?:e[+-]?\d+)?\b|\bNULL\b|\btrue\b|\bfalse\b")
CAST = r"(?:::\w+(?: WITH TIME ZONE)?(?:\[\])?)?"
LIST = re.compile(rf"\?{CAST}(?:, \?{CAST})+")


class Tape:
    """What some logins of a database send, in the order in which they do."""

    def __init__(self) -> None:
        self.text = ""
        self.called: set[CodeType] = set()

    @contextmanager
    def of(self, logins: dict[str, str]) -> Iterator[None]:
        """Record every transaction of some logins, given by name, in the block."""
        listening = [(engine_for(url), self._listener(name)) for name, url in logins.items()]
        for engine, (begin, end) in listening:
            event.listen(engine, "checkout", begin)
            event.listen(engine, "checkin", end)
        yield
        for engine, (begin, end) in listening:
            event.remove(engine, "checkout", begin)
            event.remove(engine, "checkin", end)
            engine.dispose()

    def put(self, part: str, value: str = "", then: str = "") -> None:
        """Write one part."""
        self.text += f"-- {part} {value}".rstrip() + "\n" + then

    def _listener(self, name: str) -> tuple[Callable[..., None], Callable[..., None]]:
        def begin(connection: Any, _record: object, _fairy: object) -> None:
            self.put("as", name)
            connection.cursor_factory = type("Recording", (RecordingCursor,), {"tape": self})

        def end(connection: Any, _record: object) -> None:
            # A connection that was given up is not there any more.
            if connection is not None:
                connection.cursor_factory = psycopg.Cursor

        return begin, end


class RecordingCursor(psycopg.Cursor[Any]):
    """A cursor that tells a tape what it sends, and what that gives."""

    tape: Tape

    def execute(self, query: Any, params: Any = None, **options: Any) -> RecordingCursor:
        """Send and record a statement, and its rows."""
        sql = self._record(query, params)
        super().execute(query, params, **options)
        if self.description and not OF_THE_MOMENT.search(sql):
            self.tape.put("gives", given(self.fetchall()))
            if self.rowcount:
                self.scroll(0, mode="absolute")
        return self

    def executemany(self, query: Any, params_seq: Any, **options: Any) -> None:
        """Send and record a statement many times."""
        many = list(params_seq)
        for params in many:
            self._record(query, params)
        super().executemany(query, many, **options)

    @contextmanager
    def copy(self, statement: Any, params: Any = None, *, writer: Any = None) -> Iterator[psycopg.Copy]:
        """Send and record a COPY, with its data."""
        self._record(statement, params)
        kept = _KeepingWriter(self)
        with super().copy(statement, params, writer=writer or kept) as copy:
            yield copy
        self.tape.put("data", base64.b64encode(zlib.compress(kept.data.getvalue(), 9)).decode())

    def _record(self, query: Any, params: Any) -> str:
        # Arrays of numbers go in binary, which cannot be spelt.
        if isinstance(params, Mapping):
            params = {
                name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in params.items()
            }
        sql = psycopg.ClientCursor(self.connection).mogrify(query, params)
        self.tape.put("sends", "binary" if self.format else "", sql.strip() + "\n")
        return sql


class _KeepingWriter(LibpqWriter):
    """Sends the data of a COPY, and keeps it."""

    def __init__(self, cursor: psycopg.Cursor[Any]) -> None:
        super().__init__(cursor)
        self.data = io.BytesIO()

    def write(self, data: bytes) -> None:
        self.data.write(data)
        super().write(data)


def given(rows: list[tuple[Any, ...]]) -> str:
    """Rows as text, in an order of their own, for not every query asks for one; many rows as their hash."""
    text = "[" + ", ".join(sorted(json.dumps(row, default=_plain) for row in rows)) + "]"
    return text if len(text) <= LONGEST_RESULT else f"{len(rows)} rows, sha256 {sha256(text.encode()).hexdigest()}"


def _plain(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


@dataclass(frozen=True)
class Recording:
    """What stands on a tape."""

    text: str

    def replay(self, database: Database, *, only: str | None = None) -> list[str]:
        """Send it again, as the logins that sent it or as one of them; the statements that gave something else."""
        if "-- as edukit_viewer" in self.text:
            show_everything(database)
        other = []
        for transaction in re.split(r"^(?=-- as )", self.text, flags=re.MULTILINE)[1:]:
            (_, name, _), *parts = _parts(transaction)
            if only not in {None, name}:
                continue
            with psycopg.connect(login(database, name)) as connection:
                following = [*parts[1:], ("", "", "")]
                for (kind, beside, sql), (after, its, _) in zip(parts, following[: len(parts)], strict=True):
                    if kind == "sends" and after == "data":
                        with connection.cursor().copy(sql.encode()) as copy:
                            copy.write(zlib.decompress(base64.b64decode(its)))
                    elif kind == "sends":
                        sent = connection.execute(sql.encode(), binary=beside == "binary")
                        if after == "gives" and (gives := given(sent.fetchall())) != its:
                            other.append(f"{sql.strip()} gives {gives}, not {its}")
        return other

    def shapes(self) -> set[str]:
        """Its different statements without their values, each with the login that sends it."""
        found = set()
        name = ""
        for kind, beside, sql in _parts(self.text):
            if kind == "as":
                name = beside
            elif kind == "sends":
                found.add(f"{name}: " + LIST.sub("?", LITERAL.sub("?", " ".join(sql.split()))))
        return found


def servers(database: Database) -> dict[str, str]:
    """The logins of commands and of the server, by name."""
    return {role: url_of(role, database.admin_url) for role in ROLES}


def viewers(database: Database) -> dict[str, str]:
    """The logins of who looks, by name: they are minted when there is somebody to look."""
    return {"a reader": database.viewer.database_url, "a teacher": database.teacher.database_url}


def login(database: Database, name: str) -> str:
    """The login of a name."""
    if name in servers(database):
        return servers(database)[name]
    if name in (looking := viewers(database)):
        return looking[name]
    # Until logins were minted there was one for all who looked, and one for all who acted.
    return {"edukit_viewer": database.viewer, "edukit_teacher": database.teacher}[name].database_url


def show_everything(database: Database) -> None:
    """Let every login see every row, copy rows straight in and read each column, as before there were such rules."""
    with psycopg.connect(database.admin_url) as admin:
        tables = admin.execute("SELECT oid::regclass::text FROM pg_class WHERE relrowsecurity").fetchall()
        for (table,) in tables:
            admin.execute(f"GRANT SELECT ON {table} TO edukit_teacher")
            admin.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")


def _parts(text: str) -> list[tuple[str, str, str]]:
    """The parts of a recording: the kind, what stands beside it, and the statement below it."""
    found = PART.split(text)[1:]
    return list(zip(found[::3], (beside or "" for beside in found[1::3]), found[2::3], strict=True))


def seed(database: Database) -> None:
    """Write as `edukit seed` does: the smallest demo school with somebody in both its institutions."""
    with session_for(database.app) as session:
        seed_demo(session, seed=1, students=2, as_of=NOW)


def load(database: Database, folder: Path) -> None:
    """Write as `edukit load` does: the second load of a file has more than the first."""
    file = folder / "release.csv"
    file.write_text(
        "order_id,user_id,problem_id,correct,skill_id,student_class_id,teacher_id,school_id,skill_name,answer_type,"
        "answer_text,ms_first_response,hint_count,original\n"
        "1,7,11,1,21,31,41,51,Fractions,choose_1,1/2,2000,0,1\n2,8,11,0,21,31,41,51,Fractions,choose_1,2/1,900,2,1\n"
    )
    with session_for(database.app) as session:
        load_assistments(session, file, ids=Ids(np.random.default_rng(5)), now=NOW)
    rows = ["user_id,item_id,timestamp,correct,skill_id", "ann,i1,1767225600,1,k1", "ben,i1,1767225660,0,k1"]
    for more in (["ann,i2,1767225720,1,k2", "ann,i3,0,0,"], ["ben,i2,1767225780,1,k1", "cleo,i1,1767225840,1,k1"]):
        rows += more
        file.write_text("\n".join(rows) + "\n")
        with session_for(database.app) as session:
            load_attempts(session, file, institution="Loaded", ids=Ids(np.random.default_rng(7)), now=NOW)


def read(database: Database) -> None:
    """Read as notebooks do: all that a Workbench gives."""
    with Workbench(database.viewer, Settings(frozen_now=NOW)) as edu:
        taught = edu.classes()
        edu.class_names()
        name = str(taught["class_name"].iloc[0])
        mastery = edu.class_mastery(name)
        edu.class_mastery(int(taught["class_id"].iloc[0]))
        edu.attempts(name, concept_id=int(mastery["concept_id"].iloc[0]))
        edu.attempts(student_id=int(mastery["student_id"].iloc[0]))
        edu.backtest_mastery(folds=2)
        edu.tables()
        edu.columns("question_attempts")
        edu.sources()
        edu.sql("SELECT name FROM classes WHERE id = :id", id=taught["class_id"].iloc[0])


def act(database: Database) -> None:
    """Read and write as dashboards do, in a teacher's name: all that a Workbench can do."""
    with Workbench(database.teacher, Settings(frozen_now=NOW)) as edu:
        edu.me()
        class_id = int(edu.home()["class_id"].iloc[0])
        edu.horizon()
        edu.find("ann")
        student_id = int(edu.students(class_id)["student_id"].iloc[0])
        for about_student in (edu.student, edu.student_mastery, edu.activity, edu.feedback, edu.badges):
            about_student(student_id)
        work = edu.submissions(student_id)["submission_id"].dropna().iloc[0]
        edu.give_feedback(work, "Say why.", 3, supersedes_id=edu.give_feedback(work, "Say how.", 2))
        prediction = edu.risk(class_id)["prediction_id"].iloc[0]
        edu.risk_history(student_id)
        edu.respond_to_risk(prediction, "dismissed", "Was ill.")
        edu.log_intervention(student_id, "conversation", "Spoke.", prediction)
        edu.record_outcome(edu.interventions(student_id)["intervention_id"].iloc[0], "improved")
        edu.correct_points(edu.award_points(class_id, student_id, 5))
        edu.points_ledger(student_id)
        edu.leaderboard(class_id)
        edu.neighbours(class_id, student_id)
        edu.grievances("open")
        edu.grievance_figures()
        filed = edu.file_grievance(student_id, "grade", "high", "It was marked wrong.")
        edu.comment_on_grievance(filed, "Looked at it.")
        people = edu.grievance_authorities(filed).query("not assigned")
        edu.assign_grievance(filed, int(people["user_id"].iloc[0]), "Yours.")
        edu.assign_grievance(filed, int(edu.me()["user_id"].iloc[0]))
        edu.reveal_complainant(filed)
        edu.move_grievance(filed, "in_progress")
        edu.move_grievance(filed, "resolved", "Marked anew.")
        edu.grievance(filed)
        edu.grievance_events(filed)
        edu.students()
        for about_class in (edu.bottlenecks, edu.ready_to_learn, edu.class_readiness, edu.study_groups):
            about_class(class_id)
        for about_class in (edu.next_lesson, edu.classes_alike, edu.compare_classes, edu.item_analysis):
            about_class(class_id)
        edu.held_back(class_id, int(edu.bottlenecks(class_id)["concept_id"].iloc[0]))
        edu.concept_explanations(class_id)
        edu.forgetting(class_id)
        edu.next_questions(student_id)
        edu.mastery_dates(student_id)
        edu.mastery_history(student_id)
        edu.mastery_changes(class_id)
        edu.choose_mastery_thresholds((40.0, 70.0, 90.0))
        assert edu.mastery_thresholds == (40.0, 70.0, 90.0)
        edu.choose_mastery_thresholds(None)
        assert not edu.mastery_is_modelled
        edu.record_export("students", rows=2, class_=class_id)
        edu.audit(action="nothing", user_id=0)  # ids of acts are made anew each time


def keep(database: Database) -> None:
    """Write as the server does beside the dashboards, and as commands do."""
    with psycopg.connect(database.admin_url) as admin:
        query = "SELECT institution_id, student_id, teacher_id FROM enrolments JOIN class_teachers t USING"
        found = admin.execute(f"{query} (institution_id, class_id) ORDER BY student_id, teacher_id LIMIT 1").fetchone()
    assert found
    institution_id, student_id, teacher_id = found
    here: dict[str, Any] = {"institution_id": institution_id, "now": NOW, "by": teacher_id}
    with session_for(database.app) as session:
        name_on_boards(session, **here, student_id=student_id, agreed=True)
        set_routing_rule(session, **here, category="grade", minimum_severity="low", authority_id=teacher_id)
        score_risk(session, institution_id=institution_id, on=NOW.date(), now=NOW)
        unlock_badges(session, institution_id=institution_id, student_id=student_id, now=NOW)
        entries = take_outbox(session, most=10)
        clear_outbox(session, entries)
        user_id = add_user(session, **here, account="ada@mail.example", role="admin", name="Ada")
        it: dict[str, Any] = {"account_id": account_called(session, "ada@mail.example"), "now": NOW, "acting": None}
        set_password(session, **it, password="purple gravel teapot")
        renew_hash(session, account_id=it["account_id"], kept="$argon2id$none", password="purple gravel teapot")
        record_failure(session, account_id=it["account_id"], address="192.0.2.7", now=NOW)
        (ada,) = memberships(session, it["account_id"])
        record_sign_in(session, ada, address="192.0.2.7", now=NOW)
        choose_theme(session, institution_id=institution_id, user_id=user_id, theme="dark")
        record_sign_out(session, institution_id=institution_id, user_id=user_id, address="192.0.2.7", now=NOW)
        sign_out(session, **it)
        disable_account(session, **it)
        enable_account(session, **it)
        change_role(session, **here, user_id=user_id, role="analyst")
        refit(session, institution_id)


def refit(session: Session, institution_id: int) -> None:
    """Write as `edukit models refit mastery` does, and let the model score somebody before it is taken out of use."""
    here: dict[str, Any] = {"institution_id": institution_id}
    students = attempts_by_student(session, **here)["student_id"]
    attempts, _ = read_coded(session, institution_id, students)
    fitted = FittedTo(NOW, NOW, len(attempts), len(students), NOW)
    parameters = as_json(fit_model(attempts, rng=np.random.default_rng(1)))
    store_candidate(session, **here, model_id=1, parameters=parameters, fitted=fitted)
    record_validation(session, **here, metrics={"failed": []}, holds=True, now=NOW)
    serve_model(session, **here, model_id=1, now=NOW, progress=lambda _share: None)
    refresh_mastery(session, **here, now=NOW, student_ids=students.tolist())
    answer(session, institution_id, int(students[0]), 1)
    forget_old_weeks(session, **here, now=NOW)
    retire_model(session, **here, status="serving")
    answer(session, institution_id, int(students[0]), 2)


def answer(session: Session, institution_id: int, student_id: int, number: int) -> None:
    """Write as whoever lets students answer does: an answer, the same once more, and one after it."""
    question_id = session.scalar(
        text("SELECT min(id) FROM questions WHERE institution_id = :id"), {"id": institution_id}
    )
    whose: dict[str, Any] = {"institution_id": institution_id, "student_id": student_id, "now": NOW}
    first, second = (
        Attempt(id=UUID(int=10 * number + place), question_id=question_id, is_correct=True, attempted_at=NOW)
        for place in range(2)
    )
    for attempt in (first, first, replace(second, attempted_at=NOW - timedelta(days=1))):
        record_attempts(session, **whose, attempts=[attempt])


def leave(database: Database) -> None:
    """Write as departures do: a student leaves, a class is removed, an institution closes."""
    with psycopg.connect(database.admin_url) as admin:
        query = "SELECT i.name, i.id, c.id FROM institutions i JOIN classes c ON c.institution_id = i.id ORDER BY c.id"
        taught = {name: (institution_id, class_id) for name, institution_id, class_id in admin.execute(query)}
        ann = admin.execute("SELECT id FROM users WHERE name = 'Student ann'").fetchone()
    institution_id, class_id = taught.pop("Loaded")
    with session_for(database.app) as session:
        refresh_points(session, institution_id=institution_id, now=NOW)
    assert ann
    with session_for(Viewer(url_of("edukit_eraser", database.admin_url))) as session:
        depart_user(session, institution_id=institution_id, user_id=ann[0], now=NOW)
        remove_class(session, institution_id=institution_id, class_id=class_id, now=NOW)
        close_institution(session, institution_id=next(iter(taught.values()))[0], now=NOW)


@pytest.fixture(scope="module")
def tape(house: House, tmp_path_factory: pytest.TempPathFactory) -> Tape:
    """What the present code sends to the newest schema."""
    tape = Tape()
    with house.database() as database:
        with tape.of(servers(database)):
            seed(database)
        with tape.of(servers(database) | viewers(database)):
            # The seed calls little that loads do not, very often.
            sys.setprofile(lambda frame, _what, _value: tape.called.add(frame.f_code))
            try:
                load(database, tmp_path_factory.mktemp("loads"))
                read(database)
                act(database)
                keep(database)
                leave(database)
            finally:
                sys.setprofile(None)
    return tape


@pytest.fixture
def recording() -> type[Recording]:
    """What reads a recording: ``recording(text)``."""
    return Recording
