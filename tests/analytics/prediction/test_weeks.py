"""Weeks by the model: each is what a replay of the attempts up to then says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from edukit.analytics.prediction.attempts import coded
from edukit.analytics.prediction.weeks import BEFORE, weekly_scores

if TYPE_CHECKING:
    from conftest import School

    from edukit.analytics.prediction.model import MasteryModel

WEEK = 7 * 86_400.0
START = 1.6e9


def test_each_week_is_a_replay_up_to_then(school: School, model: MasteryModel) -> None:
    """Those who answered in it, on what they answered, as of its end; older weeks count and are not told."""
    frame = school.frame
    attempts = coded(frame, items=list(model.items), skills=model.skills)
    week = np.minimum((attempts.at - START) // WEEK - 1, 2).astype(np.int64)
    week = np.where(week < 0, BEFORE, week)
    ends = START + WEEK * np.array([2.0, 3.0, 4.0])
    found = weekly_scores(model, attempts, week, ends)
    assert set(found["week"]) == {0, 1, 2}
    for number, end in enumerate(ends):
        until = frame.iloc[np.sort(attempts.rows[week <= number])]
        up_to = coded(until, items=list(model.items), skills=model.skills)
        expected = model.mastery(model.replay(up_to)[2], at=end)
        named = expected.assign(student=up_to.students[expected["student"]])
        here = found[found["week"] == number].drop(columns="week")
        here = here.assign(student=attempts.students[here["student"]])
        both = here.merge(named, on=["student", "skill"], validate="one_to_one")
        assert len(both) == len(here) > 0
        for name in ("mastery_score", "mastery_low", "mastery_high", "total_attempts", "correct_attempts"):
            assert both[f"{name}_x"].tolist() == pytest.approx(both[f"{name}_y"].tolist(), rel=1e-12)
        answered = attempts.at[week == number]
        assert (here["last_at"] >= answered.min()).all()


def test_no_weeks(school: School, model: MasteryModel) -> None:
    """Where no attempt has a week there are no rows, with the same columns."""
    attempts = coded(school.frame.head(50), items=list(model.items), skills=model.skills)
    none = weekly_scores(model, attempts, np.full(len(attempts), BEFORE), np.array([START]))
    some = weekly_scores(model, attempts, np.zeros(len(attempts), dtype=np.int64), np.array([START]))
    assert none.empty
    assert list(none) == list(some)
