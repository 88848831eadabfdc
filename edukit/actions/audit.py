"""Audit: recording who did what to what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, insert

from edukit.db.ids import new_uuids
from edukit.models import AuditEvent, AuditEventDetails

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session


def record_event(  # noqa: PLR0913 - each is a part of the act
    session: Session,
    *,
    institution_id: int,
    action: str,
    resource: str | None,
    now: datetime,
    by: int | None,
    details: Mapping[str, str | int] | None = None,
) -> None:
    """Record an act.

    Args:
        session: the caller commits, and with the act itself.
        institution_id: institution where it was done.
        action: what was done, such as ``close``.
        resource: to what, as ``table/id``; None: to nothing in particular.
        now: when.
        by: user who did it; None: edukit itself.
        details: what else is to be known, by name; None: nothing.
    """
    # What it tells beside is a row of its own, which must know it.
    event_id = func.gen_random_uuid() if details is None else new_uuids(now)[0]
    event = insert(AuditEvent).values(
        institution_id=institution_id,
        id=event_id,
        user_id=by,
        action=action,
        resource=resource,
        occurred_at=now,
    )
    session.connection().execute(event)
    if details is not None:
        row = {"institution_id": institution_id, "event_id": event_id, "details": dict(details)}
        session.connection().execute(insert(AuditEventDetails).values(row))
