"""What the students of a block hand in: whether, when, how good, and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.ops.seed.classroom.works import AGAIN, CLOSINGS, FAIR_BODIES, STRONG_BODIES, WEAK_BODIES, quoted
from edukit.ops.seed.curriculum.subjects import SUBJECTS
from edukit.ops.seed.moments import HOUR, MINUTE, local_days, shown, tick, ticks, uuids_at
from edukit.ops.seed.people.habits import FADES, FADING, HOURS_AFTER_DUE, HOURS_SPREAD, NIGHT_OWL, hands_in
from edukit.ops.seed.practice.sessions import CONCEPTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edukit.ops.seed.cohort import Cohort

CODE = [subject.code for subject in SUBJECTS].index("CSC")
AWAY_DAYS, AWAY_CHANCE = 9, 0.3
"""Who has not practised for so many days hands in with so much less chance."""
MIDDLING, OF_ABILITY, OF_THE_DAY, LATE_COST = 71.0, 10.5, 8.0, 4.0
"""Score of middling work, points for a logit of ability, their spread from work to work, and for being late."""
NEVER_MARKED, MARKED_AT_ONCE = 0.04, 0.08
AGAIN_WHEN_WEAK, AGAIN_ELSE, WEAK = 0.35, 0.03, 60.0
STRONG = 78.0
COLUMNS = [
    "institution_id", "id", "assignment_id", "student_id", "submitted_at", "body", "github_url", "score",
    "code_quality_score", "complexity_score", "created_at", "updated_at",
]  # fmt: skip


def hand_in(rng: np.random.Generator, cohort: Cohort, assignments: pd.DataFrame) -> pd.DataFrame:
    """What is handed in first, by student and assignment, none after the demo's moment.

    ``student``, ``seat``, ``assignment`` (place in ``assignments``), ``submitted``, ``marked`` (when it is marked;
    after the demo's moment: not yet, or never) and ``quality`` (0-100: its score).
    """
    seats, traits, year = cohort.seats, cohort.traits, cohort.scene.school.year
    pairs = pd.DataFrame({"seat": range(len(seats.class_id)), "class_id": seats.class_id}).merge(
        assignments[["class_id", "assigned", "due", "marked"]].reset_index(names="assignment"), on="class_id"
    )
    student = seats.student[pairs["seat"]]
    habit = traits.habit[student]
    assigned, due = pairs["assigned"].to_numpy(), pairs["due"].to_numpy()
    day = np.clip(local_days(due, year).astype(np.int64), 0, len(year.days) - 1)
    hours = rng.normal(HOURS_AFTER_DUE[habit], HOURS_SPREAD[habit])
    submitted = _in_waking_hours(cohort, due + (hours * HOUR).astype(np.int64), habit == NIGHT_OWL)
    submitted = np.maximum(submitted, assigned + (rng.uniform(0.5, 1.0, len(due)) * HOUR).astype(np.int64))
    chance = hands_in(habit, year.progress[day]) * np.where(
        cohort.days_away()[student, day] > AWAY_DAYS, AWAY_CHANCE, 1
    )
    happens = (rng.random(len(due)) < chance) & cohort.enrolled(pairs["seat"].to_numpy(), submitted)
    happens &= submitted <= tick(cohort.scene.as_of)
    made = pd.DataFrame({"student": student, "seat": pairs["seat"], "assignment": pairs["assignment"]})
    made["submitted"], made["late"] = submitted, submitted > due
    made["quality"] = _quality(rng, cohort, made, year.progress[day])
    made["marked"] = _marked(rng, cohort, submitted, pairs["marked"].to_numpy())
    return made[happens].reset_index(drop=True)


def hand_in_again(rng: np.random.Generator, cohort: Cohort, first: pd.DataFrame, told: pd.DataFrame) -> pd.DataFrame:
    """What is handed in a second time, better, some days after feedback on it (``told``: ``submission``, ``given``)."""
    answered = first.loc[told["submission"]].assign(given=told["given"].to_numpy())
    chance = np.where(answered["quality"] < WEAK, AGAIN_WHEN_WEAK, AGAIN_ELSE)
    year = cohort.scene.school.year
    day = local_days(answered["given"], year).astype(np.int64) + rng.integers(1, 7, len(answered))
    submitted = ticks(year, day, rng.uniform(16.0, 21.5, len(answered)))
    made = answered.assign(
        submitted=submitted,
        late=submitted > answered["submitted"],
        quality=np.minimum(answered["quality"] + np.round(rng.uniform(6, 20, len(answered))), 100),
        marked=_marked(rng, cohort, submitted, np.zeros(len(answered), dtype=np.int64)),
    ).drop(columns="given")
    happens = (rng.random(len(made)) < chance) & cohort.enrolled(made["seat"].to_numpy(), submitted)
    return made[happens & (submitted <= tick(cohort.scene.as_of))].reset_index(drop=True)


def submission_rows(
    rng: np.random.Generator, cohort: Cohort, made: pd.DataFrame, assignments: pd.DataFrame, *, again: bool
) -> pd.DataFrame:
    """The rows of the table, in the order of ``made``."""
    work = assignments.iloc[made["assignment"]]
    scene, count, quality = cohort.scene, len(made), made["quality"].to_numpy()
    code = (work["subject"] == CODE).to_numpy()
    marked = (made["marked"] <= tick(scene.as_of)).to_numpy()
    clean = np.clip(np.round(quality + rng.normal(2, 6, count), 1), 0, 100)
    reach = (work["concept"] / CONCEPTS[CODE]).to_numpy()
    complexity = np.clip(np.round(18 + 45 * reach + 0.2 * quality + rng.normal(0, 6, count), 1), 0, 100)
    bodies, links = _bodies(rng, made, work, again=again), _links(cohort, made, work, code)
    return pd.DataFrame(
        {
            "institution_id": scene.school.institution_id,
            "id": uuids_at(rng, shown(made["submitted"])),
            "assignment_id": work["id"].to_numpy(),
            "student_id": cohort.student_ids[made["student"]],
            "submitted_at": shown(made["submitted"]),
            # What is on GitHub needs no other text.
            "body": pd.Series(bodies, dtype=object).where(links.isna(), None),
            "github_url": links,
            "score": np.where(marked, quality, np.nan),
            "code_quality_score": np.where(code, clean, np.nan),
            "complexity_score": np.where(code, complexity, np.nan),
            "created_at": shown(made["submitted"]),
            "updated_at": shown(np.where(marked, made["marked"], made["submitted"])),
        }
    )


def _in_waking_hours(cohort: Cohort, at: NDArray[np.int64], late: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The moments, those in the small hours moved to the evening before; night owls sit up until two."""
    hour = 24 * (local_days(at, cohort.scene.school.year) % 1)
    asleep = (hour > np.where(late, 2.0, 0.2)) & (hour < 6.5)  # noqa: PLR2004 - half past six
    return np.where(asleep, at - 8 * HOUR, at)


def _quality(
    rng: np.random.Generator, cohort: Cohort, made: pd.DataFrame, progress: NDArray[np.float64]
) -> NDArray[np.float64]:
    student, traits = made["student"].to_numpy(), cohort.traits
    ability = traits.ability[student, cohort.seats.subject[made["seat"]]]
    fades = np.where(traits.habit[student] == FADING, 25 * FADES * progress, 0.0)
    careless = 5.0 * traits.guesses[student]
    score = MIDDLING + OF_ABILITY * ability + rng.normal(0, OF_THE_DAY, len(made)) - LATE_COST * made["late"]
    rounded: NDArray[np.float64] = np.round(np.clip(score - fades - careless, 8, 100))
    return rounded


def _marked(
    rng: np.random.Generator, cohort: Cohort, submitted: NDArray[np.int64], begins: NDArray[np.int64]
) -> NDArray[np.int64]:
    """When each is marked: with the rest of its class, or for what comes later or is looked at early, by itself."""
    year, count = cohort.scene.school.year, len(submitted)
    with_others = begins + (rng.uniform(0, 150, count) * MINUTE).astype(np.int64)
    day = local_days(submitted, year).astype(np.int64) + rng.integers(1, 4, count)
    alone = ticks(year, day, rng.uniform(15.5, 20.0, count))
    at = np.where((submitted > begins) | (rng.random(count) < MARKED_AT_ONCE), alone, with_others)
    never = np.iinfo(np.int64).max
    return np.where(rng.random(count) < NEVER_MARKED, never, at)


def _bodies(rng: np.random.Generator, made: pd.DataFrame, work: pd.DataFrame, *, again: bool) -> list[str]:
    """A few sentences that fit the quality of each."""
    contents = [[concept for topic in subject.topics for concept in topic.concepts] for subject in SUBJECTS]
    kinds = np.where(made["quality"] >= STRONG, 0, np.where(made["quality"] >= WEAK, 1, 2)).tolist()
    pools = (STRONG_BODIES, FAIR_BODIES, WEAK_BODIES)
    draws = rng.integers(0, 1 << 20, (len(made), 3)).tolist()
    begins = AGAIN if again else ""
    told = []
    columns = (work["subject"], work["concept"], work["name"], kinds, draws)
    for subject, concept, name, kind, (first, second, third) in zip(*columns, strict=True):
        content = contents[subject][concept]
        text = pools[kind][first % len(pools[kind])].format(
            quoted=quoted(name),
            fact=content.facts[second % len(content.facts)],
            myth=content.myths[second % len(content.myths)],
            closing=CLOSINGS[third % len(CLOSINGS)],
        )
        told.append(begins + text.strip())
    return told


def _links(cohort: Cohort, made: pd.DataFrame, work: pd.DataFrame, code: NDArray[np.bool_]) -> pd.Series[str]:
    """The address on GitHub of the programs of those who have told their name there."""
    handles = cohort.scene.school.students.set_index("id")["github_username"][cohort.student_ids].tolist()
    links = [
        f"https://github.com/{handles[student]}/{name.lower().replace(' ', '-')}"
        if is_code and handles[student]
        else None
        for student, name, is_code in zip(made["student"], work["name"], code, strict=True)
    ]
    return pd.Series(links, dtype=object)
