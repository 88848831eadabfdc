"""Profiles: how a user wants to see edukit, and where the levels of mastery begin for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, Double, cast, func, literal, select
from sqlalchemy.dialects.postgresql import insert

from edukit.errors import ActionError
from edukit.models import Profile, User
from edukit.models.people import THEMES
from edukit.settings import RISING_SCORES, are_rising_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session


def choose_theme(session: Session, *, institution_id: int, user_id: int, theme: str) -> None:
    """Keep the theme in which a user wants to see edukit; the caller commits.

    Args:
        session: of the application.
        institution_id: institution of the user.
        user_id: who chooses.
        theme: light, dark or system.

    Raises:
        ActionError: there is no such theme, or no such user who is still there.
    """
    if theme not in THEMES:
        message = f"A theme is {', '.join(THEMES[:-1])} or {THEMES[-1]}, not {theme[:40]!r}; nothing was changed."
        raise ActionError(message)
    # Whoever leaves loses their profile: locked, they cannot leave before this has made it.
    here = (
        select(User.institution_id, User.id, literal(theme))
        .where(User.institution_id == institution_id, User.id == user_id, User.departed_at.is_(None))
        .with_for_update(read=True)
    )
    kept = insert(Profile).from_select(["institution_id", "user_id", "theme"], here)
    chosen = kept.on_conflict_do_update(index_elements=["institution_id", "user_id"], set_={"theme": theme})
    if not session.connection().execute(chosen.returning(Profile.user_id)).all():
        message = "You are no user of this institution any more, and nothing was changed."
        raise ActionError(message)


def choose_mastery_thresholds(session: Session, *, scores: Sequence[float] | None) -> None:
    """Keep at which scores the levels of mastery begin for whose login the session's is; the caller commits.

    Args:
        session: of a login that was minted for a user.
        scores: at which *developing*, *proficient* and *mastered* begin (0-100); None: where they do for everybody.

    Raises:
        ActionError: they do not rise, or are no scores.
    """
    if scores is not None and not are_rising_scores(scores):
        given = ", ".join(f"{score:g}" for score in scores)[:40]
        message = f"Levels begin at {RISING_SCORES}, not at {given}; nothing was changed."
        raise ActionError(message)
    wanted = None if scores is None else [float(score) for score in scores]
    session.execute(select(func.choose_mastery_thresholds(cast(wanted, ARRAY(Double)))))
