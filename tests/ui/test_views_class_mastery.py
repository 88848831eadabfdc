"""The class mastery view, driven without a browser."""

from __future__ import annotations

import re
from datetime import date
from html import escape
from typing import TYPE_CHECKING, Any

import ipywidgets as w
import pandas as pd
import pytest

from edukit.analytics.mastery import concept_mastery, with_levels
from edukit.errors import StoreError
from edukit.queries.frames import CLASS_MASTERY
from edukit.ui.chart import Chart
from edukit.ui.date_range import DateRange
from edukit.ui.export_menu import ExportMenu
from edukit.ui.thresholds import Thresholds
from edukit.ui.updates import Updates
from edukit.ui.views.class_mastery import class_mastery
from edukit.ui.widgets import Address, Panel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def walk(widget: w.Widget) -> Iterator[w.Widget]:
    """The widget and all below it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)


def shown(widget: w.Widget) -> str:
    """All the HTML of the panels that are not hidden."""
    if getattr(widget, "layout", None) is not None and getattr(widget.layout, "display", None) == "none":
        return ""
    own = widget.html if isinstance(widget, Panel) else ""
    return own + "".join(shown(child) for child in getattr(widget, "children", ()))


def dropdown(view: w.Widget, description: str) -> w.Dropdown:
    """The picker of that name."""
    return next(one for one in walk(view) if isinstance(one, w.Dropdown) and one.description == description)


def only(view: w.Widget, kind: type[w.Widget]) -> w.Widget:
    """The widget of that kind."""
    (found,) = (one for one in walk(view) if isinstance(one, kind))
    return found


def pager_of(view: w.Widget) -> w.HBox:
    """The row of buttons that turns the pages."""
    return next(one for one in walk(view) if "edukit-pager" in getattr(one, "_dom_classes", ()))


@pytest.fixture(autouse=True)
def _outside_voila(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    monkeypatch.delenv("QUERY_STRING", raising=False)


def test_no_classes_says_what_to_do(school: type) -> None:
    """An empty store is a sentence with the two commands that fill it."""
    assert "edukit seed" in shown(class_mastery(school()))
    assert "edukit load" in shown(class_mastery(school()))


def test_class_without_students_is_a_sentence(school: type) -> None:
    """A class nobody is enrolled in shows its figures and says why there is no chart."""
    html = shown(class_mastery(school((0, 0))))
    assert "Nobody is enrolled" in html
    assert "<table" not in html


def test_class_without_answers_is_a_sentence(school: type) -> None:
    """A class with students and no answers says so rather than drawing an empty chart."""
    html = shown(class_mastery(school((6, 0))))
    assert "No answers have been given" in html
    assert "Who needs help" not in html


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 1), (30, 24), (60, 1), (61, 3)])
def test_sizes(school: type, size: tuple[int, int]) -> None:
    """Every size draws a table of its students and concepts, at most a page of them."""
    html = shown(class_mastery(school(size)))
    assert html.count('<th scope="row"><a href="student.ipynb?') == min(size[0], 60)
    assert f">{size[0]:,}</b>" in html


def test_large_class_is_paged_in_order(school: type) -> None:
    """2,491 students by 149 concepts: every student is on one page, in order, and turning fetches nothing."""
    edu = school((2491, 149), answers=1)
    view = class_mastery(edu)
    pager, menu = pager_of(view), only(view, ExportMenu)
    edu.calls.clear()
    seen = []
    for _ in range(3):
        seen += list(dict.fromkeys(view_rows(menu)))
        pager.children[2].click()
    assert len(seen) == len(set(seen)) == 180
    assert edu.calls == []
    assert "2,491 students" in pager.children[1].value


def test_a_file_that_is_not_recorded_is_none(school: type) -> None:
    """What is taken out is recorded first; where that fails nothing is handed out, and the page says why."""
    edu = school((30, 24))
    menu = only(class_mastery(edu), ExportMenu)
    sent: list[object] = []
    menu.send = lambda message, _content=None: sent.append(message)
    for count, format_ in enumerate(("csv", "xlsx", "print"), 1):
        menu.asked = {"format": format_, "count": count}
        assert edu.exports == [("class_mastery", 30 * 24)] * count
        assert len(sent) == count
        assert not menu.refusal
    edu.fails = StoreError("PostgreSQL does not answer.")
    for count, format_ in enumerate(menu.formats, 4):
        menu.asked = {"format": format_, "count": count}
        assert menu.refusal == "PostgreSQL does not answer."
    assert len(sent) == 3


def view_rows(menu: ExportMenu) -> list[str]:
    """The student ids of the file that the button would give, a row each."""
    _, content = menu.file("csv")
    return [line.split(",")[0] for line in content.decode("utf-8-sig").splitlines()[1:]]


def test_change_of_class_fetches_once(school: type) -> None:
    """Another class costs one fetch of its mastery and of what has changed, and nothing else."""
    edu = school((30, 24), (30, 24))
    view = class_mastery(edu)
    edu.calls.clear()
    dropdown(view, "Class").index = 1
    assert edu.calls == ["classes", "class_mastery", "mastery_changes"]


def test_answers_are_counted_once(school: type) -> None:
    """The figure of answers is the number of answers, whatever concepts they stand under."""
    edu = school((4, 3))
    edu.class_mastery(1000)["class_attempts"] *= 2
    assert f"<b>{len(edu.attempts(1000)):,}</b>" in shown(class_mastery(edu))


def test_address_follows_and_leads(school: type) -> None:
    """What the address keeps opens the same view again."""
    edu = school((30, 24), (90, 3))
    view = class_mastery(edu, query="")
    dropdown(view, "Class").index = 1
    dropdown(view, "Order of students").value = "name"
    dropdown(view, "Order of concepts").value = "weakest"
    dropdown(view, "Student").value = 1001 * 10_000 + 85
    dropdown(view, "Concept").value = 501
    days = {"from": "2026-06-02", "to": "2026-06-30"}
    only(view, DateRange).chosen = days
    kept = only(view, Address).parameters
    orders = {"sort": "name", "topics": "weakest"}
    assert kept == {"class": "1001", "student": "10010085", "concept": "501", **orders, **days}
    again = class_mastery(edu, query="&".join(f"{name}={value}" for name, value in kept.items()))
    assert only(again, Address).parameters == kept
    assert pager_of(again).children[1].value == "61 to 90 of 90 students"


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("class=999", "class 999, not yours to see or not there any more: here is another"),
        ("class=x", "which is not an id"),
        ("class=1000&student=5", "the student 5, not found in this class"),
        ("class=1000&concept=5", "the concept 5, not found in this class"),
        ("sort=shoe", "students are shown by need"),
        ("topics=shoe", "concepts are shown as the curriculum has them"),
    ],
)
def test_a_wrong_link_falls_back_visibly(school: type, query: str, sentence: str) -> None:
    """A link that asks for what is not there opens the nearest view and says so."""
    html = shown(class_mastery(school((3, 2)), query=query))
    assert sentence in html
    assert "<table" in html


def test_a_name_selects_the_student(school: type) -> None:
    """Choosing a name in the lists shows that student's answers and brings the reader there."""
    view = class_mastery(school((30, 24)))
    listed = next(one for one in walk(view) if isinstance(one, Panel) and "Who needs help" in one.html)
    title = next(one for one in walk(view) if isinstance(one, Panel) and "One student" in one.html)
    listed.picked = {"student": 10000003, "concept": 502, "count": 1}
    assert dropdown(view, "Student").value == 10000003
    assert dropdown(view, "Concept").value == 502
    assert title.arrivals == 1
    assert "In order: " in shown(view)


def test_names_lead_to_the_students_page(school: type) -> None:
    """In the table, and above the answers of the chosen one, the name is a link that keeps the class."""
    view = class_mastery(school((3, 2), (3, 2)))
    dropdown(view, "Class").index = 1
    href = 'href="student.ipynb?student=10010002&amp;class=1001"'
    assert shown(view).count(href) == 1
    dropdown(view, "Student").value = 10010002
    assert shown(view).count(href) == 2


def test_all_concepts_are_those_of_the_class(school: type) -> None:
    """A student's answers on other subjects' concepts are not shown with this class."""
    edu = school((2, 3))
    edu._rooms[1000].attempts.loc[lambda rows: rows["question_id"] == 501, "concept_ids"] = "999"
    view = class_mastery(edu)
    dropdown(view, "Student").value = 10000000
    answers = edu.attempts(student_id=10000000)
    html = shown(view)
    assert html.count('<th scope="row">What is') == (answers["concept_ids"] != "999").sum() < len(answers)


def test_an_edukit_error_is_a_card(school: type) -> None:
    """A failure that edukit explains is shown as its sentence, and the next change works again."""
    edu = school((3, 2), (3, 2))
    view = class_mastery(edu)
    edu.fails = StoreError("PostgreSQL does not answer.")
    dropdown(view, "Class").index = 1
    assert "PostgreSQL does not answer." in shown(view)
    assert "<table" not in shown(view)
    edu.fails = None
    dropdown(view, "Class").index = 0
    assert "PostgreSQL does not answer." not in shown(view)
    assert "<table" in shown(view)


def test_a_class_that_cannot_be_read_is_asked_for_without_the_student_of_another(school: type) -> None:
    """The address to begin anew from names the new class alone, and the student again where both are read."""
    edu = school((3, 2), (3, 2))
    view = class_mastery(edu, query="class=1000&student=10000000")
    address = only(view, Address)
    assert (address.parameters["class"], address.parameters["student"]) == ("1000", "10000000")
    edu.fails = StoreError("PostgreSQL does not answer.")
    dropdown(view, "Class").index = 1
    assert (address.parameters["class"], address.parameters["student"]) == ("1001", "")
    edu.fails = None
    dropdown(view, "Class").index = 0
    assert "not found" not in shown(view)


def test_any_other_error_is_raised(school: type) -> None:
    """A fault of our own reaches the caller as well as the reader."""
    edu = school((3, 2), (3, 2))
    view = class_mastery(edu)
    edu.fails = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        dropdown(view, "Class").index = 1
    assert "a fault of edukit" in shown(view)


def test_an_error_at_the_start_is_a_card(school: type) -> None:
    """A store that is away when the page opens is a card as well."""
    edu = school((3, 2))
    edu.fails = StoreError("PostgreSQL does not answer.")
    assert "PostgreSQL does not answer." in shown(class_mastery(edu))


def test_names_are_escaped(school: type) -> None:
    """A student whose name is HTML stays a name everywhere on the page."""
    view = class_mastery(school((3, 2), name="<script>alert(1)</script>"))
    dropdown(view, "Student").index = 1
    assert "<script" not in shown(view)
    assert "&lt;script&gt;" in shown(view)


def test_days_say_which_answers_are_counted_and_listed(school: type) -> None:
    """The figure and the answers behind a cell are of the days, the scores are as they were, and the page says so."""
    edu = school((4, 3))
    view = class_mastery(edu, query="class=1000&student=10000000&concept=500")
    table = shown(view).partition('<table class="scores">')[2].partition("</table>")[0]
    only(view, DateRange).chosen = {"from": "2026-06-01", "to": "2026-06-01"}
    assert f"<b>{len(edu.attempts(1000)):,}</b><span>on 1 Jun 2026; " in shown(view)
    assert table in shown(view)
    assert "every score stands as it is now" in shown(view)
    only(view, DateRange).chosen = {"from": "2026-06-02", "to": ""}
    assert "<b>0</b><span>since 2 Jun 2026; no answers then" in shown(view)
    assert "No answers since 2 Jun 2026." in shown(view)
    only(view, DateRange).chosen = {"from": "", "to": ""}
    assert "as it is now" not in shown(view)
    assert "In order: " in shown(view)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=2026-02-30", "the day '2026-02-30' (from), which is not a day"),
        ("from=2026-06-02&to=2026-06-01", "the days from 2026-06-02 to 2026-06-01, which end before they begin"),
    ],
)
def test_wrong_days_in_a_link_are_told(school: type, query: str, sentence: str) -> None:
    """All days are shown, and the page says what was asked for."""
    view = class_mastery(school((3, 2)), query=query)
    assert escape(sentence) in shown(view)
    assert only(view, Address).parameters["from"] == ""


def test_new_data_is_shown_at_the_same_place(school: type) -> None:
    """The class, the page of students, the student and the concept stay; all of it is read anew, once."""
    edu = school((30, 24), (90, 3))
    view = class_mastery(edu, query="class=1001&student=10010085&concept=501&sort=name&from=2026-05-01")
    pager_of(view).children[0].click()
    kept, place = only(view, Address).parameters, pager_of(view).children[1].value
    edu.calls.clear()
    only(view, Updates).wanted += 1
    assert edu.calls == [
        "classes",
        "class_mastery",
        "mastery_changes",
        "concept_explanations",
        "mastery_history",
        "attempts",
    ]
    assert (only(view, Address).parameters, pager_of(view).children[1].value) == (kept, place)
    assert only(view, Updates).classes == [1001]
    assert place == "1 to 60 of 90 students"


def test_the_class_in_a_sentence(school: type) -> None:
    """It stands at the head of the page, once: the chart has a sentence of its own."""
    view = class_mastery(school((30, 24)))
    html = shown(view)
    sentence = html.partition('<p class="said">')[2].partition("</p>")[0]
    assert "since Monday 22 June" in sentence
    assert html.count(sentence) == 1
    assert only(view, Chart).summary.startswith("30 students by 24 concepts")


def test_what_changed_is_told_and_leads_to_the_answers(school: type) -> None:
    """Each change names student, concept, both scores and the answers since; choosing it shows them."""
    edu = school((30, 24), answers=30)
    room = edu._rooms[1000]
    late = room.attempts.index % 30 >= 15
    room.attempts["attempted_at"] += pd.to_timedelta(late * 21, unit="D")
    room.attempts.loc[late, "is_correct"] = room.attempts["student_id"] % 2 == 0
    room.mastery = _mastery_of(room)
    view, changes = class_mastery(edu), edu.mastery_changes(1000)
    assert set(changes["direction"]) == {"rose", "fell"}
    panel = next(one for one in walk(view) if isinstance(one, Panel) and "What changed since" in one.html)
    assert "What changed since Monday 22 June" in panel.html
    assert panel.html.count("<button") == len(changes)
    row = changes.iloc[0]
    assert f"{int(row.score_then)} → {int(row.mastery_score)}" in panel.html
    panel.picked = {"student": int(row.student_id), "concept": int(row.concept_id), "count": 1}
    assert (dropdown(view, "Student").value, dropdown(view, "Concept").value) == (row.student_id, row.concept_id)
    assert "How this score comes about" in shown(view)


def test_nothing_changed_is_said(school: type) -> None:
    """So is that nobody can say, where answers have no times."""
    edu = school((3, 2), answers=1)
    assert "Nothing: no answers have been given since." in shown(class_mastery(edu))
    edu.today = date(2026, 6, 7)
    assert "Nothing by more than chance: 5 scores have got answers since, and all are" in shown(class_mastery(edu))
    for of_room in (edu._rooms[1000].attempts, edu._rooms[1000].mastery):
        column = "attempted_at" if "attempted_at" in of_room else "last_attempted_at"
        of_room[column] = pd.Series(pd.NaT, index=of_room.index, dtype=of_room[column].dtype)
    edu._rooms[1000]._weeks = None
    html = shown(class_mastery(edu))
    assert "nobody can say what has changed since" in html
    assert "since Monday 22 June no" not in html


def test_a_score_is_explained(school: type) -> None:
    """With a concept chosen, the page says how the score comes about; without one it lists answers alone."""
    edu = school((3, 2))
    view = class_mastery(edu, query="student=10000000&concept=500")
    assert "nine times of ten it is" in shown(view)
    assert "It is a simple rule that says so" in shown(view)
    assert "On this concept: About 1 in 5 right answers here is a guess." in shown(view)
    dropdown(view, "Concept").value = 501
    assert "On this concept" not in shown(view)
    dropdown(view, "Concept").value = 500
    assert edu.calls.count("concept_explanations") == 1
    edu.mastery_is_modelled = True
    dropdown(view, "Student").value = 10000001
    assert "It is the school&#x27;s model that says so" in shown(view)
    dropdown(view, "Concept").value = 0
    assert "How this score comes about" not in shown(view)


def test_thresholds_take_effect_at_once(school: type) -> None:
    """Levels, who needs help and the legend follow; what is refused is said beside the fields, and changes nothing."""
    edu = school((30, 24))
    view = class_mastery(edu, query="class=1000&student=10000003&sort=name")
    control, kept = only(view, Thresholds), only(view, Address).parameters
    before = shown(view)
    assert control.scores == [50.0, 80.0, 95.0]
    control.asked = {"scores": [70, 85, 99], "count": 1}
    assert control.scores == [70.0, 85.0, 99.0]
    assert "below 70" in shown(view) != before
    assert only(view, Address).parameters == kept
    control.asked = {"scores": [80, 50, 95], "count": 2}
    assert control.refusal == "Levels begin at three rising scores."
    control.asked = {"scores": [80, None, 95], "count": 3}
    assert "fill in each" in control.refusal
    assert control.scores == [70.0, 85.0, 99.0]
    control.asked = {"scores": [], "count": 4}
    assert control.scores == [50.0, 80.0, 95.0]
    assert shown(view) == before


def test_by_study_group(school: type) -> None:
    """Groups are asked for once, when they are wanted; the numbers before the names are explained."""
    edu = school((5, 3))
    view = class_mastery(edu)
    assert "study_groups" not in edu.calls
    dropdown(view, "Order of students").value = "group"
    assert edu.calls.count("study_groups") == 1
    assert "Before a name stands the group" in shown(view)
    assert ">1 · Student" in shown(view)
    dropdown(view, "Order of concepts").value = "weakest"
    assert edu.calls.count("study_groups") == 1


def only_answers(edu: Any, right: bool) -> None:  # noqa: FBT001 - all right or all wrong
    room = edu._rooms[1000]
    room.attempts["is_correct"] = right
    room.mastery = _mastery_of(room)


def _mastery_of(room: Any) -> pd.DataFrame:
    people = room.mastery[["student_id", "student"]].drop_duplicates()
    taught = room.mastery[["concept_id", "concept", "concept_order"]].drop_duplicates()
    grid = people.merge(taught, how="cross").assign(topic="Topic")
    scored = concept_mastery(room.attempts.assign(concept_id=room.attempts["question_id"]))
    grid = grid.merge(scored, how="left", on=["student_id", "concept_id"])
    counts = dict.fromkeys(("total_attempts", "correct_attempts", "class_attempts", "class_correct"), 0)
    return CLASS_MASTERY.typed(with_levels(grid.assign(class_attempts=0, class_correct=0).fillna(counts), (50, 80, 95)))


def run_back(edu: Any) -> None:
    room = edu._rooms[1000]
    room.attempts["attempted_at"] = room.attempts["attempted_at"].iloc[::-1].reset_index(drop=True)
    room.mastery = _mastery_of(room)


ODD: dict[str, tuple[tuple[int, int], Callable[[Any], None]]] = {
    "empty": ((0, 0), lambda _edu: None),
    "without answers": ((4, 0), lambda _edu: None),
    "one student": ((1, 5), lambda _edu: None),
    "a concept without answers": ((1, 9), lambda _edu: None),
    "all right": ((4, 5), lambda edu: only_answers(edu, right=True)),
    "all wrong": ((4, 5), lambda edu: only_answers(edu, right=False)),
    "time running backwards": ((4, 5), run_back),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("order", ["need", "group", "name"])
def test_odd_classes(school: type, name: str, order: str) -> None:
    """Whatever a class is like, the page stands, and no figure, text or hover on it is a NaN."""
    size, change = ODD[name]
    edu = school(size)
    change(edu)
    view = class_mastery(edu, query=f"student=10000000&concept=500&sort={order}&topics=weakest")
    told = [shown(view), only(view, Chart).summary]
    state = only(view, Chart).get_state()
    told += [str(piece) for key, piece in state.items() if "text" in key]
    for text in told:
        assert not re.search(r"\bnan\b|NaT|None", text), text[:500]
    assert "a fault of edukit" not in told[0]


def test_it_leads_to_the_next_lesson(school: type) -> None:
    """Of the class that is shown; not where nobody is in it."""
    assert "next_lesson.ipynb?class=1000" in shown(class_mastery(school((3, 2))))
    assert "next_lesson" not in shown(class_mastery(school((0, 0))))
