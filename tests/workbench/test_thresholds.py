"""Thresholds: each viewer's own, on every page at once, and nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from edukit.analytics.help import needs_help
from edukit.analytics.mastery import mastery_level
from edukit.errors import ActionError
from edukit.settings import Settings
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Database, House

USUAL, OWN = (50.0, 80.0, 95.0), (30.0, 60.0, 90.0)
TAUGHT = """
    SELECT t.institution_id, t.teacher_id, t.class_id FROM class_teachers t
    JOIN enrolments e USING (institution_id, class_id) GROUP BY 1, 2, 3 ORDER BY count(*) DESC, 2 LIMIT 1"""
COLLEAGUE = "SELECT institution_id, id FROM users WHERE role = 'admin' AND institution_id = %s ORDER BY id LIMIT 1"


@pytest.fixture(scope="module")
def school(house: House) -> Iterator[Database]:
    """A small demo school."""
    with house.school(students=12) as database:
        yield database


@pytest.fixture
def taught(school: Database) -> tuple[int, int, int]:
    """An institution, a teacher and their class."""
    with psycopg.connect(school.admin_url) as admin:
        admin.execute("UPDATE profiles SET preferences = preferences - 'mastery_thresholds'")
        row = admin.execute(TAUGHT).fetchone()
    assert row
    return row


@pytest.fixture
def edu(school: Database, taught: tuple[int, int, int]) -> Iterator[Workbench]:
    """What the teacher may ask."""
    with Workbench(school.minted(*taught[:2]), Settings()) as edu:
        yield edu


def test_every_frame_follows(school: Database, taught: tuple[int, int, int], edu: Workbench) -> None:
    """Class, student, home and what follows agree on the scores that were chosen, also when opened afterwards."""
    class_id = taught[2]
    assert edu.mastery_thresholds == USUAL
    edu.choose_mastery_thresholds(OWN)
    with Workbench(school.minted(*taught[:2]), Settings()) as later:
        for one in (edu, later):
            assert one.mastery_thresholds == OWN
            frame = one.class_mastery(class_id)
            levels = mastery_level(frame["mastery_score"], OWN)
            assert frame["level"].fillna("").tolist() == [
                level if level in levels.categories else "" for level in levels
            ]
            student_id = int(frame["student_id"].iloc[0])
            own = one.student_mastery(student_id)
            assert own["level"].tolist() == list(mastery_level(own["mastery_score"], OWN))
            home = one.home().set_index("class_id")
            assert home.loc[class_id, "need_help"] == needs_help(frame, OWN)["student_id"].nunique()
    edu.choose_mastery_thresholds(None)
    assert edu.mastery_thresholds == USUAL


@pytest.mark.usefixtures("edu")
def test_others_keep_theirs(school: Database, taught: tuple[int, int, int], edu: Workbench) -> None:
    """Not even an admin, who sees every profile, sees another's levels; other wishes of the profile stay."""
    with psycopg.connect(school.admin_url) as admin:
        admin.execute(
            "INSERT INTO profiles AS p (institution_id, user_id, preferences) VALUES (%s, %s, '{\"large\": true}')"
            " ON CONFLICT (institution_id, user_id) DO UPDATE SET preferences = p.preferences || '{\"large\": true}'",
            taught[:2],
        )
        colleague = admin.execute(COLLEAGUE, taught[:1]).fetchone()
    assert colleague
    edu.choose_mastery_thresholds(OWN)
    with Workbench(school.minted(*colleague), Settings()) as other:
        assert other.mastery_thresholds == USUAL
    with psycopg.connect(school.admin_url) as admin:
        kept = admin.execute(
            "SELECT preferences FROM profiles WHERE (institution_id, user_id) = (%s, %s)", taught[:2]
        ).fetchone()
    assert kept
    assert kept[0]["large"] is True
    assert kept[0]["mastery_thresholds"] == list(OWN)


@pytest.mark.parametrize("scores", [(80, 50, 95), (50, 50, 95), (0, 50, 95), (50, 80, 101), (50, 80), ()])
def test_scores_must_rise(edu: Workbench, scores: tuple[float, ...]) -> None:
    """Whatever is no three rising scores is refused in words, and nothing changes."""
    with pytest.raises(ActionError, match="three rising scores between 0 and 100"):
        edu.choose_mastery_thresholds(scores)
    assert edu.mastery_thresholds == USUAL


@pytest.mark.parametrize("array", ["{80,50,95}", "{NaN,50,95}", "{50,NaN,95}", "{50,80}", "{50,NULL,95}", "{{1,2,3}}"])
def test_the_database_refuses_them_too(school: Database, taught: tuple[int, int, int], array: str) -> None:
    """Whoever sends SQL of their own cannot keep what is no thresholds."""
    with psycopg.connect(school.minted(*taught[:2]).database_url) as connection, pytest.raises(psycopg.Error):
        connection.execute("SELECT choose_mastery_thresholds(%s::float8[])", [array])


@pytest.mark.parametrize(
    "kept", ["[80, 50, 95]", '"high"', "[1, 2]", '["a", "b", "c"]', "null", "{}", "[50, 80, 1e400]"]
)
def test_nonsense_from_a_source_is_none(
    school: Database, taught: tuple[int, int, int], edu: Workbench, kept: str
) -> None:
    """What an import has left under that name, and is no thresholds, is as if it were not there."""
    with psycopg.connect(school.admin_url) as admin:
        admin.execute(
            "INSERT INTO profiles AS p (institution_id, user_id, preferences)"
            " VALUES (%(i)s, %(u)s, jsonb_build_object('mastery_thresholds', %(kept)s::jsonb))"
            " ON CONFLICT (institution_id, user_id) DO UPDATE SET preferences = excluded.preferences",
            {"i": taught[0], "u": taught[1], "kept": kept},
        )
    assert edu.mastery_thresholds == USUAL


def test_nobody_has_none_of_their_own(school: Database, taught: tuple[Any, ...]) -> None:
    """Whoever keeps the machine and looks in nobody's name is told so, and has those that are set."""
    with Workbench(school.minted(taught[0], None), Settings()) as edu:
        assert edu.mastery_thresholds == USUAL
        with pytest.raises(ActionError, match="EDUKIT_USER"):
            edu.choose_mastery_thresholds(OWN)
