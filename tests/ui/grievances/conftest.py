"""What the tests of the grievances page share: a small school, its teacher, and pages that are driven in Python."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import ipywidgets as w
import psycopg
import pytest

from edukit.errors import StoreError
from edukit.ops.seed import DEMO_TEACHER
from edukit.settings import Settings
from edukit.ui import clicks
from edukit.ui.export_menu import ExportMenu
from edukit.ui.views.grievances import grievances
from edukit.ui.widgets import Address, Panel
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Database, House

NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)
SCRIPT = "<script>alert(1)</script> 李雷 " + "é" * 40


class Page:
    """A page as its reader sees and uses it."""

    def __init__(self, view: w.Widget) -> None:
        self.view = view

    def walk(self) -> Iterator[w.Widget]:
        """All widgets that are not hidden."""
        return _walk(self.view, hidden=False)

    @property
    def html(self) -> str:
        """All the HTML that is not hidden."""
        return "".join(one.html for one in self.walk() if isinstance(one, Panel))

    @property
    def sent(self) -> str:
        """Everything of the page that a browser has, hidden or not."""
        return json.dumps([one.get_state() for one in _walk(self.view, hidden=True)], default=str, ensure_ascii=False)

    def named(self, kind: type[w.Widget], description: str) -> Any:
        """The widget of that kind and description that is not hidden."""
        return next(one for one in self.walk() if isinstance(one, kind) and one.description == description)

    def press(self, description: str) -> None:
        """Click a button."""
        self.named(w.Button, description).click()

    def choose(self, choice: str) -> None:
        """Choose what stands in a panel."""
        panel = next(one for one in self.walk() if isinstance(one, Panel) and f'data-choice="{choice}"' in one.html)
        panel.picked = {"student": None, "concept": None, "choice": choice, "count": panel.picked.get("count", 0) + 1}

    @property
    def kept(self) -> dict[str, str]:
        """The parameters in the address that are not empty."""
        (address,) = (one for one in self.walk() if isinstance(one, Address))
        return {name: value for name, value in address.parameters.items() if value}

    @property
    def query(self) -> str:
        """The address as a link has it."""
        return "&".join(f"{name}={value}" for name, value in self.kept.items())

    @property
    def file(self) -> list[dict[str, str]]:
        """The rows of the file that the page gives."""
        menu = next(one for one in self.walk() if isinstance(one, ExportMenu) and "grievance" in one.label)
        _, content = menu.file("csv")
        return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))

    @property
    def ids(self) -> list[str]:
        """The grievances of the inbox, in order."""
        return [part[:36] for part in self.html.split('data-choice="')[1:] if part[:36].count("-") == 4]


def _walk(widget: w.Widget, *, hidden: bool) -> Iterator[w.Widget]:
    if not hidden and getattr(getattr(widget, "layout", None), "display", None) == "none":
        return
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _walk(child, hidden=hidden)


class Away(Workbench):
    """A Workbench whose store goes away, or does so once something has been written."""

    away = False

    def grievances(self, status: str | None = None) -> Any:
        """The frame, or that the store does not answer."""
        if self.away:
            message = "PostgreSQL does not answer."
            raise StoreError(message)
        return super().grievances(status)


@dataclass(frozen=True)
class School:
    """A small demo school, and who looks at it."""

    database: Database
    edu: Away

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the administrator reads."""
        with psycopg.connect(self.database.admin_url) as connection:
            return connection.execute(query, values).fetchall()

    def open(self, query: str, edu: Workbench | None = None) -> Page:
        """The page at an address."""
        return Page(grievances(edu or self.edu, query=query))

    def a_student(self) -> tuple[int, int, str]:
        """A class of the teacher, and one of its students with their name."""
        class_id = int(self.edu.classes().query("students > 0")["class_id"].iloc[0])
        row = self.edu.students(class_id).iloc[0]
        return class_id, int(row["student_id"]), str(row["student"])

    def filling(self, **how: Any) -> Page:
        """A page whose form is filled in, and not sent."""
        class_id, student_id, _ = self.a_student()
        view = self.open(f"class={class_id}")
        told = {"Student": student_id, "Its category": "feedback", "Its severity": "medium", **how}
        view.named(w.Textarea, "What it is about").value = told.pop("words", "Nobody reads my work.")
        for name, value in told.items():
            view.named(w.Dropdown, name).value = value
        return view

    def filed(self, **how: Any) -> tuple[Page, str]:
        """A page on a grievance that was just filed through the form, and its id."""
        view = self.filling(**how)
        view.press("File the grievance")
        return view, view.kept["grievance"]

    def filed_with(self, user: str) -> tuple[Page, str]:
        """The same, of a grievance that is then assigned to the account's user."""
        view, grievance_id = self.filed()
        if not self.edu.grievance(grievance_id)["mine"].iloc[0]:
            ((mine,),) = self.rows(
                "SELECT u.id FROM users u JOIN accounts a ON a.id = u.account_id JOIN grievances g ON"
                " g.institution_id = u.institution_id WHERE a.email = %s AND g.id = %s LIMIT 1", user, grievance_id,
            )  # fmt: skip
            view.named(w.Dropdown, "Assign to").value = mine
            view.press("Assign")
        return view, grievance_id


@pytest.fixture(scope="module")
def demo_school(house: House) -> Iterator[Database]:
    """A small demo school; one of its students has a name to beware of, and one of its classes is empty."""
    with house.school(as_of=NOW) as database:
        with psycopg.connect(database.admin_url) as connection:
            connection.execute("UPDATE users SET name = %s WHERE id = (SELECT min(id) FROM students)", [SCRIPT])
            connection.execute(
                "INSERT INTO classes (institution_id, id, name) SELECT min(institution_id), 7, 'Empty' FROM classes"
            )
            connection.execute(
                "INSERT INTO class_teachers (institution_id, class_id, teacher_id) SELECT u.institution_id, 7, u.id"
                " FROM users u JOIN accounts a ON a.id = u.account_id WHERE a.email = %s",
                [DEMO_TEACHER],
            )
        yield database


@pytest.fixture
def account() -> str:
    """Who looks and acts."""
    return DEMO_TEACHER


@pytest.fixture
def school(demo_school: Database, account: str) -> School:
    """The demo school with whoever looks."""
    return School(demo_school, Away(demo_school.of(account), Settings(frozen_now=NOW)))


@pytest.fixture(autouse=True)
def _outside_voila(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    monkeypatch.delenv("QUERY_STRING", raising=False)


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clicks of tests follow at once, and are meant."""
    monkeypatch.setattr(clicks, "SECONDS", 0.0)


@pytest.fixture
def double_click(monkeypatch: pytest.MonkeyPatch) -> Callable[[w.Widget], None]:
    """Clicks a widget twice, as fast as a reader may."""

    def twice(button: w.Button) -> None:
        button.click()
        monkeypatch.setattr(clicks, "SECONDS", 60.0)
        button.click()
        monkeypatch.setattr(clicks, "SECONDS", 0.0)

    return twice
