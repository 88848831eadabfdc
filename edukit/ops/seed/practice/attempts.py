"""The attempts of a block of forms: sessions, answers, times, as rows of ``question_attempts``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.db.ids import time_ordered_uuids
from edukit.ops.seed.curriculum.plans import XP_OF_A_TRY
from edukit.ops.seed.people.habits import Traits, draw_traits
from edukit.ops.seed.practice.learning import Asked, Learners, Model, Outcome, final_p_correct, practise, seconds_taken
from edukit.ops.seed.practice.sessions import Seats, Sessions, concepts_asked, plan_sessions, seats_of
from edukit.ops.seed.school import GRADES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from numpy.typing import NDArray
    from pandas.api.extensions import ExtensionArray

    from edukit.ops.seed.school import School

BLOCK_STUDENTS = 400
"""Students whose attempts are made and written at once: about 130,000 rows."""
KNOWN_FROM_LAST_YEAR = 0.35
"""What each grade knows more than the one below, in logits."""
HINTED = 0.3
"""Share of the wrong answers after which the student asked for hints."""


@dataclass(frozen=True)
class Block:
    """Some forms' students, their attempts, and what the model knows that nobody else does."""

    student_ids: NDArray[np.int64]
    attempts: pd.DataFrame
    truth: pd.DataFrame
    """``student_id``, ``concept_id``, ``p_correct``: the true chance (0-1) of a right answer at the end."""
    traits: Traits
    """What the students are like, in the order of ``student_ids``."""


def blocks(school: School, *, seed: int, place: int, as_of: datetime) -> Iterator[Block]:
    """The school's attempts up to ``as_of``, whole forms at a time, in bounded memory."""
    model = Model.of(school.curriculum.plans)
    ids, forms = school.students["id"].to_numpy(), school.forms
    block_of = (np.searchsorted(forms, forms) // BLOCK_STUDENTS).astype(np.int64)
    for number in np.unique(block_of):
        rng = np.random.default_rng([seed, 3, place, int(number)])
        yield _block(rng, school, model, ids[block_of == number], as_of)


def _block(
    rng: np.random.Generator, school: School, model: Model, student_ids: NDArray[np.int64], as_of: datetime
) -> Block:
    traits = draw_traits(rng, len(student_ids))
    seats = seats_of(school, student_ids)
    sessions = plan_sessions(rng, seats, traits, school.year)
    session, column = concepts_asked(rng, sessions)
    seat = sessions.seat[session]
    concept = model.concept_offset[seats.subject[seat]] + column
    question = model.first_question[concept] + rng.integers(0, model.question_count[concept])
    learners = Learners(
        ability=traits.ability[seats.student, seats.subject],
        subject=seats.subject,
        guesses=traits.guesses[seats.student],
        prior=KNOWN_FROM_LAST_YEAR * (seats.form % len(GRADES)).astype(np.float64),
    )
    asked = Asked(seat, sessions.start[session] / 86400, concept, question)
    outcome = practise(rng, model, learners, asked, last_day=float(len(school.year.days)))
    seconds = seconds_taken(rng, model.kind[question], outcome, traits.pace[seats.student[seat]])
    attempts = pd.DataFrame(
        {
            "student_id": student_ids[seats.student[seat]],
            "question_id": model.question_ids[question],
            "class_id": pd.Series(seats.class_id[seat], dtype=object).mask(_alone(rng, sessions, session), None),
            "attempted_at": _moments(rng, school, sessions, session, seconds),
            "is_correct": outcome.is_correct,
            "time_taken_seconds": seconds,
            **_reactions(rng, traits, seats.student[seat], outcome),
            **_answers(rng, model, question, outcome),
        }
    )
    truth = _truth(model, seats, student_ids, outcome)
    return Block(
        student_ids, _in_order(rng, attempts, as_of).assign(institution_id=school.institution_id), truth, traits
    )


def _alone(rng: np.random.Generator, sessions: Sessions, session: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which answers were for no class: most own practice, while a part of it is homework."""
    homework = rng.random(len(sessions.seat)) < 0.35  # noqa: PLR2004 - a share
    alone: NDArray[np.bool_] = (sessions.own & ~homework)[session]
    return alone


def _moments(
    rng: np.random.Generator,
    school: School,
    sessions: Sessions,
    session: NDArray[np.int64],
    seconds: NDArray[np.float64],
) -> pd.DatetimeIndex:
    """When each answer was given, in UTC: the sitting's start, and the times and pauses until then."""
    spent = np.cumsum(seconds + rng.exponential(4.0, len(seconds)))
    first = np.searchsorted(session, session)
    before = np.where(first > 0, spent[first - 1], 0.0)
    local = np.datetime64(school.year.starts_on, "us") + ((sessions.start[session] + spent - before) * 1e6).astype(
        "timedelta64[us]"
    )
    zoned = pd.DatetimeIndex(local).tz_localize(
        school.year.time_zone, ambiguous=np.ones(len(local), dtype=bool), nonexistent="shift_forward"
    )
    return zoned.tz_convert("UTC")


def _reactions(
    rng: np.random.Generator, traits: Traits, student: NDArray[np.int64], outcome: Outcome
) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
    """Hints and confidence; an answer with hints never counts as right."""
    count = len(student)
    asks = ~outcome.is_correct & ~outcome.rushed & (rng.random(count) < HINTED)
    felt = 0.15 + 0.7 * outcome.p_correct + traits.confidence_bias[student] + rng.normal(0, 0.13, count)
    told = traits.tells_confidence[student] & (rng.random(count) < 0.8)  # noqa: PLR2004 - a share
    quarters = np.round(4 * np.clip(felt, 0, 1)) / 4
    return {
        "hint_count": np.where(asks, 1 + rng.binomial(2, 0.3, count), 0),
        "confidence": np.where(told, quarters, np.nan),
    }


def _answers(
    rng: np.random.Generator, model: Model, question: NDArray[np.int64], outcome: Outcome
) -> dict[str, NDArray[np.object_] | NDArray[np.int64] | ExtensionArray]:
    """The answer as given, its place among the options, and the experience points that it earned."""
    wrong = rng.integers(1, model.answers.shape[1], len(question))
    which = np.where(outcome.is_correct, 0, wrong)
    chosen = model.chosen[question, which]
    return {
        "answer": model.answers[question, which],
        "selected_option": pd.arrays.IntegerArray(np.maximum(chosen, 0), chosen < 0),
        "xp_earned": np.where(outcome.is_correct, model.xp[question], XP_OF_A_TRY),
    }


def _in_order(rng: np.random.Generator, attempts: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """By time, each student's moments distinct, none after ``as_of``, with their ids."""
    ordered = attempts.sort_values(["student_id", "attempted_at"], kind="stable", ignore_index=True)
    given = ordered["attempted_at"].astype("datetime64[us, UTC]").astype("int64").to_numpy().astype(np.int64)
    moment = _strictly_increasing(given, ordered["student_id"].to_numpy())
    ordered["attempted_at"] = pd.to_datetime(moment, unit="us", utc=True).astype("datetime64[us, UTC]")
    ordered["sequence"] = moment
    known = ordered[ordered["attempted_at"] <= as_of].sort_values("sequence", kind="stable", ignore_index=True)
    return known.assign(id=pd.Series(time_ordered_uuids(rng, known["sequence"].to_numpy()), dtype=object))


def _strictly_increasing(moment: NDArray[np.int64], student: NDArray[np.int64]) -> NDArray[np.int64]:
    """The sorted moments (microseconds) of each student, moved on by one microsecond where two are equal."""
    if len(moment) == 0:
        return moment
    starts = np.diff(student, prepend=-1) != 0
    group = np.cumsum(starts)
    step = np.arange(len(moment))
    # Groups are lifted far apart, so that one running maximum serves all of them.
    lift = group * (int(moment.max() - moment.min()) + len(moment) + 1)
    running: NDArray[np.int64] = np.maximum.accumulate(moment - step + lift)
    distinct: NDArray[np.int64] = running + step - lift
    return distinct


def _truth(model: Model, seats: Seats, student_ids: NDArray[np.int64], outcome: Outcome) -> pd.DataFrame:
    parts = []
    for subject in np.unique(seats.subject):
        of_subject = np.flatnonzero(seats.subject == subject)
        p = final_p_correct(model, int(subject), outcome.knowledge[of_subject])
        first = model.concept_offset[subject]
        parts.append(
            pd.DataFrame(
                {
                    "student_id": np.repeat(student_ids[seats.student[of_subject]], p.shape[1]),
                    "concept_id": np.tile(model.concept_ids[first : first + p.shape[1]], len(of_subject)),
                    "p_correct": p.ravel(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
