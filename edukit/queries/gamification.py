"""Gamification: the ledger of points, the boards and standings that follow from it, and badges, as frames."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, case, cast, extract, func, select
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION

from edukit.db.copy import read_columns
from edukit.db.functions import uuid_text
from edukit.db.ids import derived_uuids
from edukit.errors import NotFound
from edukit.models import (
    Badge,
    Class,
    Enrolment,
    GamificationEvent,
    Institution,
    Student,
    StudentBadge,
    StudentPoints,
    User,
)
from edukit.queries.boards import enrolled_points
from edukit.queries.classroom import within
from edukit.queries.frames import BADGES, POINTS_LEDGER
from edukit.queries.frames.frame import inferred
from edukit.queries.people import institution_holding

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    import pandas as pd
    from sqlalchemy import ColumnElement, ScalarSelect, Subquery
    from sqlalchemy.orm import Session

LEDGER = {
    "student_id": "int64",
    "event_type": "object",
    "points_awarded": "int64",
    "xp_awarded": "int64",
    "occurred_us": "float64",
}
BOARD_POINTS = {"student_id": "int64", "points": "int64"}
RECENT = timedelta(days=7)
"""How long an award is recent."""


def ledger(session: Session, *, institution_id: int, student_ids: Sequence[int]) -> pd.DataFrame:
    """Every event of the students, in no order.

    The columns that :func:`edukit.analytics.points.standing` takes.
    """
    event = GamificationEvent
    query = select(
        event.student_id,
        event.event_type,
        event.points_awarded,
        event.xp_awarded,
        cast(extract("epoch", event.occurred_at) * 1_000_000, DOUBLE_PRECISION),
    ).where(event.institution_id == institution_id, event.student_id.in_(student_ids))
    frame = read_columns(session, query, LEDGER)
    # A double is exact for microseconds until the year 2255.
    moments = frame.pop("occurred_us").astype("int64").astype("datetime64[us]")
    return frame.assign(occurred_at=moments.dt.tz_localize("UTC"))


def board_points(session: Session, *, institution_id: int, class_id: int) -> pd.DataFrame:
    """The points of everybody who is enrolled in a class now, as the ledger has them: ``student_id`` and ``points``."""
    rows = [(student_id, points) for _, _, student_id, points in enrolled_points(session, [(institution_id, class_id)])]
    return inferred(rows, list(BOARD_POINTS)).astype(BOARD_POINTS)


def board_students(  # noqa: PLR0913 - one for each end of the span
    session: Session,
    *,
    institution_id: int,
    class_id: int,
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
) -> pd.DataFrame:
    """Who is enrolled in a class now, by id, with what a board tells of them beside their points.

    Args:
        session: any.
        institution_id: of the class.
        class_id: whose board.
        now: the moment that everything is shown as of.
        since: points of this moment and later are the recent ones; None, and no ``until``: those of the last days.
        until: only those before this moment; None: up to now.

    Returns:
        ``student_id``, ``student``, ``named_on_boards``, and the columns of ``frames.LEADERBOARD`` from
        ``recent_points`` on.
    """
    standing = StudentPoints
    recent = _recent_points(institution_id, class_id, now, since, until)
    streak = live_streak(local_day(session, institution_id=institution_id, now=now))
    query = (
        select(
            Student.id.label("student_id"),
            User.name.label("student"),
            Student.named_on_boards,
            func.coalesce(recent.c.points, 0).label("recent_points"),
            func.coalesce(standing.xp, 0).label("xp"),
            func.coalesce(standing.level, 1).label("level"),
            streak.label("current_streak"),
            func.coalesce(standing.best_streak, 0).label("best_streak"),
            badge_count().label("badges"),
            standing.last_active_on,
        )
        .join(User, and_(User.institution_id == Student.institution_id, User.id == Student.id))
        .join(Enrolment, and_(Enrolment.institution_id == Student.institution_id, Enrolment.student_id == Student.id))
        .outerjoin(standing, and_(standing.institution_id == Student.institution_id, standing.student_id == Student.id))
        .outerjoin(recent, recent.c.student_id == Student.id)
        .where(*_enrolled(institution_id, class_id))
        .order_by(Student.id)
    )
    found = session.execute(query)
    return inferred(found.all(), list(found.keys()))


def badges(session: Session, *, institution_id: int, student_id: int) -> pd.DataFrame:
    """The badges of a student, the latest first: columns of ``frames.BADGES``."""
    query = (
        select(Badge.id, Badge.name, Badge.rarity, Badge.description, StudentBadge.unlocked_at)
        .join(
            StudentBadge,
            and_(StudentBadge.institution_id == Badge.institution_id, StudentBadge.badge_id == Badge.id),
        )
        .where(StudentBadge.institution_id == institution_id, StudentBadge.student_id == student_id)
        .order_by(StudentBadge.unlocked_at.desc(), Badge.name)
    )
    return BADGES.of(session.execute(query).all())


def points_ledger(session: Session, *, institution_id: int, student_id: int) -> pd.DataFrame:
    """Every event of a student, the latest first: columns of ``frames.POINTS_LEDGER``."""
    event = GamificationEvent
    query = (
        select(
            uuid_text(event.id),
            event.occurred_at,
            event.event_type,
            event.points_awarded,
            event.xp_awarded,
            event.class_id,
            Class.name,
            Badge.name,
            User.name,
        )
        .outerjoin(Class, and_(Class.institution_id == event.institution_id, Class.id == event.class_id))
        .outerjoin(Badge, and_(Badge.institution_id == event.institution_id, Badge.id == event.badge_id))
        .outerjoin(User, and_(User.institution_id == event.institution_id, User.id == event.user_id))
        .where(event.institution_id == institution_id, event.student_id == student_id)
        .order_by(event.occurred_at.desc(), event.id.desc())
    )
    rows = session.execute(query).all()
    corrections = {row[0] for row in rows if row.event_type == "correction"}
    # Where nothing was taken back, nobody need work out under which id it would have been.
    taken = [bool(corrections) and str(correction_of(UUID(row[0]))) in corrections for row in rows]
    return POINTS_LEDGER.of((*row, back) for row, back in zip(rows, taken, strict=True))


def institution_of_event(session: Session, event_id: UUID) -> int:
    """The institution of an event of the ledger.

    Raises:
        NotFound: the session sees no such event.
    """
    found = institution_holding(session, GamificationEvent, event_id)
    if found is None:
        message = f"There is no award {event_id}: a student's ledger of points lists theirs."
        raise NotFound(message)
    return found


def correction_of(event_id: UUID) -> UUID:
    """The id of the correction that takes an event back: there can be one, whoever asks and however often."""
    return derived_uuids([f"gamification_events/{event_id}/correction"])[0]


def local_day(session: Session, *, institution_id: int, now: datetime) -> date:
    """The day of the institution's calendar at a moment."""
    time_zone = session.scalars(select(Institution.time_zone).where(Institution.id == institution_id)).one()
    return now.astimezone(ZoneInfo(time_zone)).date()


def _enrolled(institution_id: int, class_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        Enrolment.institution_id == institution_id,
        Enrolment.class_id == class_id,
        Enrolment.left_at.is_(None),
    )


def _recent_points(
    institution_id: int, class_id: int, now: datetime, since: datetime | None, until: datetime | None
) -> Subquery:
    """By student: the points of a span of time, or else of the last days."""
    event = GamificationEvent
    latest = event.occurred_at > now - RECENT
    span = within(event.occurred_at, since, until) if since or until else [latest]
    return (
        select(event.student_id, func.sum(event.points_awarded).label("points"))
        .where(
            event.institution_id == institution_id,
            event.class_id == class_id,
            event.occurred_at <= now,
            *span,
        )
        .group_by(event.student_id)
        .subquery()
    )


def live_streak(today: date) -> ColumnElement[int]:
    """The stored streak, as long as it goes on: a day without an award has ended it since it was computed."""
    goes_on = StudentPoints.last_active_on >= today - timedelta(days=1)
    return case((goes_on, StudentPoints.current_streak), else_=0)


def badge_count() -> ScalarSelect[int]:
    """How many badges the student of the row has earned."""
    return (
        select(func.count())
        .select_from(StudentBadge)
        .where(StudentBadge.institution_id == Student.institution_id, StudentBadge.student_id == Student.id)
        .correlate(Student)
        .scalar_subquery()
    )
