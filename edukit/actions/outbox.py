"""Outbox: telling the server's worker what has changed, in the transaction that changes it; and its hearing of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, delete, or_, select

from edukit.db.ids import new_uuids
from edukit.models import OutboxEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

# As arrays: it is the same for one and for thousands, and needs no table that a copy goes by, which who looks may not
# make.
TELL: Final = """
    INSERT INTO outbox (institution_id, id, class_id, student_id, grievance_id)
    SELECT %(here)s, r.* FROM unnest(
        %(outbox_id)s::uuid[], %(outbox_class_id)s::bigint[], %(outbox_student_id)s::bigint[],
        %(outbox_grievance_id)s::uuid[]) r"""


def tell_outbox(
    session: Session,
    *,
    institution_id: int,
    class_ids: Iterable[int] = (),
    student_ids: Iterable[int] = (),
    grievance_ids: Iterable[UUID] = (),
) -> None:
    """Leave word that something has changed of any of these; who waits for it is woken at the commit.

    Args:
        session: the caller commits, and with the change itself.
        institution_id: institution that they belong to.
        class_ids: classes of which what is shown has changed.
        student_ids: students of whom it has.
        grievance_ids: grievances in which a step was taken.
    """
    rows = outbox_rows(class_ids=class_ids, student_ids=student_ids, grievance_ids=grievance_ids)
    if rows["outbox_id"]:
        session.connection().exec_driver_sql(TELL, rows | {"here": institution_id})


def outbox_rows(
    *,
    class_ids: Iterable[int] = (),
    student_ids: Iterable[int] = (),
    grievance_ids: Iterable[UUID] = (),
) -> dict[str, list[Any]]:
    """What ``TELL`` takes, beside the institution: a list of each column, for a statement that does more at once."""
    told: dict[str, Iterable[int | UUID]] = {
        "class_id": class_ids, "student_id": student_ids, "grievance_id": grievance_ids
    }  # fmt: skip
    about = [(column, id_) for column, ids in told.items() for id_ in sorted(set(ids))]
    rows: dict[str, list[Any]] = {
        f"outbox_{name}": [id_ if name == column else None for column, id_ in about] for name in told
    }
    # The clock itself, not the moment that is shown: these rows are read in the order in which they were left.
    return rows | {"outbox_id": new_uuids(datetime.now(UTC), len(about))}


def take_outbox(session: Session, *, most: int) -> Sequence[OutboxEntry]:
    """The eldest entries that nobody else has taken; until the transaction ends they are the caller's."""
    eldest = select(OutboxEntry).order_by(OutboxEntry.id).limit(most).with_for_update(skip_locked=True)
    return session.scalars(eldest).all()


def clear_outbox(session: Session, entries: Sequence[OutboxEntry]) -> None:
    """Delete entries that were taken and have been heard."""
    ids: dict[int, list[UUID]] = {}
    for entry in entries:
        ids.setdefault(entry.institution_id, []).append(entry.id)
    heard = (and_(OutboxEntry.institution_id == there, OutboxEntry.id.in_(of_it)) for there, of_it in ids.items())
    session.connection().execute(delete(OutboxEntry).where(or_(*heard)))
