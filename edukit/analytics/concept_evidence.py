"""What a student's answers on each concept tell, kept answer by answer: nothing is read twice.

The figures are those that :mod:`edukit.analytics.mastery` makes of all answers at once: an answer lets the weight of
those before it decay and adds its own. P(known) is that of :mod:`edukit.analytics.knowledge_tracing`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from scipy.special import expit, logit

from edukit.analytics.knowledge_tracing import PARAMETERS, update_log_odds
from edukit.analytics.mastery import DECAY, posterior

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CONCEPT: Final = np.dtype([
    ("concept_id", "<i8"), ("attempts", "<i8"), ("correct", "<i8"), ("right", "<f8"), ("wrong", "<f8"),
    ("timed", "<i8"), ("seconds", "<f8"), ("asked", "<i8"), ("confidence", "<f8"), ("last_us", "<f8"),
    ("known_log_odds", "<f8"),
])  # fmt: skip
"""Evidence of a student on a concept: right and wrong by their weight; the sum of seconds and of confidences, and of
how many answers they are known; microseconds since 1970 of the latest (NaN: unknown); log-odds of knowing (NaN: not
traced), for P(known) is soon too near to 1 for a double."""
EVIDENCE: Final = {
    "concept_id": "i8", "total_attempts": "i8", "correct_attempts": "i8", "avg_time_seconds": "f8",
    "avg_confidence": "f8", "last_attempted_at": "f8", "p_known": "f8",
}  # fmt: skip
SCORE: Final = {"mastery_score": "f8", "mastery_low": "f8", "mastery_high": "f8"}
MASTERY: Final = np.dtype([*EVIDENCE.items(), *SCORE.items()])
"""Columns of ``concept_mastery``; NaN is unknown, and a moment counts microseconds since 1970."""
_PRIOR = PARAMETERS.index("prior")


def with_answers(
    concepts: NDArray[Any],
    answers: NDArray[Any],
    asked: Mapping[int, tuple[int, ...]],
    thetas: Mapping[int, Floats],
) -> NDArray[Any]:
    """The evidence with more answers of the student.

    Args:
        concepts: of dtype ``CONCEPT``, in any order; it is left as it is.
        answers: in the order in which they were given, all later than those that ``concepts`` rests on: with the
            fields ``question_id``, ``is_correct``, ``attempted_us``, ``time_taken_seconds`` and ``confidence``.
        asked: the concepts of each question that asks for any.
        thetas: shape (5,) of each concept that is traced: its ``PARAMETERS``, in that order.

    Returns:
        Of dtype ``CONCEPT``: those of before in their places, and new ones after them.
    """
    place = {concept: row for row, concept in enumerate(concepts["concept_id"].tolist())}
    of_answers = [asked.get(question, ()) for question in answers["question_id"].tolist()]
    new = {concept for concepts_of in of_answers for concept in concepts_of} - place.keys()
    begun = [_begun(concept, thetas.get(concept)) for concept in sorted(new)]
    place |= {concept: len(concepts) + row for row, concept in enumerate(sorted(new))}
    grown = np.empty(len(place), CONCEPT)
    grown[: len(concepts)], grown[len(concepts) :] = concepts, np.array(begun, dtype=CONCEPT)
    for answer, concepts_of in zip(answers, of_answers, strict=True):
        told = _numbers(answer)
        for concept in concepts_of:
            evidence = _numbers(grown[place[concept]])
            _record(evidence, told, thetas.get(concept))
            grown[place[concept]] = tuple(evidence.values())
    return grown


def evidence_of(concepts: NDArray[Any]) -> NDArray[Any]:
    """Columns of ``concept_mastery`` but for the score, which is left at zero; of dtype ``MASTERY``."""
    rows = np.zeros(len(concepts), dtype=MASTERY)
    for column, name in (
        ("concept_id", "concept_id"), ("total_attempts", "attempts"), ("correct_attempts", "correct"),
        ("last_attempted_at", "last_us"),
    ):  # fmt: skip
        rows[column] = concepts[name]
    rows["p_known"] = expit(concepts["known_log_odds"])
    rows["avg_time_seconds"] = _mean(concepts["seconds"], concepts["timed"])
    rows["avg_confidence"] = _mean(concepts["confidence"], concepts["asked"])
    return rows


def scored_by_rule(concepts: NDArray[Any]) -> NDArray[Any]:
    """Columns of ``concept_mastery`` as the rule of :mod:`edukit.analytics.mastery` has them; of dtype ``MASTERY``."""
    rows = evidence_of(concepts)
    for name, values in zip(SCORE, posterior(concepts["right"], concepts["wrong"]), strict=True):
        rows[name] = values
    return rows


def _begun(concept: int, theta: Floats | None) -> tuple[float, ...]:
    """A row of ``CONCEPT`` before the first answer."""
    log_odds = np.nan if theta is None else logit(theta[_PRIOR])
    known = {"concept_id": concept, "last_us": np.nan, "known_log_odds": log_odds}
    return tuple(known.get(str(name), 0) for name in CONCEPT.names or ())


def _numbers(row: Any) -> dict[str, Any]:
    """A row of numpy's as Python's numbers, which one by one are read and written in a tenth of the time."""
    return dict(zip(row.dtype.names, row.item(), strict=True))


def _record(concept: dict[str, Any], answer: Mapping[str, Any], theta: Floats | None) -> None:
    is_correct = bool(answer["is_correct"])
    concept["attempts"] += 1
    concept["correct"] += is_correct
    concept["right"] = DECAY * concept["right"] + is_correct
    concept["wrong"] = DECAY * concept["wrong"] + (not is_correct)
    for count, total, value in (
        ("timed", "seconds", answer["time_taken_seconds"]),
        ("asked", "confidence", answer["confidence"]),
    ):
        if not np.isnan(value):
            concept[count] += 1
            concept[total] += value
    concept["last_us"] = np.fmax(concept["last_us"], answer["attempted_us"])
    if theta is not None:
        concept["known_log_odds"] = update_log_odds(concept["known_log_odds"], is_correct=is_correct, theta=theta)


def _mean(total: Floats, count: NDArray[np.int64]) -> Floats:
    return np.asarray(np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0))
