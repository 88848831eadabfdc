"""The explanation beside the prediction: knowledge tracing of the concepts that coded attempts are about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from edukit.analytics.knowledge_tracing import PARAMETERS, fit_tracing, restored, stored
from edukit.analytics.knowledge_tracing_em import replay
from edukit.analytics.prediction.attempts import NO_CONCEPT, members

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from edukit.analytics.prediction.attempts import Attempts

    Floats = NDArray[np.float64]


_PRIOR = PARAMETERS.index("prior")


def traced_concepts(attempts: Attempts) -> list[dict[str, Any]]:
    """The parameters of each concept that attempts are about, as JSON has them: one object a concept.

    Args:
        attempts: coded; one that is about several concepts is one of each.
    """
    row, skill = by_member(attempts)
    concepts = np.array([one[0] if len(one) == 1 else 0 for one in attempts.skills], dtype=object)
    frame = pd.DataFrame(
        {
            "student_id": attempts.student[row],
            "concept_id": concepts[skill].astype(np.int64),
            "sequence": row,
            "is_correct": attempts.is_correct[row] > 0,
        }
    )
    return stored(fit_tracing(frame))


def thetas_of(parameters: Sequence[Mapping[str, Any]]) -> dict[int, Floats]:
    """Shape (5,) of each concept: its ``PARAMETERS`` as :func:`traced_concepts` gives them."""
    frame = restored([dict(concept) for concept in parameters])
    return dict(zip(frame["concept_id"].astype(int).tolist(), frame[[*PARAMETERS]].to_numpy(), strict=True))


def by_member(attempts: Attempts) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Each attempt once for each of its concepts: its place, and the code of the concept; in the attempts' order."""
    start, member = members(attempts.skills)
    size = np.diff(start)[attempts.skill]
    row = np.repeat(np.arange(len(attempts)), size)
    within = np.arange(len(row)) - np.repeat(np.cumsum(size) - size, size)
    skill = member[start[attempts.skill[row]] + within]
    named = np.array([one != (NO_CONCEPT,) for one in attempts.skills], dtype=bool)[skill]
    return row[named], skill[named]


def known_after(
    first: NDArray[np.int64],
    is_correct: Floats,
    skill: NDArray[np.int64],
    skills: Sequence[tuple[Hashable, ...]],
    thetas: Mapping[int, Floats],
) -> Floats:
    """P(known) after each run of answers of a student on a concept; NaN where the concept is not traced.

    Args:
        first: (runs,) where each begins.
        is_correct: (n,) 0.0 or 1.0, run after run.
        skill: (runs,) code of the concept.
        skills: the concepts of each code.
        thetas: of each concept that is traced.
    """
    unknown = np.full(len(PARAMETERS), np.nan)
    of_skill = np.array([thetas.get(one[0], unknown) if len(one) == 1 else unknown for one in skills])  # type: ignore[call-overload]
    theta = of_skill[skill].reshape(-1, len(PARAMETERS))
    before, after = np.empty(len(is_correct)), np.empty(len(first))
    bounds = np.append(first, len(is_correct))
    replay(bounds, is_correct > 0, logit(theta[:, _PRIOR]), theta, before, after)
    return np.asarray(expit(after))
