"""The demo's weekly predictions of risk: one plain rule, computed from what each student had done by that day.

Four factors, each relative to the students of the same forms or to the student's own past, become shares of
a worry (0-1); the score is their weighted mean, over the factors that are known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.models.risk import RISK_LEVELS
from edukit.ops.seed.classroom.feedback import ACTS_WITHIN
from edukit.ops.seed.moments import HOUR, local_days, shown, tick, ticks, uuids_at

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from edukit.ops.seed.classroom.work import Classroom
    from edukit.ops.seed.cohort import Cohort
    from edukit.ops.seed.scene import Scene

FACTORS = ("submission_frequency", "engagement_score", "code_quality_trend", "feedback_response_hours")
WEIGHTS = np.array([0.40, 0.30, 0.15, 0.15])
THRESHOLDS = (30.0, 50.0, 70.0)
"""Least scores of the levels medium, high and critical."""
WORK_DAYS, PRACTICE_DAYS, FEEDBACK_DAYS, FIRST_AFTER_DAYS = 28, 14, 42, 21
WORRYING_FALL, EASY_HOURS, WORRYING_HOURS = 20.0, 168.0, 336.0
"""A fall of the mean mark that is all the worry there can be; hours from comments to practice that are none, or all."""
SEES_AT = 6.0
"""Hour of Monday morning at which the rule is run."""
_KEY_OF = {
    "submission_frequency": "missing_work", "engagement_score": "less_practice",
    "code_quality_trend": "falling_marks", "feedback_response_hours": "comments_left",
}  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What was known on each Monday: arrays of student by week; NaN: nothing."""

    handed_in: NDArray[np.float64]
    """Pieces of work in the last four weeks, and how many were due in them."""
    due: NDArray[np.float64]
    answers: NDArray[np.float64]
    """In the last two weeks, and the median of those of the same form."""
    usual_answers: NDArray[np.float64]
    trend: NDArray[np.float64]
    """Mean mark of the last four weeks less that of the time before."""
    response_hours: NDArray[np.float64]
    """Mean, from comments of the last six weeks to the next practice, two weeks where there was none."""


def model_rows(scene: Scene) -> pd.DataFrame:
    """The rule as a row of ``risk_models``, approved by the admin before the year."""
    users = scene.school.users
    return pd.DataFrame(
        {
            "institution_id": [scene.school.institution_id],
            "id": scene.ids.take(1, scene.ready_at).astype(np.int64),
            "name": ["weekly rule"],
            "version": [1],
            "kind": ["rule"],
            "parameters": [
                {
                    "weights": dict(zip(FACTORS, WEIGHTS.tolist(), strict=True)),
                    "levels": dict(zip(RISK_LEVELS[1:], THRESHOLDS, strict=True)),
                    "worrying_fall": WORRYING_FALL,
                    "easy_hours": EASY_HOURS,
                    "worrying_hours": WORRYING_HOURS,
                }
            ],
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
    known = what_is_known(cohort, work, assignments, monday)
    worry = worries(known)
    weight = WEIGHTS * ~np.isnan(worry)
    score = 100 * np.nansum(WEIGHTS * worry, axis=2) / np.maximum(weight.sum(axis=2), WEIGHTS.min())
    there = np.zeros((len(cohort.student_ids), len(year.days)), dtype=bool)
    np.logical_or.at(there, cohort.seats.student, cohort.seats.enrolled)
    student, week = np.nonzero(there[:, monday])
    at = shown(ticks(year, monday, SEES_AT)[week])
    score = np.round(score, 1)
    frequency = np.where(known.due > 0, known.handed_in / (WORK_DAYS / 7), np.nan)
    return pd.DataFrame(
        {
            "institution_id": cohort.scene.school.institution_id,
            "id": uuids_at(cohort.rng(24), at),
            "student_id": cohort.student_ids[student],
            "model_id": model_id,
            "predicted_on": year.days[monday][week].astype("datetime64[D]").astype(object),
            "risk_score": score[student, week],
            "risk_level": np.array(RISK_LEVELS)[np.searchsorted(THRESHOLDS, score[student, week], side="right")],
            "submission_frequency": np.round(frequency, 2)[student, week],
            "code_quality_trend": np.round(known.trend, 1)[student, week],
            "engagement_score": np.round(_engagement(known), 1)[student, week],
            "feedback_response_hours": np.round(known.response_hours, 1)[student, week],
            "confidence": np.round(weight.sum(axis=2) * np.minimum(monday / 70, 1), 2)[student, week],
            "reasons": _reasons(known, worry, student, week),
            "predicted_at": at,
            "student": student,
            "week": week,
        }
    )


def what_is_known(cohort: Cohort, work: Classroom, assignments: pd.DataFrame, monday: NDArray[np.int64]) -> Known:
    """What was known of each student at the beginning of each Monday (days of the year), and nothing later."""
    first = work.submissions.drop_duplicates(["student", "assignment"])
    marked = work.submissions[work.submissions["score"].notna()]
    mark = marked["code_quality_score"].fillna(marked["score"])
    given, acted = work.feedback["given"], work.feedback["acted"]
    answered = acted.where(acted >= 0, given + ACTS_WITHIN)
    student, due = _due(cohort, assignments)
    attempts = cohort.attempts
    answers = _window(_sums(cohort, attempts["student"], attempts["tick"]), monday, PRACTICE_DAYS)
    hours = _sums(cohort, work.feedback["student"], answered, (answered - given) / HOUR)
    comments = _sums(cohort, work.feedback["student"], answered)
    return Known(
        handed_in=_window(_sums(cohort, first["student"], first["submitted"]), monday, WORK_DAYS),
        due=_window(_sums(cohort, student, due), monday, WORK_DAYS),
        answers=answers,
        usual_answers=_median_of_form(cohort, answers),
        trend=_trend(
            _sums(cohort, marked["student"], marked["marked"], mark),
            _sums(cohort, marked["student"], marked["marked"]),
            monday,
        ),
        response_hours=_mean(_window(hours, monday, FEEDBACK_DAYS), _window(comments, monday, FEEDBACK_DAYS)),
    )


def _due(cohort: Cohort, assignments: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Student and moment of everything that a student had to hand in."""
    seats = pd.DataFrame({"seat": range(len(cohort.seats.class_id)), "class_id": cohort.seats.class_id})
    pairs = seats.merge(assignments[["class_id", "due"]], on="class_id")
    seat, due = pairs["seat"].to_numpy(), pairs["due"].to_numpy()
    there = cohort.enrolled(seat, due)
    return cohort.seats.student[seat[there]], due[there]


def _sums(cohort: Cohort, student: ArrayLike, at: ArrayLike, worth: ArrayLike = 1.0) -> NDArray[np.float64]:
    """Running sums, student by day: what had been by the beginning of each day of the year."""
    days = len(cohort.scene.school.year.days)
    day = np.floor(local_days(at, cohort.scene.school.year)).astype(np.int64)
    who, what = np.broadcast_arrays(np.asarray(student), np.asarray(worth, dtype=np.float64))
    sums = np.zeros((len(cohort.student_ids), days + 1))
    inside = (day >= 0) & (day < days)
    np.add.at(sums, (who[inside], day[inside] + 1), what[inside])
    return np.cumsum(sums, axis=1)


def _window(sums: NDArray[np.float64], monday: NDArray[np.int64], days: int) -> NDArray[np.float64]:
    """What had been in so many days before each Monday."""
    return sums[:, monday] - sums[:, np.maximum(monday - days, 0)]


def worries(known: Known) -> NDArray[np.float64]:
    """Each factor's share of all the worry there can be (0-1), student by week by factor; NaN: not known."""
    missing = 1 - np.minimum(_mean(known.handed_in, known.due), 1)
    less = np.clip(1 - _engagement(known) / 50, 0, 1)
    falling = np.clip(-known.trend / WORRYING_FALL, 0, 1)
    slow = np.clip((known.response_hours - EASY_HOURS) / (WORRYING_HOURS - EASY_HOURS), 0, 1)
    return np.stack([missing, less, falling, slow], axis=2)


def _mean(total: NDArray[np.float64], count: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _engagement(known: Known) -> NDArray[np.float64]:
    """0 to 100: answers against the usual number, which is 50; unknown when nobody practises."""
    both = known.answers + known.usual_answers
    return np.where(known.usual_answers > 0, 100 * known.answers / np.maximum(both, 1), np.nan)


def _median_of_form(cohort: Cohort, answers: NDArray[np.float64]) -> NDArray[np.float64]:
    form = np.zeros(len(answers), dtype=np.int64)
    form[cohort.seats.student] = cohort.seats.form
    return pd.DataFrame(answers).groupby(form).transform("median").to_numpy(dtype=np.float64)


def _trend(marks: NDArray[np.float64], marked: NDArray[np.float64], monday: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean mark of the last weeks less that of the time before; unknown from fewer than two of either."""
    then = np.maximum(monday - WORK_DAYS, 0)
    of_late, before = marked[:, monday] - marked[:, then], marked[:, then]
    change = _mean(marks[:, monday] - marks[:, then], of_late) - _mean(marks[:, then], before)
    return np.where((of_late >= 2) & (before >= 2), change, np.nan)  # noqa: PLR2004 - one mark is no trend


def _reasons(
    known: Known, worry: NDArray[np.float64], student: NDArray[np.int64], week: NDArray[np.int64]
) -> list[list[dict[str, str]]]:
    """At most three reasons a prediction, the weightiest first, with their evidence in a teacher's words."""
    weight = np.nan_to_num(WEIGHTS * worry)[student, week]
    order = np.argsort(-weight, axis=1, kind="stable")[:, :3]
    handed_in, due, answers, usual, trend, hours = (
        values[student, week].tolist()
        for values in (
            known.handed_in, known.due, known.answers, known.usual_answers, known.trend, known.response_hours
        )
    )  # fmt: skip
    evidence = (
        lambda row: f"{handed_in[row]:.0f} of {due[row]:.0f} pieces of work handed in in four weeks",
        lambda row: f"{answers[row]:.0f} answers in two weeks; usual in the form: {usual[row]:.0f}",
        lambda row: f"mean mark of the last four weeks {-trend[row]:.0f} points below the time before",
        lambda row: f"{hours[row] / 24:.1f} days from a comment to the next practice",
    )
    return [
        [
            {"factor": _KEY_OF[FACTORS[factor]], "evidence": evidence[factor](row)}
            for factor, counts in zip(factors, weights, strict=True)
            if counts > 0.03  # noqa: PLR2004 - less is no reason
        ]
        for row, (factors, weights) in enumerate(
            zip(order.tolist(), np.take_along_axis(weight, order, axis=1).tolist(), strict=True)
        )
    ]
