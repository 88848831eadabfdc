"""Counts out of fold, and rates that are drawn towards their parent's."""

from __future__ import annotations

import numpy as np

from edukit.analytics.prediction.tables import PARENTS, counted, rate_features, rates


def test_counts_leave_out_the_own_fold() -> None:
    """An answer's counts are those of the other folds; the table's own are of all."""
    keys = np.array([5, 5, 5, 9])
    table, (right, count) = counted(keys, np.array([1.0, 0.0, 1.0, 1.0]), np.array([0, 0, 1, 1]))
    assert right.tolist() == [1.0, 1.0, 1.0, 0.0]
    assert count.tolist() == [1.0, 1.0, 2.0, 0.0]
    assert [values.tolist() for values in table.of(np.array([9, 5, 7, -1]))] == [[1, 2, 0, 0], [1, 3, 0, 0]]


def test_no_answers_make_an_empty_table() -> None:
    """Of nothing there are no counts."""
    nothing = np.zeros(0)
    table, (right, count) = counted(nothing.astype(int), nothing, nothing.astype(int))
    assert (len(right), len(count)) == (0, 0)
    assert [values.tolist() for values in table.of(np.array([3]))] == [[0.0], [0.0]]


def test_what_was_never_seen_says_what_its_parent_says() -> None:
    """An item without answers has its skill's rate; one with many its own."""
    counts = {
        "skill": (np.array([90.0, 90.0]), np.array([100.0, 100.0])),
        "item": (np.array([0.0, 1e6]), np.array([0.0, 4e6])),
    }
    found = rates(counts, 0.5)
    assert found["item"][0] == found["skill"][0]
    np.testing.assert_allclose(found["item"][1], 0.25, atol=1e-4)


def test_features_of_a_million_answers_and_of_none_are_numbers() -> None:
    """All right, all wrong or nothing: log-odds stay finite."""
    values = np.array([0.0, 0.0, 1e6]), np.array([0.0, 1e6, 1e6])
    features = rate_features(dict.fromkeys(PARENTS, values), 0.5)
    assert np.isfinite(features).all()
