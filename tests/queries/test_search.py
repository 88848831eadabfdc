"""The search finds what the database shows to whoever looks, and takes every sign for itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest

from edukit.db.session import session_for
from edukit.queries.frames import FOUND
from edukit.queries.search import MOST, find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Database, House

    from edukit.workbench import Workbench

NAMES = [
    (31, "Zoë Ørsted"), (32, "zoë  al-Ørani"), (33, "Ana 100%"), (34, "Ana 1000"), (35, "O'Neil_<b>Ana</b>"),
    (36, "ONeilX"), (37, "李明"), (38, "Back\\slash"), (39, "Ğürkan İnce"), (40, "Łukasz ŻÓŁW"),
]  # fmt: skip
"""Students of the first school, all in 7B but the last, who is in nobody's class."""
SCHOOLS = """
    INSERT INTO institutions (id, name) VALUES (1, 'North'), (2, 'South');
    INSERT INTO users (institution_id, id, role, name) VALUES (1, 11, 'teacher', 'Ms Ana'), (1, 12, 'admin', 'Mr Elm'),
        (1, 13, 'teacher', 'Mr Oak'), (1, 14, 'parent', 'P'), (1, 15, 'mentor', 'M'), (1, 16, 'analyst', 'N'),
        (2, 21, 'admin', 'Ms Ash'), (2, 22, 'student', 'Zoë Southern'), (1, 41, 'student', 'Zoë Former');
    INSERT INTO students (institution_id, id) VALUES (2, 22), (1, 41);
    UPDATE users SET departed_at = now() WHERE id = 41;
    INSERT INTO topics (institution_id, id, name) VALUES (1, 1, 'Physics');
    INSERT INTO classes (institution_id, id, name, subject_id, archived_at) VALUES (1, 51, '7B', 1, NULL),
        (1, 52, '10A ana', NULL, NULL), (1, 53, '7B of old', NULL, now()), (2, 61, '7B', NULL, NULL);
    INSERT INTO class_teachers (institution_id, class_id, teacher_id) VALUES (1, 51, 11), (1, 52, 13), (1, 53, 11)"""
ENROLLED = """
    INSERT INTO guardianships (institution_id, guardian_id, student_id) VALUES (1, 14, 33);
    INSERT INTO mentorships (institution_id, mentor_id, student_id, started_at) VALUES (1, 15, 34, now());
    INSERT INTO enrolments (institution_id, id, class_id, student_id, left_at)
    SELECT 1, id, 51, id, NULL FROM users WHERE id BETWEEN 31 AND 39
    UNION ALL VALUES (1, 52, 52, 33, NULL), (1, 53, 53, 33, NULL), (1, 54, 52, 34, now()), (2, 55, 61, 22, NULL)"""


@pytest.fixture(scope="module")
def school(house: House) -> Iterator[Database]:
    """Two schools of people with all sorts of names."""
    with house.database() as database:
        with psycopg.connect(database.admin_url) as admin:
            for statement in SCHOOLS.split(";"):
                admin.execute(statement)
            for id_, name in NAMES:
                admin.execute(
                    "INSERT INTO users (institution_id, id, role, name) VALUES (1, %s, 'student', %s)", [id_, name]
                )
                admin.execute("INSERT INTO students (institution_id, id) VALUES (1, %s)", [id_])
            admin.execute(ENROLLED)
        yield database


def found(school: Database, text: str, *, by: int = 12, institution: int = 1, **more: int) -> list[int]:
    """Ids of what a user finds."""
    with session_for(school.minted(institution, by)) as session:
        return find(session, text, **more)["id"].tolist()


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("zoë", [31, 32]),
        ("ZOË ør", [31, 32]),
        ("ørsted ZO", [31]),
        ("zoe\u0308 ørsted", [31]),
        ("łukasz żółw", [40]),
        ("李", [37]),
        ("7b", [51]),
        ("ana", [33, 34, 35, 52]),
        ("ana nobody", []),
    ],
)
def test_every_word_is_in_the_name(school: Database, text: str, ids: list[int]) -> None:
    """In any order and case, composed or not; students first. Who has left and what was put away is not found."""
    assert found(school, text) == ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("100%", [33]), ("%", [33]), ("_", [35]), ("o'neil_", [35]), ("\\", [38]), ("<b>", [35]), ("\0", []), ("", []),
        (" \t\n", []), ("' OR true --", []), ("x" * 10_000, []), ("ana " * 1000, [33, 34, 35, 52]), ("%%%", []),
    ],
)  # fmt: skip
def test_signs_are_signs(school: Database, text: str, ids: list[int]) -> None:
    """No sign stands for others, ends the statement or is too much."""
    assert found(school, text) == ids


@pytest.mark.parametrize(
    ("who", "ids"),
    [
        ((1, 11), [31, 32, 33, 34, 35, 36, 37, 38, 39, 51]),
        ((1, 13), [33, 52]),
        ((1, 14), [33, 51, 52]),
        ((1, 15), [34, 51]),
        ((1, 33), [33, 51, 52]),
        ((1, 12), [31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 51, 52]),
        ((2, 21), [22, 61]),
    ],
)
def test_one_finds_what_one_may_see(school: Database, who: tuple[int, int], ids: list[int]) -> None:
    """A teacher nobody of another's class, who stands by a student that student alone, nobody another school's."""
    seen = [*(name for _, name in NAMES), "Zoë Southern", "Zoë Former", "7B", "10A", "7B of old", "Ms Ana", "Mr"]
    all_found = {id_ for name in seen for id_ in found(school, name, by=who[1], institution=who[0])}
    assert sorted(all_found) == ids


def test_an_analyst_finds_pseudonyms(school: Database) -> None:
    """Who reads no names finds nobody by one; classes have theirs."""
    assert found(school, "zoë", by=16) == []
    assert found(school, "7b", by=16) == [51]
    assert len(found(school, "student", by=16)) == len(NAMES)


def test_a_row_says_where_they_are(school: Database) -> None:
    """A student's classes by name, and the one that is asked for where they are in it; the subject of a class."""
    with session_for(school.minted(1, 12)) as session:
        rows = [tuple(find(session, "ana 100%", class_id=class_id).iloc[0]) for class_id in (None, 52, 53)]
        nowhere, taught = find(session, "żółw").iloc[0], find(session, "7B").iloc[0]
    assert rows == [("student", 33, "Ana 100%", id_, "10A ana, 7B") for id_ in (51, 52, 51)]
    assert nowhere[["class_id", "about"]].isna().all()
    assert tuple(taught) == ("class", 51, "7B", 51, "Physics")


def test_so_many_are_found(school: Database) -> None:
    """Of each kind, by name; of nothing the same columns."""
    assert found(school, "a", most=2) == [33, 34, 52]
    with session_for(school.minted(1, 12)) as session:
        assert find(session, "nobody").dtypes.to_dict() == FOUND.of([]).dtypes.to_dict()


def test_the_workbench_finds(demo: Workbench) -> None:
    """An analyst asks it in the same words."""
    name = demo.students(int(demo.home()["class_id"].iloc[0]))["student"].iloc[0]
    assert name in set(demo.find(name)["name"])
    assert len(demo.find("a")) <= 2 * MOST
