"""Readiness: what each student may learn next, as all that it needs is known.

The concepts just beyond what is known are the *outer fringe* of a student's knowledge (J.-P. Doignon and
J.-C. Falmagne, *Spaces for the assessment of knowledge*, 1985): they can be learnt now, one by one. What a concept
needs directly must be known; what lies further down shows in that. A concept without questions is none to learn next,
nor a need to wait for: nobody could ever show that they know it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edukit.analytics.wording import FEW, counted, scored
from edukit.queries.frames import CLASS_READINESS, READY_TO_LEARN
from edukit.queries.help import FEW_ANSWERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from edukit.analytics.knowledge import Knowledge, Marks

    Places = NDArray[np.intp]


def ready_to_learn(known: Knowledge, needs: pd.DataFrame) -> pd.DataFrame:
    """Every student with each concept with questions that they do not know while they know all that it needs.

    Args:
        known: of a class, or of one student alone.
        needs: every concept and what it needs directly and otherwise, as
            :func:`~edukit.analytics.prerequisites.concept_needs` has it.

    Returns:
        Columns of ``frames.READY_TO_LEARN``, by student and by place of the concept in the curriculum.
    """
    direct, opens = direct_needs(known, needs), known.waiting_relation(needs).sum(axis=0)
    student, concept = np.nonzero(ready(known, direct) & known.asked)
    weakest = _weakest(known, direct)[student, concept]
    doubtful = (~known.surely_known).astype(np.int64) @ direct.T.astype(np.int64)
    rows = known.concepts.take(concept).reset_index(drop=True)
    names = known.concepts["concept"].tolist()
    rows = rows.assign(
        student_id=known.students["student_id"].to_numpy()[student],
        student=known.students["student"].to_numpy(dtype=object)[student],
        **_figures(known, student, concept, ("mastery_score", "mastery_low", "mastery_high")),
        total_attempts=known.answers[student, concept],
        needs=direct.sum(axis=1)[concept],
        surely_ready=doubtful[student, concept] == 0,
        weakest_need=np.array([names[place] if place >= 0 else None for place in weakest.tolist()], dtype=object),
        **_figures(known, student, weakest, ("weakest_score", "weakest_low", "weakest_high")),
        weakest_attempts=np.where(weakest >= 0, known.answers[student, weakest], 0),
        opens=opens[concept],
    )
    reasons = [_reason(row) for row in rows.to_dict("records")]
    ordered = rows.assign(reason=reasons).sort_values(["student", "student_id", "concept_order"], ignore_index=True)
    return READY_TO_LEARN.typed(ordered)


def class_readiness(known: Knowledge, needs: pd.DataFrame) -> pd.DataFrame:
    """Every concept with questions that somebody does not know: how many know it, are ready, or wait and for what.

    Returns:
        Columns of ``frames.CLASS_READINESS``; first the concepts that most are ready for.
    """
    direct = direct_needs(known, needs)
    may = ready(known, direct)
    surely = may & ((~known.surely_known).astype(np.int64) @ direct.T.astype(np.int64) == 0)
    waits = ~known.known & ~may
    # What a student who waits lacks: the need that most of them lack is what holds the class up.
    lacking = np.where(direct, waits.T.astype(np.int64) @ (~known.known).astype(np.int64), 0)
    names = known.concepts["concept"].to_numpy(dtype=object)
    rows = known.concepts.assign(
        students=len(known.students),
        students_know=known.known.sum(axis=0),
        students_ready=may.sum(axis=0),
        students_surely_ready=surely.sum(axis=0),
        students_wait=waits.sum(axis=0),
        waits_for=names[lacking.argmax(axis=1)] if len(names) else [],
        lack_it=lacking.max(axis=1, initial=0),
    )
    rows["waits_for"] = rows["waits_for"].where(rows["lack_it"] > 0, None)
    rows = rows[(rows["students_know"] < rows["students"]) & known.asked].sort_values(
        ["students_ready", "concept_order"], ascending=[False, True], ignore_index=True
    )
    return CLASS_READINESS.typed(rows.assign(reason=[_class_reason(row) for row in rows.to_dict("records")]))


def ready(known: Knowledge, direct: Marks) -> Marks:
    """Whether each student (first) does not know the concept (second), and knows all that it needs directly."""
    missing = (~known.known).astype(np.int64) @ direct.T.astype(np.int64)
    found: Marks = ~known.known & (missing == 0)
    return found


def direct_needs(known: Knowledge, needs: pd.DataFrame) -> Marks:
    """Which concept (first) needs which (second) directly; what one without questions needs stands in its place."""
    direct = known.relation(needs[needs["direct"]])
    for place in np.flatnonzero(~known.asked).tolist():
        direct |= np.outer(direct[:, place], direct[place])
        direct[:, place] = False
    return direct


def _weakest(known: Knowledge, direct: Marks) -> Places:
    """For students by concepts the place of the need with the lowest score; -1: it needs nothing."""
    found = np.full(known.score.shape, -1, dtype=np.intp)
    for concept, needed in enumerate(direct):
        places = needed.nonzero()[0]
        if len(places):
            found[:, concept] = places[known.score[:, places].argmin(axis=1)]
    return found


def _figures(known: Knowledge, student: Places, concept: Places, names: tuple[str, ...]) -> dict[str, Any]:
    """Score and interval of each pair under these names; missing where there is no answer, or no such place."""
    has = (concept >= 0) & known.answered[student, concept]
    figures = (known.score, known.low, known.high)
    return {name: np.where(has, of[student, concept], np.nan) for name, of in zip(names, figures, strict=True)}


def _reason(row: Mapping[Any, Any]) -> str:
    if not row["needs"]:
        why = "It needs nothing first"
    else:
        whole = "the one concept" if row["needs"] == 1 else f"all {row['needs']} concepts"
        why = (
            f"Knows {whole} that it needs{'' if row['surely_ready'] else ', though not surely'} (the weakest: "
            f"{row['weakest_need']}, at "
            f"{scored(*(row[f'weakest_{name}'] for name in ('score', 'low', 'high', 'attempts')))})"
        )
    stands = (
        f"stands at {round(row['mastery_score'], 1):g} on it after {counted(row['total_attempts'], 'answer')}"
        if row["total_attempts"]
        else "has not answered on it yet"
    )
    few = f" {FEW}" if row["needs"] and row["weakest_attempts"] < FEW_ANSWERS else ""
    return f"{why}; {stands}.{few}"


def _class_reason(row: Mapping[Any, Any]) -> str:
    said = f"{row['students_ready']} of {counted(row['students'], 'student')} ready"
    surely = f" ({row['students_surely_ready']} surely)" if row["students_ready"] else ""
    knows = f"{row['students_know']} know it already"
    if not row["students_wait"]:
        return f"{said}{surely}, {knows}."
    wait = "waits" if row["students_wait"] == 1 else "wait"
    return f"{said}{surely}, {knows}; {row['students_wait']} {wait}, most for {row['waits_for']} ({row['lack_it']})."
