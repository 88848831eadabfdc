"""How scores are said: in a cell of the heatmap, on hover, in the table behind it and elsewhere."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from edukit.analytics.wording import counted

if TYPE_CHECKING:
    from pandas.api.typing import NaTType

UNSURE, UP, DOWN = "~", "▲", "▼"


def whole(score: float) -> str:
    """A score without decimals, rounded down: one below a threshold must not read as the threshold."""
    return str(int(score))


def last_seen(moment: pd.Timestamp | NaTType) -> str:
    """The day of an answer in words; no time was recorded: that, and never a made-up date."""
    return "time not recorded" if isinstance(moment, type(pd.NaT)) else f"{moment.day} {moment:%b %Y} (UTC)"


def cell_word(score: float, unsure: bool, change: float) -> str:  # noqa: FBT001 - a cell's own values
    """``72``, ``~72`` where it is unsure, ``72▲`` where it has risen since last week; empty: no answers."""
    if math.isnan(score):
        return ""
    trend = "" if math.isnan(change) else UP if change > 0 else DOWN
    return f"{UNSURE if unsure else ''}{whole(score)}{trend}"


def cell_in_words(row: Any) -> str:
    """``72 developing, 60 to 81, up 12``, as the table has it: shape and colour say the same to who sees them."""
    told = f"{whole(row.mastery_score)} {row.level}, {whole(row.mastery_low)} to {whole(row.mastery_high)}"
    if row.unsure:
        told += ", unsure"
    return told if pd.isna(row.change) else f"{told}, {moved(row.change)}"


def moved(change: float) -> str:
    """``up 12`` or ``down 3``; a change that is told is one point at least."""
    return f"{'up' if change > 0 else 'down'} {max(round(abs(change)), 1)}"


def hover_text(row: Any) -> str:
    """All that there is to say of a cell, as plotly's markup."""
    # plotly reads its own markup in a text; a name must stay a name.
    title = f"<b>{escape(row.student)}</b><br>{escape(row.concept)}<br>"
    if pd.isna(row.mastery_score):
        return title + "No answers yet"
    lines = [
        (
            f"Score {whole(row.mastery_score)} ({row.level}), 90% interval {whole(row.mastery_low)} to "
            f"{whole(row.mastery_high)}"
        ),
        f"{counted(row.total_attempts, 'answer')}, {row.correct_attempts} right",
        f"Last answer: {last_seen(row.last_attempted_at)}",
    ]
    if row.unsure:
        lines.insert(1, "Unsure: too few answers, or too mixed, to say more")
    if not pd.isna(row.change):
        lines.append(f"{UP if row.change > 0 else DOWN} {moved(row.change)} since last week")
    return title + "<br>".join(lines)
