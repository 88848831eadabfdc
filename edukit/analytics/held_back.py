"""Whom a weak concept holds back, and on what evidence: what a bottleneck says of a class, student by student."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edukit.queries.frames import HELD_BACK

if TYPE_CHECKING:
    import pandas as pd

    from edukit.analytics.knowledge import Knowledge


def held_back(known: Knowledge, needs: pd.DataFrame, *, concept_id: int) -> pd.DataFrame:
    """The students who are weak on a concept, those for whom most waits first, and of equals the lowest score.

    The sum of ``waiting`` is what :func:`~edukit.analytics.bottlenecks.bottlenecks` calls ``blocked``.

    Args:
        known: of a class.
        needs: as :func:`~edukit.analytics.prerequisites.concept_needs` has it.
        concept_id: of the concept; nobody is weak on one that ``known`` does not have.

    Returns:
        Columns of ``frames.HELD_BACK``.
    """
    places = np.flatnonzero(known.concepts["concept_id"].to_numpy() == concept_id)
    if not len(places):
        return HELD_BACK.of([])
    place = int(places[0])
    students = np.flatnonzero(known.weak[:, place])
    waits = ~known.known[students] & known.waiting_relation(needs)[:, place]
    names = known.concepts["concept"].to_numpy(dtype=object)
    first = [str(names[int(of.argmax())]) if of.any() else None for of in waits]
    rows = known.students.iloc[students].assign(
        mastery_score=known.score[students, place],
        mastery_low=known.low[students, place],
        mastery_high=known.high[students, place],
        total_attempts=known.answers[students, place],
        wrong_attempts=known.wrong[students, place],
        surely_weak=known.surely_weak[students, place],
        waiting=waits.sum(axis=1),
        first_waiting=np.array(first, dtype=object),
    )
    by = ["waiting", "mastery_score", "student", "student_id"]
    return HELD_BACK.typed(rows.sort_values(by, ascending=[False, True, True, True], ignore_index=True))
