"""Monthly figures of some of the demo's students: the share of their answers that were right, by subject."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.ops.seed.curriculum.subjects import SUBJECTS
from edukit.ops.seed.moments import moments, uuids_at

if TYPE_CHECKING:
    from edukit.ops.seed.practice.attempts import Block
    from edukit.ops.seed.scene import Scene

RECORDED = 0.25
"""Share of the students whose figures were recorded."""


def progress_records(scene: Scene, block: Block, attempts: pd.DataFrame, number: int) -> pd.DataFrame:
    """A figure for each month that is over; ``attempts`` is ``lessons.with_concepts`` of the block."""
    rng, school = scene.rng(17, 0, number), scene.school
    chosen = block.student_ids[
        (rng.random(len(block.student_ids)) < RECORDED) | (np.arange(len(block.student_ids)) == 0)
    ]
    mine = attempts[attempts["student_id"].isin(chosen)]
    month = mine["attempted_at"].dt.tz_convert(school.profile.time_zone).dt.tz_localize(None).dt.to_period("M")
    figures = (
        mine.groupby(["student_id", "subject", month.rename("month")])["is_correct"]
        .agg(answers="size", right="mean")
        .reset_index()
    )
    day = ((figures["month"] + 1).dt.start_time - pd.Timestamp(school.year.starts_on)).dt.days.to_numpy()
    over = day < len(school.year.days) - 1
    figures, day = figures[over].reset_index(drop=True), day[over]
    recorded = moments(school.year, day, np.full(len(day), 6.0))
    return pd.DataFrame(
        {
            "institution_id": school.institution_id,
            "id": uuids_at(rng, recorded),
            "user_id": figures["student_id"],
            "category": [SUBJECTS[place].name.lower().replace(" ", "_") for place in figures["subject"]],
            "score": np.round(100 * figures["right"], 1),
            "recorded_at": recorded,
            "details": pd.Series(
                [
                    {"unit": "percent of the month's answers right", "answers": answers, "month": str(of)}
                    for answers, of in zip(figures["answers"].tolist(), figures["month"], strict=True)
                ],
                dtype=object,
            ),
        }
    )
