"""What the tests of the leaderboard page share: a school, and pages that are driven in Python."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime
from io import StringIO
from typing import TYPE_CHECKING, Any

import ipywidgets as w
import psycopg
import pytest

from edukit.settings import Settings
from edukit.ui import clicks
from edukit.ui.export_menu import ExportMenu
from edukit.ui.views.leaderboard import leaderboard
from edukit.ui.widgets import Panel
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Database, House

    Opened = Callable[[Workbench, str], "Page"]

NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)
NAME = "<script>alert(1)</script> 🦊 مريم 李雷 " + "Maximiliane " * 7
ADA, SCRIPT, HIDDEN, BO, EVE, SOLO, TWIN = 700001, 700002, 700003, 700004, 700005, 700006, 700007
# 7A: Ada and a long name share the first place, then comes Hidden Hans, then Bo, who has none. 7B hides everybody;
# 7D is a class of one, and in 7E two have the same name.
SCHOOL = """
    INSERT INTO institutions (id, name, time_zone) VALUES (1, 'School', 'Europe/Zurich');
    INSERT INTO accounts (id, email) VALUES (9, 'teacher@demo.example');
    INSERT INTO users (institution_id, id, account_id, role, name) VALUES
        (1, 9, 9, 'teacher', 'Ms <i>Fern'), (1, 700001, NULL, 'student', 'Ada'), (1, 700002, NULL, 'student', %(name)s),
        (1, 700003, NULL, 'student', 'Hidden Hans'), (1, 700004, NULL, 'student', 'Bo'),
        (1, 700005, NULL, 'student', '=Eve'), (1, 700006, NULL, 'student', 'Solo'),
        (1, 700007, NULL, 'student', 'Solo');
    INSERT INTO students (institution_id, id, named_on_boards)
    SELECT 1, id, id NOT IN (700003, 700005) FROM users WHERE role = 'student';
    INSERT INTO classes (institution_id, id, name) VALUES
        (1, 1, '7A'), (1, 2, '7B'), (1, 3, '7C'), (1, 4, '7D'), (1, 5, '7E');
    INSERT INTO class_teachers (institution_id, class_id, teacher_id) SELECT 1, id, 9 FROM classes;
    INSERT INTO enrolments (institution_id, id, class_id, student_id) VALUES
        (1, 1, 1, 700001), (1, 2, 1, 700002), (1, 3, 1, 700003),
        (1, 4, 1, 700004), (1, 5, 2, 700005), (1, 6, 2, 700003),
        (1, 7, 4, 700006), (1, 8, 5, 700006), (1, 9, 5, 700007);
    INSERT INTO badges (institution_id, id, name, rarity, description, criteria) VALUES
        (1, 1, 'Starter <b>', 'legendary', %(name)s, '{"submissions": 1}');
    INSERT INTO gamification_events (institution_id, id, student_id, class_id, event_type, points_awarded, occurred_at)
    SELECT 1, gen_random_uuid(), s, 1, 'practice', 20 + 5 * (700003 / s), '2026-06-29 10:00Z'
    FROM unnest(ARRAY[700001, 700002]) AS s;
    INSERT INTO gamification_events (institution_id, id, student_id, class_id, event_type, points_awarded, occurred_at)
    VALUES (1, gen_random_uuid(), 700003, 1, 'practice', 12, '2026-05-01 10:00Z');
    """


class Page:
    """A page as its reader sees and uses it."""

    def __init__(self, view: w.Widget) -> None:
        self.view = view

    def walk(self) -> Iterator[w.Widget]:
        """All widgets, hidden or not: what is hidden is in the page, too."""
        return _walk(self.view)

    @property
    def html(self) -> str:
        """All the HTML of the panels that are not hidden."""
        return _shown(self.view)

    @property
    def sent(self) -> str:
        """Everything of the page that a browser is sent."""
        return json.dumps([one.get_state() for one in self.walk()], default=str, ensure_ascii=False)

    def found(self, kind: type[w.Widget], description: str) -> Any:
        """The first widget of that kind with these words in its description."""
        return next(one for one in self.walk() if isinstance(one, kind) and description in one.description)

    @property
    def file(self) -> list[list[str]]:
        """The rows of the file that the button would give, its head first."""
        _, content = next(one for one in self.walk() if isinstance(one, ExportMenu)).file("csv")
        return list(csv.reader(StringIO(content.decode("utf-8-sig"))))

    def rows(self, caption: str) -> list[list[str]]:
        """The texts of a table's cells, a row each."""
        table = re.search(f"<caption>{caption}</caption>.*?<tbody>(.*?)</tbody>", self.html, re.DOTALL)
        assert table, self.html
        return [
            [re.sub("<[^>]+>", " ", cell).strip() for cell in re.findall(r"<t[hd].*?</t[hd]>", row)]
            for row in re.findall(r"<tr.*?</tr>", table.group(1))
        ]

    def choose(self, choice: str) -> None:
        """Press the button of an award in the ledger."""
        ledger = next(one for one in self.walk() if isinstance(one, Panel) and "Awards, the latest first" in one.html)
        count = ledger.picked.get("count", 0) + 1
        ledger.picked = {"student": None, "concept": None, "choice": choice, "count": count}

    def award(self, points: int, what: str = "practice") -> None:
        """Fill in the form and press its button."""
        self.found(w.IntText, "Points").value = points
        self.found(w.Dropdown, "What for").value = what
        self.found(w.Button, "Award").click()


def _walk(widget: w.Widget) -> Iterator[w.Widget]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _walk(child)


def _shown(widget: w.Widget) -> str:
    if getattr(widget, "layout", None) is not None and getattr(widget.layout, "display", None) == "none":
        return ""
    own = widget.html if isinstance(widget, Panel) else ""
    return own + "".join(_shown(child) for child in getattr(widget, "children", ()))


def made(database: Database) -> Workbench:
    """A teacher's Workbench on a school of five classes and seven students."""
    with psycopg.connect(database.admin_url, cursor_factory=psycopg.ClientCursor) as admin:
        admin.execute(SCHOOL, {"name": NAME})
    return Workbench(database.teacher, Settings(frozen_now=NOW))


@pytest.fixture(scope="module")
def school(house: House) -> Iterator[Database]:
    """The school's database; leave it as it is."""
    with house.database() as database:
        made(database)
        yield database


@pytest.fixture
def edu(school: Database) -> Workbench:
    """A Workbench to look with."""
    return Workbench(school.teacher, Settings(frozen_now=NOW))


@pytest.fixture
def own(database: Database) -> Workbench:
    """A Workbench to act with, on a school of the test's own."""
    return made(database)


@pytest.fixture(autouse=True)
def _outside_voila(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    monkeypatch.delenv("QUERY_STRING", raising=False)


@pytest.fixture
def opened() -> Opened:
    """Opens a page at an address."""
    return lambda edu, query: Page(leaderboard(edu, query=query))


@pytest.fixture(autouse=True)
def _slow_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long an answer takes here, what is clicked next is the rest of a double click."""
    monkeypatch.setattr(clicks, "SECONDS", 60.0)
