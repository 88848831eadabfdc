"""The demo school: made from a seed, written once, found again."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sqlalchemy import exists, func, select, text

from edukit.actions.gamification import refresh_points
from edukit.actions.practice import refresh_mastery
from edukit.db.copy import copy_rows
from edukit.db.ids import Ids
from edukit.errors import SeedError
from edukit.models import (
    Account,
    Assignment,
    Class,
    ClassTeacher,
    Concept,
    Enrolment,
    Institution,
    MasteryHistory,
    Question,
    QuestionAttempt,
    QuestionConcept,
    Student,
    Topic,
    TopicPrerequisite,
    User,
)
from edukit.ops.seed import belongings
from edukit.ops.seed.life import SchoolLife
from edukit.ops.seed.practice.attempts import blocks
from edukit.ops.seed.scene import Scene
from edukit.ops.seed.school import ANALYST_EMAIL, PROFILES, School, build_school

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.orm import Session

    from edukit.models import Base
    from edukit.ops.seed.practice.attempts import Block

    Rows = tuple[type[Base], pd.DataFrame]

FOUNDED = datetime(2020, 9, 1, 6, tzinfo=UTC)
"""Moment of the first institution's id. It is fixed, so that an institution's id tells the seed."""
TOLD = ("institutions", "students", "classes", "question_attempts", "submissions", "feedback", "grievances")
"""The tables whose rows give the big picture."""


@dataclass(frozen=True)
class SeedReport:
    """How many rows were written, by table; none when the demo school was there already."""

    rows: dict[str, int] = field(default_factory=dict)
    already_there: bool = False
    older: bool = False
    """Whether the demo school that is there was made by an edukit that knew fewer tables."""

    def __str__(self) -> str:
        if self.older:
            return (
                "The demo school of this seed is there already and was made by an older edukit: its newer tables, "
                "such as assignments, are empty. Set EDUKIT_HOME (or --home) to another folder for a whole one."
            )
        if self.already_there:
            return "The demo school of this seed is there already; nothing was changed."
        told = ", ".join(f"{self.rows.get(name, 0):,} {name.replace('_', ' ')}" for name in TOLD)
        tables = sum(1 for count in self.rows.values() if count)
        return f"Made {told}: {sum(self.rows.values()):,} rows in {tables} tables (edukit doctor lists them)."


@dataclass
class _Writer:
    """Writes frames and counts their rows."""

    session: Session
    rows: Counter[str] = field(default_factory=Counter)

    def write(self, model: type[Base], rows: pd.DataFrame) -> None:
        """Write the rows; where nothing else is said, they last changed when they were made.

        A table that needs an extension which the server does not have is not there, and left out.

        Raises:
            SeedError: an id is taken.
        """
        if "extension" in model.metadata.tables[model.__tablename__].info and not self._is_there(model):
            return
        if "updated_at" in model.__table__.c and "updated_at" not in rows:
            rows = rows.assign(updated_at=rows["created_at"])
        written = copy_rows(self.session, model, rows)
        if written != len(rows):
            message = (
                f"{len(rows) - written} of {len(rows)} rows of {model.__tablename__} have ids that are taken. "
                "Choose another seed."
            )
            raise SeedError(message)
        self.rows[model.__tablename__] += written

    def _is_there(self, model: type[Base]) -> bool:
        return self.session.scalar(select(func.to_regclass(model.__tablename__))) is not None


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
    Until a school year is four weeks old, which is in September, the year before it is shown to its end.

    Args:
        session: of the application; the caller commits.
        seed: of every random choice.
        students: in both institutions together, 1 or more.
        as_of: the moment of the demo, aware: nothing is later; in term the last attempts are just before it.
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
        return SeedReport(already_there=True, older=_is_older(session, seed))
    return SeedReport(_fill(_Writer(session), seed, students, as_of, progress or (lambda _what, _share: None)))


def _fill(
    writer: _Writer, seed: int, students: int, as_of: datetime, tell: Callable[[str, float], None]
) -> dict[str, int]:
    """Make both institutions and write them; how many rows each table got."""
    tell("people and classes", 0.0)
    ids = demo_ids(seed)
    schools = demo_schools(seed=seed, students=students, as_of=as_of, ids=ids)
    lives = [SchoolLife.of(Scene(school, place, seed, as_of, ids)) for place, school in enumerate(schools)]
    for life in lives:
        for model, rows in (*school_rows(life.scene), *life.rows()):
            writer.write(model, rows)
    done = 0
    for life in lives:
        for number, block in enumerate(blocks(life.scene.school, seed=seed, place=life.scene.place, as_of=as_of)):
            for what, share in _write_block(writer, life, block, number):
                tell(what, (done + share * len(block.student_ids)) / students)
            done += len(block.student_ids)
    here = [life.scene.school.institution_id for life in lives]
    weeks = select(func.count()).select_from(MasteryHistory).where(MasteryHistory.institution_id.in_(here))
    writer.rows["mastery_history"] = writer.session.scalars(weeks).one()
    tell("done", 1.0)
    return dict(writer.rows)


def _write_block(writer: _Writer, life: SchoolLife, block: Block, number: int) -> Iterator[tuple[str, float]]:
    """Write a block's attempts, what follows from them, and the rest; what is done next, and the share done."""
    who: dict[str, Any] = {
        "institution_id": life.scene.school.institution_id,
        "now": life.scene.as_of,
        "student_ids": block.student_ids.tolist(),
    }
    yield "attempts", 0.0
    writer.write(QuestionAttempt, block.attempts)
    yield "mastery", 0.35
    writer.rows["concept_mastery"] += refresh_mastery(writer.session, **who)
    yield "study and talk", 0.5
    for model, rows in block_rows(life.scene, block, number):
        writer.write(model, rows)
    yield "school work", 0.6
    for model, rows in life.block_rows(block, number):
        writer.write(model, rows)
    yield "points", 0.95
    writer.rows["student_points"] += refresh_points(writer.session, **who)


def demo_ids(seed: int) -> Ids:
    """The demo's one source of ids, before it gave any."""
    return Ids(np.random.default_rng([seed, 0]))


def demo_schools(*, seed: int, students: int, as_of: datetime, ids: Ids | None = None) -> list[School]:
    """Both institutions in memory, as they would be written; their attempts come from ``practice.blocks``.

    ``ids`` is a source that gave none yet, for who wants more of it afterwards.
    """
    ids = ids or demo_ids(seed)
    made: list[School] = []
    for place, institution_id in enumerate(_institution_ids(ids)):
        share = students // 2 if place else students - students // 2
        analyst = int(made[0].accounts.set_index("email").loc[ANALYST_EMAIL, "id"]) if made else None  # type: ignore[arg-type]
        made.append(
            build_school(
                place, institution_id, seed=seed, students=share, as_of=as_of, ids=ids, analyst_account=analyst
            )
        )
    return made


def school_rows(scene: Scene) -> Iterator[Rows]:
    """The rows of an institution that do not depend on what students do, in the order in which they can be written."""
    school, profile = scene.school, scene.school.profile
    institution = {
        "id": school.institution_id,
        "name": profile.name,
        "domain": profile.domain,
        "time_zone": profile.time_zone,
        "created_at": school.opened_at,
    }
    yield Institution, pd.DataFrame([institution])
    yield Topic, school.curriculum.topics
    yield TopicPrerequisite, school.curriculum.topic_prerequisites
    yield Concept, school.curriculum.concepts
    yield Question, school.curriculum.questions
    yield QuestionConcept, school.curriculum.question_concepts
    yield Account, school.accounts
    yield User, school.users
    yield Student, school.students
    yield Class, school.classes
    yield ClassTeacher, school.class_teachers
    yield Enrolment, school.enrolments
    yield from belongings.of_school(scene)


def block_rows(scene: Scene, block: Block, number: int) -> Iterator[Rows]:
    """The rows that depend on a block's students and their attempts, in the order in which they can be written."""
    yield from belongings.of_block(scene, block, number)


def _institution_ids(ids: Ids) -> list[int]:
    """The ids of the institutions: the first that the source gives."""
    return [int(ids.take(1, FOUNDED + timedelta(days=place))[0]) for place in range(len(PROFILES))]


def _check(students: int, as_of: datetime) -> None:
    problems = []
    if students < 1:
        problems.append(f"students is {students}: it must be 1 or more")
    if as_of.tzinfo is None:
        problems.append(f"as_of is {as_of.isoformat()}: it must carry a time zone, such as +00:00")
    if problems:
        message = f"The demo school cannot be made: {'; '.join(problems)}."
        raise SeedError(message)


def _is_older(session: Session, seed: int) -> bool:
    """Whether the demo school that is there has students who were never set any work, as in an older edukit."""
    ids = _institution_ids(demo_ids(seed))
    students, assignments = (
        session.scalar(select(exists().where(model.institution_id.in_(ids)))) for model in (Student, Assignment)
    )
    return bool(students and not assignments)


def _is_there(session: Session, seed: int) -> bool:
    """Whether the demo school of this seed is there.

    Raises:
        SeedError: something else is in its place.
    """
    ids = dict(zip((profile.name for profile in PROFILES), _institution_ids(demo_ids(seed)), strict=True))
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
