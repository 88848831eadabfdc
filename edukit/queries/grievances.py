"""Grievances, as frames: none of them tells who complains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import pandas as pd
from sqlalchemy import and_, case, exists, false, func, select
from sqlalchemy.orm import aliased

from edukit.db.functions import microseconds, uuid_text
from edukit.errors import NotFound
from edukit.models import (
    Grievance,
    GrievanceEvent,
    GrievanceEventDetails,
    GrievanceRoutingRule,
    Institution,
    User,
)
from edukit.models.grievances import AUTHORITY_ROLES, SEVERITIES, STATUSES
from edukit.queries.frames import GRIEVANCE, GRIEVANCE_AUTHORITIES, GRIEVANCE_EVENTS, GRIEVANCES
from edukit.queries.frames.frame import inferred
from edukit.queries.people import institution_holding

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import InstrumentedAttribute, Session
    from sqlalchemy.orm.util import AliasedClass

DAY = 86_400e6
"""Microseconds."""
COMPLAINANT = "the complainant"
"""What the database calls who complains, and nobody else."""
_WAITING = Grievance.status.in_(("open", "in_progress"))


class Complainant(NamedTuple):
    """Who complains."""

    student_id: int
    student: str


def find_grievance(session: Session, grievance_id: str | UUID) -> tuple[int, UUID]:
    """``(institution_id, id)`` of a grievance.

    Raises:
        NotFound: the session sees no such grievance.
    """
    try:
        wanted = grievance_id if isinstance(grievance_id, UUID) else UUID(grievance_id)
    except ValueError:
        wanted = None
    institution_id = None if wanted is None else institution_holding(session, Grievance, wanted)
    if wanted is None or institution_id is None:
        message = f"There is no grievance {str(grievance_id)[:40]!r} among the grievances that you may see."
        raise NotFound(message)
    return institution_id, wanted


def grievances(
    session: Session, *, as_of: datetime, status: str | None = None, user_id: int | None = None
) -> pd.DataFrame:
    """Grievances that the session may see, the most urgent first; columns of ``frames.GRIEVANCES``.

    Those that wait for an answer come before the others, the severest of them first, then the oldest.

    Args:
        session: whose rows are read.
        as_of: moment up to which ages are counted.
        status: only those in this status; None: all.
        user_id: whose grievances are ``mine``; None: nobody's.

    Raises:
        NotFound: there is no such status.
    """
    if status is not None and status not in STATUSES:
        message = f"There is no status {status!r}; a grievance is {', '.join(STATUSES[:-1])} or {STATUSES[-1]}."
        raise NotFound(message)
    query = _cases(user_id, as_of)
    if status is not None:
        query = query.where(Grievance.status == status)
    severest_first = case({name: -place for place, name in enumerate(SEVERITIES)}, value=Grievance.severity)
    in_order = query.order_by(case((_WAITING, 0), else_=1), severest_first, Grievance.filed_at, Grievance.id)
    return GRIEVANCES.of(session.execute(in_order).all())


def grievance(
    session: Session, *, institution_id: int, grievance_id: UUID, as_of: datetime, user_id: int | None = None
) -> pd.DataFrame:
    """One grievance with its words, in one row: columns of ``frames.GRIEVANCE``; others as for the list."""
    query = (
        _cases(user_id, as_of)
        .add_columns(Grievance.description, Grievance.resolution)
        .where(Grievance.institution_id == institution_id, Grievance.id == grievance_id)
    )
    return GRIEVANCE.of(session.execute(query).all())


def grievance_events(session: Session, *, institution_id: int, grievance_id: UUID) -> pd.DataFrame:
    """Every step of a grievance, in order; columns of ``frames.GRIEVANCE_EVENTS``."""
    step, words, taker = GrievanceEvent, GrievanceEventDetails, aliased(User)
    # Whoever reads this may not read who did it where that is who complains.
    actor = func.grievance_actor(step.institution_id, step.id)
    query = (
        select(
            uuid_text(step.grievance_id),
            step.sequence,
            step.action,
            actor,
            step.from_status,
            step.to_status,
            taker.name,
            step.routing_rule_id,
            words.details,
            words.erased_at.is_not(None),
            step.occurred_at,
        )
        .outerjoin(taker, _is_user(taker, step.institution_id, step.assigned_to))
        .outerjoin(words, and_(words.institution_id == step.institution_id, words.event_id == step.id))
        .where(step.institution_id == institution_id, step.grievance_id == grievance_id)
        .order_by(step.sequence)
    )
    return GRIEVANCE_EVENTS.of(session.execute(query).all())


def grievance_authorities(session: Session, *, institution_id: int, grievance_id: UUID) -> pd.DataFrame:
    """Whom a grievance may be assigned to, by name: columns of ``frames.GRIEVANCE_AUTHORITIES``."""
    waiting = (
        select(Grievance.assigned_to, func.count().label("waiting"))
        .where(Grievance.institution_id == institution_id, _WAITING, Grievance.assigned_to.is_not(None))
        .group_by(Grievance.assigned_to)
        .subquery()
    )
    # Of grievances only some columns are everybody's reading.
    holds = exists(
        select(Grievance.id).where(
            Grievance.institution_id == institution_id, Grievance.id == grievance_id, Grievance.assigned_to == User.id
        )
    )
    query = (
        select(User.id, User.name, User.role, holds, func.coalesce(waiting.c.waiting, 0))
        .outerjoin(waiting, waiting.c.assigned_to == User.id)
        .where(User.institution_id == institution_id, User.role.in_(AUTHORITY_ROLES), User.departed_at.is_(None))
        .order_by(User.name, User.id)
    )
    return GRIEVANCE_AUTHORITIES.of(session.execute(query).all())


def complainant(session: Session, *, institution_id: int, grievance_id: UUID) -> Complainant:
    """Who complains, to whom the grievance is assigned, once :func:`edukit.actions.grievances.reveal` has recorded it.

    Raises:
        NotFound: that is not recorded yet, or the grievance is not the viewer's to answer.
    """
    told = func.complainant_of(institution_id, grievance_id).table_valued("student_id", "student")
    row = session.execute(select(told.c.student_id, told.c.student)).one_or_none()
    if row is None:
        message = "Who complains is told to whom the grievance is assigned, after that is recorded: ask once more."
        raise NotFound(message)
    return Complainant(*row)


def routing_rules(session: Session, *, institution_id: int, category: str) -> pd.DataFrame:
    """The routing rules of a category, past ones too: what :func:`edukit.analytics.grievances.rule_for` takes."""
    columns = ["id", "category", "minimum_severity", "authority_id", "valid_from", "valid_until"]
    query = select(*(getattr(GrievanceRoutingRule, column) for column in columns)).where(
        GrievanceRoutingRule.institution_id == institution_id, GrievanceRoutingRule.category == category
    )
    return pd.DataFrame(session.execute(query).all(), columns=columns, dtype=object)


def status_steps(session: Session) -> pd.DataFrame:
    """Every step that set a status, in no order: what :func:`edukit.analytics.grievances.weekly_figures` takes."""
    columns = ["grievance_id", "from_status", "to_status", "occurred_at", "time_zone"]
    step = GrievanceEvent
    query = (
        select(step.grievance_id, step.from_status, step.to_status, step.occurred_at, Institution.time_zone)
        .join(Institution, Institution.id == step.institution_id)
        .where(step.to_status.is_not(None))
    )
    return inferred(session.execute(query).all(), columns)


def _cases(user_id: int | None, as_of: datetime) -> Select[*tuple[Any, ...]]:
    """A row a grievance: columns of ``frames.GRIEVANCES``."""
    holder, latest = aliased(User), aliased(GrievanceEvent)
    # Steps are numbered from 1 without a gap: the number of the latest is how many there are.
    last = select(func.max(GrievanceEvent.sequence)).where(_of_grievance()).correlate(Grievance).scalar_subquery()
    return (
        select(
            Institution.name,
            uuid_text(Grievance.id),
            Grievance.category,
            Grievance.severity,
            Grievance.status,
            holder.name,
            func.coalesce(Grievance.assigned_to == user_id, false()),
            Grievance.filed_at,
            Grievance.resolved_at,
            microseconds(func.coalesce(Grievance.resolved_at, as_of) - Grievance.filed_at) / DAY,
            latest.action,
            latest.occurred_at,
            func.coalesce(latest.sequence, 0),
        )
        .join(Institution, Institution.id == Grievance.institution_id)
        .outerjoin(holder, _is_user(holder, Grievance.institution_id, Grievance.assigned_to))
        .outerjoin(
            latest,
            and_(
                latest.institution_id == Grievance.institution_id,
                latest.grievance_id == Grievance.id,
                latest.sequence == last,
            ),
        )
    )


def _of_grievance() -> ColumnElement[bool]:
    return and_(GrievanceEvent.institution_id == Grievance.institution_id, GrievanceEvent.grievance_id == Grievance.id)


def _is_user(
    user: type[User] | AliasedClass[User],
    institution_id: InstrumentedAttribute[int],
    user_id: InstrumentedAttribute[int] | InstrumentedAttribute[int | None],
) -> ColumnElement[bool]:
    return and_(user.institution_id == institution_id, user.id == user_id)
