"""How one student's score on one concept comes about, in a teacher's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from edukit.analytics.mastery import DECAY, LEVELS
from edukit.analytics.wording import counted
from edukit.queries.help import in_need

if TYPE_CHECKING:
    from collections.abc import Sequence

BY_MODEL = (
    "It is the school's model that says so: from all answers of the student, how hard each question is for everybody, "
    "and how long ago it was."
)
BY_RULE = (
    f"It is a simple rule that says so: the share of right answers, of which each counts {1 - DECAY:.0%} less than the "
    "one after it."
)
NO_WEEKS = "When the answers were given is not recorded, so nobody can say what it was before."
NOT_KEPT = "How it moved is not kept: that is known of answers of the past year."


def explanation(
    row: pd.Series[Any], history: pd.DataFrame, thresholds: Sequence[float], *, by_model: bool
) -> list[str]:
    """What a score means, what it rests on, what moved it of late and what it was computed by; a sentence or two each.

    Args:
        row: of the frame ``class_mastery``, with ``unsure`` of :func:`edukit.analytics.mastery_marks.marked`.
        history: the student's rows of the frame ``mastery_history``.
        thresholds: scores (0-100) at which *developing*, *proficient* and *mastered* begin.
        by_model: whether a model scored it, and not the rule.
    """
    if pd.isna(row["mastery_score"]):
        return ["No answers on it yet, so there is no score."]
    weeks = history[history["concept_id"] == row["concept_id"]]
    moved = _moved(weeks, is_timed=not pd.isna(row["last_attempted_at"]))
    return [_meaning(row, thresholds), _evidence(row), moved, BY_MODEL if by_model else BY_RULE]


def _meaning(row: pd.Series[Any], thresholds: Sequence[float]) -> str:
    score, low, high = (int(row[f"mastery_{name}"]) for name in ("score", "low", "high"))
    text = (
        f"A score of {score} means that of 100 answers like the next one about {score} would be right; nine times of "
        f"ten it is {low} to {high} of them. That is {row['level']} ({_span(str(row['level']), thresholds)})."
    )
    if in_need(row["mastery_score"], row["mastery_high"], row["total_attempts"], thresholds):
        return f"{text} The student needs help on it: even {high} would not be proficient."
    if row["unsure"]:
        return f"{text} It is unsure: the answers are too few, or too mixed, to say more."
    return text


def _span(level: str, thresholds: Sequence[float]) -> str:
    place = LEVELS.index(level)
    starts, ends = [0.0, *thresholds], [*thresholds, 100.0]
    return f"{starts[place]:g} to {'below ' if place < len(thresholds) else ''}{ends[place]:g}"


def _evidence(row: pd.Series[Any]) -> str:
    last = row["last_attempted_at"]
    when = "" if pd.isna(last) else f"; the last was on {last.day} {last:%B %Y} (UTC)"
    return f"It rests on {counted(row['total_attempts'], 'answer')}, {row['correct_attempts']:,} of them right{when}."


def _moved(weeks: pd.DataFrame, *, is_timed: bool) -> str:
    """What the last week with answers has done to the score."""
    if weeks.empty:
        return NOT_KEPT if is_timed else NO_WEEKS
    last = weeks.iloc[-1]
    week = f"the week of {last['week_start'].day} {last['week_start']:%B}"
    if len(weeks) == 1:
        return f"In the past year it was answered on in {week} alone."
    before = weeks.iloc[-2]
    answers = int(last["total_attempts"] - before["total_attempts"])
    right = int(last["correct_attempts"] - before["correct_attempts"])
    then, now = int(before["mastery_score"]), int(last["mastery_score"])
    did = f"raised it from {then} to {now}" if now > then else f"lowered it from {then} to {now}"
    if now == then:
        did = f"left it at {now}"
    return f"{counted(answers, 'answer')} in {week}, {right:,} of them right, {did}."
