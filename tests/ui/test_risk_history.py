"""A year of daily predictions, as far as a chart shows it."""

from __future__ import annotations

import pandas as pd

from edukit.ui.risk_history import thinned


def test_older_weeks_have_one_point() -> None:
    """Every day of the last eight weeks, of each week before the last day, and every day that was answered."""
    days = pd.date_range("2026-01-05", "2026-06-14", freq="D")  # 23 weeks from Monday to Sunday
    history = pd.DataFrame({"predicted_on": days, "response": None})
    history.loc[2, "response"] = "dismissed"
    shown = thinned(history)["predicted_on"]
    assert (shown > "2026-04-19").sum() == 56
    earlier = shown[shown <= "2026-04-19"]
    assert len(earlier) == 15 + 1
    assert earlier[earlier.dt.day_of_week != 6].tolist() == [pd.Timestamp("2026-01-07")]
    weekly = history[::7]
    assert len(thinned(weekly)) == len(weekly)
