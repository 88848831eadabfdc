"""How concepts are learned: written for everybody to read when a model takes over, unless it tells of few students."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, insert, select

from edukit.analytics.knowledge_tracing import ERRORS, PARAMETERS, SHARES
from edukit.models import Concept, ConceptTracing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

LEAST_STUDENTS: Final = 10
"""A concept that fewer have answered on is not told of: the figures would be theirs rather than the concept's."""
_COLUMNS: Final = (*PARAMETERS, *ERRORS, *SHARES, "students", "attempts")


def replace_tracing(
    session: Session, *, institution_id: int, parameters: Sequence[Mapping[str, Any]], fitted_at: datetime
) -> None:
    """Write the parameters of each concept in the place of all that were there.

    Args:
        session: the caller commits.
        institution_id: institution of the concepts.
        parameters: as :func:`edukit.analytics.prediction.tracing.traced_concepts` gives them.
        fitted_at: when they were fitted.
    """
    connection = session.connection()
    connection.execute(delete(ConceptTracing).where(ConceptTracing.institution_id == institution_id))
    # A concept may have been deleted since.
    there = {*session.scalars(select(Concept.id).where(Concept.institution_id == institution_id))}
    rows = [
        {"institution_id": institution_id, "concept_id": concept["concept_id"], "fitted_at": fitted_at}
        | {name: concept[name] for name in _COLUMNS}
        for concept in parameters
        if concept["students"] >= LEAST_STUDENTS and concept["concept_id"] in there
    ]
    if rows:
        connection.execute(insert(ConceptTracing), rows)
