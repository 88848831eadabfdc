"""Bulk writes of importers: the things that a source names, and the attempts that are about them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from edukit.actions.practice import hold_mastery, refresh_mastery, tell_of_practice
from edukit.db.copy import copy_new_rows, copy_rows
from edukit.errors import LoadError
from edukit.models import (
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
from edukit.queries.practice import students_asked

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from edukit.db.base import Base
    from edukit.db.ids import Ids

    Sourced = type[User | Class | Topic | Concept | Question]
    """A table whose rows are known by ``source_key``."""
    _Describe = Callable[[pd.DataFrame], dict[str, object]]
    """The columns of new things, from the rows that first name them."""

_ATTEMPT_COLUMNS = (
    "sequence", "attempted_at", "is_correct", "time_taken_seconds", "hint_count", "confidence", "answer",
)  # fmt: skip
_MOST_POSITION = 2**31 - 1
_KINDS = {"student": "user"}
_LOAD_LOCK = 0x6C6F6164  # "load"


def find_or_add_institution(session: Session, name: str, *, ids: Ids, now: datetime, time_zone: str = "UTC") -> int:
    """The id of the institution of that name, made when there is none."""
    query = select(Institution.id).where(Institution.name == name)
    if (found := session.scalar(query)) is not None:
        return found
    made = insert(Institution).values(id=int(ids.take(1, now)[0]), name=name, time_zone=time_zone)
    # Somebody else may be adding the same one: DO NOTHING waits for them, the second look sees theirs.
    session.execute(made.on_conflict_do_nothing())
    return session.execute(query).scalar_one()


def _add_all(session: Session, model: type[Base], frame: pd.DataFrame) -> None:
    """Add rows that must all be new: one that is silently left out would hand its attempts to somebody else."""
    if copy_rows(session, model, frame) != len(frame):
        message = (
            f"New rows of {model.__tablename__} met rows that another program added meanwhile; nothing was loaded. "
            "Load the file again."
        )
        raise LoadError(message)


class SourcedThings:
    """The things of one table that are known by ``source_key``, over the course of a load.

    What is there is read once for each institution; what is not is added as it comes.
    """

    def __init__(self, session: Session, model: Sourced, *, ids: Ids, now: datetime) -> None:
        self._session = session
        self._model = model
        self._ids = ids
        self.made_at = now
        self._known: dict[int, dict[str, int]] = {}
        self.added: set[int] = set()

    def ids_of(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        """The id of each row's thing, added when it is not there.

        Args:
            frame: different things: columns of the table, ``institution_id`` and ``source_key`` among them.
        """
        pairs = list(zip(frame["institution_id"].tolist(), frame["source_key"].tolist(), strict=True))
        for institution_id in {institution_id for institution_id, _ in pairs} - self._known.keys():
            self._known[institution_id] = self._stored(institution_id)
        new = np.array([key not in self._known[institution_id] for institution_id, key in pairs], dtype=bool)
        made = self._ids.take(int(new.sum()), self.made_at)
        _add_all(self._session, self._model, frame[new].assign(id=made))
        self.added.update(made.tolist())
        for (institution_id, key), thing_id in zip(np.array(pairs, dtype=object)[new], made.tolist(), strict=True):
            self._known[institution_id][key] = thing_id
        return np.array([self._known[institution_id][key] for institution_id, key in pairs], dtype=np.int64)

    def _stored(self, institution_id: int) -> dict[str, int]:
        key = self._model.source_key
        query = select(key, self._model.id).where(self._model.institution_id == institution_id, key.is_not(None))
        return {str(row[0]): row[1] for row in self._session.execute(query)}


class PracticeLoad:
    """A load of attempts with the people, classes and questions that they are about.

    Args:
        session: of the application; the caller commits.
        source: first part of every source key, such as ``assistments``.
        subject: name of the topic that holds all concepts.
        ids: source of new ids.
        now: moment of new ids and of the mastery computed.
    """

    def __init__(self, session: Session, *, source: str, subject: str, ids: Ids, now: datetime) -> None:
        self.session = session
        self.attempts_seen = self.attempts_added = 0
        self._source = source
        self._subject = subject
        self._ids = ids
        self._now = self._made_at = now
        models: tuple[Sourced, ...] = (Topic, Concept, Question, User, Class)
        self._things = {model: SourcedThings(session, model, ids=ids, now=now) for model in models}
        self._institutions: dict[str, int] = {}
        self._institutions_added = 0
        self._subjects: dict[int, int] = {}
        self._students: set[int] = set()
        self._enrolled: set[tuple[int, int]] = set()
        self._changed: dict[int, set[int]] = defaultdict(set)
        self._asking_anew: dict[int, set[int]] = defaultdict(set)

    @property
    def things_added(self) -> dict[str, int]:
        """How many things of each kind were added so far."""
        return {
            "institutions_added": self._institutions_added,
            "classes_added": len(self._things[Class].added),
            "students_added": len(self._things[User].added & self._students),
            "concepts_added": len(self._things[Concept].added),
            "questions_added": len(self._things[Question].added),
        }

    def wait_for_turn(self) -> None:
        """Wait until no other load runs; until the transaction ends, others wait for this one.

        One lock for all institutions: a file may hold many, and two loads that took them one by one in
        different orders would lock each other out.
        """
        self.session.execute(select(func.pg_advisory_xact_lock(_LOAD_LOCK)))
        # Ids follow the database's clock from here on: those of the load before are all of an earlier moment,
        # whatever machine or frozen clock it ran by.
        self._made_at = self.session.execute(select(func.clock_timestamp())).scalar_one()
        for things in self._things.values():
            things.made_at = self._made_at

    def add(self, rows: pd.DataFrame) -> None:
        """Add the attempts of some rows, and the things that they name, where they are not there yet.

        Args:
            rows: ``institution`` (name); keys ``class``, ``student``, ``question``, ``concept`` (missing: none)
                and, if known, ``teacher``; if known, ``class_name``, ``concept_name`` and ``kind`` of the
                question; ``attempt``, the attempt's id (missing: the row only repeats an
                attempt); and columns of ``question_attempts``.
        """
        institutions = {name: self._institution(name) for name in rows["institution"].unique()}
        rows = rows.assign(institution_id=rows["institution"].map(institutions).astype("int64"))
        placed = pd.DataFrame(
            {
                "institution_id": rows["institution_id"],
                "class_id": self._ids_of(Class, rows, "class", self._class),
                "student_id": self._add_people(rows),
                "question_id": self._ids_of(
                    Question, rows, "question", lambda named: {"kind": named["kind"]} if "kind" in named else {}
                ),
            }
        )
        self._enrol(placed)
        if "teacher" in rows:
            self._add_teachers(placed, rows)
        self._add_concepts(placed, rows)
        self._add_attempts(placed, rows)

    def refresh_mastery(self) -> None:
        """Compute the mastery of the students whose evidence the load changed, and of no others; tell of all of it."""
        for institution_id, questions in self._asking_anew.items():
            # Nobody answers between this look and the commit: they would not see what the questions now ask for.
            hold_mastery(self.session, institution_id, alone=True)
            asked = students_asked(self.session, institution_id=institution_id, question_ids=sorted(questions))
            self._changed[institution_id].update(asked)
        for institution_id, students in self._changed.items():
            refresh_mastery(self.session, institution_id=institution_id, now=self._now, student_ids=sorted(students))
            tell_of_practice(self.session, institution_id=institution_id, student_ids=sorted(students))

    def _institution(self, name: str) -> int:
        """The institution's id; at its first mention also its subject, and who is or was enrolled."""
        if name in self._institutions:
            return self._institutions[name]
        self._institutions_added += self.session.scalar(select(Institution.id).where(Institution.name == name)) is None
        institution_id = find_or_add_institution(self.session, name, ids=self._ids, now=self._made_at)
        self._institutions[name] = institution_id
        subject = {"institution_id": institution_id, "source_key": f"{self._source}:subject", "name": self._subject}
        self._subjects[institution_id] = int(self._things[Topic].ids_of(pd.DataFrame([subject]))[0])
        # Who has left stays so: a second load must not enrol them anew.
        pairs = select(Enrolment.class_id, Enrolment.student_id).where(Enrolment.institution_id == institution_id)
        self._enrolled.update((row[0], row[1]) for row in self.session.execute(pairs))
        return institution_id

    def _ids_of(self, model: Sourced, rows: pd.DataFrame, column: str, columns: _Describe) -> NDArray[np.int64]:
        """The id of the thing that each row names in ``column``, added where it is new; 0 where none is named."""
        keys, _ = pd.factorize(rows[column])
        pairs, first = _distinct(rows["institution_id"].to_numpy(), keys)
        named = rows.iloc[first[keys[first] >= 0]]
        ids = np.zeros(len(first), dtype=np.int64)
        ids[keys[first] >= 0] = self._things[model].ids_of(
            pd.DataFrame(
                {
                    "institution_id": named["institution_id"],
                    "source_key": f"{self._source}:{_KINDS.get(column, column)}/" + named[column].astype(object),
                    **columns(named),
                }
            )
        )
        return ids[pairs]

    def _add_people(self, rows: pd.DataFrame) -> NDArray[np.int64]:
        student_id = self._ids_of(User, rows, "student", lambda named: _person(named["student"], "Student"))
        students = pd.DataFrame({"institution_id": rows["institution_id"], "id": student_id}).drop_duplicates()
        copy_rows(self.session, Student, students[~students["id"].isin(self._students)])
        self._students.update(students["id"].tolist())
        return student_id

    def _enrol(self, placed: pd.DataFrame) -> None:
        pairs = placed[["institution_id", "class_id", "student_id"]].drop_duplicates()
        keys = list(zip(pairs["class_id"].tolist(), pairs["student_id"].tolist(), strict=True))
        new = pairs[[key not in self._enrolled for key in keys]]
        copy_rows(self.session, Enrolment, new.assign(id=self._ids.take(len(new), self._made_at)))
        self._enrolled.update(keys)
        _gather(self._changed, new, "student_id")

    def _add_teachers(self, placed: pd.DataFrame, rows: pd.DataFrame) -> None:
        teacher_id = self._ids_of(User, rows, "teacher", lambda named: _person(named["teacher"], "Teacher"))
        pairs = placed[["institution_id", "class_id"]].assign(teacher_id=teacher_id)
        copy_rows(self.session, ClassTeacher, pairs.drop_duplicates())

    def _add_concepts(self, placed: pd.DataFrame, rows: pd.DataFrame) -> None:
        concept_id = self._ids_of(Concept, rows, "concept", self._concept)
        pairs = placed[["institution_id", "question_id"]].assign(concept_id=concept_id)
        new = copy_new_rows(self.session, QuestionConcept, pairs[concept_id > 0].drop_duplicates())
        _gather(self._asking_anew, new[~new["question_id"].isin(self._things[Question].added)], "question_id")

    def _add_attempts(self, placed: pd.DataFrame, rows: pd.DataFrame) -> None:
        named = rows["attempt"].notna()
        attempts = placed.assign(**{name: rows[name] for name in _ATTEMPT_COLUMNS if name in rows})[named]
        attempts["id"] = rows["attempt"][named]
        new = copy_new_rows(self.session, QuestionAttempt, attempts)
        self.attempts_seen += len(attempts)
        self.attempts_added += len(new)
        _gather(self._changed, new, "student_id")

    def _class(self, named: pd.DataFrame) -> dict[str, object]:
        name = named["class_name"] if "class_name" in named else "Class " + named["class"].astype(object)
        return {"name": name, "subject_id": named["institution_id"].map(self._subjects)}

    def _concept(self, named: pd.DataFrame) -> dict[str, object]:
        key = named["concept"].astype(object)
        name = "Skill " + key
        position = pd.to_numeric(key, errors="coerce")
        return {
            "topic_id": named["institution_id"].map(self._subjects),
            "name": named["concept_name"].fillna(name) if "concept_name" in named else name,
            "position": position.where(position.between(0, _MOST_POSITION)).fillna(0).astype("int64"),
        }


def _gather(into: dict[int, set[int]], rows: pd.DataFrame, column: str) -> None:
    """Add the ids in a column of some rows to those of their institutions."""
    for institution_id, one in rows[["institution_id", column]].drop_duplicates().to_numpy().tolist():
        into[institution_id].add(one)


def _distinct(institution_ids: NDArray[np.int64], keys: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which distinct pair each row holds, and the row where each pair stands first."""
    institutions, _ = pd.factorize(institution_ids)
    pairs, distinct = pd.factorize(institutions * (keys.max(initial=0) + 2) + keys + 1)
    first = np.zeros(len(distinct), dtype=np.intp)
    first[pairs[::-1]] = np.arange(len(pairs))[::-1]
    return pairs, first


def _person(key: pd.Series[str], role: str) -> dict[str, object]:
    return {"role": role.lower(), "name": f"{role} " + key.astype(object)}
