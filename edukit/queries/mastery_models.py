"""The models of mastery that are stored: which serves, which is on its way to, and what they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from edukit.models import StoredMasteryModel

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


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
