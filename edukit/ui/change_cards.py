"""What has changed since last week, as cards: who fell and who rose, on what, and the answers behind it."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from edukit.analytics.mastery_changes import FELL, ROSE
from edukit.analytics.wording import counted
from edukit.ui.cards import each, folded, heading, sentence
from edukit.ui.score_words import DOWN, UP, whole

if TYPE_CHECKING:
    from datetime import date

    import pandas as pd

SHOWN = 6
HOW_TO_READ = (
    "Only what is more than chance: the score has left the 90% interval that it had then. Choose a change to see the "
    "answers behind it."
)
NO_TIMES = "When the answers were given is not recorded, so nobody can say what has changed since."
MARKS = {FELL: DOWN, ROSE: UP}


def change_cards(changes: pd.DataFrame, since: date, *, answered: int | None) -> str:
    """The changes as HTML, a card for those who fell and one for those who rose; each selects its student and concept.

    Args:
        changes: the frame ``mastery_changes``.
        since: the Monday since which.
        answered: how many scores of the class have got answers since then; None: no answer of the class has a time.
    """
    head = heading(f"What changed since Monday {since.day} {since:%B}", HOW_TO_READ if len(changes) else "")
    if changes.empty:
        return head + sentence(NO_TIMES if answered is None else _nothing(answered))
    cards = (_card(direction, changes[changes["direction"] == direction]) for direction in (FELL, ROSE))
    return f'{head}<ul class="needs changes">{"".join(cards)}</ul>'


def _nothing(answered: int) -> str:
    if not answered:
        return "Nothing: no answers have been given since."
    is_one = answered == 1
    return (
        f"Nothing by more than chance: {counted(answered, 'score')} {'has' if is_one else 'have'} got answers since, "
        f"and {'is' if is_one else 'all are'} still within the 90% interval of then, or had none."
    )


def _card(direction: str, rows: pd.DataFrame) -> str:
    if rows.empty:
        return ""
    items = [_item(row) for row in each(rows)]
    more = len(items) - SHOWN
    rest = folded(f"and {more:,} more", f"<ul>{''.join(items[SHOWN:])}</ul>") if more > 0 else ""
    title = f"{MARKS[direction]} {counted(len(items), 'score')} {direction}"
    return f'<li class="card"><h3>{title}</h3><ul>{"".join(items[:SHOWN])}</ul>{rest}</li>'


def _item(row: Any) -> str:
    answers = f"{counted(row.answers_since, 'answer')} since, {row.right_since} right"
    return (
        f'<li><button type="button" data-student="{row.student_id}" data-concept="{row.concept_id}">'
        f"<span>{escape(row.student)}</span> <span>{escape(row.concept)}</span>"
        f'<b class="{escape(row.level)}">{whole(row.score_then)} → {whole(row.mastery_score)}</b>'
        f'<span class="muted">{answers}</span></button></li>'
    )
