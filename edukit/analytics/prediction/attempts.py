"""A table of attempts as integer codes: what every compiled pass runs over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

NO_CONCEPT = ""
"""The concept of a question that has none."""
GROUP = "group"
"""Column of a table of attempts by which its measures may be parted."""


@dataclass(frozen=True)
class Attempts:
    """Attempts in the order in which each student made them, student by student.

    What a question asks for is its *skill*: one concept, or a set of several that is a unit of its own with the
    concepts as members. An attempt with several concepts therefore stays one attempt.

    Attributes:
        student, item, skill: (n,) codes into ``students``, ``items`` and ``skills``; ``student`` never falls.
        is_correct: (n,) 0.0 or 1.0.
        at: (n,) seconds since any epoch; NaN: unknown.
        students, items: names, one a code.
        skills: the concepts of each skill, in order; every member of a set is a skill, too.
        rows: (n,) place of each attempt in the table that it came from.
    """

    student: NDArray[np.int64]
    item: NDArray[np.int64]
    skill: NDArray[np.int64]
    is_correct: NDArray[np.float64]
    at: NDArray[np.float64]
    students: NDArray[Any]
    items: NDArray[Any]
    skills: list[tuple[Hashable, ...]]
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.student)

    def of_students(self, chosen: NDArray[np.bool_]) -> Attempts:
        """The attempts of some students.

        Args:
            chosen: (number of students,) which of them.
        """
        keep = chosen[self.student]
        codes = np.cumsum(chosen) - 1
        return Attempts(
            codes[self.student[keep]],
            self.item[keep],
            self.skill[keep],
            self.is_correct[keep],
            self.at[keep],
            self.students[chosen],
            self.items,
            self.skills,
            self.rows[keep],
        )


def coded(
    frame: pd.DataFrame,
    *,
    items: Sequence[Hashable] = (),
    skills: Sequence[tuple[Hashable, ...]] = (),
) -> Attempts:
    """Code a table of attempts.

    Args:
        frame: one row an attempt: ``student_id``, ``item_id``, ``concept_ids`` (a concept, or a tuple of them; an
            empty one or a missing value: none), ``is_correct``, ``at`` (seconds; NaN: unknown). Rows of a student
            stand in the order in which they were made; students may be mixed.
        items: names that have the first codes, such as those a model knows.
        skills: likewise.
    """
    student, students = pd.factorize(frame["student_id"], sort=False)
    order = np.argsort(student, kind="stable")
    item_index = pd.Index(list(items), dtype=object)
    item, item_index = _codes(frame["item_id"].to_numpy(dtype=object), item_index)
    raw, distinct = pd.factorize(frame["concept_ids"].to_numpy(dtype=object))
    known = {skill: code for code, skill in enumerate(skills)}
    wanted = [as_skill(one) for one in distinct]
    for one in [*wanted, *((concept,) for skill in wanted for concept in skill)]:
        known.setdefault(one, len(known))
    skill_of = np.array([known[one] for one in wanted] + [known.setdefault((NO_CONCEPT,), len(known))])
    return Attempts(
        student[order].astype(np.int64),
        item[order],
        skill_of[raw[order]].astype(np.int64),  # a missing value has the code -1, the last one: no concept
        frame["is_correct"].to_numpy(dtype=float)[order],
        frame["at"].to_numpy(dtype=float)[order],
        np.asarray(students),
        item_index.to_numpy(),
        list(known),
        order.astype(np.int64),
    )


def as_skill(concepts: Any) -> tuple[Hashable, ...]:
    """What a question asks for: its concepts without repeats, in the order of their names."""
    if not isinstance(concepts, tuple):
        return (concepts,)
    return tuple(sorted(set(concepts), key=str)) or (NO_CONCEPT,)


def members(skills: Sequence[tuple[Hashable, ...]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The skills of each skill's single concepts, as offsets and codes.

    Returns:
        ``start`` (number of skills + 1,) and ``member``: those of skill ``k`` are ``member[start[k]:start[k + 1]]``.
    """
    code = {skill: number for number, skill in enumerate(skills)}
    start = np.concatenate([[0], np.cumsum([len(skill) for skill in skills])]).astype(np.int64)
    return start, np.array([code[concept,] for skill in skills for concept in skill], dtype=np.int64)


def _codes(values: NDArray[np.object_], index: pd.Index[Any]) -> tuple[NDArray[np.int64], pd.Index[Any]]:
    new = pd.unique(values)
    index = index.append(pd.Index(new[~pd.Index(new).isin(index)], dtype=object))
    return index.get_indexer(pd.Index(values, dtype=object)).astype(np.int64), index
