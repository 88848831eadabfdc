"""What the demo's teachers made of predictions of risk: they saw it, or they knew better."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.ops.seed.moments import local_days, shown, tick, ticks, ticks_of, uuids_at
from edukit.ops.seed.risk.interventions import teachers_of

if TYPE_CHECKING:
    from edukit.ops.seed.cohort import Cohort

SEEN = {"low": 0.0, "medium": 0.06, "high": 0.3, "critical": 0.4}
"""Share of the predictions of each level that somebody answers."""
DISMISSED = 0.3
REASONS = (
    "Was ill for a week; the work is coming.",
    "At a tournament with the school team, agreed with me beforehand.",
    "The missing sheet was handed in on paper.",
    "On exchange until the end of the month.",
    "We spoke already: a death in the family. No pressure now.",
    "Works from the book at home, which edukit does not see.",
)


def responses(cohort: Cohort, predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows of the table for a block, from its predictions, none after the demo's moment.

    Where nobody would answer, as among a few students, the worst prediction that can be answered is.
    """
    rng = cohort.rng(30)
    seen = rng.random(len(predictions)) < predictions["risk_level"].map(SEEN).to_numpy(dtype=np.float64)
    rows = _answers(rng, cohort, predictions[seen])
    if rows.empty:
        worst = predictions.sort_values("risk_score", ascending=False, kind="stable")
        rows = _answers(rng, cohort, worst).head(1)
    return rows


def _answers(rng: np.random.Generator, cohort: Cohort, said: pd.DataFrame) -> pd.DataFrame:
    """An answer to each, by a teacher of the student on a school day of that week, but for those that cannot be."""
    year = cohort.scene.school.year
    day = np.floor(local_days(ticks_of(said["predicted_at"]), year)).astype(np.int64)
    answers_on = np.minimum(day + rng.integers(0, 4, len(said)), len(year.days) - 1)
    at = ticks(year, answers_on, rng.uniform(7.5, 17.0, len(said)))
    dismissed = rng.random(len(said)) < DISMISSED
    why = pd.Series(np.array(REASONS, dtype=object)[rng.integers(0, len(REASONS), len(said))], dtype=object)
    rows = pd.DataFrame(
        {
            "institution_id": cohort.scene.school.institution_id,
            "id": uuids_at(rng, shown(at)),
            "prediction_id": said["id"].to_numpy(),
            "user_id": teachers_of(rng, cohort, said["student"].to_numpy(), at),
            "action": np.where(dismissed, "dismissed", "acknowledged"),
            "reason": why.where(dismissed, None),
            "responded_at": shown(at),
        }
    )
    happened = (rows["user_id"] >= 0).to_numpy() & year.is_school_day[answers_on] & (at <= tick(cohort.scene.as_of))
    return rows.iloc[np.flatnonzero(happened)].reset_index(drop=True)
