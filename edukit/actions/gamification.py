"""Gamification: keeping students' standing in step with the ledger of points."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import select

from edukit.analytics.points import standing
from edukit.db.copy import copy_rows
from edukit.models import Institution, Student, StudentPoints
from edukit.queries.gamification import ledger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pandas as pd
    from sqlalchemy.orm import Session

# The ledger is read whole for some students at a time: an institution's may not fit into memory.
_STUDENTS_AT_ONCE = 500
_NOTHING_YET = {"points": 0, "xp": 0, "level": 1, "current_streak": 0, "best_streak": 0}


def refresh_points(
    session: Session, *, institution_id: int, now: datetime, student_ids: Sequence[int] | None = None
) -> int:
    """Compute where the students (None: all of the institution) stand and store it; how many rows.

    Each of them gets a row, also who has no event yet. A day is a day in the institution's time zone.
    """
    if student_ids is None:
        everybody = select(Student.id).where(Student.institution_id == institution_id).order_by(Student.id)
        student_ids = list(session.scalars(everybody))
    time_zone = session.scalars(select(Institution.time_zone).where(Institution.id == institution_id)).one()
    return sum(
        copy_rows(session, StudentPoints, rows.assign(computed_at=now), on_conflict="update")
        for start in range(0, len(student_ids), _STUDENTS_AT_ONCE)
        for rows in [_standing(session, institution_id, student_ids[start : start + _STUDENTS_AT_ONCE], now, time_zone)]
    )


def _standing(
    session: Session, institution_id: int, student_ids: Sequence[int], now: datetime, time_zone: str
) -> pd.DataFrame:
    """The rows of some students, but for the moment of their computation."""
    events = ledger(session, institution_id=institution_id, student_ids=student_ids)
    rows = standing(events, today=now.astimezone(ZoneInfo(time_zone)).date(), time_zone=time_zone)
    whole = rows.set_index("student_id").reindex(sorted(student_ids)).fillna(_NOTHING_YET).reset_index()
    whole.insert(0, "institution_id", institution_id)
    return whole.astype(dict.fromkeys(_NOTHING_YET, "int64"))
