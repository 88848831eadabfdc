"""A student's path on a concept: the chart, its sentence and table say the same, and nothing is fetched unopened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as w
import pandas as pd
import pytest

from edukit.queries.frames import MASTERY_DATES, MASTERY_HISTORY
from edukit.ui.address import Wanted
from edukit.ui.chart import Chart
from edukit.ui.fold import Fold
from edukit.ui.path_figure import path_chart, path_sentence, path_table
from edukit.ui.widgets import Address
from edukit.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Callable

THRESHOLDS = (50.0, 80.0, 95.0)
WEEKS = MASTERY_HISTORY.of(
    [
        (1, "Sums", "Adding", 0, "2026-05-04", 40.5, 20.0, 61.0, "beginning", 4, 2),
        (1, "Sums", "Adding", 0, "2026-05-18", 96.0, 88.0, 99.0, "mastered", 20, 18),
        (1, "Sums", "Adding", 0, "2026-06-01", 70.0, 55.0, 83.0, "developing", 25, 19),
    ]
)
ROW = {
    "concept_id": 1, "topic": "Sums", "concept": "Adding", "concept_order": 0, "state": "lost again",
    "times_mastered": 1, "times_lost": 1, "total_attempts": 25, "mastered_week": pd.Timestamp("2026-05-18"),
    "lost_week": pd.Timestamp("2026-06-01"), "mastered_after": 20, "mastered_score": 96.0, "mastered_low": 88.0,
    "mastered_high": 99.0, "words": "mastered in the week of 18 May, lost in that of 1 June.",
}  # fmt: skip
DATES = MASTERY_DATES.typed(pd.DataFrame([ROW]))


def test_the_chart_by_hand() -> None:
    """A point a week inside its band, a star and a cross above those of their weeks."""
    low, high, line, star, cross = path_chart(WEEKS, DATES, THRESHOLDS).data
    assert list(line.x) == ["2026-05-04", "2026-05-18", "2026-06-01"]
    assert list(line.y) == [40.5, 96.0, 70.0]
    assert (list(low.y), list(high.y)) == ([20, 88, 55], [61, 99, 83])
    assert (star.x[0], star.hovertext[0]) == ("2026-05-18", "mastered in the week of 18 May 2026")
    assert cross.x[0] == "2026-06-01"
    assert "Score 40, 90% interval 20 to 61<br>4 answers until then, 2 right" in line.hovertext[0]


def test_without_dates() -> None:
    """A concept that was never mastered has no sign, and one week is a point."""
    never = DATES.assign(mastered_week=pd.NaT, lost_week=pd.NaT)
    assert len(path_chart(WEEKS.iloc[:1], never, THRESHOLDS).data) == 3
    assert len(path_chart(WEEKS, DATES.iloc[:0], THRESHOLDS).data) == 3


def test_its_words() -> None:
    """Where it began, where it stands, the ends, and the dates; the table has every week, the latest first."""
    assert path_sentence(WEEKS, DATES, "Adding") == (
        "Adding, 3 weeks with answers: from 40 (90% interval 20 to 61) in the week of 4 May 2026 to 70 (90% interval "
        "55 to 83) (developing) in the week of 1 Jun 2026; lowest 40, highest 96; mastered in the week of 18 "
        "May, lost in that of 1 June."
    )
    assert path_sentence(WEEKS.iloc[:0], DATES, "Adding").startswith("No week with an answer on Adding")
    assert path_sentence(WEEKS.iloc[:1], DATES.iloc[:0], "Adding").endswith("in the week of 4 May 2026.")
    assert path_table(WEEKS).index("1 Jun 2026") < path_table(WEEKS).index("4 May 2026")


@pytest.fixture
def asked(edu: Workbench, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is fetched of a student's path, whose frames are these."""
    calls: list[str] = []

    monkeypatch.setattr(
        edu, "mastery_history", lambda student_id: calls.append(f"mastery_history {student_id}") or WEEKS
    )
    return calls


def test_it_is_fetched_when_it_is_opened(opened: Callable[[str], Any], asked: list[str]) -> None:
    """Once for all concepts of the student; which one stands in the address."""
    page = opened("student=1")
    assert asked == []
    page.found(Fold).unfolded = True
    assert "Choose a concept to see" in page.shown()
    assert asked == []
    page.found(w.Dropdown, "Concept over time").value = 1
    assert asked == ["mastery_history 1"]
    assert "from 40 (90% interval 20 to 61)" in page.shown()
    page.found(w.Dropdown, "Concept over time").value = 2
    assert len(asked) == 1
    assert "No week with an answer on" in page.shown()
    assert page.found(Address).parameters["concept"] == "2"


@pytest.mark.parametrize("modelled", [False, True])
def test_its_dates_are_those_of_its_line(
    opened: Callable[[str], Any], asked: list[str], monkeypatch: pytest.MonkeyPatch, *, modelled: bool
) -> None:
    """Whatever scores mastery: they follow from the same weeks, by the viewer's thresholds."""
    monkeypatch.setattr(Workbench, "mastery_is_modelled", modelled)
    page = opened("student=1&concept=1")
    assert asked == ["mastery_history 1"]
    assert "a star says in which week" in page.shown()
    assert "mastered in the week of 18 May 2026 after 20 answers (96, 90% interval 88 to 99), lost in" in page.shown()


def test_a_link_opens_it(opened: Callable[[str], Any], asked: list[str]) -> None:
    """With the concept that it asks for."""
    page = opened("student=1&concept=1")
    assert asked == ["mastery_history 1"]
    assert page.found(w.Dropdown, "Concept over time").value == 1
    assert any("from 40" in chart.summary for chart in page.all(Chart))
    assert Wanted.of("concept=1").concept_id == 1


def test_another_student_closes_nothing(opened: Callable[[str], Any], asked: list[str]) -> None:
    """The concept stays chosen where the other has answered on it, and theirs is fetched."""
    page = opened("class=1&student=1&concept=1")
    page.found(w.Dropdown, "Student").value = 2
    assert asked[1:] == ["mastery_history 2"]
    page.found(w.Dropdown, "Student").value = 3
    assert len(asked) == 2
    assert page.found(w.Dropdown, "Concept over time").value == 0


def test_the_page_leads_to_what_to_ask_next(opened: Callable[[str], Any]) -> None:
    """At the student and their class, with the section open."""
    assert "next_lesson.ipynb?class=1&amp;student=1&amp;view=ask" in opened("class=1&student=1").shown()
