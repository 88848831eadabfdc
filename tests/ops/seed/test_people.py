"""People of the demo school: names and addresses as people have them, aims as they stand on the day."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import numpy as np
import pytest

from edukit.ops.seed.demo import demo_schools
from edukit.ops.seed.people.names import LONG, TWIN, Person, addresses, draw_students, named


def test_names_and_addresses() -> None:
    """Names keep their letters, addresses are plain and unique, and one name is long and one is shared."""
    people = draw_students(np.random.default_rng(0), 600)
    emails = addresses(people, "school.example", set())
    assert len(set(emails)) == 600
    assert all(re.fullmatch(r"[a-z]+\.[a-z]+\d*@school\.example", email) for email in emails)
    assert LONG in people
    assert people.count(TWIN) >= 2
    assert len({person.name for person in people}) > 550
    assert any(not person.name.isascii() for person in people)
    assert addresses([Person("A B", "a.b")], "x.example", {"a.b@x.example"}) == ["a.b2@x.example"]


def test_names_are_put_together_as_is_the_custom() -> None:
    """Where the family name stands first it does so in the whole name, and addresses are in plain letters."""
    chinese = named("丽华|Lihua", "王|Wang", 5)
    assert (chinese.name, chinese.given, chinese.family, chinese.address) == ("王丽华", "丽华", "王", "lihua.wang")
    assert named("Petra", "Groß", 8).name == "Petra Groß"


@pytest.mark.parametrize(
    ("as_of", "prepare"), [(datetime(2026, 5, 8, tzinfo=UTC), True), (datetime(2026, 9, 10, tzinfo=UTC), False)]
)
def test_nobody_prepares_for_an_exam_that_is_past(as_of: datetime, *, prepare: bool) -> None:
    """In May some students have an exam before them; in September, of the year before, nobody has."""
    for school in demo_schools(seed=1, students=60, as_of=as_of):
        exams = school.students["exam_date"].dropna()
        assert bool(len(exams)) == prepare
        assert all(day >= as_of.date() for day in exams)
