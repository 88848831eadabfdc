"""The models of mastery that are stored: which serves, which is on its way to, and what they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import select

from edukit.models import ConceptTracing, StoredMasteryModel
from edukit.queries.frames.frame import MOMENT, by_column

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


_FITTED = (
    "prior", "learn", "forget", "guess", "slip", "prior_se", "learn_se", "forget_se", "guess_se", "slip_se",
    "guessed_share", "slipped_share",
)  # fmt: skip
TRACING = {
    "concept_id": "int64", **dict.fromkeys(_FITTED, "float64"), "students": "int64", "attempts": "int64",
    "fitted_at": MOMENT,
}  # fmt: skip


@dataclass(frozen=True)
class ModelInUse:
    """A model that serves or is to, without its parameters: those are large.

    Attributes:
        id: its id.
        format: number of the way in which its parameters are written.
        attempts: how many it was fitted to.
        students: whose they are.
        fitted_at, validated_at: when (UTC); None: not yet.
        metrics: how well it predicts; empty until it is validated.
    """

    id: int
    format: int
    attempts: int
    students: int
    fitted_at: datetime
    validated_at: datetime | None
    metrics: dict[str, Any]


def model_in_use(session: Session, *, institution_id: int, status: str) -> ModelInUse | None:
    """The institution's model that is ``serving``, or the ``candidate``; None: there is none."""
    model = StoredMasteryModel
    query = select(
        model.id, model.format, model.attempts, model.students, model.fitted_at, model.validated_at, model.metrics
    ).where(model.institution_id == institution_id, model.status == status)
    row = session.execute(query).one_or_none()
    return ModelInUse(*row) if row else None


def model_parameters(session: Session, *, institution_id: int, model_id: int) -> dict[str, Any]:
    """What a model is made of, as JSON has it."""
    model = StoredMasteryModel
    query = select(model.parameters).where(model.institution_id == institution_id, model.id == model_id)
    return session.scalars(query).one()


def concept_tracing(session: Session, *, institution_id: int) -> pd.DataFrame:
    """How each concept is learned that enough students have answered on, by id: the columns of ``TRACING``.

    The columns that :func:`edukit.analytics.knowledge_tracing.explanation` takes are among them.
    """
    traced = ConceptTracing
    query = select(*(getattr(traced, name) for name in TRACING)).where(traced.institution_id == institution_id)
    columns = by_column(session.execute(query.order_by(traced.concept_id)).all(), len(TRACING))
    named = zip(TRACING.items(), columns, strict=True)
    return pd.DataFrame({name: pd.Series(values, dtype=dtype) for (name, dtype), values in named})
