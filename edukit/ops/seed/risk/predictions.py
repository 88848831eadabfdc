"""The demo's weekly predictions of risk: the rule of :mod:`edukit.analytics.risk`, on what was known each Monday.

The factors are computed here from the demo in memory, and by :mod:`edukit.queries.risk_factors` from the database: a
test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.analytics.risk import NAME, VERSION, assess, rule_parameters
from edukit.ops.seed.classroom.feedback import ACTS_WITHIN
from edukit.ops.seed.moments import HOUR, local_days, shown, tick, ticks, uuids_at
from edukit.queries.frames.risk import COMMENT_DAYS, PRACTICE_DAYS, RISK_FACTORS, WORK_DAYS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from edukit.ops.seed.classroom.work import Classroom
    from edukit.ops.seed.cohort import Cohort
    from edukit.ops.seed.scene import Scene

FIRST_AFTER_DAYS = 21
SEES_AT = 6.0
"""Hour of Monday morning at which the rule is run."""


@dataclass(frozen=True)
class Known:
    """What was known on each Monday: arrays of student by week; NaN: nothing."""

    due: NDArray[np.float64]
    """Pieces of work in the last four weeks, and how many of them were handed in."""
    handed_in: NDArray[np.float64]
    answers: NDArray[np.float64]
    """For their classes in the last two weeks, the sum of the medians of these, and how many there are."""
    usual_answers: NDArray[np.float64]
    classes: NDArray[np.float64]
    trend: NDArray[np.float64]
    """Mean mark of the last four weeks less that of the time before."""
    response_hours: NDArray[np.float64]
    """Mean, from comments of the last six weeks to the next practice, two weeks where only others practised."""


def model_rows(scene: Scene) -> pd.DataFrame:
    """The rule as a row of ``risk_models``, approved by the admin before the year."""
    users = scene.school.users
    return pd.DataFrame(
        {
            "institution_id": [scene.school.institution_id],
            "id": scene.ids.take(1, scene.ready_at).astype(np.int64),
            "name": [NAME],
            "version": [VERSION],
            "kind": ["rule"],
            "parameters": [rule_parameters()],
            "metrics": [{}],
            "approved_by": [int(users.loc[users["role"] == "admin", "id"].iloc[0])],
            "approved_at": [scene.ready_at],
            "created_at": [scene.ready_at],
        }
    )


def predictions(cohort: Cohort, work: Classroom, assignments: pd.DataFrame, model_id: int) -> pd.DataFrame:
    """A prediction for each student and Monday from the fourth week on, of those who are enrolled then.

    The columns of the table, with ``student`` and ``week`` (its place among the Mondays), by student and week.
    """
    year = cohort.scene.school.year
    monday = np.flatnonzero(year.weekday == 0)
    monday = monday[monday >= FIRST_AFTER_DAYS]
    monday = monday[ticks(year, monday, SEES_AT) <= tick(cohort.scene.as_of)]
    there = np.zeros((len(cohort.student_ids), len(year.days)), dtype=bool)
    np.logical_or.at(there, cohort.seats.student, cohort.seats.enrolled)
    known = what_is_known(cohort, work, assignments, monday)
    student, week = np.nonzero(there[:, monday])
    at = shown(ticks(year, monday, SEES_AT)[week])
    said = assess(
        RISK_FACTORS.typed(
            pd.DataFrame(
                {
                    "student_id": cohort.student_ids[student],
                    "predicted_on": year.days[monday][week],
                    "known_days": monday[week] - there.argmax(axis=1)[student],
                    "work_due": known.due[student, week],
                    "work_handed_in": known.handed_in[student, week],
                    "answers": known.answers[student, week],
                    "usual_answers": known.usual_answers[student, week],
                    "classes": known.classes[student, week],
                    "mark_change": known.trend[student, week],
                    "response_hours": known.response_hours[student, week],
                }
            )
        )
    )
    return said.assign(
        institution_id=cohort.scene.school.institution_id,
        id=uuids_at(cohort.rng(24), at),
        model_id=model_id,
        predicted_at=at,
        student=student,
        week=week,
    )


def what_is_known(cohort: Cohort, work: Classroom, assignments: pd.DataFrame, monday: NDArray[np.int64]) -> Known:
    """What was known of each student at the beginning of each Monday (days of the year), and nothing later."""
    marked = work.submissions[work.submissions["score"].notna()]
    mark = marked["code_quality_score"].fillna(marked["score"])
    told = work.feedback[_practised_after(cohort, work.feedback)]
    answered = told["acted"].where(told["acted"] >= 0, told["given"] + ACTS_WITHIN)
    hours = _sums(cohort, told["student"], answered, (answered - told["given"]) / HOUR)
    comments = _sums(cohort, told["student"], answered)
    due, handed_in = _work(cohort, work, assignments, monday)
    answers, usual_answers, classes = _practice(cohort, monday)
    return Known(
        due=due,
        handed_in=handed_in,
        answers=answers,
        usual_answers=usual_answers,
        classes=classes,
        trend=_trend(
            _sums(cohort, marked["student"], marked["marked"], mark),
            _sums(cohort, marked["student"], marked["marked"]),
            monday,
        ),
        response_hours=_mean(_window(hours, monday, COMMENT_DAYS), _window(comments, monday, COMMENT_DAYS)),
    )


def _work(
    cohort: Cohort, work: Classroom, assignments: pd.DataFrame, monday: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How many pieces of work were due before each Monday, and how many of these were handed in by then."""
    seats = pd.DataFrame({"class_id": cohort.seats.class_id, "student": cohort.seats.student}).reset_index(names="seat")
    pairs = seats.merge(assignments[["class_id", "due"]].reset_index(names="assignment"), on="class_id")
    pairs = pairs[cohort.enrolled(pairs["seat"].to_numpy(), pairs["due"].to_numpy())]
    first = work.submissions.groupby(["student", "assignment"], as_index=False)["submitted"].min()
    pairs = pairs.merge(first, on=["student", "assignment"], how="left")
    student, never = pairs["student"].to_numpy(), pairs["submitted"].isna().to_numpy()
    due_on = _days(cohort, pairs["due"])
    handed_in_on = np.where(never, np.inf, _days(cohort, pairs["submitted"].fillna(0).astype(np.int64)))
    counts = [
        [
            np.bincount(student[due & in_time], minlength=len(cohort.student_ids))
            for in_time in (True, handed_in_on < day)
        ]
        for day in monday.tolist()
        for due in [(due_on >= day - WORK_DAYS) & (due_on < day)]
    ]
    both = np.array(counts, dtype=np.float64).reshape(len(monday), 2, len(cohort.student_ids))
    return both[:, 0].T, both[:, 1].T


def _practice(cohort: Cohort, monday: NDArray[np.int64]) -> tuple[NDArray[np.float64], ...]:
    """Of each student the answers for their classes, the sum of the classes' medians, and the number of classes."""
    seats, begins = np.arange(len(cohort.seats.class_id)), ticks(cohort.scene.school.year, monday, 0.0)
    taken = cohort.enrolled(np.repeat(seats, len(monday)), np.tile(begins, len(seats))).reshape(-1, len(monday))
    given = cohort.attempts[cohort.attempts["seat"] >= 0]
    of_seat = _window(_sums(cohort, given["seat"], given["tick"], rows=len(seats)), monday, PRACTICE_DAYS)
    answers = pd.DataFrame(np.where(taken, of_seat, np.nan))
    usual = answers.groupby(cohort.seats.class_id).transform("median").where(taken)
    of_students = [
        figures.groupby(cohort.seats.student).sum().reindex(range(len(cohort.student_ids)), fill_value=0.0)
        for figures in (answers, usual, pd.DataFrame(taken.astype(np.float64)))
    ]
    return tuple(figures.to_numpy(dtype=np.float64) for figures in of_students)


def _practised_after(cohort: Cohort, told: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether anybody practised for the class in the two weeks after each comment."""
    class_id = cohort.seats.class_id
    given = cohort.attempts[cohort.attempts["seat"] >= 0]
    at = {id_: np.sort(ticks_) for id_, ticks_ in given["tick"].groupby(class_id[given["seat"]])}
    practised = np.zeros(len(told), dtype=bool)
    for id_, places in pd.Series(range(len(told))).groupby(class_id[told["seat"]]):
        comments, known = told["given"].to_numpy()[places], np.append(at.get(id_, []), np.inf)
        practised[places] = known[np.searchsorted(known, comments, side="right")] - comments <= ACTS_WITHIN
    return practised


def _days(cohort: Cohort, at: ArrayLike) -> NDArray[np.int64]:
    """The day of the year of each moment."""
    return np.floor(local_days(at, cohort.scene.school.year)).astype(np.int64)


def _sums(
    cohort: Cohort, row: ArrayLike, at: ArrayLike, worth: ArrayLike = 1.0, rows: int | None = None
) -> NDArray[np.float64]:
    """Running sums, student (or other row) by day: what had been by the beginning of each day of the year."""
    days = len(cohort.scene.school.year.days)
    day = _days(cohort, at)
    who, what = np.broadcast_arrays(np.asarray(row), np.asarray(worth, dtype=np.float64))
    sums = np.zeros((rows or len(cohort.student_ids), days + 1))
    inside = (day >= 0) & (day < days)
    np.add.at(sums, (who[inside], day[inside] + 1), what[inside])
    return np.cumsum(sums, axis=1)


def _window(sums: NDArray[np.float64], monday: NDArray[np.int64], days: int) -> NDArray[np.float64]:
    """What had been in so many days before each Monday."""
    return sums[:, monday] - sums[:, np.maximum(monday - days, 0)]


def _mean(total: NDArray[np.float64], count: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _trend(marks: NDArray[np.float64], marked: NDArray[np.float64], monday: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean mark of the last weeks less that of the time before; unknown from fewer than two of either."""
    then = np.maximum(monday - WORK_DAYS, 0)
    of_late, before = marked[:, monday] - marked[:, then], marked[:, then]
    change = _mean(marks[:, monday] - marks[:, then], of_late) - _mean(marks[:, then], before)
    return np.where((of_late >= 2) & (before >= 2), change, np.nan)  # noqa: PLR2004 - one mark is no trend
