"""Boards as tables, what a class did together, and what one student earned, as HTML. Every name is escaped."""

from __future__ import annotations

from html import escape
from typing import Any

import pandas as pd

from edukit.analytics.leaderboard import HIDDEN
from edukit.analytics.wording import counted
from edukit.ui.cards import each, figures, moment, sentence
from edukit.ui.links import student_link
from edukit.ui.tables import table

AWARDS_SHOWN = 50
MISSING = '<span class="muted">&ndash;</span>'
AWARDED_FOR = {
    "practice": "practice",
    "submission": "work handed in",
    "feedback": "acting on feedback",
    "achievement": "an achievement",
    "streak": "days in a row",
}
"""What each type of event is in words."""
TO_CLASS = (
    "rank", "shown_name", "points", "recent_points", "level", "current_streak", "best_streak", "badges",
)  # fmt: skip
TO_TEACHER = (
    "rank", "student_id", "student", "shown_name", "points", "recent_points", "xp", "level", "current_streak",
    "best_streak", "badges", "last_active_on",
)  # fmt: skip
"""What each view tells of a student: the class reads no id, no hidden name and no day."""
WORDS = {
    "shown_name": "To the class", "points": "Points", "recent_points": "Last 7 days", "xp": "Experience",
    "level": "Level", "current_streak": "Days in a row", "best_streak": "Most days in a row", "badges": "Badges",
    "last_active_on": "Last award",
}  # fmt: skip


def in_order(board: pd.DataFrame, *, names: bool) -> pd.DataFrame:
    """The board in the order of a view: by rank, and among equals by the name that is shown there.

    Args:
        board: the frame ``leaderboard``.
        names: whether all names are shown; else only those by consent: the order tells nothing of the others.
    """
    name = "student" if names else "shown_name"
    return board.sort_values(["rank", name, "student_id"], ignore_index=True)


def told_of(board: pd.DataFrame, *, names: bool) -> pd.DataFrame:
    """What a view tells of rows of a board: the columns of the table, and of the file."""
    return board[list(TO_TEACHER if names else TO_CLASS)]


def board_table(
    rows: pd.DataFrame, caption: str, *, class_id: int, chosen: int | None = None, recent: str = "Last 7 days"
) -> str:
    """Rows of :func:`told_of` as a table.

    Args:
        rows: what is told; a name that stands with an id leads to the student's page.
        caption: what the table holds, for those who do not see it.
        class_id: class of the board.
        chosen: place of the row that is marked; None: of none.
        recent: what the recent points are of.
    """
    words = {**WORDS, "recent_points": recent}
    columns = [name for name in rows.columns if name in WORDS and (name != "shown_name" or "student_id" in rows)]
    head = "".join(f'<th scope="col">{words[name]}</th>' for name in columns)
    body = "".join(
        _board_row(row, columns, class_id, marked=place == chosen)
        for place, row in enumerate(rows.to_dict(orient="records"))
    )
    return table(caption, f'<th scope="col">Place and student</th>{head}', body, kind="board")


def together(board: pd.DataFrame, days: str = "") -> str:
    """What the class did together, in four figures.

    Args:
        board: the frame ``leaderboard``.
        days: of which days its recent points are, in words; empty: of the last seven.
    """
    when = "on these days" if days else "in the last 7 days"
    earned = int((board["recent_points"] > 0).sum())
    cards = (
        (
            f"Together {when}",
            f"{board['recent_points'].sum():,}",
            f"points in this class{', ' + days if days else ''}",
        ),
        ("Who earned some of them", f"{earned:,}", f"of {counted(len(board), 'student')}"),
        ("Two days in a row or more", f"{(board['current_streak'] > 1).sum():,}", "students, up to today or yesterday"),
        ("Badges", f"{board['badges'].sum():,}", "earned by them so far, in all classes"),
    )
    return figures(cards)


def board_sentence(board: pd.DataFrame) -> str:
    """The board in words, without a name."""
    points = board["points"]
    if not points.any():
        return "No points have been awarded in this class yet: everybody shares the first place."
    shared, none = int(board.duplicated("rank", keep=False).sum()), int((points == 0).sum())
    without = f"{none:,} {'has' if none == 1 else 'have'} none yet" if none else "everybody has some"
    ties = f"{shared:,} share their place with somebody" if shared else "nobody shares a place"
    return (
        f"{counted(len(board), 'student')}: the first place has {counted(int(points.max()), 'point')}, the middle of "
        f"the class {points.median():,.0f}; {without}; {ties}."
    )


def badge_list(badges: pd.DataFrame, when: str = "") -> str:
    """A student's badges, a card each.

    Args:
        badges: the frame ``badges``.
        when: of which days they are, in words; empty: of all.
    """
    if badges.empty:
        return sentence(f"No badge {when or 'yet'}.")
    cards = "".join(
        f'<li class="card"><b>{escape(row.name)}</b> <span class="state">{escape(row.rarity)}</span>'
        f'<p class="muted">{_text(row.description, "")}<br>{moment(row.unlocked_at)}</p></li>'
        for row in each(badges)
    )
    return f'<ul class="badges">{cards}</ul>'


def ledger_table(ledger: pd.DataFrame, *, undo: bool = True, when: str = "") -> str:
    """A student's latest awards, each with a button that takes it back: ``data-choice`` is the event's id.

    Args:
        ledger: the frame ``points_ledger``, the latest first.
        undo: whether there are the buttons.
        when: of which days it is, in words; empty: of all.
    """
    if ledger.empty:
        return sentence(f"No awards {when or 'yet'}.")
    names = ("When", "For", "Points", "Experience", "Class", "By", "Undo" if undo else "Taken back")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    body = "".join(_ledger_row(row, undo=undo) for row in each(ledger.head(AWARDS_SHOWN)))
    older = len(ledger) - AWARDS_SHOWN
    note = f'<p class="lead">{counted(older, "older event")} not listed.</p>' if older > 0 else ""
    return table("Awards, the latest first", head, body, kind="answers ledger") + note


def _board_row(row: dict[Any, Any], columns: list[str], class_id: int, *, marked: bool) -> str:
    if "student_id" in row:
        name = f"<bdi>{student_link(row['student'], row['student_id'], class_id)}</bdi>"
    else:
        name = f"<bdi>{escape(row['shown_name'])}</bdi>"
    cells = "".join(_cell(name, row[name]) for name in columns)
    mark = ' class="chosen" aria-current="true"' if marked else ""
    return f'<tr{mark}><th scope="row"><span><b>{row["rank"]}</b>{name}</span></th>{cells}</tr>'


def _cell(name: str, value: Any) -> str:
    if name == "shown_name":
        return f'<td class="number">{"hidden" if value == HIDDEN else "by name"}</td>'
    if name == "last_active_on":
        return f'<td class="number">{MISSING if pd.isna(value) else value.date()}</td>'
    return f'<td class="number">{value:,}</td>'


def _ledger_row(row: Any, *, undo: bool) -> str:
    what = AWARDED_FOR.get(row.event_type, "taken back")
    if not pd.isna(row.badge):
        what = f"the badge {row.badge}"
    may = undo and row.event_type in AWARDED_FOR and pd.isna(row.badge) and not row.taken_back
    name = f"Take back {row.points:,} points for {what}"
    button = (
        f'<button type="button" data-choice="{escape(row.event_id)}" aria-label="{escape(name)}">Take back</button>'
    )
    act = '<span class="muted">taken back</span>' if row.taken_back else button if may else ""
    return (
        f'<tr><th scope="row">{moment(row.occurred_at)}</th><td>{escape(what)}</td>'
        f'<td class="number">{row.points:,}</td><td class="number">{row.xp:,}</td><td>{_text(row.class_name)}</td>'
        f"<td>{_text(row.awarded_by, 'by rule')}</td><td>{act}</td></tr>"
    )


def _text(value: Any, missing: str = MISSING) -> str:
    return missing if pd.isna(value) else f"<bdi>{escape(str(value))}</bdi>"
