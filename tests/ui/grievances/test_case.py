"""One grievance and the steps in it, driven without a browser on a database of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING
from uuid import UUID

import ipywidgets as w
import psycopg
import pytest

from edukit.errors import ActionError
from edukit.settings import Settings
from edukit.ui import clicks
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import School


NOW = datetime(2026, 6, 30, 20, tzinfo=UTC)
SCRIPT = "<script>alert(1)</script> 李雷 " + "é" * 40


def test_one_opens_and_closes(school: School) -> None:
    """A choice opens the grievance's page, its link opens the same, and the way back leads to the inbox."""
    school.filed()
    view = school.open("status=all")
    wanted = view.ids[-1]
    view.choose(wanted)
    assert view.kept == {"grievance": wanted, "status": "all"}
    page = view.html
    assert school.edu.grievance(wanted)["description"].iloc[0] in unescape(page)
    assert page.count("<li><p><b>") == len(school.edu.grievance_events(wanted))
    assert school.open(view.query).html == page
    view.choose("inbox")
    assert view.kept == {"status": "all"}
    assert view.ids[-1] == wanted


def test_a_grievance_from_filing_to_reopening(school: School) -> None:
    """Each button does its step, says so, shows the new state at once, and offers what can be done then."""
    view, grievance_id = school.filed()
    words = view.named(w.Textarea, "Your words")

    def buttons() -> set[str]:
        names = {one.description for one in view.walk() if isinstance(one, w.Button)}
        return names & {"Take up", "Resolve", "Close", "Reopen"}

    for button, said, offered, told in (
        ("Comment", "Looked into it.", {"Take up"}, "comment stands"),
        ("Take up", "", {"Resolve"}, "in progress now"),
        ("Resolve", "Two works were read again.", {"Close", "Reopen"}, "resolved now"),
        ("Close", "", {"Reopen"}, "closed now"),
        ("Reopen", "The third one was not.", {"Resolve"}, "open again"),
    ):
        words.value = said
        view.press(button)
        assert buttons() == offered
        assert told in view.html
        assert words.value == ""
        assert said in view.html
    assert school.rows("SELECT status, resolution FROM grievances WHERE id = %s", grievance_id) == [
        ("in_progress", None)
    ]
    steps = "SELECT action, to_status FROM grievance_events WHERE grievance_id = %s ORDER BY sequence"
    assert school.rows(steps, grievance_id)[2:] == [
        ("commented", None), ("status_changed", "in_progress"), ("status_changed", "resolved"),
        ("status_changed", "closed"), ("status_changed", "in_progress"),
    ]  # fmt: skip


def test_refused_words_are_not_lost(school: School) -> None:
    """A comment that is too long stays typed; to resolve without words is refused with what is missing."""
    view, grievance_id = school.filed()
    words = view.named(w.Textarea, "Your words")
    words.value = "x" * 10_001
    view.press("Comment")
    assert "may have 10,000 letters" in view.html
    assert len(words.value) == 10_001
    words.value = ""
    view.press("Take up")
    view.press("Resolve")
    assert "say how it was resolved" in view.html
    assert school.edu.grievance(grievance_id)["status"].iloc[0] == "in_progress"


def test_a_step_on_what_has_changed_meanwhile(school: School) -> None:
    """Somebody else took it up: the second is told how it stands, sees it, and keeps the words."""
    view, grievance_id = school.filed()
    school.edu.move_grievance(grievance_id, "in_progress")
    view.named(w.Textarea, "Your words").value = "I take it."
    view.press("Take up")
    assert "is in progress can only become resolved" in view.html
    assert view.named(w.Textarea, "Your words").value == "I take it."
    assert view.named(w.Button, "Resolve")


def test_names_and_words_are_escaped(school: School) -> None:
    """HTML in a description, a comment or a name stays text."""
    view, grievance_id = school.filed(words=SCRIPT)
    view.named(w.Textarea, "Your words").value = SCRIPT
    view.press("Comment")
    with psycopg.connect(school.database.admin_url) as connection:
        connection.execute(
            "UPDATE users SET name = %s WHERE id = (SELECT assigned_to FROM grievances WHERE id = %s)",
            [SCRIPT, UUID(grievance_id)],
        )
    html = school.open(f"grievance={grievance_id}").html + school.open("status=all").html
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 4


def test_an_analyst_only_looks(school: School) -> None:
    """With a login that only reads the page opens without what acts, and a step all the same is refused."""
    edu = Workbench(school.database.viewer, Settings(frozen_now=NOW))
    wanted = edu.grievances()["grievance_id"].iloc[0]
    view = school.open(f"grievance={wanted}", edu)
    assert "What has happened" in view.html
    assert not [one for one in view.walk() if isinstance(one, w.Button | w.Textarea)]
    with pytest.raises(ActionError, match="in whose name"):
        edu.comment_on_grievance(wanted, "May I?")


def test_a_second_click_takes_no_step(school: School, double_click: Callable[[w.Widget], None]) -> None:
    """A double click is one step, wherever the second one lands, and its answer stays."""
    view, grievance_id = school.filed()
    steps = "SELECT count(*) FROM grievance_events WHERE grievance_id = %s"
    words = view.named(w.Textarea, "Your words")
    for button, said, told in (
        ("Comment", "Looked into it.", "comment stands"),
        ("Take up", "", "in progress now"),
        ("Resolve", "It was read again.", "resolved now"),
        ("Close", "", "closed now"),
    ):
        words.value = said
        ((before,),) = school.rows(steps, grievance_id)
        double_click(view.named(w.Button, button))
        assert school.rows(steps, grievance_id) == [(before + 1,)]
        assert told in view.html
        assert 'role="alert"' not in view.html


def test_close_is_not_reopened_where_it_was(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second click on Close lands on Reopen, which has come to its place: the grievance stays closed."""
    view, grievance_id = school.filed()
    school.edu.move_grievance(grievance_id, "in_progress")
    school.edu.move_grievance(grievance_id, "resolved", "Read again.")
    view = school.open(f"grievance={grievance_id}")
    view.press("Close")
    monkeypatch.setattr(clicks, "SECONDS", 60.0)
    view.press("Reopen")
    assert "closed now" in view.html
    assert school.edu.grievance(grievance_id)["status"].iloc[0] == "closed"
    monkeypatch.setattr(clicks, "SECONDS", 0.0)
    view.press("Reopen")
    assert "open again" in view.html


def test_a_step_that_was_taken_is_told_though_the_rest_fails(school: School) -> None:
    """The store goes away after the step: the page stays, says what was done, and then what went wrong."""
    view, grievance_id = school.filed()
    school.edu.away = True
    view.press("Take up")
    assert "in progress now" in view.html
    assert "PostgreSQL does not answer." in view.html
    assert view.named(w.Button, "Resolve")
    assert school.edu.grievance(grievance_id)["status"].iloc[0] == "in_progress"
