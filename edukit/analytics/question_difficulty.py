"""How difficult a question is, when it was answered rarely: its share of right answers, drawn towards what is usual.

The share of a question's right answers is the mean of a Beta posterior whose prior stands at what its author expected,
or else at what the concept's questions have in common, and weighs as much as ``PRIOR_ANSWERS`` answers (B. Efron and
C. Morris, *Stein's estimation rule and its competitors*, 1973; for questions R. J. Mislevy, *Bayes modal estimation in
item response models*, 1986).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logit

from edukit.analytics.intervals import Z

if TYPE_CHECKING:
    import pandas as pd

PRIOR_ANSWERS = 10.0
"""Answers that what is usual weighs as much as."""
USUAL = 0.7
"""Share of right answers (0-1) of which a question is thought that nothing is known of, nor of its concept."""
BOUNDS = (0.02, 0.98)
"""What an author's expectation is held within: nobody knows that all will be right."""


def question_difficulty(bank: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Each question's share of right answers, shrunk, and how much harder it is than its concept usually is.

    Args:
        bank: ``question_id``, ``concept_id`` and ``difficulty`` (expected share of wrong answers, 0-1; NaN: nobody
            said), once a question and concept.
        counts: ``question_id``, ``answers`` and ``right``, once a question; one that is missing has no answers.

    Returns:
        The rows of ``bank`` in their order, with ``answers``, ``right``, ``share_right`` (0-1), ``harder`` (logits
        above the concept's mean) and ``harder_error`` (half of its 90% interval, logits).
    """
    rows = bank.merge(counts, "left", "question_id")
    rows = rows.assign(answers=rows["answers"].fillna(0.0), right=rows["right"].fillna(0.0))
    given, right = (rows.groupby("concept_id")[name].transform("sum") for name in ("answers", "right"))
    usual = (right + USUAL * PRIOR_ANSWERS) / (given + PRIOR_ANSWERS)
    prior = (1 - rows["difficulty"]).clip(*BOUNDS).fillna(usual)
    weight = rows["answers"] + PRIOR_ANSWERS
    share = (rows["right"] + prior * PRIOR_ANSWERS) / weight
    easy = logit(share.to_numpy())
    # The concept's own place is that of its questions together, each as it is believed to be.
    middle = rows.assign(easy=easy).groupby("concept_id")["easy"].transform("mean").to_numpy()
    return rows.assign(
        share_right=share,
        harder=middle - easy,
        harder_error=Z / np.sqrt((weight * share * (1 - share)).to_numpy()),
    ).astype({"answers": "int64", "right": "int64"})
