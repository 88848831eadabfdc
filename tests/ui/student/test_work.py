"""A student's work and what is said of it, on their page."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import ipywidgets as w
import psycopg
import pytest

from edukit.errors import StoreError
from edukit.ui.views.student_work import CARDS, SAID, UNSEEN
from edukit.ui.widgets import Panel
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Database

    Opened = Callable[[str], Any]

NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)
ADA = 1
NAME = "<script>alert(1)</script> 🦊 مريم 李雷"


def work_of(student_id: int, assignment: int) -> str:
    """The id of a student's submission."""
    digits = f"{student_id}{assignment:04d}".rjust(32, "0")
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def told(edu: Workbench, student_id: int = ADA) -> list[tuple[object, ...]]:
    """What the database says was said to a student, the first first."""
    frame = edu.feedback(student_id).iloc[::-1]
    return list(zip(frame["content"], frame["rating"], frame["superseded"], strict=True))


def test_feedback_is_given_once(opened: Opened, edu: Workbench, database: Database) -> None:
    """Sending adds exactly one row with its words, tells the outbox, empties the form, and stands there at once."""
    view = opened("student=1&class=1")
    view.choose(f"tell {work_of(ADA, 19)}")
    view.say("  Show the <b>second</b> step.\n\nIt is nearly right. 🦊 ", rating=4)
    assert told(edu)[1:] == [("  Show the <b>second</b> step.\n\nIt is nearly right. 🦊 ", 4, False)]
    html = view.shown()
    assert "  Show the &lt;b&gt;second&lt;/b&gt; step.\n\nIt is nearly right. 🦊 " in html
    assert SAID in html
    assert "17 waiting for feedback" in html
    assert "waiting for feedback (17)" in str(view.found(w.Dropdown, "Show").options)
    assert not view.all(w.Textarea)
    view.choose(f"tell {work_of(ADA, 19)}")
    assert (view.found(w.Textarea).value, view.found(w.RadioButtons).value) == ("", 0)
    with psycopg.connect(database.admin_url) as admin:
        told_of = admin.execute("SELECT class_id, student_id FROM outbox ORDER BY class_id").fetchall()
        kept = admin.execute(
            "SELECT teacher_id, created_at, ai_suggested FROM feedback WHERE id <> submission_id"
        ).fetchall()
    assert told_of == [(1, None), (None, 1)]
    assert kept == [(9, NOW, False)]


def test_a_correction_supersedes(opened: Opened, edu: Workbench) -> None:
    """The form opens with the earlier words; the correction stands, and what it corrects is shown as corrected."""
    view = opened("student=1&class=1")
    view.choose(f"correct {work_of(ADA, 20)}")
    assert (view.found(w.Textarea).value, view.found(w.RadioButtons).value) == (NAME, 4)
    view.say("Better words", rating=5)
    assert told(edu) == [(NAME, 4, True), ("Better words", 5, False)]
    card = re.search(r"<article.*?</article>", view.shown(), re.DOTALL)
    assert card is not None
    assert "corrected 1 time" in card[0]
    assert '<div class="superseded">' in card[0]
    assert "5 of 5, excellent" in card[0]


@pytest.mark.parametrize(("words", "rule"), [("", "has no words"), ("x" * 10_001, "this has 10,001")])
def test_what_is_refused_stays_typed(opened: Opened, edu: Workbench, words: str, rule: str) -> None:
    """Feedback against a rule is not sent; the form keeps what was typed and says why."""
    view = opened("student=1&class=1")
    view.choose(f"tell {work_of(ADA, 19)}")
    view.say(words, rating=2)
    assert rule in view.shown()
    assert (view.found(w.Textarea).value, view.found(w.RadioButtons).value) == (words, 2)
    assert len(told(edu)) == 1


@pytest.mark.parametrize("fault", [StoreError("PostgreSQL does not answer."), ZeroDivisionError("a fault")])
def test_what_was_sent_is_not_sent_twice(
    opened: Opened, edu: Workbench, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    """Where only the showing fails, the page says that it was sent, and the form does not offer it again."""
    view = opened("student=1&class=1")
    view.choose(f"tell {work_of(ADA, 19)}")

    def fail(_self: Workbench, _student_id: int) -> None:
        raise fault

    with monkeypatch.context() as broken:
        broken.setattr(Workbench, "submissions", fail)
        view.say("Good.")
    assert UNSEEN in view.shown()
    assert not view.all(w.Textarea)
    assert [said[0] for said in told(edu)] == [NAME, "Good."]


def test_somebody_else_has_corrected_it(opened: Opened, edu: Workbench) -> None:
    """A correction of what is no longer the latest is refused, and the words are kept in the form."""
    view = opened("student=1&class=1")
    view.choose(f"correct {work_of(ADA, 20)}")
    edu.give_feedback(work_of(ADA, 20), "I was first", supersedes_id=work_of(ADA, 20))
    view.say("Too late")
    assert "correct the latest" in view.shown()
    assert view.found(w.Textarea).value == "Too late"
    assert len(told(edu)) == 2


def test_cancelling_says_nothing(opened: Opened, edu: Workbench) -> None:
    """The form goes, and nothing was sent."""
    view = opened("student=1&class=1")
    view.choose(f"tell {work_of(ADA, 19)}")
    view.found(w.Textarea).value = "Not yet"
    view.found(w.Button, "Cancel").click()
    assert not view.all(w.Textarea)
    assert len(told(edu)) == 1


def test_the_form_is_below_the_chosen_card(opened: Opened) -> None:
    """The cards are cut after the chosen one; all of them are there still, once and in order."""
    view = opened("student=1&class=1")
    before = re.findall(r"<h3[^>]*>(.*?)</h3>", view.shown())[:CARDS]
    view.choose(f"tell {work_of(ADA, 18)}")
    above = view.found(Panel, f'data-choice="tell {work_of(ADA, 18)}"').html
    assert re.findall(r"<h3[^>]*>(.*?)</h3>", above) == before[:3]
    assert [one for one in re.findall(r"<h3[^>]*>(.*?)</h3>", view.shown()) if one in before] == before


def test_work_is_filtered_and_continued(opened: Opened) -> None:
    """A state shows its own work; more comes on asking; what has just been answered stays in sight."""
    view = opened("student=1&class=1")
    assert view.shown().count("<article") == CARDS
    view.found(w.Button, "Show 8 more of 20").click()
    assert view.shown().count("<article") == 2 * CARDS
    view.found(w.Dropdown, "Show").value = "missing"
    assert re.findall(r"<h3>(.*?)</h3>", view.shown())[:1] == ["Work 1"]
    assert view.shown().count("<article") == 1
    view.found(w.Dropdown, "Show").value = "open"
    assert "No work is in the state “open”." in view.shown()
    view.found(w.Dropdown, "Show").value = "waiting for feedback"
    view.choose(f"tell {work_of(ADA, 19)}")
    view.say("Good.")
    assert ">Good.<" in view.shown()
