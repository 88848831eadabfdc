"""Attempts from arrays of numbers, as a database gives them: no object an attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from edukit.analytics.prediction.attempts import Attempts, as_skill
from edukit.analytics.prediction.tracing import by_member, known_after

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import NDArray

MICROSECONDS = 1e6


def coded_answers(
    answers: NDArray[Any],
    concepts: Mapping[int, tuple[Hashable, ...]],
    *,
    items: Sequence[int] | NDArray[Any] = (),
    skills: Sequence[tuple[Hashable, ...]] = (),
) -> Attempts:
    """Code answers; the same answers in another order give the same.

    Args:
        answers: (n,) with the fields ``student_id``, ``question_id``, ``sequence`` (what orders a student's answers),
            ``is_correct`` and ``attempted_us`` (microseconds since 1970; NaN: unknown), in any order.
        concepts: of each question that asks for any.
        items: questions that have the first codes, such as those a model knows.
        skills: likewise.

    Returns:
        Attempts whose ``at`` is seconds since 1970 and whose ``rows`` are places in ``answers``.
    """
    # Of two answers of one moment the right one counts as the earlier, as in edukit.analytics.mastery.
    order = np.lexsort(
        (answers["question_id"], ~answers["is_correct"], answers["sequence"], answers["student_id"])
    ).astype(np.int64)
    student_id = answers["student_id"][order]
    is_first = np.append(True, student_id[1:] != student_id[:-1])[: len(student_id)]
    place, question = pd.factorize(np.ascontiguousarray(answers["question_id"]), sort=True)
    index = pd.Index(np.asarray(items, dtype=np.int64))
    index = index.append(pd.Index(question[~pd.Index(question).isin(index)]))
    skill_of, every_skill = _skills(question, concepts, skills)
    return Attempts(
        np.cumsum(is_first) - 1,
        index.get_indexer(pd.Index(question)).astype(np.int64)[place[order]],
        skill_of[place[order]],
        answers["is_correct"][order].astype(float),
        answers["attempted_us"][order] / MICROSECONDS,
        student_id[is_first],
        index.to_numpy(),
        every_skill,
        order,
    )


def evidence(
    attempts: Attempts, answers: NDArray[Any], thetas: Mapping[int, NDArray[np.float64]] | None = None
) -> pd.DataFrame:
    """What each student's answers on each concept tell beside right and wrong, by student and concept.

    Args:
        attempts: coded from ``answers``.
        answers: with the fields ``time_taken_seconds``, ``confidence`` and ``attempted_us``; NaN: unknown.
        thetas: of each concept that is traced, as :func:`edukit.analytics.prediction.tracing.thetas_of` gives them.

    Returns:
        ``student`` and ``skill`` (codes), ``avg_time_seconds``, ``avg_confidence``, ``last_us`` (microseconds since
        1970), ``p_known`` (0-1), NaN where nothing is known; a row for each that a replay has a state of.
    """
    row, concept = by_member(attempts)
    pair = attempts.student[row] * len(attempts.skills) + concept
    order = np.argsort(pair, kind="stable")
    pair, told = pair[order], answers[attempts.rows[row[order]]]
    first = np.flatnonzero(np.append(True, pair[1:] != pair[:-1])[: len(pair)])
    skill = pair[first] % max(len(attempts.skills), 1)
    right = attempts.is_correct[row[order]]
    return pd.DataFrame(
        {
            "student": pair[first] // max(len(attempts.skills), 1),
            "skill": skill,
            "avg_time_seconds": _means(told["time_taken_seconds"], first),
            "avg_confidence": _means(told["confidence"], first),
            "last_us": np.fmax.reduceat(told["attempted_us"], first) if len(first) else np.empty(0),
            "p_known": known_after(first, right, skill, attempts.skills, thetas)
            if thetas
            else np.full(len(first), np.nan),
        }
    )


def _skills(
    question: NDArray[np.int64], concepts: Mapping[int, tuple[Hashable, ...]], skills: Sequence[tuple[Hashable, ...]]
) -> tuple[NDArray[np.int64], list[tuple[Hashable, ...]]]:
    """The code of each question's skill, and all skills; every member of a set is one, too."""
    known = {skill: code for code, skill in enumerate(skills)}
    wanted = [as_skill(concepts.get(one, ())) for one in question.tolist()]
    single: list[tuple[Hashable, ...]] = [(concept,) for skill in wanted for concept in skill]
    for skill in [*wanted, *single]:
        known.setdefault(skill, len(known))
    return np.array([known[skill] for skill in wanted], dtype=np.int64), list(known)


def _means(values: NDArray[np.float64], first: NDArray[np.int64]) -> NDArray[np.float64]:
    """The means of what is known in each run of values that begins at ``first``; NaN: nothing is."""
    if not len(first):
        return np.empty(0)
    known = np.isfinite(values)
    count = np.add.reduceat(known.astype(float), first)
    total = np.add.reduceat(np.where(known, values, 0.0), first)
    return np.asarray(np.divide(total, count, out=np.full(len(first), np.nan), where=count > 0))
