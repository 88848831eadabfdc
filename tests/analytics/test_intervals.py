"""Intervals: as published, within their range, and never missing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, pearsonr

from edukit.analytics.intervals import correlation_interval, share_interval


@given(st.integers(0, 60), st.integers(1, 60))
def test_wilson_is_that_of_another_library(right: int, more: int) -> None:
    """Any share's interval equals SciPy's."""
    count = right + more
    expected = binomtest(right, count).proportion_ci(0.90, "wilson")
    assert np.allclose(share_interval(right, count), (expected.low, expected.high))


def test_of_nothing_anything_is_possible() -> None:
    """No answers, or fewer than four pairs, leave the whole range."""
    assert [float(end) for end in share_interval(0, 0)] == pytest.approx([0, 1])
    assert [float(end) for end in correlation_interval(0.9, 3)] == [-1, 1]


def test_fisher_is_that_of_another_library() -> None:
    """A correlation's interval equals SciPy's; a perfect one has an end too."""
    rng = np.random.default_rng(5)
    first = rng.normal(size=30)
    second = first + rng.normal(size=30)
    found = pearsonr(first, second)
    ends = [float(end) for end in correlation_interval(found.statistic, 30)]
    assert ends == pytest.approx([*found.confidence_interval(0.90)])
    assert np.isfinite(correlation_interval(1.0, 10)).all()
