"""What a teacher is told of how far the answers on a concept can be trusted."""

from __future__ import annotations

import pandas as pd

from edukit.analytics.concept_explanations import UNTOLD, concept_explanations
from edukit.queries.frames import CONCEPT_EXPLANATIONS
from edukit.queries.mastery_models import TRACING

CONCEPTS = pd.DataFrame(
    {"concept_id": [4, 2], "topic_id": 1, "topic": "Numbers", "concept": ["Halves", "Thirds"], "concept_order": [0, 1]}
)


def tracing(concept_id: int) -> pd.DataFrame:
    """Of one concept: a fifth of right answers are guesses, and slips are not told."""
    row = dict.fromkeys(TRACING, 0.1) | {"concept_id": concept_id, "students": 30, "attempts": 90}
    row |= {"guessed_share": 0.2, "slip_se": None, "fitted_at": pd.Timestamp("2026-05-01", tz="UTC")}
    return pd.DataFrame([row]).astype(TRACING)


def test_each_concept_is_explained_or_says_why_not() -> None:
    """In the curriculum's order: with sentences where it is traced, and with why there are none where it is not."""
    found = concept_explanations(CONCEPTS, pd.concat([tracing(2), tracing(7)], ignore_index=True))
    assert found["concept"].tolist() == ["Halves", "Thirds"]
    assert found["evidence"].tolist() == ["too few answers", "enough"]
    assert found["explanation"].tolist() == [
        UNTOLD,
        "About 1 in 5 right answers here is a guess. These answers do not tell slips from not knowing.",
    ]
    assert found["students"].tolist() == [pd.NA, 30]


def test_without_tracing_nothing_is_told() -> None:
    """Before a model was fitted, and without concepts, the frame is there with its types."""
    nothing = tracing(1).head(0)
    assert concept_explanations(CONCEPTS, nothing)["explanation"].tolist() == [UNTOLD, UNTOLD]
    empty = concept_explanations(CONCEPTS.head(0), nothing)
    assert {name: str(dtype) for name, dtype in empty.dtypes.items()} == {
        column.name: column.dtype for column in CONCEPT_EXPLANATIONS.columns
    }
