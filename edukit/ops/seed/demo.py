"""The demo school: made from a seed, written once, found again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sqlalchemy import func, select, text

from edukit.actions.practice import refresh_mastery
from edukit.db.copy import copy_rows
from edukit.db.ids import Ids
from edukit.errors import SeedError
from edukit.models import (
    Account,
    Class,
    ClassTeacher,
    Concept,
    Enrolment,
    Institution,
    Question,
    QuestionAttempt,
    QuestionConcept,
    Student,
    Topic,
    User,
)
from edukit.ops.seed.practice import blocks
from edukit.ops.seed.school import ANALYST_EMAIL, PROFILES, School, build_school

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from edukit.models import Base
    from edukit.ops.seed.practice import Block

FOUNDED = datetime(2020, 9, 1, 6, tzinfo=UTC)
"""Moment of the first institution's id. It is fixed, so that an institution's id tells the seed."""


@dataclass(frozen=True)
class SeedReport:
    """How many rows of each table were written; all zero when the demo school was there already."""

    institutions: int = 0
    accounts: int = 0
    users: int = 0
    students: int = 0
    topics: int = 0
    concepts: int = 0
    questions: int = 0
    question_concepts: int = 0
    classes: int = 0
    class_teachers: int = 0
    enrolments: int = 0
    question_attempts: int = 0
    concept_mastery: int = 0
    already_there: bool = False

    def __str__(self) -> str:
        if self.already_there:
            return "The demo school of this seed is there already; nothing was changed."
        counts = {name: rows for name, rows in asdict(self).items() if name != "already_there"}
        return "Made " + ", ".join(f"{rows:,} {name.replace('_', ' ')}" for name, rows in counts.items()) + "."

    def plus(self, table: str, rows: int) -> SeedReport:
        """The report with more rows of a table."""
        return replace(self, **{table: getattr(self, table) + rows})


def seed_demo(
    session: Session,
    *,
    seed: int = 1,
    students: int = 600,
    as_of: datetime,
    progress: Callable[[str, float], None] | None = None,
) -> SeedReport:
    """Write two institutions with a school year of practice up to ``as_of``.

    The same seed, students and moment give the same rows, byte for byte. A demo school of the same
    seed that is there already is left as it is, whatever its size and moment: people may have worked in it.

    Args:
        session: of the application; the caller commits.
        seed: of every random choice.
        students: in both institutions together, 1 or more.
        as_of: the moment of the demo, aware: the last attempts are just before it.
        progress: called with what is being done and the share of it done (0-1).

    Raises:
        SeedError: a demo school of another seed, an institution of its name or an address that it
            needs is there; or ``students`` is less than 1 or ``as_of`` without a time zone.
    """
    _check(students, as_of)
    as_of = as_of.astimezone(UTC)
    # Two starts at once would both find no demo school; the second waits here and then finds it.
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext('edukit demo school'))"))
    if _is_there(session, seed):
        return SeedReport(already_there=True)
    tell = progress or (lambda _what, _share: None)
    tell("people and classes", 0.0)
    report = SeedReport()
    schools = demo_schools(seed=seed, students=students, as_of=as_of)
    for school in schools:
        for model, rows in school_rows(school):
            report = report.plus(model.__tablename__, _write(session, model, rows))
    done = 0
    for place, school in enumerate(schools):
        for block in blocks(school, seed=seed, place=place, as_of=as_of):
            report = _write_block(session, school, block, report, now=as_of)
            done += len(block.student_ids)
            tell("attempts and mastery", done / students)
    return report


def _write_block(session: Session, school: School, block: Block, report: SeedReport, *, now: datetime) -> SeedReport:
    """Write a block's attempts and the mastery that follows from them."""
    attempts = _write(session, QuestionAttempt, block.attempts)
    mastery = refresh_mastery(
        session, institution_id=school.institution_id, now=now, student_ids=block.student_ids.tolist()
    )
    return report.plus("question_attempts", attempts).plus("concept_mastery", mastery)


def demo_schools(*, seed: int, students: int, as_of: datetime) -> list[School]:
    """Both institutions in memory, as they would be written; their attempts come from ``practice.blocks``."""
    ids, institution_ids = _institution_ids(seed)
    made: list[School] = []
    for place, institution_id in enumerate(institution_ids):
        share = students // 2 if place else students - students // 2
        analyst = int(made[0].accounts.set_index("email").loc[ANALYST_EMAIL, "id"]) if made else None  # type: ignore[arg-type]
        made.append(
            build_school(
                place, institution_id, seed=seed, students=share, as_of=as_of, ids=ids, analyst_account=analyst
            )
        )
    return made


def school_rows(school: School) -> Iterator[tuple[type[Base], pd.DataFrame]]:
    """The rows of an institution but for its attempts, in the order in which they can be written."""
    profile = school.profile
    institution = {
        "id": school.institution_id,
        "name": profile.name,
        "domain": profile.domain,
        "time_zone": profile.time_zone,
        "created_at": school.opened_at,
    }
    yield Institution, pd.DataFrame([institution])
    yield Topic, school.curriculum.topics
    yield Concept, school.curriculum.concepts
    yield Question, school.curriculum.questions
    yield QuestionConcept, school.curriculum.question_concepts
    yield Account, school.accounts
    yield User, school.users
    yield Student, school.students
    yield Class, school.classes
    yield ClassTeacher, school.class_teachers
    yield Enrolment, school.enrolments


def _institution_ids(seed: int) -> tuple[Ids, list[int]]:
    """The demo's source of ids, and the first that it gives: those of the institutions."""
    ids = Ids(np.random.default_rng([seed, 0]))
    return ids, [int(ids.take(1, FOUNDED + timedelta(days=place))[0]) for place in range(len(PROFILES))]


def _check(students: int, as_of: datetime) -> None:
    problems = []
    if students < 1:
        problems.append(f"students is {students}: it must be 1 or more")
    if as_of.tzinfo is None:
        problems.append(f"as_of is {as_of.isoformat()}: it must carry a time zone, such as +00:00")
    if problems:
        message = f"The demo school cannot be made: {'; '.join(problems)}."
        raise SeedError(message)


def _is_there(session: Session, seed: int) -> bool:
    """Whether the demo school of this seed is there.

    Raises:
        SeedError: something else is in its place.
    """
    ids = dict(zip((profile.name for profile in PROFILES), _institution_ids(seed)[1], strict=True))
    rows = session.execute(select(Institution.name, Institution.id).where(Institution.name.in_(ids)))
    found = {row.name: row.id for row in rows}
    other = [name for name, institution_id in found.items() if ids[name] != institution_id]
    if other:
        message = (
            f"An institution named {other[0]!r} is there already and is not of the demo with seed {seed}. "
            "Use the seed that it was made with, or an empty database."
        )
        raise SeedError(message)
    if found:
        return True
    domains = {profile.domain for profile in PROFILES} | {profile.role_domain for profile in PROFILES}
    taken = session.scalar(
        select(Account.email).where(func.split_part(func.lower(Account.email), "@", 2).in_(domains)).limit(1)
    )
    if taken is not None:
        message = f"The address {taken} is there already and the demo needs its domain. Use an empty database."
        raise SeedError(message)
    return False


def _write(session: Session, model: type[Base], rows: pd.DataFrame) -> int:
    if "updated_at" in model.__table__.c:
        rows = rows.assign(updated_at=rows["created_at"])
    written = copy_rows(session, model, rows)
    if written != len(rows):
        message = (
            f"{len(rows) - written} of {len(rows)} rows of {model.__tablename__} have ids that are taken. "
            "Choose another seed."
        )
        raise SeedError(message)
    return written
