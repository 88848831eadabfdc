"""Mastery: the fitted models that score it, how concepts are learned, and where students stand between answers."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from edukit.db.base import Base, Id, Json, Moment, Tenant, at_least, json_of, one_of, to_tenant_row, within

MODEL_STATES: Final = ("candidate", "serving", "retired")
MODEL_FORMAT: Final = 1
"""Of parameters: whoever changes what a feature, key or parameter means gives it the next number."""
LEAST_FITTED: Final = 1_000
"""Attempts of an institution below which no model is fitted: there is less to learn from than to learn."""
_IN_USE = text("status <> 'retired'")


class StoredMasteryModel(Base):
    """A fitted model of mastery, what it was fitted to, and how well it predicts: never a pickle."""

    __tablename__ = "mastery_models"
    __table_args__ = (
        to_tenant_row("users", "approved_by"),
        one_of("status", MODEL_STATES),
        CheckConstraint("format >= 1", name="format"),
        json_of("object", "parameters"),
        json_of("object", "metrics"),
        CheckConstraint("last_attempted_at >= first_attempted_at", name="window"),
        CheckConstraint("attempts >= 0 AND students >= 0", name="size"),
        CheckConstraint("status <> 'serving' OR validated_at IS NOT NULL", name="validated"),
        # At most one serves, and at most one is on its way to.
        Index("mastery_models_in_use_key", "institution_id", "status", unique=True, postgresql_where=_IN_USE),
        {"comment": "fitted models that score mastery: what each was fitted to, and how well it predicts"},
    )

    institution_id: Mapped[Tenant] = mapped_column(ForeignKey("institutions.id"))
    id: Mapped[Id] = mapped_column(comment="id of the model")
    status: Mapped[str] = mapped_column(comment="candidate, serving or retired; one of an institution serves")
    format: Mapped[int] = mapped_column(comment="number of the way in which parameters are written")
    parameters: Mapped[Json] = mapped_column(
        comment="the model: weights, trees and counts of answers, as packed arrays"
    )
    first_attempted_at: Mapped[Moment | None] = mapped_column(
        comment="earliest attempt that it was fitted to (UTC); null: no time is known"
    )
    last_attempted_at: Mapped[Moment | None] = mapped_column(
        comment="latest attempt that it was fitted to (UTC); null: no time is known"
    )
    attempts: Mapped[int] = mapped_column(comment="attempts that it was fitted to")
    students: Mapped[int] = mapped_column(comment="students whose attempts those are")
    metrics: Mapped[Json] = mapped_column(
        server_default="{}", comment="how well it predicts students that it was not fitted to, beside others; by name"
    )
    fitted_at: Mapped[Moment] = mapped_column(comment="when it was fitted (UTC)")
    validated_at: Mapped[Moment | None] = mapped_column(
        comment="when it was tried on other students (UTC); null: not yet"
    )
    approved_by: Mapped[int | None] = mapped_column(
        BigInteger, comment="user who let it serve; null: the command that validated it, or nobody yet"
    )


class ConceptTracing(Base):
    """How a concept is learned, and how far its answers can be trusted, by knowledge tracing of all students."""

    __tablename__ = "concept_tracing"
    __table_args__ = (
        to_tenant_row("concepts", "concept_id", ondelete="CASCADE"),
        *(within(name, 0, 1) for name in ("prior", "learn", "forget", "guess", "slip")),
        *(at_least(f"{name}_se", 0) for name in ("prior", "learn", "forget", "guess", "slip")),
        within("guessed_share", 0, 1),
        within("slipped_share", 0, 1),
        CheckConstraint("students >= 1", name="students"),
        CheckConstraint("attempts >= 1", name="attempts"),
        {"comment": "how each concept is learned, by knowledge tracing of the answers of many students"},
    )

    institution_id: Mapped[Tenant]
    concept_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="which concept")
    prior: Mapped[float] = mapped_column(comment="share of students who know it before their first answer, 0-1")
    learn: Mapped[float] = mapped_column(comment="share of those who do not know it who learn it at an answer, 0-1")
    forget: Mapped[float] = mapped_column(comment="share of those who know it who forget it from one to the next, 0-1")
    guess: Mapped[float] = mapped_column(comment="share of right answers by those who do not know it, 0-1")
    slip: Mapped[float] = mapped_column(comment="share of wrong answers by those who know it, 0-1")
    prior_se: Mapped[float | None] = mapped_column(comment="standard error of prior; null: the answers do not tell it")
    learn_se: Mapped[float | None] = mapped_column(comment="standard error of learn; null: the answers do not tell it")
    forget_se: Mapped[float | None] = mapped_column(comment="standard error of forget; null: fixed, or not told")
    guess_se: Mapped[float | None] = mapped_column(comment="standard error of guess; null: the answers do not tell it")
    slip_se: Mapped[float | None] = mapped_column(comment="standard error of slip; null: the answers do not tell it")
    guessed_share: Mapped[float | None] = mapped_column(comment="of right answers, guesses, 0-1; null: none was right")
    slipped_share: Mapped[float | None] = mapped_column(comment="of wrong answers, slips, 0-1; null: none was wrong")
    students: Mapped[int] = mapped_column(comment="students whose answers it was fitted to")
    attempts: Mapped[int] = mapped_column(comment="those answers")
    fitted_at: Mapped[Moment] = mapped_column(comment="when it was fitted (UTC)")


class MasteryState(Base):
    """Where a student stands between two answers, so that the next one is recorded without reading all before it.

    It follows from the attempts and may be lost: then they are read once more. Nobody who looks sees it.
    """

    __tablename__ = "mastery_states"
    __table_args__ = (
        to_tenant_row("students", "student_id", ondelete="CASCADE"),
        to_tenant_row("mastery_models", "model_id", ondelete="CASCADE"),
        CheckConstraint("format >= 1", name="format"),
        Index("mastery_states_model_id_idx", "institution_id", "model_id"),
        {"comment": "what follows from a student's answers and the next one adds to; made anew where it is missing"},
    )

    institution_id: Mapped[Tenant]
    student_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False, comment="whose state")
    model_id: Mapped[int | None] = mapped_column(BigInteger, comment="model that it is a state of; null: the rule")
    format: Mapped[int] = mapped_column(comment="number of the way in which the state is written")
    last_sequence: Mapped[int] = mapped_column(BigInteger, comment="sequence of the latest answer that it knows")
    state: Mapped[bytes] = mapped_column(LargeBinary, comment="packed numbers; whoever reads them knows the format")
    recorded_at: Mapped[Moment] = mapped_column(comment="when it was written (UTC)")
