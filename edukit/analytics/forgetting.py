"""Forgetting: the share of right answers by how long ago the same concept was answered on before.

As H. Ebbinghaus plotted retention (*Über das Gedächtnis*, 1885): by the gap, in bins that widen as forgetting slows.
Answers of one student are alike, so intervals of several students rest on as many answers as would vary as much if they
were not (W. G. Cochran, *Sampling Techniques*, 1977, ch. 9; L. Kish's design effect). It is what was seen and no
experiment: who comes back late, and to what, differs too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.analytics.intervals import share_interval
from edukit.queries.frames import FORGETTING

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAY_SECONDS = 86_400.0
GAPS = {
    "under an hour": 0.0,
    "an hour to a day": 1 / 24,
    "1 to 3 days": 1.0,
    "3 to 7 days": 3.0,
    "1 to 2 weeks": 7.0,
    "2 to 4 weeks": 14.0,
    "4 weeks or more": 28.0,
}
"""Each gap and the days from which on it is one."""
ENOUGH = 10
"""Answers from which on a share says something."""


def forgetting(attempts: pd.DataFrame) -> pd.DataFrame:
    """The share of right answers after each gap, the shortest first; a gap that never was has a row too.

    Args:
        attempts: once an answer and concept, in any order: ``student_id``, ``concept_id``, ``sequence`` (what orders
            a student's answers), ``is_correct``, ``attempted_at`` (NaT: unknown, and so is the gap before and after).
            Times that run backwards count as no gap.

    Returns:
        Columns of ``frames.FORGETTING``.
    """
    starts = np.array([*GAPS.values()])
    after = _gaps(attempts)
    bins = np.searchsorted(starts, after["gap_days"].to_numpy(), side="right") - 1
    groups = after.groupby(bins)
    every = pd.RangeIndex(len(starts))
    rows = pd.DataFrame(
        {
            "gap": [*GAPS],
            "from_days": starts,
            "to_days": [*starts[1:], np.nan],
            "answers": groups.size().reindex(every, fill_value=0),
            "students": groups["student_id"].nunique().reindex(every, fill_value=0),
            "concepts": groups["concept_id"].nunique().reindex(every, fill_value=0),
            "right": groups["is_correct"].sum().reindex(every, fill_value=0),
        }
    )
    count = rows["answers"].to_numpy()
    share = rows["right"].to_numpy() / np.maximum(count, 1)
    worth = np.array([_independent(after[bins == place]) for place in every])
    low, high = share_interval(share * worth, worth)
    evidence = np.select([count == 0, count < ENOUGH], ["no answers", "few answers"], "enough").astype(object)
    return FORGETTING.typed(
        rows.assign(share_right=np.where(count > 0, share, np.nan), share_low=low, share_high=high, evidence=evidence)
    )


def _gaps(attempts: pd.DataFrame) -> pd.DataFrame:
    """The answers of which it is known how many days before the concept was answered on."""
    ordered = attempts.sort_values(
        ["student_id", "concept_id", "sequence", "is_correct"], ascending=[True, True, True, False], ignore_index=True
    )
    since = ordered.groupby(["student_id", "concept_id"])["attempted_at"].diff()
    days = since.dt.total_seconds() / DAY_SECONDS
    return ordered.assign(gap_days=days.clip(lower=0)).dropna(subset=["gap_days"])


def _independent(answers: pd.DataFrame) -> float:
    """As many answers as would vary as much as these if no two were of one student; of one student all are."""
    count, students = len(answers), answers["student_id"].nunique()
    share = answers["is_correct"].mean() if count else 0.0
    if students < 2 or share in {0.0, 1.0}:  # noqa: PLR2004 - nobody differs from anybody
        return float(count)
    surplus: NDArray[np.float64] = (
        (answers["is_correct"] - share).groupby(answers["student_id"]).sum().to_numpy(dtype=np.float64)
    )
    variance = students / (students - 1) * float((surplus**2).sum()) / count**2
    return min(float(count), share * (1 - share) / variance) if variance > 0 else float(count)
