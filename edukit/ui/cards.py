"""Pieces of a page as HTML: figures, sentences, cards, and who needs help. Every name in them is escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from edukit.analytics.mastery import LEVELS
from edukit.analytics.wording import counted
from edukit.errors import SignedOut, StoreError
from edukit.queries.help import FEW_ANSWERS
from edukit.ui.score_words import whole
from edukit.ui.widgets import served_by_voila

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from edukit.errors import EdukitError
    from edukit.ui.summary import ClassSummary

CONCEPTS_SHOWN = 3
STUDENTS_SHOWN = 5

IN_A_NOTEBOOK = "In a notebook of your own, that is: run “edukit lab” again."
GOES_ON = "This page goes on by itself as soon as the database answers."
STAYS = "What you typed stays here: copy it into the page that opens."

RESTS_ON = (
    "A score is the chance, in percent, that the next answer is right. It rests on all of a student's answers "
    "on the concept, also those given in other classes."
)
AS_OF_NOW = (
    "The days that are chosen say which answers are counted and listed; every score stands as it is now, from all of "
    "them."
)


def heading(text: str, how_to_read: str = "", *, arrival: bool = False) -> str:
    """A section's heading; where the reader may be brought to it, it takes the focus."""
    focusable = ' tabindex="-1"' if arrival else ""
    return f"<h2{focusable}>{escape(text)}</h2>" + (lead(how_to_read) if how_to_read else "")


def lead(text: str) -> str:
    """A quiet sentence that says how to read what is near it."""
    return f'<p class="lead">{escape(text)}</p>'


def sentence(text: str) -> str:
    """A plain sentence, as where there is nothing to show."""
    return f'<p class="empty">{escape(text)}</p>'


def said(text: str) -> str:
    """The sentence at the head of a page that says what matters most on it."""
    return f'<p class="said">{escape(text)}</p>'


def notice(texts: Sequence[str]) -> str:
    """Sentences that the reader should see but that stop nothing."""
    return "".join(f'<p class="notice">{escape(text)}</p>' for text in texts)


def error_card(why: EdukitError | str) -> str:
    """What went wrong and what to do next; where a store is away, the page begins anew once it is back."""
    away = isinstance(why, StoreError) and served_by_voila()
    retry, ends = (" data-retry", f" {GOES_ON}") if away else ("", "")
    said = f"<strong>This cannot be shown now.</strong> {_next_step(why)}{ends}"
    return f'<div class="card error" role="alert"{retry}>{said}</div>'


def refused(why: EdukitError | str) -> str:
    """Why nothing was done, and what to do next, beside what was typed, which stays: an error says both itself."""
    return f'<div class="card error refused" role="alert">{_next_step(why, typed=True)}</div>'


def _next_step(why: EdukitError | str, *, typed: bool = False) -> str:
    """What an error says; of a sign-in that has ended also the way back to the page as it is now."""
    if not isinstance(why, SignedOut):
        return escape(str(why))
    if not served_by_voila():
        return f"{escape(str(why))} {IN_A_NOTEBOOK}"
    # The page's own address, which keeps what is shown: whoever is not signed in is asked to, and comes back to it.
    if not typed:
        return f'{escape(str(why))} <a href="">Sign in again</a>'
    return f'{escape(str(why))} {STAYS} <a href="" target="_blank">Sign in again in a new tab</a>'


def each(frame: pd.DataFrame) -> Iterator[Any]:
    """The rows of a frame, with its columns as their attributes."""
    return frame.itertuples(index=False)


def moment(at: pd.Timestamp) -> str:
    """A moment; the page turns it into the reader's own time zone, without scripts it reads as UTC."""
    if pd.isna(at):
        return '<span class="muted">no time recorded</span>'
    return f'<time datetime="{at.isoformat()}">{at:%Y-%m-%d %H:%M} UTC</time>'


def behind(table: str) -> str:
    """The table behind a chart, folded."""
    return f'<details class="behind"><summary>Show as a table</summary>{table}</details>'


def figures(cards: Iterable[tuple[str, str | int, str]]) -> str:
    """Figures side by side, each with its name and what it means in plain text."""
    body = "".join(
        f"<div><dt>{escape(name)}</dt><dd><b>{escape(figure if isinstance(figure, str) else f'{figure:,}')}</b>"
        f"<span>{escape(meaning)}</span></dd></div>"
        for name, figure, meaning in cards
    )
    return f'<dl class="figures">{body}</dl>'


def figures_row(summary: ClassSummary, thresholds: Sequence[float], days: str = "") -> str:
    """The class in four figures, each with what it means.

    Args:
        summary: the class.
        thresholds: scores at which *developing*, *proficient* and *mastered* begin.
        days: on which days its answers are counted, in words; empty: on all.
    """
    none = "no answers then" if days else "no answers yet"
    share = none if summary.right_share is None else f"{summary.right_share:.0%} of them right"
    median = "none" if summary.median_score is None else f"{summary.median_score:.0f}"
    first = f"{thresholds[0]:g}"
    unanswered = f"; {counted(summary.unanswered, 'cell')} without answers yet" if summary.unanswered else ""
    cards = (
        ("Students", f"{summary.students:,}", "enrolled now"),
        ("Answers in this class", f"{summary.answers:,}", f"{days}; {share}" if days else share),
        ("Median mastery", median, f"middle of {counted(summary.scores, 'score')}, 0 to 100"),
        (f"Scores below {first}", f"{summary.below:,}", f"of {counted(summary.scores, 'score')}{unanswered}"),
    )
    return figures(cards) + lead(f"{RESTS_ON} {AS_OF_NOW}" if days else RESTS_ON)


def legend(thresholds: Sequence[float], marks: Iterable[tuple[str, str]] = ()) -> str:
    """The scale of mastery in words and colours.

    Args:
        thresholds: scores at which *developing*, *proficient* and *mastered* begin.
        marks: what stands beside a score, and what it means.
    """
    starts = [0.0, *thresholds]
    ends = [*(f"below {start:g}" for start in thresholds), "100"]
    keys = "".join(
        f'<li><i class="swatch {level}"></i>{level} <span>{start:g} to {end}</span></li>'
        for level, start, end in zip(LEVELS, starts, ends, strict=True)
    )
    beside = "".join(f"<li><b>{escape(mark)}</b><span>{escape(meaning)}</span></li>" for mark, meaning in marks)
    return f'<ul class="legend">{keys}<li><i class="swatch unanswered"></i>no answers yet</li>{beside}</ul>'


def help_list(needs: pd.DataFrame, thresholds: Sequence[float]) -> str:
    """Who needs help on what: a card a concept, the most urgent first; a name selects the student.

    Args:
        needs: what :func:`edukit.analytics.help.needs_help` gave.
        thresholds: scores at which *developing*, *proficient* and *mastered* begin.
    """
    how_to_read = (
        f"Students below {thresholds[0]:g} whose whole 90% interval lies below {thresholds[1]:g}, from "
        f"{FEW_ANSWERS} answers or more: these are enough to say so. Choose a name to see the answers."
    )
    head = heading("Who needs help on what", how_to_read)
    if needs.empty:
        return head + sentence("Nobody for now: no student is surely below.")
    cards = [_concept_card(rows) for _, rows in needs.groupby("concept_id", sort=False)]
    more = len(cards) - CONCEPTS_SHOWN
    shown = f'<ul class="needs">{"".join(cards[:CONCEPTS_SHOWN])}</ul>'
    rest = folded(f"and {counted(more, 'more concept')}", f'<ul class="needs">{"".join(cards[CONCEPTS_SHOWN:])}</ul>')
    return head + shown + (rest if more > 0 else "")


def _concept_card(rows: pd.DataFrame) -> str:
    names = [
        f'<button type="button" data-student="{student_id}" data-concept="{concept_id}">'
        f"<span>{escape(student)}</span> <b>{whole(score)}</b></button>"
        for student_id, concept_id, student, score in zip(
            rows["student_id"], rows["concept_id"], rows["student"], rows["mastery_score"], strict=True
        )
    ]
    more = len(names) - STUDENTS_SHOWN
    rest = folded(f"and {more:,} more", "".join(names[STUDENTS_SHOWN:])) if more > 0 else ""
    concept = escape(rows["concept"].iloc[0])
    return (
        f'<li class="card"><h3>{concept}</h3><p>{counted(len(names), "student")}</p>'
        f'<div class="names">{"".join(names[:STUDENTS_SHOWN])}{rest}</div></li>'
    )


def folded(summary: str, body: str) -> str:
    """HTML that is there to unfold."""
    return f"<details><summary>{escape(summary)}</summary>{body}</details>"
