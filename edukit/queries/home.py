"""The first page, as frames: who is looking, and a few figures for each of their classes.

Each figure is one statement for all the classes together, so that sixty cost no more statements than one.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import ARRAY, BigInteger, and_, any_, exists, func, literal, or_, select, true
from sqlalchemy.orm import aliased

from edukit.models import (
    Assignment,
    Class,
    ClassTeacher,
    ConceptMastery,
    Enrolment,
    Feedback,
    Grievance,
    Institution,
    QuestionAttempt,
    Submission,
    Topic,
    User,
)
from edukit.queries.classroom import by_name
from edukit.queries.frames import HOME, ME
from edukit.queries.help import in_need
from edukit.queries.practice import practised_concepts
from edukit.queries.risk_latest import answer_holds, latest_answer, latest_prediction, says_something

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.orm import Session

    from edukit.queries.classroom import Key

    Keys = list[Key]
    Rows = Select[*tuple[Any, ...]]

WEEK = timedelta(days=7)
MOST_CLASSES = 60
WORRYING = ("high", "critical")
UNRESOLVED = ("open", "in_progress")


def me(session: Session, *, user_id: int | None) -> pd.DataFrame:
    """A user of an institution that the session sees, in one row: columns of ``frames.ME``; None: nobody."""
    waiting = (
        select(func.count())
        .where(
            Grievance.institution_id == User.institution_id,
            Grievance.assigned_to == User.id,
            Grievance.status.in_(UNRESOLVED),
        )
        .correlate(User)
        .scalar_subquery()
    )
    query = (
        select(Institution.name, User.id, User.name, User.role, waiting)
        .join(Institution, Institution.id == User.institution_id)
        .where(User.id == user_id)
    )
    return ME.of(session.execute(query).all())


def classes_of(session: Session, *, user_id: int | None) -> pd.DataFrame:
    """The classes in use that a user teaches, by name; where they teach none, the first that the session sees.

    The columns that :func:`home` takes.
    """
    teaches = exists().where(
        ClassTeacher.institution_id == Class.institution_id,
        ClassTeacher.class_id == Class.id,
        ClassTeacher.teacher_id == user_id,
    )
    query = (
        select(Class.institution_id, Class.id, Institution.name, Class.name, Topic.name)
        .join(Institution, Institution.id == Class.institution_id)
        .outerjoin(Topic, and_(Topic.institution_id == Class.institution_id, Topic.id == Class.subject_id))
        .where(Class.archived_at.is_(None))
    )
    taught = session.execute(query.where(teaches)).all()
    in_order = sorted(taught or session.execute(query).all(), key=lambda row: (by_name(row[3]), row[2], row[1]))
    rows = in_order if taught else in_order[:MOST_CLASSES]
    columns = ["institution_id", "class_id", "institution", "class_name", "subject"]
    return pd.DataFrame(rows, columns=columns, dtype=object).assign(taught=bool(taught))


def home(
    session: Session,
    classes: pd.DataFrame,
    *,
    thresholds: Sequence[float],
    now: datetime,
    practised: Callable[[Keys], Mapping[Key, Sequence[int]]] | None = None,
) -> pd.DataFrame:
    """The classes with their figures, in the order given: columns of ``frames.HOME``.

    Args:
        session: any that sees the classes.
        classes: rows of :func:`classes_of`.
        thresholds: scores (0-100) at which *developing*, *proficient* and *mastered* begin.
        now: the moment that the weeks before and after are counted from.
        practised: gives the concepts of the classes, as :func:`edukit.queries.practice.practised_concepts` does; None:
            that is asked.
    """
    if classes.empty:
        return HOME.of([])
    keys = list(zip(classes["institution_id"], classes["class_id"], strict=True))
    concepts = practised(keys) if practised else practised_concepts(session, classes=keys)
    figures = (
        _figures(session, _enrolled(keys), (0,)),
        _figures(session, _answers(keys, now), (0, 0, 0)),
        _figures(session, _needing_help(keys, concepts, thresholds), (0,)),
        _figures(session, _at_risk(keys), (0, 0)),
        _figures(session, _waiting(keys, now), (0, None, None, None)),
        _figures(session, _due(keys, now), (0, None, None)),
    )
    named = classes[["institution", "class_id", "class_name", "subject", "taught"]].itertuples(index=False, name=None)
    return HOME.of(
        [(*names, *chain.from_iterable(of[key] for of in figures)) for key, names in zip(keys, named, strict=True)]
    )


def _among(model: type[Assignment | ClassTeacher | Enrolment | QuestionAttempt], keys: Keys) -> ColumnElement[bool]:
    """Whether a row belongs to one of the classes, or to one of the same id in another of their institutions."""
    institutions, classes = (sorted({key[place] for key in keys}) for place in range(2))
    return and_(model.institution_id.in_(institutions), model.class_id.in_(classes))


def _figures(session: Session, query: Rows, none: tuple[Any, ...]) -> defaultdict[tuple[int, int], tuple[Any, ...]]:
    """What a query says of each class, whose key stands first in its rows; ``none`` of the others."""
    rows = session.execute(query).all()
    return defaultdict(lambda: none, {(row[0], row[1]): tuple(row[2:]) for row in rows})


def _enrolled(keys: Keys) -> Rows:
    return (
        select(Enrolment.institution_id, Enrolment.class_id, func.count())
        .where(_among(Enrolment, keys), Enrolment.left_at.is_(None))
        .group_by(Enrolment.institution_id, Enrolment.class_id)
    )


def _answers(keys: Keys, now: datetime) -> Rows:
    attempt, since = QuestionAttempt, now - 2 * WEEK
    late = and_(attempt.attempted_at > now - WEEK, attempt.attempted_at <= now)
    return (
        select(
            attempt.institution_id,
            attempt.class_id,
            func.count().filter(late),
            func.count().filter(late, attempt.is_correct),
            func.count().filter(attempt.attempted_at > since, attempt.attempted_at <= now - WEEK),
        )
        # Where a time is known, the sequence is its microseconds or a few more, and the index has it.
        .where(_among(attempt, keys), attempt.sequence >= int(since.timestamp()) * 1_000_000)
        .group_by(attempt.institution_id, attempt.class_id)
    )


def _needing_help(keys: Keys, concepts: Mapping[Key, Sequence[int]], thresholds: Sequence[float]) -> Rows:
    """How many students :func:`edukit.analytics.help.needs_help` names in each class."""
    mastery = ConceptMastery
    rows = [(*key, concept_id) for key in keys for concept_id in concepts[key]]
    columns = [literal([row[place] for row in rows], ARRAY(BigInteger)) for place in range(3)]
    given = func.unnest(*columns).table_valued("institution_id", "class_id", "concept_id").render_derived()
    practised = (
        select(given.c.institution_id, given.c.class_id, func.array_agg(given.c.concept_id).label("concepts"))
        .group_by(given.c.institution_id, given.c.class_id)
        .cte("practised")
    )
    # The limit lets the planner stop at a student's first; without it, it reads the mastery of the institution.
    low = (
        select(mastery.concept_id)
        .where(
            mastery.institution_id == Enrolment.institution_id,
            mastery.student_id == Enrolment.student_id,
            mastery.concept_id == any_(practised.c.concepts),
            in_need(mastery.mastery_score, mastery.mastery_high, mastery.total_attempts, thresholds),
        )
        .limit(1)
        .lateral()
    )
    of_class = and_(practised.c.institution_id == Enrolment.institution_id, practised.c.class_id == Enrolment.class_id)
    return (
        select(Enrolment.institution_id, Enrolment.class_id, func.count())
        .join(practised, of_class)
        .join(low, true())
        .where(_among(Enrolment, keys), Enrolment.left_at.is_(None))
        .group_by(Enrolment.institution_id, Enrolment.class_id)
    )


def _at_risk(keys: Keys) -> Rows:
    latest = latest_prediction(Enrolment.institution_id, Enrolment.student_id)
    worrying = latest.c.risk_level.in_(WORRYING)
    answer = latest_answer(latest, worrying)
    unanswered = answer_holds(latest, answer).is_not(true())
    return (
        select(
            Enrolment.institution_id,
            Enrolment.class_id,
            func.count().filter(says_something(latest)),
            func.count().filter(worrying, unanswered),
        )
        .select_from(Enrolment)
        .outerjoin(latest, true())
        .outerjoin(answer, true())
        .where(_among(Enrolment, keys), Enrolment.left_at.is_(None))
        .group_by(Enrolment.institution_id, Enrolment.class_id)
    )


def _waiting(keys: Keys, now: datetime) -> Rows:
    """What :mod:`edukit.queries.student_work` calls waiting for feedback, of those who are enrolled now."""
    work, later = Submission, aliased(Submission)
    due = or_(Assignment.due_at.is_(None), Assignment.due_at <= now)
    of_class = and_(Enrolment.institution_id == Assignment.institution_id, Enrolment.class_id == Assignment.class_id)
    handed_in = and_(
        work.institution_id == Assignment.institution_id,
        work.assignment_id == Assignment.id,
        work.student_id == Enrolment.student_id,
    )
    told = exists().where(Feedback.institution_id == work.institution_id, Feedback.submission_id == work.id)
    again = exists().where(
        later.institution_id == work.institution_id,
        later.assignment_id == work.assignment_id,
        later.student_id == work.student_id,
        or_(later.submitted_at > work.submitted_at, and_(later.submitted_at == work.submitted_at, later.id > work.id)),
    )
    waits = (
        select(
            Assignment.institution_id,
            Assignment.class_id,
            work.student_id,
            work.submitted_at,
            *_counted(Assignment, work.submitted_at, work.id),
        )
        .join(Enrolment, and_(of_class, Enrolment.left_at.is_(None)))
        .join(work, handed_in)
        .where(_among(Assignment, keys), _among(Enrolment, keys), due, ~told, ~again)
        .subquery()
    )
    return (
        select(waits.c.institution_id, waits.c.class_id, waits.c.total, waits.c.submitted_at, User.id, User.name)
        .join(User, and_(User.institution_id == waits.c.institution_id, User.id == waits.c.student_id))
        .where(waits.c.place == 1)
    )


def _due(keys: Keys, now: datetime) -> Rows:
    work = Assignment
    due = (
        select(work.institution_id, work.class_id, work.due_at, work.title, *_counted(work, work.due_at, work.id))
        .where(_among(work, keys), work.due_at > now, work.due_at <= now + WEEK)
        .subquery()
    )
    return select(due.c.institution_id, due.c.class_id, due.c.total, due.c.due_at, due.c.title).where(due.c.place == 1)


def _counted(model: type[Assignment], *order: Any) -> tuple[ColumnElement[int], ColumnElement[int]]:
    """How many rows there are of the row's class (``total``), and the row's place among them (``place``), from 1."""
    of_class = [model.institution_id, model.class_id]
    return (
        func.count().over(partition_by=of_class).label("total"),
        func.row_number().over(partition_by=of_class, order_by=order).label("place"),
    )
