"""A student's work and what was said of it, as cards in HTML. Every word of a person in them is escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from edukit.analytics.wording import counted
from edukit.ui.cards import each, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

RATINGS = {1: "poor", 2: "weak", 3: "fair", 4: "good", 5: "excellent"}
"""What each rating says."""


def work_cards(work: pd.DataFrame, feedback: pd.DataFrame, *, may_tell: bool, arrival: str | None = None) -> str:
    """Assignments with what was handed in and said of it, a card each.

    Args:
        work: rows of the frame ``submissions``, in the order shown.
        feedback: rows of the frame ``feedback``, the latest first.
        may_tell: whether feedback can be given and corrected.
        arrival: id of the submission to whose card the reader may be brought; None: to none.
    """
    if work.empty:
        return ""
    told = dict(iter(feedback.groupby("assignment_id", sort=False)))
    nothing = feedback.head(0)
    cards = (_card(row, told.get(row.assignment_id, nothing), may_tell=may_tell, arrival=arrival) for row in each(work))
    return f'<div class="works">{"".join(cards)}</div>'


def form_title(assignment: str, *, corrects: bool) -> str:
    """The heading of the form, to which the reader is brought."""
    act = "Correct the feedback on" if corrects else "Feedback on"
    return f'<h3 tabindex="-1">{act} “{escape(assignment)}”</h3>'


def _card(row: Any, told: pd.DataFrame, *, may_tell: bool, arrival: str | None) -> str:
    focusable = ' tabindex="-1"' if arrival is not None and row.submission_id == arrival else ""
    state = f'<b class="state {row.state.replace(" ", "-")}">{row.state}</b>'
    parts = " · ".join(_facts(row))
    return (
        f'<article class="card work"><header><h3{focusable}>{escape(row.assignment)}</h3>{state}</header>'
        f'<p class="muted">{parts}</p>{_handed_in(row)}{_told(row, told, may_tell=may_tell)}</article>'
    )


def _facts(row: Any) -> Iterator[str]:
    """What is known of an assignment and of the work for it, in a few words each."""
    yield escape(row.class_name)
    yield "no day due" if pd.isna(row.due_at) else f"due {moment(row.due_at)}"
    if not row.submissions:
        return
    late = "" if not row.late else ", late" if row.submissions == 1 else ", the first late"
    again = "" if row.submissions == 1 else f" ({counted(row.submissions, 'time')}, this is the latest)"
    yield f"handed in {moment(row.submitted_at)}{late}{again}"
    yield "not marked" if pd.isna(row.score) else f"mark {row.score:g} of 100"
    if not pd.isna(row.code_quality_score):
        yield f"code quality {row.code_quality_score:g} of 100"


def _handed_in(row: Any) -> str:
    """The work itself, folded, and where it is."""
    body = "" if pd.isna(row.body) else row.body
    words = f'<details><summary>The work</summary><p class="words">{escape(body)}</p></details>' if body else ""
    url = "" if pd.isna(row.github_url) else row.github_url
    # Nothing but an address of the web is a link: an address may hold a script.
    if url.startswith(("https://", "http://")):
        words += f'<p><a href="{escape(url)}" rel="noopener noreferrer" target="_blank">{escape(url)}</a></p>'
    return words


def _told(row: Any, told: pd.DataFrame, *, may_tell: bool) -> str:
    """What was said of it, and the choices to say more; the latest on the latest work can be corrected."""
    standing = told[~told["superseded"]]
    said = "".join(_feedback(one, told, latest=row.submission_id) for one in each(standing))
    latest = standing.loc[standing["submission_id"] == row.submission_id, "feedback_id"].head(1).tolist()
    acts = [("Correct the latest", f"correct {feedback_id}") for feedback_id in latest]
    if row.submissions:
        acts.insert(0, ("Give more feedback" if latest else "Give feedback", f"tell {row.submission_id}"))
    choices = "".join(_choice(choice, words, row.assignment) for words, choice in acts) if may_tell else ""
    return (f'<ul class="told">{said}</ul>' if said else "") + (f'<div class="acts">{choices}</div>' if choices else "")


def _feedback(one: Any, told: pd.DataFrame, *, latest: str) -> str:
    """One feedback with its words, and folded those that it corrects."""
    version = "" if one.submission_id == latest else " · on an earlier version"
    earlier = _corrected(one, told)
    corrected = f" · corrected {counted(len(earlier), 'time')}" if earlier else ""
    folded = f"<details><summary>What it corrects</summary>{''.join(earlier)}</details>" if earlier else ""
    return f'<li>{_words(one)}<p class="muted">{_signed(one)}{version}{corrected}</p>{folded}</li>'


def _corrected(one: Any, told: pd.DataFrame) -> list[str]:
    """What a feedback corrects, link by link back to the first."""
    by_id = {row.feedback_id: row for row in each(told)}
    links = []
    while not pd.isna(one.supersedes_id) and one.supersedes_id in by_id:
        one = by_id[one.supersedes_id]
        links.append(f'<div class="superseded">{_words(one)}<p class="muted">{_signed(one)} · corrected</p></div>')
    return links


def _words(one: Any) -> str:
    if pd.isna(one.content):
        why = "are not told to who reads pseudonyms" if pd.isna(one.erased_at) else "were erased"
        return f'<p class="muted">The words {why}.</p>'
    return f'<p class="words">{escape(one.content)}</p>'


def _signed(one: Any) -> str:
    """Who said it, when, with which rating."""
    rating = "not rated" if pd.isna(one.rating) else f"{one.rating} of 5, {RATINGS[one.rating]}"
    suggested = " · with a model's suggestion" if one.ai_suggested else ""
    return f"<bdi>{escape(one.teacher)}</bdi>, {moment(one.given_at)} · {rating}{suggested}"


def _choice(choice: str, words: str, assignment: str) -> str:
    """A button that chooses what to do, named for those who hear it alone."""
    label = escape(f"{words}: {assignment}")
    return f'<button type="button" data-choice="{escape(choice)}" aria-label="{label}">{words}</button>'
