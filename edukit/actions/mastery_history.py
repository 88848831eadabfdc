"""Keeping mastery as it was: a row for each week in which a student answered on a concept."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlalchemy import delete, func, select

from edukit.analytics.mastery_weeks import DAYS_OF_A_WEEK, monday, weekly_mastery, weeks_of
from edukit.db.copy import copy_rows
from edukit.models import Institution, MasteryHistory
from edukit.queries.answers import attempts_by_student
from edukit.queries.mastery_models import model_in_use
from edukit.queries.practice import mastery_evidence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from edukit.analytics.prediction.attempts import Attempts
    from edukit.analytics.prediction.model import MasteryModel

HISTORY_WEEKS: Final = 53
"""A school year, and the week of a year ago."""


def write_weeks(
    session: Session, *, institution_id: int, evidence: pd.DataFrame, student_ids: Sequence[int], now: datetime
) -> int:
    """Replace the history of students by what the rule says of their attempts; how many rows.

    Args:
        session: of the application; the caller commits.
        institution_id: institution of the students.
        evidence: what :func:`edukit.queries.practice.mastery_evidence` gives of them.
        student_ids: whose history.
        now: moment of it.
    """
    _forget(session, institution_id, student_ids)
    zone = _zone(session, institution_id)
    weeks = weekly_mastery(evidence, zone=zone, since=_oldest(now, zone))
    return _write(session, institution_id, weeks, None)


def replay_history(
    session: Session, *, institution_id: int, now: datetime, student_ids: Sequence[int] | None = None
) -> int:
    """Replace the history of students by what scores mastery now, from their attempts; how many rows.

    The caller keeps the model from changing meanwhile (:func:`edukit.actions.practice.hold_mastery`).

    Args:
        session: of the application; the caller commits.
        institution_id: institution of the students.
        now: moment of it.
        student_ids: whose history; None: everybody's.
    """
    # What is compiled is loaded by those who need it.
    from edukit.actions.mastery_scoring import PORTION, fitted_model, is_readable, portions, read_coded

    serving = model_in_use(session, institution_id=institution_id, status="serving")
    model = None
    if serving is not None and is_readable(serving):
        model = fitted_model(session, institution_id=institution_id, model_id=serving.id)
    zone = _zone(session, institution_id)
    counts = attempts_by_student(session, institution_id=institution_id, student_ids=student_ids)
    written = 0
    for portion in portions(counts, PORTION):
        who = portion["student_id"].tolist()
        if serving is None or model is None:
            evidence = mastery_evidence(session, institution_id=institution_id, student_ids=who)
            written += write_weeks(session, institution_id=institution_id, evidence=evidence, student_ids=who, now=now)
        else:
            coded, _ = read_coded(session, institution_id, portion["student_id"], model)
            _forget(session, institution_id, who)
            written += _write(session, institution_id, _by_model(model, coded, zone, now), serving.id)
    return written


def forget_old_weeks(session: Session, *, institution_id: int, now: datetime) -> datetime:
    """Delete what is older than a year; the moment from which history is kept. The caller commits."""
    kept, zone = MasteryHistory, _zone(session, institution_id)
    oldest = _oldest(now, zone)
    session.connection().execute(delete(kept).where(kept.institution_id == institution_id, kept.week < oldest))
    return _midnight(oldest, zone)


def _by_model(model: MasteryModel, coded: Attempts, zone: ZoneInfo, now: datetime) -> pd.DataFrame:
    """Rows of ``mastery_history`` but for the institution and the model."""
    from edukit.analytics.prediction.weeks import BEFORE, weekly_scores

    weeks = _week_numbers(coded, zone, first := _oldest(now, zone), BEFORE)
    mondays = [first + timedelta(weeks=number) for number in range(HISTORY_WEEKS + 1)]
    ends = [min(_midnight(day + timedelta(days=DAYS_OF_A_WEEK), zone), now).timestamp() for day in mondays]
    rows = weekly_scores(model, coded, weeks, np.array(ends))
    concepts = np.array([skill[0] if len(skill) == 1 else None for skill in coded.skills], dtype=object)
    return rows.assign(
        student_id=coded.students[rows["student"]],
        concept_id=concepts[rows["skill"]].astype(np.int64),
        week=pd.Series([mondays[number] for number in rows["week"]], dtype="datetime64[s]"),
    )


def _week_numbers(coded: Attempts, zone: ZoneInfo, first: date, before: int) -> NDArray[np.int64]:
    """The number of each attempt's week, from the first one of which history is kept."""
    moments = pd.Series(coded.at * 1e6).round().astype("Int64").astype("datetime64[us]").dt.tz_localize("UTC")
    week = weeks_of(moments, [coded.student], zone)
    number = (week - pd.Timestamp(first)).dt.days // DAYS_OF_A_WEEK
    # What is of a later week than this one is taken to be of this one.
    return np.asarray(number.fillna(before).clip(before, HISTORY_WEEKS), dtype=np.int64)


def _write(session: Session, institution_id: int, rows: pd.DataFrame, model_id: int | None) -> int:
    columns = ["student_id", "concept_id", "mastery_score", "mastery_low", "mastery_high"]
    counts = ["total_attempts", "correct_attempts"]
    ready = rows[[*columns, *counts]].assign(
        institution_id=institution_id,
        week=rows["week"].dt.date,
        model_id=pd.Series(pd.NA if model_id is None else model_id, index=rows.index, dtype="Int64"),
    )
    return copy_rows(session, MasteryHistory, ready, on_conflict="update")


def _forget(session: Session, institution_id: int, student_ids: Sequence[int]) -> None:
    kept = MasteryHistory
    theirs = (kept.institution_id == institution_id, kept.student_id == func.any(list(student_ids)))
    session.connection().execute(delete(kept).where(*theirs))


def _zone(session: Session, institution_id: int) -> ZoneInfo:
    return ZoneInfo(session.scalars(select(Institution.time_zone).where(Institution.id == institution_id)).one())


def _oldest(now: datetime, zone: ZoneInfo) -> date:
    """The Monday of the first week of which history is kept."""
    return monday(now.astimezone(zone).date()) - timedelta(weeks=HISTORY_WEEKS)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
