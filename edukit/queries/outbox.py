"""Outbox: of what the server's worker has yet to hear, and how far the database has come."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import exists, select, text

from edukit.models import OutboxEntry

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


_HORIZON = text("""
    SELECT pg_snapshot_xmax(now)::text::bigint, ARRAY(SELECT pg_snapshot_xip(now)::text::bigint)
    FROM pg_current_snapshot() now""")


class Horizon(NamedTuple):
    """How far the database has come: who reads from now on finds what all other transactions wrote."""

    next: int
    """Of the transactions from this number on none has ended."""
    running: tuple[int, ...]
    """Numbers of those before it that have not either."""


def horizon(session: Session) -> Horizon:
    """How far the database has come, as far as this session's next statement will see."""
    coming, running = session.execute(_HORIZON).one()
    return Horizon(coming, tuple(running))


def is_pending(
    session: Session, *, institution_id: int, class_id: int | None = None, student_id: int | None = None
) -> bool:
    """Whether something has changed of a class, or of a student, that the worker has yet to hear of."""
    entry = OutboxEntry
    about = entry.class_id == class_id if student_id is None else entry.student_id == student_id
    return bool(session.scalar(select(exists().where(entry.institution_id == institution_id, about))))


def pending_classes(session: Session) -> set[tuple[int, int]]:
    """``(institution_id, class_id)`` of each class of which the worker has yet to hear."""
    query = select(OutboxEntry.institution_id, OutboxEntry.class_id).distinct()
    return {(row[0], row[1]) for row in session.execute(query) if row[1] is not None}
