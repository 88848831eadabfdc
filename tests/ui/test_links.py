"""Links keep the class, and whatever stands in them stays text."""

from __future__ import annotations

from html import unescape
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edukit.ui.links import PAGES, address, link, offers, student_link


class _Read(HTMLParser):
    """What a browser sees in a piece of HTML: the tags with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the tag."""
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Keep the text."""
        self.text += data


def test_an_address_names_what_is_given() -> None:
    """A notebook beside this one; what is None is left out, and an underscore lets a word of Python be given."""
    assert address("home") == "home.ipynb"
    assert address("student", student=7, class_=None) == "student.ipynb?student=7"
    assert address("student", class_=3, student=7) == "student.ipynb?class=3&student=7"


@given(st.text(min_size=1))
def test_an_address_is_read_as_it_was_given(value: str) -> None:
    """Any text comes back whole from the query, and nothing else with it."""
    found = urlsplit(address("home", find=value))
    assert parse_qs(found.query, keep_blank_values=True, encoding="utf-8", errors="strict") == {"find": [value]}
    assert (found.scheme, found.netloc, found.path, found.fragment) == ("", "", "home.ipynb", "")


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '" onclick="x', "A & B", "ليلى", "李明 🦊", "O'Neil"])
def test_a_name_stays_a_name(name: str) -> None:
    """A student of any name has a link to their page that reads as the name, and that is all there is."""
    read = _Read(student_link(name, 7, 3))
    assert read.tags == [("a", {"href": "student.ipynb?student=7&class=3"})]
    assert unescape(read.text) == name
    assert _Read(link(name, "home", find=name)).text == name


def test_a_student_without_a_class_has_a_page() -> None:
    """Where no class is open, none is in the link."""
    assert _Read(student_link("Ana", 7)).tags == [("a", {"href": "student.ipynb?student=7"})]


def test_whoever_sees_a_class_in_part_is_offered_no_page_on_it() -> None:
    """A parent goes home and to grievances, a mentor to risk too; all others everywhere."""
    found = {role: [page for page in PAGES if offers(role, page)] for role in ("parent", "mentor", "admin")}
    assert found["parent"] == ["home", "grievances"]
    assert found["mentor"] == ["home", "student_risk", "grievances"]
    assert found["admin"] == list(PAGES)
    assert all(offers(role, "student") for role in found)
