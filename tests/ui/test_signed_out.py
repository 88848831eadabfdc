"""A sign-in that ends while a page is open: the page says so, leads back to itself, and keeps what was typed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from edukit.db.minting import mint, revoke
from edukit.db.session import Viewer, session_for
from edukit.queries.accounts import account_called, memberships
from edukit.settings import Settings
from edukit.ui.views.class_mastery import class_mastery
from edukit.ui.views.grievances import grievances
from edukit.ui.views.home import home
from edukit.ui.views.leaderboard import leaderboard
from edukit.ui.views.next_lesson import next_lesson
from edukit.ui.views.student import student
from edukit.ui.views.student_risk import student_risk
from edukit.ui.widgets import Address, Panel
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import ipywidgets as w
    from conftest import House

    View = Callable[..., w.Widget]

DEMO_ADMIN = "admin@demo.example"
NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)
PAGES = [home, class_mastery, next_lesson, student_risk, grievances, leaderboard, student]
AGAIN = '<a href="">Sign in again</a>'
IN_A_NEW_TAB = '<a href="" target="_blank">Sign in again in a new tab</a>'
ENDS = ["revoked", "expired"]


class SignIn:
    """A sign-in of the demo's admin, who has several classes to choose from, with the login minted for it."""

    def __init__(self, house: House) -> None:
        assert house.demo
        self._app, self._admin_url = house.home_database.app, house.stores.database_url
        with session_for(self._app) as session:
            (user,) = memberships(session, account_called(session, DEMO_ADMIN))
            login = mint(
                session, institution_id=user.institution_id, user_id=user.user_id, database_url=self._admin_url
            )
        self._login = login.name
        self.edu = Workbench(Viewer(login.database_url), Settings(frozen_now=NOW))

    def ends(self, how: str) -> None:
        """Its login is revoked, which ends its connections; or has expired, and its connections see nothing."""
        if how == "revoked":
            with session_for(self._app) as session:
                revoke(session, self._login)
        else:
            with psycopg.connect(self._admin_url) as admin:
                admin.execute("UPDATE viewers SET expires_at = clock_timestamp() WHERE login = %s", [self._login])

    def a_student(self) -> tuple[int, int]:
        """A class, and one of its students with work that was handed in."""
        for class_id in self.edu.class_names()["class_id"].tolist():
            for student_id in self.edu.students(class_id)["student_id"].tolist():
                if self.edu.submissions(student_id)["submission_id"].notna().any():
                    return class_id, student_id
        pytest.fail("nobody has handed anything in")


@pytest.fixture
def signed_in(house: House) -> SignIn:
    """A sign-in of the test's own."""
    return SignIn(house)


@pytest.fixture(autouse=True)
def _within_voila(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5")
    monkeypatch.delenv("QUERY_STRING", raising=False)


def walk(widget: w.Widget) -> Iterator[w.Widget]:
    """The widget and all below it that is not hidden."""
    if getattr(getattr(widget, "layout", None), "display", None) != "none":
        yield widget
        for child in getattr(widget, "children", ()):
            yield from walk(child)


def shown(view: w.Widget) -> str:
    """All the HTML of the panels that are not hidden."""
    return "".join(one.html for one in walk(view) if isinstance(one, Panel))


def named(view: w.Widget, description: str) -> Any:
    """The picker, field or button of that name that is not hidden."""
    return next(one for one in walk(view) if getattr(one, "description", None) == description)


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.__name__)
def test_a_page_that_is_opened_afterwards_says_so(signed_in: SignIn, page: View, how: str) -> None:
    """Every page is a card with the way to sign in again, and shows no data."""
    assert len(signed_in.edu.class_names())
    signed_in.ends(how)
    html = shown(page(signed_in.edu, query=""))
    assert "Your sign-in has ended" in html
    assert html.count(AGAIN) == 1
    assert "<table" not in html


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("page", [class_mastery, student_risk, leaderboard, student], ids=lambda page: page.__name__)
def test_a_page_that_is_open_says_so_at_the_next_choice(signed_in: SignIn, page: View, how: str) -> None:
    """Instead of the class that is chosen there is a card; the address that its link leads to asks for that class."""
    view = page(signed_in.edu, query="")
    assert AGAIN not in shown(view)
    signed_in.ends(how)
    picker = named(view, "Class")
    picker.index = 1
    assert AGAIN in shown(view)
    assert "<table" not in shown(view)
    (address,) = (one for one in walk(view) if isinstance(one, Address))
    assert address.parameters["class"] == str(picker.value)


def tell(view: w.Widget) -> tuple[Any, Any]:
    """The form for feedback below the first work that was handed in: its field, filled in, and its button."""
    panel = next(one for one in walk(view) if isinstance(one, Panel) and 'data-choice="tell ' in one.html)
    choice = panel.html.partition('data-choice="tell ')[2].partition('"')[0]
    panel.picked = {"student": None, "concept": None, "choice": f"tell {choice}", "count": 1}
    return filled(view, "What you say"), named(view, "Send feedback")


def file(view: w.Widget) -> tuple[Any, Any]:
    """The form that files a grievance, for the first student of the class."""
    named(view, "Student").index = 1
    return filled(view, "What it is about"), named(view, "File the grievance")


def log(view: w.Widget) -> tuple[Any, Any]:
    """The form that logs an intervention."""
    named(view, "What was done").value = "conversation"
    return filled(view, "What was said or agreed"), named(view, "Log the intervention")


def filled(view: w.Widget, description: str) -> Any:
    """A field with something typed in it."""
    field = named(view, description)
    field.value = "An hour of work."
    return field


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize(("page", "fill"), [(student, tell), (grievances, file), (student_risk, log)])
def test_what_was_typed_stays(signed_in: SignIn, page: View, fill: Callable[..., Any], how: str) -> None:
    """Sent too late, the words stay in sight, and the way to sign in again leads to another tab."""
    class_id, student_id = signed_in.a_student()
    view = page(signed_in.edu, query=f"class={class_id}&student={student_id}")
    field, send = fill(view)
    signed_in.ends(how)
    send.click()
    assert IN_A_NEW_TAB in shown(view)
    assert field in [*walk(view)]
    assert field.value == "An hour of work."


def test_what_was_typed_stays_when_something_else_is_chosen(signed_in: SignIn) -> None:
    """The page is not put away with what was typed in it: it says that the sign-in has ended, and stays."""
    class_id, student_id = signed_in.a_student()
    view = student(signed_in.edu, query=f"class={class_id}&student={student_id}")
    field, _ = tell(view)
    signed_in.ends("revoked")
    picker = named(view, "Class")
    picker.index = 1 - picker.index
    assert IN_A_NEW_TAB in shown(view)
    assert field in [*walk(view)]
    assert field.value == "An hour of work."


def test_in_a_notebook_there_is_no_page_to_come_back_to(signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside Voilà the next step is a command, and no link."""
    monkeypatch.delenv("SERVER_SOFTWARE")
    signed_in.ends("revoked")
    html = shown(home(signed_in.edu, query=""))
    assert "edukit lab" in html
    assert "Sign in again</a>" not in html
