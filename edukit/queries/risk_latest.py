"""The latest prediction of a student, what it is compared with, and what of people's answers holds for it: in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, case, func, or_, select

from edukit.models import RiskPrediction, RiskResponse, User
from edukit.models.risk import RISK_LEVELS
from edukit.queries.frames.risk import CHANGE_DAYS, LEAST_CHANGE_DAYS

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.sql.selectable import LateralFromClause

LATEST_FIRST = (RiskPrediction.predicted_on.desc(), RiskPrediction.predicted_at.desc(), RiskPrediction.id.desc())
"""The one order of predictions: of two of one day the later made comes first."""


def latest_prediction(institution_id: Any, student_id: Any) -> LateralFromClause:
    """The latest prediction of each student of an enclosing query, whose columns are given."""
    said = RiskPrediction
    return (
        select(said)
        .where(said.institution_id == institution_id, said.student_id == student_id)
        .order_by(*LATEST_FIRST)
        .limit(1)
        .lateral("latest")
    )


def earlier_prediction(latest: LateralFromClause) -> LateralFromClause:
    """The same model's prediction four weeks before the latest: the last one until then, else the first one since."""
    said = RiskPrediction
    wanted = latest.c.predicted_on - CHANGE_DAYS
    return (
        select(said.predicted_on, said.risk_score)
        .where(
            said.institution_id == latest.c.institution_id,
            said.student_id == latest.c.student_id,
            said.model_id == latest.c.model_id,
            # What was said yesterday is no score to compare with: a direction takes weeks.
            said.predicted_on <= latest.c.predicted_on - LEAST_CHANGE_DAYS,
            said.predicted_on >= latest.c.predicted_on - 2 * CHANGE_DAYS,
            _tells(said.risk_level, said.confidence),
        )
        .order_by((said.predicted_on <= wanted).desc(), func.abs(said.predicted_on - wanted))
        .limit(1)
        .lateral("earlier")
    )


def latest_answer(latest: LateralFromClause, *conditions: ColumnElement[bool]) -> LateralFromClause:
    """What anybody made last of the predictions of the last weeks before the latest, or of itself.

    Args:
        latest: of :func:`latest_prediction`.
        conditions: on it, without which nothing is looked up.
    """
    said, answer = RiskPrediction, RiskResponse
    return (
        select(said.predicted_on, said.risk_level, answer.action, User.name, answer.responded_at, answer.reason)
        .join(answer, and_(answer.institution_id == said.institution_id, answer.prediction_id == said.id))
        .join(User, and_(User.institution_id == answer.institution_id, User.id == answer.user_id))
        .where(
            said.institution_id == latest.c.institution_id,
            said.student_id == latest.c.student_id,
            said.predicted_on >= latest.c.predicted_on - CHANGE_DAYS,
            *conditions,
        )
        .order_by(answer.responded_at.desc(), *LATEST_FIRST, answer.id.desc())
        .limit(1)
        .lateral("answer")
    )


def says_something(latest: LateralFromClause) -> ColumnElement[bool]:
    """The rule of :func:`edukit.analytics.risk.says_something` as a condition; null where there is no prediction."""
    return _tells(latest.c.risk_level, latest.c.confidence)


def _tells(level: Any, confidence: Any) -> ColumnElement[bool]:
    return or_(confidence > 0, level != RISK_LEVELS[0])


def answer_holds(latest: LateralFromClause, answer: LateralFromClause) -> ColumnElement[bool]:
    """The rule of :func:`edukit.analytics.risk.answer_holds` as a condition; null where nobody has answered."""
    places = {level: place for place, level in enumerate(RISK_LEVELS)}
    return case(places, value=latest.c.risk_level) <= case(places, value=answer.c.risk_level)
