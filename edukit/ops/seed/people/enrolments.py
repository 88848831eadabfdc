"""Who is in which class, and since and until when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from edukit.db.ids import Ids
    from edukit.ops.seed.calendar import SchoolYear

LATE, LEFT, REJOINED, DROPPED = 0.04, 0.03, 0.015, 0.04
"""Share of the students who join late, leave the school, leave and come back, and drop one class."""
MIN_CLASSES = 2


def enrol(  # noqa: PLR0913, PLR0917 - what an enrolment depends on
    rng: np.random.Generator,
    student_ids: NDArray[np.int64],
    forms: NDArray[np.int64],
    classes: pd.DataFrame,
    year: SchoolYear,
    ids: Ids,
    now: datetime,
) -> pd.DataFrame:
    """The enrolments: every student in the classes of their form, with the few who come and go."""
    pairs = pd.DataFrame({"student_id": student_ids, "form": forms}).merge(
        classes[["id", "form"]].rename(columns={"id": "class_id"}), on="form"
    )
    spells = pairs.merge(_spells(rng, student_ids, len(year.days)), on="student_id")
    spells = _drop_one_class(rng, spells, len(year.days))
    made = pd.DataFrame(
        {
            "id": ids.take(len(spells), now),
            "class_id": spells["class_id"],
            "student_id": spells["student_id"],
            "enrolled_at": _moment(spells["first_day"], year),
            "left_at": _moment(spells["last_day"], year),
        }
    )
    return made.astype({"id": "int64"})


def _spells(rng: np.random.Generator, student_ids: NDArray[np.int64], days: int) -> pd.DataFrame:
    """When each student was at the school, as numbers of days of the year; no last day: still there."""
    fate = rng.random(len(student_ids))
    fate[:1] = 1.0  # the first, student@, stays all year
    when = rng.uniform(0.15, 0.85, len(student_ids)) * days
    spells = pd.DataFrame({"student_id": student_ids, "first_day": 0.0, "last_day": np.nan})
    late = fate < LATE
    gone = (fate >= LATE) & (fate < LATE + LEFT)
    back = (fate >= LATE + LEFT) & (fate < LATE + LEFT + REJOINED)
    spells.loc[late, "first_day"] = np.floor(when[late])
    spells.loc[gone | back, "last_day"] = np.floor(when[gone | back])
    returned = spells[back].assign(first_day=np.floor((when[back] + days) / 2), last_day=np.nan)
    return pd.concat([spells, returned], ignore_index=True).sort_values(["student_id", "first_day"], kind="stable")


def _drop_one_class(rng: np.random.Generator, spells: pd.DataFrame, days: int) -> pd.DataFrame:
    """Some students who have classes to spare drop their last one in the course of the year."""
    of_student = spells.groupby("student_id")["class_id"]
    students = np.sort(spells["student_id"].unique())
    drops = pd.Series(rng.random(len(students)) < DROPPED, index=students)
    last = spells["class_id"] == of_student.transform("max")
    dropped = (
        spells["student_id"].map(drops).astype(bool)
        & last
        & (of_student.transform("nunique") > MIN_CLASSES)
        & spells["last_day"].isna()
        & (spells["first_day"] == 0)
    )
    day = np.floor(rng.uniform(0.2, 0.8, len(spells)) * days)
    return spells.assign(last_day=spells["last_day"].where(~dropped, day))


def _moment(day: pd.Series[float], year: SchoolYear) -> pd.Series[pd.Timestamp]:
    """Eight in the morning of a day of the year, in UTC; missing where the day is."""
    local = pd.Timestamp(year.starts_on) + pd.to_timedelta(day, unit="D") + pd.Timedelta(hours=8)
    return local.dt.tz_localize(year.time_zone).dt.tz_convert("UTC").astype("datetime64[us, UTC]")
