"""Small groups are not told, and nothing lets them be computed."""

from __future__ import annotations

import pandas as pd
import pytest

from edukit.analytics.suppression import LEAST_GROUP, of_told, suppressed, told


@pytest.mark.parametrize(("count", "small"), [(0, False), (1, True), (4, True), (5, False), (400, False)])
def test_the_rule(count: int, small: bool) -> None:  # noqa: FBT001 - the expected value
    """Fewer than five are not told; nobody is."""
    assert suppressed(pd.Series([count])).tolist() == [small]
    assert LEAST_GROUP == 5


def test_figures_go_with_the_count() -> None:
    """Of a small group neither the count nor any figure is left, of others all is."""
    rows = pd.DataFrame({"class": ["A", "B"], "students": [4, 5], "right": [3, 2], "share": [0.75, 0.4]})
    found = told(rows, count="students", figures=["right", "share"])
    assert found["suppressed"].tolist() == [True, False]
    assert found.loc[0, ["students", "right", "share"]].isna().all()
    assert found.loc[1, ["students", "right", "share"]].tolist() == [5, 2, 0.4]
    assert rows["students"].tolist() == [4, 5]


def test_a_sum_rests_on_what_is_told() -> None:
    """Of two groups of which one is small there is no sum; of three the small one is not in it."""
    rows = pd.DataFrame({"topic": [1, 1, 2, 2, 2, 3, 3], "students": [9, 4, 9, 8, 4, 9, 0]})
    assert of_told(rows, by="topic", count="students").index.tolist() == [2, 3]
