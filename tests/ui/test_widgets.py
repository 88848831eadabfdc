"""Widgets hold to their contracts without a browser."""

from __future__ import annotations

from edukit.queries.frames import CLASSES
from edukit.ui.widgets import Pager, Panel, asked_query, class_picker, group, served_by_voila, shows


def test_the_query_is_voilas_only() -> None:
    """Outside Voilà a variable of that name is somebody else's."""
    assert asked_query({"SERVER_SOFTWARE": "voila/0.5", "QUERY_STRING": "class=1"}) == "class=1"
    assert asked_query({"QUERY_STRING": "class=1"}) == ""
    assert not served_by_voila({"SERVER_SOFTWARE": "jupyter"})


def test_institutions_are_told_where_there_are_several(school: type) -> None:
    """One school needs no naming; of two, each class says which."""
    assert "School" not in class_picker(school((1, 1), (1, 1)).class_names()).options[0][0]
    assert class_picker(school((1, 1), (1, 1), institutions=2).class_names()).options[1][0] == "Class 1001 (School 1)"


def test_same_names_differ_by_id() -> None:
    """Two classes of one name can be told apart."""
    rows = [("S", id_, "7B", None, None, 1, 1, 1, None) for id_ in (1, 2)]
    assert [label for label, _ in class_picker(CLASSES.of(rows)).options] == ["7B, id 1", "7B, id 2"]


def test_a_pick_twice_is_two_picks() -> None:
    """Choosing the same name again is told again."""
    panel, seen = Panel(), []
    panel.on_pick(lambda student, concept: seen.append((student, concept)))
    panel.picked = {"student": 1, "concept": None, "count": 1}
    panel.picked = {"student": 1, "concept": None, "count": 2}
    assert seen == [(1, None), (1, None)]


def test_pages() -> None:
    """The pager tells where it is, stops at both ends, and hides when one page is enough."""
    turned = []
    pager = Pager(40, on_turn=lambda: turned.append(1))
    assert pager.widget.layout.display == "none"
    pager.start(90, 85)
    assert pager.places == slice(80, 120)
    assert pager.widget.children[2].disabled
    pager.widget.children[0].click()
    assert pager.widget.children[1].value == "41 to 80 of 90 students"
    assert turned == [1]


def test_what_is_never_hidden_has_no_layout() -> None:
    """A panel and a box are one message each; they get a layout when they are hidden, and keep it afterwards."""
    panel, box = Panel(), group([], "edukit-section")
    assert panel.layout is box.layout is None
    shows(panel, when=True)
    assert panel.layout is None
    shows(panel, when=False)
    assert panel.layout.display == "none"
    shows(panel, when=True)
    assert panel.layout.display is None
    assert box.get_state("_dom_classes") == {"_dom_classes": ("edukit-section",)}
