"""Steps of a grievance: its row under lock, the next event with its words, and the change that goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, func, insert, select, update

from edukit.actions.outbox import tell_outbox
from edukit.db.ids import new_uuids
from edukit.errors import NotFound
from edukit.models import Grievance, GrievanceEvent, GrievanceEventDetails

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session


class Case(NamedTuple):
    """A grievance as it stands under its lock, and the moment of the step that is taken now."""

    institution_id: int
    id: UUID
    status: str
    assigned_to: int | None
    erased_at: datetime | None
    steps: int
    at: datetime


def locked(session: Session, institution_id: int, grievance_id: UUID, now: datetime) -> Case:
    """The grievance under its lock, and its next step's moment: no step comes before the one it follows.

    Raises:
        NotFound: the institution has no such grievance.
    """
    case, step = Grievance, GrievanceEvent
    wanted = and_(case.institution_id == institution_id, case.id == grievance_id)
    columns = (case.status, case.assigned_to, case.erased_at, case.filed_at)
    row = session.execute(select(*columns).where(wanted).with_for_update()).one_or_none()
    if row is None:
        message = f"There is no grievance {grievance_id} at this institution: nothing was done."
        raise NotFound(message)
    # A statement of its own: one that waited for the lock would not see what it waited for.
    steps, latest = session.execute(
        select(func.coalesce(func.max(step.sequence), 0), func.coalesce(func.max(step.occurred_at), now)).where(
            step.institution_id == institution_id, step.grievance_id == grievance_id
        )
    ).one()
    status, assigned_to, erased_at, filed_at = row
    at = max(now, filed_at, latest)
    return Case(institution_id, grievance_id, status, assigned_to, erased_at, steps, at)


def take_step(session: Session, case: Case, action: str, actor: int | None, words: str, **more: int | str) -> Case:
    """Add the next event of a grievance with its words, if there are any, and leave word of it; the case after it."""
    step = {"institution_id": case.institution_id, "id": new_uuids(case.at)[0], "grievance_id": case.id}
    step |= {"sequence": case.steps + 1, "action": action, "actor_id": actor, "occurred_at": case.at}
    connection = session.connection()
    connection.execute(insert(GrievanceEvent).values(step | more))
    if words:
        said = {"institution_id": case.institution_id, "event_id": step["id"], "details": words}
        connection.execute(insert(GrievanceEventDetails).values(said))
    tell_outbox(session, institution_id=case.institution_id, grievance_ids=[case.id])
    return case._replace(steps=case.steps + 1)


def change_case(session: Session, case: Case, **values: Any) -> None:
    """Change columns of a grievance's row, beside the step that says so."""
    row = and_(Grievance.institution_id == case.institution_id, Grievance.id == case.id)
    session.connection().execute(update(Grievance).where(row).values(**values))
