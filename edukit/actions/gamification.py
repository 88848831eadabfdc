"""Gamification: the ledger of points, and keeping standings and badges in step with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import literal, select, update
from sqlalchemy.dialects.postgresql import insert as insert_unless_there

from edukit.actions.audit import record_event
from edukit.actions.badges import unlock_badges
from edukit.actions.outbox import tell_outbox
from edukit.actions.presence import expect_student
from edukit.analytics.points import CORRECTION, standing
from edukit.db.copy import copy_rows
from edukit.db.ids import new_uuids
from edukit.errors import ActionError, NotFound
from edukit.models import (
    Class,
    Enrolment,
    GamificationEvent,
    Institution,
    Student,
    StudentPoints,
    User,
)
from edukit.models.gamification import EVENT_TYPES
from edukit.queries.gamification import correction_of, ledger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    import pandas as pd
    from sqlalchemy import Row
    from sqlalchemy.orm import Session

MOST_POINTS, MOST_XP = 100, 1000
"""Points and experience points that one award may have."""
AWARDED_FOR = tuple(kind for kind in EVENT_TYPES if kind != CORRECTION)
# The ledger is read whole for some students at a time: an institution's may not fit into memory.
_STUDENTS_AT_ONCE = 500
_NOTHING_YET = {"points": 0, "xp": 0, "level": 1, "current_streak": 0, "best_streak": 0}


def award(  # noqa: PLR0913 - each is a part of the award
    session: Session,
    *,
    institution_id: int,
    student_id: int,
    class_id: int,
    event_type: str,
    points: int,
    xp: int,
    now: datetime,
    by: int | None,
    event_id: UUID | None = None,
) -> UUID:
    """Give a student points on a class's board, and the badges that they reach with it.

    Args:
        session: the caller commits; ledger, standing, badges and outbox are in step, or nothing is done.
        institution_id: institution of both.
        student_id: who earned it: enrolled in the class now.
        class_id: class on whose board it counts.
        event_type: what for: submission, feedback, achievement, streak or practice.
        points: 0 to 100.
        xp: experience points, 0 to 1,000.
        now: when it was earned.
        by: user who awards it; None: edukit by its rules.
        event_id: made where it happened, so that a second try is the same award; None: make one.

    Returns:
        The id of the event in the ledger.

    Raises:
        ActionError: it is against a rule, or another award has the id.
    """
    _expect_award(event_type, points, xp)
    _expect_enrolled(session, institution_id, class_id, student_id)
    if event_id is None:
        (event_id,) = new_uuids(now)
    event = {
        "institution_id": institution_id, "id": event_id, "student_id": student_id, "user_id": by,
        "class_id": class_id, "event_type": event_type, "points_awarded": points, "xp_awarded": xp,
        "occurred_at": now,
    }  # fmt: skip
    if _write_event(session, event):
        refresh_points(session, institution_id=institution_id, now=now, student_ids=[student_id])
        # The points that come with a badge may reach another.
        while unlock_badges(session, institution_id, student_id, now):
            refresh_points(session, institution_id=institution_id, now=now, student_ids=[student_id])
        tell_outbox(session, institution_id=institution_id, class_ids=[class_id], student_ids=[student_id])
    return event_id


def correct(session: Session, *, institution_id: int, event_id: UUID, now: datetime, by: int | None) -> UUID:
    """Take back an award of points; it stays in the ledger, with a correction beside it, and badges stay.

    Args:
        session: the caller commits.
        institution_id: institution of the event.
        event_id: event that is taken back.
        now: when.
        by: user who takes it back; None: edukit by its rules.

    Returns:
        The id of the correction.

    Raises:
        NotFound: the ledger has no such event.
        ActionError: it is a correction, came with a badge, or was taken back before.
    """
    which = (GamificationEvent.institution_id == institution_id, GamificationEvent.id == event_id)
    found = session.execute(select(*GamificationEvent.__table__.columns).where(*which)).one_or_none()
    if found is None:
        message = f"There is no award {event_id} and nothing was taken back: a student's ledger of points lists theirs."
        raise NotFound(message)
    _expect_correctable(found)
    correction = {
        "institution_id": institution_id, "id": correction_of(event_id), "student_id": found.student_id,
        "user_id": by, "class_id": found.class_id, "event_type": CORRECTION,
        "points_awarded": -found.points_awarded, "xp_awarded": -found.xp_awarded, "occurred_at": now,
    }  # fmt: skip
    if not _insert_event(session, correction):
        message = f"The award {event_id} was taken back before, and nothing was changed: each is taken back once."
        raise ActionError(message)
    refresh_points(session, institution_id=institution_id, now=now, student_ids=[found.student_id])
    boards = [] if found.class_id is None else [found.class_id]
    tell_outbox(session, institution_id=institution_id, class_ids=boards, student_ids=[found.student_id])
    return correction_of(event_id)


def name_on_boards(  # noqa: PLR0913 - each is a part of the act
    session: Session, *, institution_id: int, student_id: int, agreed: bool, now: datetime, by: int | None
) -> str:
    """Keep whether a student has agreed to be named to classmates on boards; nobody is before that.

    Args:
        session: the caller commits.
        institution_id: institution of the student.
        student_id: whose agreement it is.
        agreed: whether they agree; they may take it back at any time.
        now: when.
        by: user who heard it; None: who keeps the stores.

    Returns:
        The student's name.

    Raises:
        NotFound: the institution has no such student.
        ActionError: they have left.
    """
    expect_student(session, institution_id, student_id)
    whom = (Student.institution_id == institution_id, Student.id == student_id)
    session.connection().execute(update(Student).where(*whom).values(named_on_boards=agreed))
    student = expect_student(session, institution_id, student_id)
    record_event(
        session,
        institution_id=institution_id,
        action="name_on_boards" if agreed else "hide_on_boards",
        resource=f"students/{student_id}",
        now=now,
        by=by,
    )
    enrolled = select(Enrolment.class_id).where(
        Enrolment.institution_id == institution_id, Enrolment.student_id == student_id, Enrolment.left_at.is_(None)
    )
    classes = session.scalars(enrolled).all()
    tell_outbox(session, institution_id=institution_id, class_ids=classes, student_ids=[student_id])
    return student


def refresh_points(
    session: Session, *, institution_id: int, now: datetime, student_ids: Sequence[int] | None = None
) -> int:
    """Compute where the students (None: all of the institution) stand and store it; how many rows.

    Each of them gets a row, also who has no event yet. A day is a day in the institution's time zone. Their rows
    stay locked until the end of the transaction: who refreshes the same student meanwhile waits, and counts this
    transaction's events too.
    """
    if student_ids is None:
        everybody = select(Student.id).where(Student.institution_id == institution_id).order_by(Student.id)
        student_ids = list(session.scalars(everybody))
    time_zone = session.scalars(select(Institution.time_zone).where(Institution.id == institution_id)).one()
    written = 0
    for start in range(0, len(student_ids), _STUDENTS_AT_ONCE):
        some = student_ids[start : start + _STUDENTS_AT_ONCE]
        _lock(session, institution_id, some, now)
        rows = _standing(session, institution_id, some, now, time_zone)
        written += copy_rows(session, StudentPoints, rows.assign(computed_at=now), on_conflict="update")
    return written


def _lock(session: Session, institution_id: int, student_ids: Sequence[int], now: datetime) -> None:
    """Lock the students' rows, making those that are missing: only a row that is there can be locked."""
    whom = (Student.institution_id == institution_id, Student.id.in_(student_ids))
    nothing = {**_NOTHING_YET, "computed_at": now}
    rows = select(Student.institution_id, Student.id, *map(literal, nothing.values())).where(*whom)
    into = insert_unless_there(StudentPoints).from_select(
        ["institution_id", "student_id", *nothing], rows.order_by(Student.id)
    )
    session.connection().execute(into.on_conflict_do_nothing())
    row = StudentPoints
    # In one order, so that two who lock some of the same wait for each other and not in a circle.
    locked = select(row.student_id).where(row.institution_id == institution_id, row.student_id.in_(student_ids))
    session.execute(locked.order_by(row.student_id).with_for_update()).all()


def _standing(
    session: Session, institution_id: int, student_ids: Sequence[int], now: datetime, time_zone: str
) -> pd.DataFrame:
    """The rows of some students, but for the moment of their computation."""
    events = ledger(session, institution_id=institution_id, student_ids=student_ids)
    rows = standing(events, today=now.astimezone(ZoneInfo(time_zone)).date(), time_zone=time_zone)
    whole = rows.set_index("student_id").reindex(sorted(student_ids)).fillna(_NOTHING_YET).reset_index()
    whole.insert(0, "institution_id", institution_id)
    return whole.astype(dict.fromkeys(_NOTHING_YET, "int64"))


def _write_event(session: Session, event: dict[str, Any]) -> bool:
    """Add an award to the ledger; False: the same was added before.

    Raises:
        ActionError: another award has its id.
    """
    if _insert_event(session, event):
        return True
    same = [getattr(GamificationEvent, name) == event[name] for name in event if name not in {"user_id", "occurred_at"}]
    if session.scalar(select(GamificationEvent.id).where(*same)) is None:
        message = (
            f"Another award has the id {event['id']}, and nothing more was awarded: look at the student's ledger, and "
            "make a new id for a new award."
        )
        raise ActionError(message)
    return False


def _insert_event(session: Session, event: dict[str, Any]) -> bool:
    """Add an event to the ledger unless its id is there."""
    statement = insert_unless_there(GamificationEvent).values(event).on_conflict_do_nothing()
    return session.connection().execute(statement.returning(GamificationEvent.id)).first() is not None


def _expect_award(event_type: str, points: int, xp: int) -> None:
    if event_type not in AWARDED_FOR:
        message = f"Points are awarded for {', '.join(AWARDED_FOR)}, not for {event_type!r}; nothing was awarded."
        raise ActionError(message)
    for name, value, most in (("points", points, MOST_POINTS), ("experience points", xp, MOST_XP)):
        if not 0 <= value <= most:
            message = f"An award has 0 to {most:,} {name}, not {value:,}, and nothing was awarded: give it in parts."
            raise ActionError(message)


def _expect_enrolled(session: Session, institution_id: int, class_id: int, student_id: int) -> None:
    there = select(Enrolment.id).where(
        Enrolment.institution_id == institution_id,
        Enrolment.class_id == class_id,
        Enrolment.student_id == student_id,
        Enrolment.left_at.is_(None),
    )
    if session.scalar(there) is None:
        student = session.scalar(select(User.name).where(User.institution_id == institution_id, User.id == student_id))
        class_ = session.scalar(select(Class.name).where(Class.institution_id == institution_id, Class.id == class_id))
        message = (
            f"{student or f'Student {student_id}'} is not enrolled in {class_ or f'class {class_id}'} now, and nothing "
            "was awarded: points on a board are for the class's own students."
        )
        raise ActionError(message)


def _expect_correctable(event: Row[Any]) -> None:
    reason = None
    if event.event_type == CORRECTION:
        reason = "is itself a correction: award the points again instead"
    elif event.badge_id is not None:
        reason = "came with a badge, and badges stay: take back the awards that were not earned"
    if reason is not None:
        message = f"The event {event.id} {reason}; nothing was changed."
        raise ActionError(message)
