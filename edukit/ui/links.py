"""Links from one dashboard to another, and to whom each is offered."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

PAGES = {
    "home": "Home",
    "class_mastery": "Class mastery",
    "next_lesson": "Next lesson",
    "student_risk": "Risk",
    "grievances": "Grievances",
    "leaderboard": "Leaderboard",
}
"""The notebooks that a teacher goes to and fro between, with the words of their links."""

_IN_PART = {
    "student": ("home", "grievances"),
    "parent": ("home", "grievances"),
    "mentor": ("home", "student_risk", "grievances"),
}
"""What is offered to who sees of a class only those whom they stand by."""


def offers(role: str, page: str) -> bool:
    """Whether a page tells somebody of a role the truth: figures of a class need all of the class."""
    return page not in PAGES or page in _IN_PART.get(role, PAGES)


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
