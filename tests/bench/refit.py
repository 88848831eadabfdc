"""Refitting the model of mastery: from the attempts in the database to everybody's new mastery, step by step.

A school of a hundred attempts a student, on 120 concepts of 25 questions each, in the order in which they were made,
so that a student's lie far from each other. The model is fitted as `edukit models refit mastery` does it.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import psycopg
from load import Figure, fresh_database, server, tell

from edukit.ops.refitting import refit_mastery

if TYPE_CHECKING:
    from edukit.ops.stores import Stores

NOW = datetime(2026, 6, 1, tzinfo=UTC)
A_STUDENT, AT_ONCE, QUICK_ATTEMPTS = 100, 10, 3_000
GOAL_SECONDS, GOAL_MIB, GOAL_ATTEMPTS = 60.0, 4_096.0, 10_000_000
SCHOOL = """
    INSERT INTO institutions (id, name) VALUES (1, 'Bench');
    INSERT INTO users (institution_id, id, role, name)
        SELECT 1, s, 'student', 'S' || s FROM generate_series(1, {students}) s;
    INSERT INTO students (institution_id, id) SELECT 1, s FROM generate_series(1, {students}) s;
    INSERT INTO topics (institution_id, id, name) VALUES (1, 1, 'Bench');
    INSERT INTO concepts (institution_id, id, topic_id, name) SELECT 1, c, 1, 'C' || c FROM generate_series(1, 120) c;
    INSERT INTO questions (institution_id, id) SELECT 1, q FROM generate_series(1, 3000) q;
    INSERT INTO question_concepts (institution_id, question_id, concept_id)
        SELECT 1, q, 1 + (q - 1) / 25 FROM generate_series(1, 3000) q;"""
# What is drawn hangs on what it is drawn for, so that every run has the same school.
ATTEMPTS = """
    INSERT INTO question_attempts
        (institution_id, id, student_id, question_id, sequence, attempted_at, is_correct, time_taken_seconds)
    SELECT 1, md5(s || '/' || k)::uuid, s, q, k,
        timestamptz '2026-01-01Z' + k / 20 * interval '3 days' + k * interval '45 s',
        drawn(s * 131 + k, 3) < 1 / (1 + exp(3 * drawn(q, 1) - 3 * drawn(s, 2) - 0.05 * (k % 12))), 20
    FROM generate_series({first}, {last}) k, generate_series(1, {students}) s,
        LATERAL (SELECT 1 + (s * 7 + k / 12) % 120 * 25 + floor(25 * drawn(s * 131 + k, 4))::bigint AS q) asked"""
DRAWN = """
    CREATE FUNCTION pg_temp.drawn(number bigint, kind bigint) RETURNS double precision LANGUAGE sql IMMUTABLE
        RETURN (hashint8extended(number, kind) & 1048575) / 1048576.0::double precision"""


def main() -> int:
    """Run the bench; 1 when a goal is asked for and missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--attempts", type=int, default=1_000_000, help="attempts of the school")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--check", action="store_true", help="exit 1 when a goal is missed")
    parser.add_argument("--quick", action="store_true", help="a smaller run of the same")
    parser.add_argument("--no-peers", action="store_true", help="there are none: as the other benches have it")
    options = parser.parse_args()
    if options.quick:
        options.attempts = QUICK_ATTEMPTS
    with server() as admin_url, fresh_database(admin_url, "edukit_bench_refit") as url:
        _fill(url, max(options.attempts // A_STUDENT, 1))
        seconds, told = _timed(url)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << (20 if sys.platform == "darwin" else 10))
    goal = GOAL_SECONDS if options.attempts == GOAL_ATTEMPTS else None
    whole = sum(seconds.values())
    figures = [
        *(Figure(step, value, "s") for step, value in seconds.items()),
        Figure("whole", whole, "s", goal=goal and f"<= {goal:g} s", holds=None if goal is None else whole <= goal),
        Figure("peak memory", peak, "MiB", goal=f"<= {GOAL_MIB:g} MiB", holds=peak <= GOAL_MIB),
    ]
    tell(figures, as_json=options.json, attempts=options.attempts, told=told)
    return int(options.check and any(figure.holds is False for figure in figures))


def _fill(url: str, students: int) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        # Keys hold by construction, and checking each would take longer than all that is measured.
        admin.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        admin.execute(SCHOOL.format(students=students))
        admin.execute(DRAWN)
        admin.execute("SET search_path = public, pg_temp")
        for first in range(0, A_STUDENT, AT_ONCE):
            drawn = ATTEMPTS.replace("drawn(", "pg_temp.drawn(")
            admin.execute(drawn.format(first=first, last=first + AT_ONCE - 1, students=students))
        admin.execute("VACUUM ANALYZE")


def _timed(url: str) -> tuple[dict[str, float], list[str]]:
    """The seconds of each step, and what the command says."""
    began = [("", time.perf_counter())]

    def progress(stage: str, _share: float) -> None:
        step = stage.rpartition(", ")[2].partition(" ")[0]
        if step != began[-1][0]:
            began.append((step, time.perf_counter()))

    stores = cast("Stores", SimpleNamespace(database_url=url))
    told = refit_mastery(stores, institution=None, now=NOW, progress=progress)
    ends = [*(at for _, at in began[1:]), time.perf_counter()]
    return {step or "counting": end - at for (step, at), end in zip(began, ends, strict=True)}, told


if __name__ == "__main__":
    sys.exit(main())
