"""Pieces of the grievances page as HTML: the inbox, one grievance and its steps. Every text in them is escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from edukit.analytics.grievances import FINISHED
from edukit.analytics.wording import counted
from edukit.queries.grievances import COMPLAINANT
from edukit.ui.cards import each, figures, heading, lead, moment
from edukit.ui.links import student_link

if TYPE_CHECKING:
    from edukit.queries.grievances import Complainant

SEVERE = ("high", "critical")
NOBODY = "nobody yet"
INBOX = "inbox"
"""The choice that leads back from a grievance to the inbox."""
ABOUT = {
    "grade": "About a grade",
    "feedback": "About feedback",
    "fairness": "About fairness",
    "other": "About another thing",
}
ERASED = "What was said has been erased."
NOT_HERE = "These words have been erased, or are not told to who reads pseudonyms."
_MOVED = {
    ("open", "in_progress"): "took it up",
    ("in_progress", "resolved"): "resolved it",
    ("resolved", "closed"): "closed it",
    ("resolved", "in_progress"): "reopened it",
    ("closed", "in_progress"): "reopened it",
}


def inbox_figures(frame: pd.DataFrame, days: str = "") -> str:
    """What waits for an answer, in four figures; of what was filed on some days, in words, or of all."""
    waiting = frame[~frame["status"].isin(FINISHED)]
    severe = int(waiting["severity"].isin(SEVERE).sum())
    cards = (
        ("Waiting", len(waiting), f"open or in progress{', filed ' + days if days else ''}"),
        ("High or critical", severe, "of those that wait"),
        ("Nobody's yet", int(waiting["assigned_to"].isna().sum()), "they wait to be assigned"),
        ("Yours", int(waiting["mine"].sum()), "they wait for you"),
    )
    return figures(cards)


def inbox(rows: pd.DataFrame) -> str:
    """Grievances as a list, each to be opened: rows of the frame ``grievances``."""
    return f'<ul class="inbox">{"".join(_entry(row) for row in each(rows))}</ul>'


def _entry(row: Any) -> str:
    last = "" if pd.isna(row.last_step) else f"{_plain(row.last_step)} {moment(row.last_step_at)}"
    return (
        f'<li><button type="button" data-choice="{escape(row.grievance_id)}">{severity(row.severity)}'
        f'<b class="topic">{escape(row.category.capitalize())}</b><span>{_plain(row.status)}</span>'
        f"<span>with {_holder(row)}</span><span>{_age(row)}</span>"
        f'<span class="muted">{last}</span></button></li>'
    )


def facts(row: Any) -> str:
    """The head of a grievance's page: what it is, where it stands, and its words; a row of the frame ``grievance``."""
    cards = (
        ("Status", _plain(row.status)),
        ("With", _holder(row)),
        ("Filed", moment(row.filed_at)),
        ("Age", _age(row)),
        ("Institution", escape(row.institution)),
    )
    body = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in cards)
    said = f'<blockquote class="words">{_said(row.description)}</blockquote>'
    resolved = row.status in FINISHED
    resolution = f'<h3>How it was resolved</h3><blockquote class="words">{_said(row.resolution)}</blockquote>'
    return (
        f"{heading(ABOUT[row.category], arrival=True)}{severity(row.severity)}"
        f'<dl class="facts">{body}</dl><h3>What it is about</h3>{said}{resolution if resolved else ""}'
    )


def back() -> str:
    """The way back to the inbox."""
    return f'<p class="back"><button type="button" data-choice="{INBOX}">← All grievances</button></p>'


def timeline(events: pd.DataFrame) -> str:
    """Every step in order: the frame ``grievance_events``."""
    how_to_read = f"{counted(len(events), 'step')}, the first one at the top. They are kept as they are for good."
    steps = "".join(_step(row) for row in each(events))
    return heading("What has happened", how_to_read) + f'<ol class="steps">{steps}</ol>'


def _step(row: Any) -> str:
    said = "" if pd.isna(row.details) else f'<p class="words">{escape(row.details)}</p>'
    if row.erased:
        said = f'<p class="muted">{ERASED}</p>'
    rule = "" if pd.isna(row.routing_rule_id) else f'<span class="muted">Rule {row.routing_rule_id}</span>'
    return f"<li><p><b>{_deed(row)}</b> {moment(row.occurred_at)}</p>{said}{rule}</li>"


def _deed(row: Any) -> str:
    """Who did what, in words."""
    deeds = {
        "filed": "filed it" if row.actor == COMPLAINANT else "filed it for the student",
        "routed": f"routed it to {row.assigned_to}",
        "assigned": "took it over" if row.actor == row.assigned_to else f"assigned it to {row.assigned_to}",
        "unassigned": "left it to nobody",
        "commented": "commented",
        "status_changed": _MOVED.get(
            (row.from_status, row.to_status), f"moved it from {_plain(row.from_status)} to {_plain(row.to_status)}"
        ),
        "revealed": "looked up who complains",
        "erased": "erased what was said",
    }
    actor = row.actor[0].upper() + row.actor[1:] if row.actor == COMPLAINANT else row.actor
    return escape(f"{actor} {deeds[row.action]}")


def may_reveal(row: Any) -> str:
    """Who may know who complains, for the reader of a grievance; a row of the frame ``grievance``."""
    if row.mine:
        words = "It is assigned to you, so you may look up who complains, when you need to talk with them."
    else:
        whom = "nobody has it yet" if pd.isna(row.assigned_to) else f"that is {row.assigned_to} now"
        words = f"Only the person whom it is assigned to may look up who complains: {whom}."
    return heading("Who complains", words)


def confirm_reveal() -> str:
    """What the reader is asked before a name is told."""
    words = "That you looked will stand among the steps of this grievance, for everybody who sees it, for good."
    return f'<p class="notice">{words}</p>'


def revealed(complainant: Complainant) -> str:
    """Who complains, as a link to their page."""
    name = student_link(complainant.student, complainant.student_id)
    return f'<p class="notice">The complainant is {name}. That you looked has been recorded.</p>'


def severity(text: str) -> str:
    """How severe a grievance is, as a mark."""
    return f'<span class="severity {escape(text)}">{escape(text)}</span>'


def _said(words: object) -> str:
    return lead(NOT_HERE) if pd.isna(words) else escape(str(words))  # type: ignore[call-overload]


def _holder(row: Any) -> str:
    return f'<span class="muted">{NOBODY}</span>' if pd.isna(row.assigned_to) else escape(row.assigned_to)


def _age(row: Any) -> str:
    days = counted(int(row.age_days), "day")
    return f"resolved after {days}" if row.status in FINISHED else f"waiting for {days}"


def _plain(name: str) -> str:
    """A status or step as people write it."""
    return {"status_changed": "moved", "revealed": "complainant looked up"}.get(name, str(name).replace("_", " "))
