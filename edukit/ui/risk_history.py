"""A student's predictions over time, as a sentence and a table, and those of them that a chart shows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from edukit.analytics.wording import counted
from edukit.ui.cards import each
from edukit.ui.listing import listing
from edukit.ui.risk_cards import is_known
from edukit.ui.score_words import whole
from edukit.ui.student_cards import day

if TYPE_CHECKING:
    from collections.abc import Iterable

EVERY_DAY_WEEKS = 8
"""Weeks of which a chart shows every prediction; of those before, one a week."""


def thinned(history: pd.DataFrame) -> pd.DataFrame:
    """The predictions of the last weeks, and of the weeks before each the latest and those that were answered."""
    days = history["predicted_on"]
    weeks = (days - pd.to_timedelta(days.dt.day_of_week, unit="D")).dt.normalize()
    late = days > days.max() - pd.Timedelta(weeks=EVERY_DAY_WEEKS)
    shown: pd.DataFrame = history[late | ~weeks.duplicated(keep="last") | history["response"].notna()]
    return shown


def history_sentence(history: pd.DataFrame, done: pd.DataFrame, when: str = "") -> str:
    """What the chart of a student's scores shows, for those who do not see it; of which days, in words, or of all."""
    if history.empty:
        return f"Nothing was predicted {when}." if when else "Nothing can be said yet, so there is no chart."
    first, last = history.iloc[0], history.iloc[-1]
    top = history.iloc[int(history["risk_score"].argmax())]
    return (
        f"{counted(len(history), 'prediction')} from {day(first['predicted_on'])} to {day(last['predicted_on'])}: "
        f"the latest is {whole(last['risk_score'])} of 100 ({last['risk_level']}), the highest was "
        f"{whole(top['risk_score'])} on {day(top['predicted_on'])}; {counted(len(done), 'intervention')}, "
        f"{counted(int(history['response'].notna().sum()), 'answer')}."
    )


def history_table(history: pd.DataFrame) -> str:
    """A student's predictions with what each rests on, the latest first: the frame ``risk_history``."""
    rows = history.iloc[::-1]
    shown = pd.DataFrame(
        {
            "day": [day(on) for on in rows["predicted_on"]],
            "score": [whole(row.risk_score) if is_known(row) else None for row in each(rows)],
            "level": [row.risk_level if is_known(row) else "too little known" for row in each(rows)],
            "confidence": [f"{share:.0%}" for share in rows["confidence"]],
            "work a week": _figures(rows["submission_frequency"], "{:.1f}"),
            "change of marks": _figures(rows["code_quality_trend"], "{:+.0f}"),
            "practice (usual: 50)": _figures(rows["engagement_score"], "{:.0f}"),
            "days from comment to practice": _figures(rows["feedback_response_hours"] / 24, "{:.1f}"),
            "reasons": [None if pd.isna(text) or not text else " ".join(text.splitlines()) for text in rows["reasons"]],
        }
    )
    listed = listing(shown, "Predictions of the student with what each rests on, the latest first")
    return f'<div class="evidence">{listed}</div>'


def _figures(values: Iterable[Any], form: str) -> list[str | None]:
    return [None if pd.isna(value) else form.format(value) for value in values]
