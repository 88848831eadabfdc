"""A school in memory that answers as the Workbench does, of any size; and one on a database, without anything."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import psycopg
import pytest

from edukit.analytics.mastery import concept_mastery, with_levels
from edukit.analytics.mastery_changes import mastery_changes
from edukit.analytics.mastery_weeks import last_monday, weekly_mastery
from edukit.errors import ActionError, NotFound
from edukit.queries.frames import (
    ATTEMPTS,
    CLASS_MASTERY,
    CLASS_NAMES,
    CLASSES,
    CONCEPT_EXPLANATIONS,
    MASTERY_HISTORY,
    STUDY_GROUPS,
)
from edukit.queries.outbox import Horizon

if TYPE_CHECKING:
    from conftest import Database

KEY = ["student_id", "concept_id"]
THRESHOLDS = (50.0, 80.0, 95.0)
FAR = datetime(2100, 1, 1, tzinfo=UTC)
FIRST_ANSWER = datetime(2026, 6, 1, 9, tzinfo=UTC)


class School:
    """Classes of given sizes (students, concepts); the Workbench's methods, and how often each was called."""

    mastery_is_modelled = False
    role = "teacher"
    time_zone = "Europe/Zurich"
    today = date(2026, 6, 30)

    def __init__(self, *sizes: tuple[int, int], answers: int = 6, institutions: int = 1, name: str = "Student") -> None:
        self.calls: list[str] = []
        self.mastery_thresholds = THRESHOLDS
        self.exports: list[tuple[str, int]] = []
        self.fails: Exception | None = None
        self._rooms = {
            1000 + place: _Room(1000 + place, students, concepts, answers, name)
            for place, (students, concepts) in enumerate(sizes)
        }
        self._institutions = institutions

    def horizon(self) -> Horizon:
        """How far the database has come: nobody else writes to it."""
        return Horizon(1, ())

    def class_names(self) -> pd.DataFrame:
        """The frame ``class_names``."""
        self._called("class_names")
        return CLASS_NAMES.typed(self._classes())

    def classes(self, class_: int, since: datetime | None = None, until: datetime | None = None) -> pd.DataFrame:
        """The frame ``classes``, of one."""
        self._called("classes")
        found = self._classes(since, until)
        return found[found["class_id"] == class_]

    def _classes(self, since: datetime | None = None, until: datetime | None = None) -> pd.DataFrame:
        given = {id_: room.given(since, until) for id_, room in self._rooms.items()}
        return CLASSES.of(
            (
                f"School {place % self._institutions}", id_, room.name, "Maths", "A. Teacher",
                room.students, len(given[id_]), int(given[id_]["is_correct"].sum()), None,
            )
            for place, (id_, room) in enumerate(self._rooms.items())
        )  # fmt: skip

    def class_mastery(self, class_: int) -> pd.DataFrame:
        """The frame ``class_mastery``."""
        self._called("class_mastery")
        room = self._room(class_)
        return (
            room.mastery
            if self.mastery_thresholds == THRESHOLDS
            else with_levels(room.mastery, self.mastery_thresholds)
        )

    def mastery_changes(self, class_: int) -> pd.DataFrame:
        """The frame ``mastery_changes``."""
        self._called("mastery_changes")
        room, since = self._room(class_), last_monday(self.today)
        then = room.weeks[room.weeks["week"] < pd.Timestamp(since)].drop_duplicates(KEY, keep="last")
        last = room.weeks.drop_duplicates(KEY, keep="last")
        recent = last.loc[last["week"] >= pd.Timestamp(since), KEY]
        names = {"mastery_score": "score_then", "mastery_low": "low_then", "mastery_high": "high_then"}
        counts = {"total_attempts": "attempts_then", "correct_attempts": "correct_then"}
        then = then.drop(columns="week").merge(recent, on=KEY).rename(columns=names | counts)
        return mastery_changes(room.mastery, then, since=since, thresholds=self.mastery_thresholds)

    def mastery_history(self, student_id: int) -> pd.DataFrame:
        """The frame ``mastery_history``."""
        self._called("mastery_history")
        room = next(room for room in self._rooms.values() if student_id in set(room.weeks["student_id"]))
        weeks = room.weeks[room.weeks["student_id"] == student_id].rename(columns={"week": "week_start"})
        taught = room.mastery.drop_duplicates("concept_id")[["concept_id", "topic", "concept", "concept_order"]]
        return MASTERY_HISTORY.typed(with_levels(weeks.merge(taught, on="concept_id"), self.mastery_thresholds))

    def concept_explanations(self, class_: int) -> pd.DataFrame:
        """The frame ``concept_explanations``: enough is known of the first concept alone."""
        self._called("concept_explanations")
        taught = self._room(class_).mastery.drop_duplicates("concept_id").reset_index(drop=True)
        evidence = pd.Series("too few answers", index=taught.index, dtype="str").where(taught.index > 0, "enough")
        missing = {column.name: None for column in CONCEPT_EXPLANATIONS.columns if column.nullable}
        told = taught.assign(topic_id=1, evidence=evidence, explanation="About 1 in 5 right answers here is a guess.")
        return CONCEPT_EXPLANATIONS.typed(told.assign(**missing))

    def study_groups(self, class_: int) -> pd.DataFrame:
        """The frame ``study_groups``: in pairs, and the last one in none."""
        self._called("study_groups")
        people = self._room(class_).mastery.drop_duplicates("student_id").reset_index(drop=True)
        group = pd.Series(people.index // 2 + 1, dtype="Int64").where(people.index < len(people) - 1)
        figures = dict.fromkeys(("mastery_score", "mastery_low", "mastery_high"), np.nan)
        told = people[["student_id", "student"]].assign(
            group=group, concept_id=500, topic="T", concept="C", state="in a group", shares_gap=True,
            total_attempts=0, gaps=1, reason="Why.", **figures,
        )  # fmt: skip
        return STUDY_GROUPS.typed(told)

    def choose_mastery_thresholds(self, scores: list[float] | None) -> None:
        """Keep thresholds; only that they rise is looked at."""
        self._called("choose_mastery_thresholds")
        if scores is not None and sorted(scores) != scores:
            message = "Levels begin at three rising scores."
            raise ActionError(message)
        self.mastery_thresholds = THRESHOLDS if scores is None else tuple(scores)

    def attempts(
        self, class_: int | None = None, *, student_id: int | None = None, concept_id: int | None = None
    ) -> pd.DataFrame:
        """The frame ``attempts``."""
        self._called("attempts")
        rooms = [self._room(class_)] if class_ is not None else list(self._rooms.values())
        rows = pd.concat([room.attempts for room in rooms], ignore_index=True)
        if student_id is not None:
            rows = rows[rows["student_id"] == student_id]
        if concept_id is not None:
            rows = rows[rows["question_id"] == concept_id]
        return rows.reset_index(drop=True)

    def record_export(self, frame: str, *, rows: int, **_of: object) -> None:
        """That a file is taken out, by its frame and how many rows."""
        if self.fails is not None:
            raise self.fails
        self.exports.append((frame, rows))

    def _called(self, method: str) -> None:
        self.calls.append(method)
        if self.fails is not None:
            raise self.fails

    def _room(self, class_: int) -> _Room:
        if class_ not in self._rooms:
            message = f"There is no class {class_!r} among those you may see; classes() lists them."
            raise NotFound(message)
        return self._rooms[class_]


class _Room:
    def __init__(self, class_id: int, students: int, concepts: int, answers: int, name: str) -> None:
        self.students, self.name = students, f"Class {class_id}"
        people = pd.DataFrame({"student_id": class_id * 10_000 + np.arange(students)})
        people["student"] = [f"{name} {place:04d}" for place in range(students)]
        taught = pd.DataFrame({"concept_id": 500 + np.arange(concepts), "concept_order": np.arange(concepts)})
        taught["concept"] = [f"Concept {place}, part {place % 3}" for place in range(concepts)]
        self.attempts = _answers(people, taught, answers, self.name)
        self.mastery = _mastery(people, taught, self.attempts)
        self._weeks: pd.DataFrame | None = None

    @property
    def weeks(self) -> pd.DataFrame:
        """The mastery of each week."""
        if self._weeks is None:
            evidence = self.attempts.assign(concept_id=self.attempts["question_id"])
            self._weeks = weekly_mastery(evidence, zone=ZoneInfo("Europe/Zurich"), since=date(2020, 1, 6))
        return self._weeks

    def given(self, since: datetime | None, until: datetime | None) -> pd.DataFrame:
        """The answers within a span of time."""
        at = self.attempts["attempted_at"]
        return self.attempts[(at >= (since or at.min())) & (at < (until or FAR))] if len(at) else self.attempts


def _answers(people: pd.DataFrame, taught: pd.DataFrame, answers: int, class_name: str) -> pd.DataFrame:
    """Of each student on each concept, except on every seventh; a question asks for the concept of its id."""
    rows = people.merge(taught, how="cross")
    rows = rows[np.arange(len(rows)) % 7 != 3]
    rows = rows.loc[rows.index.repeat(answers)].reset_index(drop=True)
    places = np.arange(len(rows))
    ability = (rows["student_id"] % 10_000 * 37 % 101 + rows["concept_id"] * 53 % 97) / 200
    rows = rows.assign(
        attempt_id=[f"attempt {place}" for place in places],
        class_name=class_name,
        question_id=rows["concept_id"],
        question=[f"What is {place} + 1?" for place in places],
        concepts=rows["concept"],
        concept_ids=rows["concept_id"].astype(str),
        sequence=places,
        attempted_at=pd.to_datetime(FIRST_ANSWER) + pd.to_timedelta(places % 50_000, unit="min"),
        is_correct=places * 2654435761 % 1000 / 1000 < ability,
        time_taken_seconds=20.0 + places % 60,
        hint_count=places % 3,
        confidence=None,
        answer=None,
    )
    return ATTEMPTS.typed(rows)


def _mastery(people: pd.DataFrame, taught: pd.DataFrame, attempts: pd.DataFrame) -> pd.DataFrame:
    grid = people.merge(taught, how="cross").assign(topic="Topic")
    scored = concept_mastery(attempts.assign(concept_id=attempts["question_id"]))
    grid = grid.merge(scored, how="left", on=["student_id", "concept_id"])
    counts = {"total_attempts": 0, "correct_attempts": 0}
    grid = grid.fillna(counts).assign(
        class_attempts=lambda rows: rows["total_attempts"], class_correct=lambda rows: rows["correct_attempts"]
    )
    return CLASS_MASTERY.typed(with_levels(grid, THRESHOLDS))


@pytest.fixture
def empty(database: Database) -> Database:
    """An institution with the demo's teacher, and nothing else."""
    with psycopg.connect(database.admin_url) as admin:
        admin.execute("""
            INSERT INTO institutions (id, name) VALUES (1, 'School');
            INSERT INTO accounts (id, email) VALUES (1, 'teacher@demo.example');
            INSERT INTO users (institution_id, id, account_id, role, name) VALUES (1, 1, 1, 'teacher', 'T')
        """)
    return database


@pytest.fixture
def school() -> type[School]:
    """Build one by the sizes of its classes: ``school((30, 24), (1, 2))``."""
    return School
