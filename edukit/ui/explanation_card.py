"""How a score comes about, beside the answers that it rests on."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from edukit.analytics.concept_explanations import ENOUGH
from edukit.analytics.mastery_explanation import explanation
from edukit.analytics.mastery_marks import marked

if TYPE_CHECKING:
    import pandas as pd

    from edukit.workbench import Workbench


def explanation_card(
    edu: Workbench, frame: pd.DataFrame, student_id: int, concept_id: int, of_concepts: pd.DataFrame
) -> str:
    """The explanation of a student's score on a concept, as HTML; empty: they are not in the frame.

    Args:
        edu: whose history and thresholds.
        frame: rows of the frame ``class_mastery``.
        student_id: the student.
        concept_id: the concept.
        of_concepts: rows of the frame ``concept_explanations``.
    """
    rows = frame[(frame["student_id"] == student_id) & (frame["concept_id"] == concept_id)]
    if rows.empty:
        return ""
    thresholds = edu.mastery_thresholds
    row: pd.Series[Any] = marked(rows, None, thresholds).iloc[0]
    told = explanation(row, edu.mastery_history(student_id), thresholds, by_model=edu.mastery_is_modelled)
    known = of_concepts[(of_concepts["concept_id"] == concept_id) & (of_concepts["evidence"] == ENOUGH)]
    told += [f"On this concept: {words}" for words in known["explanation"]]
    words = "".join(f"<p>{escape(one)}</p>" for one in told)
    return f'<div class="card why"><h3>How this score comes about</h3>{words}</div>'
