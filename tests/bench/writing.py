"""Recording one answer: the attempt, the mastery of all of the student's concepts and their state, to the commit.

A school of a hundred students on 60 concepts, each with 400 answers, whose model is fitted to them. Answers are
recorded one by one, of one student after the other, as the server does it.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import psycopg
from load import Figure, fresh_database, server, tell
from sqlalchemy import text

from edukit.actions.attempts import Attempt, record_attempts
from edukit.actions.mastery_models import FittedTo, record_validation, retire_model, serve_model, store_candidate
from edukit.actions.mastery_scoring import TRACING, read_coded
from edukit.actions.practice import refresh_mastery
from edukit.analytics.prediction.model import fit_model
from edukit.analytics.prediction.recording import SKILL, STUDENT, record
from edukit.analytics.prediction.storage import as_json
from edukit.analytics.prediction.tracing import traced_concepts
from edukit.db.roles import url_of
from edukit.db.session import Viewer, session_for
from edukit.queries.answers import attempts_by_student

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

NOW = datetime(2026, 6, 1, tzinfo=UTC)
STUDENTS, CONCEPTS, QUESTIONS, A_STUDENT, WRITES = 100, 60, 600, 400, 1_000
QUICK_STUDENTS, QUICK_WRITES = 10, 60
GOAL_MS, GOAL_US = 3.0, 5.0
HERE, MODEL = 1, 1
SCHOOL = """
    INSERT INTO institutions (id, name) VALUES (1, 'Bench');
    INSERT INTO users (institution_id, id, role, name)
        SELECT 1, s, 'student', 'S' || s FROM generate_series(1, {students}) s;
    INSERT INTO students (institution_id, id) SELECT 1, s FROM generate_series(1, {students}) s;
    INSERT INTO topics (institution_id, id, name) VALUES (1, 1, 'Bench');
    INSERT INTO concepts (institution_id, id, topic_id, name)
        SELECT 1, c, 1, 'C' || c FROM generate_series(1, {concepts}) c;
    INSERT INTO questions (institution_id, id) SELECT 1, q FROM generate_series(1, {questions}) q;
    INSERT INTO question_concepts (institution_id, question_id, concept_id)
        SELECT 1, q, 1 + q % {concepts} FROM generate_series(1, {questions}) q;
    INSERT INTO classes (institution_id, id, name) VALUES (1, 1, '7B'), (1, 2, '8A');
    INSERT INTO enrolments (institution_id, id, class_id, student_id)
        SELECT 1, s * 2 + k, k, s FROM generate_series(1, {students}) s, generate_series(1, 2) k;
    INSERT INTO question_attempts
        (institution_id, id, student_id, question_id, sequence, attempted_at, is_correct, time_taken_seconds)
    SELECT 1, md5(s || '/' || k)::uuid, s, 1 + (s * 7 + k) % {questions},
        extract(epoch FROM at)::bigint * 1000000, at, (hashint8(s * 1009 + k) & 1023) < 500 + k % 400, 20
    FROM generate_series(1, {students}) s, generate_series(1, {each}) k,
        LATERAL (SELECT timestamptz '2026-01-01Z' + k * interval '5 hours' + s * interval '1 s') moment (at)"""


def main() -> int:
    """Run the bench; 1 when a goal is asked for and missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--students", type=int, default=STUDENTS, help="students of the school")
    parser.add_argument("--writes", type=int, default=WRITES, help="answers that are recorded and timed")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--check", action="store_true", help="exit 1 when a goal is missed")
    parser.add_argument("--profile", action="store_true", help="where the time goes, beside the figures")
    parser.add_argument("--quick", action="store_true", help="a smaller run of the same")
    parser.add_argument("--no-peers", action="store_true", help="there are none: as the other benches have it")
    options = parser.parse_args()
    if options.quick:
        options.students, options.writes = QUICK_STUDENTS, QUICK_WRITES
    with server() as admin_url, fresh_database(admin_url, "edukit_bench_writing") as url:
        _fill(url, options.students)
        school = _School(Viewer(url_of("edukit_app", url)), options.students)
        figures = school.measured(options.writes)
        if options.profile:
            school.profiled(options.writes)
    tell(figures, as_json=options.json, students=options.students, writes=options.writes)
    return int(options.check and any(figure.holds is False for figure in figures))


def _fill(url: str, students: int) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(SCHOOL.format(students=students, concepts=CONCEPTS, questions=QUESTIONS, each=A_STUDENT))
        admin.execute("VACUUM ANALYZE")


class _School:
    """The school, and answers that have not been given yet."""

    def __init__(self, app: Viewer, students: int) -> None:
        self._app, self._students = app, students
        self._given = 0

    def measured(self, writes: int) -> list[Figure]:
        with session_for(self._app) as session:
            _serve(session)
        alone, of_many = _compiled()
        # Each student's first answer makes the state; what is measured goes on from it.
        first = [self._timed() for _ in range(self._students)]
        by_model = [self._timed() for _ in range(writes)]
        late = [self._timed(late=True) for _ in range(max(writes // 10, 1))]
        bare = [self._timed(self._bare) for _ in range(writes)]
        with session_for(self._app) as session:
            _expect_replay(session)
            retire_model(session, institution_id=HERE, status="serving")
        for _ in range(self._students):
            self._timed()
        by_rule = [self._timed() for _ in range(writes)]
        return [
            _figure("an answer, by the model", by_model, goal=GOAL_MS, bare=float(np.median(bare))),
            Figure("the same, 95th percentile", float(np.quantile(by_model, 0.95)), "ms"),
            _figure("an answer, by the rule", by_rule, goal=GOAL_MS, bare=float(np.median(bare))),
            _figure("the first one, all before it read", first[1:]),
            _figure("one that came late, likewise", late),
            _figure("a row and a commit alone", bare),
            Figure("compiled update, one call", alone, "us", goal=f"<= {GOAL_US:g} us", holds=alone <= GOAL_US),
            Figure("compiled update, of a thousand", of_many, "us"),
        ]

    def profiled(self, writes: int) -> None:
        profile = cProfile.Profile()
        profile.enable()
        for _ in range(writes):
            self._timed()
        profile.disable()
        pstats.Stats(profile).sort_stats("cumulative").print_stats(45)

    def _timed(self, write: Callable[..., None] | None = None, **how: bool) -> float:
        """Milliseconds that an answer takes."""
        student = 1 + self._given % self._students
        self._given += 1
        start = time.perf_counter()
        (write or self._record)(student, self._given, **how)
        return 1e3 * (time.perf_counter() - start)

    def _record(self, student: int, number: int, *, late: bool = False) -> None:
        at = NOW + (timedelta(days=-30) if late else timedelta()) + timedelta(seconds=number)
        attempt = Attempt(
            id=UUID(int=number), question_id=1 + number * 7 % QUESTIONS, is_correct=number % 3 > 0, attempted_at=at,
            class_id=1, time_taken_seconds=12.5,
        )  # fmt: skip
        with session_for(self._app) as session:
            record_attempts(session, institution_id=HERE, student_id=student, attempts=[attempt], now=max(at, NOW))

    def _bare(self, student: int, number: int) -> None:
        with session_for(self._app) as session:
            session.execute(text("UPDATE students SET grade = :grade WHERE institution_id = 1 AND id = :id"), {
                "grade": str(number), "id": student,
            })  # fmt: skip


def _figure(name: str, milliseconds: list[float], goal: float | None = None, bare: float | None = None) -> Figure:
    """The median, beside that of a row and a commit alone."""
    median = float(np.median(milliseconds))
    return Figure(
        name,
        median,
        "ms",
        peer=bare,
        ratio=None if bare is None else median / bare,
        goal=None if goal is None else f"<= {goal:g} ms",
        holds=None if goal is None else median <= goal,
    )


def _serve(session: Session) -> None:
    """Fit a model with its tracing to the answers, and let it serve."""
    here: dict[str, Any] = {"institution_id": HERE}
    attempts, _ = read_coded(session, HERE, attempts_by_student(session, **here)["student_id"])
    parameters = as_json(fit_model(attempts, rng=np.random.default_rng(1))) | {TRACING: traced_concepts(attempts)}
    store_candidate(session, **here, model_id=MODEL, parameters=parameters, fitted=FittedTo(None, None, 1, 1, NOW))
    record_validation(session, **here, metrics={}, holds=True, now=NOW)
    serve_model(session, **here, model_id=MODEL, now=NOW, progress=lambda _share: None)


def _compiled() -> tuple[float, float]:
    """Microseconds of the compiled update: called for one answer, and an answer of a thousand at once."""
    return tuple(_microseconds(count) / count for count in (1, 1_000))


def _microseconds(count: int) -> float:
    whole, zeros = np.arange(count), np.zeros(count, np.int64)
    student, skills = np.zeros(1, STUDENT), np.zeros(CONCEPTS, SKILL)
    asked = (zeros, whole % QUESTIONS + 1, whole % CONCEPTS + 1, np.arange(count + 1), whole % CONCEPTS)
    answered = (whole * 60.0, (whole % 3 > 0).astype(float), np.full((count, 2), 0.6))
    times = []
    for _ in range(2_000):
        start = time.perf_counter()
        record(*asked, *answered, student, skills)
        times.append(time.perf_counter() - start)
    return float(np.median(times)) * 1e6


def _expect_replay(session: Session) -> None:
    """What was measured is right: a student's rows are those of a refresh at the moment of the last write."""
    query = text("SELECT * FROM concept_mastery WHERE student_id = 1 ORDER BY concept_id")
    (now,) = session.scalars(text("SELECT DISTINCT computed_at FROM concept_mastery WHERE student_id = 1"))
    stored = [row[:9] for row in session.execute(query).all()]
    refresh_mastery(session, institution_id=HERE, now=now, student_ids=[1])
    whole = [row[:9] for row in session.execute(query).all()]
    np.testing.assert_allclose(np.array(stored, float), np.array(whole, float), rtol=1e-12, atol=1e-9)


if __name__ == "__main__":
    sys.exit(main())
