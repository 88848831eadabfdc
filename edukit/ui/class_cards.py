"""A card a class on the first page: its few figures, each with what it means and a link to where it can be seen."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from edukit.analytics.wording import counted
from edukit.queries.help import FEW_ANSWERS
from edukit.ui.attention import days_ago
from edukit.ui.links import PAGES, address, link, student_link

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import pandas as pd


QUIET = "<p>No answers in two weeks. Nothing waits, and nothing is due.</p>"


def class_cards(home: pd.DataFrame, now: datetime) -> str:
    """The cards as HTML, in the order of the frame ``home``; institutions are told where there are several."""
    several = len(set(home["institution"])) > 1
    return f'<ul class="classes">{"".join(_card(row, now, several) for _, row in home.iterrows())}</ul>'


def meaning(thresholds: Sequence[float]) -> str:
    """What the words of the cards stand for, in three sentences.

    Args:
        thresholds: scores at which *developing*, *proficient* and *mastered* begin.
    """
    return (
        f"Who needs help is below {thresholds[0]:g} on a concept of the class, with the whole 90% interval below "
        f"{thresholds[1]:g}, from {FEW_ANSWERS} answers or more. Risk is what the latest prediction says; who is to be "
        "looked at has no answer since it came to that. Choose a line to see what is behind it."
    )


def _card(row: pd.Series[Any], now: datetime, several: bool) -> str:  # noqa: FBT001 - of all cards alike
    class_id = int(row["class_id"])
    members = counted(int(row["students"]), "student") if row["students"] else "nobody is enrolled now"
    about = [row["subject"], members, row["institution"] if several else None]
    told = " · ".join(escape(one) for one in about if isinstance(one, str) and one not in row["class_name"])
    mastery, risk = (address(page, class_=class_id) for page in ("class_mastery", "student_risk"))
    lines = (
        ("answers", _answers(row), mastery),
        ("need_help", _need_help(row), mastery),
        ("at_risk", _at_risk(row), risk),
        ("waiting", _waiting(row, now), None),
        ("due", _due(row, now), None),
    )
    # Where nobody is, or nothing happens, only what is left over from before is worth a line.
    busy = row["students"] and any(row[name] for name in ("earlier_answers", *(name for name, _, _ in lines)))
    worth = [_line(int(row[name]), words, href) for name, words, href in lines if busy or row[name]]
    quiet = QUIET if row["students"] and not busy else ""
    return (
        f'<li class="card"><h3>{link(row["class_name"], "class_mastery", class_=class_id)}</h3>'
        f'<p class="muted">{told}</p>{quiet}<ul>{"".join(worth)}</ul>'
        f"{_pages(row)}</li>"
    )


def _pages(row: pd.Series[Any]) -> str:
    """The other pages of a class; its name leads to its mastery."""
    links = "".join(
        f'<a href="{escape(address(page, class_=int(row["class_id"])))}" '
        f'aria-label="{escape(PAGES[page] + ": " + row["class_name"])}">{escape(PAGES[page])}</a>'
        for page in ("next_lesson", "student_risk", "grievances", "leaderboard")
    )
    return f'<p class="onward">{links}</p>'


def _line(figure: int, words: str, href: str | None) -> str:
    """A figure and its meaning; the whole line is the link. The words are HTML."""
    inside = f"<b>{figure:,}</b><span>{words}</span>"
    quiet = "" if figure else ' class="none"'
    return f'<li{quiet}><a href="{escape(href)}">{inside}</a></li>' if href else f"<li{quiet}><div>{inside}</div></li>"


def _answers(row: pd.Series[Any]) -> str:
    answers = int(row["answers"])
    right = f", {int(row['correct_answers']) / answers:.0%} right" if answers else ""
    noun = "answer" if answers == 1 else "answers"
    return f"{noun} in 7 days{right}; {int(row['earlier_answers']):,} in the 7 before"


def _need_help(row: pd.Series[Any]) -> str:
    return "student needs help on a concept" if row["need_help"] == 1 else "students need help on a concept"


def _at_risk(row: pd.Series[Any]) -> str:
    if not row["predicted"]:
        return "at risk: nothing has been predicted yet"
    who = "student at high or critical risk is" if row["at_risk"] == 1 else "students at high or critical risk are"
    return f"{who} to be looked at"


def _waiting(row: pd.Series[Any], now: datetime) -> str:
    if not row["waiting"]:
        return "submissions wait for feedback"
    student = student_link(row["waiting_student"], int(row["waiting_student_id"]), int(row["class_id"]))
    since = days_ago(row["waiting_since"], now)
    if row["waiting"] == 1:
        return f"submission waits for feedback, for {since}, from {student}"
    return f"submissions wait for feedback, the longest for {since}, from {student}"


def _due(row: pd.Series[Any], now: datetime) -> str:
    if not row["due"]:
        return "assignments are due in 7 days"
    days = (row["next_due_at"] - now).days
    when = f"in {counted(days, 'day')}" if days else "within a day"
    noun = "assignment is" if row["due"] == 1 else "assignments are"
    first = "" if row["due"] == 1 else "first "
    return f"{noun} due in 7 days: {first}“{escape(row['next_due'])}”, {when}"
