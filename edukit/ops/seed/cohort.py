"""The students of a block as their classes and teachers see them: who sits where, and when they were there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edukit.ops.seed.moments import HOUR, local_days, ticks_of
from edukit.ops.seed.practice.sessions import seats_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from edukit.ops.seed.people.habits import Traits
    from edukit.ops.seed.practice.attempts import Block
    from edukit.ops.seed.practice.sessions import Seats
    from edukit.ops.seed.scene import Scene


@dataclass(frozen=True)
class Cohort:
    """The students of a block; ``student`` and ``seat`` are places in ``student_ids`` and ``seats``."""

    scene: Scene
    number: int
    """Of the block at its school, from 0."""
    student_ids: NDArray[np.int64]
    first_names: list[str]
    """Those of the profiles."""
    traits: Traits
    seats: Seats
    attempts: pd.DataFrame
    """Those of the table, with ``student``, ``seat`` (-1: for no class), ``tick`` and local ``day``."""

    @classmethod
    def of(cls, scene: Scene, block: Block, number: int) -> Cohort:
        """The block's students, once their attempts are made."""
        seats = seats_of(scene.school, block.student_ids)
        given = dict(zip(scene.school.users["id"], (person.given for person in scene.school.people), strict=True))
        at = ticks_of(block.attempts["attempted_at"])
        student = np.searchsorted(block.student_ids, block.attempts["student_id"].to_numpy())
        attempts = block.attempts.assign(
            student=student,
            seat=_seat(seats, student, block.attempts["class_id"].fillna(-1).to_numpy(dtype=np.int64)),
            tick=at,
            day=np.clip(local_days(at, scene.school.year).astype(np.int64), 0, len(scene.school.year.days) - 1),
        )
        names = [given[student_id] for student_id in block.student_ids.tolist()]
        return cls(scene, number, block.student_ids, names, block.traits, seats, attempts)

    def rng(self, part: int) -> np.random.Generator:
        """The generator of one part of the seed for this block."""
        return self.scene.rng(part, self.number)

    def enrolled(self, seat: NDArray[np.int64], tick: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether each seat was taken at a moment; enrolments begin and end at eight in the morning."""
        day = np.floor(local_days(tick - 8 * HOUR, self.scene.school.year)).astype(np.int64)
        last = self.seats.enrolled.shape[1] - 1
        taken: NDArray[np.bool_] = (day >= 0) & self.seats.enrolled[seat, np.clip(day, 0, last)]
        return taken

    def days_away(self) -> NDArray[np.int64]:
        """How many days before each day (student by day) the student had last practised; many: never before."""
        days = np.arange(self.seats.enrolled.shape[1])
        there = np.zeros((len(self.student_ids), len(days)), dtype=bool)
        there[self.attempts["student"], self.attempts["day"]] = True
        last = np.maximum.accumulate(np.where(there, days, -365), axis=1)
        away: NDArray[np.int64] = days - last
        return away


def _seat(seats: Seats, student: NDArray[np.int64], class_id: NDArray[np.int64]) -> NDArray[np.int64]:
    """The seat of each student in each class, -1 where there is none."""
    _, place = np.unique(np.concatenate([seats.class_id, class_id]), return_inverse=True)
    width = int(place.max(initial=0)) + 1
    key = seats.student * width + place[: len(seats.class_id)]
    order = np.argsort(key, kind="stable")
    wanted = student * width + place[len(seats.class_id) :]
    found = np.minimum(np.searchsorted(key[order], wanted), len(key) - 1)
    return np.where(key[order][found] == wanted, order[found], -1)
