"""One student, as frames: who they are, what they master, and what they do day by day."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import Date, Double, Integer, Numeric, and_, cast, func, literal, select, true, union_all

from edukit.models import (
    Class,
    ConceptMastery,
    Enrolment,
    Institution,
    QuestionAttempt,
    Student,
    StudentPoints,
    Submission,
    User,
)
from edukit.queries.classroom import by_name
from edukit.queries.curriculum import concepts
from edukit.queries.frames import ACTIVITY, STUDENT, STUDENT_MASTERY, STUDENTS
from edukit.queries.frames.frame import inferred
from edukit.queries.gamification import badge_count, live_streak, local_day

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy import Subquery
    from sqlalchemy.orm import InstrumentedAttribute, Session

PERSON = and_(User.institution_id == Student.institution_id, User.id == Student.id)


def students(session: Session, *, institution_id: int, class_id: int) -> pd.DataFrame:
    """Who is enrolled in a class now, by name: columns of ``frames.STUDENTS``."""
    query = (
        select(Student.id, User.name, Student.grade, Enrolment.enrolled_at)
        .join(User, PERSON)
        .join(Enrolment, and_(Enrolment.institution_id == Student.institution_id, Enrolment.student_id == Student.id))
        .where(
            Enrolment.institution_id == institution_id,
            Enrolment.class_id == class_id,
            Enrolment.left_at.is_(None),
        )
        .order_by(User.name, Student.id)
    )
    return STUDENTS.of(session.execute(query).all())


def own_students(session: Session) -> pd.DataFrame:
    """Every student whom the session may see and who is still there, by name: columns of ``frames.STUDENTS``."""
    here = and_(
        Enrolment.institution_id == Student.institution_id,
        Enrolment.student_id == Student.id,
        Enrolment.left_at.is_(None),
    )
    query = (
        select(Student.id, User.name, Student.grade, func.min(Enrolment.enrolled_at))
        .join(User, PERSON)
        .outerjoin(Enrolment, here)
        .where(User.departed_at.is_(None))
        .group_by(Student.institution_id, Student.id, User.name, Student.grade)
        .order_by(User.name, Student.id)
    )
    return STUDENTS.of(session.execute(query).all())


def student(session: Session, *, institution_id: int, student_id: int, now: datetime) -> pd.DataFrame:
    """Who a student is and where they stand, in one row: columns of ``frames.STUDENT``."""
    answers, scores, standing = _answers(institution_id, student_id), _scores(institution_id, student_id), StudentPoints
    today = local_day(session, institution_id=institution_id, now=now)
    query = (
        select(
            Student.id,
            User.name,
            Institution.name,
            Student.grade,
            User.departed_at,
            answers.c.attempts,
            answers.c.correct_share,
            answers.c.last_attempted_at,
            scores.c.concepts,
            scores.c.median_mastery,
            func.coalesce(standing.points, 0),
            func.coalesce(standing.xp, 0),
            func.coalesce(standing.level, 1),
            live_streak(today),
            func.coalesce(standing.best_streak, 0),
            badge_count(),
            literal(today),
        )
        .join(User, PERSON)
        .join(Institution, Institution.id == Student.institution_id)
        .join(answers, true())
        .join(scores, true())
        .outerjoin(standing, and_(standing.institution_id == Student.institution_id, standing.student_id == Student.id))
        .where(Student.institution_id == institution_id, Student.id == student_id)
    )
    person = session.execute(query).one()
    classes = _classes_of_student(session, institution_id, student_id)
    return STUDENT.of([(*person[:4], *classes, *person[4:])])


def student_mastery(session: Session, *, institution_id: int, student_id: int) -> pd.DataFrame:
    """A student's mastery of every concept that they have answered on, in the order of the curriculum.

    Columns of ``frames.STUDENT_MASTERY``, with ``level`` left empty: its thresholds are the caller's.
    """
    columns = [
        "concept_id", "mastery_score", "mastery_low", "mastery_high", "total_attempts", "correct_attempts",
        "last_attempted_at",
    ]  # fmt: skip
    query = select(*(getattr(ConceptMastery, column) for column in columns)).where(
        ConceptMastery.institution_id == institution_id, ConceptMastery.student_id == student_id
    )
    scored = inferred(session.execute(query).all(), columns)
    taught = concepts(session, institution_id=institution_id)
    return STUDENT_MASTERY.typed(taught.merge(scored, on="concept_id").assign(level=None))


def activity(
    session: Session, *, institution_id: int, student_id: int, now: datetime, days: int | None = None
) -> pd.DataFrame:
    """What a student did on each day of the institution's calendar, in order: columns of ``frames.ACTIVITY``.

    Of the last ``days`` days up to today, or of all; a day on which nothing was done has no row.
    """
    zone = session.scalars(select(Institution.time_zone).where(Institution.id == institution_id)).one()
    since = None
    if days is not None:
        first = local_day(session, institution_id=institution_id, now=now) - timedelta(days=days - 1)
        since = datetime.combine(first, time(), ZoneInfo(zone))
    done = _done(institution_id, student_id, zone, since)
    attempts, correct, seconds, submissions = (func.sum(column) for column in [*done.c][1:])
    minutes = cast(seconds, Double) / 60
    day = done.c.active_on
    query = select(day, attempts, correct, minutes, submissions).group_by(day).order_by(day)
    return ACTIVITY.of(session.execute(query).all())


def _done(institution_id: int, student_id: int, zone: str, since: datetime | None) -> Subquery:
    """Each answer and each piece of work of a student, on its day."""
    attempt, work = QuestionAttempt, Submission

    def on_day(moment: InstrumentedAttribute[Any]) -> Any:
        return cast(func.timezone(zone, moment), Date).label("active_on")

    answered = select(
        on_day(attempt.attempted_at),
        literal(1).label("attempts"),
        cast(attempt.is_correct, Integer).label("correct_attempts"),
        # Added up as decimals: a sum of floating-point numbers depends on their order, which nobody promises.
        cast(func.coalesce(cast(attempt.time_taken_seconds, Double), 0.0), Numeric).label("seconds"),
        literal(0).label("submissions"),
    ).where(
        attempt.institution_id == institution_id, attempt.student_id == student_id, attempt.attempted_at.is_not(None)
    )
    handed_in = select(on_day(work.submitted_at), literal(0), literal(0), literal(0), literal(1)).where(
        work.institution_id == institution_id, work.student_id == student_id
    )
    if since is not None:
        answered, handed_in = answered.where(attempt.attempted_at >= since), handed_in.where(work.submitted_at >= since)
    return union_all(answered, handed_in).subquery()


def _answers(institution_id: int, student_id: int) -> Subquery:
    """How many answers a student has given, the share of right ones, and the latest."""
    attempt = QuestionAttempt
    return (
        select(
            func.count().label("attempts"),
            func.avg(cast(attempt.is_correct, Integer)).label("correct_share"),
            func.max(attempt.attempted_at).label("last_attempted_at"),
        )
        .where(attempt.institution_id == institution_id, attempt.student_id == student_id)
        .subquery()
    )


def _scores(institution_id: int, student_id: int) -> Subquery:
    """How many concepts a student has a score on, and the median of the scores."""
    known = ConceptMastery
    return (
        select(
            func.count().label("concepts"),
            func.percentile_cont(0.5).within_group(known.mastery_score).label("median_mastery"),
        )
        .where(known.institution_id == institution_id, known.student_id == student_id)
        .subquery()
    )


def _classes_of_student(session: Session, institution_id: int, student_id: int) -> tuple[str | None, str | None]:
    """Names and ids of the classes that a student is enrolled in, by name; missing: none."""
    query = (
        select(Class.name, Class.id)
        .join(Enrolment, and_(Enrolment.institution_id == Class.institution_id, Enrolment.class_id == Class.id))
        .where(
            Enrolment.institution_id == institution_id,
            Enrolment.student_id == student_id,
            Enrolment.left_at.is_(None),
        )
    )
    found = sorted(session.execute(query).all(), key=lambda row: (by_name(row[0]), row[1]))
    return ", ".join(row[0] for row in found) or None, ",".join(str(row[1]) for row in found) or None
