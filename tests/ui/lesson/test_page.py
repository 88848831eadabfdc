"""The page on the next lesson, driven without a browser: what it says, what a choice changes, what it costs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from edukit.errors import StoreError
from edukit.ui.export_menu import ExportMenu

if TYPE_CHECKING:
    from collections.abc import Callable

WHO = re.compile(r"<caption>Whom .*? holds back</caption>.*?</table>", re.DOTALL)


def test_the_answer_stands_first(lessons: type, opened: Callable[..., Any]) -> None:
    """What to teach next is the first that the page says, with what it rests on."""
    html = opened(lessons((12, 4))).html
    answer = html.index("Teach Concept &lt;2&gt; again, to everybody: 9 of the 12 students")
    assert answer < html.index("What holds the class up") < html.index("Who sits together")
    assert "are surely below 80" in html


@pytest.mark.parametrize(
    ("edu", "said"),
    [
        ({"sizes": [(0, 4)]}, "Nobody is enrolled in this class now"),
        ({"sizes": [(3, 0)]}, "No concepts belong to this class yet"),
        ({"sizes": [(3, 4)], "answered": False}, "none of the 3 students has answered anything yet"),
        ({"sizes": [(3, 4)], "answered": False}, "Nobody has shown a gap yet"),
        ({"sizes": [(12, 4)], "chain": False}, "The curriculum names no prerequisites here"),
    ],
    ids=["nobody", "no concepts", "no answers", "no groups", "no prerequisites"],
)
def test_what_there_is_none_of(lessons: type, opened: Callable[..., Any], edu: dict[str, Any], said: str) -> None:
    """Each is a sentence."""
    sizes = edu.pop("sizes")
    assert said in opened(lessons(*sizes, **edu)).html


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 9), (61, 3), (400, 6)])
def test_sizes(lessons: type, opened: Callable[..., Any], size: tuple[int, int]) -> None:
    """Every size is shown, each student once among the groups and beside them, and names are no markup."""
    page = opened(lessons(size))
    seats = page.html[page.html.index("Who sits together") :]
    assert len(re.findall(r'href="student\.ipynb', seats)) == size[0]
    assert "<b>Zoë" not in page.html
    assert not re.search(r"\bnan\b", page.html, re.IGNORECASE)


def test_a_bottleneck_says_who(lessons: type, opened: Callable[..., Any]) -> None:
    """Chosen in a card, in the picker or in the chart, it lists its students with the answers behind each score."""
    page = opened(lessons((12, 4)))
    assert not WHO.findall(page.html)
    cards = page.panel("Show who")
    cards.picked = {"student": None, "concept": 103, "choice": None, "count": 1}
    (table,) = WHO.findall(page.html)
    assert "Concept &lt;3&gt;" in table
    assert page.kept == {"class": "1", "concept": "103"}
    assert page.panel("<h2 tabindex").arrivals == 1
    assert "class_mastery.ipynb?class=1&amp;student=1001&amp;concept=103" in table
    chart = next(one for one in page.walk() if hasattr(one, "clicked"))
    chart.clicked = {"trace": 1, "index": 0, "customdata": 102, "count": 1}
    assert page.picker("Show whom a concept holds back").value == 102
    chart.clicked = {"trace": 1, "index": 3, "customdata": -1, "count": 2}
    assert page.picker("Show whom a concept holds back").value == 102


def test_a_size_of_groups(lessons: type, opened: Callable[..., Any]) -> None:
    """Another size makes other groups of what was read, and stands in the address."""
    edu = lessons((24, 4))
    page = opened(edu)
    edu.calls.clear()
    page.picker("Students in a group, at most").value = 2
    assert edu.calls == []
    assert page.kept == {"class": "1", "size": "2"}
    again = opened(edu, "class=1&size=2")
    assert again.html == page.html


def test_an_aim_of_questions(lessons: type, opened: Callable[..., Any]) -> None:
    """What the questions are rather for stands in the address, and a link opens with it."""
    edu = lessons((12, 4))
    page = opened(edu, "class=1&student=1003&view=ask")
    page.picker("Rather").value = "informative"
    assert page.kept == {"class": "1", "student": "1003", "view": "ask", "aim": "informative"}
    edu.calls.clear()
    again = opened(edu, "class=1&student=1003&view=ask&aim=informative")
    assert edu.calls == ["class_knowledge", "next_questions 1003 informative 1"]
    assert (again.html, again.kept) == (page.html, page.kept)


def test_only_what_is_open_is_fetched(lessons: type, opened: Callable[..., Any]) -> None:
    """The page reads one thing; each fold what it shows, when it is opened."""
    edu = lessons((12, 4), (9, 4))
    page = opened(edu)
    assert edu.calls == ["class_knowledge"]
    page.fold("ready for").unfolded = True
    page.fold("ask one student").unfolded = True
    assert edu.calls == ["class_knowledge"]
    page.picker("Student").value = 1003
    page.fold("side by side").unfolded = True
    page.fold("look wrong").unfolded = True
    assert edu.calls[1:] == [
        "next_questions 1003 useful 1", "classes_alike 1", "compare_classes 1 None", "item_analysis 1",
    ]  # fmt: skip
    assert page.kept == {"class": "1", "student": "1003", "view": "ready,ask,compare,questions"}
    page.fold("look wrong").unfolded = False
    edu.calls.clear()
    page.picker("Class").index = 1
    assert edu.calls == ["class_knowledge", "classes_alike 2", "compare_classes 2 None"]
    assert page.kept == {"class": "2", "view": "ready,ask,compare"}


def test_address_follows_and_leads(lessons: type, opened: Callable[..., Any]) -> None:
    """What the address keeps opens the same view again."""
    edu = lessons((12, 4), (9, 4))
    query = "class=2&student=2003&concept=102&size=3&view=ask,questions"
    page = opened(edu, query)
    assert "&".join(f"{name}={value}" for name, value in page.kept.items()) == (
        "class=2&student=2003&concept=102&view=ask,questions&size=3"
    )
    assert "Look at the key." in page.html
    assert "What is &lt;i&gt;?" in page.html
    assert page.picker("Show whom a concept holds back").value == 102


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("class=9", "class 9, not yours to see or not there any more"),
        ("class=1&concept=9", "the concept 9, which holds nobody back"),
        ("class=1&student=9", "the student 9, not yours to see or not there any more: choose one"),
        ("size=9", "groups of &#x27;9&#x27;: they have 2 to 6 students"),
        ("aim=both", "questions that are &#x27;both&#x27;: they are useful or informative"),
        ("view=ready,all", "&#x27;all&#x27; to be open, which there is not"),
        ("from=2026-06-01", "whatever days are chosen"),
    ],
)
def test_a_wrong_link_falls_back_visibly(lessons: type, opened: Callable[..., Any], query: str, said: str) -> None:
    """What a link asks for in vain is said, and the page shows the rest."""
    html = opened(lessons((12, 4)), query).html
    assert said in html
    assert "What to teach next" in html


def test_who_is_ready(lessons: type, opened: Callable[..., Any]) -> None:
    """A number of the table says who they are."""
    page = opened(lessons((12, 4)), "view=ready")
    table = page.panel("What the class is ready for")
    table.picked = {"student": None, "concept": 103, "choice": None, "count": 1}
    assert "Ready for Concept &lt;3&gt;" in page.html


def test_beside_one_other_class(lessons: type, opened: Callable[..., Any]) -> None:
    """All of the subject first, and one by one when it is chosen; a class of four is not told."""
    edu = lessons((12, 4), (4, 4), (9, 4))
    page = opened(edu, "view=compare")
    assert "fewer than 5 with answers" in page.html
    assert "<td>Together</td>" in page.html
    beside = page.picker("Beside")
    assert [name for name, _ in beside.options] == ["All of the subject", "Class 2", "Class 3"]
    beside.value = 3
    assert edu.calls[-1] == "compare_classes 1 [3]"
    assert "Class 2" not in page.html
    assert beside.value == 3


def test_a_class_beside_stands_in_the_address(lessons: type, opened: Callable[..., Any]) -> None:
    """A link opens with it, folded or not; another class has its own; one that is not alike is told and left out."""
    edu = lessons((12, 4), (9, 4), (8, 4))
    page = opened(edu, "class=1&view=compare")
    page.picker("Beside").value = 3
    assert page.kept == {"class": "1", "view": "compare", "beside": "3"}
    again = opened(edu, "class=1&view=compare&beside=3")
    assert (again.html, again.kept) == (page.html, page.kept)
    folded = opened(edu, "class=1&beside=3")
    assert folded.kept == {"class": "1", "beside": "3"}
    folded.fold("side by side").unfolded = True
    assert edu.calls[-1] == "compare_classes 1 [3]"
    folded.picker("Class").index = 1
    assert folded.kept == {"class": "2", "view": "compare"}
    for wrong in ("9", "1"):
        page = opened(edu, f"class=1&view=compare&beside={wrong}")
        assert f"asks for the class {wrong} beside it" in page.html
        assert page.kept == {"class": "1", "view": "compare"}
    assert "class beside &#x27;x&#x27;, which is not an id" in opened(edu, "beside=x").html


@pytest.mark.parametrize(("count", "first"), [(8, "All of the subject"), (9, "The first eight of the subject")])
def test_every_class_can_stand_beside(lessons: type, opened: Callable[..., Any], count: int, first: str) -> None:
    """Eight are all where there are eight; of more the first are compared at first, and each can be chosen."""
    edu = lessons(*[(5, 2)] * count)
    page = opened(edu, "view=compare")
    beside = page.picker("Beside")
    assert beside.options == ((first, 0), *((f"Class {place}", place) for place in range(2, count + 1)))
    beside.value = count
    assert edu.calls[-1] == f"compare_classes 1 [{count}]"


def test_the_legend_follows_the_levels(lessons: type, opened: Callable[..., Any]) -> None:
    """Where they begin is read with the classes: it may have been chosen anew since the page was opened."""
    edu = lessons((12, 4), (9, 4))
    page = opened(edu, "view=compare")
    edu.mastery_thresholds = (40.0, 70.0, 90.0)
    page.picker("Beside").value = 2
    assert "mastered <span>90 to 100" in page.panel("From the left").html


def test_groups_stay_when_new_answers_come(lessons: type, opened: Callable[..., Any]) -> None:
    """The same answers anew leave everybody in their seat, and what is chosen stays."""
    page = opened(lessons((23, 4)), "class=1&concept=102&student=1003&view=ask")
    before, kept = page.html, page.kept
    page.view.children[2].children[-1].wanted += 1
    assert (page.html, page.kept) == (before, kept)


def test_files(lessons: type, opened: Callable[..., Any]) -> None:
    """Bottlenecks and groups are taken out as they are shown, and so is what a fold shows."""
    edu = lessons((12, 4), (9, 4))
    page = opened(edu, "student=1003&view=ready,ask,compare,questions")
    for menu in (one for one in page.walk() if isinstance(one, ExportMenu)):
        menu.file("csv")
    assert edu.exports == [
        ("bottlenecks", 3), ("study_groups", 12), ("class_readiness", 4), ("next_questions", 1),
        ("compare_classes", 6), ("item_analysis", 2),
    ]  # fmt: skip


def test_a_store_that_is_away(lessons: type, opened: Callable[..., Any]) -> None:
    """A card says so in place of everything."""
    edu = lessons((12, 4))
    edu.fails = StoreError("PostgreSQL does not answer.")
    html = opened(edu).html
    assert "PostgreSQL does not answer." in html
    assert "Who sits together" not in html
