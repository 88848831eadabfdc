"""The audit trail, as a frame."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Text, and_, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from edukit.db.functions import uuid_text
from edukit.errors import ActionError
from edukit.models import AuditEvent, AuditEventDetails, User
from edukit.queries.frames import AUDIT

if TYPE_CHECKING:
    import pandas as pd
    from sqlalchemy.orm import Session


def audit(  # noqa: PLR0913 - each narrows it
    session: Session,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    action: str | None = None,
    user_id: int | None = None,
    limit: int,
) -> pd.DataFrame:
    """The acts that the session may see, the latest first: columns of ``frames.AUDIT``.

    Args:
        session: an admin's sees the institution's, anybody else's their own.
        since: only from this moment on.
        until: only before this moment.
        action: only these, such as ``export``.
        user_id: only what this user did.
        limit: so many at most.
    """
    act, known = AuditEvent, AuditEventDetails
    beside = cast(known.details, JSONB)
    query = (
        select(
            uuid_text(act.id),
            act.occurred_at,
            act.user_id,
            User.name,
            User.role,
            act.action,
            act.resource,
            beside["address"].astext,
            cast(func.nullif(beside.op("-")("address"), cast({}, JSONB)), Text),
        )
        .outerjoin(User, and_(User.institution_id == act.institution_id, User.id == act.user_id))
        .outerjoin(known, and_(known.institution_id == act.institution_id, known.event_id == act.id))
        .order_by(act.occurred_at.desc(), act.id.desc())
        .limit(limit)
    )
    if since is not None:
        query = query.where(act.occurred_at >= since)
    if until is not None:
        query = query.where(act.occurred_at < until)
    if action is not None:
        query = query.where(act.action == action)
    if user_id is not None:
        query = query.where(act.user_id == user_id)
    return AUDIT.of(session.execute(query).all())


def viewing_institution(session: Session) -> int:
    """The institution whose login the session's is."""
    return int(session.scalar(select(func.viewer_institution())) or 0)


def moment_of(name: str, said: datetime | str | None) -> datetime | None:
    """A moment as it was said; one without a time zone is UTC's.

    Raises:
        ActionError: it is none.
    """
    if said is None:
        return None
    try:
        moment = said if isinstance(said, datetime) else datetime.fromisoformat(said)
    except ValueError:
        message = f"{name} takes a moment such as 2026-06-01 or 2026-06-01T08:00+02:00, not {said!r}."
        raise ActionError(message) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
