"""Finding a class: by id, by name, never by guess."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

from edukit.db.copy import copy_rows
from edukit.errors import NotFound
from edukit.models import Class, Institution
from edukit.queries.classroom import classes, find_class

if TYPE_CHECKING:
    from conftest import House
    from sqlalchemy.orm import Session


@pytest.fixture
def twins(session: Session) -> Session:
    """Two schools with a class of the same name, and one that only the first has."""
    copy_rows(session, Institution, pd.DataFrame({"id": [1, 2], "name": ["A", "B"]}))
    names = {"institution_id": [1, 2, 1], "id": [11, 12, 13], "name": ["7B", "7B", "8C"]}
    copy_rows(session, Class, pd.DataFrame(names))
    return session


def test_a_class_is_found_by_id_and_name(twins: Session) -> None:
    """An id always finds its class, also as text, a name where only one class has it; a name of digits wins."""
    copy_rows(twins, Class, pd.DataFrame({"institution_id": [2], "id": [14], "name": ["11"]}))
    assert find_class(twins, 12) == find_class(twins, "12") == (2, 12)
    assert (find_class(twins, 11), find_class(twins, "11")) == ((1, 11), (2, 14))
    assert find_class(twins, "8C") == (1, 13)


def test_a_name_that_two_classes_have_is_refused(twins: Session) -> None:
    """Where several classes share a name, their ids are told."""
    with pytest.raises(NotFound, match=r"2 classes are called '7B'.*11, 12"):
        find_class(twins, "7B")


def test_an_empty_class_is_listed(twins: Session) -> None:
    """A class without teachers, students or answers has its row, with zeros."""
    frame = classes(twins).set_index("class_id")
    assert frame.loc[13, ["students", "attempts"]].tolist() == [0, 0]
    assert frame["teachers"].isna().all()


def test_answers_are_counted_within_a_span_of_time(house: House) -> None:
    """In a class of the demo: as many as the frame of answers has from one moment up to, and without, another."""
    assert house.demo
    edu = house.demo
    classes = edu.classes()
    class_id = int(classes.loc[classes["attempts"].idxmax(), "class_id"])
    given = edu.attempts(class_id)
    since, until = given["attempted_at"].quantile([0.2, 0.7])
    within = given[(given["attempted_at"] >= since) & (given["attempted_at"] < until)]
    (row,) = edu.classes(class_id, since, until).itertuples()
    assert 0 < row.attempts == len(within) < len(given)
    assert row.correct_attempts == within["is_correct"].sum()
    assert edu.classes(class_id, until=since)["attempts"].tolist() == [(given["attempted_at"] < since).sum()]
    assert edu.classes(class_id)["attempts"].tolist() == [len(given)]
