"""The first page, driven without a browser."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import ipywidgets as w
import psycopg
import pytest

from edukit.errors import StoreError
from edukit.ops.seed import DEMO_TEACHER
from edukit.queries.frames import HOME, ME
from edukit.queries.outbox import Horizon
from edukit.settings import Settings
from edukit.ui.views.home import home
from edukit.ui.widgets import Address, Panel
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from conftest import House

NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)
TAUGHT = """
SELECT c.name,
    (SELECT count(*) FROM question_attempts q WHERE q.class_id = c.id AND attempted_at <= %(now)s
        AND attempted_at > %(now)s - interval '168 hours'),
    (SELECT count(DISTINCT (s.assignment_id, s.student_id)) FROM submissions s
        JOIN assignments w ON w.id = assignment_id
        JOIN enrolments e ON (e.class_id, e.student_id) = (w.class_id, s.student_id)
        WHERE w.class_id = c.id AND e.left_at IS NULL AND coalesce(w.due_at, '-infinity') <= %(now)s AND NOT EXISTS (
            SELECT FROM feedback f WHERE f.submission_id = (
                SELECT id FROM submissions l WHERE (l.assignment_id, l.student_id) = (s.assignment_id, s.student_id)
                ORDER BY submitted_at DESC, id DESC LIMIT 1))),
    (SELECT count(*) FROM assignments w WHERE w.class_id = c.id AND due_at > %(now)s
        AND due_at <= %(now)s + interval '168 hours')
FROM classes c JOIN class_teachers t ON t.class_id = c.id JOIN users u ON u.id = t.teacher_id
    JOIN accounts a ON a.id = u.account_id
WHERE a.email = %(account)s AND c.archived_at IS NULL ORDER BY c.name
"""
QUIET = {
    "institution": "Hill", "subject": "Maths", "taught": True, "students": 24, "answers": 120, "correct_answers": 90,
    "earlier_answers": 100, "need_help": 0, "predicted": 24, "at_risk": 0, "waiting": 0, "due": 0,
}  # fmt: skip


class Staffroom:
    """Somebody with classes, which differ from a quiet one in what is given: the Workbench's methods for the page."""

    mastery_thresholds = (50.0, 80.0, 95.0)
    role = "teacher"
    now = NOW

    def __init__(self, *classes: dict[str, Any], grievances: int = 0, name: str | None = "Tess Hart") -> None:
        self._classes, self._grievances, self._name = classes, grievances, name
        self.fails: Exception | None = None

    def horizon(self) -> Horizon:
        """How far the store has come."""
        return Horizon(1, ())

    def me(self) -> pd.DataFrame:
        """The frame ``me``."""
        return ME.of([("Hill", 1, self._name, "teacher", self._grievances)] if self._name else [])

    def home(self) -> pd.DataFrame:
        """The frame ``home``."""
        if self.fails is not None:
            raise self.fails
        names = [column.name for column in HOME.columns]
        rows = [
            QUIET | {"class_id": 1000 + place, "class_name": f"Class {place:02d}"} | given
            for place, given in enumerate(self._classes)
        ]
        return HOME.of([[row.get(name) for name in names] for row in rows])


def waiting(count: int, days: int, name: str = "Ana Lopez") -> dict[str, Any]:
    """Submissions that wait, the oldest from somebody for so many days."""
    since = NOW - timedelta(days=days, hours=1)
    return {"waiting": count, "waiting_since": since, "waiting_student_id": 7, "waiting_student": name}


def due(count: int, hours: int, title: str = "Fractions") -> dict[str, Any]:
    """Assignments that fall due, the first in so many hours."""
    return {"due": count, "next_due_at": NOW + timedelta(hours=hours), "next_due": title}


def walk(widget: w.Widget) -> Iterator[w.Widget]:
    """The widget and all below it that is not hidden."""
    if getattr(getattr(widget, "layout", None), "display", None) != "none":
        yield widget
        for child in getattr(widget, "children", ()):
            yield from walk(child)


def shown(view: w.Widget) -> str:
    """All the HTML of the page's panels."""
    return "".join(one.html for one in walk(view) if isinstance(one, Panel))


def sentences(view: w.Widget) -> list[str]:
    """What needs attention, as text."""
    (part,) = re.findall(r'<ol class="attention">(.*?)</ol>', shown(view))
    return [re.sub("<[^>]+>", "", item) for item in re.findall("<li>(.*?)</li>", part)]


def searches(view: w.Widget) -> list[w.Text]:
    """The fields to search by."""
    return [one for one in walk(view) if isinstance(one, w.Text)]


def cards(view: w.Widget) -> list[str]:
    """The names of the classes that have a card."""
    return re.findall(r"<h3><a [^>]*>(.*?)</a></h3>", shown(view))


@pytest.fixture(autouse=True)
def _outside_voila(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    monkeypatch.delenv("QUERY_STRING", raising=False)


def test_a_quiet_day() -> None:
    """The greeting has the name, and where nothing is urgent the page says so."""
    html = shown(home(Staffroom({})))
    assert "Hello, Tess Hart" in html
    assert "Nothing needs your attention today." in html
    assert '<ol class="attention"' not in html


def test_what_is_urgent_comes_first() -> None:
    """Grievances, risk, waiting work, in this order and with links; a fourth thing is left to the cards."""
    edu = Staffroom(
        {"at_risk": 1, "need_help": 5, **waiting(2, 3)},
        {"at_risk": 4, **waiting(1, 9, "Bo Ek")},
        grievances=2,
    )
    view = home(edu)
    assert sentences(view) == [
        "2 grievances assigned to you are not resolved.",
        "4 students of Class 01 at high or critical risk are to be looked at; so are some in 1 other class.",
        "3 submissions wait for feedback, the longest for 9 days: from Bo Ek in Class 01.",
    ]
    for href in ("grievances.ipynb", "student_risk.ipynb?class=1001", "student.ipynb?student=7&amp;class=1001"):
        assert f'href="{href}"' in shown(view)


def test_help_is_told_where_nothing_is_more_urgent() -> None:
    """Who needs help on a concept leads to the class with most of them; one is one."""
    assert sentences(home(Staffroom({"need_help": 3}, {"need_help": 3}, {"need_help": 1}))) == [
        "3 students of Class 00 need help on a concept; so do some in 2 other classes."
    ]
    assert sentences(home(Staffroom({"need_help": 1}))) == ["1 student of Class 00 needs help on a concept."]
    assert sentences(home(Staffroom(waiting(1, 0)))) == [
        "1 submission waits for feedback, for less than a day: from Ana Lopez in Class 00."
    ]


def test_a_card_has_each_figure_with_its_meaning() -> None:
    """Every figure of the frame stands on the card with what it means, and leads where it can be seen."""
    html = shown(home(Staffroom({"need_help": 5, "at_risk": 2, **waiting(3, 12), **due(2, 50)})))
    text = re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", html))
    for words in (
        "24 students",
        "120 answers in 7 days, 75% right; 100 in the 7 before",
        "5 students need help on a concept",
        "2 students at high or critical risk are to be looked at",
        "3 submissions wait for feedback, the longest for 12 days, from Ana Lopez",
        "2 assignments are due in 7 days: first “Fractions”, in 2 days",
    ):
        assert words in text, words
    onward = html[html.index('<p class="onward">') :]
    for page, name in (
        ("next_lesson", "Next lesson"),
        ("student_risk", "Risk"),
        ("grievances", "Grievances"),
        ("leaderboard", "Leaderboard"),
    ):
        assert f'<a href="{page}.ipynb?class=1000" aria-label="{name}: Class 00">{name}</a>' in onward
    assert '<h3><a href="class_mastery.ipynb?class=1000">Class 00</a></h3>' in html


def test_the_demo_teachers_day(house: House) -> None:
    """On the demo school: the teacher by name, their classes and no other, each figure as plain SQL counts it."""
    assert house.demo
    with psycopg.connect(house.stores.database_url) as connection:
        taught = connection.execute(TAUGHT, {"now": NOW, "account": DEMO_TEACHER}).fetchall()
        (name,) = connection.execute(
            "SELECT u.name FROM users u JOIN accounts a ON a.id = u.account_id WHERE a.email = %s", [DEMO_TEACHER]
        ).fetchone() or ("",)
    view = home(Workbench(house.home_database.teacher, Settings(frozen_now=NOW)))
    assert f"Hello, {name}" in shown(view)
    found = [
        (title, *(int(figure.replace(",", "")) for figure in re.findall("<b>(.*?)</b>", card)))
        for title, card in re.findall(r'<h3><a [^>]*>(.*?)</a></h3>(.*?)<p class="onward">', shown(view))
    ]
    # Of need of help and risk the frames' own tests tell.
    assert [(title, answers, waits, due) for title, answers, _, _, waits, due in found] == taught
    assert sum(waits for *_, waits, _ in taught) > 0
    assert sentences(view)


def test_nothing_is_said_as_nothing() -> None:
    """No answers have no share right, and who was never looked at is not at no risk."""
    none = {"answers": 0, "correct_answers": 0, "earlier_answers": 0, "predicted": 0, **due(1, 30)}
    html = shown(home(Staffroom(none)))
    assert "answers in 7 days; 0 in the 7 before" in html
    assert "nothing has been predicted yet" in html
    assert "%" not in re.sub("90%", "", html.partition("</style>")[2])


def test_a_class_in_which_nothing_happens_is_short() -> None:
    """One sentence instead of five zeros; a single answer a week ago brings them back."""
    none = {"answers": 0, "correct_answers": 0, "earlier_answers": 0, "predicted": 0}
    html = shown(home(Staffroom(none)))
    assert "No answers in two weeks. Nothing waits, and nothing is due." in html
    assert 'class="none"' not in html
    html = shown(home(Staffroom({**none, "earlier_answers": 1})))
    assert "No answers in two weeks" not in html
    assert html.count('class="none"') == 5


def test_a_class_of_nobody_is_short() -> None:
    """Where nobody is enrolled the card says so, with only the figures that are not nothing."""
    empty = {"students": 0, "answers": 0, "correct_answers": 0, "earlier_answers": 0, "predicted": 0, **due(1, 30)}
    html = shown(home(Staffroom(empty)))
    assert "nobody is enrolled now" in html
    assert "assignment is due in 7 days: “Fractions”, in 1 day" in html
    assert html.count("<b>") == 1


def test_no_classes_say_what_to_do() -> None:
    """An empty store is a sentence with the two commands that fill it."""
    html = shown(home(Staffroom(name=None)))
    assert "edukit seed" in html
    assert "edukit load" in html


@pytest.mark.parametrize(("name", "reason"), [(None, "EDUKIT_USER"), ("Ada Admin", "No class is taught by you")])
def test_classes_of_others_are_told_to_be(name: str | None, reason: str) -> None:
    """Who teaches none, and who is not known, reads why these classes are here, and is not asked to attend to them."""
    html = shown(home(Staffroom({"taught": False, "need_help": 4}, name=name)))
    assert reason in html
    assert "What needs attention" not in html
    assert "first 60" not in html
    assert "first 60" in shown(home(Staffroom(*[{"taught": False}] * 60, name=name)))


def test_an_admins_grievances_are_told() -> None:
    """Who teaches no class and has a grievance to answer is told of that alone."""
    edu = Staffroom({"taught": False, "at_risk": 4}, grievances=1)
    assert sentences(home(edu)) == ["1 grievance assigned to you is not resolved."]


def test_many_classes_can_be_searched() -> None:
    """Up to twelve there is no search; with sixty it narrows the cards as one types, in whatever case."""
    assert searches(home(Staffroom(*[{}] * 12))) == []
    view = home(Staffroom({"class_name": "9Z Ökologie"}, *[{}] * 59), query="")
    (search,) = searches(view)
    assert len(cards(view)) == 60
    search.value = " ÖKO"
    assert cards(view) == ["9Z Ökologie"]
    assert "Shown: 1 of 60 classes, with “ÖKO” in the name." in shown(view)
    search.value = "<b>"
    assert cards(view) == []
    assert "&lt;b&gt;" in shown(view)
    assert "<b>”" not in shown(view)


def test_the_address_keeps_the_search() -> None:
    """What was searched for stands in the address, and the address opens it again, also with few classes."""
    view = home(Staffroom(*[{}] * 20), query="")
    searches(view)[0].value = "Class 1"
    (address,) = (one for one in walk(view) if isinstance(one, Address))
    assert address.parameters == {"find": "Class 1"}
    assert cards(home(Staffroom(*[{}] * 20), query="find=Class+1")) == cards(view)
    assert len(searches(home(Staffroom({}), query="find=x"))) == 1


def test_a_wrong_address_is_told() -> None:
    """What a link says wrongly stands at the head of the page."""
    assert "which is not an id" in shown(home(Staffroom({}), query="class=x"))


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "ليلى", "李明 🦊", "N" * 80])
def test_names_stay_names(name: str) -> None:
    """Whatever people, classes and work are called, it is text."""
    html = shown(
        home(Staffroom({"class_name": name, "subject": name, **waiting(1, 2, name), **due(1, 3, name)}, name=name))
    )
    assert "<script" not in html
    assert html.count(name.replace("<", "&lt;").replace(">", "&gt;")) >= 4


def test_several_schools_are_told_apart() -> None:
    """The school stands on the card where there are several, and not where there is one."""
    assert "Hill" not in shown(home(Staffroom({}, {})))
    assert "Lake" in shown(home(Staffroom({}, {"institution": "Lake"})))


def test_an_edukit_error_is_a_card() -> None:
    """A store that is away is told in its own words."""
    edu = Staffroom({})
    edu.fails = StoreError("PostgreSQL does not answer.")
    html = shown(home(edu))
    assert "PostgreSQL does not answer." in html
