"""Tables as HTML: the scores of a class, and the answers of a student. Every name in them is escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from edukit.analytics.wording import counted
from edukit.ui.cards import each, moment
from edukit.ui.figures import concepts_in_order, students_in_order
from edukit.ui.links import student_link
from edukit.ui.score_words import cell_in_words

if TYPE_CHECKING:
    from edukit.ui.figures import ConceptOrder, Order

ANSWERS_SHOWN = 200
MARKS_SHOWN = 60
MISSING = "&ndash;"
OWN_PRACTICE = "on their own"


def table(caption: str, head: str, rows: str, *, kind: str) -> str:
    """A table that scrolls by itself.

    Args:
        caption: what it holds, in plain text.
        head: cells of its head, as HTML.
        rows: rows of its body, as HTML.
        kind: its class in the style.
    """
    # A region that scrolls has to be reachable by keyboard, and so to have a name.
    return (
        f'<div class="scroll" role="region" aria-label="{escape(caption)}" tabindex="0"><table class="{kind}">'
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def score_table(
    frame: pd.DataFrame,
    order: Order,
    class_id: int | None = None,
    *,
    concept_order: ConceptOrder = "curriculum",
) -> str:
    """Students by concepts with their scores, as the heatmap shows them; a name leads to the student's page.

    Args:
        frame: what :func:`edukit.analytics.mastery_marks.marked` gives.
        order: of the students.
        class_id: class that links lead back to.
        concept_order: of the concepts.
    """
    concepts = concepts_in_order(frame, concept_order)
    cells = {(cell.student_id, cell.concept_id): _score_cell(cell) for cell in each(frame)}
    head = "".join(f'<th scope="col"><span>{escape(name)}</span></th>' for name in concepts["concept"])
    ids = concepts["concept_id"].tolist()
    students = students_in_order(frame, order)
    rows = "".join(
        f'<tr><th scope="row">{student_link(student, student_id, class_id)}</th>'
        f"{''.join(cells[student_id, concept_id] for concept_id in ids)}</tr>"
        for student_id, student in zip(students["student_id"], students["student"], strict=True)
    )
    return table(
        "Mastery scores, students by concepts: level, 90% interval, and what has changed since last week",
        f'<th scope="col">Student</th>{head}',
        rows,
        kind="scores",
    )


def answers_table(attempts: pd.DataFrame) -> str:
    """A student's answers, the latest first: rows of the frame ``attempts``."""
    shown = attempts.iloc[::-1].head(ANSWERS_SHOWN)
    names = ("Question", "Answer", "Right", "Seconds", "Hints", "When", "Class")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    rows = "".join(
        f'<tr><th scope="row">{escape(question)}</th><td>{_text(answer)}</td><td>{_verdict(right)}</td>'
        f'<td class="number">{_number(seconds)}</td><td class="number">{_number(hints)}</td>'
        f"<td>{moment(at)}</td><td>{_text(class_name, OWN_PRACTICE)}</td></tr>"
        for question, answer, right, seconds, hints, at, class_name in zip(
            shown["question"],
            shown["answer"],
            shown["is_correct"],
            shown["time_taken_seconds"],
            shown["hint_count"],
            shown["attempted_at"],
            shown["class_name"],
            strict=True,
        )
    )
    older = len(attempts) - len(shown)
    note = f'<p class="lead">{counted(older, "older answer")} not listed.</p>' if older else ""
    return table("Answers, the latest first", head, rows, kind="answers") + note


def asks_for(attempts: pd.DataFrame, concept_id: int) -> pd.Series[bool]:
    """Which attempts are at a question that asks for the concept, alone or with others."""
    return ("," + attempts["concept_ids"].fillna("") + ",").str.contains(f",{concept_id},", regex=False)


def answer_strips(attempts: pd.DataFrame, concepts: pd.DataFrame) -> str:
    """Right and wrong answers in order, a line a concept; shape and text tell them apart, not colour alone.

    Args:
        attempts: one student's rows of the frame ``attempts``, in order.
        concepts: the concepts to show: ``concept_id`` and ``concept``.
    """
    lines = [
        _strip(name, attempts.loc[asks_for(attempts, concept_id), "is_correct"].tolist())
        for concept_id, name in zip(concepts["concept_id"], concepts["concept"], strict=True)
    ]
    return f'<ul class="strips">{"".join(lines)}</ul>'


def _strip(concept: str, right: list[bool]) -> str:
    if not right:
        return ""
    latest = right[-MARKS_SHOWN:]
    marks = "".join('<i class="right">✓</i>' if mark else '<i class="wrong">✗</i>' for mark in latest)
    older = f'<span class="older">{len(right) - len(latest):,} before, then </span>' if len(right) > len(latest) else ""
    words = f"{sum(right):,} of {len(right):,} right"
    spoken = ", ".join("right" if mark else "wrong" for mark in latest)
    return (
        f'<li><span class="concept">{escape(concept)}</span><span class="tally">{words}</span>'
        f'<span class="marks" role="img" aria-label="In order: {spoken}">{older}{marks}</span></li>'
    )


def _score_cell(cell: Any) -> str:
    if pd.isna(cell.mastery_score):
        return f'<td class="unanswered"><abbr title="no answers yet">{MISSING}</abbr></td>'
    return f'<td class="{escape(cell.level)}">{cell_in_words(cell)}</td>'


def _verdict(right: bool) -> str:  # noqa: FBT001 - the cell's own value
    return '<span class="right">✓ right</span>' if right else '<span class="wrong">✗ wrong</span>'


def _text(value: object, missing: str = MISSING) -> str:
    return missing if pd.isna(value) else escape(str(value))  # type: ignore[call-overload]


def _number(value: object) -> str:
    return MISSING if pd.isna(value) else f"{value:,.0f}"  # type: ignore[call-overload]
