"""What is known of students: one compiled pass, whether it records ten million attempts or one.

A state that was stored and went on is the state that a replay gives, to the last bit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from edukit.analytics.prediction.attempts import NO_CONCEPT, members
from edukit.analytics.prediction.recording import FEATURES, KEYS, SKILL, STUDENT, advance, record

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from edukit.analytics.prediction.attempts import Attempts


@dataclass(frozen=True)
class States:
    """What is known of students.

    Attributes:
        students: (number of students,) of dtype ``STUDENT``.
        skills: (pairs,) of dtype ``SKILL``.
        pair_student, pair_skill: (pairs,) codes of whom and what each of ``skills`` is about.
        is_concept: (pairs,) whether that is one concept, rather than a set of them or none.
    """

    students: NDArray[Any]
    skills: NDArray[Any]
    pair_student: NDArray[np.int64]
    pair_skill: NDArray[np.int64]
    is_concept: NDArray[np.bool_]


def replay(
    attempts: Attempts, difficulty: NDArray[np.float64], *, items: int, skills: int
) -> tuple[NDArray[np.float64], NDArray[np.int64], States]:
    """Replay attempts from nothing.

    Args:
        attempts: coded, (n).
        difficulty: (n, 2) how often the attempt's item and its skill are answered right by all (0-1).
        items: how many of the attempts' items, the first ones, the tables know.
        skills: how many of their skills.

    Returns:
        ``features`` (n, len(FEATURES)) and ``keys`` (n, len(KEYS)), each from before its attempt, and the states
        after the last one.
    """
    states, begun = _begun(attempts, difficulty, items, skills)
    features = np.empty((len(attempts), len(FEATURES)))
    keys = np.empty((len(attempts), len(KEYS)), dtype=np.int64)
    described = (*begun, features, keys)
    advance(*described)
    return features, keys, states


def last_states(attempts: Attempts, difficulty: NDArray[np.float64], *, items: int, skills: int) -> States:
    """The states after the last attempt, as :func:`replay` gives them: a third of its time."""
    states, columns = _begun(attempts, difficulty, items, skills)
    record(*columns)
    return states


def _begun(
    attempts: Attempts, difficulty: NDArray[np.float64], items: int, skills: int
) -> tuple[States, tuple[Any, ...]]:
    """Fresh states, and what a compiled pass over the attempts takes."""
    states, start, touched = _pairs(attempts)
    return states, (
        attempts.student, _in_tables(attempts.item, items), _in_tables(attempts.skill, skills), start, touched,
        attempts.at, attempts.is_correct, difficulty, states.students, states.skills,
    )  # fmt: skip


def replay_in_parts(
    attempts: Attempts, difficulty: NDArray[np.float64], part: NDArray[np.int64], *, items: int, skills: int
) -> Iterator[tuple[int, States, NDArray[np.int64]]]:
    """Replay attempts from nothing, part after part, and stop at the end of each.

    Args:
        attempts: as :func:`replay` takes them, with ``difficulty``, ``items`` and ``skills``.
        difficulty: likewise.
        part: (n,) number of the part that an attempt is in; of a student's it never falls.
        items: likewise.
        skills: likewise.

    Yields:
        The part's number, the states so far, which change with the next part, and which pairs it was about.
    """
    states, start, touched = _pairs(attempts)
    item, skill = _in_tables(attempts.item, items), _in_tables(attempts.skill, skills)
    for number in np.unique(part).tolist():
        chosen = np.flatnonzero(part == number)
        sizes = np.diff(start)[chosen]
        own = np.concatenate([[0], np.cumsum(sizes)])
        pairs = touched[np.repeat(start[chosen] - own[:-1], sizes) + np.arange(own[-1])]
        record(
            attempts.student[chosen], item[chosen], skill[chosen], own, pairs, attempts.at[chosen],
            attempts.is_correct[chosen], difficulty[chosen], states.students, states.skills,
        )  # fmt: skip
        yield number, states, np.unique(pairs)


def _in_tables(codes: NDArray[np.int64], known: int) -> NDArray[np.int64]:
    """Codes from 1, and 0 for what the tables do not know."""
    return np.where(codes < known, codes + 1, 0)


def _pairs(attempts: Attempts) -> tuple[States, NDArray[np.int64], NDArray[np.int64]]:
    """Fresh states, and which of them each attempt touches: its skill's first, then those of a set's members."""
    skills = len(attempts.skills)
    start, member = members(attempts.skills)
    size = np.diff(start)
    more = np.where(size > 1, size, 0)[attempts.skill]
    offsets = np.concatenate([[0], np.cumsum(1 + more)]).astype(np.int64)
    skill = np.empty(offsets[-1], dtype=np.int64)
    skill[offsets[:-1]] = attempts.skill
    of_set = np.repeat(np.arange(len(attempts)), more)
    within = np.arange(len(of_set)) - np.repeat(np.cumsum(more) - more, more)
    skill[offsets[of_set] + 1 + within] = member[start[attempts.skill[of_set]] + within]
    pair, touched = np.unique(np.repeat(attempts.student, 1 + more) * skills + skill, return_inverse=True)
    is_concept = np.array([len(one) == 1 and one != (NO_CONCEPT,) for one in attempts.skills], dtype=bool)
    states = States(
        np.zeros(len(attempts.students), STUDENT),
        np.zeros(len(pair), SKILL),
        pair // max(skills, 1),
        pair % max(skills, 1),
        is_concept[pair % max(skills, 1)],
    )
    return states, offsets, touched.astype(np.int64)
