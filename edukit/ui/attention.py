"""What needs a teacher's attention today, in at most three sentences with links, the most urgent first."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from edukit.analytics.wording import counted
from edukit.ui.cards import sentence
from edukit.ui.links import link, student_link

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    import pandas as pd

MOST_SENTENCES = 3
CALM = "Nothing needs your attention today."


def attention(me: pd.DataFrame, home: pd.DataFrame, now: datetime) -> str:
    """The sentences as HTML: of what waits for the person, and of the classes that they teach.

    Args:
        me: the frame ``me``.
        home: the frame ``home``.
        now: the moment that waiting is counted until.
    """
    taught = home[home["taught"]]
    found = [*_grievances(me), *_at_risk(taught), *_waiting(taught, now), *_need_help(taught)][:MOST_SENTENCES]
    if not found:
        return sentence(CALM)
    return f'<ol class="attention">{"".join(f"<li>{one}</li>" for one in found)}</ol>'


def days_ago(moment: datetime, now: datetime) -> str:
    """How long a moment is past, in whole days of 24 hours: ``12 days``, ``less than a day``."""
    days = (now - moment).days
    return counted(days, "day") if days >= 1 else "less than a day"


def _grievances(me: pd.DataFrame) -> Iterator[str]:
    count = int(me["grievances"].sum())
    if count:
        words = f"{counted(count, 'grievance')} assigned to you"
        yield f"{link(words, 'grievances')} {'is' if count == 1 else 'are'} not resolved."


def _at_risk(taught: pd.DataFrame) -> Iterator[str]:
    for row, others in _most(taught, "at_risk"):
        words = f"{counted(int(row['at_risk']), 'student')} of {row['class_name']}"
        verb = "is" if row["at_risk"] == 1 else "are"
        also = f"; so are some in {counted(others, 'other class', 'other classes')}" if others else ""
        who = link(words, "student_risk", class_=row["class_id"])
        yield f"{who} at high or critical risk {verb} to be looked at{also}."


def _waiting(taught: pd.DataFrame, now: datetime) -> Iterator[str]:
    if not (count := int(taught["waiting"].sum())):
        return
    longest = taught.sort_values("waiting_since", kind="stable").iloc[0]
    student = student_link(longest["waiting_student"], int(longest["waiting_student_id"]), int(longest["class_id"]))
    since = days_ago(longest["waiting_since"], now)
    waits = "waits" if count == 1 else "wait"
    longest_for = "for" if count == 1 else "the longest for"
    of_class = escape(longest["class_name"])
    yield f"{counted(count, 'submission')} {waits} for feedback, {longest_for} {since}: from {student} in {of_class}."


def _need_help(taught: pd.DataFrame) -> Iterator[str]:
    for row, others in _most(taught, "need_help"):
        words = f"{counted(int(row['need_help']), 'student')} of {row['class_name']}"
        verb = "needs" if row["need_help"] == 1 else "need"
        also = f"; so do some in {counted(others, 'other class', 'other classes')}" if others else ""
        yield f"{link(words, 'class_mastery', class_=row['class_id'])} {verb} help on a concept{also}."


def _most(taught: pd.DataFrame, figure: str) -> Iterator[tuple[pd.Series[Any], int]]:
    """The class with most of a figure, and how many other classes have any; nothing where none has."""
    # Students are not added up: one may be in two of the classes.
    having = taught[taught[figure] > 0].sort_values(figure, ascending=False, kind="stable")
    if not having.empty:
        yield having.iloc[0], len(having) - 1
