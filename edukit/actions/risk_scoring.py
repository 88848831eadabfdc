"""Risk: predicting by the rule, as of any day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from edukit.actions.audit import record_event
from edukit.actions.outbox import tell_outbox
from edukit.analytics.risk import NAME, VERSION, assess, rule_parameters, says_something
from edukit.db.copy import copy_rows
from edukit.db.ids import Ids, derived_uuids
from edukit.errors import ActionError
from edukit.models import Enrolment, Institution, RiskModel, RiskPrediction
from edukit.models.risk import RISK_LEVELS
from edukit.queries.risk_factors import risk_factors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

_SAID = (
    "risk_score", "risk_level", "submission_frequency", "code_quality_trend", "engagement_score",
    "feedback_response_hours", "confidence", "reasons",
)  # fmt: skip


@dataclass(frozen=True)
class Scored:
    """What a run of the rule said: of how many students, how many of each level, and how much of it was new."""

    students: int
    levels: dict[str, int]
    """Of the others too little is known to say."""
    written: int


def score_risk(session: Session, *, institution_id: int, on: date, now: datetime) -> Scored:
    """Predict for every student who is enrolled on a day, by the rule; said again, what is the same stays untouched.

    Args:
        session: of the application; the caller commits.
        institution_id: institution of the students.
        on: day of its calendar: what had happened before it counts, and nothing later.
        now: moment of the prediction.

    Raises:
        ActionError: the day is yet to come.
    """
    _expect_past(session, institution_id, on, now)
    model_id = _rule(session, institution_id, now)
    said = assess(risk_factors(session, institution_id=institution_id, on=on))
    rows = said.assign(predicted_on=on, institution_id=institution_id, model_id=model_id, predicted_at=now)
    new = _new(session, rows, institution_id, model_id, on)
    copy_rows(session, RiskPrediction, new, on_conflict="update")
    if len(new):
        _tell(session, institution_id, new["student_id"].tolist())
        resource = f"risk_models/{model_id}"
        record_event(session, institution_id=institution_id, action="score", resource=resource, now=now, by=None)
    known = map(says_something, said["risk_level"], said["confidence"])
    counts = said["risk_level"][np.fromiter(known, dtype=bool)].value_counts()
    return Scored(len(said), {level: int(counts.get(level, 0)) for level in RISK_LEVELS}, len(new))


def _expect_past(session: Session, institution_id: int, on: date, now: datetime) -> None:
    """Refuse a day that has not begun at the institution."""
    zone = session.scalars(select(Institution.time_zone).where(Institution.id == institution_id)).one()
    today = now.astimezone(ZoneInfo(zone)).date()
    if on > today:
        message = f"Risk is predicted as of today, {today}, or an earlier day, not as of {on}: nothing was done."
        raise ActionError(message)


def _rule(session: Session, institution_id: int, now: datetime) -> int:
    """The id of the rule as a row of ``risk_models``, made when it is missing."""
    made = insert(RiskModel).values(
        institution_id=institution_id,
        # At one moment an institution gets one rule of a name and version: any bits do.
        id=int(Ids(np.random.default_rng(VERSION)).take(1, now)[0]),
        name=NAME,
        version=VERSION,
        kind="rule",
        parameters=rule_parameters(),
    )
    session.connection().execute(made.on_conflict_do_nothing())
    this = select(RiskModel.id).where(
        RiskModel.institution_id == institution_id, RiskModel.name == NAME, RiskModel.version == VERSION
    )
    return session.scalars(this).one()


def _new(session: Session, rows: pd.DataFrame, institution_id: int, model_id: int, on: date) -> pd.DataFrame:
    """Those of the rows that say what was not said before, with their ids: derived, unless the row is there."""
    said = RiskPrediction
    there = select(said.student_id, said.id, *(getattr(said, name) for name in _SAID)).where(
        said.institution_id == institution_id, said.predicted_on == on, said.model_id == model_id
    )
    before = {row.student_id: (row.id, row[2:]) for row in session.execute(there)}
    students = rows["student_id"].tolist()
    derived = derived_uuids(f"risk_predictions/{institution_id}/{student}/{on}/{model_id}" for student in students)
    ids = [before[student][0] if student in before else id_ for student, id_ in zip(students, derived, strict=True)]
    plain = rows[list(_SAID)].astype(object).where(rows[list(_SAID)].notna(), None).itertuples(index=False, name=None)
    changed = [student not in before or before[student][1] != now for student, now in zip(students, plain, strict=True)]
    return rows.assign(id=pd.Series(ids, dtype=object, index=rows.index))[changed]


def _tell(session: Session, institution_id: int, student_ids: Sequence[int]) -> None:
    """Leave word of the classes of the students."""
    classes = (
        select(Enrolment.class_id)
        .where(
            Enrolment.institution_id == institution_id,
            Enrolment.left_at.is_(None),
            Enrolment.student_id.in_(student_ids),
        )
        .distinct()
    )
    tell_outbox(session, institution_id=institution_id, class_ids=session.scalars(classes))
