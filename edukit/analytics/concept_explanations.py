"""Explanations: how each concept is learned, and how far its answers can be trusted, in a teacher's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from edukit.analytics.knowledge_tracing import explanation
from edukit.queries.frames import CONCEPT_EXPLANATIONS

if TYPE_CHECKING:
    import pandas as pd

ENOUGH, TOO_FEW = "enough", "too few answers"
UNTOLD: Final = "Too few students have answered on it yet to tell guesses and slips."


def concept_explanations(concepts: pd.DataFrame, tracing: pd.DataFrame) -> pd.DataFrame:
    """Every concept with what knowledge tracing tells of it.

    Args:
        concepts: as :func:`edukit.queries.curriculum.concepts` gives them, in their order.
        tracing: as :func:`edukit.queries.mastery_models.concept_tracing` gives it, of these concepts and others.

    Returns:
        Columns of ``frames.CONCEPT_EXPLANATIONS``, in the order of ``concepts``.
    """
    rows = concepts.merge(tracing, how="left", on="concept_id", validate="one_to_one")
    is_told = rows["students"].notna()
    told = [
        " ".join(explanation({str(name): value for name, value in row.items()})) if is_it else UNTOLD
        for row, is_it in zip(rows.to_dict("records"), is_told, strict=True)
    ]
    evidence = is_told.map({True: ENOUGH, False: TOO_FEW})
    return CONCEPT_EXPLANATIONS.typed(rows.assign(evidence=evidence, explanation=told))
