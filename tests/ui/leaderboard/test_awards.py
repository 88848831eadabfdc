"""Awarding points and taking them back, driven without a browser, on a real database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import ipywidgets as w
import psycopg
import pytest

from edukit.errors import StoreError
from edukit.ui import clicks
from edukit.ui.views.student_awards import CAME_THROUGH
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from conftest import Database, Opened

ADA, SCRIPT, HIDDEN, BO, EVE, SOLO, TWIN = 700001, 700002, 700003, 700004, 700005, 700006, 700007


def test_namesakes_are_told_apart(opened: Opened, own: Workbench) -> None:
    """Where points are awarded by their ids; the class, which reads none, by their places."""
    own.award_points(5, TWIN, 2)
    view = opened(own, "class=5")
    assert [label for label, _ in view.found(w.Dropdown, "Student").options][1:] == ["Solo, place 2", "Solo, place 1"]
    assert str(TWIN) not in view.sent
    view.found(w.Dropdown, "Names").value = "names"
    assert view.found(w.Dropdown, "Student").options[1:] == ((f"Solo, id {SOLO}", SOLO), (f"Solo, id {TWIN}", TWIN))
    view.found(w.Dropdown, "Student").value = TWIN
    view.award(5)
    assert f"Solo, id {TWIN} has 5 points more" in view.html
    assert len(own.points_ledger(SOLO)) == 0


def test_points_are_awarded(opened: Opened, own: Workbench) -> None:
    """The form writes one event in the teacher's name; board, badges, ledger and figures follow at once."""
    view = opened(own, f"class=1&view=names&student={BO}")
    view.award(30, "submission")
    html = view.html
    assert "Bo has 30 points more for work handed in. With it came: Starter &lt;b&gt;." in html
    assert view.rows("The board")[0][0].split() == ["1", "Bo"]
    assert "legendary" in html
    assert [row[1:4] for row in view.rows("Awards, the latest first")] == [
        ["the badge Starter &lt;b&gt;", "100", "25"],
        ["work handed in", "30", "30"],
    ]
    ledger = own.points_ledger(BO)
    assert ledger[["event_type", "awarded_by"]].dropna().to_numpy().tolist() == [["submission", "Ms <i>Fern"]]
    assert view.found(w.IntText, "Points").value == 0


def test_a_second_click_awards_nothing(opened: Opened, own: Workbench) -> None:
    """A double click is one award and its answer stays; an empty form is told how to go on."""
    view = opened(own, f"class=1&view=names&student={BO}")
    view.found(w.Button, "Award").click()
    assert "say how many points first" in view.html
    view.award(5)
    view.found(w.Button, "Award").click()
    assert "Bo has 5 points more" in view.html
    assert len(own.points_ledger(BO)) == 1


def test_a_second_click_takes_back_nothing_more(opened: Opened, own: Workbench) -> None:
    """A double click on an award's button is one correction and its answer stays, whatever row it lands on."""
    view = opened(own, f"class=1&view=names&student={ADA}")
    own.award_points(1, ADA, 3)
    (event_id,) = re.findall(r'data-choice="([^"]+)"', view.html)
    for choice in (event_id, str(own.points_ledger(ADA).query("points == 3")["event_id"].item()), event_id):
        view.choose(choice)
        assert "Taken back from Ada" in view.html
    assert own.points_ledger(ADA).query("event_type == 'correction'")["points"].tolist() == [-25]


def test_points_are_taken_back(opened: Opened, own: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The button of an award writes its correction; both stay, and neither can be taken back again."""
    view = opened(own, f"class=1&view=names&student={ADA}")
    (event_id,) = re.findall(r'data-choice="([^"]+)"', view.html)
    monkeypatch.setattr(clicks, "SECONDS", 0.0)
    for answer in ("Taken back from Ada: the award and this stay", "was taken back before"):
        view.choose(event_id)
        assert answer in view.html
    assert own.points_ledger(ADA)["points"].tolist() == [-25, 25]
    assert own.leaderboard(1).set_index("student_id").loc[ADA, "points"] == 0
    assert "data-choice" not in view.html


def test_what_is_refused_is_said_in_place(opened: Opened, own: Workbench, database: Database) -> None:
    """A student who has changed classes meanwhile gets nothing; the reason stands at the form, and the page stays."""
    view = opened(own, f"class=1&view=names&student={BO}")
    with psycopg.connect(database.admin_url) as admin:
        admin.execute("INSERT INTO enrolments (institution_id, id, class_id, student_id) VALUES (1, 99, 5, %s)", [BO])
        admin.execute("UPDATE enrolments SET left_at = '2026-06-30' WHERE class_id = 1 AND student_id = %s", [BO])
    view.award(5)
    assert "Bo is not enrolled in 7A now" in view.html
    assert "The board" in view.html
    assert own.points_ledger(BO).empty


@pytest.mark.parametrize("points", [150, -5])
def test_points_out_of_bounds_are_refused(opened: Opened, own: Workbench, points: int) -> None:
    """What is too much or too little stays as it was typed, and nothing else is awarded in its place."""
    view = opened(own, f"class=1&view=names&student={BO}")
    view.award(points)
    assert f"0 to 100 points, not {points}, and nothing was awarded" in view.html
    assert view.found(w.IntText, "Points").value == points
    assert own.points_ledger(BO).empty


class Lossy(Workbench):
    """A Workbench that says too late that the store has gone: after an award, or when the board is read anew."""

    loses = ""

    def award_points(self, *given: Any, **more: Any) -> Any:
        """Award, and lose the answer."""
        done = super().award_points(*given, **more)
        self._lost("award")
        return done

    def leaderboard(self, class_: int | str, *span: Any) -> Any:
        """Read the board, or lose it."""
        self._lost("board")
        return super().leaderboard(class_, *span)

    def _lost(self, what: str) -> None:
        if self.loses == what:
            message = "PostgreSQL does not answer."
            raise StoreError(message)


@pytest.fixture
def lossy(own: Workbench) -> Lossy:
    """One on a school of the test's own."""
    return Lossy(own._viewer, own._settings)


def test_an_award_whose_answer_is_lost_is_one(opened: Opened, lossy: Lossy, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is found in the ledger and told; tried again in vain of an answer, also with other points, it is one award."""
    monkeypatch.setattr(clicks, "SECONDS", 0.0)
    view = opened(lossy, f"class=1&view=names&student={BO}")
    lossy.loses = "award"
    view.award(5)
    assert CAME_THROUGH in view.html
    assert view.found(w.IntText, "Points").value == 0
    assert lossy.points_ledger(BO)["points"].tolist() == [5]
    with monkeypatch.context() as away:
        away.setattr(lossy, "points_ledger", lambda _student: lossy._lost("award"))
        view.award(7)
        assert "PostgreSQL does not answer." in view.html
        assert view.found(w.IntText, "Points").value == 7
    lossy.loses = ""
    view.found(w.IntText, "Points").value = 8
    view.found(w.Button, "Award").click()
    assert CAME_THROUGH in view.html
    assert sorted(lossy.points_ledger(BO)["points"]) == [5, 7]


def test_what_was_awarded_is_told_though_the_rest_fails(opened: Opened, lossy: Lossy) -> None:
    """The store goes away after the award: it is told first, and then what went wrong; the form is empty."""
    view = opened(lossy, f"class=1&view=names&student={BO}")
    lossy.loses = "board"
    view.award(5)
    html = view.html
    assert html.index("Bo has 5 points more") < html.index("PostgreSQL does not answer.")
    assert view.found(w.IntText, "Points").value == 0
    assert lossy.points_ledger(BO)["points"].tolist() == [5]


def test_a_class_that_could_not_be_fetched_is_not_another(opened: Opened, lossy: Lossy) -> None:
    """After a class whose board could not be read, the next choice reads it, and does not show the one before."""
    view = opened(lossy, "class=1&view=names")
    lossy.loses = "board"
    view.found(w.Dropdown, "Class").value = 4
    lossy.loses = ""
    view.found(w.Dropdown, "Names").value = ""
    view.found(w.Dropdown, "Names").value = "names"
    assert [row[0].split() for row in view.rows("The board")] == [["1", "Solo"]]
