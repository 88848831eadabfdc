"""Mastery week by week by the model: one replay, looked at whenever a week is over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from edukit.analytics.prediction.history import States, replay_in_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from edukit.analytics.prediction.attempts import Attempts
    from edukit.analytics.prediction.model import MasteryModel

BEFORE = -1
"""The week of what is not told of: older attempts, and those of no known time."""


def weekly_scores(
    model: MasteryModel, attempts: Attempts, week: NDArray[np.int64], ends: NDArray[np.float64]
) -> pd.DataFrame:
    """The score of each student and concept after the last attempt of each week, told as of the week's end.

    Args:
        model: by which.
        attempts: coded with its ``items`` and ``skills``.
        week: (n,) number of each attempt's week, from 0, or ``BEFORE``; of a student's it never falls.
        ends: (weeks,) moment in seconds at which each is over, or at which it is looked at.

    Returns:
        What :meth:`~edukit.analytics.prediction.model.MasteryModel.mastery` gives, with ``week``; a row for each week
        in which a student answered on a concept.
    """
    frames = [
        model.mastery(touched, at=float(ends[number])).assign(week=number)
        for number, touched in _touched(model, attempts, week)
    ]
    if not frames:
        _, _, states = model.replay(attempts.of_students(np.zeros(len(attempts.students), dtype=bool)))
        return model.mastery(states, at=np.nan).assign(week=BEFORE)
    return pd.concat(frames, ignore_index=True)


def _touched(model: MasteryModel, attempts: Attempts, week: NDArray[np.int64]) -> Iterator[tuple[int, States]]:
    """Each week with what is known, when it is over, of the pairs that it is about."""
    difficulty = model.difficulty(attempts)
    for number, states, pairs in replay_in_parts(
        attempts, difficulty, week, items=len(model.items), skills=len(model.skills)
    ):
        if number > BEFORE:
            of_pairs = (
                states.skills[pairs],
                states.pair_student[pairs],
                states.pair_skill[pairs],
                states.is_concept[pairs],
            )
            yield number, States(states.students, *of_pairs)
