"""How the demo's students are: their abilities, their habits, and on which days they practise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edukit.ops.seed.curriculum.subjects import SUBJECTS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from edukit.ops.seed.calendar import SchoolYear

STEADY, CRAMMER, FADING, ABSENT, NIGHT_OWL, STOPS = range(6)
SHARES = (0.50, 0.17, 0.10, 0.09, 0.09, 0.05)
"""Share of the students of each habit."""
GUESSERS = 0.07
"""Share of the students who often answer without reading."""
TEST_EVERY_DAYS, CRAM_DAYS = 42, 8
"""A test every six weeks, and how long before it the crammers begin."""
DAY_OF_WEEK = np.array([1.0, 1.0, 1.0, 1.0, 0.55, 0.35, 0.7])
"""Own practice from Monday to Sunday, relative to a Monday."""
HOLIDAY = 0.12
"""Own practice in the holidays, relative to term."""
ILLNESS = 0.035
HANDS_IN = np.array([0.96, 0.90, 0.97, 0.82, 0.93, 0.94])
"""Chance that a student of each habit hands work in, as long as they are around."""
HOURS_AFTER_DUE = np.array([-28.0, -4.0, -16.0, -6.0, -3.0, -12.0])
HOURS_SPREAD = np.array([18.0, 9.0, 20.0, 34.0, 6.0, 20.0])
"""When they do so, relative to when it is due: mean and standard deviation."""
FADES = 0.7
"""How much less those who fade hand in at the end of the year than at its beginning."""


@dataclass(frozen=True)
class Traits:
    """What does not change about each student; the first axis is the student's."""

    habit: NDArray[np.int64]
    ability: NDArray[np.float64]
    """Of each subject, in logits, mean 0."""
    pace: NDArray[np.float64]
    """Time taken relative to others."""
    guesses: NDArray[np.bool_]
    tells_confidence: NDArray[np.bool_]
    confidence_bias: NDArray[np.float64]
    evening_hour: NDArray[np.float64]


def draw_traits(rng: np.random.Generator, students: int) -> Traits:
    """So many students: general ability and what is special to each subject add up."""
    habit = rng.choice(len(SHARES), size=students, p=SHARES)
    general = rng.normal(0, 0.85, students)
    special = rng.normal(0, 0.6, (students, len(SUBJECTS)))
    evening = rng.normal(18.2, 1.1, students)
    return Traits(
        habit=habit,
        ability=general[:, None] + special,
        pace=rng.lognormal(0, 0.25, students),
        guesses=rng.random(students) < GUESSERS,
        tells_confidence=rng.random(students) < 0.45,  # noqa: PLR2004 - a share
        confidence_bias=rng.normal(0.03, 0.12, students),
        evening_hour=np.where(habit == NIGHT_OWL, rng.normal(22.6, 0.6, students), evening),
    )


def zeal(rng: np.random.Generator, habit: NDArray[np.int64], year: SchoolYear) -> NDArray[np.float64]:
    """How much each student practises on each day, relative to a steady one on a Monday in term; 0: not there."""
    day = np.arange(len(year.days))
    factor = np.ones((len(habit), len(day)))
    near_test = day % TEST_EVERY_DAYS >= TEST_EVERY_DAYS - CRAM_DAYS
    factor[habit == CRAMMER] = np.where(near_test, 3.0, 0.25)
    factor[habit == FADING] = 1.3 * np.exp(-2.5 * day / len(day))
    factor[habit == NIGHT_OWL] = 1.3
    stops_on = rng.uniform(0.2, 0.8, len(habit)) * len(day)
    factor[(habit == STOPS)[:, None] & (day >= stops_on[:, None])] = 0.0
    factor[_away(rng, habit, len(day)) | (rng.random(factor.shape) < ILLNESS)] = 0.0
    return factor


def own_practice(factor: NDArray[np.float64], year: SchoolYear) -> NDArray[np.float64]:
    """The zeal for practice outside lessons: less at week-ends and in the holidays."""
    weekday = year.weekday
    holiday = ~year.is_school_day & (weekday < 5)  # noqa: PLR2004 - Saturday
    return factor * np.where(holiday, HOLIDAY, DAY_OF_WEEK[weekday])


def hands_in(habit: NDArray[np.int64], progress: NDArray[np.float64]) -> NDArray[np.float64]:
    """The chance (0-1) that each student, still around, hands in work that is due after so much of the year (0-1)."""
    return HANDS_IN[habit] * np.where(habit == FADING, 1 - FADES * progress, 1.0)


def _away(rng: np.random.Generator, habit: NDArray[np.int64], days: int) -> NDArray[np.bool_]:
    """The days that students miss in a row: three long spells for those who are often absent, few for others."""
    day = np.arange(days)
    away = np.zeros((len(habit), days), dtype=bool)
    for spell in range(3):
        start = rng.uniform(0, days, len(habit))[:, None]
        length = rng.uniform(6, 24, len(habit))[:, None]
        happens = (habit == ABSENT) | ((spell == 0) & (rng.random(len(habit)) < 0.1))  # noqa: PLR2004 - a share
        away |= happens[:, None] & (day >= start) & (day < start + length)
    return away
