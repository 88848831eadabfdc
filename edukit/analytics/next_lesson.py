"""The next lesson: what to teach a class next, and why, in one sentence with what it rests on.

A bottleneck on which half of the class is weak is taught again, to everybody; so is one that half do not know, while
nobody is ready for anything else. One that fewer are weak on is for a group beside the lesson, while the class goes on
with what most are ready for (mastery learning's whole-class lessons with correctives for those who need them:
B. S. Bloom, *Learning for mastery*, 1968).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from edukit.analytics.wording import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from edukit.analytics.knowledge import Knowledge

AGAIN, ASIDE, ON, ASK, DONE, NOTHING = "again", "aside", "on", "ask", "done", "nothing"
NOBODY = "Nobody is enrolled in this class now, so there is no next lesson to propose."
NO_CONCEPTS = (
    "No concepts belong to this class yet, so there is no next lesson to propose: it needs a subject with concepts, or "
    "answers on some."
)
NO_QUESTIONS = (
    "No concept of this class has questions yet, so there is no next lesson to propose: it needs some to show who "
    "knows what."
)
ALL_KNOWN = (
    "Everybody knows every concept of this class{}: go over what was learnt longest ago, or beyond the curriculum."
)
THAT_IS_ASKED = " that has questions"


@dataclass(frozen=True)
class NextLesson:
    """What to teach next."""

    kind: str
    """AGAIN to everybody, a group ASIDE (while the class goes on), ON, ASK first, all is DONE, or NOTHING known."""
    sentence: str
    """What, and why."""
    evidence: str
    """What it rests on and how sure it is; empty: on nothing."""
    concept_id: int | None = None
    """The concept to teach; of a group aside the group's."""


def next_lesson(known: Knowledge, blocking: pd.DataFrame, readiness: pd.DataFrame) -> NextLesson:
    """What to teach a class next, and why.

    Args:
        known: of the class.
        blocking: the frame ``bottlenecks`` of it.
        readiness: its frame ``class_readiness``.
    """
    students = len(known.students)
    if not students or not len(known.concepts):
        return NextLesson(NOTHING, NO_CONCEPTS if students else NOBODY, "")
    if readiness.empty:
        return _done(known)
    if not known.answered.any():
        return _asked(readiness.to_dict("records")[0], students)
    if blocking.empty:
        return _on(readiness.to_dict("records")[0])
    worst = blocking.to_dict("records")[0]
    others = readiness[readiness["concept_id"] != worst["concept_id"]].to_dict("records")
    on = others[0] if others and others[0]["students_ready"] else None
    place = (known.concepts["concept_id"] == worst["concept_id"]).to_numpy()
    lack = int((~known.known[:, place]).sum())
    if 2 * worst["students_weak"] >= students or (on is None and 2 * lack >= students):
        return _again(worst, blocking, f"{known.known_at:g}")
    return _aside(worst, on, blocking, f"{known.known_at:g}")


def _done(known: Knowledge) -> NextLesson:
    asked = known.concepts["questions"] > 0
    if not asked.any():
        return NextLesson(NOTHING, NO_QUESTIONS, "")
    # An answer on two concepts counts on both, so that the sum of them is not how many there are.
    evidence = (
        f"Every score is {known.known_at:g} or above: {counted(len(known.students), 'student')} on "
        f"{counted(int(asked.sum()), 'concept')}."
    )
    return NextLesson(DONE, ALL_KNOWN.format("" if asked.all() else THAT_IS_ASKED), evidence)


def _asked(first: Mapping[Any, Any], students: int) -> NextLesson:
    said = (
        f"Ask some questions on {first['concept']} first: "
        f"{'the one student has' if students == 1 else f'none of the {students:,} students has'} answered anything "
        "yet, so nothing is known of what they need."
    )
    return NextLesson(ASK, said, "", int(first["concept_id"]))


def _on(row: Mapping[Any, Any]) -> NextLesson:
    said = (
        f"Go on with {row['concept']}: {row['students_ready']:,} of {counted(row['students'], 'student')} "
        f"{_are(row['students_ready'])} ready for it, and nothing that is weak keeps later concepts waiting."
    )
    return NextLesson(ON, said, _ready_evidence(row), int(row["concept_id"]))


def _again(worst: Mapping[Any, Any], blocking: pd.DataFrame, bar: str) -> NextLesson:
    said = (
        f"Teach {worst['concept']} again, to everybody: {worst['students_weak']:,} of the "
        f"{counted(worst['students_answered'], 'student')} who answered on it {_stand(worst['students_weak'])} below "
        f"{bar}, and {_later(worst)}."
    )
    return NextLesson(AGAIN, said, _weak_evidence(worst, blocking, bar), int(worst["concept_id"]))


def _aside(worst: Mapping[Any, Any], on: Mapping[Any, Any] | None, blocking: pd.DataFrame, bar: str) -> NextLesson:
    """A group aside, while the class goes on; ``on`` is None where nobody is ready for anything else."""
    weak, evidence = worst["students_weak"], _weak_evidence(worst, blocking, bar)
    aside = (
        f"take {counted(weak, 'student')} aside on {worst['concept']}: "
        f"{'that one stands' if weak == 1 else 'they stand'} below {bar} on it, and {_later(worst)}."
    )
    if on is None:
        return NextLesson(ASIDE, f"{aside[0].upper()}{aside[1:]}", evidence, int(worst["concept_id"]))
    said = (
        f"Go on with {on['concept']}, for which {on['students_ready']:,} of {counted(on['students'], 'student')} "
        f"{_are(on['students_ready'])} ready, and {aside}"
    )
    return NextLesson(ASIDE, said, f"{evidence} {_ready_evidence(on)}", int(worst["concept_id"]))


def _weak_evidence(worst: Mapping[Any, Any], blocking: pd.DataFrame, bar: str) -> str:
    """How many are surely weak, on how many answers, and whether it comes first by these alone."""
    weak, surely, concept = worst["students_weak"], worst["students_surely_weak"], worst["concept"]
    rests = (
        f"{surely:,} of the {weak:,} on {concept} {_are(surely)} surely below {bar}, by the whole 90% interval; it "
        f"rests on {counted(worst['attempts'], 'answer')}."
    )
    if not surely:
        return f"{rests} Ask a few more questions on it before you build on this."
    first = blocking["concept"].iloc[int(blocking["blocked_low"].argmax())]
    if blocking["blocked_low"].max() == worst["blocked_low"]:
        return f"{rests} Counting only who is surely weak, it comes first as well."
    return f"{rests} Counting only who is surely weak, {first} comes first: look at both."


def _ready_evidence(row: Mapping[Any, Any]) -> str:
    surely = row["students_surely_ready"]
    said = f"{surely:,} of the {row['students_ready']:,} {_are(surely)} surely ready for {row['concept']}"
    if not row["students_wait"]:
        return f"{said}; {row['students_know']:,} {'knows' if row['students_know'] == 1 else 'know'} it already."
    return f"{said}; {row['students_wait']:,} {_wait(row['students_wait'])}, most for {row['waits_for']}."


def _later(worst: Mapping[Any, Any]) -> str:
    later = worst["concepts_blocked"]
    return f"{counted(later, 'later concept')} {_wait(later)} for it"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _stand(count: int) -> str:
    return "stands" if count == 1 else "stand"


def _wait(count: int) -> str:
    return "waits" if count == 1 else "wait"
