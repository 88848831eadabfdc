"""Faults of edukit itself: what a reader is told of one, by a number under which the log has the rest."""

from __future__ import annotations

from traitlets.log import get_logger

from edukit.errors import new_reference

UNEXPECTED = "This is a fault of edukit, not of your data. Reload the page; if it comes back, tell your administrator."


def reference() -> str:
    """A sentence with a number under which the log tells of the exception that is being handled."""
    number = new_reference()
    # The kernel's own logger writes to the server's log; what others write to stderr goes to the page.
    get_logger().error("A page's fault, reference %s", number, exc_info=True)
    return f"Its reference number is {number}."


def unexpected() -> str:
    """What to do about the exception that is being handled, and its reference number."""
    return f"{UNEXPECTED} {reference()}"
