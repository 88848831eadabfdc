"""The form that files a grievance, driven without a browser on a database of its own."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING

import ipywidgets as w
import pytest

from edukit.ops.seed import DEMO_TEACHER

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import School


def test_filing_goes_where_the_rules_say(school: School) -> None:
    """The form files for the student in their institution; the page that opens says who has it now."""
    _, student_id, _ = school.a_student()
    view, grievance_id = school.filed()
    stored = school.rows(
        "SELECT g.student_id, g.category, g.severity, g.description, g.status, u.name FROM grievances g"
        " JOIN users u ON u.id = g.assigned_to WHERE g.id = %s",
        grievance_id,
    )
    (row,) = stored
    assert row[:5] == (student_id, "feedback", "medium", "Nobody reads my work.", "open")
    assert f"The grievance is filed and assigned to {row[5]}." in unescape(view.html)
    by = school.rows("SELECT DISTINCT u.name FROM users u JOIN accounts a ON a.id = u.account_id WHERE a.email = %s",
              DEMO_TEACHER)  # fmt: skip
    actors = [step["actor"] for step in school.edu.grievance_events(grievance_id).to_dict("records")]
    assert (actors[0],) in by
    assert actors[1] == "edukit"
    view.choose("inbox")
    assert grievance_id in view.ids
    assert view.named(w.Textarea, "What it is about").value == ""


@pytest.mark.parametrize(("words", "severity"), [(" ", "low"), ("x" * 10_001, "high")])
def test_what_is_not_filed_stays_in_the_form(school: School, words: str, severity: str) -> None:
    """A refusal names the rule, and what was typed and chosen is still there."""
    class_id, student_id, _ = school.a_student()
    view = school.open(f"class={class_id}")
    view.named(w.Textarea, "What it is about").value = words
    view.named(w.Dropdown, "Its severity").value = severity
    view.press("File the grievance")
    assert "Choose the class, and then the student" in view.html
    view.named(w.Dropdown, "Student").value = student_id
    before = school.rows("SELECT count(*) FROM grievances")
    view.press("File the grievance")
    assert "nothing was done" in view.html
    assert school.rows("SELECT count(*) FROM grievances") == before
    assert view.named(w.Textarea, "What it is about").value == words
    assert view.named(w.Dropdown, "Its severity").value == severity
    assert view.named(w.Dropdown, "Student").value == student_id


def test_a_class_without_students_is_a_sentence(school: School) -> None:
    """Nobody can be chosen there, and the form says why."""
    assert "Nobody is enrolled" in school.open("class=7").html


def test_a_second_click_files_nothing(school: School, double_click: Callable[[w.Widget], None]) -> None:
    """A double click is one grievance, and leaves no complaint about an empty form for the way back."""
    before = school.rows("SELECT count(*) FROM grievances")[0][0]
    view = school.filling()
    double_click(view.named(w.Button, "File the grievance"))
    assert school.rows("SELECT count(*) FROM grievances")[0][0] == before + 1
    assert "The grievance is filed" in view.html
    view.choose("inbox")
    assert "Choose the class" not in view.html


def test_what_is_filed_is_told_though_it_cannot_be_shown(school: School) -> None:
    """The store goes away once it is filed: the form says that it is filed, and then what went wrong."""
    before = school.rows("SELECT count(*) FROM grievances")[0][0]
    view = school.filling()
    school.edu.away = True
    view.press("File the grievance")
    assert "The grievance is filed." in view.html
    assert "PostgreSQL does not answer." in view.html
    assert view.named(w.Textarea, "What it is about").value == ""
    assert school.rows("SELECT count(*) FROM grievances")[0][0] == before + 1
