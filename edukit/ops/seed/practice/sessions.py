"""When the students of a block sit down to practise, in class and on their own, and at what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from edukit.ops.seed.curriculum.subjects import SUBJECTS
from edukit.ops.seed.people.habits import Traits, own_practice, zeal

if TYPE_CHECKING:
    from edukit.ops.seed.calendar import SchoolYear
    from edukit.ops.seed.school import School

ANSWERS_A_YEAR = 128
"""Answers of a steady student for one class in a year; a shorter year has busier weeks, within limits."""
ANSWERS_A_WEEK = (3.0, 11.0)
LESSON_SHARE, LESSON_ANSWERS, OWN_ANSWERS = 0.62, 5, 4
LESSON_HOURS = np.array([8.5, 9.5, 10.75, 11.75, 13.5, 14.5])
REVISION = (0.2, 0.4)
"""Share of answers on earlier concepts, in lessons and in own practice."""
AHEAD = 0.1
"""Share of own practice that is one concept further on."""
CONCEPTS = np.array([sum(len(topic.concepts) for topic in subject.topics) for subject in SUBJECTS])


@dataclass(frozen=True)
class Seats:
    """Who sits in which class: one place of every array for each student and class."""

    student: NDArray[np.int64]
    """Place of the student in the block."""
    class_id: NDArray[np.int64]
    form: NDArray[np.int64]
    subject: NDArray[np.int64]
    enrolled: NDArray[np.bool_]
    """On which days of the year."""


@dataclass(frozen=True)
class Sessions:
    """Sittings, by seat and time; ``start`` in seconds of local time since the year's first day."""

    seat: NDArray[np.int64]
    start: NDArray[np.float64]
    own: NDArray[np.bool_]
    answers: NDArray[np.int64]
    focus: NDArray[np.int64]
    """The concept that it is about, as its place in the subject."""


def seats_of(school: School, student_ids: NDArray[np.int64]) -> Seats:
    """The seats of some students, in the order of student and class."""
    spells = school.enrolments[school.enrolments["student_id"].isin(student_ids)].merge(school.taught, on="class_id")
    spells = spells.sort_values(["student_id", "class_id", "enrolled_at"], ignore_index=True)
    seat = spells.groupby(["student_id", "class_id"], sort=True).ngroup().to_numpy()
    start = pd.Timestamp(school.year.starts_on, tz=school.year.time_zone)
    first = ((spells["enrolled_at"] - start).dt.total_seconds() // 86400).to_numpy()[:, None]
    last = ((spells["left_at"] - start).dt.total_seconds() // 86400).fillna(np.inf).to_numpy()[:, None]
    day = np.arange(len(school.year.days))
    one = spells.drop_duplicates(["student_id", "class_id"])
    enrolled = np.zeros((len(one), len(day)), dtype=bool)
    np.logical_or.at(enrolled, seat, (day >= first) & (day < last))
    return Seats(
        np.searchsorted(student_ids, one["student_id"].to_numpy()),
        one["class_id"].to_numpy(),
        one["form"].to_numpy(),
        one["subject"].to_numpy(),
        enrolled,
    )


def plan_sessions(rng: np.random.Generator, seats: Seats, traits: Traits, year: SchoolYear) -> Sessions:
    """Every sitting of the seats up to the last day of the year so far, in the order of seat and time."""
    eager = zeal(rng, traits.habit, year)
    reached = _reached(rng, seats, year)
    made = (_in_lessons(rng, seats, eager, reached, year), _on_their_own(rng, seats, traits, eager, reached, year))
    seat, start, own, answers, focus = (np.concatenate(parts) for parts in zip(*made, strict=True))
    order = np.lexsort((start, seat))
    return Sessions(seat[order], start[order], own[order], answers[order], focus[order])


_Made = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64], NDArray[np.int64]]


def _weekly(year: SchoolYear) -> float:
    return float(np.clip(ANSWERS_A_YEAR / max(year.weeks, 1.0), *ANSWERS_A_WEEK))


def _reached(rng: np.random.Generator, seats: Seats, year: SchoolYear) -> NDArray[np.int64]:
    """The concept that each seat's class is at on each day; classes are a little ahead or behind."""
    _, class_place = np.unique(seats.class_id, return_inverse=True)
    pace = rng.lognormal(0, 0.12, class_place.max(initial=0) + 1)[class_place][:, None]
    concepts = CONCEPTS[seats.subject][:, None]
    so_far = year.progress[-1]
    # A demo in November should have more than a few concepts to show: classes begin with what is easy and quick.
    covered = np.minimum(concepts * (0.55 + 0.45 * so_far), 2 + 1.5 * year.weeks)
    place = covered * (year.progress / so_far) ** pace
    reached: NDArray[np.int64] = np.minimum(place.astype(np.int64), concepts - 1)
    return reached


def _in_lessons(
    rng: np.random.Generator,
    seats: Seats,
    eager: NDArray[np.float64],
    reached: NDArray[np.int64],
    year: SchoolYear,
) -> _Made:
    """Two lessons a week, in some of which the whole class practises."""
    _, first_seat, class_place = np.unique(seats.class_id, return_index=True, return_inverse=True)
    shift = seats.form[first_seat] + seats.subject[first_seat]
    meets = (year.weekday == (shift % 5)[:, None]) | (year.weekday == ((shift + 2) % 5)[:, None])
    used = meets & year.is_school_day & (rng.random(meets.shape) < _weekly(year) * LESSON_SHARE / 2 / LESSON_ANSWERS)
    # Who fades also stops joining in, while nobody does more in a lesson than the lesson has.
    joins = rng.random((len(seats.student), len(year.days))) < 1.6 * eager[seats.student]
    seat, day = np.nonzero(used[class_place] & seats.enrolled & joins)
    # The classes of a form that meet on the same day do so at different hours: their subjects differ.
    hour = LESSON_HOURS[(seats.form + seats.subject)[seat] % len(LESSON_HOURS)]
    start = day * 86400 + hour * 3600 + rng.uniform(300, 1200, len(seat))
    answers = 3 + rng.poisson(LESSON_ANSWERS - 3, len(seat))
    return seat, start, np.zeros(len(seat), dtype=bool), answers, reached[seat, day]


def _on_their_own(  # noqa: PLR0913, PLR0917 - what own practice depends on
    rng: np.random.Generator,
    seats: Seats,
    traits: Traits,
    eager: NDArray[np.float64],
    reached: NDArray[np.int64],
    year: SchoolYear,
) -> _Made:
    """Evenings and week-ends; weaker students go back more often, some go ahead."""
    weekly = _weekly(year) * (1 - LESSON_SHARE) / OWN_ANSWERS
    chance = own_practice(eager, year)[seats.student] * weekly / 5.2
    seat, day = np.nonzero(seats.enrolled & (rng.random(chance.shape) < chance))
    student = seats.student[seat]
    weekend = year.weekday[day] >= 5  # noqa: PLR2004 - Saturday
    evening = traits.evening_hour[student] + rng.normal(0, 0.4, len(seat))
    hour = np.where(weekend, rng.uniform(10, 20, len(seat)), evening)
    # Two subjects on one evening follow one another.
    hour = np.clip(hour, 15.5 - 5 * weekend, 23.4) + 0.45 * seats.subject[seat]
    start = day * 86400 + hour * 3600
    ability = traits.ability[student, seats.subject[seat]]
    back = rng.poisson(np.clip(1.2 - 0.5 * ability, 0.3, 2.5))
    ahead = rng.random(len(seat)) < AHEAD
    focus = np.clip(reached[seat, day] - back + ahead, 0, CONCEPTS[seats.subject[seat]] - 1)
    return seat, start, np.ones(len(seat), dtype=bool), 1 + rng.poisson(OWN_ANSWERS - 1, len(seat)), focus


def concepts_asked(rng: np.random.Generator, sessions: Sessions) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each answer, in order: its session, and its concept, which is mostly the focus and else an earlier one."""
    session = np.repeat(np.arange(len(sessions.seat)), sessions.answers)
    focus = sessions.focus[session]
    revises = rng.random(len(session)) < np.where(sessions.own[session], REVISION[1], REVISION[0])
    earlier = focus - rng.geometric(0.3, len(session))
    return session, np.where(revises & (earlier >= 0), earlier, focus)
