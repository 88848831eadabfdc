"""What whoever looks has chosen for themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from edukit.models import Profile
from edukit.settings import are_rising_scores

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

THRESHOLDS = "mastery_thresholds"


def own_thresholds(session: Session) -> tuple[float, float, float] | None:
    """Scores (0-100) at which the levels begin for the user whose login the session's is; None: they chose none.

    What a source has left under that name and is no such scores counts as none.
    """
    viewer = func.viewer().table_valued("user_id", "institution_id")
    query = select(Profile.preferences[THRESHOLDS]).join(
        viewer, (Profile.institution_id == viewer.c.institution_id) & (Profile.user_id == viewer.c.user_id)
    )
    chosen = session.scalar(query)
    if not isinstance(chosen, list) or not all(isinstance(score, int | float) for score in chosen):
        return None
    return (chosen[0], chosen[1], chosen[2]) if are_rising_scores(chosen) else None
