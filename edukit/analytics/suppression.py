"""Suppression of small groups: which figures are not told, so that nobody can be read off from them.

A group of fewer than five is not told, and nor is any figure from which it could be computed: what is summed over
groups is summed over those that are told alone, so that no difference of two figures is a group that is not (primary
suppression and protection against differencing: L. Willenborg and T. de Waal, *Elements of statistical disclosure
control*, 2001). This holds of groups that share nobody: of two that are told, one within the other, the difference is
a group as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST_GROUP: Final = 5
"""Students in a group at least, for figures on it to be told."""


def suppressed(count: pd.Series[int]) -> pd.Series[bool]:
    """Whether each group of so many is too small to be told of; one of nobody tells of nobody."""
    return (count > 0) & (count < LEAST_GROUP)


def told(rows: pd.DataFrame, *, count: str, figures: Sequence[str]) -> pd.DataFrame:
    """The rows with the column ``suppressed``, and without count and figures where it holds.

    Args:
        rows: a group each.
        count: column with the number of students in it.
        figures: columns with figures on it.
    """
    small = suppressed(rows[count])
    hidden = {name: rows[name].astype("Float64").where(~small, pd.NA) for name in (count, *figures)}
    return rows.assign(suppressed=small, **hidden)


def of_told(rows: pd.DataFrame, *, by: str, count: str) -> pd.DataFrame:
    """The rows that a sum over groups may rest on: those that are told, where there are two of them at least.

    Args:
        rows: a group each, before anything is taken from them.
        by: column of what is summed up together.
        count: column with the number of students in a group.
    """
    some = rows[(rows[count] > 0) & ~suppressed(rows[count])]
    return some[some.groupby(by)[by].transform("size") > 1]
