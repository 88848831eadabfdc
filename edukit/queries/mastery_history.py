"""Mastery as it was: week by week of a student, and of a class when a week began."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from edukit.db.copy import read_columns
from edukit.models import ConceptMastery, MasteryHistory
from edukit.models.mastery import MODEL_FORMAT
from edukit.queries.curriculum import concepts
from edukit.queries.frames import MASTERY_HISTORY
from edukit.queries.frames.frame import by_column

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

_SCORES = ("mastery_score", "mastery_low", "mastery_high", "total_attempts", "correct_attempts")
THEN = {
    "student_id": "int64", "concept_id": "int64", "score_then": "float64", "low_then": "float64",
    "high_then": "float64", "attempts_then": "int64", "correct_then": "int64",
}  # fmt: skip
HISTORY = {"concept_id": "int64", "week_start": "datetime64[s]", **dict.fromkeys(_SCORES, "float64")}


def own_model(session: Session) -> int | None:
    """The id of the model that scores mastery at the institution of whose login it is; None: the rule does."""
    return session.scalar(select(func.mastery_scored_by(func.viewer_institution(), MODEL_FORMAT)))


def mastery_history(session: Session, *, institution_id: int, student_id: int) -> pd.DataFrame:
    """A student's mastery at the end of each week with an answer, by concept and week.

    Columns of ``frames.MASTERY_HISTORY``, with ``level`` left empty: its thresholds are the caller's.
    """
    kept = MasteryHistory
    query = (
        select(kept.concept_id, kept.week, *(getattr(kept, name) for name in _SCORES))
        .where(kept.institution_id == institution_id, kept.student_id == student_id, _is_of_today(kept, institution_id))
        .order_by(kept.concept_id, kept.week)
    )
    columns = zip(HISTORY.items(), by_column(session.execute(query).all(), len(HISTORY)), strict=True)
    rows = pd.DataFrame({name: pd.Series(values, dtype=dtype) for (name, dtype), values in columns})
    taught = concepts(session, institution_id=institution_id)
    return MASTERY_HISTORY.typed(taught.merge(rows, on="concept_id").assign(level=None))


def mastery_then(session: Session, *, institution_id: int, student_ids: Sequence[int], before: date) -> pd.DataFrame:
    """Where students stood on whatever they had answered when a week began: the columns of ``THEN``.

    Args:
        session: any that sees them.
        institution_id: institution of the students.
        student_ids: whose mastery.
        before: Monday of the week.
    """
    kept = MasteryHistory
    query = (
        select(kept.student_id, kept.concept_id, *(getattr(kept, name) for name in _SCORES))
        .ext(distinct_on(kept.student_id, kept.concept_id))
        .where(
            kept.institution_id == institution_id,
            kept.student_id == func.any(list(student_ids)),
            kept.week < before,
            _is_of_today(kept, institution_id),
        )
        .order_by(kept.student_id, kept.concept_id, kept.week.desc())
    )
    return read_columns(session, query, THEN)


def is_behind(session: Session, *, institution_id: int, since: datetime) -> bool:
    """Whether mastery that rests on an answer since then has no week by what scores it now."""
    scored, kept = ConceptMastery, MasteryHistory
    told = exists().where(
        kept.institution_id == scored.institution_id,
        kept.student_id == scored.student_id,
        kept.concept_id == scored.concept_id,
        _is_of_today(kept, institution_id),
    )
    untold = exists().where(scored.institution_id == institution_id, scored.last_attempted_at >= since, ~told)
    return bool(session.scalar(select(untold)))


def _serving(institution_id: int) -> Any:
    # In a statement of its own, and so asked once.
    return select(func.mastery_scored_by(institution_id, MODEL_FORMAT)).scalar_subquery()


def _is_of_today(kept: type[MasteryHistory], institution_id: int) -> ColumnElement[bool]:
    """Whether what scores mastery now has scored a week: two models' scores are not to be compared."""
    return kept.model_id.is_not_distinct_from(_serving(institution_id))
