"""A score is explained: what it means, rests on, was moved by, and who says so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from edukit.analytics.mastery_explanation import BY_MODEL, BY_RULE, NO_WEEKS, NOT_KEPT, explanation

THRESHOLDS = (50.0, 80.0, 95.0)
ROW = {
    "concept_id": 7, "mastery_score": 72.9, "mastery_low": 60.2, "mastery_high": 81.0, "level": "developing",
    "total_attempts": 9, "correct_attempts": 6, "last_attempted_at": pd.Timestamp("2026-06-12 08:00", tz="UTC"),
    "unsure": False,
}  # fmt: skip


def weeks(*rows: tuple[str, float, int, int]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["week_start", "mastery_score", "total_attempts", "correct_attempts"])
    return frame.assign(week_start=frame["week_start"].astype("datetime64[s]"), concept_id=7)


HISTORY = weeks(("2026-06-01", 60.0, 6, 3), ("2026-06-08", 72.9, 9, 6))


def told(*, history: pd.DataFrame = HISTORY, by_model: bool = False, **other: object) -> list[str]:
    return explanation(pd.Series(ROW | other), history, THRESHOLDS, by_model=by_model)


def test_in_words() -> None:
    """Level, interval, evidence, what moved it and the rule, a sentence or two each."""
    meaning, rests, moved, by = told()
    assert "about 72 would be right; nine times of ten it is 60 to 81" in meaning
    assert meaning.endswith("That is developing (50 to below 80).")
    assert rests == "It rests on 9 answers, 6 of them right; the last was on 12 June 2026 (UTC)."
    assert moved == "3 answers in the week of 8 June, 3 of them right, raised it from 60 to 72."
    assert by == BY_RULE
    assert told(by_model=True)[-1] == BY_MODEL


@pytest.mark.parametrize(
    ("history", "said"),
    [
        (HISTORY.iloc[:0], NOT_KEPT),
        (HISTORY.iloc[:1], "In the past year it was answered on in the week of 1 June alone."),
        (HISTORY.assign(concept_id=8), NOT_KEPT),
        (weeks(("2026-06-01", 72.1, 6, 3), ("2026-06-08", 72.9, 7, 4)), "1 answer in the week of 8 June, 1 of them"),
        (weeks(("2026-06-01", 80.0, 6, 3), ("2026-06-08", 72.9, 7, 3)), "lowered it from 80 to 72."),
    ],
)
def test_what_moved_it(history: pd.DataFrame, said: str) -> None:
    """Whatever there is of the past, also nothing, is said."""
    assert said in told(history=history)[2]
    assert told(history=HISTORY.iloc[:0], last_attempted_at=pd.NaT)[2] == NO_WEEKS


def test_need_and_doubt() -> None:
    """Who needs help is said to, and of what is unsure that it is."""
    assert "needs help" in told(mastery_score=20.0, mastery_low=9.0, mastery_high=40.0, level="beginning")[0]
    assert "It is unsure" in told(unsure=True)[0]


def test_without_answers() -> None:
    """No answers are a sentence, and no figure."""
    assert told(mastery_score=np.nan) == ["No answers on it yet, so there is no score."]
    assert told(last_attempted_at=pd.NaT)[1] == "It rests on 9 answers, 6 of them right."
