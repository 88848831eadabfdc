"""What cannot be shown is said in the shell, as the dashboards are served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edukit.serving.plain import SAID

if TYPE_CHECKING:
    from conftest import Pages, Person


@pytest.mark.parametrize("path", ["/nothing", "/voila/render/nothing.ipynb", "/voila/render/nothing"])
def test_what_is_not_there_is_said_in_the_shell(pages: Pages, teachers: tuple[Person, Person], path: str) -> None:
    """With who is in, the way on, and nothing of the server's own words."""
    answer = pages.ask(path, teachers[0])
    assert answer.status == 404
    assert SAID[404][0] in answer.text
    assert 'class="edukit-head"' in answer.text
    assert "Sign out" in answer.text
    assert "jupyter" not in answer.text.lower()


def test_nobody_learns_who_is_there(pages: Pages) -> None:
    """Without a sign-in it is the same page without a name."""
    answer = pages.ask("/nothing")
    assert answer.status == 404
    assert "Sign out" not in answer.text


def test_scripts_are_answered_as_scripts(pages: Pages, teachers: tuple[Person, Person]) -> None:
    """What asks for a kernel that is not its own gets no page."""
    answer = pages.ask("/api/kernels/00000000-0000-4000-8000-000000000000", teachers[0])
    assert answer.status == 403
    assert "<html" not in answer.text
