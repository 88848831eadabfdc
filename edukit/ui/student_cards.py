"""Pieces of a student's page as HTML: who it is, what they master, week by week. Every name is escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from edukit.analytics.wording import counted
from edukit.queries.frames import Column, Frame
from edukit.queries.frames.student import DAY
from edukit.ui.cards import figures, lead, moment
from edukit.ui.score_words import whole
from edukit.ui.tables import table

if TYPE_CHECKING:
    from collections.abc import Sequence

WEEKS = 52
"""How many weeks are shown, this one included."""
LATEST_WEEKS = f"in the last {WEEKS} weeks"
WEEKLY = Frame(
    "weekly_activity",
    (
        Column("week", DAY, "Monday with which the week begins"),
        Column("attempts", "int64", "answers in it"),
        Column("correct_attempts", "int64", "right ones among them"),
        Column("correct_share", "float64", "right ones among them, 0-1; missing: no answers", nullable=True),
        Column("minutes", "float64", "minutes spent on those answers whose time is known"),
        Column("submissions", "int64", "pieces of work handed in"),
    ),
)
"""The weeks that are shown."""
AS_OF_NOW = (
    "The days that are chosen say which answers, work, interventions and awards are shown; scores, risk and points "
    "stand as they are now."
)
ERASED = "What told who they were has been erased; what is left counts and teaches."


def day(moment: pd.Timestamp) -> str:
    """A day in words."""
    return f"{moment.day} {moment:%b %Y}"


def who(row: pd.Series[Any]) -> str:
    """A student's name, and where they belong or when they left: the row of the frame ``student``."""
    name = f'<h2 class="who" tabindex="-1"><bdi>{escape(row["student"])}</bdi></h2>'
    if not pd.isna(row["departed_at"]):
        return f'{name}<p class="notice">Left on {moment(row["departed_at"])}. {ERASED}</p>'
    grade = "" if pd.isna(row["grade"]) else f"Grade {row['grade']} · "
    classes = "in no class now" if pd.isna(row["classes"]) else row["classes"]
    seen = "" if pd.isna(row["last_attempted_at"]) else f" · last answer {moment(row['last_attempted_at'])}"
    belongs = f"{grade}{row['institution']} · {classes}"
    return f'{name}<p class="lead">{escape(belongs)}{seen}</p>'


def standing_row(row: pd.Series[Any], work: pd.DataFrame, active: pd.DataFrame | None = None, days: str = "") -> str:
    """A student in four figures, each with what it means.

    Args:
        row: the row of the frame ``student``.
        work: rows of the frame ``submissions``.
        active: rows of the frame ``activity``, of the days that are chosen; None: of all days, and not needed.
        days: these days in words; empty: all.
    """
    answers, right = int(row["attempts"]), row["correct_share"]
    if active is not None:
        answers = int(active["attempts"].sum())
        right = active["correct_attempts"].sum() / answers if answers else None
    share = f"none {days or 'yet'}" if pd.isna(right) else f"{right:.0%} of them right{', ' + days if days else ''}"
    median = "none" if pd.isna(row["median_mastery"]) else whole(row["median_mastery"])
    states = work["state"].value_counts()
    handed_in = int((work["submissions"] > 0).sum())
    streak = f"streak {counted(int(row['current_streak']), 'day')}, best {row['best_streak']:,}"
    waits = f"{states.get('missing', 0):,} missing, {states.get('waiting for feedback', 0):,} waiting for feedback"
    row_of_figures = figures(
        (
            ("Answers", f"{answers:,}", share),
            ("Median mastery", median, f"middle of {counted(int(row['concepts']), 'score')}, 0 to 100"),
            ("Work handed in", f"{handed_in:,}", f"of {counted(len(work), 'assignment')}; {waits}"),
            ("Points", f"{row['points']:,}", f"level {row['level']:,} ({row['xp']:,} XP), {streak}"),
        )
    )
    return row_of_figures + (lead(AS_OF_NOW) if days else "")


def mastery_sentence(frame: pd.DataFrame, thresholds: Sequence[float]) -> str:
    """Where a student stands by topic, in a sentence: rows of the frame ``student_mastery``."""
    if frame.empty:
        return "No answers yet, so there is no mastery to show."
    below = int((frame["mastery_score"] < thresholds[0]).sum())
    text = (
        f"{counted(len(frame), 'concept')} in {counted(frame['topic'].nunique(), 'topic')}: "
        f"{below:,} {'is' if below == 1 else 'are'} below {thresholds[0]:g}"
    )
    medians = frame.groupby("topic", sort=False)["mastery_score"].median().sort_values(kind="stable")
    if len(medians) > 1:
        text += (
            f"; weakest topic is {medians.index[0]} (median {whole(medians.iloc[0])}), "
            f"strongest {medians.index[-1]} ({whole(medians.iloc[-1])})"
        )
    return text + "."


def mastery_table(frame: pd.DataFrame) -> str:
    """Concepts by topic, each with its score as a bar, its interval and what it rests on."""
    if frame.empty:
        return ""
    names = ("Concept", "Score", "With its 90% interval", "Level", "Answers", "Last answer")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    runs = (frame["topic"] != frame["topic"].shift()).cumsum()
    body = "".join(_topic(rows) for _, rows in frame.groupby(runs, sort=False))
    caption = "Mastery by topic and concept"
    # A region that scrolls has to be reachable by keyboard, and so to have a name.
    return (
        f'<div class="scroll" role="region" aria-label="{caption}" tabindex="0"><table class="listing mastery">'
        f"<caption>{caption}</caption><thead><tr>{head}</tr></thead>{body}</table></div>"
    )


def _topic(rows: pd.DataFrame) -> str:
    topic = rows["topic"].iloc[0]
    median = whole(rows["mastery_score"].median())
    head = (
        f'<tr class="group"><th scope="rowgroup" colspan="6">{escape(topic)} '
        f'<span class="muted">median {median} of {counted(len(rows), "concept")}</span></th></tr>'
    )
    body = "".join(
        f'<tr><th scope="row">{escape(concept)}</th><td class="number">{whole(score)}</td>'
        f"<td>{_bar(score, low, high, level)}</td><td>{escape(level)}</td>"
        f'<td class="evidence">{right:,} of {answers:,} right</td><td>{moment(last)}</td></tr>'
        for concept, score, low, high, level, answers, right, last in rows[
            [
                "concept", "mastery_score", "mastery_low", "mastery_high", "level", "total_attempts",
                "correct_attempts", "last_attempted_at",
            ]
        ].itertuples(index=False)
    )  # fmt: skip
    return f"<tbody>{head}{body}</tbody>"


def _bar(score: float, low: float, high: float, level: str) -> str:
    spoken = f"{whole(score)}, interval {whole(low)} to {whole(high)}"
    return (
        f'<span class="bar" role="img" aria-label="{spoken}" title="{spoken}">'
        f'<i class="{escape(level)}" style="width:{score:.1f}%"></i>'
        f'<i class="interval" style="left:{low:.1f}%;width:{high - low:.1f}%"></i></span>'
    )


def weeks_sentence(weeks: pd.DataFrame, when: str = LATEST_WEEKS) -> str:
    """What the chart of weeks shows, for those who do not see it, and of when they are, in words."""
    answers, right = int(weeks["attempts"].sum()), int(weeks["correct_attempts"].sum())
    if not answers:
        return f"No answers with a time {when}."
    most: pd.Series[Any] = weeks.iloc[int(weeks["attempts"].argmax())]
    idle = int((weeks["attempts"] == 0).sum())
    return (
        f"{counted(answers, 'answer')} {when}, {right / answers:.0%} right; most in the week of "
        f"{day(most['week'])} ({most['attempts']:,}); {idle:,} of {counted(len(weeks), 'week')} since that of "
        f"{day(weeks['week'].iloc[0])} without answers."
    )


def weeks_table(weeks: pd.DataFrame) -> str:
    """The weeks as a table, the latest first."""
    names = ("Week of", "Answers", "Right", "Share right", "Minutes", "Handed in")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    body = "".join(
        f'<tr><th scope="row">{day(week)}</th><td class="number">{answers:,}</td><td class="number">{right:,}</td>'
        f'<td class="number">{"&ndash;" if pd.isna(share) else format(share, ".0%")}</td>'
        f'<td class="number">{minutes:,.0f}</td><td class="number">{handed_in:,}</td></tr>'
        for week, answers, right, share, minutes, handed_in in weeks.iloc[::-1][
            ["week", "attempts", "correct_attempts", "correct_share", "minutes", "submissions"]
        ].itertuples(index=False)
    )
    return table("Answers week by week, the latest first", head, body, kind="answers")
