"""A school of a hundred attempts a student, in classes of thirty, which practise sixty concepts of 25 questions each.

Attempts stand in the order in which they were made, so that a student's lie far from each other. One class, whose
dashboard is looked at, has answered on each of its concepts. What is drawn hangs on what it is drawn for alone, so that
every run has the same school, and a larger school the same class.
"""

from __future__ import annotations

import psycopg

A_STUDENT, AT_ONCE, A_CLASS = 100, 10, 30
CLASS, TEACHER = 1, 2_000_001
_SCHOOL = """
    INSERT INTO institutions (id, name) VALUES (1, 'Bench');
    INSERT INTO users (institution_id, id, role, name)
        SELECT 1, s, 'student', 'S' || s FROM generate_series(1, {students}) s
        UNION ALL SELECT 1, 2000001 + t, 'teacher', 'T' || t FROM generate_series(0, {students} / 120) t;
    INSERT INTO students (institution_id, id) SELECT 1, s FROM generate_series(1, {students}) s;
    INSERT INTO topics (institution_id, id, name) VALUES (1, 1, 'Bench');
    INSERT INTO concepts (institution_id, id, topic_id, name) SELECT 1, c, 1, 'C' || c FROM generate_series(1, 120) c;
    INSERT INTO questions (institution_id, id) SELECT 1, q FROM generate_series(1, 3000) q;
    INSERT INTO question_concepts (institution_id, question_id, concept_id)
        SELECT 1, q, 1 + (q - 1) / 25 FROM generate_series(1, 3000) q;
    INSERT INTO classes (institution_id, id, name)
        SELECT 1, c, 'Class ' || c FROM generate_series(1, 1 + ({students} - 1) / {a_class}) c;
    INSERT INTO class_teachers (institution_id, class_id, teacher_id)
        SELECT 1, id, 2000001 + (id - 1) / 4 FROM classes;
    INSERT INTO enrolments (institution_id, id, class_id, student_id, enrolled_at)
        SELECT 1, s, 1 + (s - 1) / {a_class}, s, timestamptz '2025-12-01Z' FROM generate_series(1, {students}) s;"""
_ATTEMPTS = """
    INSERT INTO question_attempts (institution_id, id, student_id, question_id, class_id, sequence, attempted_at,
        is_correct, time_taken_seconds)
    SELECT 1, md5(s || '/' || k)::uuid, s, q, class, k,
        timestamptz '2026-01-01Z' + k / 20 * interval '3 days' + k * interval '45 s',
        drawn(s * 131 + k, 3) < 1 / (1 + exp(3 * drawn(q, 1) - 3 * drawn(s, 2) - 0.05 * (k % 12))), 20
    FROM generate_series({first}, {last}) k, generate_series(1, {students}) s,
        LATERAL (SELECT 1 + (s - 1) / {a_class} AS class) those,
        LATERAL (SELECT class % 2 * 60 + (s * 7 + k / {each}) % 60 AS concept) practised,
        LATERAL (SELECT 1 + concept * 25 + floor(25 * drawn(s * 131 + k, 4))::bigint AS q) asked"""
_DRAWN = """
    CREATE FUNCTION pg_temp.drawn(number bigint, kind bigint) RETURNS double precision LANGUAGE sql IMMUTABLE
        RETURN (hashint8extended(number, kind) & 1048575) / 1048576.0::double precision"""
_EACH, _EACH_MORE = 12, 4
"""Answers after which a student goes on to the next concept; those of the class that is looked at, to all sixty."""


def made(url: str, *, attempts: int) -> int:
    """Fill a fresh database; how many attempts there are."""
    students = max(attempts // A_STUDENT, A_CLASS)
    with psycopg.connect(url, autocommit=True) as admin:
        # Keys hold by construction, and checking each would take longer than all that is measured.
        admin.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        admin.execute(_SCHOOL.format(students=students, a_class=A_CLASS))
        admin.execute(_DRAWN)
        admin.execute("SET search_path = public, pg_temp")
        for first in range(0, A_STUDENT, AT_ONCE):
            _answer(admin, range(first, first + AT_ONCE), students, _EACH)
        more = range(A_STUDENT, A_STUDENT + 60 * _EACH_MORE)
        _answer(admin, more, A_CLASS, _EACH_MORE)
        admin.execute("VACUUM ANALYZE")
        admin.execute("CHECKPOINT")  # its writing must not fall into the time of what is measured
    return students * A_STUDENT + A_CLASS * len(more)


def _answer(admin: psycopg.Connection[object], which: range, students: int, each: int) -> None:
    drawn = _ATTEMPTS.replace("drawn(", "pg_temp.drawn(")
    those = {"first": which.start, "last": which.stop - 1, "students": students, "each": each, "a_class": A_CLASS}
    admin.execute(drawn.format(**those))
