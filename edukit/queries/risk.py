"""Risk: what was predicted of students, what people made of it, and what was done, as frames."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select, true
from sqlalchemy.orm import aliased

from edukit.db.functions import uuid_text
from edukit.errors import NotFound
from edukit.models import Enrolment, Intervention, RiskModel, RiskPrediction, RiskResponse, User
from edukit.queries.frames import INTERVENTIONS, RISK, RISK_HISTORY
from edukit.queries.frames.risk import CHANGE_DAYS
from edukit.queries.people import institution_holding
from edukit.queries.risk_latest import earlier_prediction, latest_answer, latest_prediction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    import pandas as pd
    from sqlalchemy import Select, Subquery
    from sqlalchemy.orm import Session
    from sqlalchemy.sql.selectable import LateralFromClause

FACTORS = ("submission_frequency", "code_quality_trend", "engagement_score", "feedback_response_hours")


def risk(session: Session, *, institution_id: int, class_id: int, as_of: datetime) -> pd.DataFrame:
    """Every enrolled student of a class with the latest prediction, the highest score first: ``frames.RISK``.

    Args:
        session: any that sees the class.
        institution_id: institution of the class.
        class_id: the class.
        as_of: the moment that interventions of late are counted back from.
    """
    roster = _roster(institution_id, class_id)
    latest = latest_prediction(roster.c.institution_id, roster.c.student_id)
    earlier = earlier_prediction(latest)
    answer = latest_answer(latest)
    done = _done(roster, as_of)
    query = (
        select(
            roster.c.student_id,
            roster.c.student,
            uuid_text(latest.c.id),
            latest.c.predicted_on,
            latest.c.risk_score,
            latest.c.risk_level,
            latest.c.confidence,
            latest.c.risk_score - earlier.c.risk_score,
            earlier.c.predicted_on,
            *(latest.c[name] for name in FACTORS),
            latest.c.reasons,
            answer.c.action,
            answer.c.name,
            answer.c.responded_at,
            answer.c.reason,
            answer.c.predicted_on,
            answer.c.risk_level,
            done.c.interventions,
            done.c.last_intervention_at,
        )
        .select_from(roster)
        .outerjoin(latest, true())
        .outerjoin(earlier, true())
        .outerjoin(answer, true())
        .outerjoin(done, true())
        .order_by(latest.c.risk_score.desc().nulls_last(), roster.c.student, roster.c.student_id)
    )
    return RISK.of(_with_sentences(session.execute(query).all(), RISK))


def risk_history(session: Session, *, institution_id: int, student_id: int) -> pd.DataFrame:
    """All predictions of a student, the earliest first: columns of ``frames.RISK_HISTORY``."""
    said, model = RiskPrediction, RiskModel
    answer = _answers_to(said.institution_id, said.id)
    query = (
        select(
            uuid_text(said.id),
            said.student_id,
            said.predicted_on,
            model.name,
            model.version,
            said.risk_score,
            said.risk_level,
            said.confidence,
            *(getattr(said, name) for name in FACTORS),
            said.reasons,
            answer.c.action,
            answer.c.name,
            answer.c.responded_at,
            answer.c.reason,
        )
        .join(model, and_(model.institution_id == said.institution_id, model.id == said.model_id))
        .outerjoin(answer, true())
        .where(said.institution_id == institution_id, said.student_id == student_id)
        .order_by(said.predicted_on, said.predicted_at, said.id)
    )
    return RISK_HISTORY.of(_with_sentences(session.execute(query).all(), RISK_HISTORY))


def interventions(
    session: Session, *, institution_id: int, student_id: int | None = None, class_id: int | None = None
) -> pd.DataFrame:
    """What was done for a student, or for everybody who is enrolled in a class, the latest first: ``INTERVENTIONS``."""
    done, maker, said = Intervention, aliased(User), RiskPrediction
    query = (
        select(
            uuid_text(done.id),
            done.student_id,
            User.name,
            done.happened_at,
            done.kind,
            done.note,
            maker.name,
            uuid_text(done.prediction_id),
            said.predicted_on,
            said.risk_score,
            done.outcome,
            done.outcome_at,
        )
        .join(User, and_(User.institution_id == done.institution_id, User.id == done.student_id))
        .join(maker, and_(maker.institution_id == done.institution_id, maker.id == done.made_by))
        .outerjoin(said, and_(said.institution_id == done.institution_id, said.id == done.prediction_id))
        .where(done.institution_id == institution_id)
        .order_by(done.happened_at.desc(), done.id)
    )
    if student_id is not None:
        query = query.where(done.student_id == student_id)
    if class_id is not None:
        query = query.where(done.student_id.in_(_enrolled(institution_id, class_id)))
    return INTERVENTIONS.of(session.execute(query).all())


def institution_of_prediction(session: Session, prediction_id: UUID) -> int:
    """The institution of a prediction.

    Raises:
        NotFound: the session sees no such prediction.
    """
    found = institution_holding(session, RiskPrediction, prediction_id)
    if found is None:
        message = (
            f"There is no prediction {prediction_id} among those you may see: risk() and risk_history() list them."
        )
        raise NotFound(message)
    return found


def institution_of_intervention(session: Session, intervention_id: UUID) -> int:
    """The institution of an intervention.

    Raises:
        NotFound: the session sees no such intervention.
    """
    found = institution_holding(session, Intervention, intervention_id)
    if found is None:
        message = f"There is no intervention {intervention_id} among those you may see: interventions() lists them."
        raise NotFound(message)
    return found


def _enrolled(institution_id: int, class_id: int) -> Select[int]:
    return select(Enrolment.student_id).where(
        Enrolment.institution_id == institution_id, Enrolment.class_id == class_id, Enrolment.left_at.is_(None)
    )


def _roster(institution_id: int, class_id: int) -> Subquery:
    """The students who are enrolled in the class now."""
    return (
        select(User.institution_id, User.id.label("student_id"), User.name.label("student"))
        .where(User.institution_id == institution_id, User.id.in_(_enrolled(institution_id, class_id)))
        .subquery("roster")
    )


def _answers_to(institution_id: Any, prediction_id: Any) -> LateralFromClause:
    """What counts of what people made of one prediction: the latest."""
    answer = RiskResponse
    return (
        select(answer.action, User.name, answer.responded_at, answer.reason)
        .join(User, and_(User.institution_id == answer.institution_id, User.id == answer.user_id))
        .where(answer.institution_id == institution_id, answer.prediction_id == prediction_id)
        .order_by(answer.responded_at.desc(), answer.id.desc())
        .limit(1)
        .lateral("answer")
    )


def _done(roster: Subquery, as_of: datetime) -> LateralFromClause:
    """How much was done for each in the four weeks before a moment."""
    done = Intervention
    return (
        select(
            func.count().label("interventions"),
            func.max(done.happened_at).label("last_intervention_at"),
        )
        .where(
            done.institution_id == roster.c.institution_id,
            done.student_id == roster.c.student_id,
            done.happened_at >= as_of - timedelta(days=CHANGE_DAYS),
        )
        .lateral("done")
    )


def _with_sentences(rows: Sequence[Any], frame: Any) -> list[tuple[Any, ...]]:
    """The rows with their reasons as text."""
    place = [column.name for column in frame.columns].index("reasons")
    return [(*row[:place], sentences(row[place]), *row[place + 1 :]) for row in rows]


def sentences(reasons: Sequence[Any] | None) -> str | None:
    """Reasons as a person reads them, a line each; None where nothing was predicted.

    Of what an older edukit or another model wrote, whatever it has of a sentence.
    """
    if reasons is None:
        return None
    said = (
        reason.get("sentence") or reason.get("evidence") or "" if isinstance(reason, dict) else str(reason)
        for reason in reasons
    )
    return "\n".join(sentence for sentence in said if sentence)
