"""Tables behind the folds of the page on the next lesson, as HTML, each with its sentence. Every name is escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from edukit.analytics.item_analysis import LEAST_ANSWERS
from edukit.analytics.wording import counted
from edukit.ui.cards import each, sentence
from edukit.ui.links import student_link
from edukit.ui.tables import table

if TYPE_CHECKING:
    import pandas as pd

CONCEPTS_SHOWN, QUESTIONS_SHOWN, ITEMS_SHOWN = 15, 10, 25
NOTHING_NEW = "There is no concept that somebody does not know yet."
NO_QUESTIONS = "There is no question to ask that they did not answer just now: the bank needs more, or wait an hour."
NO_ITEMS = "No questions have been answered for this class yet."


def readiness_sentence(rows: pd.DataFrame) -> str:
    """What a class is ready for, in a sentence: rows of the frame ``class_readiness``."""
    if rows.empty:
        return NOTHING_NEW
    first = rows.iloc[0]
    said = (
        f"First {first['concept']}: {first['students_ready']:,} of {counted(first['students'], 'student')} "
        f"{'is' if first['students_ready'] == 1 else 'are'} ready for it"
    )
    return f"{said}. Somebody may learn {counted(int((rows['students_ready'] > 0).sum()), 'concept')} now."


def readiness_table(rows: pd.DataFrame) -> str:
    """Concepts by how many are ready for them; a button says who."""
    names = ("Concept", "Ready, know it, wait", "Ready", "Surely", "Know it", "Wait", "Most wait for")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    body = "".join(_ready_row(row) for row in each(rows.head(CONCEPTS_SHOWN)))
    if not body:
        return ""
    return table("What the class is ready for", head, body, kind="answers ready") + _more(
        rows, CONCEPTS_SHOWN, "concept"
    )


def _ready_row(row: Any) -> str:
    parts = (("ready", row.students_ready), ("know", row.students_know), ("wait", row.students_wait))
    bar = "".join(f'<i class="{name}" style="width:{100 * count / row.students:.1f}%"></i>' for name, count in parts)
    spoken = f"{row.students_ready} ready, {row.students_know} know it, {row.students_wait} wait"
    who = (
        f'<button type="button" data-concept="{row.concept_id}" aria-label="Who is ready for {escape(row.concept)}: '
        f'{row.students_ready:,}">{row.students_ready:,}</button>'
        if row.students_ready
        else "0"
    )
    waits = f"{escape(row.waits_for)} ({row.lack_it:,})" if row.students_wait else "&ndash;"
    return (
        f'<tr><th scope="row">{escape(row.concept)}</th>'
        f'<td><span class="shares" role="img" aria-label="{spoken}" title="{spoken}">{bar}</span></td>'
        f'<td class="number">{who}</td><td class="number">{row.students_surely_ready:,}</td>'
        f'<td class="number">{row.students_know:,}</td><td class="number">{row.students_wait:,}</td>'
        f"<td>{waits}</td></tr>"
    )


def ready_names(rows: pd.DataFrame, class_id: int) -> str:
    """Who is ready for a concept: rows of the frame ``ready_to_learn`` on it."""
    if rows.empty:
        return sentence("Nobody is ready for it now.")
    surely, perhaps = rows[rows["surely_ready"]], rows[~rows["surely_ready"]]
    head = f'<h3 tabindex="-1">Ready for {escape(rows["concept"].iloc[0])}</h3>'
    named = "".join(
        f'<p class="people">{words} ({len(of):,}): '
        + ", ".join(f"<bdi>{student_link(row.student, row.student_id, class_id)}</bdi>" for row in each(of))
        + "</p>"
        for words, of in (("Surely", surely), ("Not surely", perhaps))
        if len(of)
    )
    return head + named


def question_table(rows: pd.DataFrame, student: str) -> str:
    """What to ask a student next, the best first: rows of the frame ``next_questions``."""
    if rows.empty:
        return sentence(NO_QUESTIONS)
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Question", "Concept", "Chance to be right", "Why"))
    body = "".join(
        f'<tr><th scope="row">{escape(row.question)}</th><td>{escape(row.concept)}</td>'
        f"<td>{row.p_correct:.0%}, {row.p_low:.0%} to {row.p_high:.0%}</td><td>{escape(row.reason)}</td></tr>"
        for row in each(rows.head(QUESTIONS_SHOWN))
    )
    return table(f"What to ask {student} next, the best first", head, body, kind="answers worded") + _more(
        rows, QUESTIONS_SHOWN, "question"
    )


def items_sentence(rows: pd.DataFrame) -> str:
    """What looks wrong with a class's questions, in a sentence: rows of the frame ``item_analysis``."""
    if rows.empty:
        return NO_ITEMS
    wrong, few = int((rows["suspicions"] > 0).sum()), int((rows["students"] < LEAST_ANSWERS).sum())
    looks = f"{wrong:,} of {counted(len(rows), 'question')} {'looks' if wrong == 1 else 'look'} wrong"
    return f"{looks}; of {few:,} fewer than {LEAST_ANSWERS} students' answers say too little." if few else f"{looks}."


def item_table(rows: pd.DataFrame) -> str:
    """The questions that look wrong, empty where none does: rows of the frame ``item_analysis``."""
    told = rows[rows["suspicions"] > 0]
    if told.empty:
        return ""
    names = ("Question", "What to look at", "Right", "Tells who knows more", "Students")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    body = "".join(
        f'<tr><th scope="row">{escape(row.question)}</th><td>{escape(row.words)}</td>'
        f'<td class="number">{row.share_right:.0%}</td><td class="number">{_figure(row.discrimination)}</td>'
        f'<td class="number">{row.students:,}</td></tr>'
        for row in each(told.head(ITEMS_SHOWN))
    )
    return table("Questions that look wrong, the worst first", head, body, kind="answers worded") + _more(
        told, ITEMS_SHOWN, "question"
    )


def _figure(value: float) -> str:
    return "&ndash;" if value != value else f"{value:.2f}"  # noqa: PLR0124 - missing is unequal to itself


def _more(rows: pd.DataFrame, most: int, noun: str) -> str:
    more = len(rows) - most
    return f'<p class="lead">{counted(more, "more " + noun)} in the exported table.</p>' if more > 0 else ""
