"""Who needs help is the same wherever it is said, and whoever reaches proficient needs none."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edukit.analytics.help import needs_help
from edukit.db.session import session_for
from edukit.queries import home, practice
from edukit.queries.help import in_need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Database, House

FIGURES = st.lists(st.floats(0, 100), min_size=3, max_size=3).map(sorted)
THRESHOLDS = st.lists(st.floats(1, 100), min_size=3, max_size=3, unique=True).map(sorted)
RANDOM = """
    UPDATE concept_mastery m
    SET mastery_low = d.s - d.s * d.a, mastery_score = d.s, mastery_high = d.s + (100 - d.s) * d.b
    FROM (SELECT ctid, 100 * random() AS s, random() AS a, random() ^ 2 AS b FROM concept_mastery) d
    WHERE d.ctid = m.ctid"""


@pytest.fixture(scope="module")
def school(house: House) -> Iterator[Database]:
    """A small demo school."""
    with house.school(students=24) as database:
        yield database


@given(FIGURES, st.integers(0, 9), THRESHOLDS)
def test_reaching_proficient_clears_it(figures: list[float], answers: int, thresholds: list[float]) -> None:
    """From proficient on nobody needs help, nor below it while they may be proficient, nor by one answer or two."""
    _, score, high = figures
    needs = in_need(score, high, answers, thresholds)
    assert needs == (score < thresholds[0] and high < thresholds[1] and answers >= 3)
    assert not (needs and score >= thresholds[1])


@pytest.mark.parametrize("thresholds", [(50, 80, 95), (20, 30, 40), (60, 99, 100)])
def test_home_and_class_agree(school: Database, thresholds: tuple[float, float, float]) -> None:
    """With any scores, home counts the students whom the class page names, in every class."""
    with psycopg.connect(school.admin_url) as admin:
        admin.execute("SELECT setseed(0.5)")
        admin.execute(RANDOM)
    with session_for(school.app) as session:
        classes = home.classes_of(session, user_id=None)
        told = home.home(session, classes, thresholds=thresholds, now=datetime(2026, 6, 30, tzinfo=UTC))
        assert told["need_help"].sum() > 0
        for row, (institution_id, class_id) in zip(
            told.itertuples(), classes[["institution_id", "class_id"]].itertuples(index=False), strict=True
        ):
            frame = practice.class_mastery(session, institution_id=institution_id, class_id=class_id)
            assert row.need_help == needs_help(frame, thresholds)["student_id"].nunique()
