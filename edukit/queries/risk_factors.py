"""The four factors of risk, from the database as of any day.

A day begins at its midnight in the institution's time zone. What is known of it is what had happened by then: no
later answer, submission, mark or comment changes it. A mark counts from the last change of its submission, the only
moment that is kept of it: that may be late, and is never early.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import BigInteger, Double, Interval, and_, case, cast, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from edukit.db.copy import read_columns
from edukit.db.functions import microseconds
from edukit.models import Assignment, Enrolment, Feedback, Institution, QuestionAttempt, Submission
from edukit.queries.frames.risk import ANSWER_DAYS, COMMENT_DAYS, PRACTICE_DAYS, RISK_FACTORS, WORK_DAYS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import InstrumentedAttribute, Session

FEWEST_MARKS = 2
"""One mark is no trend."""
HOUR_US = 3.6e9
ORDERED_WITHIN = timedelta(seconds=1)
"""How far the order of a student's attempts may be from their moments."""


@dataclass(frozen=True)
class _Asked:
    """Whose factors are asked for, and as of which day."""

    session: Session
    institution_id: int
    student_ids: Sequence[int] | None
    on: date
    time_zone: ZoneInfo

    def begins(self, days_before: int = 0) -> datetime:
        """The first moment of the day, or of one so many days before."""
        return datetime.combine(self.on - timedelta(days=days_before), time(), self.time_zone)

    def within(self, column: ColumnElement[Any] | InstrumentedAttribute[Any], days: int) -> ColumnElement[bool]:
        """A condition: in so many days before the day."""
        return and_(column >= self.begins(days), column < self.begins())

    def owns(self, column: InstrumentedAttribute[int]) -> ColumnElement[bool]:
        """A condition: of the institution, and of one of the students."""
        here = column.class_.institution_id == self.institution_id
        return here if self.student_ids is None else and_(here, column.in_(self.student_ids))

    def read(self, query: Select[*tuple[Any, ...]], **dtypes: str) -> pd.DataFrame:
        """A row a student: ``student_id``, and the columns by name and dtype."""
        return read_columns(self.session, query, {"student_id": "int64", **dtypes}).set_index("student_id")


def risk_factors(
    session: Session, *, institution_id: int, on: date, student_ids: Sequence[int] | None = None
) -> pd.DataFrame:
    """What the rule is given, for every student who is enrolled on a day: columns of ``frames.RISK_FACTORS``, by id.

    Args:
        session: any; it is asked the same number of times for one student and for ten thousand.
        institution_id: institution of the students.
        on: day of its calendar, at whose beginning everything is known.
        student_ids: only these; None: all.
    """
    time_zone = session.scalars(select(Institution.time_zone).where(Institution.id == institution_id)).one()
    asked = _Asked(session, institution_id, student_ids, on, ZoneInfo(time_zone))
    rows = asked.read(select(Enrolment.student_id).where(asked.owns(Enrolment.student_id), _there(asked)).distinct())
    rows = (
        rows.sort_index()
        .join([_known_since(asked), _practice(asked), _work(asked)])
        .join([_mark_change(asked), _response_hours(asked)])
    )
    counts = ["answers", "usual_answers", "classes", "work_due", "work_handed_in"]
    rows["known_days"] = _days_before(asked, rows.pop("since_us"))
    rows = rows.fillna(dict.fromkeys(counts, 0.0)).assign(predicted_on=pd.Timestamp(on))
    return RISK_FACTORS.typed(rows.reset_index())


def _there(asked: _Asked) -> ColumnElement[bool]:
    """A condition on enrolments: they hold at the end of the day. Nothing is said of who leaves on it."""
    ends = asked.begins(-1)
    return and_(
        or_(Enrolment.enrolled_at.is_(None), Enrolment.enrolled_at < ends),
        or_(Enrolment.left_at.is_(None), Enrolment.left_at >= ends),
    )


def _members(asked: _Asked) -> pd.DataFrame:
    """Who was in which class when the day began: the classes of the students, with everybody in them.

    Who joins or leaves on the day must not change what is usual: the day may be scored again.
    """
    query = select(Enrolment.student_id, Enrolment.class_id).where(
        Enrolment.institution_id == asked.institution_id,
        or_(Enrolment.enrolled_at.is_(None), Enrolment.enrolled_at < asked.begins()),
        or_(Enrolment.left_at.is_(None), Enrolment.left_at >= asked.begins()),
    )
    if asked.student_ids is not None:
        query = query.where(Enrolment.class_id.in_(_classes(asked)))
    return read_columns(asked.session, query.distinct(), {"student_id": "int64", "class_id": "int64"})


def _classes(asked: _Asked) -> Select[int]:
    mine = aliased(Enrolment)
    return select(mine.class_id).where(
        mine.institution_id == asked.institution_id, mine.student_id.in_(asked.student_ids or ())
    )


def _known_since(asked: _Asked) -> pd.DataFrame:
    """When each was first enrolled; where nobody wrote that down, when they first answered."""
    first_answer = (
        select(func.min(QuestionAttempt.attempted_at))
        .where(
            QuestionAttempt.institution_id == asked.institution_id,
            QuestionAttempt.student_id == Enrolment.student_id,
        )
        .correlate(Enrolment)
        .scalar_subquery()
    )
    query = (
        select(Enrolment.student_id, microseconds(func.coalesce(func.min(Enrolment.enrolled_at), first_answer)))
        .where(asked.owns(Enrolment.student_id))
        .group_by(Enrolment.student_id)
    )
    return asked.read(query, since_us="float64")


def _days_before(asked: _Asked, since_us: pd.Series[float]) -> pd.Series[float]:
    """How many days of the calendar lie between a moment and the day."""
    moments = pd.to_datetime(since_us, unit="us", utc=True).dt.tz_convert(asked.time_zone).dt.tz_localize(None)
    return (pd.Timestamp(asked.on) - moments.dt.normalize()).dt.days.clip(lower=0).astype("float64")


def _practice(asked: _Asked) -> pd.DataFrame:
    """By student: answers of late in all their classes, the sum of the classes' medians, and how many classes.

    Answers for other classes count for nobody: what classmates do elsewhere says nothing of this class.
    """
    seats = _members(asked).merge(_answers(asked), on=["student_id", "class_id"], how="left")
    answers = seats["answers"].fillna(0.0)
    usual = answers.groupby(seats["class_id"]).transform("median")
    seats = seats.assign(answers=answers, usual_answers=usual, classes=1.0)
    return seats.groupby("student_id")[["answers", "usual_answers", "classes"]].sum()


def _answers(asked: _Asked) -> pd.DataFrame:
    """Answers of late, by student and class, of the students and of their classmates."""
    attempt = QuestionAttempt
    query = select(attempt.student_id, attempt.class_id, func.count()).where(
        attempt.institution_id == asked.institution_id,
        attempt.class_id.is_not(None) if asked.student_ids is None else attempt.class_id.in_(_classes(asked)),
        asked.within(attempt.attempted_at, PRACTICE_DAYS),
        # Where a moment is known the order is it or, among ties, just after it; and only the order is indexed.
        attempt.sequence >= int(asked.begins(PRACTICE_DAYS).timestamp()) * 1_000_000,
        attempt.sequence < int((asked.begins() + ORDERED_WITHIN).timestamp()) * 1_000_000,
    )
    grouped = query.group_by(attempt.student_id, attempt.class_id)
    return read_columns(asked.session, grouped, {"student_id": "int64", "class_id": "int64", "answers": "float64"})


def _work(asked: _Asked) -> pd.DataFrame:
    """Pieces of work due of late in classes that the student was in just then, and those of them handed in by now."""
    in_class = and_(
        Enrolment.institution_id == Assignment.institution_id,
        Enrolment.class_id == Assignment.class_id,
        or_(Enrolment.enrolled_at.is_(None), Enrolment.enrolled_at <= Assignment.due_at),
        or_(Enrolment.left_at.is_(None), Assignment.due_at < Enrolment.left_at),
    )
    handed_in = exists().where(
        Submission.institution_id == Assignment.institution_id,
        Submission.assignment_id == Assignment.id,
        Submission.student_id == Enrolment.student_id,
        Submission.submitted_at < asked.begins(),
    )
    query = (
        select(
            Enrolment.student_id,
            func.count(Assignment.id.distinct()),
            func.count(Assignment.id.distinct()).filter(handed_in),
        )
        .select_from(Enrolment)
        .join(Assignment, in_class)
        .where(asked.owns(Enrolment.student_id), asked.within(Assignment.due_at, WORK_DAYS))
        .group_by(Enrolment.student_id)
    )
    return asked.read(query, work_due="float64", work_handed_in="float64")


def _mark_change(asked: _Asked) -> pd.Series[float]:
    """Mean mark of late less that of all time before; unknown from fewer than two of either."""
    work = Submission
    mark = cast(func.coalesce(work.code_quality_score, work.score), Double)
    late = work.updated_at >= asked.begins(WORK_DAYS)
    query = (
        select(
            work.student_id,
            func.count(case((late, 1))),
            func.avg(case((late, mark))),
            func.count(case((~late, 1))),
            func.avg(case((~late, mark))),
        )
        .where(
            asked.owns(work.student_id),
            work.submitted_at < asked.begins(),
            work.updated_at < asked.begins(),
            work.score.is_not(None),
        )
        .group_by(work.student_id)
    )
    marks = asked.read(query, late="float64", of_late="float64", earlier="float64", before="float64")
    enough = (marks["late"] >= FEWEST_MARKS) & (marks["earlier"] >= FEWEST_MARKS)
    return (marks["of_late"] - marks["before"]).where(enough).rename("mark_change")


def _response_hours(asked: _Asked) -> pd.Series[float]:
    """Mean hours from a comment to the next practice for its class, of the comments answered or given up of late.

    A comment after which nobody of the class practised, as before holidays, was left by nobody: it does not count.
    """
    told = asked.read(_comments(asked), given_us="float64", answered_us="float64", practised="bool")
    told = told[told["practised"]]
    settled_us = told["answered_us"].fillna(told["given_us"] + 24 * ANSWER_DAYS * HOUR_US)
    first, last = (moment.timestamp() * 1e6 for moment in (asked.begins(COMMENT_DAYS), asked.begins()))
    hours = ((settled_us - told["given_us"]) / HOUR_US)[(settled_us >= first) & (settled_us < last)]
    return hours.groupby(level=0).mean().rename("response_hours")


def _comments(asked: _Asked) -> Select[int, float, float, bool]:
    """Comments that may have been settled of late, with the next practice in the two weeks that are known by then.

    When the student practised next for the class, and whether anybody did.
    """
    told, attempt = Feedback, QuestionAttempt
    given_us, longest = microseconds(told.created_at), timedelta(days=ANSWER_DAYS)
    after = and_(
        attempt.institution_id == told.institution_id,
        attempt.class_id == Assignment.class_id,
        attempt.attempted_at > told.created_at,
        attempt.attempted_at <= told.created_at + literal(longest, Interval),
        attempt.attempted_at < asked.begins(),
        # Where a moment is known the order is it or, among ties, just after it; and only the order is indexed.
        attempt.sequence > cast(given_us, BigInteger),
        attempt.sequence <= cast(given_us, BigInteger) + (longest + ORDERED_WITHIN) // timedelta(microseconds=1),
    )
    answered = (
        select(func.min(attempt.attempted_at))
        .where(after, attempt.student_id == told.student_id)
        .correlate(told, Assignment)
        .scalar_subquery()
    )
    submission = and_(Submission.institution_id == told.institution_id, Submission.id == told.submission_id)
    assignment = and_(Assignment.institution_id == Submission.institution_id, Assignment.id == Submission.assignment_id)
    return (
        select(told.student_id, given_us, microseconds(answered), exists().where(after))
        .join(Submission, submission)
        .join(Assignment, assignment)
        .where(
            asked.owns(told.student_id),
            told.supersedes_id.is_(None),
            asked.within(told.created_at, COMMENT_DAYS + ANSWER_DAYS),
        )
    )
