"""Badges: giving a student those that the ledger says are reached."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from edukit.analytics.badges import BADGE_XP, POINTS_OF_RARITY, reached
from edukit.analytics.points import CORRECTION
from edukit.db.ids import new_uuids
from edukit.models import Badge, GamificationEvent, StudentBadge, StudentPoints
from edukit.queries.gamification import correction_of

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

_FIGURE_OF = {"submission": "submissions", "feedback": "comments_acted_on"}


def unlock_badges(session: Session, institution_id: int, student_id: int, now: datetime) -> int:
    """Give the student every badge that is reached and was not theirs yet; how many."""
    theirs = select(StudentBadge.badge_id).where(
        StudentBadge.institution_id == institution_id, StudentBadge.student_id == student_id
    )
    left = select(Badge.id, Badge.rarity, Badge.criteria).where(
        Badge.institution_id == institution_id, Badge.id.not_in(theirs)
    )
    candidates = session.execute(left.order_by(Badge.id)).all()
    if not candidates:
        return 0
    figures = _figures(session, institution_id, student_id)
    new = [badge for badge in candidates if reached(badge.criteria, figures)]
    whose = {"institution_id": institution_id, "student_id": student_id}
    # Of one moment with the award that they came with, they stand after it in the ledger.
    for badge, event_id in zip(new, new_uuids(now + timedelta(milliseconds=1), len(new)), strict=True):
        session.connection().execute(insert(StudentBadge).values(badge_id=badge.id, unlocked_at=now, **whose))
        event = {
            "id": event_id, "event_type": "achievement", "points_awarded": POINTS_OF_RARITY[badge.rarity],
            "xp_awarded": BADGE_XP, "badge_id": badge.id, "occurred_at": now, **whose,
        }  # fmt: skip
        session.connection().execute(insert(GamificationEvent).values(event))
    return len(new)


def _figures(session: Session, institution_id: int, student_id: int) -> dict[str, float]:
    """What badges may ask for and the ledger knows of a student, by name."""
    row, event = StudentPoints, GamificationEvent
    stored = select(row.points, row.xp, row.level, row.current_streak, row.best_streak).where(
        row.institution_id == institution_id, row.student_id == student_id
    )
    counted = select(event.id, event.event_type).where(
        event.institution_id == institution_id,
        event.student_id == student_id,
        event.event_type.in_([*_FIGURE_OF, CORRECTION]),
    )
    happened: dict[UUID, str] = dict(session.execute(counted).all())
    counts = dict.fromkeys(_FIGURE_OF.values(), 0)
    for event_id, kind in happened.items():
        # What was taken back did not happen.
        if kind != CORRECTION and correction_of(event_id) not in happened:
            counts[_FIGURE_OF[kind]] += 1
    return {**counts, **session.execute(stored).one()._asdict()}
