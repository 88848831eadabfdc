"""The figures of a backtest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from edukit.analytics.prediction.calibration import reliability
from edukit.ui.backtest_figures import SIZES, measures_chart, reliability_chart


@pytest.mark.parametrize("answers", [0, 1, 1000])
def test_reliability_is_drawn_with_its_uncertainty(answers: int) -> None:
    """A point a bin, within its interval, the larger the more answers; of no answers there is the line alone."""
    rng = np.random.default_rng(1)
    p_correct = rng.random(answers)
    curve = reliability((rng.random(answers) < p_correct).astype(float), p_correct)
    line, points = reliability_chart(curve).data
    assert (list(line.x), list(line.y)) == ([0, 100], [0, 100])
    assert list(points.y) == pytest.approx(100 * curve["is_correct"])
    assert len(points.hovertext) == len(points.marker.size) == len(curve)
    assert all(SIZES[0] <= size <= SIZES[1] for size in points.marker.size)
    ends = np.array([points.error_y.array, points.error_y.arrayminus])
    assert not np.isnan(ends).any()
    assert (ends.sum(axis=0) > 0).all()


def test_the_model_stands_among_its_baselines() -> None:
    """The best first, whichever way is better; what could not be measured is left out."""
    summary: dict[str, Any] = {
        "model": {"auc": 0.8, "rmse": 0.4, "ece": 0.01},
        "baselines": {
            "concept_mean": {"auc": 0.6, "rmse": 0.5, "ece": 0.02},
            "bkt": {"auc": None, "rmse": 0.45, "ece": 0.0},
        },
    }
    assert list(measures_chart(summary).data[0].y) == ["model", "concept mean"]
    assert list(measures_chart(summary, "rmse").data[0].y) == ["model", "bkt", "concept mean"]
    assert list(measures_chart(summary, "ece").data[0].x) == [0.0, 0.01, 0.02]
