"""The leaderboard and who stands next to a student, driven without a browser, on a real database."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING

import ipywidgets as w
import psycopg
import pytest
from sqlalchemy import event

from edukit.db.session import engine_for
from edukit.errors import StoreError
from edukit.settings import Settings
from edukit.ui.views.leaderboard import CHOOSE, FOR_YOU, NOBODY, NONE_NAMED
from edukit.ui.widgets import Address
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from conftest import Database, Opened

NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)
NAME = "<script>alert(1)</script> 🦊 مريم 李雷 " + "Maximiliane " * 7
ADA, SCRIPT, HIDDEN, BO, EVE, SOLO, TWIN = 700001, 700002, 700003, 700004, 700005, 700006, 700007


def test_the_class_sees_names_by_consent_only(opened: Opened, edu: Workbench) -> None:
    """The first view is the class's: exact ranks and ties, and neither name nor id of who has not agreed."""
    view = opened(edu, "")
    assert [row[0].split()[0] for row in view.rows("The board")] == ["1", "1", "3", "4"]
    everything = view.sent
    assert "A classmate" in everything
    assert "Hans" not in everything
    assert not {str(HIDDEN), str(ADA)} & set(re.findall(r"\d+", everything))
    assert "student.ipynb" not in everything
    assert FOR_YOU not in view.html


def test_the_file_is_what_is_shown(opened: Opened, edu: Workbench) -> None:
    """In each view the file has the rows of the table in its order, and no more of anybody than the view tells."""
    view = opened(edu, "class=1")
    head, *rows = view.file
    assert head == [
        "rank", "shown_name", "points", "recent_points", "level", "current_streak", "best_streak", "badges",
    ]  # fmt: skip
    table = [[" ".join(unescape(cell).split()) for cell in row] for row in view.rows("The board")]
    assert [[f"{rank} {' '.join(name.split())}", *others] for rank, name, *others in rows] == table
    assert not any("Hans" in cell or cell == str(HIDDEN) for row in rows for cell in row)
    view.found(w.Dropdown, "Names").value = "names"
    head, *rows = view.file
    assert [row[head.index("student_id")] for row in rows][2:] == [str(HIDDEN), str(BO)]
    assert [row[head.index("student")] for row in rows][2:] == ["Hidden Hans", "Bo"]
    assert len(rows) == len(view.rows("The board"))


def test_no_name_is_a_formula_in_the_file(opened: Opened, edu: Workbench) -> None:
    """A name that a spreadsheet would run has a mark before it."""
    assert "'=Eve" in [cell for row in opened(edu, "class=2&view=names").file for cell in row]


def test_figures_and_rows_equal_sql(opened: Opened, school: Database, edu: Workbench) -> None:
    """Points together, points of each student, and the sentence are what plain SQL counts."""
    html = opened(edu, "class=1&view=names").html
    with psycopg.connect(school.admin_url) as admin:
        counted = admin.execute(
            "SELECT student_id, sum(points_awarded)::int, (sum(points_awarded)"
            " FILTER (WHERE occurred_at > timestamptz '2026-06-23 20:00Z'))::int FROM gamification_events GROUP BY 1"
        ).fetchall()
    points = {student_id: of_all for student_id, of_all, _ in counted}
    linked = {
        int(student): [int(number) for number in re.findall(r">(\d+)</td>", row)]
        for row in re.findall(r"<tr.*?</tr>", html)
        for student in re.findall(r"student\.ipynb\?student=(\d+)&amp;class=1", row)
    }
    assert {student: numbers[0] for student, numbers in linked.items()} == {**points, BO: 0}
    recent = sum(of_late or 0 for _, _, of_late in counted)
    assert f"<dt>Together in the last 7 days</dt><dd><b>{recent}</b>" in html
    assert f"the first place has {max(points.values())} points" in html
    assert "1 has none yet; 2 share their place with somebody" in html


def test_names_are_escaped_and_lead_to_the_student(opened: Opened, edu: Workbench) -> None:
    """In the teacher's view every name is a link, whatever its letters, and nothing of it is markup."""
    html = opened(edu, f"class=1&view=names&student={SCRIPT}").html
    assert FOR_YOU in html
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    for student in (ADA, SCRIPT, HIDDEN, BO):
        assert f'href="student.ipynb?student={student}&amp;class=1"' in html


def test_neighbours_stand_first(opened: Opened, edu: Workbench) -> None:
    """A chosen student is shown between their neighbours, marked, before the whole board."""
    view = opened(edu, f"class=1&student={BO}")
    html, near = view.html, view.rows("Next to the student")
    assert [row[0].split()[0] for row in near] == ["1", "3", "4"]
    assert html.index("Next to a student") < html.index("The board")
    assert html.count('aria-current="true"') == 1
    assert "Bo" in re.search('<tr class="chosen".*?</tr>', html).group()  # type: ignore[union-attr]


def test_only_the_named_can_be_chosen_before_the_class(opened: Opened, edu: Workbench) -> None:
    """The class's view offers those who agreed; back from the teacher's view nobody hidden stays chosen."""
    view = opened(edu, f"class=1&view=names&student={HIDDEN}")
    assert view.found(w.Dropdown, "Student").value == HIDDEN
    assert "What Hidden Hans earned" in view.html
    view.found(w.Dropdown, "Names").value = ""
    assert view.found(w.Dropdown, "Student").value == 0
    assert "Hans" not in view.sent
    assert str(HIDDEN) not in view.sent
    assert [label for label, _ in view.found(w.Dropdown, "Student").options][1:] == [NAME, "Ada", "Bo"]


def test_a_class_that_hides_everybody_says_so(opened: Opened, edu: Workbench) -> None:
    """Where nobody agreed to be named the class's view says that nobody can be chosen; the board is there."""
    html = opened(edu, "class=2").html
    assert NONE_NAMED in html
    assert html.count("A classmate</bdi>") == 2
    assert "No points have been awarded in this class yet" in html


def test_address_follows_and_leads(opened: Opened, edu: Workbench) -> None:
    """What the address keeps opens the same view again."""
    view = opened(edu, "")
    view.found(w.Dropdown, "Class").value = 2
    view.found(w.Dropdown, "Names").value = "names"
    view.found(w.Dropdown, "Student").value = EVE
    kept = next(one for one in view.walk() if isinstance(one, Address)).parameters
    days = {"topics": "", "from": "", "to": ""}
    assert kept == {"class": "2", "student": str(EVE), "concept": "", "sort": "", **days, "view": "names"}
    again = opened(edu, "&".join(f"{name}={value}" for name, value in kept.items()))
    assert again.html == view.html
    view.found(w.Dropdown, "Class").value = 1
    assert view.found(w.Dropdown, "Student").value == 0


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("class=77", "class 77, not yours to see"),
        ("class=x", "which is not an id"),
        ("class=1&student=700005", "the student 700005, not found in this class"),
        ("class=1&student=700003", "a student who has not agreed to be named"),
        ("view=shoe", "a view that is not there"),
    ],
)
def test_a_wrong_link_falls_back_visibly(opened: Opened, edu: Workbench, query: str, sentence: str) -> None:
    """A link that asks for what is not there opens what the class sees and says so."""
    html = opened(edu, query).html
    assert sentence in html
    assert "<table" in html


def test_opening_and_looking_writes_nothing(opened: Opened, edu: Workbench, school: Database) -> None:
    """Whatever is opened and chosen, only reads are sent, as many for one as for four; a file is recorded, no more."""
    assert edu.may_act  # asked once of a Workbench, whatever it opens
    sent: list[str] = []
    engine = engine_for(school.teacher.database_url)
    event.listen(engine, "before_cursor_execute", record := lambda *given: sent.append(given[2]))
    counts = []
    for class_id, student_id in ((1, ADA), (4, SOLO)):
        del sent[:]
        view = opened(edu, f"class={class_id}")
        view.found(w.Dropdown, "Names").value = "names"
        view.found(w.Dropdown, "Student").value = student_id
        assert {statement.split()[0] for statement in sent} <= {"SELECT", "WITH"}
        counts.append(len(sent))
        assert view.file
        written = [statement.split()[2] for statement in sent if statement.startswith("INSERT")]
        assert written == ["audit_events", "audit_event_details"]
    event.remove(engine, "before_cursor_execute", record)
    assert counts[0] == counts[1] > 0


def test_an_empty_class_is_a_sentence(opened: Opened, edu: Workbench) -> None:
    """A class nobody is enrolled in says so, in both views, and draws no table."""
    for query in ("class=3", "class=3&view=names"):
        html = opened(edu, query).html
        assert NOBODY in html
        assert "<table" not in html


def test_no_classes_says_what_to_do(opened: Opened, empty: Database) -> None:
    """An empty store is a sentence with the commands that fill it."""
    assert "edukit seed" in opened(Workbench(empty.teacher, Settings(frozen_now=NOW)), "").html


def test_nobody_chosen_says_what_to_choose(opened: Opened, edu: Workbench) -> None:
    """The teacher's view without a student says what choosing one shows."""
    html = opened(edu, "class=1&view=names").html
    assert CHOOSE in html
    assert "Award points" not in html


def test_an_error_is_a_card_and_passes(opened: Opened, edu: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure that edukit explains is shown as its sentence in place of the page; the next change works again."""
    view = opened(edu, "class=1")

    def fails(_class: int, *_span: object) -> None:
        message = "PostgreSQL does not answer."
        raise StoreError(message)

    with monkeypatch.context() as broken:
        broken.setattr(edu, "leaderboard", fails)
        view.found(w.Dropdown, "Class").value = 2
        assert "PostgreSQL does not answer." in view.html
        assert "<table" not in view.html
    view.found(w.Dropdown, "Class").value = 1
    assert "PostgreSQL does not answer." not in view.html
    assert "<table" in view.html


def test_days_say_what_was_gained_beside_the_standing(opened: Opened, edu: Workbench) -> None:
    """The points of the days stand in a column that says so, in the figures and in the file; places stay."""
    whole = opened(edu, "class=1&view=names")
    view = opened(edu, "class=1&view=names&from=2026-05-01&to=2026-05-01")
    assert "On these days" in view.html
    assert "Last 7 days" not in view.html
    assert "<b>12</b><span>points in this class, on 1 May 2026" in view.html
    places = [[row[0] for row in page.file] for page in (whole, view)]
    assert places[0] == places[1]
    gained = view.file[0].index("recent_points")
    assert [row[gained] for row in view.file[1:]] == ["0", "0", "12", "0"]
