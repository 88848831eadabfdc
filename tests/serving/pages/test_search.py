"""The search as it is served: each finds their own, by a login that has ended when the page comes."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import psycopg
import pytest

from edukit.db.minting import revoke_all
from edukit.db.session import session_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Pages, Person

STUDENTS = """
    SELECT DISTINCT u.id, u.name, c.id, c.name FROM users u
    JOIN enrolments e ON (e.institution_id, e.student_id) = (u.institution_id, u.id) AND e.left_at IS NULL
    JOIN classes c ON (c.institution_id, c.id) = (e.institution_id, e.class_id)
    JOIN class_teachers t ON (t.institution_id, t.class_id) = (c.institution_id, c.id)
    WHERE t.teacher_id = %s ORDER BY u.name"""


def taught(pages: Pages, person: Person) -> list[tuple[int, str, int, str]]:
    """The students of a teacher, and the class of each."""
    with psycopg.connect(pages.school.admin_url) as admin:
        return admin.execute(STUDENTS, [person.user_id]).fetchall()


def living(pages: Pages) -> int:
    """How many logins are alive."""
    with psycopg.connect(pages.school.admin_url) as admin:
        alive = "SELECT FROM viewers WHERE revoked_at IS NULL AND expires_at > clock_timestamp()"
        return admin.execute(alive).rowcount


def addresses(text: str) -> list[str]:
    """Where what was found leads."""
    main = text[text.index("<main") :]
    return [html.unescape(found) for found in re.findall(r'<li><a href="([^"]+)"', main)]


STRANGER = (999_999, "Xaver Queisser")
COME = """
    INSERT INTO users (institution_id, id, role, name) VALUES (%(institution)s, %(id)s, 'student', %(name)s);
    INSERT INTO students (institution_id, id) VALUES (%(institution)s, %(id)s);
    INSERT INTO enrolments (institution_id, id, class_id, student_id)
    SELECT t.institution_id, %(id)s, t.class_id, %(id)s FROM class_teachers t
    WHERE (t.institution_id, t.teacher_id) = (%(institution)s, %(of)s) AND NOT EXISTS (SELECT FROM class_teachers o
        WHERE (o.institution_id, o.class_id, o.teacher_id) = (t.institution_id, t.class_id, %(not_of)s)) LIMIT 1"""
GO = """
    DELETE FROM enrolments WHERE id = %(id)s; DELETE FROM students WHERE id = %(id)s;
    DELETE FROM users WHERE id = %(id)s"""


@pytest.fixture
def stranger(pages: Pages, teachers: tuple[Person, Person]) -> Iterator[tuple[int, str]]:
    """A student of the second teacher's alone."""
    id_, name = STRANGER
    of, not_of = teachers[1].user_id, teachers[0].user_id
    values = {"institution": teachers[0].signed_in.institution_id, "id": id_, "name": name, "of": of, "not_of": not_of}
    with psycopg.connect(pages.school.admin_url, autocommit=True) as admin:
        for statement in COME.split(";"):
            assert admin.execute(statement, values).rowcount == 1
        yield STRANGER
        for statement in GO.split(";"):
            admin.execute(statement, values)


def test_each_finds_their_own(pages: Pages, teachers: tuple[Person, Person], stranger: tuple[int, str]) -> None:
    """A teacher finds every student of theirs, with their page, and none of another's; dates go along."""
    own, others = ({row[0] for row in taught(pages, teacher)} for teacher in teachers)
    assert stranger[0] in others - own
    found = set()
    for letter in "abcdefghijklmnopqrstuvwxyzäöüéø":
        answer = pages.ask(f"/search?find={quote(letter)}&from=2026-06-01", teachers[0])
        there = addresses(answer.text) if answer.status == 200 else [answer.location]
        assert all("from=2026-06-01" in address for address in there)
        found |= {int(id_) for address in there for id_ in re.findall(r"student=(\d+)", address)}
    assert found == own


def test_the_only_one_is_gone_on_to(pages: Pages, teachers: tuple[Person, Person], stranger: tuple[int, str]) -> None:
    """A name leads its teacher to the page, in the student's class, and nobody else there."""
    student_id, name = stranger
    (class_id,) = {row[2] for row in taught(pages, teachers[1]) if row[0] == student_id}
    asked = f"/search?find={quote(name.upper())}&to=2026-06-30"
    address = f"/voila/render/student.ipynb?student={student_id}&class={class_id}&to=2026-06-30"
    assert pages.ask(asked, teachers[1]).location == address
    other = pages.ask(asked, teachers[0])
    assert (other.status, addresses(other.text)) == (200, [])
    assert "No student and no class that is yours to see" in other.text


def test_a_class_is_found(pages: Pages, teachers: tuple[Person, Person]) -> None:
    """By its name, under its heading or at once; another's is not."""
    (name,) = {row[3] for row in taught(pages, teachers[1])} - {row[3] for row in taught(pages, teachers[0])} or {""}
    answer = pages.ask(f"/search?find={quote(name)}", teachers[1])
    assert answer.location.startswith("/voila/render/class_mastery.ipynb?class=")
    assert addresses(pages.ask(f"/search?find={quote(name)}", teachers[0]).text) == []


@pytest.mark.parametrize(
    "text", ["", " ", "%", "_", "<script>alert(1)</script>", "'; DROP TABLE users; --", "\x00", "x" * 5000]
)
def test_what_is_typed_is_text(pages: Pages, teachers: tuple[Person, Person], text: str) -> None:
    """Nothing of it is a pattern, a statement or HTML; where nothing is found, that is said."""
    answer = pages.ask(f"/search?find={quote(text)}", teachers[0])
    assert answer.status == 200
    assert addresses(answer.text) == []
    assert "<script>alert" not in answer.text
    said = "No student and no class" if text.split() and text != "\x00" else "Type a part of a name"
    assert said in answer.text


def test_the_login_ends_with_the_search(pages: Pages, teachers: tuple[Person, Person]) -> None:
    """No login is left alive, however often one looks."""
    before = living(pages)
    for _ in range(3):
        pages.ask("/search?find=a", teachers[0])
    assert living(pages) == before


def test_who_is_signed_out_is_led_to_the_door(pages: Pages, teachers: tuple[Person, Person]) -> None:
    """Nobody finds anything without a sign-in, nor by one that has ended; the door knows the way back."""
    assert pages.ask("/search?find=a").location == "/login?next=%2Fsearch%3Ffind%3Da"
    person = pages.people()[1]
    with session_for(pages.school.app) as session:
        revoke_all(session, person.signed_in.account_id)
    assert pages.ask("/search?find=a", person).location == "/search?find=a"
    assert pages.ask("/search?find=a", person).location == "/login?next=%2Fsearch%3Ffind%3Da"
