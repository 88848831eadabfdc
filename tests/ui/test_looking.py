"""Every page for everybody: it opens for each role with what is theirs, and offers to act to who may."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import ipywidgets as w
import psycopg
import pytest

from edukit.settings import Settings
from edukit.ui.views.class_mastery import class_mastery
from edukit.ui.views.grievances import grievances
from edukit.ui.views.home import home
from edukit.ui.views.leaderboard import leaderboard
from edukit.ui.views.next_lesson import next_lesson
from edukit.ui.views.student import student
from edukit.ui.views.student_risk import student_risk
from edukit.ui.widgets import Panel
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Database, House

    View = Callable[..., w.Widget]

NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)
ACTS = ["teacher", "mentor", "admin"]
LOOKS = ["student", "parent", "analyst"]
PAGES = [home, class_mastery, next_lesson, student_risk, grievances, leaderboard, student]
ACTIONS = {"Acknowledge", "Log the intervention", "File the grievance", "Comment", "Award points"}
CHOICES = ('data-choice="tell ', 'data-choice="correct ', ">Take back</button>", ">Improved</button>")


@pytest.fixture(scope="module")
def school(house: House) -> Database:
    """The demo school."""
    assert house.demo
    return house.home_database


def looking(school: Database, role: str) -> Workbench:
    """The Workbench of the demo's account of that role."""
    return Workbench(school.of(f"{role}@demo.example"), Settings(frozen_now=NOW))


def walk(widget: w.Widget) -> Iterator[w.Widget]:
    """The widget and all below it that is not hidden."""
    if getattr(getattr(widget, "layout", None), "display", None) != "none":
        yield widget
        for child in getattr(widget, "children", ()):
            yield from walk(child)


def shown(view: w.Widget) -> str:
    """All the HTML of the panels that are not hidden."""
    return "".join(one.html for one in walk(view) if isinstance(one, Panel))


def opened(edu: Workbench, page: View) -> w.Widget:
    """A page at the first class, student and grievance that are to be seen."""
    first = {"class": edu.class_names()["class_id"], "grievance": edu.grievances()["grievance_id"]}
    if len(first["class"]):
        first["student"] = edu.students(int(first["class"].iloc[0]))["student_id"]
    query = "&".join(f"{name}={ids.iloc[0]}" for name, ids in first.items() if len(ids))
    return page(edu, query=query + ("&view=names" if page is leaderboard else ""))


def offered(view: w.Widget) -> set[str]:
    """What the page offers to do."""
    buttons = {one.description for one in walk(view) if isinstance(one, w.Button)} & ACTIONS
    return buttons | {choice for choice in CHOICES if choice in shown(view)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
@pytest.mark.parametrize("role", [*ACTS, *LOOKS])
def test_a_page_opens_for_everybody(school: Database, role: str, page: View) -> None:
    """No page is a card with an error, whoever opens it at whatever is theirs."""
    html = shown(opened(looking(school, role), page))
    assert "card error" not in html
    assert "<h2" in html


@pytest.mark.parametrize("page", [student_risk, grievances, leaderboard, student], ids=lambda page: page.__name__)
def test_only_who_may_act_is_offered_to(school: Database, page: View) -> None:
    """Teachers and admins find what to do on each of these pages; students, parents and analysts nothing that fails."""
    for role in ("teacher", "admin"):
        assert offered(opened(looking(school, role), page)), role
    for role in LOOKS:
        assert offered(opened(looking(school, role), page)) == set(), role


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_a_link_to_what_is_foreign_is_one_to_nothing(school: Database, page: View) -> None:
    """What is somebody else's, and what there is not, look the same: a sentence that it is not yours, and no card."""
    edu, whole = looking(school, "teacher"), looking(school, "admin")
    class_id = next(id_ for id_ in whole.class_names()["class_id"] if id_ not in set(edu.class_names()["class_id"]))
    with psycopg.connect(school.admin_url) as admin:
        ((student_id,),) = admin.execute("SELECT id FROM students ORDER BY institution_id DESC, id LIMIT 1").fetchall()
    grievance_id = next(
        id_ for id_ in whole.grievances()["grievance_id"] if id_ not in set(edu.grievances()["grievance_id"])
    )
    foreign = (str(class_id), str(student_id), grievance_id)
    nothing = ("123456789012345", "234567890123456", "019f04db-69b2-76f1-a3ae-000000000000")
    pages = []
    for values in (foreign, nothing):
        query = "class={}&student={}&grievance={}".format(*values)
        html = shown(page(edu, query=query))
        for place, value in enumerate(values):
            html = html.replace(value, f"the {place}th")
        pages.append(html)
    assert pages[0] == pages[1]
    assert "card error" not in pages[0]
    # The first page shows no one class: its links keep the class, and the page that they lead to says so.
    assert page is home or "not yours to see or not there any more" in pages[0]
