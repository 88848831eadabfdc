"""Bottlenecks: which weak concept keeps the most of what comes next waiting.

A later concept waits for an earlier one in a student who is weak on the earlier, which it needs, and does not know
the later. A concept weighs the sum of these over the students, as in the prerequisite ("surmise") relation of
knowledge spaces, where what is not known closes everything above it (J.-P. Doignon and J.-C. Falmagne, *Spaces for
the assessment of knowledge*, 1985).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from edukit.analytics.wording import FEW, counted
from edukit.queries.frames import BOTTLENECKS
from edukit.queries.help import FEW_ANSWERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from edukit.analytics.knowledge import Knowledge, Marks


def bottlenecks(known: Knowledge, needs: pd.DataFrame) -> pd.DataFrame:
    """The concepts that somebody is weak on and for which something waits, those that block most first.

    Args:
        known: of a class, or of one student alone.
        needs: every concept and what it needs, as :func:`~edukit.analytics.prerequisites.concept_needs` has it.

    Returns:
        Columns of ``frames.BOTTLENECKS``. ``blocked_low <= blocked <= blocked_high`` always. Who has not answered
        on a concept is not weak on it; a later concept that was not answered does wait.
    """
    waiting = (~known.known).astype(np.int64) @ known.waiting_relation(needs).astype(np.int64)
    weak = known.weak
    blocked, surely, perhaps = (
        (marks * waiting).sum(axis=0) for marks in (weak, known.surely_weak, known.perhaps_weak)
    )
    rows = known.concepts.assign(
        students=len(known.students),
        students_answered=known.answered.sum(axis=0),
        students_weak=weak.sum(axis=0),
        students_surely_weak=known.surely_weak.sum(axis=0),
        attempts=(weak * known.answers).sum(axis=0),
        concepts_blocked=_waiting_somewhere(known, needs).sum(axis=0),
        blocked=blocked,
        blocked_low=surely,
        blocked_high=perhaps,
        topic_blocked=_of_topics(known, waiting),
        evidence=_evidence(known),
        place=range(len(known.concepts)),
    )
    rows = rows[rows["blocked"] > 0].sort_values(
        ["blocked", "blocked_low", "concept_order"], ascending=[False, False, True], ignore_index=True
    )
    first = _first_waiting(known, needs)
    reasons = [_reason(row, known, first[row["place"]]) for row in rows.to_dict("records")]
    return BOTTLENECKS.typed(rows.assign(reason=reasons))


def _waiting_somewhere(known: Knowledge, needs: pd.DataFrame) -> Marks:
    """Whether the concept (first) waits for the other in any student."""
    together = (~known.known).T.astype(np.int64) @ known.weak.astype(np.int64) > 0
    found: Marks = known.waiting_relation(needs) & together
    return found


def _first_waiting(known: Knowledge, needs: pd.DataFrame) -> list[str]:
    """For each concept the name of the earliest in the curriculum that waits for it; empty: none does."""
    waits, names = _waiting_somewhere(known, needs), known.concepts["concept"].tolist()
    return [names[int(column.argmax())] if column.any() else "" for column in waits.T]


def _of_topics(known: Knowledge, waiting: NDArray[np.int64]) -> list[int]:
    """For each concept what waits for its topic, each student counted once however many of its concepts are weak."""
    topic, weak = known.concepts["topic_id"].to_numpy(), known.weak
    of = {each: int((weak * waiting)[:, topic == each].max(axis=1).sum()) for each in np.unique(topic).tolist()}
    return [of[each] for each in topic.tolist()]


def _evidence(known: Knowledge) -> list[str]:
    """Whether half of the weak students of each concept have given enough answers to say so."""
    few = (known.weak & (known.answers < FEW_ANSWERS)).sum(axis=0) * 2 > known.weak.sum(axis=0)
    return ["few answers" if each else "enough" for each in few.tolist()]


def _reason(row: Mapping[Any, Any], known: Knowledge, first: str) -> str:
    waits = f"{counted(row['concepts_blocked'], 'later concept')} {_waits(row['concepts_blocked'])} for it"
    waits, few = f"{waits}, first {first}.", f" {FEW}" if row["evidence"] != "enough" else ""
    place, bar = row["place"], f"{known.known_at:g}"
    if len(known.students) == 1:
        return f"{row['concept']} stands at {known.told(0, place)}, below {bar}; {waits}{few}"
    silent = row["students"] - row["students_answered"]
    unheard = f" {counted(silent, 'more student')} did not answer on it." if silent else ""
    weak = f"{row['students_weak']} of the {counted(row['students_answered'], 'student')} who answered"
    surely = f"{row['students_surely_weak']} of them surely"
    stand = "stands" if row["students_weak"] == 1 else "stand"
    return f"On {row['concept']} {weak} {stand} below {bar}, {surely}; {waits}{unheard}{few}"


def _waits(count: int) -> str:
    return "waits" if count == 1 else "wait"
