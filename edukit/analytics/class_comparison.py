"""Comparison of classes: how their students are spread over the levels, topic by topic, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from edukit.analytics.intervals import share_interval
from edukit.analytics.mastery import LEVELS, mastery_level
from edukit.analytics.suppression import of_told, told
from edukit.queries.frames import CLASS_COMPARISON

if TYPE_CHECKING:
    from collections.abc import Sequence

COUNT = "students_answered"
WELL = list(LEVELS[LEVELS.index("proficient") :])
FIGURES = [*LEVELS, "share_proficient", "share_low", "share_high"]
TOGETHER = "Together"
"""The name of the row that sums up the classes of a topic."""


def class_comparison(
    scores: pd.DataFrame, classes: pd.DataFrame, topics: pd.DataFrame, *, thresholds: Sequence[float]
) -> pd.DataFrame:
    """Each topic that somebody has answered on, with the levels of each class's students; small groups are not told.

    Args:
        scores: ``class_id``, ``student_id``, ``topic_id`` and ``mastery_score`` (0-100: the mean of the concepts of
            the topic that the student has answered on), once each.
        classes: ``class_id`` and ``class_name``, in their order.
        topics: ``topic_id`` and ``topic``, in the order of the curriculum.
        thresholds: scores at which *developing*, *proficient* and *mastered* begin.

    Returns:
        Columns of ``frames.CLASS_COMPARISON``: by topic, the classes in their order, and after them, where two or
        more are told and nobody is in two of these, these together.
    """
    level = pd.Series(mastery_level(scores["mastery_score"], thresholds), index=scores.index).astype("str")
    found = pd.crosstab([scores["topic_id"], scores["class_id"]], level).reindex(columns=list(LEVELS), fill_value=0)
    answered = topics[topics["topic_id"].isin(scores["topic_id"])].assign(place=lambda rows: range(len(rows)))
    order = classes[["class_id", "class_name"]].assign(column=range(len(classes)))
    grid = answered.merge(order, how="cross").merge(found.reset_index(), "left", ["topic_id", "class_id"])
    counted = grid.fillna(dict.fromkeys(LEVELS, 0)).astype(dict.fromkeys(LEVELS, "int64"))
    counted[COUNT] = counted[list(LEVELS)].sum(axis=1)
    apart = _disjoint(of_told(counted, by="topic_id", count=COUNT), scores)
    together = apart.groupby(["topic_id", "topic", "place"], as_index=False)
    sums = together[[*LEVELS, COUNT]].sum().assign(class_id=None, class_name=TOGETHER, column=len(classes))
    rows = pd.concat([counted, sums], ignore_index=True).sort_values(["place", "column"], ignore_index=True)
    return CLASS_COMPARISON.typed(told(_shares(rows), count=COUNT, figures=FIGURES))


def _disjoint(told_rows: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """The rows of topics in which no student is in two of the classes: the sum would count them twice."""
    pairs = scores.merge(told_rows[["topic_id", "class_id"]], on=["topic_id", "class_id"])
    twice = pairs.loc[pairs.duplicated(["topic_id", "student_id"]), "topic_id"]
    return told_rows[~told_rows["topic_id"].isin(twice)]


def _shares(rows: pd.DataFrame) -> pd.DataFrame:
    """With the share who are proficient or above, and its interval; missing where nobody has answered."""
    well, count = rows[WELL].sum(axis=1), rows[COUNT]
    low, high = share_interval(well, count)
    some = count > 0
    return rows.assign(
        share_proficient=(well / count.clip(lower=1)).where(some),
        share_low=pd.Series(low, index=rows.index).where(some),
        share_high=pd.Series(high, index=rows.index).where(some),
    )
