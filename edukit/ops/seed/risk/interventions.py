"""What the demo's teachers did for students at risk, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.ops.seed.moments import local_days, shown, tick, ticks, ticks_of, uuids_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edukit.ops.seed.cohort import Cohort

ANSWERED, NOTED = 0.25, 0.8
"""Share of the weeks of high risk in which somebody acts; of what they do, the share with an outcome."""
QUIET_WEEKS, LATER_WEEKS, CLEAR = 8, 4, 10.0
"""Weeks in which nobody acts again, weeks until the outcome, and change of the score that counts as one."""
NOTES = {
    "conversation": (
        "Talked after the lesson. Too much at once at home; we agreed on two evenings a week.",
        "Quiet talk in the break. Says that the work feels pointless; will try the next sheet together with a friend.",
    ),
    "message_home": (
        "Wrote to the parents about the missing work and asked for a call.",
        "Short message home: what is missing, and by when it can still be handed in.",
    ),
    "tutoring": (
        "Support lesson on Thursdays for the next four weeks.",
        "Paired with an older student for two afternoons.",
    ),
    "study_plan": (
        "Made a plan together: twenty minutes a day, the oldest gaps first.",
        "Cut the missing work into five small parts with a date each.",
    ),
    "referral": ("Asked the counsellor to have a word; the family agrees.",),
}


def interventions(cohort: Cohort, predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows of the table for a block, from its predictions, none after the demo's moment.

    Where nobody would act, as among a few students, somebody does on the day of the worst prediction.
    """
    rng = cohort.rng(25)
    begun = predictions.iloc[_beginnings(rng, predictions)]
    rows = _answers(rng, cohort, predictions, begun, rng.integers(1, 5, len(begun)))
    if rows.empty:
        worst = predictions.sort_values("risk_score", ascending=False, kind="stable")
        rows = _answers(rng, cohort, predictions, worst, np.zeros(len(worst), dtype=np.int64)).head(1)
    return rows


def _answers(
    rng: np.random.Generator,
    cohort: Cohort,
    predictions: pd.DataFrame,
    begun: pd.DataFrame,
    wait: NDArray[np.int64],
) -> pd.DataFrame:
    """An intervention so many days after each prediction of ``begun``, but for those that cannot have happened."""
    year = cohort.scene.school.year
    day = np.floor(local_days(ticks_of(begun["predicted_at"]), year)).astype(np.int64)
    acts_on = np.minimum(day + wait, len(year.days) - 1)
    at = ticks(year, acts_on, rng.uniform(8.5, 16.5, len(begun)))
    kinds = rng.choice(list(NOTES), len(begun), p=[0.35, 0.2, 0.2, 0.18, 0.07])
    notes = rng.integers(0, 1 << 20, len(begun))
    later = predictions.set_index(["student", "week"])["risk_score"].reindex(
        pd.MultiIndex.from_arrays([begun["student"], begun["week"] + LATER_WEEKS])
    )
    change = later.to_numpy() - begun["risk_score"].to_numpy()
    outcome = np.select([change <= -CLEAR, change >= CLEAR], ["improved", "worsened"], "unchanged")
    noted_at = ticks(year, day + 7 * LATER_WEEKS, rng.uniform(9.0, 16.0, len(begun)))
    known = ~np.isnan(change) & (rng.random(len(begun)) < NOTED) & (noted_at <= tick(cohort.scene.as_of))
    rows = pd.DataFrame(
        {
            "institution_id": cohort.scene.school.institution_id,
            "id": uuids_at(rng, shown(at)),
            "student_id": begun["student_id"].to_numpy(),
            "made_by": teachers_of(rng, cohort, begun["student"].to_numpy(), at),
            "prediction_id": begun["id"].to_numpy(),
            "kind": kinds,
            "note": [NOTES[kind][place % len(NOTES[kind])] for kind, place in zip(kinds, notes, strict=True)],
            "happened_at": shown(at),
            "outcome": pd.Series(outcome, dtype=object).where(known, None),
            "outcome_at": pd.Series(shown(noted_at)).where(known),
            "created_at": shown(at),
            "updated_at": shown(np.where(known, noted_at, at)),
        }
    )
    happened = (rows["made_by"] >= 0).to_numpy() & year.is_school_day[acts_on] & (at <= tick(cohort.scene.as_of))
    return rows.iloc[np.flatnonzero(happened)].reset_index(drop=True)


def _beginnings(rng: np.random.Generator, predictions: pd.DataFrame) -> list[int]:
    """The places of the predictions that somebody acts upon: high or critical, and long after the last such."""
    alarming = predictions["risk_level"].isin(["high", "critical"]).to_numpy()
    willing = rng.random(len(predictions)) < ANSWERED
    chosen: list[int] = []
    last: dict[int, int] = {}
    pairs = predictions[["student", "week"]].to_numpy().tolist()
    for place in np.flatnonzero(alarming & willing).tolist():
        student, week = pairs[place]
        if week - last.get(student, -QUIET_WEEKS) >= QUIET_WEEKS:
            chosen.append(place)
            last[student] = week
    return chosen


def teachers_of(
    rng: np.random.Generator, cohort: Cohort, student: NDArray[np.int64], at: NDArray[np.int64]
) -> NDArray[np.int64]:
    """A teacher of a class that each student is in at the time, whichever; -1: they are in none."""
    of_class = cohort.scene.school.class_teachers.drop_duplicates("class_id").set_index("class_id")["teacher_id"]
    seats = pd.DataFrame({"student": cohort.seats.student, "seat": range(len(cohort.seats.student))})
    pairs = pd.DataFrame({"place": range(len(at)), "student": student, "at": at}).merge(seats, on="student")
    pairs = pairs[cohort.enrolled(pairs["seat"].to_numpy(), pairs["at"].to_numpy())]
    pairs = pairs.iloc[rng.permutation(len(pairs))].drop_duplicates("place")
    teachers = np.full(len(at), -1, dtype=np.int64)
    teachers[pairs["place"]] = of_class[cohort.seats.class_id[pairs["seat"]]]
    return teachers
