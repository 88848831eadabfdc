"""Pages of those who see of a class only whom they stand by: they are told no figure of a class."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from edukit.settings import Settings
from edukit.ui.links import offers
from edukit.ui.views.class_mastery import class_mastery
from edukit.ui.views.home import home
from edukit.ui.views.leaderboard import leaderboard
from edukit.ui.views.next_lesson import next_lesson
from edukit.ui.views.student import student
from edukit.ui.views.student_risk import student_risk
from edukit.ui.widgets import Panel
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import ipywidgets as w
    from conftest import House

STANDS_BY = {
    "student": "SELECT u.id FROM users u WHERE u.account_id = %(account)s AND u.role = 'student'",
    "parent": "SELECT student_id FROM guardianships g JOIN users u ON u.id = g.guardian_id "
    "WHERE u.account_id = %(account)s",
    "mentor": "SELECT student_id FROM mentorships m JOIN users u ON u.id = m.mentor_id "
    "WHERE u.account_id = %(account)s AND m.ended_at IS NULL",
}
OF_CLASSES: dict[str, Callable[..., w.Widget]] = {
    "class_mastery": class_mastery,
    "leaderboard": leaderboard,
    "next_lesson": next_lesson,
    "student_risk": student_risk,
}


def looking(house: House, role: str) -> Workbench:
    """The Workbench of the demo's account of a role."""
    assert house.demo
    return Workbench(house.home_database.of(f"{role}@demo.example"), Settings(frozen_now=house.settings.now))


def shown(view: w.Widget) -> str:
    """All the HTML of a page."""
    return "".join(one.html for one in walk(view) if isinstance(one, Panel))


def walk(view: Any) -> Iterator[Any]:
    """A widget and all in it."""
    yield view
    for child in getattr(view, "children", ()):
        yield from walk(child)


def linked(html: str) -> set[int]:
    """The students that a page links to."""
    return {int(found) for found in re.findall(r"student\.ipynb\?student=(\d+)", html)}


@pytest.mark.parametrize("role", STANDS_BY)
def test_home_shows_whom_one_stands_by(house: House, role: str) -> None:
    """Exactly those whom SQL finds, and no link to a page on whole classes."""
    html = shown(home(looking(house, role)))
    with psycopg.connect(house.stores.database_url) as admin:
        account = admin.execute("SELECT id FROM accounts WHERE email = %s", [f"{role}@demo.example"]).fetchone()
        assert account
        theirs = {found for (found,) in admin.execute(STANDS_BY[role], {"account": account[0]})}
    assert linked(html) == theirs
    assert theirs
    assert not re.search("class_mastery|leaderboard|next_lesson", html)


@pytest.mark.parametrize("role", STANDS_BY)
@pytest.mark.parametrize("page", OF_CLASSES)
def test_no_figure_of_a_class_from_a_part_of_it(house: House, role: str, page: str) -> None:
    """A page on whole classes shows them the way to their own students in its place; a mentor acts on risk."""
    edu = looking(house, role)
    html = shown(OF_CLASSES[page](edu))
    if offers(role, page):
        assert (role, page) == ("mentor", "student_risk")
        assert "every figure here is of them alone" in html
    else:
        assert "This page tells of whole classes" in html
        assert linked(html) == set(edu.students()["student_id"])
        assert "of the class" not in html


def test_a_students_own_page_opens(house: House) -> None:
    """The link leads to a page that shows them, with their mastery, and so does the page that is opened by itself."""
    edu = looking(house, "student")
    me = int(edu.me()["user_id"].iloc[0])
    html = shown(student(edu, query=f"student={me}"))
    assert shown(student(edu, query="")) == html
    assert edu.students()["student"].iloc[0] in html
    assert "Mastery" in html
    assert "risk page" not in html
    assert "next_lesson" not in html


def test_a_teachers_students_are_those_of_their_classes(house: House) -> None:
    """Without a class: each of them once, whatever classes they are in."""
    edu = looking(house, "teacher")
    theirs = [
        found for class_id in edu.class_names()["class_id"] for found in edu.students(int(class_id))["student_id"]
    ]
    assert sorted(edu.students()["student_id"]) == sorted(set(theirs))
