"""A student's page, driven without a browser, on a real database."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from io import StringIO
from typing import TYPE_CHECKING, Any

import ipywidgets as w
import pytest
from sqlalchemy import event

from edukit.db.session import engine_for
from edukit.errors import StoreError
from edukit.settings import Settings
from edukit.ui.export_menu import ExportMenu
from edukit.ui.updates import Updates
from edukit.ui.views.student import student
from edukit.ui.widgets import Address
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Database

    Opened = Callable[[str], Any]

NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)
ADA, SCRIPT, ELSEWHERE = 1, 2, 5
NAME = "<script>alert(1)</script> 🦊 مريم 李雷"


def test_without_a_student_it_asks_for_one(opened: Opened) -> None:
    """A page that is opened by itself says what to choose; choosing shows the student and keeps them in the address."""
    view = opened("")
    assert "Choose a class, and then a student." in view.shown()
    assert "Mastery by topic" not in view.shown()
    view.found(w.Dropdown, "Class").value = 2
    assert [label for label, _ in view.found(w.Dropdown, "Student").options] == ["Choose a student", "Ada", "Bo"]
    view.found(w.Dropdown, "Student").value = ELSEWHERE
    assert ">Bo<" in view.shown()
    assert "Mastery by topic" in view.shown()
    kept = view.found(Address).parameters
    assert (kept["class"], kept["student"]) == ("2", "5")
    again = opened("&".join(f"{name}={value}" for name, value in kept.items()))
    assert again.found(Address).parameters == kept
    assert again.shown() == view.shown()


def test_a_class_of_nobody_says_so(opened: Opened) -> None:
    """There is nobody to choose, and the page says what to do."""
    assert "Nobody is enrolled in this class now" in opened("class=3").shown()


def _html(widget: w.Widget) -> str:
    """The HTML of a widget and all below it."""
    return getattr(widget, "html", "") + "".join(_html(child) for child in getattr(widget, "children", ()))


def test_no_classes_says_what_to_do(empty: Database) -> None:
    """An empty store is a sentence with the commands that fill it."""
    assert "edukit seed" in _html(student(Workbench(empty.teacher, Settings(frozen_now=NOW)), query="student=1"))


def test_a_student_alone_opens_at_their_class(opened: Opened) -> None:
    """Without a class in the link it is the first of theirs, and links onward keep it."""
    view = opened("student=5")
    assert view.found(w.Dropdown, "Class").value == 2
    assert 'href="student_risk.ipynb?class=2&amp;student=5"' in view.shown()


def test_another_class_keeps_a_student_who_is_in_it(opened: Opened) -> None:
    """Ada is in both classes and stays; the other class's own students do not."""
    view = opened("student=1&class=1")
    view.found(w.Dropdown, "Class").value = 2
    assert view.found(w.Dropdown, "Student").value == ADA
    view.found(w.Dropdown, "Student").value = ELSEWHERE
    view.found(w.Dropdown, "Class").value = 1
    assert view.found(w.Dropdown, "Student").value == 0
    assert "Mastery by topic" not in view.shown()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("student=77", "the student 77, not yours to see or not there any more: choose one"),
        ("student=x", "which is not an id"),
        ("student=1&class=77", "class 77, not yours to see"),
    ],
)
def test_a_wrong_link_falls_back_visibly(opened: Opened, query: str, sentence: str) -> None:
    """A link that asks for what is not there says so and lets choose."""
    view = opened(query)
    assert sentence in view.shown()
    assert view.found(w.Dropdown, "Student")


def test_figures_are_the_frames(opened: Opened) -> None:
    """What stands at the head is counted in the database: answers, scores, work in each state."""
    html = opened("student=1").shown()
    assert "<b>40</b><span>75% of them right" in html
    assert "<b>60</b><span>middle of 2 scores" in html
    assert "<b>19</b><span>of 20 assignments; 1 missing, 18 waiting for feedback" in html
    assert "40 answers in the last 52 weeks, 75% right; most in the week of 25 May 2026 (7)" in html
    assert "4 of 10 weeks since that of 27 Apr 2026 without answers" in html
    assert '<tbody><tr><th scope="row">29 Jun 2026</th><td class="number">0</td>' in html
    assert html.count('class="bar"') == 2


def test_moments_are_the_readers(opened: Opened) -> None:
    """The last answer is told at the head and in the tables alike, as a moment that turns into the reader's zone."""
    html = opened("student=1").shown()
    last = '<time datetime="2026-06-28T10:00:00+00:00">'
    assert f"last answer {last}" in html
    assert f"<td>{last}" in html
    assert "(UTC)" not in html


@pytest.mark.parametrize("label", ["concept", "assignment"])
def test_the_file_is_what_is_shown(opened: Opened, label: str) -> None:
    """Exactly the rows in sight, in their order."""
    view = opened("student=1&class=1")
    name, content = view.found(ExportMenu, label).file("csv")
    rows = list(csv.DictReader(StringIO(content.decode("utf-8-sig"))))
    if label == "concept":
        assert [row["concept"] for row in rows] == ["Adding", NAME]
        assert name == "mastery-Ada.csv"
    else:
        assert [row["assignment"] for row in rows] == [NAME, *(f"Work {place}" for place in range(19, 12, -1))]
        assert name == "work-Ada.csv"


def test_names_are_escaped(opened: Opened) -> None:
    """A name, a topic, a title, work and words that are HTML stay text, and only an address of the web is a link."""
    view = opened("student=2&class=1")
    view.choose("tell 00000000-0000-0000-0000-000000020020")
    html = view.shown()
    assert "<script" not in html
    assert "<i> " not in html.replace("<i>", "<i> ").replace('<i class="', "")
    assert html.count("&lt;script&gt;") >= 6
    assert "javascript:" not in html
    assert 'href="https://github.com/ada"' in opened("student=1").shown()


def test_a_student_with_nothing_has_sentences(opened: Opened) -> None:
    """No answers, points or words: each part says so, and there is no empty chart or table."""
    html = opened("student=5").shown()
    for sentence in (
        "No answers yet, so there is no mastery to show.",
        "No answers with a time in the last 52 weeks.",
        "Nothing was set or handed in yet.",
        "Nothing was predicted yet.",
        "No intervention was logged.",
        "No badge yet.",
        "No awards yet.",
    ):
        assert sentence in html
    assert "<table" not in html


def test_who_left_is_a_pseudonym(seen_by_admin: Opened) -> None:
    """It says when they left; neither grade nor words are shown, and nobody can give feedback any more."""
    html = seen_by_admin("student=4&class=1").shown()
    assert 'Left on <time datetime="2026-05-03T10:00:00+00:00">' in html
    assert "Former student 0004" in html
    assert "grade 4" not in html
    assert "The words were erased." in html
    assert "0 waiting for feedback" in html
    assert "data-choice" not in html
    assert "Former student 0004, not in this class now" in str(
        seen_by_admin("student=4&class=1").found(w.Dropdown, "Student").options
    )


def test_an_edukit_error_is_a_card(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure that edukit explains is shown as its sentence, and the next choice works again."""
    view = opened("student=1&class=1")

    def fail(_self: Workbench, _student_id: int) -> None:
        message = "PostgreSQL does not answer."
        raise StoreError(message)

    with monkeypatch.context() as broken:
        broken.setattr(Workbench, "submissions", fail)
        view.found(w.Dropdown, "Student").value = SCRIPT
        assert "PostgreSQL does not answer." in view.shown()
        assert "<table" not in view.shown()
    view.found(w.Dropdown, "Student").value = ADA
    assert "PostgreSQL does not answer." not in view.shown()
    assert "<table" in view.shown()


def test_looking_writes_nothing_and_costs_the_same(opened: Opened, edu: Workbench, database: Database) -> None:
    """A student with much costs as many statements as one with nothing, and each of them only reads."""
    assert edu.may_act  # asked once of a Workbench, whatever it opens
    sent: list[str] = []
    engine = engine_for(database.teacher.database_url)

    def heard(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", heard)
    counts = []
    for query in ("student=1&class=1", "student=5&class=2"):
        sent.clear()
        opened(query)
        counts.append(len(sent))
    event.remove(engine, "before_cursor_execute", heard)
    assert counts[0] == counts[1]
    assert not [statement for statement in sent if not statement.lstrip().startswith(("SELECT", "WITH"))]


def test_days_say_what_is_shown_of_a_student(opened: Opened) -> None:
    """Answers, weeks and work are of the days; mastery and points stand as they are, and the page says so."""
    html = opened("student=1&class=1&from=2026-06-15&to=2026-06-20").shown()
    assert "<b>6</b><span>83% of them right, from 15 Jun 2026 to 20 Jun 2026" in html
    assert "6 answers from 15 Jun 2026 to 20 Jun 2026, 83% right" in html
    assert html.count("<article") == 6
    assert "scores, risk and points stand as they are now" in html
    assert html.count('class="bar"') == 2
    nothing = opened("student=1&class=1&to=2020-01-01").shown()
    assert "No answers with a time up to 1 Jan 2020." in nothing
    assert "Nothing was due or handed in up to 1 Jan 2020." in nothing
    assert "No badge up to 1 Jan 2020." in nothing


def test_new_data_leaves_what_is_being_typed(opened: Opened) -> None:
    """All is read anew, and the form stays open with its words."""
    view = opened("student=1&class=1")
    view.choose("tell 00000000-0000-0000-0000-000000010020")
    view.found(w.Textarea).value = "Half a sentence"
    view.found(Updates).wanted += 1
    assert view.found(w.Textarea).value == "Half a sentence"
    assert view.found(Updates).classes == [1, 2]
