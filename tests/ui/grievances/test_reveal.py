"""Who complains: told once, on the record, and gone with the page."""

from __future__ import annotations

from html import unescape
from typing import TYPE_CHECKING

import ipywidgets as w

from edukit.errors import StoreError
from edukit.ops.seed import DEMO_TEACHER
from edukit.ui import clicks
from edukit.ui.widgets import Panel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest
    from conftest import School


def test_who_complains_is_shown_after_two_clicks_and_a_record(school: School) -> None:
    """Only once it is assigned to the reader, who confirms; it is recorded before, and gone with the page."""
    _, student_id, student = school.a_student()
    view, grievance_id = school.filed_with(DEMO_TEACHER)
    assert student not in unescape(view.html)
    view.press("Show who complains")
    assert student not in unescape(view.html)
    view.press("No")
    view.press("Show who complains")
    revealed = "SELECT count(*) FROM grievance_events WHERE action = 'revealed' AND grievance_id = %s"
    assert school.rows(revealed, grievance_id) == [(0,)]
    view.press("Yes, show me")
    assert student in unescape(view.html)
    assert f"student.ipynb?student={student_id}" in view.html
    assert school.rows(revealed, grievance_id) == [(1,)]
    audited = "SELECT count(*) FROM audit_events WHERE action = 'reveal' AND resource = %s"
    assert school.rows(audited, f"grievances/{grievance_id}") == [(1,)]
    assert "looked up who complains" in view.html


def test_only_whose_it_is_may_look(school: School) -> None:
    """Of a grievance that somebody else has, or nobody, there is no button, and the page says whose it is."""
    _, wanted = school.filed()
    if school.edu.grievance(wanted)["mine"].iloc[0]:
        others = school.edu.grievance_authorities(wanted).query("not assigned")
        school.edu.assign_grievance(wanted, int(others["user_id"].iloc[0]))
    view = school.open(f"grievance={wanted}")
    assert "Only the person whom it is assigned to" in view.html
    assert not [one for one in view.walk() if isinstance(one, w.Button) and one.description.startswith("Show who")]


def test_a_name_goes_with_the_page(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that the browser has tells the name after the way back, nor when another grievance cannot be fetched."""
    _, student_id, student = school.a_student()
    view, grievance_id = school.filed_with(DEMO_TEACHER)

    def reveal() -> None:
        view.press("Show who complains")
        view.press("Yes, show me")
        assert f"student={student_id}" in view.sent

    # In the form at the foot of the page everybody of the class can be chosen, by name.
    def told() -> bool:
        return student in view.sent.replace(f'"{student}"', "") or f"student={student_id}" in view.sent

    reveal()
    view.choose("inbox")
    assert not told()
    view.choose(grievance_id)
    assert not told()
    reveal()

    def fails(_id: str) -> None:
        message = "PostgreSQL does not answer."
        raise StoreError(message)

    monkeypatch.setattr(school.edu, "grievance", fails)
    inbox = next(one for one in _all(view.view) if isinstance(one, Panel) and 'class="inbox"' in one.html)
    inbox.picked = {"student": None, "concept": None, "choice": grievance_id, "count": 99}
    assert "PostgreSQL does not answer." in view.html
    assert not told()


def _all(widget: w.Widget) -> Iterator[w.Widget]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _all(child)


def test_a_second_click_reveals_nothing_twice(school: School, double_click: Callable[[w.Widget], None]) -> None:
    """The second click on the question says no yes, and the second yes is recorded no more."""
    view, grievance_id = school.filed_with(DEMO_TEACHER)
    revealed = "SELECT count(*) FROM grievance_events WHERE action = 'revealed' AND grievance_id = %s"
    yes = next(one for one in _all(view.view) if getattr(one, "description", "") == "Yes, show me")
    view.press("Show who complains")
    double_click(yes)
    assert school.rows(revealed, grievance_id) == [(1,)]
    assert "The complainant is" in view.html


def test_asking_is_no_yes(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """A double click on the first button does not land on the second one."""
    view, grievance_id = school.filed_with(DEMO_TEACHER)
    view.press("Show who complains")
    monkeypatch.setattr(clicks, "SECONDS", 60.0)
    view.press("Yes, show me")
    assert school.edu.grievance_events(grievance_id)["action"].tolist().count("revealed") == 0
