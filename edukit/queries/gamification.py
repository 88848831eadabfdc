"""Gamification: the ledger of points as a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import cast, extract, select
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION

from edukit.db.copy import read_columns
from edukit.models import GamificationEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from sqlalchemy.orm import Session

LEDGER = {
    "student_id": "int64",
    "event_type": "object",
    "points_awarded": "int64",
    "xp_awarded": "int64",
    "occurred_us": "float64",
}


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
