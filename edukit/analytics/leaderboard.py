"""Leaderboards: exact ranks with ties, who stands next to a student, and whose name is shown.

Ranks are those of a standard competition: as many stand before you as have more points than you, so that equal
points share a place and leave out the next ones (1, 2, 2, 4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

HIDDEN = "A classmate"
"""Whom classmates see in place of a student who has not agreed to be named."""


def board(points: pd.DataFrame, students: pd.DataFrame) -> pd.DataFrame:
    """The board of a class, in its order: by rank, and by name among equals.

    Args:
        points: ``student_id`` and ``points``, once a student; who is missing has none.
        students: who is on the board, in any order: ``student_id``, ``student``, ``named_on_boards``, and whatever
            else is told of them.

    Returns:
        The rows of ``students``, with ``points``, ``rank`` and ``shown_name``.
    """
    rows = students.merge(points[["student_id", "points"]], on="student_id", how="left")
    rows["points"] = rows["points"].fillna(0).astype("int64")
    rows["rank"] = ranks(rows["points"])
    rows["shown_name"] = rows["student"].where(rows["named_on_boards"].astype(bool), HIDDEN)
    return rows.sort_values(["rank", "student", "student_id"], ignore_index=True)


def ranks(points: pd.Series[int]) -> pd.Series[int]:
    """The place of each of them, from 1: one more than how many have more points."""
    return points.rank(method="min", ascending=False).astype("int64")


def neighbours(board: pd.DataFrame, student_id: int, *, around: int) -> pd.DataFrame:
    """The student's row of a board with so many above and so many below it; no row when they are not on it."""
    places = (board["student_id"] == student_id).to_numpy().nonzero()[0]
    if not len(places):
        return board.iloc[:0]
    return board.iloc[max(places[0] - around, 0) : places[0] + around + 1].reset_index(drop=True)
