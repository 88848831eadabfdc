"""Links from one dashboard to another, which keep the class; the line of them at the head of a page."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

PAGES = {
    "home": "Home",
    "class_mastery": "Class mastery",
    "student_risk": "Risk",
    "grievances": "Grievances",
    "leaderboard": "Leaderboard",
}
"""The notebooks that a teacher goes to and fro between, with the words of their links."""


def address(page: str, **parameters: object) -> str:
    """The address of a notebook relative to its neighbours, as ``student.ipynb?class=1&student=2``.

    A trailing underscore lets ``class_`` be given; what is None is left out.
    """
    given = {name.rstrip("_"): value for name, value in parameters.items() if value is not None}
    return f"{page}.ipynb" + (f"?{urlencode(given)}" if given else "")


def link(text: str, page: str, **parameters: object) -> str:
    """A link to a notebook, as HTML; the text is escaped."""
    return f'<a href="{escape(address(page, **parameters))}">{escape(text)}</a>'


def student_link(name: str, student_id: int, class_id: int | None = None) -> str:
    """A student's name as a link to their page, as HTML."""
    return link(name, "student", student=student_id, class_=class_id)


def navigation(current: str, class_id: int | None = None) -> str:
    """The line of links at the head of a page, as HTML; the page itself is marked and the class kept."""
    here = {current: ' aria-current="page"'}
    items = "".join(
        f'<li><a href="{escape(address(page, class_=class_id))}"{here.get(page, "")}>{escape(words)}</a></li>'
        for page, words in PAGES.items()
    )
    return f'<nav class="pages" aria-label="Dashboards"><ul>{items}</ul></nav>'
