"""Risk: the rules and models that predict, what they predicted, and what people did about it."""

from __future__ import annotations

from datetime import date  # noqa: TC003 - SQLAlchemy reads the annotation
from typing import Any
from uuid import UUID  # noqa: TC003

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from edukit.db.base import (
    Base,
    CreatedAt,
    Id,
    Json,
    Moment,
    Tenant,
    UpdatedAt,
    at_least,
    json_of,
    one_of,
    to_tenant_row,
    within,
)

MODEL_KINDS = ("rule", "logistic", "gradient_boosting")
RISK_LEVELS = ("low", "medium", "high", "critical")
INTERVENTION_KINDS = ("conversation", "message_home", "tutoring", "study_plan", "referral", "other")
OUTCOMES = ("improved", "unchanged", "worsened")
RESPONSES = ("acknowledged", "dismissed")


class RiskModel(Base):
    """A version of a rule or a trained model, and how well it did: never a pickle."""

    __tablename__ = "risk_models"
    __table_args__ = (
        UniqueConstraint("institution_id", "name", "version"),
        to_tenant_row("users", "approved_by"),
        one_of("kind", MODEL_KINDS),
        CheckConstraint("version >= 1", name="version"),
        json_of("object", "parameters"),
        json_of("object", "metrics"),
        CheckConstraint("trained_until >= trained_from", name="window"),
        CheckConstraint("(approved_by IS NULL) = (approved_at IS NULL)", name="approval"),
        {"comment": "versions of the rules and models that predict risk, and how well each did"},
    )

    institution_id: Mapped[Tenant] = mapped_column(ForeignKey("institutions.id"))
    id: Mapped[Id] = mapped_column(comment="id of this version")
    name: Mapped[str] = mapped_column(comment="name of the rule or model")
    version: Mapped[int] = mapped_column(comment="version of it, from 1")
    kind: Mapped[str] = mapped_column(comment="rule, logistic or gradient_boosting")
    parameters: Mapped[Json] = mapped_column(server_default="{}", comment="weights and thresholds, by name")
    metrics: Mapped[Json] = mapped_column(server_default="{}", comment="how well it did in its backtest, by name")
    trained_from: Mapped[date | None] = mapped_column(comment="first day of the data it was trained on; null: none")
    trained_until: Mapped[date | None] = mapped_column(comment="last day of that data; null: none")
    approved_by: Mapped[int | None] = mapped_column(BigInteger, comment="user who let it be used; null: nobody yet")
    approved_at: Mapped[Moment | None] = mapped_column(comment="when (UTC); null: not yet")
    retired_at: Mapped[Moment | None] = mapped_column(comment="when it was taken out of use (UTC); null: in use")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class RiskPrediction(Base):
    """What one version of a model said of one student on one day, and from what."""

    __tablename__ = "risk_predictions"
    __table_args__ = (
        UniqueConstraint(
            "institution_id", "student_id", "predicted_on", "model_id", name="risk_predictions_student_day_model_key"
        ),
        to_tenant_row("students", "student_id", ondelete="CASCADE"),
        to_tenant_row("risk_models", "model_id"),
        within("risk_score", 0, 100),
        one_of("risk_level", RISK_LEVELS),
        at_least("submission_frequency", 0),
        within("code_quality_trend", -100, 100),
        within("engagement_score", 0, 100),
        at_least("feedback_response_hours", 0),
        within("confidence", 0, 1),
        json_of("array", "reasons"),
        Index("risk_predictions_predicted_on_idx", "institution_id", "predicted_on", "risk_level"),
        Index("risk_predictions_model_id_idx", "institution_id", "model_id"),
        {"comment": "what a version of a model said of a student on a day, and from which four factors"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="made when it was predicted")
    student_id: Mapped[int] = mapped_column(BigInteger, comment="student it is about")
    model_id: Mapped[int] = mapped_column(BigInteger, comment="version of the rule or model that said it")
    predicted_on: Mapped[date] = mapped_column(comment="day as of which it was said, in the institution's time zone")
    risk_score: Mapped[float] = mapped_column(comment="0 (none) to 100: how likely the student is to fall behind")
    risk_level: Mapped[str] = mapped_column(comment="low, medium, high or critical")
    submission_frequency: Mapped[float | None] = mapped_column(
        comment="factor: submissions a week of late; null: nothing was due"
    )
    code_quality_trend: Mapped[float | None] = mapped_column(
        comment="factor: change of code quality, or of the score where there is no code, -100 to 100; null: too few"
    )
    engagement_score: Mapped[float | None] = mapped_column(comment="factor: activity of late, 0-100; null: unknown")
    feedback_response_hours: Mapped[float | None] = mapped_column(
        comment="factor: hours from feedback to the next activity on it; null: no feedback yet"
    )
    confidence: Mapped[float] = mapped_column(comment="0-1: from how much is known of the student")
    reasons: Mapped[list[Any]] = mapped_column(
        JSON().with_variant(JSONB(), "postgresql"),
        server_default="[]",
        comment="at most three reasons with their evidence, the weightiest first",
    )
    predicted_at: Mapped[Moment] = mapped_column(comment="when it was computed (UTC)")


class RiskResponse(Base):
    """What somebody made of a prediction: they saw it, or they know better and say why."""

    __tablename__ = "risk_responses"
    __table_args__ = (
        to_tenant_row("risk_predictions", "prediction_id", ondelete="CASCADE"),
        to_tenant_row("users", "user_id"),
        one_of("action", RESPONSES),
        Index("risk_responses_prediction_id_idx", "institution_id", "prediction_id", "responded_at"),
        Index("risk_responses_user_id_idx", "institution_id", "user_id"),
        {"comment": "what people made of predictions of risk; the latest of a prediction counts"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="made where it was said")
    prediction_id: Mapped[UUID] = mapped_column(Uuid, comment="prediction that it answers")
    user_id: Mapped[int] = mapped_column(BigInteger, comment="user who said it")
    action: Mapped[str] = mapped_column(comment="acknowledged or dismissed")
    reason: Mapped[str | None] = mapped_column(comment="why it was dismissed; null: acknowledged, or erased")
    responded_at: Mapped[Moment] = mapped_column(comment="when (UTC)")


class Intervention(Base):
    """What somebody did for a student who was at risk, and what came of it."""

    __tablename__ = "interventions"
    __table_args__ = (
        to_tenant_row("students", "student_id", ondelete="CASCADE"),
        to_tenant_row("users", "made_by"),
        to_tenant_row("risk_predictions", "prediction_id"),
        one_of("kind", INTERVENTION_KINDS),
        one_of("outcome", OUTCOMES),
        CheckConstraint("(outcome IS NULL) = (outcome_at IS NULL)", name="outcome_at"),
        Index("interventions_student_id_idx", "institution_id", "student_id", "happened_at"),
        Index("interventions_prediction_id_idx", "institution_id", "prediction_id"),
        Index("interventions_made_by_idx", "institution_id", "made_by"),
        {"comment": "what was done for a student at risk, and what came of it"},
    )

    institution_id: Mapped[Tenant]
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, comment="made where it was logged")
    student_id: Mapped[int] = mapped_column(BigInteger, comment="student it was for")
    made_by: Mapped[int] = mapped_column(BigInteger, comment="user who did it")
    prediction_id: Mapped[UUID | None] = mapped_column(Uuid, comment="prediction that it answers; null: none")
    kind: Mapped[str] = mapped_column(comment="conversation, message_home, tutoring, study_plan, referral or other")
    note: Mapped[str | None] = mapped_column(comment="what was said or agreed; null: nothing noted")
    happened_at: Mapped[Moment] = mapped_column(comment="when (UTC)")
    outcome: Mapped[str | None] = mapped_column(comment="improved, unchanged or worsened; null: not known yet")
    outcome_at: Mapped[Moment | None] = mapped_column(comment="when the outcome was noted (UTC); null: not yet")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]
