"""Boards: ranks as they are defined, in an order of their own, and names by consent only."""

from __future__ import annotations

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.leaderboard import HIDDEN, board, neighbours, ranks

totals = st.lists(st.integers(-5, 8), max_size=12)


def class_of(points: list[int]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Points by student, and the students: every third has agreed to be named, and names repeat."""
    ids = range(101, 101 + len(points))
    students = pd.DataFrame({"student_id": [*ids], "student": [f"Name {place % 4}" for place in range(len(points))]})
    students["named_on_boards"] = students["student_id"] % 3 == 0
    return pd.DataFrame({"student_id": [*ids], "points": points}).astype("int64"), students


@given(totals)
def test_ranks_are_one_more_than_who_is_above(points: list[int]) -> None:
    """Each rank is one more than how many have more points: 1, 2, 2, 4."""
    naive = [1 + sum(other > own for other in points) for own in points]
    assert ranks(pd.Series(points, dtype="int64")).tolist() == naive
    assert ranks(pd.Series([7, 5, 5, 1])).tolist() == [1, 2, 2, 4]


@given(totals, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(points: list[int], random: object) -> None:
    """Shuffled points and students make the same board, row by row."""
    of_each, students = class_of(points)
    order = [*range(len(points))]
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = board(of_each.iloc[order], students.iloc[order[::-1]])
    pd.testing.assert_frame_equal(shuffled, board(of_each, students))


@given(totals)
def test_a_board_is_by_rank_and_names_only_who_agreed(points: list[int]) -> None:
    """Ranks never fall, everybody is there once, and the name shown is the student's own or nobody's."""
    of_each, students = class_of(points)
    made = board(of_each, students)
    assert made["rank"].is_monotonic_increasing
    assert sorted(made["student_id"]) == students["student_id"].tolist()
    for row in made.itertuples():
        assert row.shown_name == (row.student if row.student_id % 3 == 0 else HIDDEN)


def test_who_has_no_points_stands_last_with_none() -> None:
    """A student of whom the points say nothing has 0, and points of somebody else are left out."""
    points = pd.DataFrame({"student_id": [102, 999], "points": [5, 50]})
    _, students = class_of([0, 0])
    assert board(points, students)[["student_id", "points", "rank"]].to_numpy().tolist() == [[102, 5, 1], [101, 0, 2]]


@given(totals.filter(bool), st.integers(0, 3), st.data())
def test_neighbours_are_those_next_to_a_student(points: list[int], around: int, data: st.DataObject) -> None:
    """So many rows above and below, fewer at the ends, with the ranks of the whole board."""
    made = board(*class_of(points))
    place = data.draw(st.integers(0, len(points) - 1))
    near = neighbours(made, int(made["student_id"].iloc[place]), around=around)
    expected = [row for row in range(len(made)) if abs(row - place) <= around]
    pd.testing.assert_frame_equal(near, made.iloc[expected].reset_index(drop=True))


def test_who_is_not_on_the_board_has_no_neighbours() -> None:
    """A student of another class is nobody's neighbour."""
    assert neighbours(board(*class_of([3, 2, 1])), 999, around=2).empty
