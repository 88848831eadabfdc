"""Routing rules of grievances: who answers those of a category from a severity on."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import Interval, func, insert, literal, or_, select, update

from edukit.actions.audit import record_event
from edukit.actions.grievances import expect_one_of
from edukit.actions.presence import expect_authority
from edukit.db.ids import Ids
from edukit.errors import NotFound
from edukit.models import GrievanceRoutingRule, Institution
from edukit.models.grievances import CATEGORIES, SEVERITIES

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def set_routing_rule(  # noqa: PLR0913 - each is a part of the rule
    session: Session,
    *,
    institution_id: int,
    category: str,
    minimum_severity: str,
    authority_id: int,
    now: datetime,
    by: int | None,
) -> int:
    """Say who answers grievances of a category from a severity on; those filed before stay with whom they are.

    The rule that held for the two ends and stays in the table, and a new one begins; where it says the same already,
    nothing is done.

    Args:
        session: the caller commits.
        institution_id: institution whose grievances they are.
        category: grade, feedback, fairness or other.
        minimum_severity: low, medium, high or critical: it holds from this one on, up to the next rule's.
        authority_id: user who answers: a teacher, mentor or admin who is still there.
        now: since when.
        by: user who sets it; None: who keeps the stores.

    Returns:
        The id of the rule that holds.

    Raises:
        ActionError: an unknown category or severity, or nobody who may answer.
        NotFound: there is no such institution.
    """
    expect_one_of("category", category, CATEGORIES)
    expect_one_of("severity", minimum_severity, SEVERITIES)
    # One after the other: of two at once the later one ends what the earlier one began.
    here = select(Institution.id).where(Institution.id == institution_id).with_for_update(key_share=True)
    if session.scalar(here) is None:
        message = f"There is no institution {institution_id}: nothing was done. Look for it in institutions."
        raise NotFound(message)
    expect_authority(session, institution_id, authority_id)
    rule, connection = GrievanceRoutingRule, session.connection()
    same = (
        rule.institution_id == institution_id,
        rule.category == category,
        rule.minimum_severity == minimum_severity,
    )
    goes_on = (rule.valid_until.is_(None), rule.valid_from <= now, rule.authority_id == authority_id)
    held = session.scalar(select(rule.id).where(*same, *goes_on))
    if held is not None:
        return held
    # One that is yet to begin ends as it does.
    ends = func.greatest(now, rule.valid_from + literal(timedelta(microseconds=1), Interval))
    lasts = or_(rule.valid_until.is_(None), rule.valid_until > now)
    connection.execute(update(rule).where(*same, lasts).values(valid_until=ends))
    # Of two that begin at one moment the later id counts.
    latest = session.scalar(select(func.max(rule.id)).where(rule.institution_id == institution_id)) or 0
    rule_id = max(int(Ids(np.random.default_rng()).take(1, now)[0]), latest + 1)
    row = {"institution_id": institution_id, "id": rule_id, "category": category, "minimum_severity": minimum_severity}
    connection.execute(insert(rule).values(row | {"authority_id": authority_id, "valid_from": now}))
    expect_authority(session, institution_id, authority_id)
    resource = f"grievance_routing_rules/{rule_id}"
    record_event(session, institution_id=institution_id, action="route", resource=resource, now=now, by=by)
    return rule_id
