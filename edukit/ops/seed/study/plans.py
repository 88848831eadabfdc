"""Study plans of the demo's students: their weakest concepts of one subject, one sitting after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.ops.seed.curriculum.lessons import weakest
from edukit.ops.seed.curriculum.subjects import SUBJECTS
from edukit.ops.seed.moments import moments

if TYPE_CHECKING:
    from datetime import date

    from edukit.ops.seed.scene import Scene

PLANNERS = 0.2
"""Share of the students who have a plan."""
SITTINGS = 10
DONE = 0.72
"""Share of the sittings of the past that were done."""


def study_plans(scene: Scene, known: pd.DataFrame, number: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Plans that began in the last weeks, and their sittings; ``known`` is ``lessons.practised`` of a block."""
    rng, year = scene.rng(15, number), scene.school.year
    subject = weakest(known).set_index("student_id")["subject"]
    plans = pd.DataFrame({"student_id": subject.index, "subject": subject.to_numpy()})
    chosen = rng.random(len(plans)) < PLANNERS
    chosen[:1] = True
    plans = plans[chosen].reset_index(drop=True)
    count, today = len(plans), len(year.days) - 1
    plans["id"] = scene.ids.take(count, scene.as_of)
    plans["start"] = today - rng.integers(5, 25, count)
    plans["every"] = rng.integers(2, 5, count)
    plans["minutes"] = rng.choice([20, 30, 45], count)
    items = known.merge(plans, on=["student_id", "subject"])
    items["position"] = items.groupby("id").cumcount()
    items = items[items["position"] < SITTINGS].reset_index(drop=True)
    items["day"] = items["start"] + items["position"] * items["every"]
    plans["end"] = plans["id"].map(items.groupby("id")["day"].max())
    return _plans(scene, plans), _items(scene, rng, items)


def _plans(scene: Scene, plans: pd.DataFrame) -> pd.DataFrame:
    year = scene.school.year
    return pd.DataFrame(
        {
            "institution_id": scene.school.institution_id,
            "id": plans["id"],
            "student_id": plans["student_id"],
            "title": [f"{SUBJECTS[place].name}, the weakest first" for place in plans["subject"]],
            "starts_on": _dates(scene, plans["start"]),
            "ends_on": _dates(scene, plans["end"]),
            "parameters": pd.Series(
                [
                    {"subject": SUBJECTS[place].name, "minutes_a_sitting": minutes, "days_between": days}
                    for place, minutes, days in plans[["subject", "minutes", "every"]].to_numpy().tolist()
                ],
                dtype=object,
            ),
            "created_at": moments(year, plans["start"].to_numpy(), np.full(len(plans), 7.25)),
        }
    )


def _items(scene: Scene, rng: np.random.Generator, items: pd.DataFrame) -> pd.DataFrame:
    year, day = scene.school.year, items["day"].to_numpy()
    topic = scene.school.curriculum.concepts.set_index("id")["topic_id"]
    done = (day < len(year.days) - 1) & (rng.random(len(items)) < DONE)
    return pd.DataFrame(
        {
            "institution_id": scene.school.institution_id,
            "plan_id": items["id"],
            "position": items["position"],
            "planned_on": _dates(scene, items["day"]),
            "topic_id": items["concept_id"].map(topic),
            "concept_id": items["concept_id"],
            "minutes": items["minutes"],
            "completed_at": pd.Series(moments(year, day, rng.uniform(15.5, 21, len(items)))).where(done),
        }
    )


def _dates(scene: Scene, day: pd.Series[int]) -> pd.Series[date]:
    return (pd.Timestamp(scene.school.year.starts_on) + pd.to_timedelta(day, unit="D")).dt.date
