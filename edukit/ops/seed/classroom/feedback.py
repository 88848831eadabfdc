"""What the demo's teachers say about what was handed in, and what students do upon it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.ops.seed.classroom.comments import CORRECTIONS, NEXT_STEPS, OPENINGS, REMARKS, SUGGESTED
from edukit.ops.seed.classroom.works import quoted
from edukit.ops.seed.curriculum.subjects import SUBJECTS
from edukit.ops.seed.moments import DAY, HOUR, MINUTE, shown, tick, uuids_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edukit.ops.seed.cohort import Cohort

ANSWERED, RATED, SUGGESTED_BY_MODEL, CORRECTED = 0.84, 0.93, 0.2, 0.012
"""Share of the marked work that is commented on; of the comments, the share with a rating, with a model's suggestion,
and that are corrected later."""
RATING_FROM = np.array([40.0, 58.0, 73.0, 87.0])
"""Least score for a rating of 2 to 5."""
GOOD = 3
ACTS_WITHIN = 14 * DAY
FEEDBACK_COLUMNS = [
    "institution_id", "id", "submission_id", "student_id", "teacher_id", "rating", "ai_suggested", "supersedes_id",
    "created_at",
]  # fmt: skip
CONTENT_COLUMNS = ["institution_id", "feedback_id", "content", "ai_suggestion"]


def comment_on(  # noqa: PLR0913 - what a comment depends on
    rng: np.random.Generator,
    cohort: Cohort,
    made: pd.DataFrame,
    submission_ids: pd.Series[str],
    assignments: pd.DataFrame,
    *,
    again: bool = False,
) -> pd.DataFrame:
    """Comments on most of what is marked by the demo's moment, each just after the mark.

    The columns of ``feedback`` and ``feedback_contents``, with ``submission`` (place in ``made``), ``student``,
    ``seat``, ``given`` (microseconds) and ``name`` (of the concept).
    """
    given = made["marked"].to_numpy()
    happens = (given <= tick(cohort.scene.as_of) - HOUR) & (rng.random(len(made)) < ANSWERED)
    rows = made[happens].reset_index(names="submission")
    work = assignments.iloc[rows["assignment"]].reset_index(drop=True)
    given = rows["marked"].to_numpy() + (rng.uniform(1, 12, len(rows)) * MINUTE).astype(np.int64)
    stars = 1 + np.searchsorted(RATING_FROM, rows["quality"].to_numpy(), side="right")
    by_model = rng.random(len(rows)) < SUGGESTED_BY_MODEL
    names = [cohort.first_names[student] for student in rows["student"]]
    content, suggestion = _words(rng, names, work, stars, again=again)
    return rows[["submission", "student", "seat"]].assign(
        institution_id=cohort.scene.school.institution_id,
        id=uuids_at(rng, shown(given)),
        submission_id=submission_ids.to_numpy()[rows["submission"]],
        student_id=cohort.student_ids[rows["student"]],
        teacher_id=work["teacher_id"],
        rating=pd.Series(stars, dtype="Int64").mask(rng.random(len(rows)) >= RATED),
        ai_suggested=by_model,
        supersedes_id=None,
        created_at=shown(given),
        content=content,
        ai_suggestion=pd.Series(suggestion, dtype=object).where(by_model, None),
        given=given,
        name=work["name"],
    )


def correct(rng: np.random.Generator, cohort: Cohort, told: pd.DataFrame) -> pd.DataFrame:
    """Corrections of a few comments, hours or days later and one star higher; columns as of ``comment_on``."""
    given = told["given"].to_numpy() + (rng.uniform(2, 50, len(told)) * HOUR).astype(np.int64)
    happens = (rng.random(len(told)) < CORRECTED) & (told["rating"].fillna(5) < len(OPENINGS)).to_numpy(dtype=bool)
    happens &= given <= tick(cohort.scene.as_of)
    earlier, given = told[happens].reset_index(drop=True), given[happens]
    words = [
        CORRECTIONS[place % len(CORRECTIONS)].format(name=cohort.first_names[student], quoted=quoted(name))
        for place, (student, name) in enumerate(zip(earlier["student"], earlier["name"], strict=True))
    ]
    return earlier.assign(
        id=uuids_at(rng, shown(given)),
        supersedes_id=earlier["id"],
        rating=earlier["rating"] + 1,
        ai_suggested=False,
        created_at=shown(given),
        content=words,
        ai_suggestion=None,
        given=given,
    )


def acted_on(cohort: Cohort, told: pd.DataFrame) -> NDArray[np.int64]:
    """When each student next practised for the class after a comment, within two weeks; -1: they did not."""
    practised = cohort.attempts[cohort.attempts["seat"] >= 0]
    # Each seat's moments are lifted above those of the seats before it, so that one search serves them all.
    lift = np.int64(1 << 46)
    zero = tick(cohort.scene.school.opened_at)
    known = np.sort(practised["seat"].to_numpy() * lift + practised["tick"].to_numpy() - zero)
    wanted = told["seat"].to_numpy() * lift + told["given"].to_numpy() - zero
    place = np.searchsorted(known, wanted, side="right")
    following = np.append(known, np.iinfo(np.int64).max)[place]
    return np.where(following - wanted <= ACTS_WITHIN, following % lift + zero, -1)


def _words(
    rng: np.random.Generator, names: list[str], work: pd.DataFrame, stars: NDArray[np.int64], *, again: bool
) -> tuple[list[str], list[str]]:
    """What each teacher said, and what a model would have suggested."""
    draws = rng.integers(0, 1 << 20, (len(names), 3)).tolist()
    begins = "Better than the first time. " if again else ""
    content, suggestion = [], []
    columns = (names, work["subject"], work["name"], (stars - 1).tolist(), draws)
    for name, subject, concept, star, (first, second, third) in zip(*columns, strict=True):
        remarks = REMARKS[SUBJECTS[subject].code][int(star >= GOOD)]
        parts = (
            OPENINGS[star][first % len(OPENINGS[star])],
            remarks[second % len(remarks)],
            NEXT_STEPS[star][third % len(NEXT_STEPS[star])],
        )
        content.append(begins + " ".join(parts).format(name=name, quoted=quoted(concept)))
        suggestion.append(SUGGESTED[star].format(quoted=quoted(concept)))
    return content, suggestion
